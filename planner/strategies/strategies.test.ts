/** Every strategy gives the answer that one DuckDB gives, whatever the number of tasks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerDifference } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { inTurn } from '../../testdata/harness/slice.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';
import type { Plan, StrategyName } from '../plan/plan.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

const plan = (sql: string, settings: Partial<PlannerSettings> = {}) =>
  makePlan(data.request(sql, settings), data.world);

async function check(sql: string, made: Plan, ordered: boolean): Promise<void> {
  const { session } = data.request(sql);
  const expected = await data.executor.original(sql, session);
  const actual = await data.executor.run(made, session);
  expect(made.columns.map(({ type }) => type)).toEqual(expected.types);
  expect(made.decisions.filter(({ reason }) => reason.includes('does not bind'))).toEqual([]);
  const difference = answerDifference(expected, actual, ordered);
  if (difference !== null) throw new Error(`${difference}\n${explainText(made).join('\n')}`);
}

/** SQL, the strategy that a forced two_phase ends in, and whether rows come in one order. */
type Case = readonly [sql: string, strategy: StrategyName, ordered?: 'ordered'];

const cases: readonly Case[] = [
  ['SELECT g, count(*), sum(i32) FROM facts GROUP BY g', 'two_phase'],
  [
    'SELECT g AS grp, count(*) AS n FROM facts GROUP BY grp HAVING n > 3 ORDER BY n DESC, grp LIMIT 3',
    'two_phase',
    'ordered',
  ],
  ['SELECT g, s, max(ts) FROM facts GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST', 'two_phase', 'ordered'],
  ['SELECT g + 1 AS a, upper(s), min(dt) FROM facts GROUP BY ALL', 'two_phase'],
  ['SELECT count(*) FROM facts', 'two_phase'],
  ['SELECT count(*), sum(i32), max(s) FROM facts WHERE id < 0', 'two_phase'],
  ['SELECT g, count(*) FROM facts WHERE id < 0 GROUP BY g', 'two_phase'],
  ['SELECT sum(i32) + count(*) * 2 AS v, round(avg(d9), 3) FROM facts WHERE b', 'two_phase'],
  ['SELECT sum(i32) FROM facts HAVING count(*) > 5', 'two_phase'],
  ['SELECT g, sum(i32) FILTER (WHERE i8 > 0), count(*) FILTER (WHERE b) FROM facts GROUP BY g', 'two_phase'],
  ['SELECT g, count(DISTINCT s), sum(DISTINCT i8), count(*), avg(DISTINCT d9) FROM facts GROUP BY g', 'two_phase'],
  ['SELECT count(DISTINCT s), count(DISTINCT g) FILTER (WHERE b), sum(i16) FROM facts', 'two_phase'],
  ['SELECT count(DISTINCT s) FROM facts WHERE id < 0', 'two_phase'],
  ['SELECT g, b, count(*), grouping(g), grouping(b) FROM facts GROUP BY ROLLUP (g, b)', 'two_phase'],
  ['SELECT g, b, sum(d9), grouping_id(g, b) FROM facts GROUP BY CUBE (g, b) ORDER BY ALL', 'two_phase'],
  ['SELECT g, s, avg(d9) FROM facts GROUP BY GROUPING SETS ((g), (s), ())', 'two_phase'],
  ['SELECT g, sum(i32), rank() OVER (ORDER BY sum(i32) DESC) FROM facts GROUP BY g', 'two_phase'],
  ['SELECT g, sum(sum(i32)) OVER (ORDER BY g) FROM facts GROUP BY g', 'two_phase'],
  ['SELECT g, count(*) AS n FROM facts GROUP BY g QUALIFY row_number() OVER (ORDER BY n DESC, g) <= 2', 'two_phase'],
  ['SELECT DISTINCT g, b FROM facts', 'two_phase'],
  ['SELECT DISTINCT s FROM facts ORDER BY s DESC LIMIT 4 OFFSET 2', 'two_phase', 'ordered'],
  ['SELECT DISTINCT count(*) > 3 FROM facts GROUP BY s', 'two_phase'],
  ['SELECT id, s FROM facts ORDER BY s, id LIMIT 7', 'two_phase', 'ordered'],
  ['SELECT * FROM facts ORDER BY i64 DESC LIMIT 5 OFFSET 3', 'two_phase', 'ordered'],
  ['SELECT id FROM facts ORDER BY x + y DESC NULLS LAST, id', 'two_phase', 'ordered'],
  ['SELECT id AS k, g FROM facts WHERE g = 2 ORDER BY 2, k DESC', 'two_phase', 'ordered'],
  ['SELECT id, i32 AS id2 FROM facts ORDER BY ALL LIMIT 10', 'two_phase', 'ordered'],
  ['SELECT id, s FROM facts ORDER BY s COLLATE NOCASE DESC, id LIMIT 7', 'two_phase', 'ordered'],
  ['SELECT name, count(*), sum(d9) FROM facts JOIN dim USING (g) GROUP BY name', 'two_phase'],
  ['SELECT name, g, count(id) FROM facts LEFT JOIN dim USING (g) GROUP BY ALL', 'two_phase'],
  ['SELECT name, count(id) FROM dim RIGHT JOIN facts ON dim.g = facts.g GROUP BY name', 'two_phase'],
  [
    'SELECT f.id, d.name FROM facts f LEFT JOIN dim d ON d.g = f.g ORDER BY d.name NULLS FIRST, f.id LIMIT 9',
    'two_phase',
    'ordered',
  ],
  ['SELECT g, sum(v) FROM (SELECT g, i32 * 2 AS v FROM facts WHERE b) q GROUP BY g', 'two_phase'],
  ['SELECT count(*) FROM facts WHERE g IN (SELECT g FROM dim)', 'two_phase'],
  ['SELECT count(*) FROM facts WHERE g NOT IN (SELECT g FROM dim)', 'two_phase'],
  ['SELECT count(*) FROM facts f WHERE NOT EXISTS (SELECT 1 FROM dim d WHERE d.g = f.g)', 'two_phase'],
  [
    'SELECT g, count(*) AS n FROM facts GROUP BY g HAVING count(*) > (SELECT avg(g) FROM dim) ORDER BY g',
    'two_phase',
    'ordered',
  ],
  ['SELECT count(*) FILTER (WHERE ts < now()), max(current_date) FROM facts', 'two_phase'],
  // What two phases can't do.
  // `dim` is divided here: `facts` must not be.
  ['SELECT name, count(id) FROM dim LEFT JOIN facts USING (g) GROUP BY name', 'two_phase'],
  ['SELECT name, count(id) FROM dim FULL JOIN facts USING (g) GROUP BY name', 'stages'],
  ['SELECT g, median(i32) FROM facts GROUP BY g', 'stages'],
  ['SELECT g, list(i8 ORDER BY id) FROM facts GROUP BY g', 'stages'],
  ["SELECT string_agg(s, ',' ORDER BY id) FROM facts", 'stages'],
  ['SELECT arg_max(s, id), mode(g) FROM facts', 'stages'],
  ['SELECT id, row_number() OVER (ORDER BY i64) FROM facts', 'stages'],
  ['SELECT DISTINCT ON (g) g, id FROM facts ORDER BY g, id', 'stages', 'ordered'],
  ['SELECT g FROM facts UNION SELECT g FROM dim', 'stages'],
  ['SELECT id FROM facts EXCEPT SELECT id FROM facts WHERE b', 'stages'],
  ['SELECT max(n) FROM (SELECT g, count(*) AS n FROM facts GROUP BY g)', 'stages'],
  ['WITH t AS (SELECT g, sum(i32) AS v FROM facts GROUP BY g) SELECT * FROM t a JOIN t b ON a.g < b.g', 'stages'],
  ['SELECT s COLLATE NOCASE AS c, count(*) FROM facts GROUP BY c', 'gather'],
  ['SELECT id FROM facts WHERE b', 'stages'],
  ['SELECT g, (SELECT name FROM dim d WHERE d.g = f.g) AS n, count(*) FROM facts f GROUP BY f.g', 'stages'],
  ['SELECT count(*) FROM facts t(a, b2)', 'two_phase'],
  ['SELECT sum(a) FROM facts t(a)', 'two_phase'],
];

/** Runs `check` for every case, with one or more numbers of partitions. */
function forEach(
  list: readonly Case[],
  counts: readonly number[],
  check: (one: Case, partitions: number) => Promise<void>,
): void {
  const runs = list.flatMap((one, place) =>
    inTurn(counts, place, 1).map((partitions) => [partitions, one[0], one] as const),
  );
  test.each(runs)('%i partitions: %s', (partitions, _sql, one) => check(one, partitions));
}

describe('two phases', () => {
  forEach(cases, [1, 2, 3, 7, 12], async ([sql, strategy, order], partitions) => {
    const made = await plan(sql, { strategy: 'two_phase', partitions });
    expect(
      explainText(made)
        .slice(0, made.decisions.length + 1)
        .join('\n'),
    ).toContain(`strategy: ${strategy}`);
    await check(sql, made, order !== undefined);
    if (!sql.includes('FROM dim LEFT')) expect(made.stages[0]!.tasks).toHaveLength(Math.max(partitions, 1));
    await check(sql, await plan(sql, { strategy: 'gather', partitions }), order !== undefined);
    if (partitions === 1) await check(sql, await plan(sql, { strategy: 'direct' }), order !== undefined);
  });
});

const pushed: readonly Case[] = [
  ["SELECT id, s || '!' FROM facts WHERE i8 > 0", 'pushdown', 'ordered'],
  ['SELECT * FROM facts', 'pushdown', 'ordered'],
  ['SELECT id FROM facts LIMIT 11 OFFSET 118', 'pushdown', 'ordered'],
  ['SELECT id FROM facts OFFSET 700', 'pushdown', 'ordered'],
  ['SELECT id FROM facts LIMIT 0', 'pushdown', 'ordered'],
  ['SELECT f.id, name FROM facts f JOIN dim ON dim.g = f.g', 'pushdown'],
  ["SELECT f.id, name FROM facts f LEFT JOIN dim ON dim.g = f.g AND name LIKE 't%'", 'pushdown'],
  ['SELECT id, unnest([1, 2]) FROM facts', 'pushdown', 'ordered'],
  ['SELECT region, median(i32), list(id ORDER BY id) FROM regions GROUP BY region', 'pushdown'],
  ['SELECT region, g, quantile_cont(x, 0.3) FROM regions GROUP BY ALL', 'stages'],
  ['SELECT DISTINCT region, g FROM regions', 'pushdown'],
  ['SELECT id, rank() OVER (PARTITION BY region ORDER BY i64) FROM regions', 'pushdown'],
  ['SELECT median(i32) FROM regions', 'stages'],
  ['SELECT region, count(*) FROM regions GROUP BY ROLLUP (region)', 'two_phase'],
];

describe('pushdown', () => {
  forEach(pushed, [1, 2, 3, 7], async ([sql, strategy, order], partitions) => {
    const made = await plan(sql, { strategy: 'pushdown', partitions });
    expect(made.strategy).toBe(strategy);
    await check(sql, made, order !== undefined);
  });
});
