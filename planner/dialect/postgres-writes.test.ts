import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import type { CatalogSnapshot } from '../catalog.ts';
import { mayDiffer, rewriteWrite } from './postgres-writes.ts';
import { writePieces } from './write-pieces.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

const catalog: CatalogSnapshot = { version: '', lookup: () => undefined, names: () => [] };
const columns = [
  { name: 'a', type: 'INTEGER', hive: false },
  { name: 's', type: 'VARCHAR', hive: false },
  { name: 'd', type: 'DATE', hive: false },
];

function rewrite(text: string) {
  return rewriteWrite(world, text, catalog, async (_schema, name) => (name === 't' ? columns : undefined));
}

async function textOf(sql: string): Promise<string> {
  return (await rewrite(sql)).text;
}

function piecesOf(text: string): readonly string[] {
  return writePieces(text).pieces.map(({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`);
}

describe('pieces of a statement that writes', () => {
  it.each<[string, readonly string[]]>([
    ['INSERT INTO t (a, b) VALUES (1, DEFAULT), (f(2, 3), 4)', ['value: 1', 'value: f(2, 3)', 'value: 4']],
    ['CREATE TABLE t (float text, a float NOT NULL, b real DEFAULT 1::float)', ['word: float', 'value: 1::float']],
    ['ALTER TABLE t ADD COLUMN IF NOT EXISTS float FLOAT, DROP COLUMN float', ['word: FLOAT']],
    ['INSERT INTO t DEFAULT VALUES RETURNING a, b + 1 AS c', ['output: a', 'output: b + 1 AS c']],
    [
      'INSERT INTO t (SELECT 1 FROM a JOIN b ON a.x = b.x) ON CONFLICT (x) DO UPDATE SET a = 1 WHERE t.a > 2',
      ['query: (SELECT 1 FROM a JOIN b ON a.x = b.x)', 'scalar: 1', 'scalar: t.a > 2'],
    ],
    ['WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c', ['with: WITH c AS (SELECT 1)', 'query: SELECT * FROM c']],
    [
      'UPDATE ONLY s.t AS x SET a=1, b = c IS DISTINCT FROM d FROM u WHERE x.a = u.a RETURNING *',
      ['scalar: 1', 'scalar: c IS DISTINCT FROM d', 'from: u', 'scalar: x.a = u.a', 'output: *'],
    ],
    ['UPDATE t SET a = CASE WHEN b THEN 1 ELSE 2 END WHERE c', ['scalar: CASE WHEN b THEN 1 ELSE 2 END', 'scalar: c']],
    ['UPDATE t SET (a, b) = ROW (1, 2), (c, d) = (SELECT 3, 4)', ['scalar: 1', 'scalar: 2', 'row: SELECT 3, 4']],
    ['UPDATE t SET a = 1 WHERE CURRENT OF c', ['scalar: 1']],
    ['DELETE FROM t x USING u WHERE x.a = u.a', ['from: u', 'scalar: x.a = u.a']],
    [
      'MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND u.b > 1 THEN UPDATE SET b = 2 WHEN NOT MATCHED THEN INSERT (a) VALUES (3)',
      ['from: u', 'scalar: t.a = u.a', 'scalar: u.b > 1', 'scalar: 2', 'scalar: 3'],
    ],
    ['CREATE OR REPLACE VIEW v AS SELECT 1', ['named: SELECT 1']],
    ['CREATE TABLE IF NOT EXISTS s.c (a, b) AS SELECT 1, 2 WITH NO DATA', ['query: SELECT 1, 2']],
    ['CREATE TABLE c (a int DEFAULT 1 + 1 NOT NULL, b text DEFAULT NULL)', ['value: 1 + 1', 'value: NULL']],
    [
      'CREATE TABLE c (a int, b int GENERATED ALWAYS AS (a) STORED, CHECK (a > 1))',
      ['scalar: a', 'word: STORED', 'scalar: a > 1'],
    ],
    ['COPY (SELECT 1) TO STDOUT', ['query: SELECT 1']],
    ['CREATE INDEX i ON t (a)', []],
    ['DROP TABLE t', []],
    // What is cut is no error here: DuckDB tells what is missing.
    ['UPDATE t SET', []],
    ['INSERT INTO', []],
    ['INSERT INTO t VALUES (1', ['value: 1']],
    ['MERGE INTO t USING', []],
    ['UPDATE t SET (a, b) =', []],
  ])('%s', (text, expected) => {
    expect(piecesOf(text)).toEqual(expected);
  });
});

describe('a statement that writes', () => {
  it.each<[string, string]>([
    ["UPDATE t SET a = 1 WHERE s ~ 'x'", "UPDATE t SET a = 1 WHERE regexp_matches(s, 'x', 's')"],
    [
      "DELETE FROM t AS u WHERE u.s ~ 'x' AND u.a = 1",
      "DELETE FROM t AS u WHERE (regexp_matches(u.s, 'x', 's') AND (u.a = 1))",
    ],
    [
      'INSERT INTO t (a) VALUES (length($1)) RETURNING a',
      'INSERT INTO t (a) VALUES (CAST(length($1) AS INTEGER)) RETURNING a',
    ],
    ['CREATE VIEW v AS SELECT count(*) FROM t', 'CREATE VIEW v AS SELECT count_star() AS count FROM t'],
    // Types of the table's columns are known, but not those of a CTE with its name.
    ["UPDATE t SET a = d - DATE '2024-01-01'", "UPDATE t SET a = CAST((d - CAST('2024-01-01' AS DATE)) AS INTEGER)"],
    [
      "WITH t AS (SELECT 1 AS d) INSERT INTO x SELECT d - DATE '2024-01-01' FROM t",
      "WITH t AS (SELECT 1 AS d) INSERT INTO x SELECT d - DATE '2024-01-01' FROM t",
    ],
  ])('%s', async (sql, expected) => {
    expect((await textOf(sql)).replaceAll('"', '')).toBe(expected);
  });

  it.each([
    "INSERT INTO t VALUES (1, $1, -2.5, NULL), (2, E'a\\nb', 3, now())",
    'UPDATE t SET a = a + $1 WHERE a = $2',
    "UPDATE t SET s = 'x' WHERE a IN (1, 2) AND s <> $1",
    'DELETE FROM t WHERE a = $1 RETURNING a, s',
    'CREATE TABLE c (a int PRIMARY KEY, s text NOT NULL)',
  ])('%s: nothing is parsed', async (sql) => {
    expect(mayDiffer(sql)).toBe(false);
    expect(await textOf(sql)).toBe(sql);
  });

  it('keeps what DuckDB does not parse', async () => {
    for (const sql of ['UPDATE t SET a = / 2', 'INSERT INTO t SELECT FROM WHERE ~', 'DELETE FROM t WHERE (a ~ 1'])
      expect(await textOf(sql)).toBe(sql);
  });

  it("gives the columns of RETURNING PostgreSQL's names", async () => {
    const { outputNames } = await rewrite('UPDATE t SET a = 1 RETURNING a + 1, upper(s), *, a AS x');
    expect(outputNames(['(a + 1)', 'upper(s)', 'a', 's', 'd', 'x'])).toEqual(['?column?', 'upper', 'a', 's', 'd', 'x']);
  });
});
