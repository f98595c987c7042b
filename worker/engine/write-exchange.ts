import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import { type ExchangeReport, partitionColumn, type RunExchange } from '../protocol/messages.ts';
import type { ColumnBatch } from '../rows/column-batch.ts';
import { parseType, typeText } from '../rows/types.ts';
import { encodedItems, fileList } from './exchange-files.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { filePoints, orderSql, sortKeySql } from './range-keys.ts';

/** What of a task an exchange needs. */
export interface ExchangeTask {
  readonly sql: string;
  readonly columns: readonly OutputColumn[];
}

/**
 * Files live for one query on a local disk, are read from the page cache, and a reader of one partition should decode little else. With 4
 * million rows of four columns, no compression and LZ4 took about as long (LZ4 needs half the room), Snappy longer; row groups of 60 k rows
 * as long as of 120 k, and small partitions skip them better; version 2 needs 40 % less room than 1. No dictionaries and Bloom filters:
 * DuckDB (1.5.5) changes the bits of NaNs in the first and takes -0.0 for 0.0 in the second.
 */
const commonOptions = [
  'FORMAT parquet',
  'PARQUET_VERSION v2',
  'COMPRESSION uncompressed',
  'DICTIONARY_SIZE_LIMIT 0',
  'WRITE_BLOOM_FILTER false',
  'WRITE_EMPTY_FILE false',
  'RETURN_STATS',
];
const rowGroupRows = 61_440;
/** Where rows are divided by range, readers read rows from one place to another: less beside them in smaller groups. */
const rangeGroupRows = 20_480;

const partition = quoteIdentifier(partitionColumn);
const byteNumbers = 256;
const nonceBytes = 6;

/**
 * The partition of a row: rows that are equal in `hashBy` get the same one, in every worker. From the upper half of the hash: its lowest bits place rows
 * in the hash tables of joins, which would be crowded if all rows of a partition had them in common.
 */
export function partitionSql({
  hashBy,
  numberBy,
  partitions,
}: Pick<RunExchange, 'hashBy' | 'numberBy' | 'partitions'>): string {
  if (numberBy !== undefined) return quoteIdentifier(numberBy);
  if (partitions === 1 || hashBy.length === 0) return 'CAST(0 AS INTEGER)';
  return `CAST((hash(${hashBy.join(', ')}) >> 32) % CAST(${partitions} AS UBIGINT) AS INTEGER)`;
}

/**
 * The rows of a task with their partition as last column, sorted by it. With one partition in the order of the task's own SQL. `columns`: what is
 * selected of them.
 */
function partitioned(sql: string, exchange: RunExchange, columns: readonly string[]): string {
  const rows = `SELECT *, ${partitionSql(exchange)} AS ${partition} FROM (\n${sql}\n) AS "__rows"`;
  const divided = exchange.hashBy.length > 0 || exchange.numberBy !== undefined;
  // Numbers of one byte are sorted faster. Those that users give may be none.
  const isByte = exchange.numberBy === undefined && exchange.partitions <= byteNumbers;
  const key = isByte ? `CAST(${partition} AS UTINYINT)` : partition;
  const sorted = exchange.partitions === 1 || !divided ? '' : ` ORDER BY ${key}`;
  return `SELECT ${columns.join(', ')} FROM (${rows}) AS "__partitioned"${sorted}`;
}

/** What runs in place of a task's SQL when its rows go to the gateway in frames: with the partition as last column, or the sort key. */
export function exchangeFramesSql(sql: string, exchange: RunExchange): string {
  const { rangeBy } = exchange;
  if (rangeBy === undefined) return partitioned(sql, exchange, ['*']);
  return `SELECT *, ${sortKeySql(rangeBy)} AS ${partition} FROM (\n${sql}\n) AS "__rows" ORDER BY ${orderSql(rangeBy)}`;
}

/** The rows of a task as its file has them. */
function fileSql({ sql, columns }: ExchangeTask, exchange: RunExchange): string {
  const { rangeBy } = exchange;
  if (rangeBy === undefined) return partitioned(sql, exchange, [...encodedItems(columns), partition]);
  const rows = '"__rows"';
  const items = encodedItems(columns, `${rows}.`).join(', ');
  return `SELECT ${items} FROM (\n${sql}\n) AS ${rows} ORDER BY ${orderSql(rangeBy, `${rows}.`)}`;
}

/** Counts the rows of each partition in batches whose last column is the partition. */
export class PartitionCounter {
  readonly rows: number[];

  constructor(partitions: number) {
    this.rows = new Array<number>(partitions).fill(0);
  }

  add(batch: ColumnBatch): void {
    const column = batch.columns.at(-1);
    if (column?.kind !== 'fixed' || column.width !== 4) throw errors.internal('rows without a partition');
    const view = new DataView(column.data.buffer, column.data.byteOffset, column.data.byteLength);
    for (let row = 0; row < batch.rowCount; row++) this.count(view.getInt32(row * 4, true), 1);
  }

  count(partition: number, rows: number): void {
    const before = this.rows[partition];
    if (before === undefined) throw errors.internal(`partition ${partition} of ${this.rows.length}`);
    this.rows[partition] = before + rows;
  }
}

export interface WriteExchangeOptions {
  readonly connection: DuckDBConnection;
  readonly task: ExchangeTask;
  readonly exchange: RunExchange;
  readonly path: string;
  /** Statements that make the connection ready. */
  readonly setup: readonly string[];
  /** Called when everything is written, before the file gets its name. */
  readonly check: () => Promise<void>;
}

/**
 * Runs a task and leaves its rows in the file `path`, whose folder must be there; a file that is there has all rows of an attempt that ended well.
 * When anything fails, an interrupt among it, nothing is left. Rejects with `internal` for columns that are not the plan's or can't be stored,
 * with what DuckDB and the file system raise (`infra` for a full disk), and with what `check` raises.
 */
export async function writeExchangeFile(
  options: WriteExchangeOptions,
): Promise<{ readonly rows: number; readonly exchange: ExchangeReport }> {
  const { connection, task, exchange, path, setup, check } = options;
  const temporary = `${path}.${randomBytes(nonceBytes).toString('hex')}.tmp`;
  try {
    checkTaskColumns(task, await describeTask(connection, task.sql, setup));
    const groups = exchange.rangeBy === undefined ? rowGroupRows : rangeGroupRows;
    const options = [...commonOptions, `ROW_GROUP_SIZE ${groups}`].join(', ');
    const copy = `COPY (${fileSql(task, exchange)}) TO ${quoteLiteral(temporary)} (${options})`;
    const written = (await connection.runAndReadAll(copy)).getRowObjects()[0];
    const rows = Number(written?.count ?? 0);
    const content = await contentOf(connection, written === undefined ? null : temporary, rows, task, exchange);
    await check();
    if (written === undefined) return { rows, exchange: { ...content, fileBytes: 0 } };
    await rename(temporary, path);
    return { rows, exchange: { ...content, fileBytes: Number(written.file_size_bytes) } };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Where the rows of the file lie; `file` null: there are none. */
async function contentOf(
  connection: DuckDBConnection,
  file: string | null,
  rows: number,
  { columns }: ExchangeTask,
  { rangeBy, points, partitions }: RunExchange,
): Promise<Omit<ExchangeReport, 'fileBytes'>> {
  if (rangeBy !== undefined) {
    const told = file === null ? [] : await filePoints(connection, file, columns, rangeBy, rows, points ?? 1);
    return { partitionRows: [rows], points: told };
  }
  const counter = new PartitionCounter(partitions);
  if (partitions === 1) counter.count(0, rows);
  else if (file !== null) await countPartitions(connection, file, counter);
  return { partitionRows: counter.rows };
}

/** Columns of the task's rows as DuckDB tells them, after `setup`. */
export async function describeTask(
  connection: DuckDBConnection,
  sql: string,
  setup: readonly string[],
): Promise<readonly OutputColumn[]> {
  const result = await connection.runAndReadAll(
    [...setup, `DESCRIBE SELECT * FROM (\n${sql}\n) AS "__rows"`].join('; '),
  );
  return result.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}

/** Raises `internal` when rows don't have the columns that the plan says: who reads them would take them for something else. */
export function checkTaskColumns(task: ExchangeTask, given: readonly OutputColumn[]): void {
  const same = (column: OutputColumn, other: OutputColumn | undefined) =>
    column.name === other?.name && sameType(column.type, other.type);
  if (given.length === task.columns.length && given.every((column, i) => same(column, task.columns[i]))) return;
  const list = (columns: readonly OutputColumn[]) => columns.map(({ name, type }) => `${name} ${type}`).join(', ');
  throw errors.internal(`the plan says columns (${list(task.columns)}), the fragment has (${list(given)})`);
}

function sameType(type: string, other: string): boolean {
  return type === other || typeText(parseType(type)) === typeText(parseType(other));
}

async function countPartitions(connection: DuckDBConnection, file: string, counter: PartitionCounter): Promise<void> {
  const counts = await connection.runAndReadAll(
    `SELECT ${partition}, count(*) FROM read_parquet(${fileList([file])}) GROUP BY 1`,
  );
  for (const [number, rows] of counts.getRows()) counter.count(Number(number), Number(rows));
}
