import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { avoidTopN } from './avoid-top-n.ts';

let world: DuckdbWorld;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'top-n-'));
  world = await DuckdbWorld.open(`
    COPY (SELECT range AS k FROM range(1500)) TO '${folder}/c.parquet';
    COPY (SELECT i AS ok, hash(i) % 1000 AS ck, hash(i * 3) % 10000 AS price FROM range(15000) r(i))
      TO '${folder}/o.parquet' (ROW_GROUP_SIZE 2048)`);
});
afterAll(async () => {
  world.close();
  await rm(folder, { recursive: true });
});

async function rewritten(sql: string): Promise<string> {
  return printStatement(world, avoidTopN.run(await parseStatement(world, sql)));
}

const query = () => `SELECT k, ok FROM '${folder}/c.parquet' LEFT JOIN '${folder}/o.parquet' ON ck = k AND price > 9000
  ORDER BY ok NULLS FIRST, k LIMIT 10`;

test('the rows are those without the top-N optimizer', async () => {
  const sql = await rewritten(query());
  expect(sql).toContain('LIMIT (SELECT 10)');
  await world.rows("SET disabled_optimizers = 'top_n'", []);
  const right = await world.rows(query(), []);
  await world.rows("SET disabled_optimizers = ''", []);
  expect(await world.rows(sql, [])).toEqual(right);
  // When this fails, DuckDB is right by itself and the pass can go.
  expect(await world.rows(query(), [])).not.toEqual(right);
});

test('only where an outer join stands under ORDER BY … LIMIT', async () => {
  const same = async (sql: string) => expect(await rewritten(sql)).not.toContain('LIMIT (SELECT');
  await same('SELECT a FROM t JOIN u USING (a) ORDER BY a LIMIT 3');
  await same('SELECT a FROM t LEFT JOIN u USING (a) LIMIT 3');
  await same('SELECT a FROM t LEFT JOIN u USING (a) ORDER BY a');
  await same('SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 3) LEFT JOIN u USING (a)');
  expect(
    await rewritten('SELECT a FROM (SELECT a FROM t FULL JOIN u USING (a)) ORDER BY a LIMIT 3 OFFSET 2'),
  ).toContain('LIMIT (SELECT 3) OFFSET 2');
  // DuckDB takes only constants in correlated sub-queries.
  await same('SELECT a, (SELECT u.b FROM u LEFT JOIN v USING (k) WHERE u.a = t.a ORDER BY u.b LIMIT 1) FROM t');
  expect(await rewritten('SELECT a, (SELECT u.b FROM u LEFT JOIN v USING (k) ORDER BY u.b LIMIT 1) FROM t')).toContain(
    'LIMIT (SELECT 1)',
  );
  expect(await rewritten('SELECT (SELECT max(b) FROM u WHERE u.a = t.a) x FROM t ORDER BY x LIMIT 3')).toContain(
    'LIMIT (SELECT 3)',
  );
});
