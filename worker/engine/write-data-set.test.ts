import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunWrite } from '../protocol/messages.ts';
import { writeDataSet } from './write-data-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-write-'));
let connection: DuckDBConnection;
let number = 0;

beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
});
afterAll(() => {
  connection.closeSync();
  rmSync(folder, { recursive: true });
});

const sql = 'SELECT range AS x, range % 3 AS y FROM range(1000)';
const columns = [
  { name: 'x', type: 'BIGINT' },
  { name: 'y', type: 'BIGINT' },
];

/** Writes under the names `a b` and `key`. */
async function write(change: Partial<RunWrite> = {}, text = sql, check = async () => undefined) {
  const directory = join(folder, String(number++));
  const plain = {
    names: ['a b', 'key'],
    options: {},
    partitionBy: [],
    orderBy: null,
    ranges: null,
    hashBy: [],
    fileBytes: null,
  };
  const written = await writeDataSet({
    connection,
    task: { sql: text, columns },
    write: { format: 'parquet', ...plain, directory, ...change },
    setup: [],
    check: async () => void (await check()),
  });
  return { ...written, directory };
}

async function rowsIn(query: string): Promise<unknown> {
  return (await connection.runAndReadAll(query)).getRowsJson();
}

describe('files of a data set', () => {
  it('are one for a task, with the names of the answer', async () => {
    const { rows, files, directory } = await write({ options: { compression: 'zstd', row_group_size: 2048 } });
    expect(rows).toBe(1000);
    expect(files).toEqual([{ path: 'data.parquet', rows: 1000, bytes: expect.any(Number), range: null }]);
    expect(await rowsIn(`SELECT sum("a b"), max(key) FROM '${directory}/*.parquet'`)).toEqual([['499500', '2']]);
    expect(await rowsIn(`SELECT DISTINCT compression FROM parquet_metadata('${directory}/data.parquet')`)).toEqual([
      ['ZSTD'],
    ]);
  });

  it.each(['csv', 'json'] as const)('can be %s, whose rows DuckDB counts only together', async (format) => {
    const { rows, files } = await write({ format, options: format === 'csv' ? { delim: ';', header: true } : {} });
    expect([rows, files[0]?.rows]).toEqual([1000, null]);
    expect(files[0]?.bytes).toBeGreaterThan(1000);
  });

  it('lie in folders of keys', async () => {
    const { files } = await write({ partitionBy: ['key'] });
    expect(files.map(({ path, rows }) => [path.replace(/data_\d+/, 'N'), rows]).sort()).toEqual([
      ['data/key=0/N.parquet', 334],
      ['data/key=1/N.parquet', 333],
      ['data/key=2/N.parquet', 333],
    ]);
  });

  it('are cut by the order, equal rows together', async () => {
    const { files, directory } = await write({ orderBy: 'key DESC', ranges: 2 });
    expect(files.map(({ range, rows }) => [range, rows])).toEqual([
      [0, 666],
      [1, 334],
    ]);
    expect(await rowsIn(`SELECT DISTINCT key FROM '${directory}/range-1.parquet'`)).toEqual([['0']]);
  });

  it('are cut by hash', async () => {
    const { files, rows } = await write({ hashBy: ['"a b"'], ranges: 4 });
    expect([files.length, rows]).toEqual([4, 1000]);
  });

  it('are begun anew by size', async () => {
    const { files } = await write({ fileBytes: 1000 }, 'SELECT range AS x, range AS y FROM range(400000)');
    expect(files.length).toBeGreaterThan(1);
    expect(files.reduce((sum, { rows }) => sum + rows!, 0)).toBe(400_000);
  });

  it.each([
    {},
    { partitionBy: ['key'] },
    { fileBytes: 100 },
    { orderBy: 'key', ranges: 2 },
    { format: 'csv' as const },
  ])('are none without rows: %j', async (change) => {
    const { files, rows } = await write(change, `${sql} WHERE range < 0`);
    expect([files, rows]).toEqual([[], 0]);
  });

  it('are not written where the target is not seen, or a second time', async () => {
    await expect(write({ directory: join(folder, 'absent/below') })).rejects.toMatchObject({
      errorClass: 'infra',
      sqlstate: '55000',
    });
    mkdirSync(join(folder, 'twice'));
    await expect(write({ directory: join(folder, 'twice') })).rejects.toThrow('EEXIST');
    expect(readdirSync(join(folder, 'twice'))).toEqual([]);
  });

  it('are refused with other columns than the plan’s, and after a failed check', async () => {
    await expect(write({}, "SELECT 'x' AS x, 1 AS y")).rejects.toMatchObject({ sqlstate: 'XX000' });
    await expect(write({ names: ['one'] })).rejects.toMatchObject({ sqlstate: 'XX000' });
    await expect(write({}, sql, () => Promise.reject(new Error('changed')))).rejects.toThrow('changed');
    await expect(
      write({}, 'SELECT range AS x, CAST(error(range::text) AS BIGINT) AS y FROM range(9)'),
    ).rejects.toThrow();
  });
});
