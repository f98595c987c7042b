/**
 * DuckDB's types and PostgreSQL's: what RowDescription and ParameterDescription say. Types that PostgreSQL lacks go out as
 * the nearest one that holds all values: HUGEINT as numeric(38,0), STRUCT, MAP, UNION, VARIANT and lists of lists as json, ENUM as text.
 */
import { type DuckDBArrayType, type DuckDBListType, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { VOID_TYPE } from './types.ts';

/** A type as pg_type has it. */
export interface PgType {
  readonly name: string;
  readonly oid: number;
  /** Bytes of a value, or -1 for variable length. */
  readonly typlen: number;
  /** -1, or precision and scale of a numeric. */
  readonly typmod: number;
  /** The OID of the array type over this one (for an array: 0). */
  readonly arrayOid: number;
  /** Set for arrays: the type of the elements. */
  readonly element?: PgType;
}

function pg(name: string, oid: number, typlen: number, arrayOid: number, typmod = -1): PgType {
  return { name, oid, typlen, typmod, arrayOid };
}

/** The built-in types that values go out as. */
export const pgTypes = {
  bool: pg('bool', 16, 1, 1000),
  bytea: pg('bytea', 17, -1, 1001),
  int8: pg('int8', 20, 8, 1016),
  int2: pg('int2', 21, 2, 1005),
  int4: pg('int4', 23, 4, 1007),
  text: pg('text', 25, -1, 1009),
  json: pg('json', 114, -1, 199),
  float4: pg('float4', 700, 4, 1021),
  float8: pg('float8', 701, 8, 1022),
  date: pg('date', 1082, 4, 1182),
  time: pg('time', 1083, 8, 1183),
  timestamp: pg('timestamp', 1114, 8, 1115),
  timestamptz: pg('timestamptz', 1184, 8, 1185),
  interval: pg('interval', 1186, 16, 1187),
  timetz: pg('timetz', 1266, 12, 1270),
  varbit: pg('varbit', 1562, -1, 1563),
  numeric: pg('numeric', 1700, -1, 1231),
  void: pg('void', 2278, 4, 0),
  uuid: pg('uuid', 2950, 16, 2951),
} as const;

/** Types of catalogs. Their values are stored as VARCHAR, INTEGER, BIGINT or lists of these, with an alias that says which type is meant. */
const catalogTypes = new Map<string, PgType>(
  [
    pg('char', 18, 1, 1002),
    pg('name', 19, 64, 1003),
    pg('oid', 26, 4, 1028),
    pg('varchar', 1043, -1, 1015),
    pg('jsonb', 3802, -1, 3807),
    pg('pg_node_tree', 194, -1, 0),
  ].flatMap((type): [string, PgType][] => [
    [type.name, type],
    [`_${type.name}`, { ...pg(`_${type.name}`, type.arrayOid, -1, 0), element: type }],
  ]),
)
  .set('_aclitem', { ...pg('_aclitem', 1034, -1, 0), element: pg('aclitem', 1033, 12, 1034) })
  .set('int2vector', { ...pg('int2vector', 22, -1, 1006), element: pgTypes.int2 })
  .set('oidvector', { ...pg('oidvector', 30, -1, 1013), element: pg('oid', 26, 4, 1028) });
const aliasPrefix = 'pg_catalog.';

/** The alias for `pgType` of a type of catalogs, by PostgreSQL's name; undefined: it is told as what it is stored as. */
export function catalogAlias(name: string): string | undefined {
  return catalogTypes.has(name) ? `${aliasPrefix}${name}` : undefined;
}

/** True for int2vector and oidvector: lists that print as `1 2` and whose first subscript is 0. */
export function isVector({ alias }: DuckDBType): boolean {
  return alias === `${aliasPrefix}int2vector` || alias === `${aliasPrefix}oidvector`;
}

/** PostgreSQL's typmod of numeric(precision, scale). */
export function numericTypmod(precision: number, scale: number): number {
  return ((precision << 16) | scale) + 4;
}

const numeric = (precision: number, scale: number): PgType => ({
  ...pgTypes.numeric,
  typmod: numericTypmod(precision, scale),
});

const plain: ReadonlyMap<DuckDBTypeId, PgType> = new Map([
  [DuckDBTypeId.BOOLEAN, pgTypes.bool],
  [DuckDBTypeId.TINYINT, pgTypes.int2],
  [DuckDBTypeId.UTINYINT, pgTypes.int2],
  [DuckDBTypeId.SMALLINT, pgTypes.int2],
  [DuckDBTypeId.USMALLINT, pgTypes.int4],
  [DuckDBTypeId.INTEGER, pgTypes.int4],
  [DuckDBTypeId.UINTEGER, pgTypes.int8],
  [DuckDBTypeId.BIGINT, pgTypes.int8],
  [DuckDBTypeId.UBIGINT, numeric(20, 0)],
  [DuckDBTypeId.HUGEINT, numeric(38, 0)],
  [DuckDBTypeId.UHUGEINT, numeric(39, 0)],
  [DuckDBTypeId.BIGNUM, pgTypes.numeric],
  [DuckDBTypeId.FLOAT, pgTypes.float4],
  [DuckDBTypeId.DOUBLE, pgTypes.float8],
  [DuckDBTypeId.DATE, pgTypes.date],
  [DuckDBTypeId.TIME, pgTypes.time],
  [DuckDBTypeId.TIME_NS, pgTypes.time],
  [DuckDBTypeId.TIME_TZ, pgTypes.timetz],
  [DuckDBTypeId.TIMESTAMP, pgTypes.timestamp],
  [DuckDBTypeId.TIMESTAMP_S, pgTypes.timestamp],
  [DuckDBTypeId.TIMESTAMP_MS, pgTypes.timestamp],
  [DuckDBTypeId.TIMESTAMP_NS, pgTypes.timestamp],
  [DuckDBTypeId.TIMESTAMP_TZ, pgTypes.timestamptz],
  [DuckDBTypeId.INTERVAL, pgTypes.interval],
  [DuckDBTypeId.VARCHAR, pgTypes.text],
  [DuckDBTypeId.BLOB, pgTypes.bytea],
  [DuckDBTypeId.BIT, pgTypes.varbit],
  [DuckDBTypeId.UUID, pgTypes.uuid],
  [DuckDBTypeId.ENUM, pgTypes.text],
  [DuckDBTypeId.STRUCT, pgTypes.json],
  [DuckDBTypeId.MAP, pgTypes.json],
  [DuckDBTypeId.UNION, pgTypes.json],
  [DuckDBTypeId.VARIANT, pgTypes.json],
  [DuckDBTypeId.SQLNULL, pgTypes.text],
]);

/**
 * The type that a column of `type` has for a client. A list of lists is json: its sub-lists may be NULL or of different lengths, which
 * PostgreSQL's arrays of several dimensions can't be.
 */
export function pgType(type: DuckDBType): PgType {
  const { alias } = type;
  const known = alias?.startsWith(aliasPrefix) ? catalogTypes.get(alias.slice(aliasPrefix.length)) : undefined;
  if (known !== undefined) {
    return known;
  }
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL:
      return isOpenNumeric(type) ? pgTypes.numeric : numeric(type.width, type.scale);
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      if (isList(type.valueType)) {
        return pgTypes.json;
      }
      const element = pgType(type.valueType);
      return {
        name: `_${element.name}`,
        oid: element.arrayOid,
        typlen: -1,
        typmod: element.typmod,
        arrayOid: 0,
        element,
      };
    }
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON' ? pgTypes.json : type === VOID_TYPE ? pgTypes.void : pgTypes.text;
    default:
      return plain.get(type.typeId) ?? pgTypes.text;
  }
}

/** Decimals of a numeric without precision. */
export const openScale = 11;

/**
 * A numeric without precision, as the dialect `postgres` makes one (planner/dialect/postgres-casts.ts): its values go out without the zeros
 * at their end.
 */
export function isOpenNumeric(type: DuckDBType): boolean {
  return type.typeId === DuckDBTypeId.DECIMAL && type.width === 38 && type.scale === openScale;
}

/** LIST or ARRAY. */
export function isList(type: DuckDBType): type is DuckDBListType | DuckDBArrayType {
  return type.typeId === DuckDBTypeId.LIST || type.typeId === DuckDBTypeId.ARRAY;
}

/** Types that clients declare parameters with, beside those that values go out as. */
const parameterTypes: readonly (readonly [oid: number, arrayOid: number, type: string])[] = [
  [pgTypes.bool.oid, pgTypes.bool.arrayOid, 'BOOLEAN'],
  [pgTypes.bytea.oid, pgTypes.bytea.arrayOid, 'BLOB'],
  [18, 1002, 'VARCHAR'],
  [19, 1003, 'VARCHAR'],
  [pgTypes.int8.oid, pgTypes.int8.arrayOid, 'BIGINT'],
  [pgTypes.int2.oid, pgTypes.int2.arrayOid, 'SMALLINT'],
  [pgTypes.int4.oid, pgTypes.int4.arrayOid, 'INTEGER'],
  [pgTypes.text.oid, pgTypes.text.arrayOid, 'VARCHAR'],
  [26, 1028, 'BIGINT'],
  [pgTypes.json.oid, pgTypes.json.arrayOid, 'JSON'],
  [pgTypes.float4.oid, pgTypes.float4.arrayOid, 'FLOAT'],
  [pgTypes.float8.oid, pgTypes.float8.arrayOid, 'DOUBLE'],
  [1042, 1014, 'VARCHAR'],
  [1043, 1015, 'VARCHAR'],
  [pgTypes.date.oid, pgTypes.date.arrayOid, 'DATE'],
  [pgTypes.time.oid, pgTypes.time.arrayOid, 'TIME'],
  [pgTypes.timestamp.oid, pgTypes.timestamp.arrayOid, 'TIMESTAMP'],
  [pgTypes.timestamptz.oid, pgTypes.timestamptz.arrayOid, 'TIMESTAMP WITH TIME ZONE'],
  [pgTypes.interval.oid, pgTypes.interval.arrayOid, 'INTERVAL'],
  [pgTypes.timetz.oid, pgTypes.timetz.arrayOid, 'TIME WITH TIME ZONE'],
  [1560, 1561, 'BIT'],
  [pgTypes.varbit.oid, pgTypes.varbit.arrayOid, 'BIT'],
  [pgTypes.numeric.oid, pgTypes.numeric.arrayOid, 'DECIMAL(38,10)'],
  [pgTypes.uuid.oid, pgTypes.uuid.arrayOid, 'UUID'],
  [3802, 3807, 'JSON'],
];

const byOid: ReadonlyMap<number, string> = new Map(
  parameterTypes.flatMap(([oid, arrayOid, type]): [number, string][] => [
    [oid, type],
    [arrayOid, `${type}[]`],
  ]),
);
const elementOids: ReadonlyMap<number, number> = new Map(parameterTypes.map(([oid, arrayOid]) => [arrayOid, oid]));

/**
 * The DuckDB type text of a parameter that a client declared with this OID; undefined for 0, `unknown` and OIDs that nothing
 * is known of. A numeric has no precision there: DECIMAL(38,10) stands for it until a value is bound.
 */
export function duckdbTypeOfOid(oid: number): string | undefined {
  return byOid.get(oid);
}

/** The element's OID of an array's, or undefined when it is no array type. */
export function elementOid(oid: number): number | undefined {
  return elementOids.get(oid);
}
