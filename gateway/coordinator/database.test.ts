import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { errorOf, TestCatalog } from '../catalog/test-catalog.ts';
import { Database } from './database.ts';

let files: TestCatalog;
let catalog: Catalog;
let database: Database;
const connections: DuckDBConnection[] = [];

beforeEach(async () => {
  files = await TestCatalog.make();
  catalog = await files.open();
  database = await openDatabase();
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.closeSync();
  await database.close();
  await files.close();
});

function openDatabase(stateFolder: string | null = files.state): Promise<Database> {
  return Database.open({
    stateFolder,
    allowedDirectories: catalog.roots,
    tempDirectory: join(files.folder, 'temp'),
    maxTempBytes: 1024 * 1024 * 1024,
    threads: 2,
    memoryBytes: 512 * 1024 * 1024,
  });
}

async function connect(): Promise<DuckDBConnection> {
  const connection = await database.connect();
  connections.push(connection);
  return connection;
}

/** A real FATAL error of DuckDB, which makes the instance unusable. */
async function breakInstance(): Promise<void> {
  const connection = await connect();
  await rows(connection, "SET GLOBAL debug_checkpoint_abort = 'before_header'");
  const error = await errorOf(() => rows(connection, 'FORCE CHECKPOINT local'));
  expect(error).toMatchObject({ errorClass: 'infra', sqlstate: 'XX000', message: 'the query engine failed' });
}

async function rows(connection: DuckDBConnection, sql: string): Promise<unknown> {
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } catch (error) {
    throw toSluiceError(error, sql);
  }
}

test('local tables, data sets, temporary tables and functions are all found, with and without schema', async () => {
  await files.copy('trades/1.parquet', 'SELECT 5 AS a');
  await database.syncViews(await catalog.snapshot());
  const connection = await connect();
  await rows(connection, 'CREATE TABLE own(x INTEGER)');
  await rows(connection, 'INSERT INTO public.own SELECT a FROM trades');
  await rows(connection, 'CREATE TEMP TABLE temporary AS SELECT 7 AS t');
  await rows(connection, 'CREATE VIEW combined AS SELECT * FROM own, public.trades');
  const other = await connect();
  expect(await rows(other, 'SELECT * FROM combined, own, public.own AS o, trades, public.trades AS t')).toEqual([
    [5, 5, 5, 5, 5, 5],
  ]);
  expect(await rows(other, 'SELECT current_schema(), abs(-1), main.abs(-1), list_sort([2, 1])')).toEqual([
    ['public', 1, 1, [1, 2]],
  ]);
  expect(await rows(connection, 'SELECT t FROM temporary')).toEqual([[7]]);
  expect(await errorOf(() => rows(other, 'SELECT t FROM temporary'))).toMatchObject({ sqlstate: '42P01' });
  expect(
    await rows(other, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`),
  ).toEqual([['combined'], ['own'], ['trades']]);
});

test('local tables and views over data sets survive a restart; data sets are not in the file', async () => {
  await files.copy('trades/1.parquet', 'SELECT 5 AS a');
  await database.syncViews(await catalog.snapshot());
  const connection = await connect();
  await rows(connection, 'CREATE TABLE own AS SELECT 1 AS x');
  await rows(connection, 'CREATE VIEW doubled AS SELECT 2 * a AS b FROM trades');
  connections.splice(0)[0]?.closeSync();
  await database.close();
  database = await openDatabase();
  const again = await connect();
  expect(await rows(again, 'FROM own')).toEqual([[1]]);
  expect(await errorOf(() => rows(again, 'FROM doubled'))).toMatchObject({ sqlstate: '42P01' });
  await files.copy('trades/2.parquet', 'SELECT 6 AS a');
  await database.syncViews(await catalog.snapshot());
  expect(await rows(again, 'FROM doubled')).toEqual([[10], [12]]);
});

test('views follow the snapshot: new columns, dropped tables, other schemas; broken ones have none', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  await files.copy('gone.parquet', 'SELECT 1 AS a');
  files.write('broken.parquet', 'PAR1 garbage');
  const first = await catalog.snapshot();
  await database.syncViews(first);
  const connection = await connect();
  expect(await rows(connection, 'FROM t, gone')).toEqual([[1, 1]]);
  expect(await errorOf(() => rows(connection, 'FROM broken'))).toMatchObject({ sqlstate: '42P01' });
  await files.copy('t/2.parquet', `SELECT 2 AS a, 'x' AS b`);
  rmSync(files.path('gone.parquet'));
  await catalog.createForeignTable({
    schema: 'lake',
    name: 'Q',
    location: files.path('t'),
    columns: null,
    format: undefined,
    options: {},
    ifNotExists: false,
  });
  const second = await catalog.snapshot();
  await Promise.all([database.syncViews(second), database.syncViews(second), database.syncViews(first)]);
  expect(await rows(connection, 'FROM t')).toEqual([
    [1, null],
    [2, 'x'],
  ]);
  expect(await rows(connection, 'FROM data.lake."Q"')).toEqual([
    [1, null],
    [2, 'x'],
  ]);
  expect(await errorOf(() => rows(connection, 'FROM gone'))).toMatchObject({ sqlstate: '42P01' });
});

test('a transaction over a local table and a data set can write and roll back', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  await database.syncViews(await catalog.snapshot());
  const connection = await connect();
  await rows(connection, 'CREATE TABLE own(x INTEGER)');
  await rows(connection, 'BEGIN');
  await rows(connection, 'INSERT INTO own SELECT a FROM t');
  await rows(connection, 'CREATE TEMP TABLE scratch AS FROM own');
  expect(await rows(connection, 'FROM own, scratch, t')).toEqual([[1, 1, 1]]);
  await rows(connection, 'ROLLBACK');
  expect(await rows(connection, 'FROM own')).toEqual([]);
});

test('no file outside the declared folders can be read or written', async () => {
  writeFileSync(join(files.state, 'users'), 'secret');
  const connection = await connect();
  await rows(connection, 'CREATE TABLE own AS SELECT 1 AS x');
  const forbidden = [
    `FROM read_text('/etc/passwd')`,
    `FROM read_text('${files.state}/users')`,
    `FROM read_csv('${files.data}/../state/users')`,
    `FROM glob('${files.state}/*')`,
    `COPY (SELECT 1) TO '${files.state}/x.csv'`,
    `COPY (SELECT 1) TO '/tmp/sluice-forbidden.csv'`,
    `ATTACH '${files.state}/other.duckdb'`,
    `SET enable_external_access = true`,
    `SET allowed_directories = ['/']`,
  ];
  for (const sql of forbidden) {
    const error = await errorOf(() => rows(connection, sql));
    expect(error.errorClass, sql).toBe('user');
    if (!sql.startsWith('SET')) expect(error.sqlstate, sql).toBe('42501');
  }
  expect(existsSync('/tmp/sluice-forbidden.csv')).toBe(false);
  await rows(connection, `COPY (SELECT 1 AS a) TO '${files.data}/fine.csv'`);
});

test('the files of the database itself are known, by whatever name', () => {
  symlinkSync(files.state, join(files.data, 'link'));
  const own = ['local.duckdb', 'local.duckdb.wal', 'x/../local.duckdb'].map((name) => join(files.state, name));
  const paths = [
    ...own,
    `${files.data}/../state/local.duckdb`,
    `file://${own[0]}`,
    `FILE:${own[0]}`,
    `${files.data}/link/local.duckdb`,
  ];
  for (const path of paths) expect(database.ownsFile(path), path).toBe(true);
  for (const path of [`${files.data}/local.duckdb`, '/tmp/x', `${files.state}x`])
    expect(database.ownsFile(path), path).toBe(false);
});

test('a file that is no database stops the start with its name', async () => {
  const folder = join(files.folder, 'bad');
  mkdirSync(folder);
  writeFileSync(join(folder, 'local.duckdb'), 'this is not a database file at all, it is text');
  const error = await errorOf(() => openDatabase(folder));
  expect(error).toMatchObject({ sqlstate: '58030' });
  expect(error.message).toContain('local.duckdb');
});

test('without a state folder everything is in memory', async () => {
  const memory = await openDatabase(null);
  const connection = await memory.connect();
  expect(await rows(connection, 'CREATE TABLE t AS SELECT 1 AS a')).toEqual([['1']]);
  expect(await rows(connection, 'SELECT current_schema(), a FROM public.t')).toEqual([['public', 1]]);
  connection.closeSync();
  await memory.close();
});

test('an instance that has failed is opened anew: what was committed is there, and nothing else', async () => {
  await files.copy('trades/1.parquet', 'SELECT 5 AS a');
  const snapshot = await catalog.snapshot();
  await database.syncViews(snapshot);
  const [writer, other] = [await connect(), await connect()];
  await rows(writer, 'CREATE TABLE own AS SELECT 1 AS x');
  await rows(writer, 'INSERT INTO own VALUES (2)');
  await rows(writer, 'BEGIN');
  await rows(writer, 'INSERT INTO own VALUES (3)');
  await rows(other, 'CREATE TEMP TABLE mine AS SELECT 1 AS t');
  await breakInstance();
  expect(await errorOf(() => rows(other, 'SELECT 1'))).toMatchObject({ sqlstate: 'XX000' });
  await Promise.all([database.recover(), database.recover()]);
  expect([writer, other].map((connection) => database.isCurrent(connection))).toEqual([false, false]);
  expect(await errorOf(() => rows(writer, 'COMMIT'))).toMatchObject({ sqlstate: 'XX000' });
  const fresh = await connect();
  expect(await rows(fresh, 'FROM own ORDER BY x')).toEqual([[1], [2]]);
  expect(await errorOf(() => rows(fresh, 'FROM mine'))).toMatchObject({ sqlstate: '42P01' });
  await database.syncViews(snapshot);
  expect(await rows(fresh, 'FROM trades')).toEqual([[5]]);
  // Connections of before that are closed late do no harm.
  await rows(fresh, 'INSERT INTO own VALUES (4)');
  for (const connection of connections.splice(0)) database.release(connection);
  await database.close();
  database = await openDatabase();
  expect(await rows(await connect(), 'FROM own ORDER BY x')).toEqual([[1], [2], [4]]);
});

test('one that works is left alone, and new connections need not ask for another', async () => {
  const first = await connect();
  await database.recover();
  expect(database.isCurrent(first)).toBe(true);
  await rows(first, 'CREATE TABLE own AS SELECT 1 AS x');
  await breakInstance();
  const next = await connect();
  expect(await rows(next, 'FROM own')).toEqual([[1]]);
  expect([database.isCurrent(first), database.isCurrent(next)]).toEqual([false, true]);
});

test('the file is not opened beside a call that may still write: it is interrupted and waited for', async () => {
  let busy = true;
  const working = await database.connect({ busy: () => busy });
  let interrupts = 0;
  working.interrupt = () => {
    interrupts++;
  };
  await breakInstance();
  let recovered = false;
  const recovery = database.recover().then(() => {
    recovered = true;
  });
  await expect.poll(() => interrupts).toBeGreaterThan(2);
  expect(recovered).toBe(false);
  busy = false;
  await recovery;
  database.release(working);
});
