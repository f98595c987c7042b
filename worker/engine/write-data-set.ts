import { mkdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { CopyOption } from '../../planner/plan/plan.ts';
import { syncFile } from '../exchange/sync-file.ts';
import type { RunWrite, WrittenFile } from '../protocol/messages.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { checkTaskColumns, describeTask, type ExchangeTask, partitionSql } from './write-exchange.ts';

export interface WriteDataSetOptions {
  readonly connection: DuckDBConnection;
  /** `columns` null: whatever the SQL gives, as many as there are names. */
  readonly task: Omit<ExchangeTask, 'columns'> & { readonly columns: ExchangeTask['columns'] | null };
  readonly write: RunWrite;
  /** Statements that make the connection ready. */
  readonly setup: readonly string[];
  /** Called when everything is written. */
  readonly check: () => Promise<void>;
}

export interface Written {
  readonly rows: number;
  readonly files: readonly WrittenFile[];
}

const cutTable = '__cut';
const rangeColumn = '__range';
/** Only Parquet files tell their rows one by one. */
const tellsRows = 'parquet';

/**
 * Runs a task and leaves its rows as files below `write.directory`, which it makes; they are on the disk when it resolves, unless `unsynced`. No rows, no
 * files. What a failed attempt leaves goes with the folder. Rejects with `targetNotShared` when the folder above is not there, `internal` for
 * columns that are not the plan's, and with what DuckDB, the file system (53100 for a full disk) and `check` raise.
 */
export async function writeDataSet(options: WriteDataSetOptions): Promise<Written> {
  const { connection, task, write, setup, check } = options;
  await makeDirectory(write.directory);
  const columns = await describeTask(connection, task.sql, setup);
  if (task.columns !== null) checkTaskColumns({ ...task, columns: task.columns }, columns);
  if (columns.length !== write.names.length)
    throw errors.internal(`${columns.length} columns are written under ${write.names.length} names`);
  const rows = `(\n${task.sql}\n) AS "__rows"(${write.names.map(quoteIdentifier).join(', ')})`;
  const how = write.ranges === null ? copy : write.joined === true ? copyBuckets : copyRanges;
  const written = await how(connection, write, rows);
  await check();
  if (write.unsynced !== true) for (const { path } of written.files) await syncFile(join(write.directory, path));
  return written;
}

/** Makes the folder of an attempt. Rejects with `targetNotShared` when the one above is not there. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw errors.targetNotShared(directory);
    throw error;
  }
}

/** Writes what `rows` (of a FROM) gives. */
async function copy(connection: DuckDBConnection, write: RunWrite, rows: string, range?: number): Promise<Written> {
  const { directory, format, partitionBy, orderBy, fileBytes } = write;
  const name = range === undefined ? 'data' : `range-${range}`;
  const whole = partitionBy.length === 0 && fileBytes === null;
  const target = whole ? join(directory, `${name}.${format}`) : join(directory, name);
  const options = [`FORMAT ${format}`, ...Object.entries(write.options).map(printOption)];
  if (partitionBy.length > 0) options.push(`PARTITION_BY (${partitionBy.map(quoteIdentifier).join(', ')})`);
  else options.push('WRITE_EMPTY_FILE false');
  if (fileBytes !== null) options.push(`FILE_SIZE_BYTES ${fileBytes}`);
  options.push(format === tellsRows ? 'RETURN_STATS' : 'RETURN_FILES');
  const columns = write.names.map(quoteIdentifier).join(', ');
  const order = orderBy === null ? '' : ` ORDER BY ${orderBy}`;
  const sql = `COPY (SELECT ${columns} FROM ${rows}${order}) TO ${quoteLiteral(target)} (${options.join(', ')})`;
  const running = connection.runAndReadAll(sql);
  const awaited = whole && write.unsynced !== true ? syncedWhile(target, running) : running;
  const answer = (await awaited).getRowObjectsJson();
  const files = format === tellsRows ? answer.map(statedFile) : await listedFiles(answer[0]?.Files);
  const inOrder = [...files].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  const placed = inOrder.map(({ path, ...file }) => ({
    ...file,
    path: relative(directory, path),
    range: range ?? null,
  }));
  const counted = format === tellsRows ? sum(files.map(({ rows: some }) => some ?? 0)) : Number(answer[0]?.Count ?? 0);
  return { rows: counted, files: placed };
}

/** Cuts the rows into Parquet files by their hash as they come. A bucket has one file, unless DuckDB had to close it meanwhile. */
async function copyBuckets(connection: DuckDBConnection, write: RunWrite, rows: string): Promise<Written> {
  const { names, hashBy } = write;
  let bucket = rangeColumn;
  while (names.some((name) => name.toLowerCase() === bucket)) bucket += '_';
  const place = `${partitionSql({ hashBy, partitions: write.ranges ?? 1 })} AS ${quoteIdentifier(bucket)}`;
  const divided = { ...write, names: [...names, bucket], partitionBy: [bucket] };
  const written = await copy(connection, divided, `(SELECT *, ${place} FROM ${rows}) AS "__divided"`);
  const folder = `${bucket}=`;
  const files = written.files.map((file) => {
    const named = file.path.split('/').find((part) => part.startsWith(folder));
    return { ...file, range: Number(named?.slice(folder.length)) };
  });
  return { ...written, files };
}

/** Cuts the rows into files, through a table, which may spill: the order of rows is kept only in files that are written one by one. */
async function copyRanges(connection: DuckDBConnection, write: RunWrite, rows: string): Promise<Written> {
  const { hashBy, orderBy } = write;
  const partitions = write.ranges ?? 1;
  const place =
    hashBy.length > 0
      ? partitionSql({ hashBy, partitions })
      : `(rank() OVER (ORDER BY ${orderBy}) - 1) * ${partitions} // count(*) OVER ()`;
  const all: Written[] = [];
  const table = `temp.${cutTable}`;
  try {
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${cutTable} AS SELECT *, ${place} AS ${rangeColumn} FROM ${rows}`,
    );
    for (let range = 0; range < partitions; range++) {
      const some = `(SELECT * EXCLUDE (${rangeColumn}) FROM ${table} WHERE ${rangeColumn} = ${range}) AS "__range"`;
      all.push(await copy(connection, write, some, range));
    }
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${table}`);
  }
  return { rows: sum(all.map((part) => part.rows)), files: all.flatMap(({ files }) => files) };
}

function printOption([name, value]: readonly [string, CopyOption]): string {
  return `${name.toUpperCase()} ${typeof value === 'string' ? quoteLiteral(value) : String(value)}`;
}

interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly rows: number | null;
  readonly bytes: number;
}

function statedFile(row: Readonly<Record<string, unknown>>): FoundFile {
  return { path: String(row.filename), rows: Number(row.count), bytes: Number(row.file_size_bytes) };
}

async function listedFiles(paths: unknown): Promise<readonly FoundFile[]> {
  if (!Array.isArray(paths)) return [];
  return await Promise.all(
    paths.map(async (path: unknown) => ({ path: String(path), rows: null, bytes: (await stat(String(path))).size })),
  );
}

/** How often a file that is being written is brought to the disk. */
const syncEveryMs = 500;

/**
 * Brings what has been written of a file to the disk while the rest of it is made: at its end little is left to wait for. Whether that succeeds is told by
 * the last `sync`.
 */
async function syncedWhile<T>(path: string, running: Promise<T>): Promise<T> {
  let syncing: Promise<void> = Promise.resolve();
  let isSyncing = false;
  const timer = setInterval(() => {
    if (isSyncing) return;
    isSyncing = true;
    const ended = () => {
      isSyncing = false;
    };
    syncing = syncFile(path).then(ended, ended);
  }, syncEveryMs);
  try {
    return await running;
  } finally {
    clearInterval(timer);
    await syncing;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
