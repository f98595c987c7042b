/** How rows lie in data sets that were written here is remembered: nothing moves for what they lie by, and the answers are those of one DuckDB. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { manifestIn } from '../testdata/harness/written-folder.ts';

/** Processes are started: machines may be busy. */
vi.setConfig({ testTimeout: 120_000 });

const root = mkdtempSync(join(tmpdir(), 'sluice-layouts-'));
const data = join(root, 'data');
let gateway: GatewayProcess;
let client: RawClient;
let duckdb: DuckDBConnection;

const text = (rows: readonly (readonly unknown[])[]) =>
  rows.map((row) => row.map((cell) => (cell ?? 'NULL').toString()).join('|'));

async function rowsOf(sql: string): Promise<readonly string[]> {
  return text((await client.query(sql)).rows);
}

/** The same of one DuckDB over the files, those of the newest manifest where there is one. */
async function oracle(sql: string): Promise<readonly string[]> {
  for (const name of ['src', 'left_side', 'right_side', 'ordered']) {
    const folder = join(data, name);
    const files = name === 'src' ? readdirSync(folder) : manifestIn(folder)!.files.map(({ path }) => path);
    const list = files.map((file) => `'${join(folder, file)}'`).join(', ');
    await duckdb.run(`CREATE OR REPLACE TEMP VIEW ${name} AS FROM read_parquet([${list}])`);
  }
  return text((await duckdb.runAndReadAll(sql)).getRowsJson() as never);
}

/** The plan of a query, as EXPLAIN tells it. */
async function explained(sql: string): Promise<string> {
  return (await rowsOf(`EXPLAIN ${sql}`)).join('\n');
}

beforeAll(async () => {
  mkdirSync(join(data, 'src'), { recursive: true });
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  for (let file = 0; file < 3; file++) {
    const rows = `SELECT i AS id, CASE WHEN i % 11 > 0 THEN hash(i) % 700 END AS k, (i % 900)::INTEGER AS n, 'name ' || i % 40 AS s
      FROM range(${file * 5000}, ${(file + 1) * 5000}) t(i)`;
    await duckdb.run(`COPY (${rows}) TO '${data}/src/${file}.parquet'`);
  }
  gateway = await GatewayProcess.start({ data: [data], workers: 2 });
  client = await RawClient.connect(gateway.port);
  await client.query("SET sluice.dialect = 'duckdb'");
  await client.query(`COPY (SELECT id, n, s FROM src) TO '${data}/left_side' (hash_by (n), partitions 6)`);
  await client.query(
    `COPY (SELECT n::BIGINT AS m, k FROM src WHERE id % 3 = 0) TO '${data}/right_side' (hash_by (m), partitions 6)`,
  );
  await client.query(`COPY (SELECT s, id, k FROM src) TO '${data}/ordered' (order_by (s DESC, id), partitions 5)`);
  await client.query("SET sluice.strategy = 'stages'");
});
afterAll(async () => {
  await client?.close();
  await gateway?.stop();
  duckdb?.closeSync();
  rmSync(root, { recursive: true, force: true });
});

/** Nothing but what goes to the answer leaves a stage. */
const staysInPlace = (plan: string) => !/leaves: rows in \d+ partitions/.test(plan);

const join1 = 'SELECT count(*), sum(id), sum(k), count(s) FROM left_side JOIN right_side ON n = m';
const groups =
  'SELECT count(*), max(c), sum(u) FROM (SELECT n, count(*) AS c, count(DISTINCT s) AS u FROM left_side GROUP BY n) q';

it('joins and groups by the keys without moving rows, whatever integers these are', async () => {
  await client.query("SET sluice.broadcast_max_bytes = '0'");
  for (const sql of [join1, groups]) {
    expect(staysInPlace(await explained(sql)), await explained(sql)).toBe(true);
    expect(await rowsOf(sql)).toEqual(await oracle(sql));
  }
  const filtered = `${join1} WHERE id > 4000 AND k IS NOT NULL`;
  expect(staysInPlace(await explained(filtered))).toBe(true);
  expect(await rowsOf(filtered)).toEqual(await oracle(filtered));
});

it('moves rows for other keys, and one side to where the other lies', async () => {
  const other = 'SELECT count(*), sum(id) FROM left_side JOIN right_side ON id = m';
  expect(staysInPlace(await explained(other))).toBe(false);
  expect(await rowsOf(other)).toEqual(await oracle(other));
  const oneSide = 'SELECT count(*), sum(left_side.id) FROM left_side JOIN src ON left_side.n = src.n';
  const plan = await explained(oneSide);
  expect(plan).toContain('left_side lies by hash');
  expect(plan).toContain('in 6 partitions by hash');
  expect(await rowsOf(oneSide)).toEqual(await oracle(oneSide));
});

it('knows rows that were appended by the same layout, and forgets a layout that is not that of all files', async () => {
  await client.query('INSERT INTO left_side SELECT id + 100000, n, s FROM src WHERE id < 2000');
  expect(staysInPlace(await explained(join1))).toBe(true);
  expect(await rowsOf(join1)).toEqual(await oracle(join1));
  expect(await rowsOf(groups)).toEqual(await oracle(groups));
  const sorted = 'SELECT s, id FROM ordered WHERE k IS NOT NULL ORDER BY s DESC';
  expect(manifestIn(join(data, 'ordered'))).toMatchObject({ layout: { kind: 'range', buckets: 5 } });
  expect(await explained(sorted)).toContain('files lie in this order');
  await client.query("INSERT INTO ordered SELECT 'name 3', id, k FROM src WHERE id < 100");
  expect(await explained(sorted)).not.toContain('files lie in this order');
  const whole = 'SELECT s, id, k FROM ordered ORDER BY s DESC, id, k';
  expect(await rowsOf(whole)).toEqual(await oracle(whole));
});

it('gives rows that were written in order in that order again', async () => {
  await client.query(
    `COPY (SELECT s, id, k FROM src) TO '${data}/ordered' (order_by (s DESC, id), partitions 5, overwrite)`,
  );
  for (const order of ['s DESC', 's DESC, id']) {
    const sql = `SELECT s, ${order === 's DESC' ? 'NULL' : 'id'} AS id FROM ordered WHERE k IS NOT NULL ORDER BY ${order}`;
    expect(await explained(sql)).toContain('files lie in this order');
    expect(await rowsOf(sql)).toEqual(await oracle(sql));
  }
  for (const order of ['s', 'id', 's DESC NULLS FIRST', 's DESC, id DESC', 's DESC, id, k'])
    expect(await explained(`SELECT s, id, k FROM ordered ORDER BY ${order}`)).not.toContain('files lie in this order');
});

it('trusts no layout of files that somebody has changed', async () => {
  const folder = join(data, 'right_side');
  const file = readdirSync(folder).find((name) => name.startsWith('part-00001'))!;
  await duckdb.run(`COPY (SELECT 7::BIGINT AS m, 1::UBIGINT AS k FROM range(50)) TO '${root}/other.parquet'`);
  const rows = (await duckdb.runAndReadAll(`SELECT content FROM read_blob('${root}/other.parquet')`)).getRows()[0]![0];
  writeFileSync(join(folder, file), (rows as { bytes: Uint8Array }).bytes);
  await vi.waitFor(async () => expect(staysInPlace(await explained(join1))).toBe(false), { timeout: 10_000 });
  expect(await rowsOf(join1)).toEqual(await oracle(join1));
});
