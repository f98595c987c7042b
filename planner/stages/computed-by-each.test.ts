/** Small fragments run inside of the tasks that want their rows, where that can't be told from a stage of their own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerDifference } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

/** SQL and the number of stages that it takes on two workers. */
const cases: readonly (readonly [sql: string, stages: number])[] = [
  // A small data set, filtered and joined with itself.
  [
    'SELECT name, count(*) FROM facts t JOIN (SELECT d.* FROM dim d JOIN dim e ON d.g = e.g) q ON q.g = t.g GROUP BY name',
    1,
  ],
  [
    "SELECT count(*) FROM facts t LEFT JOIN (SELECT * FROM dim WHERE name <> 'two') d ON d.g = t.g WHERE d.g IS NULL",
    1,
  ],
  ['SELECT count(*) FROM facts WHERE g NOT IN (SELECT d.g FROM dim d JOIN dim e ON d.g = e.g + 1)', 1],
  // Merged from partial aggregates by every task.
  ['SELECT id FROM facts WHERE i32 > (SELECT max(i32) - 100000 FROM regions)', 2],
  ['SELECT id FROM facts WHERE d9 > (SELECT avg(d9) + count(*) FROM regions) ORDER BY id LIMIT 9', 2],
  ['SELECT id FROM facts WHERE i32 > (SELECT sum(i16) FROM regions WHERE id < 0) OR id < 3', 2],
  // Floating point adds up to one thing only when it is added up once; the same goes for what is not known to be exact.
  ['SELECT id FROM facts WHERE x > (SELECT sum(x) / count(*) FROM regions)', 3],
  ['SELECT id FROM facts WHERE x > (SELECT avg(x) FROM regions)', 3],
  ['SELECT id FROM facts WHERE x > (SELECT max(x) - 1 FROM regions)', 3],
  ['SELECT id FROM facts WHERE i32 > (SELECT stddev(i32) FROM regions)', 3],
  ['SELECT id FROM facts WHERE i32 > (SELECT avg(i32) FROM regions)', 3],
  ['SELECT id FROM facts WHERE i32 > (SELECT sum(i16 + 1) FROM regions)', 2],
];

async function planOf(sql: string, settings: Partial<PlannerSettings>) {
  const request = data.request(sql, { strategy: 'stages', ...settings });
  const made = await makePlan(request, data.world);
  const said = explainText(made).join('\n');
  expect(made.strategy, said).toBe('stages');
  const expected = await data.executor.original(sql, request.session);
  const difference = answerDifference(expected, await data.executor.run(made, request.session), false);
  if (difference !== null) throw new Error(`${JSON.stringify(settings)}: ${difference}\n${said}`);
  return { made, said };
}

test.each(cases)('%s', async (sql, stages) => {
  const { made, said } = await planOf(sql, {});
  expect(made.stages.length, said).toBe(stages);
  // Who asks for a number of partitions wants stages.
  await planOf(sql, { partitions: 3 });
  await planOf(sql, { workers: 1, slots: 1 });
});

/** Equalities that follow from others change which relations meet first, never the rows. */
const implied: readonly string[] = [
  'SELECT count(*), sum(b.id) FROM facts a, regions b, dim d WHERE a.g = b.g AND b.g = d.g AND a.id = b.id + 1',
  'SELECT count(*) FROM facts a, regions b, facts c WHERE a.id = b.id AND b.id = c.id AND c.i8 < 40 AND a.i8 > -20',
  'SELECT count(*), sum(c.i16) FROM facts a, regions b, facts c WHERE a.i8 = b.i8 AND b.i8 = c.i8 AND a.id < 20 AND c.id > 600',
  'SELECT count(*) FROM facts a, regions b, facts c WHERE a.i8 = b.i16 AND b.i16 = c.i32 AND a.x = b.x AND b.x = c.x',
  'SELECT count(*) FROM facts a JOIN regions b ON a.dt = b.dt JOIN facts c ON c.dt = b.dt AND c.id = a.id',
];

test.each(implied)('implied equalities: %s', async (sql) => {
  for (const settings of [{}, { partitions: 3 }, { partitions: 2, broadcastMaxBytes: 0 }, { broadcastMaxBytes: 4_000 }])
    await planOf(sql, settings);
});
