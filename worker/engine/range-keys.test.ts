import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderSql, RangePoints, sortKeySql } from './range-keys.ts';

let duckdb: DuckDBConnection;
beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});
afterAll(() => duckdb.closeSync());

/** How many rows have a smaller key than the one before them in DuckDB's order. */
async function misplaced(type: string, value: string, descending: boolean, nullsFirst: boolean): Promise<number> {
  const by = [
    { column: 'k', descending, nullsFirst },
    { column: 'a', descending: false, nullsFirst: false },
  ];
  const sorted = `SELECT * FROM (SELECT a, CAST(${value} AS ${type}) AS k FROM range(1000) t(a)) ORDER BY ${orderSql(by)}`;
  const keys = `SELECT row_number() OVER () AS n, ${sortKeySql(by)} AS key FROM (${sorted})`;
  const before = `SELECT key < lag(key) OVER (ORDER BY n) AS wrong FROM (${keys})`;
  return Number((await duckdb.runAndReadAll(`SELECT count(*) FROM (${before}) WHERE wrong`)).getRows()[0]![0]);
}

test.each([
  ['DOUBLE', "CASE a % 5 WHEN 0 THEN NULL WHEN 1 THEN 'nan' WHEN 2 THEN -0.0 WHEN 3 THEN '-inf' ELSE sin(a) END"],
  ['VARCHAR', 'CASE WHEN a % 3 > 0 THEN chr((a % 400 + 1)::INTEGER) || hash(a) END'],
  ['HUGEINT', '(a - 500)::HUGEINT * 99999999999999999'],
  ['DECIMAL(30, 3)', '(a - 500) / 7'],
  ['STRUCT(x TINYINT, y INTEGER[])', '{x: (a % 7 - 3)::TINYINT, y: [a % 11, NULL]}'],
  ["ENUM ('z', 'y', 'x')", "['z', 'y', 'x'][a % 3 + 1]"],
  ['BOOLEAN', 'a % 2 = 0'],
  ['BLOB', "unhex(printf('%02X%04X', a % 4, hash(a) % 65536))"],
])('keys of %s are in the order in which DuckDB sorts them', async (type, value) => {
  for (const descending of [false, true])
    for (const nullsFirst of [false, true]) expect(await misplaced(type, value, descending, nullsFirst)).toBe(0);
});

test('DuckDB (1.5.5) sorts intervals in another order than that of their keys: once it does not, ranges of them are possible', async () => {
  const value = 'to_days((a % 90)::INTEGER) + to_months((a % 3)::INTEGER)';
  expect(await misplaced('INTERVAL', value, false, false)).toBeGreaterThan(0);
});

test('rows are picked at equal distances, the first among them', () => {
  const keys = new RangePoints(4);
  for (let batch = 0; batch < 10; batch++) {
    const offsets = Int32Array.from({ length: 8 }, (_, i) => i);
    const data = Uint8Array.from({ length: 7 }, (_, i) => batch * 7 + i);
    const column = { kind: 'bytes', type: { alias: undefined }, validity: null, offsets, data } as never;
    keys.add({ rowCount: 7, columns: [column] });
  }
  expect(keys.rows).toBe(70);
  expect(keys.points.map(({ row }) => row)).toEqual([0, 16, 32, 48, 64]);
  expect(keys.points[1]).toEqual({ row: 16, key: '10' });
});
