/** The clients of a chaos run: each runs its statements and checks what it gets. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { applyVariant, lastQuery, rowStyle } from './bench-cases.ts';
import type { ChaosPlan } from './chaos-plan.ts';
import { checkQuery } from './check-query.ts';
import type { Judge } from './oracle.ts';
import { RawClient } from './raw-client.ts';
import type { BenchmarkQuery } from './tpc.ts';
import { leftOversIn, manifestIn, swept } from './written-folder.ts';

/** A statement that was run; times of `performance.now()`. */
export interface Timed {
  readonly from: number;
  readonly to: number;
  readonly retries: number;
}

export interface ClientParts {
  readonly port: number;
  readonly plan: ChaosPlan;
  /** For what is written. */
  readonly folder: string;
  /** The gateway's. */
  readonly state: string;
  readonly queries: readonly BenchmarkQuery[];
  readonly oracle: Judge;
  /** Every client tells of its statements here. */
  readonly statements: Timed[];
}

/** One of the three clients, connected. Its `run` rejects with what is wrong. */
export interface ChaosClient {
  run(): Promise<void>;
  close(): Promise<void>;
}

/** Connects a client and asks the oracle what it will have to know, so that the time of the run is that of the gateway. */
export async function chaosClient(parts: ClientParts, place: number): Promise<ChaosClient> {
  const { plan, oracle, queries } = parts;
  const [reader, sorter] = [0, 1];
  for (const number of plan.queries[place] ?? []) await oracle.runOnce(queries[number - 1]!.sql);
  if (place === sorter) await oracle.runOnce(plan.sort);
  if (plan.queries[place] === undefined) await sums(oracle, `(${plan.write.rows})`, columnsOf(plan.write.rows));
  const client = await connected(parts);
  const run = () => {
    if (place === reader) return runReader(parts, client, place);
    return place === sorter ? runSorter(parts, client, place) : runWriter(parts, client);
  };
  return { run, close: () => client.close() };
}

/** A client that asks TPC-H queries. */
async function runReader(parts: ClientParts, client: RawClient, place: number): Promise<void> {
  for (const number of parts.plan.queries[place]!) {
    const { name, sql } = parts.queries[number - 1]!;
    await check(parts, client, name, sql, false);
  }
}

/** As `runReader`, and sorts. */
async function runSorter(parts: ClientParts, client: RawClient, place: number): Promise<void> {
  await check(parts, client, 'sort', parts.plan.sort, true);
  await runReader(parts, client, place);
}

/** A client that writes a data set. */
async function runWriter(parts: ClientParts, client: RawClient): Promise<void> {
  const { plan, folder, state, oracle } = parts;
  const { write, seed } = plan;
  mkdirSync(folder, { recursive: true });
  const [directory, table] = [join(folder, 'written'), `chaos_${seed}`];
  for (const statement of write.statements)
    await timed(parts, client, statement.replaceAll('$DIR', directory).replaceAll('$NAME', table));
  const files = (manifestIn(directory)?.files ?? []).map(({ path }) => join(directory, path));
  const wanted = await sums(oracle, `(${write.rows})`, columnsOf(write.rows));
  const scan = scanOf(files, write.format, write.rows);
  const found = await sums(oracle, scan, columnsOf(write.rows));
  if (found !== wanted) throw new Error(`seed ${seed}: ${write.statements[0]}: wrote ${found} instead of ${wanted}`);
  if (write.sortedBy !== undefined) await checkSorted(oracle.connection, files, write.sortedBy, seed);
  if (write.statements.length > 1) {
    const read = await client.query(`SELECT ${sumList(columnsOf(write.rows))} FROM ${table}`);
    const told = read.rows[0]!.map(String).join();
    if (told !== wanted) throw new Error(`seed ${seed}: ${table} reads as ${told} instead of ${wanted}`);
    await client.query(`DROP FOREIGN TABLE ${table}`);
  } else {
    await swept(directory, state);
    const left = leftOversIn(directory);
    if (left.length > 0) throw new Error(`seed ${seed}: left over: ${left.join()}`);
  }
  rmSync(folder, { recursive: true, force: true });
}

async function connected({ port, plan }: ClientParts): Promise<RawClient> {
  const client = await RawClient.connect(port, { TimeZone: 'UTC' });
  await applyVariant(client, { ...plan.variant, dialect: 'duckdb' });
  return client;
}

async function timed({ statements }: ClientParts, client: RawClient, sql: string): Promise<void> {
  const from = performance.now();
  await client.query(sql);
  const to = performance.now();
  statements.push({ from, to, retries: (await lastQuery(client)).retries });
}

async function check(parts: ClientParts, client: RawClient, name: string, sql: string, sequence: boolean) {
  const { oracle, plan, statements } = parts;
  const from = performance.now();
  const found = await checkQuery(oracle, client, sql, {
    protocol: 'simple',
    tolerance: false,
    sequence,
    names: true,
    style: rowStyle('duckdb'),
  });
  statements.push({ from, to: performance.now(), retries: (await lastQuery(client)).retries });
  if (found !== null) throw new Error(`seed ${plan.seed}: ${name}: ${found}`);
}

/** Columns that name a row, and some that show that it is whole. */
function columnsOf(rows: string): readonly string[] {
  if (rows.includes('o_custkey')) return ['o_custkey', 'o_orderdate', 'lines', 'quantity'];
  return ['l_orderkey', 'l_linenumber', 'l_quantity'];
}

function sumList(columns: readonly string[]): string {
  const texts = columns.map((column) => `${column}::VARCHAR`);
  return `count(*), count(DISTINCT (${columns.slice(0, 2).join(', ')})), sum(hash(concat_ws('|', ${texts.join(', ')})))::VARCHAR`;
}

async function sums(oracle: Judge, relation: string, columns: readonly string[]): Promise<string> {
  const { batches } = await oracle.runOnce(`SELECT concat_ws(',', ${sumList(columns)}) AS sums FROM ${relation}`);
  const cell = batches[0]!.columns[0]!;
  if (cell.kind !== 'bytes') throw new Error('not a text');
  return Buffer.from(cell.data.subarray(cell.offsets[0], cell.offsets[1])).toString();
}

/** The files as one relation, read by plain DuckDB. */
function scanOf(files: readonly string[], format: 'parquet' | 'csv', rows: string): string {
  if (files.length === 0) return `(SELECT * FROM (${rows}) LIMIT 0)`;
  const list = `[${files.map((file) => `'${file}'`).join(', ')}]`;
  if (format === 'parquet') return `read_parquet(${list}, hive_partitioning = true)`;
  return `read_csv(${list}, columns = {'l_orderkey': 'BIGINT', 'l_linenumber': 'BIGINT', 'l_quantity': 'DECIMAL(15, 2)'})`;
}

/** Each file is sorted, and begins where the one before it has ended, or later. */
async function checkSorted(connection: DuckDBConnection, files: readonly string[], column: string, seed: number) {
  let last = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const sql = `SELECT count(*) FILTER (value < before), min(value)::DOUBLE, max(value)::DOUBLE FROM
      (SELECT ${column} AS value, lag(${column}) OVER (ORDER BY file_row_number) AS before FROM read_parquet('${file}', file_row_number = true))`;
    const [wrong, least, most] = (await connection.runAndReadAll(sql)).getRows()[0]!;
    if (Number(wrong) > 0 || Number(least) < last)
      throw new Error(`seed ${seed}: ${file}: ${wrong} rows out of order, ${least} after ${last}`);
    last = Number(most);
  }
}
