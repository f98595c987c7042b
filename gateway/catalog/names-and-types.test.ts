import { expect, test } from 'vitest';
import { dataFileName } from './file-formats.ts';
import { parseLiteral, parseTextList } from './literals.ts';
import { assignNames, tableName } from './table-name.ts';
import { canUnify } from './type-kinds.ts';

test.each([
  ['Daily Quotes', 'daily_quotes'],
  ['2024', 't_2024'],
  ['a-b--c', 'a_b_c'],
  ['Größe.v1', 'größe_v1'],
  ['!!!', 'data'],
  ['k=v', 'k_v'],
  ['x'.repeat(100), 'x'.repeat(63)],
  ['é'.repeat(40), 'é'.repeat(31)],
])('the table of %s is %s', (name, table) => {
  expect(tableName(name)).toBe(table);
});

test('each claim gets a name of its own', () => {
  const claims = [['a'], ['a', 'a_csv'], ['a', 'a_csv'], ['a_csv_2'], ['x'.repeat(63)], ['x'.repeat(63)]];
  const names = [...assignNames(claims.map((wishes, item) => ({ wishes, item })))].map(([name]) => name);
  expect(names).toEqual(['a', 'a_csv', 'a_csv_2', 'a_csv_2_2', 'x'.repeat(63), `${'x'.repeat(61)}_2`]);
});

test.each([
  ['a.parquet', { stem: 'a', format: 'parquet' }],
  ['a.b.CSV.GZ', { stem: 'a.b', format: 'csv' }],
  ['a.jsonl.zst', { stem: 'a', format: 'json' }],
  ['a.tsv', { stem: 'a', format: 'csv' }],
  ['a.parquet.gz', null],
  ['a.gz', null],
  ['csv', null],
  ['a.txt', null],
  ['a.parquet.tmp', null],
])('%s is %j', (name, expected) => {
  expect(dataFileName(name)).toEqual(expected);
});

test.each([
  ['INTEGER', 'DECIMAL(10,2)', true],
  ['BOOLEAN', 'DOUBLE', true],
  ['INTEGER', 'VARCHAR', true],
  ['DATE', 'TIMESTAMP WITH TIME ZONE', true],
  ['INTEGER', 'DATE', false],
  ['TIME', 'DATE', false],
  ['BLOB', 'INTEGER', false],
  ['UUID', 'VARCHAR', true],
  ['INTEGER', 'INTEGER[]', false],
  ['INTEGER[]', 'BIGINT[]', true],
  ['INTEGER[]', 'DATE[]', false],
  ['INTEGER[3]', 'BIGINT[]', true],
  ['STRUCT(a INTEGER, b VARCHAR)', 'STRUCT(A BIGINT, c DATE)', true],
  ['STRUCT(a INTEGER)', 'STRUCT(a DATE)', false],
  ['STRUCT("x, y" INTEGER, b DECIMAL(3,1))', 'STRUCT("x, y" DATE)', false],
  ['STRUCT(a STRUCT(b INTEGER))', 'STRUCT(a STRUCT(b DATE))', false],
  ['STRUCT(a INTEGER)', 'INTEGER', false],
  ['MAP(VARCHAR, INTEGER)', 'MAP(VARCHAR, BIGINT)', true],
  ['MAP(VARCHAR, INTEGER)', 'MAP(VARCHAR, DATE)', false],
  ["ENUM('a, b', 'c')", 'INTEGER', true],
])('%s and %s can be unified: %s', (left, right, expected) => {
  expect(canUnify(left, right)).toBe(expected);
  expect(canUnify(right, left)).toBe(expected);
});

test('SQL literals', () => {
  expect(parseLiteral(`'it''s'`)).toBe(`it's`);
  expect(parseLiteral(' TRUE ')).toBe('true');
  expect(parseLiteral('-12')).toBe('-12');
  for (const other of [`'a' || 'b'`, `'a' 'b'`, 'x', '1 + 1', '$1', '1.5e3', ''])
    expect(parseLiteral(other), other).toBeNull();
  expect(parseTextList(`['a', 'b''c']`)).toEqual(['a', `b'c`]);
  expect(parseTextList(`main.list_value('a')`)).toEqual(['a']);
  for (const other of ['[]', `['a', b]`, `['a' || 'b']`, `['a'], ['b']`, `list_value($1)`])
    expect(parseTextList(other), other).toBeNull();
});
