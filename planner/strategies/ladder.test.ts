/** Which strategy is taken, and what the plan looks like. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerDifference } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainJson } from '../plan/explain-json.ts';
import { explainText } from '../plan/explain-text.ts';
import type { Plan, StrategyName } from '../plan/plan.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData(1_000_000);
});
afterAll(() => data.close());

const plan = (sql: string, settings: Partial<PlannerSettings> = {}) =>
  makePlan(data.request(sql, settings), data.world);
const reasonOf = (made: Plan, strategy: StrategyName) =>
  made.decisions.find((decision) => decision.strategy === strategy)?.reason ?? '';

async function checked(sql: string, settings: Partial<PlannerSettings> = {}): Promise<Plan> {
  const made = await plan(sql, settings);
  const { session } = data.request(sql);
  const difference = answerDifference(
    await data.executor.original(sql, session),
    await data.executor.run(made, session),
    false,
  );
  if (difference !== null) throw new Error(`${difference}\n${explainText(made).join('\n')}`);
  return made;
}

describe('auto', () => {
  const remote = { localWorkers: false };
  const cases: readonly [sql: string, settings: Partial<PlannerSettings>, strategy: StrategyName][] = [
    ['SELECT 1 + 1', {}, 'local'],
    ['SELECT count(*), max(id) FROM facts', {}, 'metadata'],
    ['SELECT g, count(*) FROM facts GROUP BY g', {}, 'two_phase'],
    ['SELECT g, count(*) FROM facts GROUP BY g', { directMaxBytes: 7_000_001 }, 'direct'],
    ['SELECT g, count(*) FROM facts GROUP BY g', { directMaxBytes: 7_000_000 }, 'two_phase'],
    ['SELECT g, count(*) FROM facts GROUP BY g', { workers: 0, slots: 0 }, 'direct'],
    ['SELECT g, median(x) FROM facts GROUP BY g', {}, 'stages'],
    ['SELECT g, median(x) FROM facts GROUP BY g', remote, 'stages'],
    ['SELECT * FROM facts', {}, 'direct'],
    ['SELECT * FROM facts', remote, 'pushdown'],
    ['SELECT id FROM facts WHERE i8 = 3', {}, 'pushdown'],
    ['SELECT * FROM facts LIMIT 10', {}, 'direct'],
    ['SELECT id FROM facts ORDER BY x, id', {}, 'direct'],
    ['SELECT id FROM facts ORDER BY x, id', remote, 'two_phase'],
    ['SELECT id FROM facts ORDER BY x, id LIMIT 3', {}, 'two_phase'],
    ["SELECT count(DISTINCT s) FROM regions WHERE region = 'eu'", remote, 'router'],
    ['SELECT region, median(x) FROM regions GROUP BY region', remote, 'pushdown'],
    ['SELECT region, median(x) FROM regions GROUP BY region ORDER BY region', remote, 'two_phase'],
    ['SELECT id + CAST(random() * 0 AS INTEGER) FROM facts', remote, 'direct'],
    // The reference would be larger than what is divided.
    ['SELECT name, count(id) FROM dim LEFT JOIN facts USING (g) GROUP BY name', remote, 'stages'],
  ];
  test.each(cases.map((one) => [...one]))('%s %o: %s', async (...one) => {
    const [sql, settings, strategy] = one as unknown as (typeof cases)[number];
    const made = await checked(sql, settings);
    expect(`${made.strategy}: ${reasonOf(made, made.strategy)}`).toContain(`${strategy}: `);
    expect(made.decisions.at(-1)!.taken).toBe(true);
  });
  test('many groups run direct on one host, scattered on several', async () => {
    const sql = 'SELECT i64, count(*) FROM facts GROUP BY i64';
    const wide = { ...data.tables.facts, files: data.tables.facts.files };
    expect(wide.files).toHaveLength(7);
    expect((await plan(sql, { localWorkers: false })).strategy).toBe('two_phase');
    // 713 rows can't make many groups; hashing by two unknown keys might.
    expect((await plan(sql)).strategy).toBe('two_phase');
    expect((await plan('SELECT s, upper(s), lower(s), count(*) FROM facts GROUP BY ALL')).strategy).toBe('direct');
  });
});

describe('forced', () => {
  test('falls to the next rung that can, and says why', async () => {
    const made = await checked('SELECT median(x) FROM facts', { strategy: 'two_phase' });
    expect(made.strategy).toBe('stages');
    expect(reasonOf(made, 'two_phase')).toContain('median');
    expect(reasonOf(made, 'direct')).toBe('two_phase is asked for');
  });
  test('stages, and gather where they can not', async () => {
    const made = await checked('SELECT count(*) FROM facts', { strategy: 'stages' });
    expect(made.strategy).toBe('stages');
    expect(reasonOf(made, 'two_phase')).toBe('stages is asked for');
    const other = await checked('SELECT count(*) FROM facts POSITIONAL JOIN dim', { strategy: 'stages' });
    expect(other.strategy).toBe('gather');
    expect(reasonOf(other, 'stages')).toContain('positional');
  });
  test('what must run whole runs direct, whatever is forced', async () => {
    const made = await plan('SELECT random() FROM facts', { strategy: 'gather' });
    expect(made.strategy).toBe('direct');
    expect(made.result).toMatchObject({ where: 'session' });
    expect(reasonOf(made, 'gather')).toContain('random');
  });
  test('metadata, router and direct', async () => {
    expect((await checked('SELECT count(*) FROM facts', { strategy: 'metadata' })).strategy).toBe('metadata');
    expect((await checked('SELECT g FROM facts', { strategy: 'metadata' })).strategy).toBe('direct');
    expect((await checked('SELECT * FROM dim', { strategy: 'router' })).strategy).toBe('router');
    expect((await checked('SELECT * FROM facts', { strategy: 'router' })).strategy).toBe('pushdown');
    expect((await checked('SELECT count(*) FROM facts', { strategy: 'direct' })).strategy).toBe('direct');
  });
  test('disabled strategies are passed over', async () => {
    const made = await checked('SELECT g, sum(i32) FROM facts GROUP BY g', {
      strategy: 'two_phase',
      disabled: ['two_phase'],
    });
    expect(made.strategy).toBe('stages');
    expect(reasonOf(made, 'two_phase')).toBe('it is switched off');
    const neither = await checked('SELECT g, sum(i32) FROM facts GROUP BY g', {
      strategy: 'two_phase',
      disabled: ['two_phase', 'stages'],
    });
    expect(neither.strategy).toBe('gather');
  });
});

test('a fragment that does not bind makes its strategy step aside', async () => {
  const { world } = data;
  const broken = {
    serialize: (sql: string) => world.serialize(sql),
    deserialize: (json: string) => world.deserialize(json),
    statistics: (files: Parameters<typeof world.statistics>[0]) => world.statistics(files),
    tableFunction: () => Promise.resolve(null),
    describe: (sql: string, relations: Parameters<typeof world.describe>[1]) =>
      world.describe(sql.replace('__p0', '__p0, no_such_column'), relations),
  };
  const request = data.request('SELECT g, sum(i32) FROM facts GROUP BY g', { strategy: 'two_phase' });
  const made = await makePlan(request, broken);
  expect(made.strategy).toBe('stages');
  expect(reasonOf(made, 'two_phase')).toContain('no_such_column');
});

describe('metadata', () => {
  const taken = [
    'SELECT count(*) FROM facts',
    'SELECT count(*) + 1 AS n, count(i8), count(id), min(id), max(id) - min(id) FROM facts',
    'SELECT min(dt), max(dt), min(ts), max(ts), min(d9), max(d18), min(i64), max(h) IS NULL FROM facts',
    "SELECT count(*) FROM regions WHERE region IN ('eu', 'us')",
    'SELECT count(*) FROM regions WHERE region IS NULL',
    "SELECT count(*), max(id) FROM regions WHERE region = 'nowhere'",
    'SELECT count(*) FROM facts HAVING count(*) > 100000',
    'SELECT count(*) FROM facts LIMIT 0',
  ];
  test.each(taken)('%s', async (sql) => {
    const made = await checked(sql);
    expect(['metadata', 'two_phase']).toContain(made.strategy);
    if (!sql.includes('max(h)')) expect(made.strategy).toBe('metadata');
  });
  const declined: readonly (readonly [string, string])[] = [
    ['SELECT count(*) FROM facts WHERE g = 1', 'filtered'],
    ["SELECT count(*) FROM regions WHERE region > 'a' AND g = 1", 'filtered'],
    ['SELECT max(x) FROM facts', 'exact max'],
    ['SELECT sum(i32) FROM facts', 'only'],
    ['SELECT count(DISTINCT g) FROM facts', 'DISTINCT'],
    ['SELECT max(id + 1) FROM facts', 'plain column'],
    ['SELECT max(region) FROM regions', 'same in all files'],
    ['SELECT g, count(*) FROM facts GROUP BY g', 'more than one row'],
    ['SELECT count(*) FROM facts, dim', 'more than one data set'],
  ];
  test.each(declined.map((one) => [...one]))('not %s', async (sql, reason) => {
    expect(reasonOf(await checked(sql!), 'metadata')).toContain(reason);
  });
});

describe('pruning', () => {
  test('by hive keys and by footers, told in the plan', async () => {
    const hive = await checked("SELECT count(*), sum(i32) FROM regions WHERE region <> 'us' AND b");
    expect(hive.scans).toEqual([{ table: 'regions', filesTotal: 5, filesRead: 2, bytesTotal: 5e6, bytesRead: 2e6 }]);
    const footers = await checked('SELECT sum(i32) FROM facts WHERE id BETWEEN 130 AND 140');
    expect(footers.scans[0]).toMatchObject({ filesTotal: 7, filesRead: 1 });
    const none = await checked('SELECT count(*), sum(i32) FROM facts WHERE id < 0', {
      strategy: 'two_phase',
      partitions: 3,
    });
    expect(none.scans[0]).toMatchObject({ filesRead: 0 });
    expect(none.stages[0]!.tasks).toHaveLength(3);
  });
  test('can be switched off', async () => {
    const made = await checked('SELECT sum(i32) FROM facts WHERE id = 130', { disabled: ['prune_statistics'] });
    expect(made.scans[0]).toMatchObject({ filesRead: 7 });
  });
});

describe('tasks', () => {
  const hinted = async (sql: string, settings: Partial<PlannerSettings> = {}) =>
    checked(sql, { strategy: 'two_phase', ...settings });
  test('hints come before settings', async () => {
    const sql = 'SELECT /*+ partitions(3) */ g, sum(i32) FROM facts GROUP BY g';
    expect((await hinted(sql, { partitions: 5 })).stages[0]!.tasks).toHaveLength(3);
    expect((await hinted('SELECT /*+ strategy(gather) */ g, sum(i32) FROM facts GROUP BY g')).strategy).toBe('gather');
  });
  test('repartition by rows divides files', async () => {
    const made = await hinted('SELECT /*+ repartition(facts, 4, by_rows) */ g, sum(i32) FROM facts GROUP BY g');
    expect(made.stages[0]!.tasks).toHaveLength(4);
    expect(made.stages[0]!.tasks.flatMap((task) => task.scans[0]!.files).some((file) => file.rows !== undefined)).toBe(
      true,
    );
    expect(made.stages[0]!.why).toContain('by rows');
  });
  test('repartition by hive key makes non-mergeable aggregates push down', async () => {
    const made = await checked(
      'SELECT /*+ repartition(regions, by => region) */ region, median(i32) FROM regions GROUP BY region',
      {
        localWorkers: false,
      },
    );
    expect(made.strategy).toBe('pushdown');
    expect(made.stages[0]!.tasks).toHaveLength(4);
  });
  test('repartition of something else is refused, with its place', async () => {
    await expect(hinted('SELECT /*+ repartition(fact, 2) */ count(*) FROM facts')).rejects.toMatchObject({
      sqlstate: '42P01',
      position: 12,
      hint: expect.stringContaining('facts'),
    });
    await expect(hinted('SELECT /*+ repartition(facts, by => g) */ count(*) FROM facts')).rejects.toMatchObject({
      sqlstate: '22023',
      position: 12,
      message: expect.stringContaining('not a hive key'),
    });
  });
});

const golden: Readonly<Record<string, readonly [sql: string, settings: Partial<PlannerSettings>]>> = {
  local: ['SELECT 1 AS one', {}],
  metadata: ['SELECT count(*) AS n, max(id) FROM facts', {}],
  direct: ['SELECT * FROM facts ORDER BY x', {}],
  router: ["SELECT g, median(x) FROM regions WHERE region = 'eu' GROUP BY g", { localWorkers: false }],
  pushdown: ['SELECT f.id, d.name FROM facts f JOIN dim d ON d.g = f.g WHERE f.i8 > 5', { strategy: 'pushdown' }],
  two_phase: [
    'SELECT g, count(*) AS n, avg(d9) FROM facts WHERE b GROUP BY g HAVING count(*) > 2 ORDER BY n DESC, g LIMIT 3',
    {},
  ],
  stages: [
    'SELECT d.name, median(f.x) FROM facts f JOIN dim d ON d.g = f.g WHERE f.i8 > 5 GROUP BY d.name ORDER BY 1 LIMIT 3',
    { strategy: 'stages' },
  ],
  gather: [
    'SELECT f.g, median(f.x) FROM facts f JOIN dim d ON d.g = f.g WHERE f.i8 > 5 GROUP BY f.g',
    { strategy: 'gather' },
  ],
};
test.each(Object.keys(golden))('golden plan: %s', async (name) => {
  const [sql, settings] = golden[name]!;
  const made = await checked(sql, { partitions: 3, ...settings });
  expect(made.strategy).toBe(name);
  await expect([sql, ...explainText(made), ''].join('\n')).toMatchFileSnapshot(
    `../../testdata/golden/strategy-${name}.txt`,
  );
  const json = JSON.stringify(explainJson(made), null, 2).replaceAll(/"path": ".*\/(\w+\/[^"]*)"/g, '"path": "$1"');
  await expect(`${json}\n`).toMatchFileSnapshot(`../../testdata/golden/strategy-${name}.json`);
});
