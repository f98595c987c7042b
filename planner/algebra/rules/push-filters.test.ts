import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RelTrees } from '../../../testdata/harness/rel-trees.ts';
import { RuleBed } from '../../../testdata/harness/rule-bed.ts';
import type { Rel } from '../rel.ts';
import { pushFilters } from './push-filters.ts';

let bed: RuleBed;
let t: RelTrees;
beforeAll(async () => {
  bed = await RuleBed.open();
  t = bed.trees;
});
afterAll(() => bed.close());

const pushed = async (root: Rel | Promise<Rel>, output: readonly string[], subqueries: readonly Promise<Rel>[] = []) =>
  bed.after(pushFilters, await t.query(root, output, subqueries));
const left = () => t.scan(0, 'a', 'b', 's');
const right = () => t.scan(1, 'a', 'b', 's');

test('conditions over a cross join become its ON and filters of its sides', async () => {
  const rel = t.filter(t.join('inner', left(), right()), '__c00 = __c10', '__c01 > 3', '__c11 < 9');
  expect(await pushed(rel, ['__c01', '__c11'])).toBe(
    'SELECT __scan0.b AS __c01, __scan1.b AS __c11 FROM __scan0 INNER JOIN __scan1 ON ((__scan0.a = __scan1.a)) WHERE ((__scan0.b > 3) AND (__scan1.b < 9))',
  );
});

test('through computed columns, not through volatile ones', async () => {
  const rel = t.filter(t.distinct(t.project(left(), { __c5: '__c00 + 1', __c6: '__c02' })), '__c5 > 4', "__c6 = 's1'");
  expect(await pushed(rel, ['__c5'])).toBe(
    "SELECT __d1.__c5 FROM (SELECT DISTINCT (__scan0.a + 1) AS __c5, __scan0.s AS __c6 FROM __scan0 WHERE (((__scan0.a + 1) > 4) AND (__scan0.s = 's1'))) AS __d1",
  );
  const volatile = t.filter(t.project(left(), { __c5: 'random() * 0', __c6: '__c00' }), '__c5 = 0', '__c6 = 1');
  expect(await pushed(volatile, ['__c6'])).toBe(
    'SELECT __d1.__c6 FROM (SELECT (random() * 0) AS __c5, __scan0.a AS __c6 FROM __scan0 WHERE (__scan0.a = 1)) AS __d1 WHERE (__d1.__c5 = 0)',
  );
});

test('a volatile condition stays where it is', async () => {
  const rel = t.filter(t.distinct(t.project(left(), { __c5: '__c00' })), 'random() < 2', '__c5 > 4');
  expect(await pushed(rel, ['__c5'])).toContain('AS __d1 WHERE (random() < 2)');
});

test('onto the keys of groups only, and only those in every grouping set', async () => {
  const groups = (sets: readonly (readonly number[])[] | null) =>
    t.aggregate(left(), { __c5: '__c00', __c6: '__c02' }, { __c7: 'sum(__c01)' }, { sets });
  const rel = t.filter(groups(null), '__c5 > 2', '__c7 > 10', '__c5 + __c7 > 0');
  expect(await pushed(rel, ['__c5', '__c6', '__c7'])).toBe(
    'SELECT __scan0.a AS __c5, __scan0.s AS __c6, sum(__scan0.b) AS __c7 FROM __scan0 WHERE (__scan0.a > 2) GROUP BY __scan0.a, __scan0.s HAVING ((sum(__scan0.b) > 10) AND ((__scan0.a + sum(__scan0.b)) > 0))',
  );
  const sets = await pushed(t.filter(groups([[0, 1], [0]]), '__c5 > 2', "__c6 = 's1'"), ['__c5', '__c7']);
  expect(sets).toContain('WHERE (__scan0.a > 2) GROUP BY');
  expect(sets).toContain("HAVING (__scan0.s = 's1')");
});

test('a condition without columns stays above a group that has a row for no input', async () => {
  const rel = t.filter(t.aggregate(left(), {}, { __c7: 'count(*)' }), '1 = 2');
  expect(await pushed(rel, ['__c7'])).toContain('HAVING (1 = 2)');
});

test('through windows by their partitions, not past a LIMIT', async () => {
  const window = t.window(left(), { __c5: 'row_number() OVER (PARTITION BY __c02, __c00 ORDER BY __c01)' });
  expect(await pushed(t.filter(window, "__c02 = 's1'", '__c01 > 4'), ['__c01', '__c5'])).toBe(
    "SELECT __d1.__c01, __d1.__c5 FROM (SELECT __scan0.b AS __c01, row_number() OVER (PARTITION BY __scan0.s, __scan0.a ORDER BY __scan0.b) AS __c5 FROM __scan0 WHERE (__scan0.s = 's1')) AS __d1 WHERE (__d1.__c01 > 4)",
  );
  const cut = t.filter(t.order(left(), ['__c01'], '5'), '__c01 > 2');
  expect(await pushed(cut, ['__c01'])).toContain('LIMIT 5) AS __d1 WHERE');
});

test('into every input of a set operation', async () => {
  const set = t.set('except', ['__c8'], t.project(left(), { __c5: '__c00' }), t.project(right(), { __c6: '__c10' }));
  expect(await pushed(t.filter(set, '__c8 > 3'), ['__c8'])).toBe(
    'SELECT __d1.__c8 FROM ((SELECT __scan0.a AS __c5 FROM __scan0 WHERE (__scan0.a > 3)) EXCEPT (SELECT __scan1.a AS __c6 FROM __scan1 WHERE (__scan1.a > 3))) AS __d1(__c8)',
  );
});

test('outer joins: never onto the side that is filled with NULLs', async () => {
  const join = (kind: 'left' | 'right' | 'full') =>
    t.join(kind, left(), right(), '__c00 = __c10', '__c11 > 2', '__c01 > 1');
  expect(await pushed(t.filter(join('left'), '__c01 > 3', '__c11 IS NULL'), ['__c01', '__c11'])).toBe(
    'SELECT __scan0.b AS __c01, __d1.__c11 FROM __scan0 LEFT JOIN (SELECT __scan1.a AS __c10, __scan1.b AS __c11 FROM __scan1 WHERE (__scan1.b > 2)) AS __d1 ON (((__scan0.a = __d1.__c10) AND (__scan0.b > 1))) WHERE ((__scan0.b > 3) AND (__d1.__c11 IS NULL))',
  );
  expect(await pushed(t.filter(join('right'), '__c11 > 3', 'coalesce(__c01, 5) = 5'), ['__c01'])).toContain(
    'RIGHT JOIN __scan1 ON',
  );
  expect(await pushed(t.filter(join('full'), 'coalesce(__c01, __c11) > 3'), ['__c01'])).toContain('FULL JOIN');
});

test('a condition that no NULL passes makes an outer join an inner one', async () => {
  const join = (kind: 'left' | 'full') => t.join(kind, left(), right(), '__c00 = __c10');
  const kindAfter = async (kind: 'left' | 'full', ...conditions: string[]) =>
    / (\w+) JOIN/.exec(await pushed(t.filter(join(kind), ...conditions), ['__c01', '__c11']))?.[1];
  expect(await kindAfter('left', '__c11 > 3')).toBe('INNER');
  expect(await kindAfter('left', '__c11 IN (1, 2) OR __c10 = 4')).toBe('INNER');
  expect(await kindAfter('left', 'NOT (__c11 + 1 BETWEEN 3 AND 4)')).toBe('INNER');
  expect(await kindAfter('left', '__c11 IS NOT NULL')).toBe('INNER');
  expect(await kindAfter('left', '__c11 IS DISTINCT FROM 3')).toBe('LEFT');
  expect(await kindAfter('left', '__c11 = 3 OR __c01 = 2')).toBe('LEFT');
  expect(await kindAfter('left', 'coalesce(__c11, 4) > 3')).toBe('LEFT');
  expect(await kindAfter('full', '__c11 > 3')).toBe('RIGHT');
  expect(await kindAfter('full', '__c01 > 3')).toBe('LEFT');
  expect(await kindAfter('full', '__c01 > __c11')).toBe('INNER');
});

test('semi joins let conditions into both sides, anti joins into the right', async () => {
  const join = (kind: 'semi' | 'anti') => t.join(kind, left(), right(), '__c00 = __c10', '__c11 > 2', '__c01 > 1');
  expect(await pushed(t.filter(join('semi'), '__c01 < 9'), ['__c01'])).toBe(
    'SELECT __scan0.b AS __c01 FROM __scan0 SEMI JOIN (SELECT __scan1.a AS __c10 FROM __scan1 WHERE (__scan1.b > 2)) AS __d1 ON ((__scan0.a = __d1.__c10)) WHERE ((__scan0.b > 1) AND (__scan0.b < 9))',
  );
  expect(await pushed(t.filter(join('anti'), '__c01 < 9'), ['__c01'])).toBe(
    'SELECT __scan0.b AS __c01 FROM __scan0 ANTI JOIN (SELECT __scan1.a AS __c10 FROM __scan1 WHERE (__scan1.b > 2)) AS __d1 ON (((__scan0.a = __d1.__c10) AND (__scan0.b > 1))) WHERE (__scan0.b < 9)',
  );
});

test('an OR over both sides filters each by what it says of it', async () => {
  const rel = t.filter(
    t.join('inner', left(), right(), '__c00 = __c10'),
    "(__c02 = 's1' AND __c11 > 3) OR (__c02 = 's2' AND __c11 < 2)",
  );
  const text = await pushed(rel, ['__c01', '__c11']);
  expect(text).toContain("WHERE (((__scan0.s = 's1') OR (__scan0.s = 's2')) AND ((__scan1.b > 3) OR (__scan1.b < 2)))");
});

test('a correlated sub-query goes along and names what is there', async () => {
  const inner = t.project(t.filter(right(), '__c11 = __c5'), { __c9: '__c10' });
  const rel = t.filter(
    t.project(left(), { __c5: '__c01', __c6: '__c00 * 2' }),
    'EXISTS (SELECT * FROM __query0)',
    '__c6 > 3',
  );
  expect(await pushed(rel, ['__c6'], [inner])).toBe(
    'SELECT (__scan0.a * 2) AS __c6 FROM __scan0 WHERE (EXISTS(SELECT __scan1.a AS __c9 FROM __scan1 WHERE (__scan1.b = __scan0.b)) AND ((__scan0.a * 2) > 3))',
  );
});
