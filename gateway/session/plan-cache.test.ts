import { expect, test } from 'vitest';
import type { PlanRequest } from '../../planner/index.ts';
import type { Plan } from '../../planner/plan/plan.ts';
import { PlanCache } from './plan-cache.ts';

const request = (changes: {
  sql?: string;
  version?: string;
  time?: string;
  nullOrder?: 'nulls_last' | 'nulls_last_on_asc_first_on_desc';
}): PlanRequest => ({
  sql: changes.sql ?? 'SELECT 1 FROM t',
  parameters: null,
  catalog: { version: changes.version ?? '1', lookup: () => undefined, names: () => [] },
  settings: {
    ...{ dialect: 'postgres', strategy: 'auto', partitions: null, directMaxBytes: 1 },
    ...{ workers: 2, slots: 2, localWorkers: true, broadcastMaxBytes: 0, exchange: 'auto', disabled: [] },
  },
  session: {
    timeZone: 'UTC',
    nullOrder: changes.nullOrder ?? 'nulls_last',
    integerDivision: true,
    statementTimeMicros: changes.time ?? '1700000000000000',
  },
});

const planOf = (sql: string): Plan => ({
  ...{ strategy: 'direct', columns: [], stages: [], decisions: [], scans: [], notices: [] },
  result: { kind: 'sql', sql, scans: [], stages: [], where: 'own' },
});

/** How many plans are made for the requests, one after another. */
async function made(requests: readonly PlanRequest[], planFor: (request: PlanRequest) => Plan): Promise<number> {
  const cache = new PlanCache();
  let count = 0;
  for (const each of requests) {
    const plan = await cache.get(each, async () => {
      count++;
      return planFor(each);
    });
    expect(plan).toEqual(planFor(each));
  }
  return count;
}

test('the same request at another time has the same plan', async () => {
  expect(await made([request({}), request({ time: '1700000000000001' })], () => planOf('x'))).toBe(1);
});

test('other text, files or settings have a plan of their own', async () => {
  const requests = [request({}), request({ sql: 'SELECT 2 FROM t' }), request({ version: '2' })];
  requests.push(request({ nullOrder: 'nulls_last_on_asc_first_on_desc' }));
  expect(await made(requests, (each) => planOf(each.sql + each.catalog.version))).toBe(4);
});

test('a plan that holds the time of its statement is not kept', async () => {
  const requests = [request({}), request({ time: '1700000000000001' })];
  expect(await made(requests, (each) => planOf(`SELECT ${each.session.statementTimeMicros}`))).toBe(2);
});

test('nothing is left after clear', async () => {
  const cache = new PlanCache();
  await cache.get(request({}), async () => planOf('old'));
  cache.clear();
  expect(await cache.get(request({}), async () => planOf('new'))).toEqual(planOf('new'));
});
