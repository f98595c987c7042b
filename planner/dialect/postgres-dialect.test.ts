import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import type { CatalogSnapshot } from '../catalog.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { parseable, postgresDialect } from './postgres-dialect.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open('CREATE TABLE t (i INTEGER, b BIGINT, d DATE, e DATE, s VARCHAR, f DOUBLE)');
});
afterAll(() => world.close());

const catalog: CatalogSnapshot = { version: '', lookup: () => undefined, names: () => [] };
const columns = ['i INTEGER', 'b BIGINT', 'd DATE', 'e DATE', 's VARCHAR', 'f DOUBLE'].map((column) => {
  const [name, type] = column.split(' ') as [string, string];
  return { name, type, hive: false };
});

async function rewritten(source: string): Promise<string> {
  const text = parseable(source);
  const local = async (_schema: string, name: string) => (name === 't' ? columns : undefined);
  return printStatement(
    world,
    await postgresDialect(world, await parseStatement(world, text), text, catalog, { localColumns: local }),
  );
}

async function run(expression: string): Promise<unknown> {
  const [row] = await world.rows(`SELECT CAST((${(await rewritten(`SELECT ${expression}`)).slice(7)}) AS VARCHAR)`, []);
  return row![0];
}

async function typeOf(query: string): Promise<unknown> {
  return (await world.describe(await rewritten(query), [])).columns[0]!.type;
}

describe('values', () => {
  test.each([
    ["initcap('hello wORLD foo-bar')", 'Hello World Foo-Bar'],
    ["substring('abcdef', -1, 4)", 'ab'],
    ["substring('foobar' FROM 'o(.)b')", 'o'],
    ["overlay('abcdef' PLACING 'XX' FROM 3 FOR 2)", 'abXXef'],
    ["quote_ident('select') || quote_ident('abc')", '"select"abc'],
    ["quote_literal('it''s')", "'it''s'"],
    ["format('%I = %L, %s%%|%5s|', 'a b', 'x', NULL, 'r')", '"a b" = \'x\', %|    r|'],
    ["to_char(TIMESTAMP '2024-02-03 14:05:06.789', 'FMMonth DD, HH12:MI:SS.MS am')", 'February 03, 02:05:06.789 pm'],
    ["to_char(DATE '2024-02-03', 'Day|Q|WW|DDD')", 'Saturday |1|05|034'],
    ["to_char(1234567.891, '9,999,999.99')", ' 1,234,567.89'],
    ["to_char(-0.5, 'FM990.00')", '-0.50'],
    ["to_char(12345, '999')", ' ###'],
    ["to_number('1,234.5', '9,999.9')", '1234.5'],
    ["to_date('05 Dec 2000', 'DD Mon YYYY')", '2000-12-05'],
    ["regexp_match('foobarbeque', '(bar)(beque)')", '[bar, beque]'],
    ["extract(second FROM TIMESTAMP '2024-01-01 00:00:09.5')", '9.500000'],
    ["'{1,2,NULL}'::int[]", '[1, 2, NULL]'],
    ["'\\xdeadBEEF'::bytea", '\\xDE\\xAD\\xBE\\xEF'],
    ["'1.23456'::numeric", '1.23456'],
    ['\'{"a":{"b":[1,2]}}\'::json #>> \'{a,b,1}\'', '2'],
    ['ARRAY[1,2] || 3', '[1, 2, 3]'],
    ["interval '1 hour' / 2", '00:30:00'],
    ["json_build_object('a', 1, 'b', NULL)", '{"a" : 1, "b" : null}'],
    ["1 = ANY ('{1,2}')", 'true'],
    ['10 / 3', '3.3333333333333335'],
    ['7 / nullif(0, 0)', null],
    ['NULL::int / 0', null],
  ])('%s', async (expression, value) => expect(await run(expression)).toBe(value));

  test.each(['1 / 0', '1 % 0', '1.5::float8 / 0', 'mod(7, 1 - 1)'])('%s fails', (expression) =>
    expect(run(expression)).rejects.toThrow('[22012] division by zero|0'),
  );

  test('a division fails only where a divisor is zero', async () => {
    const sql = await rewritten('SELECT sum(10 / x) FROM (VALUES (1), (2), (NULL)) v(x) WHERE x <> 0');
    expect((await world.rows(sql, []))[0]).toEqual([15]);
  });
});

describe('types', () => {
  test.each([
    ['SELECT sum(i) FROM t', 'BIGINT'],
    ['SELECT sum(b) FROM t', 'HUGEINT'],
    ['SELECT sum(CASE WHEN s IS NULL THEN 1 ELSE 0 END) FROM t', 'BIGINT'],
    ['SELECT sum(x) FROM (SELECT b AS x FROM t) AS t', 'HUGEINT'],
    ['WITH t AS (SELECT 1::bigint AS i) SELECT sum(i) FROM t', 'HUGEINT'],
    ['SELECT d - e FROM t', 'INTEGER'],
    ['SELECT length(s) FROM t', 'INTEGER'],
    ['SELECT extract(year FROM d) FROM t', 'DECIMAL(18,0)'],
    ["SELECT date_part('year', d) FROM t", 'DOUBLE'],
    ["SELECT date_trunc('month', d) FROM t", 'TIMESTAMP WITH TIME ZONE'],
    ['SELECT i::float FROM t', 'DOUBLE'],
    ['SELECT i::real FROM t', 'FLOAT'],
    ['SELECT i::numeric FROM t', 'DECIMAL(38,0)'],
    ['SELECT f::numeric FROM t', 'DECIMAL(38,11)'],
    ['SELECT s::numeric(18,3) FROM t', 'DECIMAL(18,3)'],
    ['SELECT NULL', 'VARCHAR'],
    ['SELECT generate_series(1, 2)', 'INTEGER'],
    ['SELECT * FROM generate_series(1, 2) AS g', 'INTEGER'],
  ])('%s', async (query, type) => expect(await typeOf(query)).toBe(type));
});

describe('what is left alone', () => {
  test.each(['SELECT 1', 'SELECT i / 2, i % 3 FROM t', 'SELECT s FROM t WHERE i > 5', "SELECT format('{}', i) FROM t"])(
    '%s',
    async (sql) => {
      const parsed = await parseStatement(world, sql);
      expect(await postgresDialect(world, parsed, sql, catalog)).toBe(parsed);
    },
  );

  test('a divisor with parameters or sub-queries is evaluated once', async () => {
    for (const sql of ['SELECT 1 / $1', 'SELECT 1 / (SELECT 0)', 'SELECT 1 / random()']) {
      const parsed = await parseStatement(world, sql);
      expect(await postgresDialect(world, parsed, sql, catalog)).toBe(parsed);
    }
  });
});

test('columns of sub-queries have names', async () => {
  const sql = 'WITH c AS (SELECT max(i) FROM t) SELECT t.count + c.max FROM (SELECT count(*) FROM t) AS t, c';
  expect(await typeOf(sql)).toBe('BIGINT');
});

describe('parseable', () => {
  test('keeps places', () => {
    expect(parseable("SELECT j #>> '{a}', '#>' FROM t FOR UPDATE")).toBe(
      `SELECT j ->> '{a}', '#>' FROM t${' '.repeat(11)}`,
    );
    expect(parseable("SELECT 'x for update'")).toBe("SELECT 'x for update'");
  });
});
