import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { avoidOrFilter } from './avoid-or-filter.ts';

let world: DuckdbWorld;
let file: string;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'or-filter-'));
  file = join(folder, 'nulls.parquet');
  world = await DuckdbWorld.open(`COPY (SELECT range AS id, NULL::VARCHAR AS x FROM range(20)) TO '${file}'`);
});
afterAll(async () => {
  world.close();
  await rm(join(file, '..'), { recursive: true });
});

async function rewritten(sql: string): Promise<string> {
  return printStatement(world, avoidOrFilter.run(await parseStatement(world, sql)));
}

test.each([
  `x IS DISTINCT FROM 'a' OR x > 'a'`,
  `x IS DISTINCT FROM 'a' OR (x = 'b' AND id < 3)`,
  `(x IS DISTINCT FROM 'a' AND x IS DISTINCT FROM 'c') OR x IS DISTINCT FROM 'b'`,
  `NOT (x IS NOT DISTINCT FROM 'a') OR x > 'a'`,
  `id < 50 AND (x > 'a' OR x IS DISTINCT FROM 'a')`,
])('%s keeps the rows that are NULL', async (condition) => {
  const query = `SELECT count(*) FROM '${file}' WHERE ${condition}`;
  expect(await world.rows(await rewritten(query), [])).toEqual([[20n]]);
});

test('DuckDB is wrong by itself: when this fails, the pass can go', async () => {
  const rows = await world.rows(`SELECT count(*) FROM '${file}' WHERE x IS DISTINCT FROM 'a' OR x > 'a'`, []);
  expect(rows).toEqual([[0n]]);
});

test('only where IS DISTINCT FROM stands under OR', async () => {
  const same = async (sql: string) => expect(await rewritten(sql)).not.toMatch(/coalesce/i);
  await same(`SELECT 1 FROM t WHERE x IS DISTINCT FROM 'a' AND x > 'a'`);
  await same(`SELECT 1 FROM t WHERE x IS NOT DISTINCT FROM 'a' OR x > 'a'`);
  await same(`SELECT 1 FROM t WHERE x = 'a' OR x > 'a'`);
});
