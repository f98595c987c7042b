/**
 * Statements whose rows become files of a data set, written by workers:
 *
 *   COPY { (query) | table [(column, ...)] } TO 'folder' [WITH] (option value, ...)
 *   CREATE TABLE [IF NOT EXISTS] t WITH (location = 'folder', option = value, ...) AS query
 *   INSERT INTO t [(column, ...)] query          (t is a data set)
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { errors } from '../../../planner/errors.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { hasWord, TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { type GivenOption, layoutOptions, parseWriteOptions, readOptions, type WriteOptions } from './write-options.ts';

export interface CopyToFolder {
  readonly kind: 'copy';
  readonly folder: string;
  /** The rows, as a query. */
  readonly query: string;
  readonly options: WriteOptions;
}

export interface CreateDataSet {
  readonly kind: 'create';
  readonly table: TableName;
  readonly folder: string;
  readonly query: string;
  readonly options: WriteOptions;
  readonly ifNotExists: boolean;
}

/** INSERT, whatever it inserts into. */
export interface Insert {
  readonly table: TableName;
  /** Null: all of the table. */
  readonly columns: readonly string[] | null;
  /** With the WITH that stands before INSERT. */
  readonly query: string;
}

/** Formats that data sets have; with others COPY is DuckDB's. */
const dataFormats: ReadonlySet<string> = new Set(['parquet', 'csv', 'json']);

/**
 * COPY TO a folder; undefined for COPY that DuckDB runs as it is: FROM, and TO a single file. A folder it is when an option asks for many files
 * (partition_by, hash_by, partitions, order_by, file_size), when the name ends with `/` or has no extension, or when there is a
 * folder of that name. Raises 42601, 22023, 0A000. `path` and what else may stand there was checked by `readCopy`.
 */
export function parseCopyToFolder(text: string): CopyToFolder | undefined {
  const cursor = new TokenCursor(text);
  cursor.expect('copy');
  const query = copySource(cursor, text);
  if (query === undefined || !cursor.accept('to')) return undefined;
  const folder = cursor.string();
  if (folder === undefined) return undefined;
  cursor.accept('with');
  const given: ReadonlyMap<string, GivenOption> = cursor.value === '(' ? readOptions(cursor, text) : new Map();
  if (!isFolder(folder, given)) return undefined;
  cursor.end();
  return { kind: 'copy', folder, query, options: parseWriteOptions(given, []) };
}

function isFolder(path: string, given: ReadonlyMap<string, GivenOption>): boolean {
  const format = given.get('format')?.text;
  if (format !== undefined && (format === true || !dataFormats.has(format.toLowerCase()))) return false;
  if (layoutOptions.some((name) => given.has(name)) || path.endsWith('/')) return true;
  return !basename(path).slice(1).includes('.') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What is copied, as a query; undefined when it is not a table or query. */
function copySource(cursor: TokenCursor, text: string): string | undefined {
  if (cursor.value === '(') {
    const from = cursor.start + 1;
    const to = skipParentheses(cursor);
    return text.slice(from, to);
  }
  const from = cursor.start;
  cursor.qualifiedName();
  const name = text.slice(from, cursor.start);
  if (cursor.value !== '(') return `SELECT * FROM ${name}`;
  const start = cursor.start + 1;
  const end = skipParentheses(cursor);
  return `SELECT ${text.slice(start, end)} FROM ${name}`;
}

/** Moves past a parenthesis and what it holds; gives where it closes. */
function skipParentheses(cursor: TokenCursor): number {
  let depth = 0;
  for (;;) {
    if (cursor.atEnd) throw cursor.unexpected();
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
    const { start } = cursor;
    cursor.skip();
    if (depth === 0) return start;
  }
}

/** CREATE TABLE ... WITH (location = ...) AS; undefined for other tables. Raises 42601, 22023, 0A000. */
export function parseCreateDataSet(text: string): CreateDataSet | undefined {
  const cursor = new TokenCursor(text);
  cursor.expect('create');
  const replaces = cursor.accept('or');
  if (replaces) cursor.expect('replace');
  const temporary = cursor.accept('temp') || cursor.accept('temporary');
  if (!cursor.accept('table')) return undefined;
  const ifNotExists = cursor.accept('if');
  if (ifNotExists) cursor.expect('not', 'exists');
  const parts = cursor.qualifiedName();
  if (!cursor.accept('with') || cursor.value !== '(') return undefined;
  const given = readOptions(cursor, text);
  if (!given.has('location')) {
    if (!layoutOptions.some((name) => given.has(name)) && !given.has('format')) return undefined;
    throw errors.syntax('option "location" is missing', undefined, "WITH (location = 'folder', ...)");
  }
  if (temporary || replaces)
    throw errors.featureNotSupported(
      `CREATE ${replaces ? 'OR REPLACE' : 'TEMPORARY'} TABLE with a location`,
      'The option "overwrite" puts new files in the place of old ones.',
    );
  const options = parseWriteOptions(given, ['location']);
  cursor.expect('as');
  const query = text.slice(cursor.start);
  const table = { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! };
  return { kind: 'create', table, folder: options.location!, query, options, ifNotExists };
}

const conflictWords: ReadonlySet<string> = new Set(['conflict', 'returning']);
const insertHint = 'INSERT INTO t [(column, ...)] SELECT ... or VALUES ...';

/** The parts of an INSERT. Raises 42601, and 0A000 for what data sets don't have: ON CONFLICT, RETURNING, DEFAULT VALUES. */
export function parseInsert(text: string): Insert {
  const cursor = new TokenCursor(text);
  const before = text.slice(0, skipToInsert(cursor));
  cursor.expect('into');
  const parts = cursor.qualifiedName();
  if (cursor.accept('as')) cursor.name();
  const columns = insertColumns(cursor, text);
  const rest = text.slice(cursor.start);
  if (cursor.word === 'default' || hasWord(rest, conflictWords))
    throw errors.featureNotSupported(
      'INSERT with ON CONFLICT, RETURNING or DEFAULT VALUES into a data set',
      insertHint,
    );
  const table = { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! };
  return { table, columns, query: `${before} ${rest}`.trim() };
}

/** Moves past INSERT outside of parentheses; gives where it stands. */
function skipToInsert(cursor: TokenCursor): number {
  for (let depth = 0; !cursor.atEnd; cursor.skip()) {
    const { start } = cursor;
    if (depth === 0 && cursor.accept('insert')) return start;
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
  }
  throw cursor.unexpected();
}

/** A parenthesis may also begin the query. */
function insertColumns(cursor: TokenCursor, text: string): readonly string[] | null {
  if (cursor.value !== '(') return null;
  const ahead = new TokenCursor(text.slice(cursor.start + 1));
  if (['select', 'with', 'values', 'from', 'table'].includes(ahead.word) || ahead.value === '(') return null;
  cursor.expect('(');
  const columns = [cursor.name()];
  while (cursor.accept(',')) columns.push(cursor.name());
  cursor.expect(')');
  return columns;
}
