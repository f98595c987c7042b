import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { avoidRepeatedPartition } from './avoid-repeated-partition.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open('CREATE TABLE t AS SELECT i AS id, i % 2 AS k, i % 4 AS g FROM range(8) r(i)');
});
afterAll(() => world.close());

const counts = (keys: string) =>
  `SELECT count(*) OVER (PARTITION BY t.k, t.g) AS a, count(*) OVER (PARTITION BY ${keys}) AS b FROM t WHERE id < 8 ORDER BY id LIMIT 1`;

async function rewritten(sql: string): Promise<string> {
  return printStatement(world, avoidRepeatedPartition.run(await parseStatement(world, sql)));
}

test('a key that stands twice divides as once', async () => {
  expect(await world.rows(await rewritten(counts('t.k, t.k')), [])).toEqual([[2n, 4n]]);
});

test('DuckDB is wrong by itself: when this fails, the pass can go', async () => {
  expect(await world.rows(counts('t.k, t.k'), [])).toEqual([[2n, 2n]]);
});

test('different keys stay', async () => {
  expect(await rewritten(counts('t.k, t.g, lower(t.k::VARCHAR)'))).toMatch(/PARTITION BY t\.k, t\.g, "?lower/i);
});
