/** Partitions that are far larger than others are dealt out to several tasks, where that changes no answer. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AdaptiveBed, makeAdaptiveBed } from '../../testdata/harness/adaptive-bed.ts';
import { inTurn } from '../../testdata/harness/slice.ts';

let bed: AdaptiveBed;
beforeAll(async () => {
  bed = await makeAdaptiveBed();
});
afterAll(() => bed.close());

const dealtOut = /^partition \d dealt out to [234] tasks along __in\d$/;

/** Queries whose skewed side may be dealt out, and such where something needs its partitions whole. */
const cases: readonly (readonly [sql: string, split: boolean])[] = [
  ['SELECT a, b FROM big JOIN small USING (k)', true],
  ['SELECT count(*) AS n, sum(a)::BIGINT AS s, sum(b)::BIGINT AS t FROM small JOIN big USING (k)', true],
  ['SELECT g, count(*) AS n, sum(a)::BIGINT AS s FROM big JOIN small USING (k) GROUP BY g', true],
  ['SELECT g, count(DISTINCT a) AS n FROM big JOIN small USING (k) GROUP BY g', true],
  ['SELECT a, coalesce(b, -1) AS b FROM big LEFT JOIN small USING (k)', true],
  ['SELECT a, coalesce(b, -1) AS b FROM small RIGHT JOIN big USING (k)', true],
  ['SELECT a FROM big SEMI JOIN small USING (k)', true],
  ['SELECT a FROM big ANTI JOIN small USING (k)', true],
  ['SELECT a, g FROM big WHERE k IN (SELECT k FROM small WHERE b % 3 <> 0)', true],
  ['SELECT DISTINCT g, b FROM big JOIN small USING (k)', true],
  ['SELECT a, b FROM big JOIN small USING (k) ORDER BY a, b LIMIT 50', true],
  ['SELECT coalesce(a, -1) AS a, b FROM small LEFT JOIN big USING (k)', false],
  ['SELECT coalesce(a, -1) AS a, b FROM big RIGHT JOIN small USING (k)', false],
  ['SELECT coalesce(a, -1) AS a, coalesce(b, -1) AS b FROM big FULL JOIN small USING (k)', false],
  ['SELECT b FROM small SEMI JOIN big USING (k)', false],
  ['SELECT b FROM small ANTI JOIN big USING (k)', false],
  ['SELECT k, count(*) AS n, sum(a)::BIGINT AS s FROM big JOIN small USING (k) GROUP BY k', false],
  ['SELECT a, row_number() OVER (PARTITION BY k ORDER BY a, b) AS n FROM big JOIN small USING (k)', false],
];

const exchanges = ['frames', 'files'] as const;
const casesInTurn = cases.flatMap(([sql, split], place) =>
  inTurn(exchanges, place, 1).map((exchange) => [exchange, sql, split] as const),
);

it.each(casesInTurn)('by %s: %s', async (exchange, sql, split) => {
  const { rows, report } = await bed.run(sql, { exchange });
  expect(rows).toEqual(await bed.oracle(sql));
  const found = report.stages.flatMap(({ adapted }) => adapted).filter((what) => dealtOut.test(what));
  expect(found.length > 0).toBe(split);
});

it('tasks of a large partition are more than partitions, and share its rows', async () => {
  const sql = 'SELECT a, b FROM big JOIN small USING (k)';
  const [on, off] = [await bed.run(sql), await bed.run(sql, { adaptive: 'off' })];
  const last = ({ report }: typeof on) => report.taskRuns.filter(({ stage }) => stage === report.stages.at(-1)!.id);
  const most = (ran: typeof on) => Math.max(...last(ran).map(({ rows }) => rows));
  expect(off.report.stages.flatMap(({ adapted }) => adapted)).toEqual([]);
  expect(last(off)).toHaveLength(4);
  expect(last(on).length).toBeGreaterThan(4);
  expect(most(on)).toBeLessThan(most(off) / 1.9);
  expect(new Set(last(on).map(({ partition }) => partition)).size).toBe(last(on).length);
});

it('a strategy or a number of partitions that is asked for switches it off', async () => {
  const sql = 'SELECT a, b FROM big JOIN small USING (k)';
  for (const settings of [{ adaptive: 'auto' as const }, { adaptive: 'auto' as const, partitions: null }]) {
    const { plan, report } = await bed.run(sql, settings);
    expect(plan.exchange?.adaptive).toBe(false);
    expect(report.stages.flatMap(({ adapted }) => adapted)).toEqual([]);
  }
  const { plan } = await bed.run(sql, {
    strategy: 'auto',
    adaptive: 'auto',
    partitions: null,
    workers: 2,
    localWorkers: false,
  });
  if (plan.strategy === 'stages') expect(plan.exchange?.adaptive).toBe(true);
});
