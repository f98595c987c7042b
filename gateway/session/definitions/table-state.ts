import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import { dataDatabase } from '../../coordinator/database.ts';
import {
  type DeclaredColumn,
  type DeclaredTable,
  splitColumnComment,
  splitTableComment,
} from '../../pg-catalog/state/declared.ts';
import { readTableText, type TableText } from './table-text.ts';
import { meantName } from './tokens.ts';

/** A session, or just a connection that sees committed tables. */
export interface TableReader {
  readonly connection: { run(sql: string): Promise<DuckDBMaterializedResult> };
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
  const where =
    schema === undefined
      ? "((database_name = 'temp') OR schema_name IN ('public', 'main'))"
      : `(lower(schema_name) = ${quoteLiteral(schema.toLowerCase())} OR database_name = ${quoteLiteral(schema.toLowerCase())})`;
  const found = await rowsOf(
    reader,
    `SELECT database_name, schema_name, ${column} FROM ${from} WHERE lower(${column}) = ${quoteLiteral(parts.at(-1)!.toLowerCase())}
     AND ${where} AND database_name IN ('temp', 'local')
     ORDER BY database_name = 'temp' DESC, schema_name = 'public' DESC LIMIT 1`,
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
  return {
    ...at,
    text,
    ...splitTableComment(table![1]!),
    columns: columns.map(([name, comment]) => ({ name: name!, ...splitColumnComment(comment!) })),
    indexes: indexes.map(([name, sql, comment]) => ({
      name: name!,
      sql: (sql ?? '').replace(/;\s*$/, ''),
      comment: comment!,
    })),
  };
}

/** Tables with foreign keys to this one, itself not among them. */
export async function referencingTables(reader: TableReader, table: TableState): Promise<readonly TableState[]> {
  const found = await rowsOf(
    reader,
    `SELECT DISTINCT schema_name, table_name FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'
     AND database_name = ${quoteLiteral(table.database)} AND referenced_table = ${quoteLiteral(table.name)}
     AND NOT (schema_name = ${quoteLiteral(table.schema)} AND table_name = ${quoteLiteral(table.name)})`,
  );
  const states: TableState[] = [];
  for (const [schema, name] of found) {
    const state = await readTable(reader, [quoteIdentifier(schema!), quoteIdentifier(name!)]);
    if (state !== undefined) states.push(state);
  }
  return states;
}

/** Lower-case names of sequences in a schema. */
export async function sequenceNames(reader: TableReader, schema: string | undefined): Promise<Set<string>> {
  const where = schema === undefined ? "schema_name IN ('public', 'main')" : `schema_name = ${quoteLiteral(schema)}`;
  const found = await rowsOf(reader, `SELECT lower(sequence_name) FROM duckdb_sequences() WHERE ${where}`);
  return new Set(found.map(([name]) => name!));
}
