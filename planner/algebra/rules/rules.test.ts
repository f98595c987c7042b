import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RelTrees } from '../../../testdata/harness/rel-trees.ts';
import { RuleBed } from '../../../testdata/harness/rule-bed.ts';
import { relProblems } from '../rel-problems.ts';
import { factorOr } from './factor-or.ts';
import { applyRules } from './index.ts';
import { dropRenames, mergeProjects } from './merge-projects.ts';
import { pruneColumns } from './prune-columns.ts';
import { inlineShared } from './share.ts';
import { copyOverEqualities } from './transitive.ts';

let bed: RuleBed;
let t: RelTrees;
beforeAll(async () => {
  bed = await RuleBed.open();
  t = bed.trees;
});
afterAll(() => bed.close());

const left = () => t.scan(0, 'a', 'b', 's', 'x', 'l');
const right = () => t.scan(1, 'a', 'b', 's', 'x');

describe('factorOr', () => {
  const where = async (condition: string) => {
    const text = await bed.after(factorOr, await t.query(t.filter(left(), condition), ['__c01']));
    return text.slice(text.indexOf('WHERE '));
  };

  test('takes out what all branches share', async () => {
    expect(await where('(__c00 = 1 AND __c01 > 2) OR (__c01 > 3 AND __c00 = 1)')).toBe(
      'WHERE ((__scan0.a = 1) AND ((__scan0.b > 2) OR (__scan0.b > 3)))',
    );
  });

  test('a branch that is only the shared part makes the rest true', async () => {
    expect(await where('(__c00 = 1 AND __c01 > 2) OR __c00 = 1')).toBe('WHERE (__scan0.a = 1)');
  });

  test('leaves what shares nothing, and volatile branches', async () => {
    expect(await where('__c00 = 1 OR __c01 = 2')).toBe('WHERE ((__scan0.a = 1) OR (__scan0.b = 2))');
    expect(await where('(random() < 2 AND __c00 = 1) OR (random() < 2 AND __c00 = 2)')).toContain('OR');
  });
});

describe('copyOverEqualities', () => {
  const copied = async (kind: 'inner' | 'left' | 'full' | 'anti', ...conditions: readonly string[]) => {
    const rel = t.join(kind, t.filter(left(), ...conditions), right(), '__c00 = __c10', '__c03 = __c13');
    return bed.after(copyOverEqualities, await t.query(rel, ['__c01']));
  };

  test('copies a condition to the equal column of the other side', async () => {
    expect(await copied('inner', '__c00 IN (1, 2)', '__c01 > 2')).toContain(
      'WHERE ((__scan0.a IN (1, 2)) AND (__scan0.b > 2) AND (__scan1.a IN (1, 2)))',
    );
    expect(await copied('left', '__c00 = 4')).toContain('FROM __scan1 WHERE (__scan1.a = 4)');
    expect(await copied('anti', '__c00 = 4')).toContain('FROM __scan1 WHERE (__scan1.a = 4)');
  });

  test('not over a full join, not for floats, not volatile ones', async () => {
    expect(await copied('full', '__c00 = 4')).not.toContain('__scan1.a = 4');
    expect(await copied('inner', '__c03 = 1')).not.toContain('__scan1.x = 1');
    expect(await copied('inner', '__c00 + random() > -1')).not.toContain('__scan1.a +');
  });
});

describe('pruneColumns', () => {
  test('leaves only what is read, and what decides the number of rows', async () => {
    const unnested = t.project(left(), { __c5: '__c00', __c6: 'unnest(__c04)', __c7: '__c01' }, true);
    expect(await bed.after(pruneColumns, await t.query(unnested, ['__c5']))).toBe(
      'SELECT __d1.__c5 FROM (SELECT __scan0.a AS __c5, unnest(__scan0.l) AS __c6 FROM __scan0) AS __d1',
    );
    const distinct = t.distinct(t.project(left(), { __c5: '__c00', __c6: '__c02' }));
    expect(await bed.after(pruneColumns, await t.query(distinct, ['__c5']))).toContain('DISTINCT __scan0.a AS __c5, ');
  });

  test('aggregates, windows and columns of UNION ALL that nothing reads', async () => {
    const groups = t.aggregate(left(), { __c5: '__c00' }, { __c6: 'sum(__c01)', __c7: 'max(__c02)' });
    const window = t.window(groups, { __c8: 'rank() OVER (ORDER BY __c7)' });
    const union = t.set(
      'union_all',
      ['__c20', '__c21'],
      t.project(window, { __c12: '__c6', __c14: '__c8' }),
      t.project(right(), { __c15: '__c11', __c16: '1' }),
    );
    const query = await t.query(union, ['__c20']);
    expect(await bed.after(pruneColumns, query)).toBe(
      'SELECT __d2.__c20 FROM ((SELECT sum(__scan0.b) AS __c12 FROM __scan0 GROUP BY __scan0.a) UNION ALL (SELECT __scan1.b AS __c15 FROM __scan1)) AS __d2(__c20)'.replaceAll(
        '__d2',
        '__d1',
      ),
    );
    const [first] = pruneColumns(query).root.op === 'set' ? [pruneColumns(query).root] : [];
    expect(JSON.stringify(first)).not.toContain('rank');
  });

  test('what only EXISTS asks for, and uses of shared trees', async () => {
    const query = await t.query(
      t.filter(t.shared(0, { __c5: '__c00', __c6: '__c01' }), 'EXISTS (SELECT * FROM __query0)'),
      ['__c5'],
      [t.filter(right(), '__c11 = __c5')],
      [left()],
    );
    expect(await bed.after(pruneColumns, query)).toBe(
      'WITH __shared0 AS MATERIALIZED (SELECT __scan0.a AS __c00 FROM __scan0)SELECT __shared0.__c00 AS __c5 FROM __shared0 WHERE EXISTS(SELECT 1 FROM __scan1 WHERE (__scan1.b = __shared0.__c00))',
    );
  });
});

describe('projections', () => {
  test('two become one unless something would be computed twice', async () => {
    const inner = t.project(left(), { __c5: '__c01 * 2', __c6: '__c02' });
    const once = await t.query(t.project(inner, { __c7: '__c5 + 1', __c8: '__c6' }), ['__c7', '__c8']);
    expect(mergeProjects(once).root).toMatchObject({ op: 'project', input: { op: 'scan' } });
    const twice = await t.query(t.project(inner, { __c7: '__c5 + __c5' }), ['__c7']);
    expect(mergeProjects(twice).root).toMatchObject({ op: 'project', input: { op: 'project' } });
    expect(await bed.after(mergeProjects, once)).toBe(
      'SELECT ((__scan0.b * 2) + 1) AS __c7, __scan0.s AS __c8 FROM __scan0',
    );
  });

  test('mere names go, in sub-queries and set operations too', async () => {
    const named = t.project(left(), { __c5: '__c00', __c6: '__c01' });
    const query = await t.query(
      t.set(
        'union_all',
        ['__c20'],
        t.project(t.filter(named, '__c5 IN (SELECT * FROM __query0)'), { __c9: '__c6' }),
        t.project(t.scan(2, 'a'), { __c21: '__c20 + 1' }),
      ),
      ['__c20'],
      [t.project(t.filter(right(), '__c11 > __c6'), { __c7: '__c10' })],
    );
    const dropped = dropRenames(query);
    expect(dropped.root).toMatchObject({
      op: 'set',
      inputs: [{ op: 'filter', input: { op: 'scan' } }, { op: 'project' }],
    });
    expect(dropped.queries[0]).toMatchObject({ columns: ['__c10'], outer: ['__c01'] });
  });

  test('under DISTINCT a projection that leaves columns out stays', async () => {
    const query = await t.query(t.distinct(t.project(left(), { __c5: '__c02' })), ['__c5']);
    expect(await bed.after(dropRenames, query)).toBe('SELECT DISTINCT __scan0.s AS __c5 FROM __scan0');
  });
});

describe('inlineShared', () => {
  test('a tree that is used once, a tree that is not used, numbers of the others', async () => {
    const [x, y] = [t.shared(1, { __c5: '__c10' }), t.shared(2, { __c6: '__c20' })];
    const z = t.shared(2, { __c7: '__c20' });
    const query = await t.query(
      t.join('inner', t.join('inner', x, y, '__c5 = __c6'), z, '__c7 = __c6'),
      ['__c5'],
      [],
      [left(), right(), t.scan(2, 'a')],
    );
    expect(await bed.after(inlineShared, query)).toBe(
      'WITH __shared0 AS MATERIALIZED (SELECT __scan2.a AS __c20 FROM __scan2)SELECT __scan1.a AS __c5 FROM __scan1 INNER JOIN __shared0 ON ((__scan1.a = __shared0.__c20)) INNER JOIN __shared0 AS __shared0_2 ON ((__shared0_2.__c20 = __shared0.__c20))',
    );
  });

  test('not a volatile one', async () => {
    const query = await t.query(
      t.shared(0, { __c5: '__c6' }),
      ['__c5'],
      [],
      [t.project(left(), { __c6: 'random() * 0' })],
    );
    expect(await bed.after(inlineShared, query)).toContain('MATERIALIZED');
  });
});

test('all rules together, and each may be switched off', async () => {
  const rel = t.filter(
    t.project(t.join('inner', t.shared(0, { __c5: '__c00', __c6: '__c01' }), right()), {
      __c7: '__c5',
      __c8: '__c10',
      __c9: '__c11',
    }),
    '__c7 = __c8',
    '__c7 = 3',
  );
  const query = await t.query(rel, ['__c9'], [], [left()]);
  expect(await bed.after(applyRules, query)).toBe(
    'SELECT __scan1.b AS __c11 FROM __scan0 INNER JOIN __scan1 ON ((__scan0.a = __scan1.a)) WHERE ((__scan0.a = 3) AND (__scan1.a = 3))',
  );
  const off = await bed.after((typed) => applyRules(typed, ['inline_shared', 'inline_shared_again']), query);
  expect(off).toContain('WITH __shared0 AS');
});

test('sub-queries that were copied or are gone make no column twice', async () => {
  const inner = t.project(t.filter(right(), '__c11 = __c5'), { __c9: '__c10' });
  const computed = t.project(left(), { __c5: '__c01', __c6: '__c00 * 2' });
  const query = await t.query(t.filter(computed, '__c5 IN (SELECT * FROM __query0)', '__c6 > 3'), ['__c6'], [inner]);
  let rewritten = query;
  await bed.after((typed) => {
    rewritten = applyRules(typed);
    return rewritten;
  }, query);
  expect(rewritten.queries.length).toBe(2);
  expect(relProblems(rewritten)).toEqual([]);
});
