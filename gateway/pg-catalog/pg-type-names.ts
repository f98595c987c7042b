/**
 * PostgreSQL's type names as they occur in catalogs, and how DuckDB stores their values here: OIDs as INTEGER, vectors and arrays as
 * lists, everything that is text to a client as VARCHAR.
 */

const stored: Readonly<Record<string, string>> = {
  bool: 'BOOLEAN',
  int2: 'SMALLINT',
  int4: 'INTEGER',
  int8: 'BIGINT',
  float4: 'FLOAT',
  float8: 'DOUBLE',
  oid: 'INTEGER',
  xid: 'BIGINT',
  regproc: 'INTEGER',
  regprocedure: 'INTEGER',
  regclass: 'INTEGER',
  regtype: 'INTEGER',
  regnamespace: 'INTEGER',
  regrole: 'INTEGER',
  regoper: 'INTEGER',
  regoperator: 'INTEGER',
  regconfig: 'INTEGER',
  regdictionary: 'INTEGER',
  regcollation: 'INTEGER',
  timestamptz: 'TIMESTAMPTZ',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
  time: 'TIME',
  timetz: 'TIMETZ',
  interval: 'INTERVAL',
  bytea: 'BLOB',
  uuid: 'UUID',
  json: 'JSON',
  jsonb: 'JSON',
  int2vector: 'SMALLINT[]',
  oidvector: 'INTEGER[]',
  // Domains of information_schema.
  cardinal_number: 'INTEGER',
  time_stamp: 'TIMESTAMPTZ',
};

/** DuckDB's type for values of a PostgreSQL type (`_name` for arrays of `name`). Undefined: what the value has. */
export function storedType(type: string): string {
  const vector = stored[type];
  if (vector !== undefined) return vector;
  if (type.startsWith('_')) return `${storedType(type.slice(1))}[]`;
  return type === 'numeric' ? 'DECIMAL(38,6)' : 'VARCHAR';
}

/** Types whose values are OIDs and print as names. */
export const namedOids: ReadonlySet<string> = new Set([
  'regclass',
  'regtype',
  'regproc',
  'regprocedure',
  'regnamespace',
  'regrole',
  'regoper',
  'regoperator',
  'regconfig',
  'regdictionary',
  'regcollation',
]);

/** Arrays whose first subscript is 0, and which print as `1 2`. */
export const vectors: ReadonlySet<string> = new Set(['int2vector', 'oidvector']);

/** True for arrays and vectors. */
export function isArray(type: string | undefined): boolean {
  return type !== undefined && (type.startsWith('_') || vectors.has(type));
}

/** The element type of an array or vector. */
export function elementOf(type: string): string | undefined {
  if (type === 'int2vector') return 'int2';
  if (type === 'oidvector') return 'oid';
  return type.startsWith('_') ? type.slice(1) : undefined;
}

const textTypes: ReadonlySet<string> = new Set([
  'text',
  'name',
  'varchar',
  'bpchar',
  'char',
  'unknown',
  'cstring',
  'sql_identifier',
  'character_data',
  'yes_or_no',
  'pg_node_tree',
]);

/** True for types that are stored as VARCHAR and need no conversion to text. */
export function isText(type: string | undefined): boolean {
  return type !== undefined && textTypes.has(type);
}

/** Other spellings of type names, as the grammar leaves them. */
const synonyms: Readonly<Record<string, string>> = {
  int: 'int4',
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  real: 'float4',
  float: 'float8',
  decimal: 'numeric',
  boolean: 'bool',
  string: 'text',
  sql_identifier: 'name',
  character_data: 'varchar',
  yes_or_no: 'varchar',
};

/** One name for each type. */
export function canonicalType(name: string): string {
  return synonyms[name] ?? name;
}
