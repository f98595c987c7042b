import type { DatasetTable } from '../../../planner/catalog.ts';
import { addConstraints, type TableFacts } from './add-constraints.ts';
import { relationRights } from './add-roles.ts';
import { addRowType } from './add-types.ts';
import { addComment, classOid, type StateBuilder } from './build-state.ts';
import type { DeclaredColumn } from './declared.ts';
import { defaultText, sqlName, unquoted, viewQuery } from './definition-text.ts';
import { type CatalogRow, wellKnown } from './dynamic-rows.ts';
import { attributeType, type EnumOids } from './local-types.ts';
import type { LocalColumn } from './read-metadata.ts';

/** A column on its way into pg_attribute. */
interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly comment: string | null;
  readonly declared?: DeclaredColumn;
}

interface Relation {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'r' | 'v' | 'f' | 'S';
  readonly comment: string | null;
  readonly columns: readonly Attribute[];
  /** Members of pg_class that differ from the defaults. */
  readonly more?: CatalogRow;
}

/** pg_class' OID in itself. */
export const classCatalog = 1259;
const textTypes: Readonly<Record<number, string>> = { 1043: 'character varying', 1042: 'bpchar', 19: 'name' };
/** Names for defaults of text types in SQL. */
function typeOfDefault(type: string, oid: number, enums: EnumOids): string {
  if (type === 'VARCHAR') return textTypes[oid] ?? 'text';
  if (type.startsWith('DECIMAL')) return 'numeric';
  const known = [...enums.values()].find((each) => each.oid === oid);
  if (known !== undefined) return sqlName(known.name);
  return type.toLowerCase().replace(/^timestamp$/, 'timestamp without time zone');
}

function addAttributes(builder: StateBuilder, oid: number, relation: Relation, enums: EnumOids): void {
  for (const [index, column] of relation.columns.entries()) {
    const found = attributeType(column.type, enums);
    const { oid: type, typmod } = column.declared?.type ?? found;
    const identity = column.declared?.identity;
    // An identity's default is its own.
    const hasDefault = column.default !== null && identity === undefined;
    const attnum = index + 1;
    builder.rows.add('pg_attribute', {
      attrelid: oid,
      attname: column.name,
      atttypid: type,
      attnum,
      attndims: found.dimensions,
      atttypmod: typmod,
      attnotnull: column.notNull,
      atthasdef: hasDefault,
      ...(identity === undefined ? {} : { attidentity: identity }),
    });
    if (hasDefault) {
      builder.rows.add('pg_attrdef', {
        oid: builder.oids.of('attrdef', String(oid), column.name),
        adrelid: oid,
        adnum: attnum,
        adbin: defaultText(column.default!, typeOfDefault(column.type, type, enums)),
      });
    }
    addComment(builder, oid, classCatalog, column.comment, attnum);
  }
}

function addRelation(builder: StateBuilder, relation: Relation, enums: EnumOids): number {
  const { database, schema, name, kind } = relation;
  const namespace = builder.namespace(database, schema);
  const oid = classOid(builder, database, schema, name);
  builder.rows.add('pg_class', {
    oid,
    relname: name,
    relnamespace: namespace,
    reltype: kind === 'S' ? 0 : addRowType(builder, name, namespace, oid),
    relfilenode: kind === 'v' || kind === 'f' ? 0 : oid,
    relkind: kind,
    relnatts: relation.columns.length,
    relpersistence: database === 'temp' ? 't' : 'p',
    relreplident: kind === 'v' || kind === 'S' ? 'n' : 'd',
    ...relationRights(builder, database, { kind: 'relation', schema, name }),
    ...(kind === 'r' || kind === 'S' ? { relam: kind === 'r' ? wellKnown.heap : 0 } : {}),
    ...relation.more,
  });
  addAttributes(builder, oid, relation, enums);
  addComment(builder, oid, classCatalog, relation.comment);
  return oid;
}

function localColumns(columns: readonly LocalColumn[]): readonly Attribute[] {
  return columns.map((column) => ({ ...column, notNull: !column.nullable }));
}

function tableKey({ database, schema }: { database: string; schema: string }, table: string): string {
  return JSON.stringify([database, schema, table]);
}

function addDataset(builder: StateBuilder, table: DatasetTable, enums: EnumOids, facts: TableFacts): void {
  const columns = table.columns.map(({ name, type }) => ({ name, type, notNull: false, default: null, comment: null }));
  const { schema, name } = table;
  const more = facts.get(tableKey({ database: 'data', schema }, name)) ?? {};
  const oid = addRelation(builder, { database: 'data', schema, name, kind: 'f', comment: null, columns, more }, enums);
  const options = [`format=${table.format}`, ...Object.entries(table.options).map(([key, value]) => `${key}=${value}`)];
  builder.rows.add('pg_foreign_table', { ftrelid: oid, ftserver: wellKnown.filesServer, ftoptions: options });
  builder.rows.add('class_sizes', { oid, bytes: table.files.reduce((sum, { bytes }) => sum + bytes, 0) });
}

/** The columns that every sequence has. */
const sequenceColumns: readonly Attribute[] = [
  ['last_value', 'BIGINT'],
  ['log_cnt', 'BIGINT'],
  ['is_called', 'BOOLEAN'],
].map(([name, type]) => ({ name: name!, type: type!, notNull: true, default: null, comment: null }));

function sequenceKey(schema: string, name: string): string {
  return JSON.stringify([schema === 'main' ? 'public' : schema, name.toLowerCase()]);
}

/** The columns that sequences go with. */
function sequenceOwners(columns: readonly LocalColumn[]): ReadonlyMap<string, LocalColumn> {
  const owners = new Map<string, LocalColumn>();
  for (const column of columns) {
    const written = column.declared?.sequence;
    if (written === undefined) continue;
    const parts = (written.match(/"(?:[^"]|"")+"|[^".]+/g) ?? []).map(unquoted);
    owners.set(sequenceKey(parts.at(-2) ?? 'public', parts.at(-1)!), column);
  }
  return owners;
}

/** That a sequence goes with a column: of SERIAL, and of an identity. */
function addOwner(builder: StateBuilder, oid: number, { database, schema, table, name, declared }: LocalColumn): void {
  const columns = builder.input.metadata.columns.filter((each) => each.schema === schema && each.table === table);
  builder.rows.add('pg_depend', {
    classid: classCatalog,
    objid: oid,
    objsubid: 0,
    refclassid: classCatalog,
    refobjid: classOid(builder, database, schema, table),
    refobjsubid: columns.findIndex((each) => each.name === name) + 1,
    deptype: declared?.identity === undefined ? 'a' : 'i',
  });
}

/** Tables, views, sequences and data sets with columns, constraints and indexes. */
export function addRelations(builder: StateBuilder, enums: EnumOids): void {
  const { metadata, datasets } = builder.input;
  const columns = new Map<string, LocalColumn[]>();
  for (const column of metadata.columns) {
    const key = tableKey(column, column.table);
    const list = columns.get(key);
    if (list === undefined) columns.set(key, [column]);
    else list.push(column);
  }
  const columnsOf = (owner: { database: string; schema: string; name: string }) =>
    localColumns(columns.get(tableKey(owner, owner.name)) ?? []);
  const local = new Set(metadata.tables.map(({ schema, name }) => JSON.stringify([schema, name.toLowerCase()])));
  const counts = new Map(builder.input.rowCounts.map((one) => [tableKey(one, one.name), one]));
  const facts = addConstraints(builder, enums);
  for (const table of metadata.tables) {
    const key = tableKey(table, table.name);
    const more = facts.get(key) ?? {};
    const oid = addRelation(builder, { ...table, kind: 'r', columns: columnsOf(table), more }, enums);
    const count = counts.get(key);
    if (count !== undefined) builder.rows.add('row_counts', { oid, live: count.rows });
    if (count?.bytes !== undefined) builder.rows.add('class_sizes', { oid, bytes: count.bytes });
  }
  for (const view of metadata.views) {
    const more = { relhasrules: true };
    const oid = addRelation(builder, { ...view, kind: 'v', columns: columnsOf(view), more }, enums);
    builder.rows.add('pg_rewrite', { oid: builder.oids.of('rewrite', String(oid)), ev_class: oid });
    builder.rows.add('view_texts', { oid, definition: viewQuery(view.sql) });
    const { query, columns: named = [] } = view.declared ?? {};
    if (query !== undefined) builder.rows.add('view_queries', { oid, query, names: named });
  }
  const owners = sequenceOwners(metadata.columns);
  for (const sequence of metadata.sequences) {
    const more = { reltuples: 1, relpages: 1 };
    const oid = addRelation(builder, { ...sequence, kind: 'S', columns: sequenceColumns, more }, enums);
    const owner = owners.get(sequenceKey(sequence.schema, sequence.name));
    if (owner !== undefined) addOwner(builder, oid, owner);
    builder.rows.add('pg_sequence', {
      seqrelid: oid,
      seqstart: sequence.start,
      seqincrement: sequence.increment,
      seqmax: sequence.max,
      seqmin: sequence.min,
      seqcycle: sequence.cycle,
    });
  }
  for (const table of datasets) {
    // A local table of the name is what queries find.
    if (!local.has(JSON.stringify([table.schema, table.name.toLowerCase()]))) addDataset(builder, table, enums, facts);
  }
}
