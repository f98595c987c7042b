/** Grouping operators give the answer that one DuckDB gives, however rows lie. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerDifference, type TextAnswer } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { inTurn } from '../../testdata/harness/slice.ts';
import { mergeableNames } from '../aggregates/index.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

type Case = readonly [sql: string, ...flags: ('ordered' | 'declined')[]];

const aggregates: readonly Case[] = [
  ['SELECT approx_count_distinct(v) FROM (SELECT (SELECT count(*) FROM dim) AS v FROM facts) q'],
  ['SELECT g, count(*), sum(i32), avg(d9), min(s), max(ts), avg(x), stddev(y) FROM facts GROUP BY g'],
  ['SELECT s, count(*) AS n, sum(d38), avg(i16), bool_or(b), bit_xor(i8) FROM facts GROUP BY s'],
  ['SELECT count(*), sum(i32), avg(d9), stddev(x), max(s), approx_count_distinct(s) FROM facts'],
  ['SELECT count(*), sum(i32), avg(d9), stddev(x), max(s) FROM facts WHERE id < 0'],
  ['SELECT g, count(*) FROM facts WHERE id < 0 GROUP BY g'],
  ['SELECT sum(i32 ORDER BY id), count(s ORDER BY x) FROM facts'],
  ['SELECT g + i8 AS k, b, count(*), sum(i16 + 1) FILTER (WHERE i32 > 0) FROM facts GROUP BY ALL'],
  ['SELECT DISTINCT count(*) FROM facts GROUP BY s'],
  ['SELECT 1 FROM facts GROUP BY g'],
  ["SELECT 'k', count(*) FROM facts GROUP BY 1"],
  ['SELECT g, count(DISTINCT s), sum(DISTINCT i8), count(*), avg(DISTINCT d9) FROM facts GROUP BY g'],
  ['SELECT g, count(DISTINCT s), avg(d9), sum(i32) FROM facts GROUP BY g'],
  ['SELECT count(DISTINCT s), sum(d9), min(i8), stddev(x) FROM facts'],
  ['SELECT count(DISTINCT s), count(DISTINCT g) FILTER (WHERE b), sum(i16) FROM facts'],
  ['SELECT count(DISTINCT s) FROM facts WHERE id < 0'],
  ['SELECT count(DISTINCT (s, g)), min(DISTINCT s) FROM facts'],
  ['SELECT g, b, count(*), grouping(g), grouping(b), grouping_id(g, b) FROM facts GROUP BY ROLLUP (g, b)'],
  ['SELECT s, b, sum(d9), avg(x), grouping(s) FROM facts GROUP BY CUBE (s, b) ORDER BY ALL', 'ordered'],
  ['SELECT g, s, b, avg(d9), count(DISTINCT i8) FROM facts GROUP BY GROUPING SETS ((g, s), (g, b), (g))'],
  ['SELECT g, s, count(*) FROM facts GROUP BY GROUPING SETS ((g), (g), (s), ())'],
  ['SELECT g, s, median(i32), grouping(s) FROM facts GROUP BY GROUPING SETS ((g, s), (g))'],
  ['SELECT g, s, median(i32) FROM facts GROUP BY CUBE (g, s)'],
  ['SELECT b, count(*) FROM facts WHERE id < 0 GROUP BY ROLLUP (b)'],
  ['SELECT s, median(i32), quantile_cont(x, 0.3), mad(y) FROM facts GROUP BY s'],
  ['SELECT median(i32), quantile_disc(d9, [0.1, 0.9]), sum(i8) FROM facts'],
  ["SELECT g, list(i8 ORDER BY id), string_agg(s, ',' ORDER BY id DESC) FROM facts GROUP BY g"],
  ['SELECT list(s ORDER BY id DESC) FROM facts WHERE b'],
  ["SELECT list(id), first(s), last(s), string_agg(s, '-') FROM facts WHERE i8 > 0"],
  ['SELECT g, list(id) FROM facts GROUP BY g'],
  ['SELECT arg_max(id, i64), arg_min(s, i64), max_by(d9, id), any_value(b) IS NULL FROM facts'],
  ['SELECT s, arg_max(id, i64) FILTER (WHERE b), arg_min(x, id), any_value(s) FROM facts GROUP BY s'],
  ['SELECT arg_max(s, id), any_value(s) FROM facts WHERE id < 0'],
  ['SELECT g, any_value(g), histogram(b), arg_max(id, i64), arg_min(s, id) FROM facts GROUP BY g'],
  ['SELECT x / 0 AS k, count(*) FROM facts GROUP BY k'],
  ['SELECT [b, NULL] AS k, {a: g, b: s} AS st, count(*) FROM facts GROUP BY ALL'],
  ['SELECT f, d4, dt, h, u64 % 7 AS u, count(*), sum(u64), sum(h) FROM facts GROUP BY ALL'],
  ['SELECT g, max(n), count(*) FROM (SELECT g, s, count(*) AS n FROM facts GROUP BY g, s) q GROUP BY g'],
  ['SELECT n, count(*) FROM (SELECT s, count(*) AS n FROM facts GROUP BY s) q GROUP BY n'],
  ['SELECT max(n) FROM (SELECT g, count(*) AS n FROM facts GROUP BY g)'],
  ['SELECT g, count(*) AS n FROM facts GROUP BY g HAVING count(*) > (SELECT avg(g) FROM dim) ORDER BY g', 'ordered'],
  ['SELECT g, count(*) FILTER (WHERE g IN (SELECT g FROM dim)) FROM facts GROUP BY g'],
  ['SELECT region, median(i32), list(id ORDER BY id) FROM regions GROUP BY region'],
  ['SELECT region, g, sum(i32), quantile_cont(x, 0.3) FROM regions GROUP BY ALL'],
  ['SELECT g, sum(i32), rank() OVER (ORDER BY sum(i32) DESC) FROM facts GROUP BY g'],
];

const windows: readonly Case[] = [
  ['SELECT id, row_number() OVER (PARTITION BY s ORDER BY id) FROM facts'],
  ['SELECT id, rank() OVER (PARTITION BY g, b ORDER BY i8), sum(i32) OVER (PARTITION BY g) FROM facts'],
  ['SELECT id, rank() OVER (PARTITION BY s ORDER BY i8), sum(i32) OVER (PARTITION BY g), count(*) OVER () FROM facts'],
  ['SELECT id, row_number() OVER () FROM facts', 'ordered'],
  ['SELECT id, row_number() OVER () FROM facts WHERE b'],
  ['SELECT id, lag(i32) OVER (ORDER BY id), avg(d9) OVER (ORDER BY id ROWS 3 PRECEDING) FROM facts'],
  ['SELECT id, first_value(s) OVER (PARTITION BY g % 2, upper(s) ORDER BY id) FROM facts'],
  ['SELECT id FROM facts QUALIFY row_number() OVER (PARTITION BY g ORDER BY i64) <= 2'],
  ['SELECT id, i32 / sum(i32) OVER (), count(*) OVER () AS n, avg(d9) FILTER (WHERE b) OVER () FROM facts'],
  [
    'SELECT id, max(s) OVER (), rank() OVER (PARTITION BY g ORDER BY id), count(DISTINCT s) OVER () FROM facts WHERE id < 500',
  ],
  ['SELECT id, sum(i8) OVER (), median(i8) OVER () FROM facts'],
  ['SELECT id, s FROM facts QUALIFY row_number() OVER (PARTITION BY s ORDER BY id DESC) = 2 AND id > 30'],
  ['SELECT id FROM facts QUALIFY 4 > rank() OVER (ORDER BY i8 NULLS FIRST)'],
  [
    'SELECT s, id FROM (SELECT *, dense_rank() OVER (PARTITION BY g ORDER BY dt) AS r FROM facts) q WHERE r BETWEEN 1 AND 2',
  ],
  ['SELECT id FROM facts QUALIFY row_number() OVER (ORDER BY id) > 700'],
  ['SELECT id FROM facts QUALIFY row_number() OVER (PARTITION BY g ORDER BY id) < 1'],
  [
    'SELECT id FROM (SELECT id, g FROM facts UNION ALL SELECT id, g FROM regions) q QUALIFY rank() OVER (PARTITION BY g ORDER BY id) <= 2',
  ],
  ['SELECT s, sum(i32), sum(sum(i32)) OVER (PARTITION BY s), rank() OVER (ORDER BY sum(i32), s) FROM facts GROUP BY s'],
  ['SELECT id, rank() OVER (PARTITION BY region ORDER BY i64), count(*) OVER (PARTITION BY region, g) FROM regions'],
  [
    'SELECT id, sum(i8) OVER w, count(DISTINCT s) OVER (PARTITION BY g) FROM facts WINDOW w AS (PARTITION BY b ORDER BY id)',
  ],
  ['SELECT id, ntile(3) OVER (PARTITION BY (SELECT max(g) FROM dim) ORDER BY id) FROM facts'],
  ['SELECT id, rank() OVER (ORDER BY s COLLATE NOCASE, id) FROM facts'],
];

const distincts: readonly Case[] = [
  ['SELECT DISTINCT g, b FROM facts'],
  ['SELECT DISTINCT s, [s], {a: i8} FROM facts'],
  ['SELECT DISTINCT s FROM facts ORDER BY s DESC NULLS FIRST LIMIT 4 OFFSET 2', 'ordered'],
  ['SELECT count(*) FROM (SELECT DISTINCT g, s FROM facts)'],
  ['SELECT DISTINCT ON (g) g, id, s FROM facts ORDER BY g, i64', 'ordered'],
  ['SELECT DISTINCT ON (s, b) s, b, id FROM facts ORDER BY s, b, id DESC', 'ordered'],
  ['SELECT DISTINCT ON (g) g, id FROM facts'],
  ['SELECT DISTINCT ON (upper(s)) id FROM facts ORDER BY upper(s), id', 'ordered'],
  ['SELECT DISTINCT region, g FROM regions'],
  ['SELECT DISTINCT 1 FROM facts'],
  ['SELECT DISTINCT b FROM facts WHERE id < 0'],
];

const sets: readonly Case[] = [
  ['SELECT g FROM facts UNION SELECT g FROM dim'],
  ['SELECT g, s FROM facts UNION ALL SELECT g, name FROM dim'],
  ['SELECT id FROM facts UNION ALL SELECT id FROM regions', 'ordered'],
  ['SELECT id FROM facts WHERE b UNION ALL SELECT 7 UNION ALL SELECT id FROM regions LIMIT 40 OFFSET 3', 'ordered'],
  ['SELECT id, 1 AS k FROM facts UNION ALL SELECT id, 2 FROM regions ORDER BY id DESC, k LIMIT 30', 'ordered'],
  ['SELECT g, count(*), sum(v) FROM (SELECT g, i32 AS v FROM facts UNION ALL SELECT g, i8 FROM regions) q GROUP BY g'],
  ['SELECT s FROM facts INTERSECT SELECT s FROM regions'],
  ['SELECT s FROM facts INTERSECT ALL SELECT s FROM regions'],
  ['SELECT id FROM facts EXCEPT SELECT id FROM facts WHERE b'],
  ['SELECT s, g FROM facts EXCEPT ALL SELECT s, g FROM regions WHERE b'],
  ['SELECT i8 FROM facts EXCEPT SELECT g FROM dim'],
  ['SELECT s, s AS t FROM facts UNION SELECT s, NULL FROM regions'],
  ['(SELECT s FROM facts EXCEPT SELECT s FROM regions) UNION ALL (SELECT name FROM dim INTERSECT SELECT s FROM facts)'],
  ['SELECT g FROM facts WHERE id < 0 UNION SELECT g FROM dim WHERE g > 100'],
  ['SELECT g, count(*) FROM facts GROUP BY g UNION ALL SELECT g, count(*) FROM regions GROUP BY g'],
  ['SELECT count(*) FROM (SELECT id FROM facts UNION ALL SELECT id FROM regions) q'],
];

const orders: readonly Case[] = [
  ['SELECT id, s FROM facts ORDER BY s, id LIMIT 7', 'ordered'],
  ['SELECT * FROM facts ORDER BY i64 DESC LIMIT 5 OFFSET 3', 'ordered'],
  ['SELECT id FROM facts ORDER BY x + y DESC NULLS LAST, id', 'ordered'],
  ['SELECT id FROM facts ORDER BY to_days(i8::INTEGER + 200) + to_months(g % 3), id', 'ordered'],
  ['SELECT id, x FROM facts ORDER BY [x, y] DESC NULLS FIRST, {a: s, b: b}, d38 DESC, id OFFSET 5', 'ordered'],
  ['SELECT id FROM facts LIMIT 11 OFFSET 118', 'ordered'],
  ['SELECT id FROM facts OFFSET 700', 'ordered'],
  ['SELECT id FROM facts LIMIT 0', 'ordered'],
  ['SELECT id, s FROM facts ORDER BY s COLLATE NOCASE DESC, id LIMIT 7', 'ordered'],
  ['SELECT sum(v) FROM (SELECT i32 AS v FROM facts ORDER BY id LIMIT 50 OFFSET 10) q'],
  ['SELECT sum(v) FROM (SELECT i32 AS v FROM facts LIMIT 333 OFFSET 44) q'],
  ['SELECT id FROM facts ORDER BY id LIMIT 10%', 'ordered'],
  ['SELECT id FROM facts ORDER BY id DESC LIMIT 2 + 3', 'ordered'],
  ['SELECT count(*) FROM (SELECT id FROM facts LIMIT 10%) q'],
  ['SELECT id FROM facts ORDER BY (SELECT max(g) FROM dim) - g, id LIMIT 9', 'ordered'],
  ['SELECT g, count(*) AS n FROM facts GROUP BY g ORDER BY n DESC, g LIMIT 3', 'ordered'],
  ['SELECT s AS a, id AS b FROM facts ORDER BY 1 NULLS FIRST, 2 DESC LIMIT 12', 'ordered'],
  ['SELECT id, id FROM facts ORDER BY id LIMIT 3', 'ordered'],
  ['SELECT list(v) FROM (SELECT id AS v FROM facts ORDER BY i64 DESC) q'],
  ['SELECT list(v) FROM (SELECT id AS v FROM facts LIMIT 20) q'],
];

const more: readonly Case[] = [
  // Few groups of many values: three steps.
  ['SELECT b, count(DISTINCT s), count(*), min(x) FROM facts WHERE id < 200 GROUP BY b'],
  ['SELECT b, count(DISTINCT s), count(DISTINCT b), avg(DISTINCT d9), max(i8) FROM facts WHERE id < 200 GROUP BY b'],
  ['SELECT b, count(DISTINCT s), count(DISTINCT i8), stddev(x) FROM facts WHERE id < 200 GROUP BY b'],
  [
    'SELECT b, count(DISTINCT s), count(DISTINCT 1), sum(DISTINCT i8) FILTER (WHERE g > 1) FROM facts WHERE id < 200 GROUP BY b',
  ],
  ['SELECT count(DISTINCT s), count(DISTINCT i8), count(*), bool_or(b) FROM facts WHERE id < 0'],
  ['SELECT count(DISTINCT (s, (g, b))), count(DISTINCT s), bit_xor(DISTINCT i8), sum(d38) FROM facts'],
  ['SELECT stddev(DISTINCT x), count(DISTINCT s) FROM facts'],
  // Branches of UNION ALL are grouped on their own first.
  [
    'SELECT v, count(*), avg(w) FROM (SELECT g AS v, d9 AS w FROM facts UNION ALL SELECT g, d9 FROM regions UNION ALL SELECT 3, 1.5) q GROUP BY v',
  ],
  [
    'SELECT count(DISTINCT v), median(w) FROM (SELECT g AS v, i8 AS w FROM facts UNION ALL SELECT g, i8 FROM regions) q',
  ],
  ['SELECT v, median(w) FROM (SELECT s AS v, i8 AS w FROM facts UNION ALL SELECT s, i8 FROM regions) q GROUP BY v'],
  ['SELECT DISTINCT v FROM (SELECT s AS v FROM facts UNION ALL SELECT s FROM regions) q'],
  [
    'SELECT v, rank() OVER (PARTITION BY s ORDER BY v) FROM (SELECT id AS v, s FROM facts UNION ALL SELECT id, s FROM regions) q',
  ],
  ['SELECT list(v) FROM (SELECT id AS v FROM facts UNION ALL SELECT id FROM regions) q'],
  // What a join left.
  ['SELECT f.g, count(*), count(d.name) FROM facts f LEFT JOIN dim d ON d.g = f.g GROUP BY f.g'],
  ['SELECT d.g, count(*) FROM facts f LEFT JOIN dim d ON d.g = f.g GROUP BY d.g'],
  ['SELECT a.s, count(*), count(b.id) FROM facts a LEFT JOIN regions b ON a.s = b.s AND b.id < 20 GROUP BY a.s'],
  ['SELECT b.s, count(*) FROM facts a LEFT JOIN regions b ON a.s = b.s AND b.id < 20 GROUP BY b.s'],
  ['SELECT DISTINCT b.s, a.g FROM facts a FULL JOIN regions b ON a.i8 = b.i8 AND b.id < 20'],
  [
    'SELECT a.id, rank() OVER (PARTITION BY b.g ORDER BY a.id, b.id) FROM facts a LEFT JOIN regions b ON a.i8 = b.i8 AND b.id < 20',
  ],
  ['SELECT f.id FROM facts f JOIN dim d ON d.g = f.g LIMIT 5', 'declined'],
  ['SELECT a.n, b.m FROM (SELECT count(*) AS n FROM facts) a, (SELECT max(id) AS m FROM regions WHERE b) b LIMIT 5'],
  [
    'SELECT id, sum(i8 ORDER BY id) OVER (PARTITION BY g ROWS 1 PRECEDING) FROM facts f JOIN dim d USING (g)',
    'declined',
  ],
  ['SELECT list(f.id) FROM facts f JOIN dim d ON d.g = f.g', 'declined'],
  ['SELECT f.id, row_number() OVER () FROM facts f JOIN dim d ON d.g = f.g', 'declined'],
  ['SELECT s COLLATE NOCASE AS c, count(*) FROM facts GROUP BY c', 'declined'],
  ['SELECT id, rank() OVER (PARTITION BY s COLLATE NOCASE ORDER BY id) FROM facts', 'declined'],
];

const groups = { aggregates, windows, distincts, sets, orders, more };

async function check(
  sql: string,
  flags: readonly string[],
  settings: Partial<PlannerSettings>,
  expected: TextAnswer,
): Promise<void> {
  const request = data.request(sql, { strategy: 'stages', verifyPasses: false, ...settings });
  const made = await makePlan(request, data.world);
  const decision = made.decisions.find(({ strategy }) => strategy === 'stages')!;
  const text = explainText(made).join('\n');
  if (decision.taken === flags.includes('declined') || decision.reason.includes('not bind'))
    throw new Error(`${decision.reason}\n${text}`);
  if (!decision.taken) return;
  const actual = await data.executor.run(made, request.session);
  expect(made.columns.map(({ type }) => type)).toEqual(expected.types);
  const difference = answerDifference(expected, actual, flags.includes('ordered'));
  if (difference !== null) throw new Error(`${difference}\n${text}`);
}

const counts = [null, 7, 1, 3, 2] as const;

for (const [name, cases] of Object.entries(groups))
  describe(name, () => {
    test.each(cases.map((one, place) => [place, ...one] as const))('%i: %s', async (place, ...one) => {
      const [sql, ...flags] = one as unknown as Case;
      const expected = await data.executor.original(sql, data.request(sql).session);
      for (const partitions of inTurn(counts, place, 1)) {
        try {
          await check(sql, flags, { partitions }, expected);
        } catch (error) {
          throw new Error(`${partitions} partitions: ${(error as Error).message}`, { cause: error });
        }
      }
    });
  });

test('every aggregate that merges', async () => {
  const twoArguments = /^(covar_|corr$|regr_)/;
  const list = mergeableNames.map((name) => {
    if (name === 'count_star') return 'count(*)';
    if (name.startsWith('bit_')) return `${name}(i32)`;
    if (name.startsWith('bool_') || name.startsWith('count')) return `${name}(b)`;
    if (name === 'product') return 'product(y / 300)';
    return twoArguments.test(name) ? `${name}(x, y)` : `${name}(d9)`;
  });
  for (const keys of ['', 'g, ', 's, '])
    for (const partitions of [1, 3]) {
      const sql = `SELECT ${keys}${list.join(', ')} FROM facts ${keys === '' ? '' : 'GROUP BY ALL'}`;
      await check(sql, [], { partitions }, await data.executor.original(sql, data.request(sql).session));
    }
});

const golden: Readonly<Record<string, string>> = {
  'aggregate-partial': 'SELECT g, count(*), avg(x) FROM facts GROUP BY g',
  'aggregate-one': 'SELECT count(*), max(s) FROM facts',
  'aggregate-rollup': 'SELECT g, b, count(*), grouping(b) FROM facts GROUP BY ROLLUP (g, b)',
  'aggregate-direct': 'SELECT g, median(x) FROM facts GROUP BY g',
  'aggregate-distinct': 'SELECT count(DISTINCT s), count(DISTINCT g), sum(i32) FROM facts',
  'aggregate-whole-groups': 'SELECT g, max(n) FROM (SELECT g, s, count(*) AS n FROM facts GROUP BY g, s) q GROUP BY g',
  'aggregate-ordered': 'SELECT list(id) FROM facts WHERE b',
  'aggregate-union':
    'SELECT g, sum(v) FROM (SELECT g, i32 AS v FROM facts UNION ALL SELECT g, i8 FROM regions) q GROUP BY g',
  'window-partitions': 'SELECT id, rank() OVER (PARTITION BY s ORDER BY id), sum(i8) OVER (PARTITION BY g) FROM facts',
  'window-first': 'SELECT id FROM facts QUALIFY row_number() OVER (PARTITION BY s ORDER BY id DESC) = 1',
  'window-totals': 'SELECT id, i32 / sum(i32) OVER () FROM facts',
  'window-all-rows': 'SELECT id, row_number() OVER () FROM facts',
  distinct: 'SELECT DISTINCT s, g FROM facts',
  'distinct-on': 'SELECT DISTINCT ON (s) s, id FROM facts ORDER BY s, id DESC',
  'set-union': 'SELECT g FROM facts UNION SELECT g FROM dim',
  'set-except': 'SELECT s, g FROM facts EXCEPT ALL SELECT s, g FROM regions',
  'set-union-all': 'SELECT id FROM facts UNION ALL SELECT id FROM regions LIMIT 9',
  'order-limit': 'SELECT s, id FROM facts ORDER BY s, id LIMIT 5 OFFSET 2',
  'order-inner': 'SELECT sum(v) FROM (SELECT i32 AS v FROM facts ORDER BY id LIMIT 50) q',
};
test.each(Object.keys(golden))('golden plan: %s', async (name) => {
  const sql = golden[name]!;
  const made = await makePlan(data.request(sql, { strategy: 'stages', partitions: 3 }), data.world);
  expect(made.strategy).toBe('stages');
  const lines = explainText(made).slice(made.decisions.length + 1);
  // Estimates and the sizes of files are no part of the rule.
  const text = [sql, ...lines.filter((line) => !line.startsWith('scan '))].join('\n');
  const stable = text.replaceAll(/, about \d+ bytes/g, '').replaceAll(/about \d+ rows/g, 'rows');
  await expect(`${stable}\n`).toMatchFileSnapshot(`../../testdata/golden/stages-${name}.txt`);
});
