import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { QueryEngine } from './query-engine.ts';

let folder: string;
let engine: QueryEngine;
/** Not read-only: a test breaks it. */
let options: { threads: number; memoryBytes: number; maxTempBytes: number; tempDirectory: string; data: string };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  mkdirSync(join(folder, 'data'));
  mkdirSync(join(folder, 'state'));
  options = {
    threads: 2,
    memoryBytes: 256 * 1024 ** 2,
    maxTempBytes: 1024 ** 3,
    tempDirectory: join(folder, 'temp'),
    data: join(folder, 'data'),
  };
  engine = await QueryEngine.open(Object.assign(options, { allowedDirectories: [options.data] }));
});
afterEach(async () => {
  await engine.close();
  expect(engine.instances).toBe(0);
  rmSync(folder, { recursive: true });
});

async function value(connection: DuckDBConnection, sql: string): Promise<unknown> {
  return (await connection.runAndReadAll(sql)).getRowsJson()[0]?.[0];
}

test('a replaced instance serves its connections to their end and no new ones', async () => {
  const [failed, beside] = [await engine.connect(), await engine.connect()];
  await failed.run('CREATE TABLE mark AS SELECT 1 AS a');
  expect(await value(beside, 'FROM mark')).toBe(1);
  expect(engine.replace(failed)).toBe(true);
  expect(engine.replace(beside)).toBe(false);
  const fresh = await engine.connect();
  await expect(value(fresh, 'FROM mark')).rejects.toThrow(/mark/);
  expect([engine.opened, engine.instances]).toEqual([2, 2]);
  engine.release(failed);
  expect(await value(beside, 'FROM mark')).toBe(1);
  expect(engine.instances).toBe(2);
  engine.release(beside);
  await expect.poll(() => engine.instances).toBe(1);
  expect(await value(fresh, 'SELECT 2')).toBe(2);
  engine.release(fresh);
});

test('instances never share a folder of temporary files', async () => {
  const first = await engine.connect();
  engine.replace(first);
  const second = await engine.connect();
  const folders = await Promise.all(
    [first, second].map((one) => value(one, "SELECT current_setting('temp_directory')")),
  );
  expect(new Set(folders).size).toBe(2);
  for (const path of folders) expect(String(path).startsWith(options.tempDirectory)).toBe(true);
  engine.release(first);
  engine.release(second);
});

test('files of the state folder are out of reach, also those of local tables', async () => {
  const connection = await engine.connect();
  const path = join(folder, 'state', 'local.duckdb');
  writeFileSync(path, 'rows');
  const forbidden = [
    `FROM read_blob('${path}')`,
    `FROM read_text('${options.data}/../state/local.duckdb')`,
    `COPY (SELECT 1) TO '${path}' (USE_TMP_FILE false)`,
    `ATTACH '${path}'`,
  ];
  for (const sql of forbidden) {
    const error = await connection.run(sql).catch((reason: unknown) => toSluiceError(reason, sql));
    expect(error, sql).toMatchObject({ sqlstate: '42501' });
  }
  await connection.run(`COPY (SELECT 1 AS a) TO '${options.data}/fine.csv'`);
  expect(existsSync(`${options.data}/fine.csv`)).toBe(true);
  engine.release(connection);
});

test('an instance that could not be opened is tried again', async () => {
  const last = await engine.connect();
  engine.replace(last);
  engine.release(last);
  options.threads = -1;
  await expect(engine.connect()).rejects.toThrow();
  await expect(engine.connect()).rejects.toThrow();
  options.threads = 1;
  const connection = await engine.connect();
  expect(await value(connection, 'SELECT 3')).toBe(3);
  engine.release(connection);
});

test('a connection is released once, and none is given after the end', async () => {
  const connection = await engine.connect();
  engine.release(connection);
  expect(() => engine.release(connection)).toThrow(/released before/);
  expect(engine.replace(connection)).toBe(false);
  await engine.close();
  await expect(engine.connect()).rejects.toMatchObject({ sqlstate: '57P01' });
});
