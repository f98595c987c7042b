import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { postgresOperators } from './postgres-operators.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

async function run(expression: string): Promise<unknown> {
  const sql = `SELECT ${expression}`;
  const rewritten = postgresOperators(await parseStatement(world, sql), sql);
  const [row] = await world.rows(await printStatement(world, rewritten), []);
  return row![0];
}

describe('postgresOperators', () => {
  test.each<[string, unknown]>([
    // The right answers are PostgreSQL 15's.
    ["'abc' ~ 'b'", true],
    ["'abc' ~ '^b'", false],
    ["'abc' !~ 'b'", false],
    ["'aBc' ~* 'b'", true],
    ["'aBc' ~ 'b'", false],
    ["'aBc' !~* 'b'", false],
    ["e'a\\nb' ~ 'a.b'", true],
    ["not 'abc' ~ 'b'", false],
    ["'a' ~ 'a' and 'b' ~ 'x|b'", true],
    ["('ab' ~ 'a')::text ~ 'rue'", true],
    ["null ~ 'a'", null],
    ["'é😀' ~ '😀'", true],
    ["'é😀' ~ 'x' or regexp_full_match('abc', 'b')", false],
    ["'a%b' like 'a\\%b'", true],
    ["'axb' like 'a\\%b'", false],
    ["'axb' not like 'a\\%b'", true],
    ["'A_B' ilike 'a\\_b'", true],
    ["'AxB' not ilike 'a\\_b'", true],
    ["'a%b' like 'a' || '\\%b'", true],
    ["'axb' like 'a%b'", true],
    ["'abc' similar to '%b%'", true],
    ["'abc' similar to 'b'", false],
    ["'abc' similar to 'a_c'", true],
    ["'a.c' similar to 'a.c'", true],
    ["'abc' similar to 'a.c'", false],
    ["'abc' not similar to '(a|b)%'", false],
    ["'abc' similar to '%' || 'c'", true],
    ["'a%c' similar to 'a\\%c'", true],
    ["'a_c' similar to 'a[_]c'", true],
  ])('%s is %s', async (expression, expected) => {
    expect(await run(expression)).toBe(expected);
  });

  test.each([
    'SELECT a + 1 FROM t',
    "SELECT regexp_full_match(a, 'b'), main.regexp_full_match(a, 'b') FROM t",
    "SELECT a LIKE 'b%', a NOT ILIKE '_c', ~5 FROM t",
    "SELECT a LIKE 'b' ESCAPE '!' FROM t",
  ])('gives the very statement for %s', async (sql) => {
    const statement = await parseStatement(world, sql);
    expect(postgresOperators(statement, sql)).toBe(statement);
  });
});
