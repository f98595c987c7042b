/** What tasks with `joined` leave, and what tasks with `joins` make of it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BucketJoin, RunWrite } from '../protocol/messages.ts';
import { joinDataFiles, leastGroupRows } from './join-data-files.ts';
import { writeDataSet } from './write-data-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-joins-'));
const buckets = 4;
let connection: DuckDBConnection;
let number = 0;

beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
});
afterAll(() => {
  connection.closeSync();
  rmSync(folder, { recursive: true });
});

const rowsIn = async (query: string) => (await connection.runAndReadAll(query)).getRowsJson();
const typesOf = async (sql: string) =>
  (await rowsIn(`DESCRIBE ${sql}`)).map(([name, type]) => ({ name: String(name), type: String(type) }));

const plain: Omit<RunWrite, 'directory' | 'names'> = {
  format: 'parquet',
  options: {},
  partitionBy: [],
  orderBy: null,
  ranges: null,
  hashBy: [],
  fileBytes: null,
};

/** Runs each text as a task that divides its rows, then joins what all have left. `key`: SQL of what is hashed. */
async function divideAndJoin(texts: readonly string[], key = '"x"', unlike: Partial<RunWrite> = {}) {
  const columns = await typesOf(texts[0]!);
  const names = columns.map(({ name }) => name);
  const joins = new Map<number, BucketJoin & { readonly sources: { path: string; rows: number; bytes: number }[] }>();
  for (const [i, sql] of texts.entries()) {
    const directory = join(folder, String(number++));
    const divided: RunWrite = { ...plain, names, ranges: buckets, hashBy: [key], joined: true, directory };
    const write = i === 0 ? divided : { ...divided, ...unlike };
    const written = await writeDataSet({
      connection,
      task: { sql, columns },
      write,
      setup: [],
      check: async () => undefined,
    });
    for (const { path, rows, bytes, range } of written.files) {
      const own = joins.get(range!) ?? { bucket: range!, sources: [] };
      joins.set(range!, own);
      own.sources.push({ path: join(directory, path), rows: rows!, bytes });
    }
  }
  const directory = join(folder, String(number++));
  const signal = new AbortController().signal;
  const all = [...joins.values()].sort((a, b) => a.bucket - b.bucket);
  const write: RunWrite = { ...plain, names, directory, joins: all };
  const written = await joinDataFiles({ connection, columns, write, joins: all, setup: [], signal });
  return { ...written, directory, joins: all };
}

const numbers = (from: number, to: number) =>
  `SELECT range AS x, 'n' || range % 7 AS "__range" FROM range(${from}, ${to})`;

describe('rows that are divided by each task and joined by bucket', () => {
  it('are all there, each in the file of its bucket, and keep their row groups', async () => {
    const half = 2 * buckets * leastGroupRows;
    const { rows, files, directory, joins } = await divideAndJoin([numbers(0, half), numbers(half, 2 * half)]);
    expect(rows).toBe(2 * half);
    expect(files.map(({ path, range }) => [path, range])).toEqual([0, 1, 2, 3].map((i) => [`${i}/data.parquet`, i]));
    expect(joins.map(({ sources }) => sources.length)).toEqual([2, 2, 2, 2]);
    for (const { path, rows: told, bytes, range } of files) {
      const file = join(directory, path);
      expect(bytes).toBe(statSync(file).size);
      const own = `SELECT count(*), bool_and((hash(x) >> 32) % ${buckets} = ${range}), any_value(columns(*)) FROM '${file}'`;
      expect((await rowsIn(own))[0]!.slice(0, 2)).toEqual([String(told), true]);
      expect(await rowsIn(`SELECT count(DISTINCT row_group_id) FROM parquet_metadata('${file}')`)).toEqual([['2']]);
    }
    const all = `SELECT count(DISTINCT x), sum(x), count("__range") FROM '${directory}/*/*.parquet'`;
    expect(await rowsIn(all)).toEqual([[String(2 * half), String(half * (2 * half - 1)), String(2 * half)]]);
  });

  it('are written again where their row groups would be tiny', async () => {
    const { rows, files, directory } = await divideAndJoin([numbers(0, 100), numbers(100, 200), numbers(200, 201)]);
    expect(rows).toBe(201);
    expect(files.map(({ path }) => path)).toEqual([0, 1, 2, 3].map((i) => `${i}/data.parquet`));
    const groups = `SELECT count(DISTINCT row_group_id) FROM parquet_metadata('${directory}/*/*.parquet') GROUP BY file_name`;
    expect(await rowsIn(groups)).toEqual([['1'], ['1'], ['1'], ['1']]);
    expect(await rowsIn(`SELECT count(DISTINCT x), sum(x) FROM '${directory}/*/*.parquet'`)).toEqual([
      ['201', '20100'],
    ]);
  });

  it('keep their values where Parquet has no place for their type', async () => {
    const texts = [0, 50].map(
      (
        from,
      ) => `SELECT i AS x, CAST(i AS HUGEINT) AS h, CAST('a' AS ENUM('a', 'b')) AS e, TIMESTAMP_S '2020-01-01 00:00:01' AS t,
        to_days(CAST(i AS INTEGER)) AS v, CASE WHEN i % 2 = 0 THEN {'u': [i]} END AS n, 'nan'::DOUBLE AS f FROM range(${from}, ${from + 50}) t(i)`,
    );
    const { directory } = await divideAndJoin(texts);
    await connection.run(`COPY (${texts.join(' UNION ALL ')}) TO '${folder}/direct.parquet'`);
    const own = `read_parquet('${directory}/*/*.parquet')`;
    expect(await rowsIn(`SELECT * FROM ${own} ORDER BY x`)).toEqual(
      await rowsIn(`SELECT * FROM '${folder}/direct.parquet' ORDER BY x`),
    );
    expect(await typesOf(`SELECT * FROM ${own}`)).toEqual(await typesOf(`SELECT * FROM '${folder}/direct.parquet'`));
  });

  it('may be given out by their number alone; a bucket without rows has no file', async () => {
    const { rows, files } = await divideAndJoin([numbers(0, 3), numbers(3, 4)], 'row_number() OVER ()');
    expect(rows).toBe(4);
    expect(files.length).toBeLessThanOrEqual(3);
    expect(await divideAndJoin([`${numbers(0, 1)} WHERE false`])).toMatchObject({ rows: 0, files: [] });
  });

  it('are not joined when they are stored in another way', async () => {
    const half = 2 * buckets * leastGroupRows;
    const unlike = { options: { parquet_version: 'V2' }, names: ['X', '__range'] };
    await expect(divideAndJoin([numbers(0, half), numbers(half, 2 * half)], '"x"', unlike)).rejects.toMatchObject({
      sqlstate: '58P01',
    });
  });
});
