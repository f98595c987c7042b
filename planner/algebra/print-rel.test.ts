import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { RelTrees } from '../../testdata/harness/rel-trees.ts';
import { printQuery as printNode } from '../sql/print.ts';
import { printQuery, printRel } from './print-rel.ts';
import type { Rel, RelQuery } from './rel.ts';

let world: DuckdbWorld;
let t: RelTrees;
beforeAll(async () => {
  world = await DuckdbWorld.open(`
    CREATE TABLE __scan0 (a INTEGER, b INTEGER, s VARCHAR, l INTEGER[], __c9 INTEGER);
    INSERT INTO __scan0 VALUES (1, 10, 'x', [1, 2], 7), (2, 20, 'y', [], 7), (2, NULL, 'y', [3], 7), (NULL, 40, NULL, NULL, 7);
    CREATE TABLE __scan1 (a INTEGER, c INTEGER, d INTEGER);
    INSERT INTO __scan1 VALUES (1, 5, 1), (2, 6, 1), (2, 7, 2), (3, 8, 2), (NULL, 9, 3);
    CREATE TABLE __scan2 (a INTEGER, e INTEGER);
    INSERT INTO __scan2 VALUES (1, 100), (2, 200)`);
  t = new RelTrees(world);
});
afterAll(() => world.close());

const scanName = (occurrence: number) => `__scan${occurrence}`;

async function printed(query: RelQuery, names?: readonly string[]): Promise<string> {
  return printNode(world, printQuery(query, scanName, names));
}

/** The text, and its rows in one order, each as text. */
async function check(query: RelQuery, sql: string, rows: readonly string[]): Promise<void> {
  const text = await printed(query);
  expect(text).toBe(sql);
  const found = (await world.rows(text, [])).map((row) => row.map(String).join(' '));
  expect(found.sort()).toEqual([...rows].sort());
}

const a = () => t.scan(0, 'a', 'b', 's', 'l');
const c = () => t.scan(1, 'a', 'c', 'd');
const e = () => t.scan(2, 'a', 'e');

describe('one SELECT', () => {
  test('filter, project, order, limit', async () => {
    const rel = t.order(
      t.project(t.filter(a(), '__c01 > 5', "__c02 <> 'x'"), { __c1: '__c00 + 1', __c2: '__c02' }),
      ['__c1 DESC', '__c2'],
      '1',
    );
    await check(
      await t.query(rel, ['__c1', '__c2']),
      "SELECT (__scan0.a + 1) AS __c1, __scan0.s AS __c2 FROM __scan0 WHERE ((__scan0.b > 5) AND (__scan0.s != 'x')) ORDER BY __c1 DESC, __scan0.s LIMIT 1",
      ['3 y'],
    );
  });

  test('aggregate with HAVING, and an order by a call', async () => {
    const groups = t.aggregate(c(), { __c1: '__c10' }, { __c2: 'sum(__c11)', __c3: 'count(*)' });
    const rel = t.order(
      t.project(t.filter(groups, '__c3 > 0', '__c1 IS NOT NULL'), { __c1: '__c1', __c4: '__c2 * 2' }),
      ['__c4 DESC', '__c1'],
    );
    await check(
      await t.query(rel, ['__c1', '__c4']),
      'SELECT __scan1.a AS __c1, (sum(__scan1.c) * 2) AS __c4 FROM __scan1 GROUP BY __scan1.a HAVING ((count_star() > 0) AND (__scan1.a IS NOT NULL)) ORDER BY __c4 DESC, __scan1.a',
      ['1 10', '2 26', '3 16'],
    );
  });

  test('computed keys are written out, constants and volatile ones computed below', async () => {
    const plain = t.aggregate(c(), { __c1: '__c10 % 2' }, { __c2: 'count(*)' });
    await check(
      await t.query(plain, ['__c1', '__c2']),
      'SELECT (__scan1.a % 2) AS __c1, count_star() AS __c2 FROM __scan1 GROUP BY (__scan1.a % 2)',
      ['0 2', '1 2', 'null 1'],
    );
    const constant = t.aggregate(c(), { __c1: '7', __c2: 'random() < 2' }, { __c3: 'count(*)' });
    await check(
      await t.query(constant, ['__c1', '__c2', '__c3']),
      'SELECT __d1.__c1, __d1.__c2, count_star() AS __c3 FROM (SELECT 7 AS __c1, (random() < 2) AS __c2 FROM __scan1) AS __d1 GROUP BY __d1.__c1, __d1.__c2',
      ['7 true 5'],
    );
  });

  test('grouping sets over plain columns only', async () => {
    const rel = t.aggregate(
      c(),
      { __c1: '__c12', __c2: '__c12 + 1' },
      { __c3: 'count(*)' },
      {
        sets: [[0], [1], []],
        groupings: [{ id: '__c4', keys: [0, 1] }],
      },
    );
    await check(
      await t.query(rel, ['__c1', '__c2', '__c3', '__c4']),
      'SELECT __d1.__c1, __d1.__c2, count_star() AS __c3, GROUPING(__d1.__c1, __d1.__c2) AS __c4 FROM (SELECT __scan1.d AS __c1, (__scan1.d + 1) AS __c2 FROM __scan1) AS __d1 GROUP BY GROUPING SETS ((__d1.__c1),(__d1.__c2),())',
      ['1 null 2 1', '2 null 2 1', '3 null 1 1', 'null 2 2 2', 'null 3 2 2', 'null 4 1 2', 'null null 5 3'],
    );
  });

  test('an aggregate without keys is one row though none of its columns is read', async () => {
    const rel = t.project(t.aggregate(c(), {}, { __c2: 'sum(__c11)' }), { __c3: '1' });
    await check(
      await t.query(rel, ['__c3']),
      'SELECT 1 AS __c3 FROM (SELECT count_star() AS __rows FROM __scan1) AS __d1',
      ['1'],
    );
  });

  test('windows over groups, and QUALIFY', async () => {
    const groups = t.aggregate(c(), { __c1: '__c12' }, { __c2: 'sum(__c11)' });
    const rel = t.filter(t.window(groups, { __c3: 'rank() OVER (ORDER BY __c2 DESC)' }), '__c3 <= 2', '__c1 > 1');
    await check(
      await t.query(rel, ['__c1', '__c3']),
      'SELECT __scan1.d AS __c1, rank() OVER (ORDER BY sum(__scan1.c) DESC) AS __c3 FROM __scan1 GROUP BY __scan1.d QUALIFY ((rank() OVER (ORDER BY sum(__scan1.c) DESC) <= 2) AND (__scan1.d > 1))',
      ['2 1'],
    );
  });

  test('a filter that reads no window goes above it all the same', async () => {
    const rel = t.filter(t.window(c(), { __c3: 'count(*) OVER ()' }), '__c10 = 1');
    await check(
      await t.query(rel, ['__c10', '__c3']),
      'SELECT __d1.__c10, __d1.__c3 FROM (SELECT __scan1.a AS __c10, count() OVER () AS __c3 FROM __scan1) AS __d1 WHERE (__d1.__c10 = 1)',
      ['1 5'],
    );
  });

  test('windows over windows', async () => {
    const inner = t.window(c(), { __c3: 'row_number() OVER (ORDER BY __c11)' });
    const rel = t.window(inner, { __c4: 'sum(__c3) OVER (PARTITION BY __c12)' });
    await check(
      await t.query(rel, ['__c11', '__c4']),
      'SELECT __d1.__c11, sum(__d1.__c3) OVER (PARTITION BY __d1.__c12) AS __c4 FROM (SELECT __scan1.c AS __c11, __scan1.d AS __c12, row_number() OVER (ORDER BY __scan1.c) AS __c3 FROM __scan1) AS __d1',
      ['5 3', '6 3', '7 7', '8 7', '9 5'],
    );
  });

  test('DISTINCT with an order, then a filter', async () => {
    const distinct = t.order(t.distinct(t.project(c(), { __c1: '__c12', __c2: '__c12 + 1' })), ['__c1 DESC'], '2');
    await check(
      await t.query(distinct, ['__c1', '__c2']),
      'SELECT DISTINCT __scan1.d AS __c1, (__scan1.d + 1) AS __c2 FROM __scan1 ORDER BY __scan1.d DESC LIMIT 2',
      ['3 4', '2 3'],
    );
    await check(
      await t.query(t.project(t.filter(distinct, '__c2 > 3'), { __c5: '__c1' }), ['__c5']),
      'SELECT __d1.__c1 AS __c5 FROM (SELECT DISTINCT __scan1.d AS __c1, (__scan1.d + 1) AS __c2 FROM __scan1 ORDER BY __scan1.d DESC LIMIT 2) AS __d1 WHERE (__d1.__c2 > 3)',
      ['3'],
    );
  });

  test('DISTINCT ON', async () => {
    const rel = t.distinct(c(), ['__c12'], '__c12', '__c11 DESC');
    await check(
      await t.query(rel, ['__c12', '__c11']),
      'SELECT DISTINCT ON (__scan1.d) __scan1.d AS __c12, __scan1.c AS __c11 FROM __scan1 ORDER BY __scan1.d, __scan1.c DESC',
      ['1 6', '2 8', '3 9'],
    );
  });

  test('unnest, and what stands above it', async () => {
    const rel = t.order(t.filter(t.project(a(), { __c1: '__c00', __c2: 'unnest(__c03)' }, true), '__c2 > 1'), [
      '__c2 DESC',
    ]);
    await check(
      await t.query(rel, ['__c2']),
      'SELECT __d1.__c2 FROM (SELECT __scan0.a AS __c1, unnest(__scan0.l) AS __c2 FROM __scan0) AS __d1 WHERE (__d1.__c2 > 1) ORDER BY __d1.__c2 DESC',
      ['2', '3'],
    );
  });

  test('a LIMIT is not passed by conditions, expressions or another LIMIT', async () => {
    const cut = () => t.order(c(), ['__c11'], '3');
    await check(
      await t.query(t.filter(cut(), '__c12 = 2'), ['__c11']),
      'SELECT __d1.__c11 FROM (SELECT __scan1.c AS __c11, __scan1.d AS __c12 FROM __scan1 ORDER BY __scan1.c LIMIT 3) AS __d1 WHERE (__d1.__c12 = 2)',
      ['7'],
    );
    await check(
      await t.query(t.order(t.project(cut(), { __c1: '__c11' }), [], '1', '1'), ['__c1']),
      'SELECT __d1.__c1 FROM (SELECT __scan1.c AS __c1 FROM __scan1 ORDER BY __scan1.c LIMIT 3) AS __d1 LIMIT 1 OFFSET 1',
      ['6'],
    );
  });

  test('values are not computed twice when volatile, and keep the type that they have as columns', async () => {
    const rel = t.project(t.project(a(), { __c1: 'random()', __c2: '__c00' }), { __c3: '__c1 = __c1', __c4: '__c2' });
    await check(
      await t.query(rel, ['__c3']),
      'SELECT (__d1.__c1 = __d1.__c1) AS __c3 FROM (SELECT random() AS __c1 FROM __scan0) AS __d1',
      ['true', 'true', 'true', 'true'],
    );
    const typed = t.project(t.project(a(), { __c1: '5', __c2: 'CAST(__c00 AS TINYINT)' }), { __c3: '__c2 + __c1' });
    const text = await printed(await t.query(typed, ['__c3']));
    expect(text).toBe('SELECT (CAST(__scan0.a AS TINYINT) + CAST(5 AS INTEGER)) AS __c3 FROM __scan0');
    expect((await world.rows(`SELECT typeof(__c3) FROM (${text}) LIMIT 1`, [])).flat()).toEqual(['INTEGER']);
  });

  test('an order by a constant column is none', async () => {
    const rel = t.order(t.project(c(), { __c1: '__c11', __c2: '2' }), ['__c2', '__c1 DESC'], '1');
    await check(
      await t.query(rel, ['__c1', '__c2']),
      'SELECT __scan1.c AS __c1, 2 AS __c2 FROM __scan1 ORDER BY __scan1.c DESC LIMIT 1',
      ['9 2'],
    );
  });

  test('names of the answer, and no columns at all', async () => {
    const query = await t.query(t.order(t.project(c(), { __c1: '__c11 + 1' }), ['__c1'], '1'), ['__c1', '__c1']);
    expect(await printed(query, ['All', 'two words'])).toBe(
      'SELECT (__scan1.c + 1) AS "All", (__scan1.c + 1) AS "two words" FROM __scan1 ORDER BY (__scan1.c + 1) LIMIT 1',
    );
    const node = printRel(await t.filter(c(), '__c10 = 1'), { queries: [], shared: [] }, [], scanName);
    expect(await printNode(world, node)).toBe('SELECT 1 FROM __scan1 WHERE (__scan1.a = 1)');
  });
});

describe('joins', () => {
  test('a tree of joins is one FROM, filters of inner sides one WHERE', async () => {
    const rel = t.join(
      'inner',
      t.join('inner', t.filter(a(), '__c01 < 30'), t.filter(c(), '__c12 = 1'), '__c00 = __c10'),
      e(),
      '__c20 = __c10',
    );
    await check(
      await t.query(rel, ['__c01', '__c11', '__c21']),
      'SELECT __scan0.b AS __c01, __scan1.c AS __c11, __scan2.e AS __c21 FROM __scan0 INNER JOIN __scan1 ON ((__scan0.a = __scan1.a)) INNER JOIN __scan2 ON ((__scan2.a = __scan1.a)) WHERE ((__scan0.b < 30) AND (__scan1.d = 1))',
      ['10 5 100', '20 6 200'],
    );
  });

  test('cross joins inside of joins', async () => {
    const cross = () => t.join('inner', c(), e());
    await check(
      await t.query(t.join('left', cross(), a(), '__c00 = __c10 AND __c20 = __c00'), ['__c11', '__c01']),
      "SELECT __scan1.c AS __c11, __scan0.b AS __c01 FROM __scan1 INNER JOIN __scan2 ON (CAST('t' AS BOOLEAN)) LEFT JOIN __scan0 ON (((__scan0.a = __scan1.a) AND (__scan2.a = __scan0.a)))",
      [
        '5 10',
        '5 null',
        '6 20',
        '6 null',
        '6 null',
        '7 20',
        '7 null',
        '7 null',
        '8 null',
        '8 null',
        '9 null',
        '9 null',
      ],
    );
    await check(
      await t.query(t.join('left', t.filter(a(), '__c00 = 1'), cross(), '__c00 = __c10 AND __c20 = __c00'), [
        '__c11',
        '__c01',
      ]),
      "SELECT __scan1.c AS __c11, __scan0.b AS __c01 FROM __scan0 LEFT JOIN __scan1 INNER JOIN __scan2 ON (CAST('t' AS BOOLEAN)) ON (((__scan0.a = __scan1.a) AND (__scan2.a = __scan0.a))) WHERE (__scan0.a = 1)",
      ['5 10'],
    );
  });

  test('what an outer join may make NULL is computed below it', async () => {
    const side = t.project(t.filter(c(), '__c12 = 1'), { __c1: '__c10', __c2: '1' });
    await check(
      await t.query(t.join('left', t.filter(a(), '__c01 < 50'), side, '__c00 = __c1'), ['__c01', '__c2']),
      'SELECT __scan0.b AS __c01, __d1.__c2 FROM __scan0 LEFT JOIN (SELECT __scan1.a AS __c1, 1 AS __c2 FROM __scan1 WHERE (__scan1.d = 1)) AS __d1 ON ((__scan0.a = __d1.__c1)) WHERE (__scan0.b < 50)',
      ['10 1', '20 1', '40 null'],
    );
    await check(
      await t.query(t.filter(t.join('full', t.filter(a(), '__c01 < 30'), c(), '__c00 = __c10'), '__c01 IS NULL'), [
        '__c11',
      ]),
      'SELECT __scan1.c AS __c11 FROM (SELECT __scan0.a AS __c00, __scan0.b AS __c01 FROM __scan0 WHERE (__scan0.b < 30)) AS __d1 FULL JOIN __scan1 ON ((__d1.__c00 = __scan1.a)) WHERE (__d1.__c01 IS NULL)',
      ['8', '9'],
    );
    await check(
      await t.query(t.join('right', t.filter(a(), '__c01 < 15'), t.filter(c(), '__c12 < 3'), '__c00 = __c10'), [
        '__c01',
        '__c11',
      ]),
      'SELECT __d1.__c01, __scan1.c AS __c11 FROM (SELECT __scan0.a AS __c00, __scan0.b AS __c01 FROM __scan0 WHERE (__scan0.b < 15)) AS __d1 RIGHT JOIN __scan1 ON ((__d1.__c00 = __scan1.a)) WHERE (__scan1.d < 3)',
      ['10 5', 'null 6', 'null 7', 'null 8'],
    );
  });

  test('semi, anti, ASOF', async () => {
    await check(
      await t.query(
        t.join('anti', t.join('semi', c(), a(), '__c00 = __c10'), t.filter(e(), '__c21 > 150'), '__c20 = __c10'),
        ['__c11'],
      ),
      'SELECT __scan1.c AS __c11 FROM __scan1 SEMI JOIN __scan0 ON ((__scan0.a = __scan1.a)) ANTI JOIN (SELECT __scan2.a AS __c20 FROM __scan2 WHERE (__scan2.e > 150)) AS __d1 ON ((__d1.__c20 = __scan1.a))',
      ['5'],
    );
    await check(
      await t.query(t.join('asof_left', a(), c(), '__c01 >= __c11'), ['__c01', '__c11']),
      'SELECT __scan0.b AS __c01, __scan1.c AS __c11 FROM __scan0 ASOF LEFT JOIN __scan1 ON ((__scan0.b >= __scan1.c))',
      ['10 9', '20 9', '40 9', 'null null'],
    );
  });

  test('a table read twice gets two names', async () => {
    const again = t.project(t.scan(1, 'a', 'c'), { __c5: '__c10', __c6: '__c11' });
    await check(
      await t.query(t.join('inner', c(), again, '__c10 = __c5', '__c11 < __c6'), ['__c11', '__c6']),
      'SELECT __scan1.c AS __c11, __scan1_2.c AS __c6 FROM __scan1 INNER JOIN __scan1 AS __scan1_2 ON (((__scan1.a = __scan1_2.a) AND (__scan1.c < __scan1_2.c)))',
      ['6 7'],
    );
  });

  test('lateral', async () => {
    const right = t.aggregate(t.filter(c(), '__c10 = __c00'), {}, { __c5: 'count(*)' });
    await check(
      await t.query(t.lateral('inner', t.filter(a(), '__c01 < 30'), right), ['__c01', '__c5']),
      'SELECT __d1.__c01, __d2.__c5 FROM (SELECT __scan0.a AS __c00, __scan0.b AS __c01 FROM __scan0 WHERE (__scan0.b < 30)) AS __d1 , (SELECT count_star() AS __c5 FROM __scan1 WHERE (__scan1.a = __d1.__c00)) AS __d2',
      ['10 1', '20 2'],
    );
    const list = t.rows('SELECT * FROM unnest(__c03) AS u(__c6)', '__c6');
    await check(
      await t.query(t.lateral('left', a(), list), ['__c01', '__c6']),
      "SELECT __scan0.b AS __c01, u.__c6 FROM __scan0 LEFT JOIN unnest(__scan0.l) AS u(__c6) ON (CAST('t' AS BOOLEAN))",
      ['10 1', '10 2', '20 null', '40 null', 'null 3'],
    );
  });
});

describe('sets and rows', () => {
  test('set operations', async () => {
    const [x, y] = [t.project(a(), { __c1: '__c00' }), t.order(t.project(c(), { __c2: '__c10' }), ['__c2'], '2')];
    await check(
      await t.query(
        t.filter(
          t.set('except', ['__c5'], t.set('union_all', ['__c4'], x, y), t.project(e(), { __c3: '2' })),
          '__c5 > 0',
        ),
        ['__c5'],
      ),
      'SELECT __d2.__c5 FROM ((SELECT __d1.__c4 FROM ((SELECT __scan0.a AS __c1 FROM __scan0) UNION ALL (SELECT __scan1.a AS __c2 FROM __scan1 ORDER BY __scan1.a LIMIT 2)) AS __d1(__c4)) EXCEPT (SELECT 2 AS __c3 FROM __scan2)) AS __d2(__c5) WHERE (__d2.__c5 > 0)',
      ['1'],
    );
  });

  test('rows', async () => {
    const values = t.rows("SELECT * FROM (VALUES (1, 'p'), (2, 'q')) AS v(__c1, __c2)", '__c1', '__c2');
    await check(
      await t.query(t.filter(values, '__c1 = 2'), ['__c2']),
      "SELECT v.__c2 FROM (SELECT * FROM (VALUES (1, 'p'), (2, 'q')) AS valueslist) AS v(__c1, __c2) WHERE (v.__c1 = 2)",
      ['q'],
    );
    const one = t.rows("SELECT 1 AS __c1, 'x' AS __c2", '__c1', '__c2');
    await check(
      await t.query(t.join('inner', one, t.rows('SELECT * FROM range(2) AS v(__c3)', '__c3')), ['__c3', '__c2']),
      'SELECT v.__c3, __d1.__c2 FROM (SELECT \'x\' AS __c2) AS __d1 , "range"(2) AS v(__c3)',
      ['0 x', '1 x'],
    );
  });
});

describe('sub-queries', () => {
  test('come back in place, nested ones too', async () => {
    const query = await t.query(
      t.filter(a(), '__c00 IN (SELECT * FROM __query0)'),
      ['__c01'],
      [
        t.project(t.filter(c(), '__c10 = __c00', '__c11 >= (SELECT * FROM __query1)'), { __c7: '__c10' }),
        t.aggregate(t.filter(e(), '__c20 <> __c00', '__c20 <> __c12'), {}, { __c8: 'count(*)' }),
      ],
    );
    await check(
      query,
      'SELECT __scan0.b AS __c01 FROM __scan0 WHERE (__scan0.a = ANY(SELECT __scan1.a AS __c7 FROM __scan1 WHERE ((__scan1.a = __scan0.a) AND (__scan1.c >= (SELECT count_star() AS __c8 FROM __scan2 WHERE ((__scan2.a != __scan0.a) AND (__scan2.a != __scan1.d)))))))',
      ['10', '20', 'null'],
    );
  });

  test('see plain columns of what is grouped around them', async () => {
    const groups = t.aggregate(c(), { __c1: '__c12' }, { __c2: 'sum(__c11)' });
    const query = await t.query(
      t.filter(groups, 'EXISTS (SELECT * FROM __query0)'),
      ['__c1'],
      [t.project(t.filter(e(), '__c21 < __c2 * 10'), {})],
    );
    await check(
      query,
      'SELECT __d1.__c1 FROM (SELECT __scan1.d AS __c1, sum(__scan1.c) AS __c2 FROM __scan1 GROUP BY __scan1.d) AS __d1 WHERE EXISTS(SELECT 1 FROM __scan2 WHERE (__scan2.e < (__d1.__c2 * 10)))',
      ['1', '2'],
    );
  });

  test('an uncorrelated one stays in HAVING', async () => {
    const groups = t.aggregate(c(), { __c1: '__c12' }, { __c2: 'sum(__c11)' });
    const query = await t.query(
      t.filter(groups, '__c2 > (SELECT * FROM __query0)'),
      ['__c1'],
      [t.aggregate(e(), {}, { __c8: 'min(__c21) / 10' })],
    );
    expect(await printed(query)).toContain('HAVING (sum(__scan1.c) > (SELECT ');
  });

  test('columns named like ids, or like relations, capture nothing', async () => {
    const inner = t.project(t.filter(t.scan(0, '__c9'), '__c00 > __c9'), { __c7: '__c00' });
    const outer = t.project(c(), { __c9: '__c12 + 4' });
    const query = await t.query(t.project(outer, { __c1: '(SELECT max(__c7) FROM __query0)' }), ['__c1'], [inner]);
    const simple = await t.query(t.filter(outer, '__c9 IN (SELECT * FROM __query0)'), ['__c9'], [inner]);
    expect(query.queries[0]!.outer).toEqual(['__c9']);
    await check(
      simple,
      'SELECT __d1.__c9 FROM (SELECT (__scan1.d + 4) AS __c9 FROM __scan1) AS __d1 WHERE (__d1.__c9 = ANY(SELECT __scan0.__c9 AS __c7 FROM __scan0 WHERE (__scan0.__c9 > __d1.__c9)))',
      [],
    );
  });
});

describe('whole queries', () => {
  test('shared trees are common table expressions', async () => {
    const shared = t.aggregate(c(), { __c1: '__c12' }, { __c2: 'sum(__c11)' });
    const [x, y] = [t.shared(0, { __c3: '__c1', __c4: '__c2' }), t.shared(0, { __c5: '__c1', __c6: '__c2' })];
    await check(
      await t.query(t.join('inner', x, y, '__c3 = __c5 + 1'), ['__c3', '__c4', '__c6'], [], [shared]),
      'WITH __shared0 AS MATERIALIZED (SELECT __scan1.d AS __c1, sum(__scan1.c) AS __c2 FROM __scan1 GROUP BY __scan1.d)SELECT __shared0.__c1 AS __c3, __shared0.__c2 AS __c4, __shared0_2.__c2 AS __c6 FROM __shared0 INNER JOIN __shared0 AS __shared0_2 ON ((__shared0.__c1 = (__shared0_2.__c1 + 1)))',
      ['2 15 11', '3 9 15'],
    );
  });

  test('inputs of a stage are tables with the ids as columns', async () => {
    const rel: Rel = { op: 'input', relation: '__in0', columns: ['__c1', '__c2'] };
    const node = printRel(await t.filter(rel, '__c1 > 1'), { queries: [], shared: [] }, [{ id: '__c2' }], scanName);
    expect(await printNode(world, node)).toBe('SELECT __in0.__c2 FROM __in0 WHERE (__in0.__c1 > 1)');
  });
});
