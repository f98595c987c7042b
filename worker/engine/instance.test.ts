import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toSluiceError } from './duckdb-error.ts';
import { openInstance } from './instance.ts';

const root = mkdtempSync(join(tmpdir(), 'instance-'));
const allowed = join(root, 'allowed');
const outside = join(root, 'outside');
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  for (const folder of [allowed, outside, `${allowed}2`]) mkdirSync(folder);
  for (const folder of [allowed, outside, `${allowed}2`]) writeFileSync(join(folder, 'a.csv'), 'a\n1\n');
  symlinkSync(join(outside, 'a.csv'), join(allowed, 'link.csv'));
  symlinkSync(outside, join(allowed, 'folder'));
  instance = await openInstance({
    path: ':memory:',
    threads: 1,
    memoryBytes: 256 * 1024 * 1024,
    tempDirectory: join(root, 'temp'),
    maxTempBytes: 1024 * 1024 * 1024,
    allowedDirectories: [allowed],
  });
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(root, { recursive: true });
});

const failure = (sql: string) =>
  connection.run(sql).then(
    () => 'it ran',
    (error: unknown) => toSluiceError(error, sql),
  );

describe('openInstance', () => {
  it('reads and writes in the allowed folders', async () => {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_csv('${allowed}/a.csv')`);
    expect(reader.getRows()).toEqual([[1n]]);
    await connection.run(`COPY (SELECT 1) TO '${allowed}/out.csv'`);
    expect(await failure(`SELECT * FROM read_csv('${allowed}/../allowed/a.csv')`)).toBe('it ran');
  });

  const refused = [
    `SELECT * FROM read_csv('${outside}/a.csv')`,
    `SELECT * FROM read_text('${outside}/a.csv')`,
    `SELECT * FROM read_blob('${outside}/a.csv')`,
    `SELECT * FROM read_parquet('${outside}/a.parquet')`,
    `SELECT * FROM read_json('${outside}/a.json')`,
    `SELECT * FROM parquet_metadata('${outside}/a.parquet')`,
    `SELECT * FROM sniff_csv('${outside}/a.csv')`,
    `SELECT * FROM glob('${outside}/*')`,
    `SELECT * FROM glob('${allowed}/../outside/*')`,
    `SELECT * FROM glob('${allowed}/folder/*')`,
    `SELECT * FROM '${outside}/a.csv'`,
    `SELECT * FROM read_csv('${allowed}/../outside/a.csv')`,
    `SELECT * FROM read_csv('${allowed}/link.csv')`,
    `SELECT * FROM read_csv('${allowed}/folder/a.csv')`,
    `SELECT * FROM read_csv('${allowed}2/a.csv')`,
    `SELECT * FROM read_csv('file://${outside}/a.csv')`,
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM read_text('../../etc/passwd')`,
    `COPY (SELECT 1) TO '${outside}/b.csv'`,
    `COPY (SELECT 1) TO '${allowed}/../outside/b.csv'`,
    `COPY (SELECT 1) TO '${allowed}/folder/b.csv'`,
    `ATTACH '${outside}/b.db'`,
    `EXPORT DATABASE '${outside}/b'`,
    `IMPORT DATABASE '${outside}/b'`,
    `INSTALL httpfs`,
    `LOAD httpfs`,
    `LOAD '${allowed}/x.duckdb_extension'`,
    `SET temp_directory = '${outside}'`,
    `SET allowed_directories = ['/']`,
    `SET allowed_paths = ['/etc/passwd']`,
    `SET log_query_path = '${outside}/log'`,
  ];
  it.each(refused)('refuses %s', async (sql) => {
    expect(await failure(sql)).toMatchObject({ sqlstate: '42501', errorClass: 'user' });
  });

  it('can not be opened up again', async () => {
    expect(await failure('SET enable_external_access = true')).toMatchObject({ errorClass: 'user' });
    expect(await failure('RESET enable_external_access')).not.toBe('it ran');
    expect(await failure('SET GLOBAL autoload_known_extensions = true')).not.toBeUndefined();
    expect(await failure(`SELECT * FROM read_text('/etc/passwd')`)).toMatchObject({ sqlstate: '42501' });
  });

  it('has the limits that it was given', async () => {
    const sql = `SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('max_temp_directory_size')`;
    expect((await connection.runAndReadAll(sql)).getRows()).toEqual([[1n, '256.0 MiB', '1.0 GiB']]);
  });

  it('rejects a limit that is none', async () => {
    const options = { path: ':memory:', threads: 0, memoryBytes: 1, tempDirectory: root, maxTempBytes: 1 };
    await expect(openInstance({ ...options, allowedDirectories: [] })).rejects.toThrow();
  });

  it("quotes folders with a ' in them", async () => {
    const folder = join(root, "it's");
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.csv'), 'a\n1\n');
    const options = {
      path: ':memory:',
      threads: 1,
      memoryBytes: 1e8,
      tempDirectory: join(root, 't2'),
      maxTempBytes: 1e8,
    };
    const other = await openInstance({ ...options, allowedDirectories: [folder] });
    const own = await other.connect();
    const path = join(folder, 'a.csv').replaceAll("'", "''");
    expect((await own.runAndReadAll(`SELECT * FROM read_csv('${path}')`)).getRows()).toEqual([[1n]]);
    other.closeSync();
  });
});

describe('scopes of settings', () => {
  it('SET SESSION changes one connection only; what is per instance refuses it', async () => {
    const other = await instance.connect();
    await connection.run("SET SESSION TimeZone = 'Asia/Tokyo'; SET SESSION integer_division = true");
    const sql = "SELECT current_setting('TimeZone'), current_setting('integer_division')";
    expect((await connection.runAndReadAll(sql)).getRows()).toEqual([['Asia/Tokyo', true]]);
    expect((await other.runAndReadAll(sql)).getRows()[0]?.[1]).toBe(false);
    for (const name of ['threads', 'memory_limit', 'temp_directory', 'disabled_optimizers']) {
      expect(await failure(`SET SESSION ${name} = '1'`)).toMatchObject({ sqlstate: '55P02' });
    }
    other.closeSync();
  });
});

it('cuts the first rows of a window where there are none', async () => {
  await connection.run('CREATE TEMP TABLE nothing(x INTEGER)');
  const first = 'SELECT x FROM nothing WHERE x > 3 QUALIFY row_number() OVER (ORDER BY x) <= 1';
  expect((await connection.runAndReadAll(first)).getRows()).toEqual([]);
  const plain = await DuckDBInstance.create(':memory:');
  const other = await plain.connect();
  await other.run('CREATE TABLE nothing AS SELECT 1 AS x');
  // DuckDB is wrong by itself: when this fails, the setting can go.
  expect((await other.runAndReadAll(first)).getRows()).toEqual([[null]]);
  other.closeSync();
  plain.closeSync();
});

it('joins by time in one way, however few rows there are', async () => {
  const matched = async () => {
    const left = "(VALUES (1, TIMESTAMP '2024-01-02'), (1, NULL)) l(k, ts)";
    const right = "(SELECT 1 AS k, TIMESTAMP '2024-01-01' + to_hours(i) AS ts FROM range(9) r(i)) r";
    const sql = `SELECT count(r.ts) FROM ${left} ASOF LEFT JOIN ${right} ON l.k = r.k AND l.ts >= r.ts`;
    return (await (await connection.run(sql)).getRows())[0]![0];
  };
  const asOne = await matched();
  await connection.run('SET GLOBAL asof_loop_join_threshold = 64');
  try {
    // When this fails, both plans of DuckDB are one and the setting can go.
    expect(await matched()).not.toBe(asOne);
  } finally {
    await connection.run('SET GLOBAL asof_loop_join_threshold = 0');
  }
});
