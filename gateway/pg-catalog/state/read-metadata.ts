import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import {
  type DeclaredColumn,
  type DeclaredTable,
  type DeclaredView,
  splitColumnComment,
  splitTableComment,
  splitViewComment,
} from './declared.ts';

/** Runs a query on the connection whose objects are asked for. */
export type RowsOf = (sql: string) => Promise<readonly (readonly unknown[])[]>;

/** A schema as DuckDB has it. `database`: `local` or `temp`. */
interface InSchema {
  readonly database: string;
  readonly schema: string;
}

export interface LocalTable extends InSchema {
  readonly name: string;
  readonly comment: string | null;
  readonly declared?: DeclaredTable;
}

export interface LocalColumn extends InSchema {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | null;
  readonly comment: string | null;
  readonly declared?: DeclaredColumn;
}

export interface LocalConstraint extends InSchema {
  readonly table: string;
  readonly type: 'PRIMARY KEY' | 'UNIQUE' | 'FOREIGN KEY' | 'CHECK';
  readonly text: string;
  readonly expression: string | null;
  readonly columns: readonly string[];
  readonly referencedTable: string | null;
  readonly referencedColumns: readonly string[];
  /** Absent: the same as the table's. */
  readonly referencedSchema?: string;
  /** Absent: PostgreSQL's name for it. */
  readonly declaredName?: string;
}

export interface LocalIndex extends InSchema {
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  readonly sql: string | null;
  readonly comment: string | null;
}

export interface LocalView extends InSchema {
  readonly name: string;
  readonly sql: string;
  readonly comment: string | null;
  readonly declared?: DeclaredView;
}

export interface LocalSequence extends InSchema {
  readonly name: string;
  readonly start: string;
  readonly min: string;
  readonly max: string;
  readonly increment: string;
  readonly cycle: boolean;
  readonly comment: string | null;
}

export interface LocalType extends InSchema {
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[] | null;
  readonly comment: string | null;
}

export interface LocalFunction extends InSchema {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly definition: string;
  readonly table: boolean;
  readonly comment: string | null;
}

/** How many rows a local table has: about, as DuckDB keeps count. */
export interface LocalRowCount extends InSchema {
  readonly name: string;
  readonly rows: number;
  /** What it takes in the file, or in memory; absent: not asked for. */
  readonly bytes?: number;
}

/** Of so many tables it is asked what they take: each costs a statement of DuckDB's own. */
const maxMeasuredTables = 500;
/** Of DuckDB's files. */
const blockBytes = 262_144;
/** What a value takes that is in memory only, roughly. */
const valueBytes = 8;

/** What the DuckDB of local tables has, in the order in which it was made. */
export interface Metadata {
  readonly schemas: readonly (InSchema & { readonly comment: string | null })[];
  readonly tables: readonly LocalTable[];
  readonly columns: readonly LocalColumn[];
  readonly constraints: readonly LocalConstraint[];
  readonly indexes: readonly LocalIndex[];
  readonly views: readonly LocalView[];
  readonly sequences: readonly LocalSequence[];
  readonly types: readonly LocalType[];
}

/** One list of JSON objects per kind: members and where they come from. */
const parts: readonly (readonly [name: string, from: string, members: string])[] = [
  ['schemas', 'duckdb_schemas()', "'comment': comment"],
  ['tables', 'duckdb_tables()', "'name': table_name, 'comment': comment"],
  [
    'columns',
    'duckdb_columns()',
    "'table': table_name, 'name': column_name, 'type': data_type, 'nullable': is_nullable, 'default': column_default, 'comment': comment",
  ],
  [
    'constraints',
    "(SELECT * FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL')",
    "'table': table_name, 'type': constraint_type, 'text': constraint_text, 'expression': expression, 'columns': constraint_column_names, 'referencedTable': referenced_table, 'referencedColumns': referenced_column_names",
  ],
  [
    'indexes',
    'duckdb_indexes()',
    "'table': table_name, 'name': index_name, 'unique': is_unique, 'sql': sql, 'comment': comment",
  ],
  ['views', '(SELECT * FROM duckdb_views() WHERE NOT internal)', "'name': view_name, 'sql': sql, 'comment': comment"],
  [
    'sequences',
    'duckdb_sequences()',
    "'name': sequence_name, 'start': start_value::VARCHAR, 'min': min_value::VARCHAR, 'max': max_value::VARCHAR, 'increment': increment_by::VARCHAR, 'cycle': cycle, 'comment': comment",
  ],
  [
    'types',
    '(SELECT * FROM duckdb_types() WHERE NOT internal)',
    "'name': type_name, 'kind': logical_type, 'labels': labels, 'comment': comment",
  ],
];

const ownDatabases = "database_name IN ('local', 'temp')";

const metadataSql = `SELECT ${parts
  .map(
    ([name, from, members]) =>
      `(SELECT to_json(coalesce(list({'database': database_name, 'schema': schema_name, ${members}}), [])) FROM ${from} WHERE ${ownDatabases})::VARCHAR AS ${name}`,
  )
  .join(', ')}`;

const functionsSql = `SELECT to_json(coalesce(list({'database': database_name, 'schema': schema_name, 'name': function_name,
  'parameters': parameters, 'definition': macro_definition, 'table': function_type = 'table_macro', 'comment': comment}), []))::VARCHAR
  FROM duckdb_functions() WHERE ${ownDatabases} AND NOT internal`;

/** What was read, and the text of it: equal texts mean that nothing changed. */
export interface ReadMetadata {
  readonly text: string;
  readonly metadata: () => Metadata;
}

async function texts(rowsOf: RowsOf, sql: string): Promise<readonly string[]> {
  return ((await rowsOf(sql))[0] ?? []).map(String);
}

/** Everything but functions, as the connection sees it: with what its transaction made, and with its temporary objects. */
export async function readMetadata(rowsOf: RowsOf): Promise<ReadMetadata> {
  const lists = await texts(rowsOf, metadataSql);
  return {
    text: lists.join('\n'),
    metadata: () => {
      const read = Object.fromEntries(parts.map(([name], index) => [name, JSON.parse(lists[index]!)]));
      const found = read as unknown as Metadata;
      const tables = found.tables.map((table) => ({ ...table, ...splitTableComment(table.comment) }));
      return {
        ...found,
        tables,
        views: found.views.map((view) => ({ ...view, ...splitViewComment(view.comment) })),
        constraints: [...found.constraints, ...tables.flatMap((table) => foreignKeysOf(table, found.columns))],
        columns: found.columns.map((column) => ({ ...column, ...splitColumnComment(column.comment) })),
      };
    },
  };
}

/** Foreign keys of local tables, which only their comments tell. */
function foreignKeysOf(table: LocalTable, columns: readonly LocalColumn[]): readonly LocalConstraint[] {
  const { database, schema, name } = table;
  const own = columns.filter((each) => each.table === name && each.schema === schema && each.database === database);
  return (table.declared?.constraints ?? []).flatMap((declared): LocalConstraint[] => {
    const { references } = declared;
    if (references === undefined) return [];
    const named = (column: string) => own.find((each) => each.name.toLowerCase() === column)?.name ?? column;
    return [
      {
        ...{ database, schema, table: name, type: 'FOREIGN KEY', text: '', expression: null },
        columns: declared.columns.map(named),
        referencedTable: references.table,
        referencedColumns: references.columns,
        referencedSchema: references.schema,
        ...(declared.name === undefined ? {} : { declaredName: declared.name }),
      },
    ];
  });
}

const rowCountsSql = `SELECT to_json(coalesce(list({'database': database_name, 'schema': schema_name, 'name': table_name,
  'rows': estimated_size}), []))::VARCHAR FROM duckdb_tables() WHERE ${ownDatabases} AND NOT internal`;

/** Sizes of tables, as JSON of `LocalRowCount`; apart, because they change with every write. */
export async function readRowCounts(rowsOf: RowsOf): Promise<string> {
  return (await texts(rowsOf, rowCountsSql))[0]!;
}

/** The same with what the tables take. */
export async function readSizes(rowsOf: RowsOf): Promise<string> {
  const counts = JSON.parse(await readRowCounts(rowsOf)) as LocalRowCount[];
  const sized: LocalRowCount[] = [];
  for (const [index, table] of counts.entries()) {
    if (index >= maxMeasuredTables) sized.push(table);
    else sized.push({ ...table, bytes: await bytesOf(rowsOf, table) });
  }
  return JSON.stringify(sized);
}

async function bytesOf(rowsOf: RowsOf, { database, schema, name }: LocalRowCount): Promise<number> {
  const path = [database, schema, name].map(quoteIdentifier).join('.');
  const [row] = await rowsOf(
    `SELECT count(DISTINCT block_id) FILTER (persistent) * ${blockBytes}, coalesce(sum(count) FILTER (NOT persistent), 0) * ${valueBytes}
     FROM pragma_storage_info(${quoteLiteral(path)})`,
  );
  return Number(row?.[0] ?? 0) + Number(row?.[1] ?? 0);
}

/** The macros; apart, because DuckDB takes long to list functions. */
export async function readFunctions(rowsOf: RowsOf): Promise<string> {
  return (await texts(rowsOf, functionsSql))[0]!;
}
