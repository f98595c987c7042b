/** Every aggregate that merges, over every type it takes, in two phases: the same value as in one DuckDB. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerDifference } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { inTurn } from '../../testdata/harness/slice.ts';
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

/** How calls may stand in a query. */
const forms: Readonly<Record<string, (calls: readonly string[]) => string>> = {
  grouped: (calls) => `SELECT g, ${calls.join(', ')} FROM facts GROUP BY g`,
  ungrouped: (calls) => `SELECT ${calls.join(', ')} FROM facts`,
  'by many': (calls) => `SELECT s, dt, ${calls.join(', ')} FROM facts GROUP BY ALL`,
  filter: (calls) => `SELECT g, ${calls.map((c) => `${c} FILTER (WHERE i8 > 20)`).join(', ')} FROM facts GROUP BY g`,
  'filter of nothing': (calls) => `SELECT ${calls.map((c) => `${c} FILTER (WHERE id < 0)`).join(', ')} FROM facts`,
  empty: (calls) => `SELECT ${calls.join(', ')} FROM facts WHERE id < 0`,
  'empty groups': (calls) => `SELECT g, ${calls.join(', ')} FROM facts WHERE id < 0 GROUP BY g`,
  'in an expression': (calls) =>
    `SELECT g, ${calls.map((c) => `CASE WHEN ${c} IS NULL THEN 'none' ELSE 'some' END`).join(', ')} FROM facts GROUP BY g HAVING count(*) > 1`,
  rollup: (calls) => `SELECT g, b, ${calls.join(', ')} FROM facts GROUP BY ROLLUP (g, b)`,
};
const formNames = Object.keys(forms);

/** Aggregates that share a query: each has its own partial and merge expression, as when it is alone. */
const together = 8;
const parties = Array.from({ length: Math.ceil(mergeableNames.length / together) }, (_, n) =>
  mergeableNames.slice(n * together, (n + 1) * together),
);

async function compare(sql: string, partitions: number): Promise<void> {
  const request = data.request(sql, { strategy: 'two_phase', partitions });
  const plan = await makePlan(request, data.world);
  const text = explainText(plan).join('\n');
  expect(text.split('\n')[0]).toBe('strategy: two_phase');
  const expected = await data.executor.original(sql, request.session);
  const difference = answerDifference(expected, await data.executor.run(plan, request.session), false);
  if (difference !== null) throw new Error(`${difference}\n${text}`);
}

describe.each(mergeableNames.map((name, place) => [name, place] as const))('%s', (name, place) => {
  test('every type', async () => {
    const calls = argumentsOf(name).map((list) => call(name, list));
    await compare(forms.grouped!(calls), 3);
  });
  test.each(inTurn(formNames, place, 1))('alone, %s', async (form) => {
    await compare(forms[form]!([call(name, argumentsOf(name)[0]!)]), 3);
  });
});

describe.each(parties.map((names) => [names.join(), names] as const))('%s', (_, names) => {
  test.each(formNames.map((form, turn) => [form, turn] as const))('%s', async (form, turn) => {
    const calls = names.map((name) => {
      const lists = argumentsOf(name);
      return call(name, lists[turn % lists.length]!);
    });
    await compare(forms[form]!(calls), 3);
  });
  test('7 partitions, some empty', async () => {
    const calls = names.map((name) => call(name, argumentsOf(name)[0]!));
    await compare(forms.grouped!(calls), 7);
    await compare(forms.ungrouped!(calls), 7);
  });
});

const distinct = ['count', 'sum', 'avg', 'min', 'max', 'stddev', 'bit_xor', 'approx_count_distinct'];
test.each(distinct.map((name, place) => [name, place] as const))('%s(DISTINCT)', async (name, place) => {
  for (const form of inTurn(formNames, place, 3)) await compare(forms[form]!([`${name}(DISTINCT i8)`]), 3);
});
test.each(formNames)('DISTINCT, %s', async (form) => {
  await compare(forms[form]!(distinct.map((name) => `${name}(DISTINCT i8)`)), 3);
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
  const sql = forms.filter!([call(name, list)]);
  const plan = await makePlan(data.request(sql, { strategy: 'two_phase', partitions: 2 }), data.world);
  const decimal = /^(avg|mean)$/.test(name)
    ? explainText(
        await makePlan(data.request(forms.grouped!(['avg(d9)']), { strategy: 'two_phase', partitions: 2 }), data.world),
      )
    : [];
  const text = [sql, ...explainText(plan), ...decimal, ''].join('\n');
  await expect(text).toMatchFileSnapshot(`../../testdata/golden/aggregate-${name}.txt`);
});
