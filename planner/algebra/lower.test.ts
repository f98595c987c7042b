/** What the operators look like, and what has none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOf } from '../../testdata/harness/bind-request.ts';
import { catalogOf, DuckdbWorld, fakeTable } from '../../testdata/harness/duckdb-world.ts';
import { bindQuery } from '../bind/bind-query.ts';
import { scanShadows } from '../strategies/fragment.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import { lower } from './lower.ts';
import type { NoRel, Rel, RelQuery } from './rel.ts';
import { inputsOf } from './walk-rel.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

const catalog = catalogOf(
  fakeTable('t', { a: 'INTEGER', b: 'DECIMAL(12,2)', c: 'VARCHAR', s: 'STRUCT(x INTEGER, y VARCHAR)', l: 'INTEGER[]' }),
  fakeTable('u', { a: 'BIGINT', d: 'DATE' }),
);

async function lowered(sql: string): Promise<RelQuery | NoRel> {
  const bound = await bindQuery(requestOf(sql, catalog), world);
  const { columns } = await world.describe(bound.describeSql, scanShadows({ bound } as PlanContext));
  return lower({ bound, world, columns });
}

async function tree(sql: string): Promise<RelQuery> {
  const query = await lowered(sql);
  if ('reason' in query) throw new Error(query.reason);
  return query;
}

/** The operators as one line: `project(join inner(scan 0, scan 1))`. */
function outline(rel: Rel): string {
  const inputs = inputsOf(rel).map(outline).join(', ');
  switch (rel.op) {
    case 'scan':
      return `scan ${rel.occurrence}`;
    case 'shared':
      return `shared ${rel.shared}`;
    case 'rows':
      return 'rows';
    case 'join':
    case 'lateral':
    case 'set':
      return `${rel.op} ${rel.kind}(${inputs})`;
    default:
      return `${rel.op}(${inputs})`;
  }
}

describe('operators', () => {
  test.each([
    ['SELECT a, c FROM t', 'scan 0'],
    ['SELECT a + 1 FROM t WHERE b > 3', 'project(filter(scan 0))'],
    ['SELECT a FROM t ORDER BY b LIMIT 3', 'order(scan 0)'],
    ['SELECT c, sum(b) FROM t GROUP BY c HAVING count(*) > 1 ORDER BY c', 'order(filter(aggregate(scan 0)))'],
    ['SELECT * FROM t, u WHERE t.a = u.a', 'filter(join inner(scan 0, scan 1))'],
    ['SELECT c FROM t LEFT JOIN u USING (a) ORDER BY d', 'order(join left(scan 0, scan 1))'],
    ['SELECT t.a, x FROM t, unnest(l) v(x)', 'lateral inner(scan 0, rows)'],
    ['SELECT unnest(l) FROM t', 'project(scan 0)'],
    ['SELECT DISTINCT a FROM (SELECT a, b FROM t) s', 'distinct(project(scan 0))'],
    [
      'SELECT a FROM t UNION SELECT a FROM t UNION SELECT a FROM u',
      'set union(project(scan 0), project(scan 1), scan 2)',
    ],
    ['SELECT row_number() OVER (ORDER BY a) AS n FROM t QUALIFY n < 4', 'filter(window(scan 0))'],
    ['WITH v AS (SELECT a FROM t) SELECT * FROM v', 'scan 0'],
    ['WITH v AS (SELECT a FROM t) SELECT * FROM v, v w', 'join inner(shared 0, shared 0)'],
    ['SELECT 1 + 1 AS two FROM t', 'project(scan 0)'],
  ])('%s', async (sql, expected) => {
    expect(outline((await tree(sql)).root)).toBe(expected);
  });

  test('scans have only the columns that are read', async () => {
    const { root } = await tree('SELECT count(*) FROM t WHERE a > 1');
    const scan = inputsOf(inputsOf(root)[0]!)[0]!;
    expect(scan).toMatchObject({ op: 'scan', columns: [{ name: 'a' }] });
  });

  test('a key that is a column keeps its id, but not under grouping sets', async () => {
    const plain = (await tree('SELECT c, count(*) FROM t GROUP BY c')).root;
    const sets = (await tree('SELECT c, count(*) FROM t GROUP BY ROLLUP (c)')).root;
    expect(plain).toMatchObject({ op: 'aggregate', keys: [{ id: '__c0', expression: { column_names: ['__c0'] } }] });
    expect(sets).toMatchObject({ op: 'aggregate', keys: [{ id: '__c1', expression: { column_names: ['__c0'] } }] });
    expect(sets).toMatchObject({ sets: [[], [0]] });
  });

  test('the same aggregate is computed once', async () => {
    const query = await tree('SELECT sum(b), sum(b) / count(*) FROM t HAVING sum(b) > 0 ORDER BY sum(b)');
    const find = (rel: Rel): Rel => (rel.op === 'aggregate' ? rel : find(inputsOf(rel)[0]!));
    expect(find(query.root)).toMatchObject({ aggregates: { length: 2 } });
  });

  test('sub-queries are queries of their own, with what they take from outside', async () => {
    const query = await tree(
      'SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AND a < (SELECT max(a) FROM u)',
    );
    expect(query.queries.map(({ outer }) => outer)).toEqual([['__c0'], []]);
    expect(query.queries.map(({ rel }) => outline(rel))).toEqual(['project(filter(scan 1))', 'aggregate(scan 2)']);
  });

  test('every column has a type', async () => {
    const { types, output } = await tree('SELECT a, avg(b) AS m, max(s.x), list(l) FROM t GROUP BY a');
    expect(output.map((id) => types.get(id))).toEqual(['INTEGER', 'DOUBLE', 'INTEGER', 'INTEGER[][]']);
  });

  test('arms of set operations are cast where their types differ', async () => {
    const { root, types } = await tree('SELECT a FROM t UNION ALL SELECT a FROM u UNION ALL SELECT NULL');
    expect(outline(root)).toBe('set union_all(project(scan 0), scan 1, project(rows))');
    expect(root.op === 'set' && root.columns.map((id) => types.get(id))).toEqual(['BIGINT']);
  });

  test('an ordered sub-query keeps its order at the top, and gives it to aggregates that need it', async () => {
    expect(outline((await tree('SELECT a FROM (SELECT a, b FROM t ORDER BY b)')).root)).toBe('order(scan 0)');
    const { root } = await tree('SELECT list(a), sum(b) FROM (SELECT a, b FROM t ORDER BY c)');
    expect(root).toMatchObject({
      aggregates: [{ call: { order_bys: { orders: { length: 1 } } } }, { call: { order_bys: { orders: [] } } }],
    });
  });
});

describe('declines', () => {
  test.each([
    ['WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r, t', 'recursion'],
    ['SELECT * FROM t POSITIONAL JOIN u', 'positional'],
    ['SELECT * FROM t TABLESAMPLE 10%', 'sample'],
    ['SELECT COLUMNS(*) FROM t', 'COLUMNS'],
    ['SELECT s.* FROM t', 'not divided'],
    ['SELECT unnest(s) FROM t', 'do not bind'],
    ['SELECT a FROM t LIMIT (SELECT 3)', 'LIMIT is not a constant'],
    ['SELECT DISTINCT a FROM t ORDER BY b', 'sorted by what it does not return'],
    ['SELECT (SELECT sum(t.b)) FROM t', 'outer query'],
    ['SELECT x FROM (SELECT NULL AS x FROM t)', 'without a type'],
    ['SELECT c COLLATE NOCASE AS k, count(*) FROM t GROUP BY k', 'collation'],
    ['SELECT row_number() OVER () FROM (SELECT a FROM t ORDER BY b)', 'sorted before'],
    ['SELECT x.a FROM (SELECT a FROM t ORDER BY b) x, u LIMIT 3', 'sorted before'],
    ['SELECT list(x.a) FROM (SELECT a FROM t ORDER BY b) x, u', 'sorted before'],
    ['SELECT a AS k, b AS k FROM t GROUP BY ALL HAVING k > 1', 'given twice'],
    ['SELECT * FROM t ASOF RIGHT JOIN u ON t.a >= u.a', 'ASOF'],
  ])('%s', async (sql, reason) => {
    expect(await lowered(sql)).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  test('operators that give other types than the query', async () => {
    const bound = await bindQuery(requestOf('SELECT a FROM t', catalog), world);
    expect(await lower({ bound, world, columns: [{ type: 'VARCHAR' }] })).toMatchObject({
      reason: expect.stringContaining('other types'),
    });
    expect(await lower({ bound, world, columns: [{ type: 'INT4' }] })).toMatchObject({ output: ['__c0'] });
  });

  test('the engine is gone: that is no reason but an error', async () => {
    const bound = await bindQuery(requestOf('SELECT a + 1 FROM t', catalog), world);
    const gone = Object.assign(Object.create(world) as DuckdbWorld, {
      describe: () => Promise.reject(new Error('gone')),
      deserialize: (json: string) => world.deserialize(json),
    });
    await expect(lower({ bound, world: gone })).rejects.toThrow('gone');
  });
});
