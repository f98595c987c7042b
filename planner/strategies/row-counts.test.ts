/** Counts of columns without NULLs are counts of rows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { makePlan } from '../make-plan.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

async function fragment(sql: string): Promise<string> {
  const plan = await makePlan(data.request(sql, { strategy: 'two_phase', partitions: 2 }), data.world);
  expect(plan.strategy).toBe('two_phase');
  return plan.stages[0]!.sql;
}

describe('count(column)', () => {
  test('is count(*) where the footers count no NULL', async () => {
    const sql = await fragment('SELECT g, avg(d18), avg(i16), count(i64), count(*) FROM facts GROUP BY g');
    expect(sql.match(/count\w*\(/g)).toEqual(['count_star(']);
  });

  test('keeps its filter', async () => {
    const sql = await fragment('SELECT count(i16) FILTER (WHERE b) FROM facts');
    expect(sql).toMatch(/count_star\(\) FILTER \(WHERE/);
  });

  test.each([
    ['SELECT avg(d9), count(s) FROM facts', 'some are NULL'],
    ['SELECT avg(d18 + 1), count(i64 % 3) FROM facts', 'an expression'],
    ['SELECT count(f.i16) FROM facts f LEFT JOIN dim d ON f.g = d.g', 'a join'],
    ['SELECT count(region) FROM regions', 'a key of the path'],
  ])('stays in %s: %s', async (sql) => {
    expect(await fragment(sql)).not.toContain('count_star');
  });

  test('stays with DISTINCT', async () => {
    expect(await fragment('SELECT count(DISTINCT i16) FROM facts')).not.toContain('count_star');
  });
});
