import { expect, test } from 'vitest';
import { duckdbTypeOfOid, elementOid, numericTypmod, pgType } from './pg-types.ts';
import { parseType } from './types.ts';

test.each([
  ['INTEGER', 23, 4, -1],
  ['UINTEGER', 20, 8, -1],
  ['DECIMAL(12,2)', 1700, -1, numericTypmod(12, 2)],
  ['HUGEINT', 1700, -1, numericTypmod(38, 0)],
  ['UBIGINT', 1700, -1, numericTypmod(20, 0)],
  ['JSON', 114, -1, -1],
  ['STRUCT(a INTEGER)', 114, -1, -1],
  ['INTEGER[]', 1007, -1, -1],
  ['INTEGER[3]', 1007, -1, -1],
  ['INTEGER[3][]', 114, -1, -1],
  ['VARCHAR[][2]', 114, -1, -1],
  ['INTEGER[][][]', 114, -1, -1],
  ['DECIMAL(4,2)[]', 1231, -1, numericTypmod(4, 2)],
  ['MAP(INTEGER, INTEGER)[]', 199, -1, -1],
  ["ENUM('a')", 25, -1, -1],
  ['TIMESTAMP_NS', 1114, 8, -1],
  ['"NULL"', 25, -1, -1],
])('%s', (type, oid, typlen, typmod) => {
  expect(pgType(parseType(type))).toMatchObject({ oid, typlen, typmod });
});

test('typmod as PostgreSQL packs it', () => {
  expect(numericTypmod(12, 2)).toBe(786438);
});

test('parameters', () => {
  expect(duckdbTypeOfOid(23)).toBe('INTEGER');
  expect(duckdbTypeOfOid(1184)).toBe('TIMESTAMP WITH TIME ZONE');
  expect(duckdbTypeOfOid(1009)).toBe('VARCHAR[]');
  expect(duckdbTypeOfOid(0)).toBeUndefined();
  expect(duckdbTypeOfOid(705)).toBeUndefined();
  expect(elementOid(1016)).toBe(20);
  expect(elementOid(20)).toBeUndefined();
});
