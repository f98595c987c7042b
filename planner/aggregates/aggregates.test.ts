/** Every aggregate that merges, over every type it takes, in two phases: the same value as in one DuckDB. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerDifference } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';
import { mergeableNames } from './index.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData(1_000_000);
});
afterAll(() => data.close());

const integers = ['i8', 'i16', 'i32', 'i64', 'h', 'u64'];
const decimals = ['d4', 'd9', 'd18'];
const floats = ['f', 'x'];
const others = ['s', 'b', 'dt', 'ts'];

/** Columns that each aggregate is tried on; pairs for those with two arguments. */
function argumentsOf(name: string): readonly string[] {
  if (name === 'count_star') return ['*'];
  if (name === 'count' || name === 'min' || name === 'max' || name === 'approx_count_distinct')
    return [...integers, ...decimals, 'd38', ...floats, ...others];
  if (name === 'sum') return [...integers, ...decimals, 'd38', ...floats, 'b'];
  if (name === 'avg' || name === 'mean') return [...integers, ...decimals, ...floats];
  if (name.startsWith('bit_')) return ['i8', 'i16', 'i32', 'i64', 'u64'];
  if (name.startsWith('bool_') || name.startsWith('count')) return ['b', 'i32 > 5'];
  if (/^(covar_|corr$|regr_)/.test(name)) return ['x, y', 'i32, d9'];
  if (name === 'product') return ['y / 300'];
  return ['x', 'i32', 'd9'];
}

const call = (name: string, list: string) => (name === 'count_star' ? 'count(*)' : `${name}(${list})`);

/** How a call may stand in a query. */
const forms: Readonly<Record<string, (call: string) => string>> = {
  grouped: (c) => `SELECT g, ${c} FROM facts GROUP BY g`,
  ungrouped: (c) => `SELECT ${c} FROM facts`,
  'by many': (c) => `SELECT s, dt, ${c} FROM facts GROUP BY ALL`,
  filter: (c) => `SELECT g, ${c} FILTER (WHERE i8 > 20) FROM facts GROUP BY g`,
  'filter of nothing': (c) => `SELECT ${c} FILTER (WHERE id < 0) FROM facts`,
  empty: (c) => `SELECT ${c} FROM facts WHERE id < 0`,
  'empty groups': (c) => `SELECT g, ${c} FROM facts WHERE id < 0 GROUP BY g`,
  'in an expression': (c) =>
    `SELECT g, CASE WHEN ${c} IS NULL THEN 'none' ELSE 'some' END FROM facts GROUP BY g HAVING count(*) > 1`,
  rollup: (c) => `SELECT g, b, ${c} FROM facts GROUP BY ROLLUP (g, b)`,
};

async function compare(sql: string, partitions: number): Promise<void> {
  const request = data.request(sql, { strategy: 'two_phase', partitions });
  const plan = await makePlan(request, data.world);
  const text = explainText(plan).join('\n');
  expect(text.split('\n')[0]).toBe('strategy: two_phase');
  const expected = await data.executor.original(sql, request.session);
  const difference = answerDifference(expected, await data.executor.run(plan, request.session), false);
  if (difference !== null) throw new Error(`${difference}\n${text}`);
}

describe.each([...mergeableNames])('%s', (name) => {
  test('every type', async () => {
    const calls = argumentsOf(name).map((list) => call(name, list));
    await compare(forms.grouped!(calls.join(', ')), 3);
  });
  test.each(Object.keys(forms).map((form, turn) => [form, turn] as const))('%s', async (form, turn) => {
    const lists = argumentsOf(name);
    await compare(forms[form]!(call(name, lists[turn % lists.length]!)), 3);
  });
  test('7 partitions, some empty', async () => {
    await compare(forms.grouped!(call(name, argumentsOf(name)[0]!)), 7);
    await compare(forms.ungrouped!(call(name, argumentsOf(name)[0]!)), 7);
  });
});

const distinct = ['count', 'sum', 'avg', 'min', 'max', 'stddev', 'bit_xor', 'approx_count_distinct'];
test.each(distinct)('%s(DISTINCT)', async (name) => {
  for (const form of Object.values(forms)) await compare(form(`${name}(DISTINCT i8)`), 3);
});

test('all together, doubles included', async () => {
  await compare(
    `SELECT g, count(*), sum(d9), avg(d9), avg(d9) * 2, sum(d9) / count(d9), min(s), stddev(x), avg(x), count(DISTINCT s), avg(i64)
     FROM facts GROUP BY g`,
    3,
  );
});

test('what is not merged says why', async () => {
  const reason = async (sql: string, disabled: readonly string[] = []) => {
    const plan = await makePlan(
      data.request(sql, { strategy: 'two_phase', disabled: ['stages', ...disabled] }),
      data.world,
    );
    expect(plan.strategy).toBe('gather');
    return plan.decisions.find(({ strategy }) => strategy === 'two_phase')!.reason;
  };
  expect(await reason('SELECT median(x) FROM facts')).toContain('median: it needs all rows');
  expect(await reason('SELECT avg(d38) FROM facts')).toContain('decimals');
  expect(await reason('SELECT max(id, 3) FROM facts')).toContain('one argument');
  expect(await reason('SELECT list(DISTINCT g) FROM facts')).toContain('list');
  expect(await reason('SELECT sum(x ORDER BY id) FROM facts')).toContain('ORDER BY of its own');
  expect(await reason('SELECT avg(i32) FROM facts', ['aggregate:avg'])).toContain('switched off');
  expect(await reason('SELECT count(DISTINCT g) FROM facts', ['aggregate:count'])).toContain('DISTINCT');
  expect(await reason('SELECT min(s COLLATE NOCASE) FROM facts')).toContain('collation');
});

test.each([...mergeableNames])('golden plan: %s', async (name) => {
  const list = argumentsOf(name)[0]!;
  const sql = forms.filter!(call(name, list));
  const plan = await makePlan(data.request(sql, { strategy: 'two_phase', partitions: 2 }), data.world);
  const decimal = /^(avg|mean)$/.test(name)
    ? explainText(
        await makePlan(data.request(forms.grouped!('avg(d9)'), { strategy: 'two_phase', partitions: 2 }), data.world),
      )
    : [];
  const text = [sql, ...explainText(plan), ...decimal, ''].join('\n');
  await expect(text).toMatchFileSnapshot(`../../testdata/golden/aggregate-${name}.txt`);
});
