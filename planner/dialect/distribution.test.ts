/** Rewrites of the dialect never cost a query its distribution. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { makePlan } from '../make-plan.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

async function strategyOf(sql: string, dialect: 'postgres' | 'duckdb'): Promise<string> {
  // Rows that are handed on as they are would run direct, for the estimate's sake.
  const strategy = /group by|over|join|from \(/i.test(sql) ? 'auto' : 'pushdown';
  return (await makePlan(data.request(sql, { dialect, strategy }), data.world)).strategy;
}

describe('a rewritten query runs as the plain one', () => {
  test.each([
    ['SELECT extract(year FROM ts), count(*) FROM facts GROUP BY 1'],
    ['SELECT g, sum(i32) / count(*) FROM facts GROUP BY g ORDER BY g'],
    ['SELECT g, sum(CASE WHEN b THEN 1 ELSE 0 END) FROM facts GROUP BY g'],
    ["SELECT date_trunc('month', dt), max(x) FROM facts GROUP BY 1"],
    ['SELECT id / g, i32 % g FROM facts'],
    ['SELECT id FROM facts WHERE 10 / g > 2'],
    ['SELECT sum(f.i32) FROM facts f JOIN dim d ON d.g = f.g WHERE length(d.name) > 3'],
    ['SELECT c.n FROM (SELECT count(*) AS n FROM facts GROUP BY g) c'],
    ['SELECT g, row_number() OVER (PARTITION BY g ORDER BY id), sum(i32) OVER (PARTITION BY g) FROM facts'],
    ['SELECT x::float, i32::numeric FROM facts'],
    [
      "SELECT to_char(ts, 'YYYY-MM'), count(*) FROM facts GROUP BY 1",
      "SELECT strftime(ts, '%Y-%m'), count(*) FROM facts GROUP BY 1",
    ],
    ['SELECT initcap(name), quote_literal(name) FROM dim', 'SELECT upper(name), lower(name) FROM dim'],
  ])('%s', async (sql, plain = sql) => {
    const strategy = await strategyOf(sql, 'postgres');
    expect(strategy).toBe(await strategyOf(plain, 'duckdb'));
    expect(['gather', 'direct', 'local']).not.toContain(strategy);
  });
});
