import { type DuckDBConnection, DuckDBInstance, INTEGER, SQLNULL } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { typeColumns } from '../../testdata/rows/type-columns.ts';
import { parseType, typeText } from './types.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

test('every type reads as DuckDB prints it, and prints the same', async () => {
  for (const expression of Object.values(typeColumns)) {
    const reader = await connection.runAndReadAll(
      `SELECT typeof(v), v FROM (SELECT ${expression} AS v FROM range(3) r(i))`,
    );
    const text = reader.getRows()[0]![0] as string;
    expect(typeText(parseType(text))).toBe(text);
    expect(typeText(reader.columnTypes()[1]!)).toBe(text);
    expect(parseType(text).toJson()).toEqual(reader.columnTypes()[1]!.toJson());
  }
});

test('field names of every kind', async () => {
  const names = [
    'a',
    'B',
    '_x',
    'b c',
    'select',
    'year',
    'Value',
    '1a',
    'ä',
    'with"quote',
    'a$',
    'x,y',
    "it's",
    '(',
    'time',
  ];
  const type = `STRUCT(${names.map((name) => `"${name.replaceAll('"', '""')}" INTEGER`).join(', ')})`;
  const reader = await connection.runAndReadAll(`SELECT typeof(CAST(NULL AS ${type}))`);
  const text = reader.getRows()[0]![0] as string;
  expect(typeText(parseType(text))).toBe(text);
  expect((parseType(text) as unknown as { entryNames: string[] }).entryNames).toEqual(names);
});

test('fields without names, and the type of NULL', async () => {
  const reader = await connection.runAndReadAll(
    "SELECT typeof(row(1, TIMETZ '00:00+00')), typeof(NULL), typeof([NULL]), typeof({a: NULL})",
  );
  for (const text of reader.getRows()[0] as string[]) {
    expect(typeText(parseType(text))).toBe(text);
  }
  expect(parseType('"NULL"')).toBe(SQLNULL);
});

test('synonyms and spaces', () => {
  expect(parseType(' int4 ')).toBe(INTEGER);
  expect(typeText(parseType('numeric( 10 , 2 )[ ]'))).toBe('DECIMAL(10,2)[]');
  expect(typeText(parseType('double precision'))).toBe('DOUBLE');
  expect(typeText(parseType('timestamp with time zone[3]'))).toBe('TIMESTAMP WITH TIME ZONE[3]');
  expect(typeText(parseType('character varying(20)'))).toBe('VARCHAR');
});

test.each([
  '',
  'NOPE',
  'INTEGER[',
  'INTEGER]',
  'DECIMAL(39,1)',
  'DECIMAL(4,5)',
  'STRUCT(a)',
  'STRUCT()',
  'MAP(INTEGER)',
  "ENUM('a",
  'INTEGER; DROP TABLE x',
  'toString',
  'INTEGER INTEGER',
  `${'STRUCT(a '.repeat(100)}INTEGER${')'.repeat(100)}`,
])('%s is no type', (text) => {
  expect(() => parseType(text)).toThrow(expect.objectContaining({ sqlstate: '42704' }));
});
