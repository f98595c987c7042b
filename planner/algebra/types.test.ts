import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld, fakeTable } from '../../testdata/harness/duckdb-world.ts';
import { RelTrees } from '../../testdata/harness/rel-trees.ts';
import type { RelQuery } from './rel.ts';
import { columnTypes } from './types.ts';

let world: DuckdbWorld;
let t: RelTrees;
beforeAll(async () => {
  world = await DuckdbWorld.open();
  t = new RelTrees(world);
});
afterAll(() => world.close());

const columns = {
  i: 'INTEGER',
  d: 'DECIMAL(9,2)',
  day: 'DATE',
  l: 'VARCHAR[]',
  tiny: 'TINYINT',
  s: 'STRUCT(a INTEGER)',
};
const occurrences = Array.from({ length: 2 }, () => ({ table: fakeTable('t', columns) }));
const scan = (n: number) => t.scan(n, ...Object.keys(columns));

let described = 0;
function typesOf(query: RelQuery): Promise<ReadonlyMap<string, string>> {
  described = 0;
  const counting = {
    deserialize: (json: string) => world.deserialize(json),
    describe: (...args: Parameters<DuckdbWorld['describe']>) => {
      described++;
      return world.describe(...args);
    },
  };
  return columnTypes(query, { bound: { occurrences }, world: counting } as never);
}

test('one question for everything that is computed', async () => {
  const groups = t.aggregate(
    t.project(scan(0), { __c30: '__c00 * 2', __c31: '__c01', __c32: '5', __c33: '__c04 + __c32' }),
    { __c40: '__c30 % 3', __c41: '__c31' },
    {
      __c42: 'sum(__c31) FILTER (WHERE __c30 > 1)',
      __c43: 'count(DISTINCT __c30)',
      __c44: 'avg(__c31 ORDER BY __c30)',
    },
    { sets: [[0], [1]], groupings: [{ id: '__c45', keys: [0] }] },
  );
  const window = t.window(groups, {
    __c50: 'rank() OVER (ORDER BY __c42)',
    __c51: 'sum(__c43) OVER (PARTITION BY __c40)',
  });
  const types = await typesOf(await t.query(t.filter(window, '__c50 > 1'), ['__c50']));
  expect(described).toBe(1);
  expect(Object.fromEntries(types)).toMatchObject({
    __c00: 'INTEGER',
    __c01: 'DECIMAL(9,2)',
    __c03: 'VARCHAR[]',
    __c05: 'STRUCT(a INTEGER)',
    __c30: 'INTEGER',
    __c31: 'DECIMAL(9,2)',
    __c32: 'INTEGER',
    // A column of 5 is an INTEGER, the literal would be a TINYINT.
    __c33: 'INTEGER',
    __c40: 'INTEGER',
    __c41: 'DECIMAL(9,2)',
    __c42: 'DECIMAL(38,2)',
    __c43: 'BIGINT',
    __c44: 'DOUBLE',
    __c45: 'BIGINT',
    __c50: 'BIGINT',
    __c51: 'HUGEINT',
  });
});

test('no question for plain columns, casts and counts', async () => {
  const groups = t.aggregate(scan(0), { __c30: '__c02' }, { __c31: 'count(*)' });
  const types = await typesOf(
    await t.query(t.project(groups, { __c32: 'CAST(__c31 AS DOUBLE)', __c33: '__c30' }), ['__c32']),
  );
  expect(described).toBe(0);
  expect(Object.fromEntries(types)).toMatchObject({ __c30: 'DATE', __c31: 'BIGINT', __c32: 'DOUBLE', __c33: 'DATE' });
});

test('sub-queries, shared trees, set operations, lateral rows', async () => {
  const inner = t.aggregate(t.filter(scan(1), '__c10 = __c50'), {}, { __c60: 'max(__c12) + INTERVAL 1 day' });
  const lists = t.rows('SELECT * FROM unnest(__c53) AS u(__c70)', '__c70');
  const use = t.shared(0, { __c50: '__c00', __c53: '__c03', __c51: '__c01' });
  const query = await t.query(
    t.set(
      'union_all',
      ['__c90', '__c91'],
      t.project(t.lateral('inner', use, lists), { __c80: '(SELECT * FROM __query0)', __c81: '__c70 || __c51' }),
      t.rows("SELECT NULL AS __c82, 'x' AS __c83", '__c82', '__c83'),
    ),
    ['__c90', '__c91'],
    [inner],
    [scan(0)],
  );
  const types = await typesOf(query);
  expect(described).toBe(1);
  expect(Object.fromEntries(types)).toMatchObject({
    __c50: 'INTEGER',
    __c60: 'TIMESTAMP',
    __c70: 'VARCHAR',
    __c80: 'TIMESTAMP',
    __c81: 'VARCHAR',
    __c83: 'VARCHAR',
    __c90: 'TIMESTAMP',
    __c91: 'VARCHAR',
  });
});

test('rejects what does not bind', async () => {
  await expect(typesOf(await t.query(t.project(scan(0), { __c30: '__c03 + 1' }), ['__c30']))).rejects.toThrow();
});
