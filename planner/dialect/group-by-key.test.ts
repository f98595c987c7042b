import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { groupedByKeys } from './group-by-key.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

const keys = {
  t: { columns: ['id', 'a', 'b'], primaryKey: ['id'] },
  two: { columns: ['x', 'y', 'z'], primaryKey: ['x', 'y'] },
};

async function rewritten(sql: string): Promise<string> {
  const statement = await parseStatement(world, sql);
  const localKey = async (_schema: string, name: string) => keys[name as keyof typeof keys];
  const result = await groupedByKeys(statement, ({ table_name }) => table_name === 'rows_of', localKey);
  return result === statement ? 'unchanged' : printStatement(world, result);
}

test.each([
  ['SELECT id, a FROM t GROUP BY id', 'SELECT id, a FROM t GROUP BY id, t.a'],
  [
    'SELECT q.a + count(*) FROM t q GROUP BY q.id ORDER BY q.b',
    'SELECT (q.a + count_star()) FROM t AS q GROUP BY q.id, q.a, q.b ORDER BY q.b',
  ],
  ['SELECT * FROM t GROUP BY 1, id', 'SELECT * FROM t GROUP BY 1, id, t.a, t.b'],
  ['SELECT z FROM two GROUP BY y, x', 'SELECT z FROM two GROUP BY y, x, two.z'],
  [
    'SELECT t.a, d.c FROM t JOIN rows_of d USING (id) GROUP BY t.id, d.c',
    'SELECT t.a, d.c FROM t INNER JOIN rows_of AS d USING (id) GROUP BY t.id, d.c, t.a',
  ],
  [
    'SELECT a FROM t WHERE id IN (SELECT id FROM t GROUP BY id HAVING b > 1)',
    'SELECT a FROM t WHERE (id = ANY(SELECT id FROM t GROUP BY id, t.b HAVING (b > 1)))',
  ],
])('%s', async (sql, expected) => {
  expect(await rewritten(sql)).toBe(expected);
});

test.each([
  'SELECT id, count(*) FROM t GROUP BY id',
  'SELECT a, b FROM t GROUP BY a',
  'SELECT z FROM two GROUP BY x',
  'SELECT id, a FROM rows_of GROUP BY id',
  'SELECT id, a FROM (SELECT * FROM t) s GROUP BY id',
  'WITH t AS (SELECT 1 AS id, 2 AS a) SELECT id, a FROM t GROUP BY id',
  'SELECT id, a FROM t GROUP BY ROLLUP (id)',
  'SELECT o.id, t.a FROM t JOIN other o ON o.k = t.id GROUP BY o.id',
  'SELECT id, a FROM t AS r(x, y, z) GROUP BY id',
])('%s stays as it is', async (sql) => {
  expect(await rewritten(sql)).toBe('unchanged');
});
