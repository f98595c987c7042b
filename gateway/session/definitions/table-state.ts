import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import { dataDatabase } from '../../coordinator/database.ts';
import {
  type DeclaredColumn,
  type DeclaredTable,
  splitColumnComment,
  splitTableComment,
  splitViewComment,
} from '../../pg-catalog/state/declared.ts';
import type { KeyColumn, TablePlace } from '../keys/foreign-key.ts';
import { foreignElements } from './foreign-constraints.ts';
import { readTableText, type TableText } from './table-text.ts';
import { meantName } from './tokens.ts';

/** A session, or just a connection that sees committed tables. */
export interface TableReader {
  readonly connection: { run(sql: string): Promise<DuckDBMaterializedResult> };
  /** Left out: the path that everybody begins with. */
  readonly searchPath?: { readonly schemas: readonly string[] };
}

export interface IndexState {
  readonly name: string;
  readonly sql: string;
  readonly comment: string | null;
}

export interface ColumnState {
  readonly name: string;
  readonly comment: string | null;
  readonly declared: DeclaredColumn;
}

/** A local table as it is now. */
export interface TableState {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly text: TableText;
  readonly comment: string | null;
  readonly declared: DeclaredTable;
  readonly columns: readonly ColumnState[];
  readonly indexes: readonly IndexState[];
}

/** `"database"."schema"."name"`. */
export function fullName({ database, schema, name }: Pick<TableState, 'database' | 'schema' | 'name'>): string {
  return [database, schema, name].map(quoteIdentifier).join('.');
}

async function rowsOf(reader: TableReader, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const rows = await (await reader.connection.run(sql)).getRows();
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
}

/** Where a relation of this name, as written, is; undefined when there is none. */
async function locate(reader: TableReader, raw: readonly string[], from: string, column: string) {
  const parts = raw.map(meantName);
  const schema = parts.at(-2);
  const path = (reader.searchPath?.schemas ?? ['public', 'main']).map((each) => quoteLiteral(each.toLowerCase()));
  const where =
    schema === undefined
      ? `((database_name = 'temp') OR lower(schema_name) IN (${path.join(', ')}))`
      : `(lower(schema_name) = ${quoteLiteral(schema.toLowerCase())} OR database_name = ${quoteLiteral(schema.toLowerCase())})`;
  const found = await rowsOf(
    reader,
    `SELECT database_name, schema_name, ${column} FROM ${from} WHERE lower(${column}) = ${quoteLiteral(parts.at(-1)!.toLowerCase())}
     AND ${where} AND database_name IN ('temp', 'local')
     ORDER BY database_name = 'temp' DESC, list_position([${path.join(', ')}], lower(schema_name)) LIMIT 1`,
  );
  const row = found[0];
  return row === undefined ? undefined : { database: row[0]!, schema: row[1]!, name: row[2]! };
}

export function locateTable(reader: TableReader, raw: readonly string[]) {
  return locate(reader, raw, 'duckdb_tables()', 'table_name');
}

/** A table or a view. */
export async function relationExists(reader: TableReader, raw: readonly string[]): Promise<boolean> {
  if ((await locateTable(reader, raw)) !== undefined) return true;
  const view = await locate(reader, raw, `(FROM duckdb_views() WHERE database_name <> '${dataDatabase}')`, 'view_name');
  return view !== undefined;
}

/** What is said of a view; undefined when there is none. */
export async function readViewComment(reader: TableReader, raw: readonly string[]) {
  const at = await locate(reader, raw, 'duckdb_views()', 'view_name');
  if (at === undefined) return undefined;
  const where = `database_name = ${quoteLiteral(at.database)} AND schema_name = ${quoteLiteral(at.schema)} AND view_name = ${quoteLiteral(at.name)}`;
  const [row] = await rowsOf(reader, `SELECT comment FROM duckdb_views() WHERE ${where}`);
  return { ...at, ...splitViewComment(row?.[0] ?? null) };
}

/** Undefined when there is none, or its text is of no known form. */
export async function readTable(reader: TableReader, raw: readonly string[]): Promise<TableState | undefined> {
  const at = await locateTable(reader, raw);
  if (at === undefined) return undefined;
  const where = `database_name = ${quoteLiteral(at.database)} AND schema_name = ${quoteLiteral(at.schema)} AND table_name = ${quoteLiteral(at.name)}`;
  const [table] = await rowsOf(reader, `SELECT sql, comment FROM duckdb_tables() WHERE ${where}`);
  const columns = await rowsOf(
    reader,
    `SELECT column_name, comment FROM duckdb_columns() WHERE ${where} ORDER BY column_index`,
  );
  const indexes = await rowsOf(reader, `SELECT index_name, sql, comment FROM duckdb_indexes() WHERE ${where}`);
  const text = readTableText((table?.[0] ?? '').replace(/;\s*$/, ''));
  if (text === undefined) return undefined;
  const { comment, declared } = splitTableComment(table![1]!);
  const foreign = foreignElements(
    declared,
    columns.map(([name]) => name!),
  );
  return {
    ...{ ...at, comment, declared },
    text: { ...text, elements: [...text.elements, ...foreign] },
    columns: columns.map(([name, comment]) => ({ name: name!, ...splitColumnComment(comment!) })),
    indexes: indexes.map(([name, sql, comment]) => ({
      name: name!,
      sql: (sql ?? '').replace(/;\s*$/, ''),
      comment: comment!,
    })),
  };
}

/** The columns of a table with DuckDB's types. */
export async function columnTypes(reader: TableReader, table: TablePlace): Promise<readonly KeyColumn[]> {
  const rows = await rowsOf(
    reader,
    `SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ${quoteLiteral(table.database)}
     AND schema_name = ${quoteLiteral(table.schema)} AND table_name = ${quoteLiteral(table.name)} ORDER BY column_index`,
  );
  return rows.map(([name, type]) => ({ name: name!, type: type! }));
}

/** Lower-case names of sequences in a schema. */
export async function sequenceNames(reader: TableReader, schema: string | undefined): Promise<Set<string>> {
  const where = schema === undefined ? "schema_name IN ('public', 'main')" : `schema_name = ${quoteLiteral(schema)}`;
  const found = await rowsOf(reader, `SELECT lower(sequence_name) FROM duckdb_sequences() WHERE ${where}`);
  return new Set(found.map(([name]) => name!));
}
