/** What DuckDB's grouping calls equal has one hash, whatever form a vector has: rows of one group meet in one partition. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import type { Compiler } from './compile.ts';
import { groupHashKeys } from './group-keys.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

/** Values of one type, some of which are equal though they are written differently. */
const values: Readonly<Record<string, readonly string[]>> = {
  DOUBLE: ['0.0', '-0.0', "'nan'", "-('nan'::DOUBLE)", 'NULL', '1.5'],
  FLOAT: ['0.0', '-0.0', "'nan'", "-('nan'::FLOAT)", 'NULL'],
  INTERVAL: ["'1 month'", "'30 days'", "'720 hours'", "'1 day'", "'24 hours'", 'NULL'],
  'TIME WITH TIME ZONE': ["'12:00:00+00'", "'13:00:00+01'", 'NULL'],
  'TIMESTAMP WITH TIME ZONE': ["'2024-01-01 00:00:00+00'", "'2024-01-01 01:00:00+01'", 'NULL'],
  VARCHAR: ["''", "'a'", "'A'", "'a long text of more than twelve bytes'", 'NULL'],
  'DECIMAL(5,2)': ['0', '-0.0', '1.20', 'NULL'],
  HUGEINT: ['1', '-1', '170141183460469231731687303715884105727', 'NULL'],
  BLOB: ["'\\x00'", "''", 'NULL'],
  BIT: ["'0'", "'00'", 'NULL'],
  UUID: ["'6bb8f3d0-0000-0000-0000-000000000000'", "'6BB8F3D0-0000-0000-0000-000000000000'", 'NULL'],
  "ENUM('a', 'b')": ["'a'", "'b'", 'NULL'],
  'DOUBLE[]': ['[0.0]', '[-0.0]', '[NULL]', '[]', 'NULL', "['nan']", "[-('nan'::DOUBLE)]"],
  'INTERVAL[]': ["['1 month']", "['30 days']", 'NULL'],
  'DOUBLE[2]': ['[0.0, 1]', '[-0.0, 1]', '[NULL, 1]', 'NULL'],
  'STRUCT(a DOUBLE, b VARCHAR)': ["{a: 0.0, b: 'x'}", "{a: -0.0, b: 'x'}", '{a: NULL, b: NULL}', 'NULL'],
  'MAP(VARCHAR, DOUBLE)': ["MAP {'a': 0.0}", "MAP {'a': -0.0}", 'MAP {}', 'NULL'],
};

describe.each(Object.keys(values))('%s', (type) => {
  test('one hash for each group, as constant, as column and through a join', async () => {
    const list = values[type]!.map((value, i) => `(${i}, CAST(${value} AS ${type}))`).join(', ');
    const plain = `(VALUES ${list}) t(i, v)`;
    // A join gives dictionary vectors, a value by itself is a constant vector.
    const joined = `(SELECT i, t.v FROM range(3) r(n) JOIN ${plain} ON t.i >= r.n)`;
    const hashed = [`SELECT i, v, hash(v) AS h FROM ${plain}`, `SELECT i, v, hash(v) FROM ${joined}`].concat(
      values[type]!.map((value, i) => `SELECT ${i}, CAST(${value} AS ${type}), hash(CAST(${value} AS ${type}))`),
    );
    const rows = await world.rows(
      `WITH hashed AS (${hashed.join(' UNION ALL ')})
       SELECT count(*) FROM hashed a JOIN hashed b ON a.v IS NOT DISTINCT FROM b.v AND a.h <> b.h`,
      [],
    );
    expect(String(rows[0]![0])).toBe('0');
    const grouped = await world.rows(
      `WITH hashed AS (${hashed.join(' UNION ALL ')}) SELECT max(n) FROM (SELECT count(DISTINCT h) AS n FROM hashed GROUP BY v)`,
      [],
    );
    expect(String(grouped[0]![0])).toBe('1');
  });
});

test('types that are hashed, and those that are not', () => {
  const keys = (type: string, collations = false) => {
    const compiler = {
      typeOf: () => type,
      hashable: (hashed: string) => hashed !== 'VARCHAR' || !collations,
    } as unknown as Compiler;
    return groupHashKeys(['__c1', '__c1'], compiler);
  };
  expect(keys('INTEGER')).toEqual([{ column: '__c1', type: 'BIGINT' }]);
  expect(keys("ENUM('a', 'b')")).toEqual([{ column: '__c1', type: "ENUM('a', 'b')" }]);
  expect(keys('STRUCT(a DOUBLE[])')).toHaveLength(1);
  expect(keys('VARIANT')).toEqual([]);
  expect(keys('"NULL"')).toEqual([]);
  expect(keys('VARCHAR', true)).toEqual([]);
  expect(keys('VARCHAR[]', true)).toEqual([]);
});
