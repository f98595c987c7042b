import { expect, test } from 'vitest';
import { analyze } from '../../planner/analyze.ts';
import { makePlan } from '../../planner/make-plan.ts';
import { explainText } from '../../planner/plan/explain-text.ts';
import type { Plan } from '../../planner/plan/plan.ts';
import type { PlannerWorld } from '../../planner/world.ts';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { plannerSettings } from '../../testdata/harness/planner-settings.ts';
import { makeLog } from '../observe/log.ts';
import { WarmPlanner } from './warm-planner.ts';
import { warmQueries } from './warm-queries.ts';

/** A log that keeps its lines. */
function keptLog() {
  const lines: string[] = [];
  const log = makeLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const told = async (): Promise<Record<string, unknown>> => {
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return JSON.parse(lines[0]!) as Record<string, unknown>;
  };
  return { log, lines, told };
}

const planner = { analyze, makePlan, explainText };
const settings = { ...plannerSettings, dialect: 'postgres' } as const;

test('every built-in query is planned as stages, in each round as another text', async () => {
  const world = await DuckdbWorld.open();
  const plans: Plan[] = [];
  const texts = new Set<string>();
  const { log, told } = keptLog();
  const noting: typeof planner = {
    ...planner,
    makePlan: async (request, own) => {
      texts.add(request.sql);
      const plan = await makePlan(request, own);
      plans.push(plan);
      return plan;
    },
  };
  const warm = new WarmPlanner({ planner: noting, world, settings: () => settings, isBusy: () => false, log });
  warm.start(0, 2);
  expect(await told()).toMatchObject({ level: 'debug', msg: 'planner is warm' });
  await warm.close();
  world.close();
  expect(plans.length).toBeGreaterThan(warmQueries(0).length);
  expect(texts.size).toBe(plans.length);
  expect(plans.filter(({ strategy }) => strategy !== 'stages').map(({ decisions }) => decisions)).toEqual([]);
});

test('a failure is told at debug level, and no more', async () => {
  const { log, told } = keptLog();
  const world: PlannerWorld = {
    serialize: () => Promise.reject(new Error('no engine')),
    deserialize: () => Promise.reject(new Error('no engine')),
    describe: () => Promise.reject(new Error('no engine')),
    statistics: () => Promise.resolve([]),
    tableFunction: () => Promise.resolve(null),
  };
  const warm = new WarmPlanner({ planner, world, settings: () => settings, isBusy: () => false, log });
  warm.start(0);
  expect(await told()).toMatchObject({ level: 'debug', msg: 'planner could not be warmed up' });
  await warm.close();
});

test.each(['plan', 'query'] as const)('a %s of a session goes first; close ends it where it is', async (what) => {
  const { log, lines } = keptLog();
  const asked: string[] = [];
  const world: PlannerWorld = {
    serialize: (sql) => {
      asked.push(sql);
      return new Promise(() => undefined);
    },
    deserialize: () => Promise.reject(new Error('not asked')),
    describe: () => Promise.reject(new Error('not asked')),
    statistics: () => Promise.resolve([]),
    tableFunction: () => Promise.resolve(null),
  };
  const request = {
    sql: 'SELECT 1',
    catalog: { version: '', lookup: () => undefined, names: () => [] },
    settings: {} as Parameters<typeof analyze>[0]['settings'],
  };
  const warm = new WarmPlanner({
    planner,
    world,
    settings: () => settings,
    isBusy: () => what === 'query',
    log,
  });
  const before = what === 'plan' ? ['SELECT 1'] : [];
  // Never answered: a session's plan in the making.
  if (what === 'plan') void warm.planner.analyze(request, world);
  warm.start(0);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(asked).toEqual(before);
  await warm.close();
  expect(asked).toEqual(before);
  expect(lines).toEqual([]);
});
