import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { distributedQuery } from '../../testdata/harness/random-distributed.ts';
import { randomQuery } from '../../testdata/harness/random-query.ts';
import { benchmarkQueries } from '../../testdata/harness/tpc.ts';
import { keywords } from '../keywords.ts';
import { writeJson } from './json.ts';
import { parseStatement } from './parse.ts';
import { printKnown } from './print-known.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

/** What we print and what DuckDB prints. */
async function both(sql: string): Promise<{ readonly ours: string | undefined; readonly theirs: string }> {
  const ast = await parseStatement(world, sql);
  const theirs = await world.deserialize(writeJson({ error: false, statements: [ast] }));
  return { ours: printKnown(ast), theirs };
}

/** Every text that is known is DuckDB's; gives how many are. */
async function countKnown(texts: readonly string[]): Promise<number> {
  let known = 0;
  for (const sql of texts) {
    const { ours, theirs } = await both(sql);
    if (ours === undefined) continue;
    known++;
    expect(ours, sql).toBe(theirs);
  }
  return known;
}

test.each([
  ['tpch', 22],
  ['tpcds', 95],
] as const)('prints %s as DuckDB does', async (benchmark, least) => {
  const queries = await benchmarkQueries(benchmark);
  expect(await countKnown(queries.map(({ sql }) => sql))).toBeGreaterThanOrEqual(least);
});

test('prints random queries as DuckDB does', async () => {
  const seeds = Array.from({ length: 400 }, (_, seed) => seed);
  const texts = seeds.flatMap((seed) => [randomQuery(seed).sql, distributedQuery(seed).sql]);
  expect(await countKnown(texts)).toBeGreaterThan(texts.length / 2);
});

test.each([
  `SELECT 'it''s', 'é€😀 ', 1, -1, - -1, 9223372036854775807, 1.50, -0.05, .5, -.05, 0.5, 00.50, NULL, true, 1e3, -(1), +(a), ~b FROM t`,
  'SELECT a."b c", "Group", "select", "Select", V1, "é", "a""b", "1a", _x FROM "My Table" AS "order", s.t, c.s.t',
  'SELECT a AS "AS", b AS V, c AS "x.y" FROM (SELECT 1, 2, 3) AS "T"(a, "B b", "c")',
  'SELECT a FROM t WHERE a = 1 AND (b <> 2 OR NOT (c < 3 AND d >= 4)) AND e IS DISTINCT FROM 5 AND f IS NOT DISTINCT FROM 6',
  "SELECT a LIKE 'x%', b NOT LIKE 'y_', c ILIKE 'z', d ~ 'r', e || 'f', a // 2, a % 3, a ** b, a ^ b, a & b, a << 1 FROM t",
  `SELECT a BETWEEN 1 AND 2, b NOT BETWEEN 3 AND 4, a IN (1, 2), b NOT IN ('x'), c IS NULL, d IS NOT NULL, coalesce(a, b, 1) FROM t`,
  `SELECT CAST(a AS INTEGER), b::DECIMAL(12,2), TRY_CAST(c AS DATE), DATE '2020-01-01', d::VARCHAR FROM t`,
  `SELECT CASE WHEN a THEN 1 WHEN b > 2 THEN 2 ELSE 3 END, CASE a WHEN 1 THEN 'x' END, if(a, 1, 2), nullif(a, 1) FROM t`,
  'SELECT sum(DISTINCT a), count(*), count(a) FILTER (WHERE b > 1), list(a ORDER BY b DESC NULLS LAST, c), "replace"(a, 1) FROM t',
  `SELECT sum(a) OVER (), rank() OVER (PARTITION BY b, c ORDER BY d DESC, e ASC NULLS FIRST), sum(sum(a)) OVER (ORDER BY b) FROM t`,
  'SELECT list_transform(l, lambda x: x + 1), list_reduce(l, lambda x, y: x + y) FROM t',
  'SELECT EXISTS (SELECT 1 FROM u), NOT EXISTS (SELECT 1), (SELECT max(a) FROM u), a IN (SELECT b FROM u), a NOT IN (SELECT b FROM u), a > ANY (SELECT 1), a <= ALL (SELECT b FROM u) FROM t',
  'SELECT * FROM a, b, c WHERE a.x = b.x',
  'SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (y, z) RIGHT JOIN d ON true FULL JOIN e ON d.q = e.q SEMI JOIN f ON e.r = f.r ANTI JOIN g ON g.s = 1',
  'SELECT * FROM a JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x',
  'SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1 QUALIFY rank() OVER (ORDER BY a) = 1 ORDER BY a DESC, 2 NULLS FIRST LIMIT 3 OFFSET 1',
  'SELECT a, b, GROUPING(a, b), count(*) FROM t GROUP BY ROLLUP (a, b)',
  'SELECT a FROM t GROUP BY GROUPING SETS ((a), (b, c), ())',
  'SELECT DISTINCT a, b FROM t ORDER BY a',
  'SELECT DISTINCT ON (a, b) c FROM t ORDER BY a LIMIT 5',
  'SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3 ORDER BY 1 LIMIT 2',
  '(SELECT 1 INTERSECT ALL SELECT 2) UNION (SELECT 3 ORDER BY 1 LIMIT 1)',
  'WITH a AS (SELECT 1), b(x, "Y") AS MATERIALIZED (SELECT 2, 3), c AS NOT MATERIALIZED (SELECT 4) SELECT * FROM a, b, c',
  'WITH a AS (SELECT 1) SELECT 1 UNION SELECT * FROM a',
  'SELECT a COLLATE NOCASE FROM t ORDER BY b COLLATE "de"',
  "SELECT main.date_part('year', d), extract(month FROM d), d + INTERVAL 3 DAY FROM t",
])('prints %s', async (sql) => {
  const { ours, theirs } = await both(sql);
  expect(ours).toBe(theirs);
});

test.each([
  'SELECT $1',
  'SELECT * EXCLUDE (a) FROM t',
  'SELECT COLUMNS(*) FROM t',
  'SELECT * FROM t TABLESAMPLE 10%',
  'SELECT * FROM t LIMIT 10%',
  'SELECT a FROM t GROUP BY ALL',
  'SELECT * FROM a NATURAL JOIN b',
  'SELECT * FROM a POSITIONAL JOIN b',
  'SELECT * FROM a ASOF JOIN b ON a.x >= b.x',
  'SELECT * FROM range(3)',
  'VALUES (1), (2)',
  'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r',
  'SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t',
  'SELECT lag(a, 1, 0 IGNORE NULLS) OVER (ORDER BY b) FROM t',
  'SELECT struct_pack(a := 1)',
  "SELECT CAST(a AS STRUCT(x INTEGER)), 'tab\there' FROM t",
  'SELECT 170141183460469231731687303715884105727',
  'SELECT 123456789012345678.90',
  'SELECT 5!',
  'SELECT l[1:2] FROM t',
  'SELECT 1 UNION BY NAME SELECT 2',
])('leaves to DuckDB: %s', async (sql) => {
  expect((await both(sql)).ours).toBeUndefined();
});

test('knows every keyword of this DuckDB', async () => {
  const rows = await world.rows('SELECT keyword_name FROM duckdb_keywords() ORDER BY ALL', []);
  expect([...keywords].sort()).toEqual(rows.map(([word]) => String(word)).sort());
});
