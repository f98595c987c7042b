import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld, fakeTable } from '../../testdata/harness/duckdb-world.ts';
import { RelTrees } from '../../testdata/harness/rel-trees.ts';
import type { FileStatistics } from '../catalog.ts';
import { estimate, makeEstimator } from './estimate.ts';
import type { Rel } from './rel.ts';
import { type ScanFacts, scanFacts, widthOf } from './scan-facts.ts';
import { columnTypes } from './types.ts';

let world: DuckdbWorld;
let t: RelTrees;
let scans: readonly ScanFacts[];

const facts = fakeTable('facts', { k: 'INTEGER', dim: 'INTEGER', day: 'DATE', s: 'VARCHAR', h: 'INTEGER' }, 2, ['h']);
const dims = fakeTable('dims', { id: 'INTEGER', name: 'VARCHAR', flag: 'VARCHAR' }, 1);
const occurrences = [facts, dims].map((table, id) => ({ id, table, columns: table.columns.map(({ name }) => name) }));

const column = (min: string, max: string, nullCount = 0) => ({ min, max, exact: true, nullCount });
const footers: Readonly<Record<string, FileStatistics>> = {
  facts: footer(50_000, {
    k: column('1', '100000'),
    dim: column('1', '100', 5000),
    day: column('2024-01-01', '2024-12-30'),
    s: column('abc', 'xyz and more'),
  }),
  dims: footer(100, { id: column('1', '100'), name: column('a name', 'z name'), flag: column('A', 'N') }),
};

function footer(rowCount: number, columns: FileStatistics['rowGroups'][number]['columns']): FileStatistics {
  return { rowCount, rowGroups: [{ rowCount, bytes: rowCount * 40, columns }] };
}

beforeAll(async () => {
  world = await DuckdbWorld.open();
  t = new RelTrees(world);
  scans = await scanFacts({
    bound: { occurrences } as never,
    files: occurrences.map(({ table }) => table.files),
    world: { statistics: async (files) => files.map(({ path }) => footers[path.split('/')[2]!]!) },
  });
});
afterAll(() => world.close());

const fact = () => t.scan(0, 'k', 'dim', 'day', 's', 'h');
const dim = () => t.scan(1, 'id', 'name', 'flag');

async function rows(root: Rel | Promise<Rel>, ...subqueries: readonly Promise<Rel>[]): Promise<number> {
  const query = await t.query(root, [], subqueries);
  const types = await columnTypes(query, { bound: { occurrences } as never, world });
  return estimate(query.root, { query: { ...query, types }, scans }).rows;
}

test('facts of files: rows, ranges, NULLs, hive keys', () => {
  expect(scans[0]!.rows).toBe(100_000);
  expect(scans[0]!.columns.k).toMatchObject({ distinct: 100_000, min: 1, max: 100_000, width: 4 });
  expect(scans[0]!.columns.dim).toMatchObject({ distinct: 100, nulls: 0.1 });
  expect(scans[0]!.columns.day!.distinct).toBe(365);
  expect(scans[0]!.columns.s!.distinct).toBeNull();
  expect(scans[0]!.columns.h).toMatchObject({ distinct: 2, min: 0, max: 1 });
  expect(scans[1]!.columns.flag!.distinct).toBe(30);
});

test('counts of ANALYZE come before guesses, but for hive keys and never beyond the rows', async () => {
  const table = { ...facts, distinct: { dim: 7, s: 12, h: 5, k: 10 ** 9 } };
  const [found] = await scanFacts({
    bound: { occurrences: [{ ...occurrences[0]!, table }] } as never,
    files: [table.files],
    world: { statistics: async (files) => files.map(({ path }) => footers[path.split('/')[2]!]!) },
  });
  expect(found!.columns.dim!.distinct).toBe(7);
  expect(found!.columns.s!.distinct).toBe(12);
  expect(found!.columns.k!.distinct).toBe(found!.rows);
  expect(found!.columns.h).toEqual(scans[0]!.columns.h);
});

test('without footers rows follow from bytes', async () => {
  const csv = { ...fakeTable('c', { a: 'INTEGER', b: 'VARCHAR' }, 3), format: 'csv' as const };
  const [found] = await scanFacts({
    bound: { occurrences: [{ id: 0, table: csv, columns: ['a', 'b'] }] } as never,
    files: [csv.files],
    world: { statistics: () => Promise.reject(new Error('a CSV has no footer')) },
  });
  expect(found!.rows).toBe(187_500);
});

test('a sample of the files stands for all', async () => {
  const many = fakeTable('facts', { k: 'INTEGER' }, 1000);
  let asked = 0;
  const [found] = await scanFacts({
    bound: { occurrences: [{ id: 0, table: many, columns: ['k'] }] } as never,
    files: [many.files],
    world: {
      statistics: async (files) => {
        asked += files.length;
        return files.map(() => footers.facts!);
      },
    },
  });
  expect(asked).toBe(32);
  expect(found!.rows).toBe(50_000_000);
});

describe('conditions', () => {
  test.each([
    ['__c00 = 5', 1],
    ['__c01 = 5', 1000],
    ['__c01 IN (1, 2, 3)', 3000],
    ['__c00 > 75000', 25_000],
    ['75000 < __c00', 25_000],
    ['__c00 > 25000 AND __c00 <= 50000', 25_000],
    ["__c02 BETWEEN '2024-01-01' AND '2024-07-01'", 50_000],
    ["__c02 >= DATE '2030-01-01'", 1],
    ['__c01 IS NULL', 10_000],
    ['__c01 IS NOT NULL', 90_000],
    ["__c03 = 'x'", 5000],
    ["__c03 LIKE '%x%'", 10_000],
    ["NOT (__c03 LIKE '%x%')", 90_000],
    ['__c01 = 5 OR __c01 = 6', 1990],
    ['__c00 <> 5', 99_999],
    ['false', 1],
  ])('%s', async (condition, expected) => {
    const found = await rows(t.filter(fact(), condition));
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(expected * 0.02);
  });
});

test('joins follow foreign keys', async () => {
  const join = (kind: 'inner' | 'left' | 'semi' | 'anti', small: Rel | Promise<Rel>) =>
    rows(t.join(kind, fact(), small, '__c01 = __c10'));
  const few = t.filter(dim(), '__c10 <= 10');
  expect(await join('inner', dim())).toBe(100_000);
  expect(await join('inner', few)).toBeLessThan(12_000);
  expect(await join('left', few)).toBe(100_000);
  expect(await join('semi', few)).toBeLessThan(12_000);
  expect(await join('anti', few)).toBeGreaterThan(88_000);
  expect(await rows(t.join('inner', fact(), dim()))).toBe(10_000_000);
});

test('groups, sets, limits, sub-queries', async () => {
  expect(await rows(t.aggregate(fact(), { __c50: '__c01' }, {}))).toBe(100);
  expect(await rows(t.aggregate(fact(), { __c50: '__c01', __c51: '__c02' }, {}))).toBe(36_500);
  expect(await rows(t.aggregate(fact(), { __c50: '__c01', __c51: '__c00' }, {}))).toBe(100_000);
  expect(await rows(t.aggregate(fact(), {}, { __c50: 'count(*)' }))).toBe(1);
  expect(await rows(t.aggregate(fact(), { __c50: '__c01', __c51: '__c04' }, {}, { sets: [[0], [1], []] }))).toBe(103);
  expect(
    await rows(
      t.set('union_all', ['__c60'], t.project(fact(), { __c50: '__c00' }), t.project(dim(), { __c51: '__c10' })),
    ),
  ).toBe(100_100);
  expect(await rows(t.order(fact(), [], '10', '5'))).toBe(10);
  expect(await rows(t.order(fact(), ['__c00'], null, '99999'))).toBe(1);
  const keys = t.project(t.filter(dim(), '__c10 <= 10'), { __c50: '__c10' });
  expect(await rows(t.filter(fact(), '__c01 IN (SELECT * FROM __query0)'), keys)).toBeLessThan(12_000);
});

test('bytes are those of the columns', async () => {
  const query = await t.query(t.project(fact(), { __c50: '__c00', __c51: '__c02' }), []);
  const { bytes } = makeEstimator({ query, scans })(query.root);
  expect(bytes).toBe(100_000 * (4 + 4 + 2));
  expect([widthOf('DECIMAL(30,2)'), widthOf('DECIMAL(12,2)'), widthOf('VARCHAR'), widthOf('INTEGER[]')]).toEqual([
    16, 8, 16, 64,
  ]);
});
