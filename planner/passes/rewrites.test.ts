import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { makePlan } from '../make-plan.ts';
import type { SessionSettings } from '../plan/plan.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

async function answer(sql: string, session: Partial<SessionSettings>) {
  const request = data.request(sql, { strategy: 'direct' }, session);
  const plan = await makePlan(request, data.world);
  const { rows, types } = await data.executor.run(plan, request.session);
  return { sql: plan.result.kind === 'sql' ? plan.result.sql : '', row: rows[0], types };
}

test("now() and its kin are the statement's time, in the session's time zone", async () => {
  const list = ['now()', 'current_timestamp', 'current_date', 'today()', 'localtimestamp', 'localtime', 'current_time'];
  // 2024-06-01 23:30:00.5 UTC is the next day in Kolkata.
  const session = { statementTimeMicros: '1717284600500000', timeZone: 'Asia/Kolkata' };
  const { row, types } = await answer(`SELECT ${list.join()}, age(DATE '2024-01-02') FROM facts LIMIT 1`, session);
  expect(row!.slice(2, 6)).toEqual(['2024-06-02', '2024-06-02', '2024-06-02 05:00:00.5', '05:00:00.5']);
  expect(row![0]).toContain('2024-06-0');
  expect(row![0]).toBe(row![1]);
  expect(row![7]).toBe('5 months');
  expect(types.slice(0, 7).join()).toBe(
    'TIMESTAMP WITH TIME ZONE,TIMESTAMP WITH TIME ZONE,DATE,DATE,TIMESTAMP,TIME,TIME WITH TIME ZONE',
  );
});

test('every ORDER BY says where NULLs go', async () => {
  const sql = `SELECT s, row_number() OVER (ORDER BY i8 DESC, id), list(b ORDER BY s DESC, id) OVER (PARTITION BY g)
    FROM (FROM facts ORDER BY i32 LIMIT 5) q ORDER BY s DESC, 2`;
  const last = await answer(sql, { nullOrder: 'nulls_last' });
  expect(last.sql.match(/NULLS LAST/g)).toHaveLength(7);
  expect(last.sql).not.toContain('NULLS FIRST');
  const postgres = await answer(sql, { nullOrder: 'nulls_last_on_asc_first_on_desc' });
  expect(postgres.sql.match(/DESC NULLS FIRST/g)).toHaveLength(3);
  expect(postgres.sql.match(/NULLS LAST/g)).toHaveLength(4);
  expect((await answer('SELECT s FROM facts ORDER BY s DESC NULLS LAST', {})).sql).toContain('DESC NULLS LAST');
});
