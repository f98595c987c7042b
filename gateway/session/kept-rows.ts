/** Rows that an INSERT has made, so that ROLLBACK TO puts them back as they are: their defaults may have others when they are computed once more. */
import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import { Scanner } from '../../planner/sql/scanner.ts';
import type { TableName } from '../../planner/sql/statement-tokens.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';
import type { Write } from './commands/write-target.ts';
import type { SessionContext } from './context.ts';
import { findTarget, type LocalTarget } from './copy/copy-target.ts';
import { Appended } from './copy/table-writer.ts';
import { maxKeptText } from './limits.ts';
import { columnsOfLocal } from './local-columns.ts';
import type { KeptWrite, LoggedWrite } from './write-log.ts';

/** Batches hold all columns of the table. */
export interface KeptRows {
  readonly target: TableName;
  readonly batches: readonly ColumnBatch[];
}

/** True for an INSERT of values, which can give back what it has made. */
export function isKept({ searchPath }: SessionContext, write: Write, sql: string): boolean {
  const [target] = write.targets;
  if (write.verb !== 'insert' || target === undefined || sql.length > maxKeptText) return false;
  if (target.schema === undefined && !searchPath.isPlain) return false;
  const words = wordsOf(sql);
  if (words[0] !== 'insert' || !words.includes('values') || words.includes('select')) return false;
  const conflict = words.lastIndexOf('conflict');
  return conflict < 0 || words.indexOf('nothing', conflict) >= 0;
}

function wordsOf(sql: string): readonly string[] {
  const scanner = new Scanner(sql);
  const words: string[] = [];
  while (scanner.next()) if (scanner.kind === 'word') words.push(scanner.value.toLowerCase());
  return words;
}

/**
 * The rows, and how many columns before theirs are what the client asked for with RETURNING. `behind`: how many columns of the result are
 * not of the rows.
 */
export async function keptRows(
  { connection }: SessionContext,
  write: Write,
  result: DuckDBMaterializedResult,
  behind: number,
): Promise<{ readonly kept: KeptRows; readonly own: number }> {
  const target = write.targets[0]!;
  const columns = write.returning ? await columnsOfLocal(connection, target.schema ?? '', target.name) : undefined;
  const end = result.columnCount - behind;
  const own = columns === undefined ? 0 : end - columns.length;
  const types = result.columnTypes();
  const batches = Array.from({ length: result.chunkCount }, (_, index) => {
    const { rowCount, columns } = readChunk(result.getChunk(index), types);
    return { rowCount, columns: columns.slice(own, end) };
  });
  return { kept: { target, batches }, own };
}

/** A table that rows are put back into, with the defaults that move sequences on. */
interface Place {
  readonly table: LocalTarget;
  readonly sequences: readonly string[];
}

/** Puts rows back, of many statements in turn. */
export class Restorer {
  readonly #context: SessionContext;
  readonly #known: ReadonlySet<string>;
  #places = new Map<string, Place | string>();

  private constructor(context: SessionContext, known: ReadonlySet<string>) {
    this.#context = context;
    this.#known = known;
  }

  /** To be made before anything runs once more: sequences that are there then are there for all sessions. */
  static async start(context: SessionContext): Promise<Restorer> {
    const found = await context.connection.run('SELECT sequence_name FROM duckdb_sequences()');
    return new Restorer(context, new Set((await found.getRows()).map(([name]) => String(name).toLowerCase())));
  }

  /** Tables may have changed. */
  forget(): void {
    this.#places = new Map();
  }

  /** Statements on one table, one after the other. Gives why it can't be done. Raises what the table's constraints raise. */
  async putBack(statements: readonly KeptRows[]): Promise<string | undefined> {
    const { target } = statements[0]!;
    const key = keyOf(target);
    const place = this.#places.get(key) ?? (await this.#find(target));
    this.#places.set(key, place);
    if (typeof place === 'string') return place;
    const appended = await Appended.open(this.#context, place.table);
    for (const { batches } of statements) for (const batch of batches) await appended.write(batch);
    const count = await appended.finish();
    // A sequence that gives no value in the transaction that commits would forget in a crash which ones it gave; one that is made anew begins anew.
    for (const expression of place.sequences) {
      const known = sequencesOf(expression).every((name) => this.#known.has(name));
      await this.#context.connection.run(`SELECT ${expression} FROM range(${known ? 1 : Math.max(1, count)})`);
    }
    return undefined;
  }

  async #find(target: TableName): Promise<Place | string> {
    const table = await findTarget(this.#context, target);
    if (table.kind !== 'table') return `"${target.name}" is no table any more.`;
    if (table.columns.some(({ generated }) => generated)) return `"${target.name}" has generated columns.`;
    const defaults = await this.#context.connection.run(
      `SELECT DISTINCT column_default FROM duckdb_columns() WHERE database_name = ${quoteLiteral(table.database)}
         AND schema_name = ${quoteLiteral(table.schema)} AND table_name = ${quoteLiteral(table.name)} AND contains(column_default, 'nextval(')`,
    );
    return { table, sequences: (await defaults.getRows()).map(([expression]) => String(expression)) };
  }
}

/** Names, in lower case and without schemas, of the sequences that a default takes values from. */
function sequencesOf(expression: string): readonly string[] {
  return [...expression.matchAll(/nextval\('((?:[^']|'')*)'/gi)].map(([, quoted]) => {
    const path = quoted!.replaceAll("''", "'");
    const [, name] = /(?:^|\.)("(?:[^"]|"")*"|[^".]*)$/.exec(path) ?? [path, path];
    return (name!.startsWith('"') ? name!.slice(1, -1).replaceAll('""', '"') : name!).toLowerCase();
  });
}

function keyOf({ database, schema, name }: TableName): string {
  return JSON.stringify([database, schema, name]).toLowerCase();
}

/** The statements from `index` on that are on one table. */
export function onOneTable(entries: readonly (LoggedWrite | KeptWrite)[], index: number): readonly KeptRows[] {
  const found: KeptRows[] = [];
  for (let at = index; at < entries.length; at++) {
    const entry = entries[at]!;
    if (!('kept' in entry) || (found[0] !== undefined && keyOf(found[0].target) !== keyOf(entry.kept.target))) break;
    found.push(entry.kept);
  }
  return found;
}
