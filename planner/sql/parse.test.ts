import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { benchmarkQueries } from '../../testdata/harness/tpc.ts';
import { columnRef, functionCall, integerConstant } from './build.ts';
import { parseExpressions, parseStatement, withoutLocations } from './parse.ts';
import { printExpression, printStatement } from './print.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

describe('parse, print, parse', () => {
  test.each(['tpch', 'tpcds'] as const)('gives the same AST for every query of %s', async (benchmark) => {
    const queries = await benchmarkQueries(benchmark);
    expect(queries).toHaveLength(benchmark === 'tpch' ? 22 : 99);
    for (const { sql } of queries) {
      const first = await parseStatement(world, sql);
      const second = await parseStatement(world, await printStatement(world, first));
      expect(withoutLocations(second)).toEqual(withoutLocations(first));
    }
  });

  test.each([
    'SELECT 1e3 AS x, -2.5e-3, 1e300, 12345678901.234568e0',
    'SELECT 9223372036854775807, 170141183460469231731687303715884105727, 1.50',
    'SELECT a.b, s.t.c, t.* EXCLUDE (x) FROM s.t AS t, a WHERE t.x IN (1, 2) AND EXISTS (SELECT 1 FROM t)',
    `FROM t SELECT list_transform(l, lambda x: x + 1), [1, 2], {'a': 1}, l[1:2], x -> 'y'`,
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r',
    'SELECT sum(x) FILTER (WHERE y > 1) OVER (PARTITION BY z ORDER BY w DESC NULLS FIRST) FROM t QUALIFY rank() OVER (ORDER BY x) = 1',
    'SELECT a, b, count(*) FROM t GROUP BY ROLLUP (a, b) HAVING count(*) > 1 ORDER BY ALL LIMIT 3 OFFSET 1',
    'SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3 ORDER BY 1',
    'SELECT * FROM t LEFT JOIN u USING (a) ASOF JOIN v ON t.x >= v.x',
  ])('keeps %s', async (sql) => {
    const first = await parseStatement(world, sql);
    const second = await parseStatement(world, await printStatement(world, first));
    expect(withoutLocations(second)).toEqual(withoutLocations(first));
  });

  test('keeps what a cross join is joined to, which a comma would not', async () => {
    const relation = (name: string) => `(VALUES (1), (2), (3)) ${name}(x)`;
    const sql = `SELECT a.x, b.x, c.x FROM ${relation('a')} CROSS JOIN ${relation('b')} RIGHT JOIN ${relation('c')} ON b.x = c.x AND c.x > 1`;
    const printed = await printStatement(world, await parseStatement(world, sql));
    expect(await world.rows(`${printed} ORDER BY ALL`, [])).toEqual(await world.rows(`${sql} ORDER BY ALL`, []));
    const lateral = `FROM ${relation('a')} CROSS JOIN LATERAL (SELECT count(*) FROM ${relation('b')} WHERE b.x = a.x) b SEMI JOIN ${relation('c')} ON a.x = c.x`;
    const again = await printStatement(world, await parseStatement(world, lateral));
    expect(await world.rows(again, [])).toEqual(await world.rows(lateral, []));
  });

  test('keeps DOUBLE constants exact and of their type', async () => {
    const sql = 'SELECT 1e3 AS a, 0.1e0 AS b, 1.7976931348623157e308 AS c, 12345678901.234568e0 AS d';
    const printed = await printStatement(world, await parseStatement(world, sql));
    expect(await world.rows(printed, [])).toEqual(await world.rows(sql, []));
    expect((await world.describe(printed, [])).columns).toEqual((await world.describe(sql, [])).columns);
  });
});

describe('parseStatement', () => {
  test('tells a syntax error with its position in characters', async () => {
    await expect(parseStatement(world, "SELECT 'é😀' frm b c")).rejects.toMatchObject({
      sqlstate: '42601',
      position: 17,
    });
  });

  test.each(['', 'SELECT 1; SELECT 2'])('refuses %j, which is not one statement', async (sql) => {
    await expect(parseStatement(world, sql)).rejects.toMatchObject({ sqlstate: '42601' });
  });

  test('says that PIVOT has no AST', async () => {
    await expect(parseStatement(world, 'PIVOT t ON a USING sum(b)')).rejects.toMatchObject({ sqlstate: '0A000' });
  });
});

describe('printExpression', () => {
  test('prints built nodes', async () => {
    const sum = functionCall('sum', [columnRef('t', 'select')], { distinct: true });
    expect(await printExpression(world, { ...sum, alias: 'gone' })).toBe('sum(DISTINCT t."select")');
    expect(await printExpression(world, integerConstant(9007199254740993n))).toBe('9007199254740993');
  });

  test('prints what parseExpressions read', async () => {
    const texts = ["CAST('7' AS INTEGER)", '(a.b + 1)', "CAST('1000.0' AS DOUBLE)"];
    const parsed = await parseExpressions(world, texts);
    expect(await Promise.all(parsed.map((expression) => printExpression(world, expression)))).toEqual(texts);
  });
});
