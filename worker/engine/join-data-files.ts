import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { syncFile } from '../exchange/sync-file.ts';
import { joinParquetFiles } from '../parquet/join-files.ts';
import type { BucketJoin, RunWrite, SourceFile } from '../protocol/messages.ts';
import { parseType } from '../rows/types.ts';
import { fileList } from './exchange-files.ts';
import { storedType } from './stored-type.ts';
import { makeDirectory, type Written, writeDataSet } from './write-data-set.ts';
import type { ExchangeTask } from './write-exchange.ts';

/** So few rows on the average, and so few bytes, are not worth a row group of their own: they are read and written again. */
export const leastGroupRows = 4096;
const leastGroupBytes = 1024 * 1024;

export interface JoinDataFilesOptions {
  readonly connection: DuckDBConnection;
  readonly columns: ExchangeTask['columns'];
  readonly write: RunWrite;
  readonly joins: readonly BucketJoin[];
  /** Statements that make the connection ready. */
  readonly setup: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Makes one file for each bucket of those that tasks with `joined` have written, in `write.directory`, which it makes. Their row groups stay as they are;
 * where those would be tiny and Parquet keeps all types of the columns, DuckDB writes the rows once more. Rejects as `joinParquetFiles` and
 * `writeDataSet` do.
 */
export async function joinDataFiles(options: JoinDataFilesOptions): Promise<Written> {
  const { columns, joins, write, signal } = options;
  const isKept = columns.every(({ type }) => storedType(parseType(type)) === null);
  await makeDirectory(write.directory);
  const all: Written[] = [];
  for (const { bucket, sources } of joins) {
    signal.throwIfAborted();
    const own = { ...write, directory: join(write.directory, String(bucket)), ranges: null, hashBy: [] };
    const { rows, files } =
      isTiny(sources) && isKept ? await rewrite(options, own, sources) : await take(own, sources, signal);
    all.push({ rows, files: files.map((file) => ({ ...file, path: join(String(bucket), file.path), range: bucket })) });
  }
  return { rows: rowsOf(all), files: all.flatMap(({ files }) => files) };
}

/** Of the row groups that the file would have. */
function isTiny(sources: readonly SourceFile[]): boolean {
  const bytes = sources.reduce((sum, source) => sum + source.bytes, 0);
  const few = rowsOf(sources) < sources.length * leastGroupRows && bytes < sources.length * leastGroupBytes;
  return few && sources.length > 1;
}

async function rewrite(
  { connection, setup, signal }: JoinDataFilesOptions,
  write: RunWrite,
  sources: readonly SourceFile[],
): Promise<Written> {
  const sql = `SELECT * FROM read_parquet(${fileList(sources.map(({ path }) => path))})`;
  const check = async () => signal.throwIfAborted();
  return await writeDataSet({ connection, task: { sql, columns: null }, write, setup, check });
}

async function take(write: RunWrite, sources: readonly SourceFile[], signal: AbortSignal): Promise<Written> {
  await makeDirectory(write.directory);
  const path = `data.${write.format}`;
  const target = join(write.directory, path);
  const bytes = await joinParquetFiles(sources, target, signal);
  if (write.unsynced !== true) await syncFile(target);
  return { rows: rowsOf(sources), files: [{ path, rows: rowsOf(sources), bytes, range: null }] };
}

function rowsOf(parts: readonly { readonly rows: number }[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}
