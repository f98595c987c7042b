import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ShadowRelation } from '../../planner/world.ts';
import { describeStatement } from './describe-statement.ts';
import { ShadowQueries } from './shadow-queries.ts';
import { ShadowSchemas } from './shadow-schemas.ts';

let instance: DuckDBInstance;
let queries: ShadowQueries;
let schemas: ShadowSchemas;
beforeEach(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  queries = new ShadowQueries(instance);
  schemas = new ShadowSchemas(instance);
});
afterEach(() => {
  queries.close();
  schemas.close();
  instance.closeSync();
  vi.restoreAllMocks();
});

const few: ShadowRelation = {
  name: '__in0',
  columns: [
    { name: '__c1', type: 'DECIMAL(12,2)' },
    { name: 'Mixed Case', type: "ENUM('a', 'b')" },
    { name: 's', type: 'STRUCT(a INTEGER, b VARCHAR[])' },
    { name: 'nothing', type: '"NULL"' },
  ],
};
/** As wide as becomes a table. */
const wide: ShadowRelation = {
  name: '__scan0',
  columns: Array.from({ length: 30 }, (_, i) => ({ name: `k${i}`, type: i % 2 === 0 ? 'BIGINT' : 'VARCHAR' })),
};

test.each([
  'SELECT * FROM __in0',
  'SELECT w.*, f.s.b[1] AS x, sum(f.__c1) OVER (PARTITION BY k1) FROM __scan0 AS w LEFT JOIN __in0 f ON w.k0 = f.__c1',
  'select k0, count(*) FROM __scan0 GROUP BY ALL HAVING count(*) > $1 LIMIT $2',
  '(SELECT k0 FROM __scan0) UNION ALL (SELECT __c1 FROM __in0) ORDER BY 1',
  'WITH a AS (SELECT k0 FROM __scan0), b AS (FROM a) SELECT * FROM b, __in0',
  'with recursive r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < (SELECT max(k0) FROM __scan0)) SELECT n, nothing FROM r, __in0',
  'WITH "q" AS (SELECT 1 AS one) SELECT one, k1 FROM q, __scan0 WHERE k0 IN (SELECT __c1 FROM __in0 WHERE "mixed case" = k1)',
  'SELECT 5 / 2 AS q',
])('tells of %s what ShadowSchemas does', async (sql) => {
  for (const integerDivision of [false, true]) {
    const relations = [few, wide];
    const key = String(integerDivision);
    const told = await schemas.use(key, { relations, integerDivision }, (connection) =>
      describeStatement(connection, sql),
    );
    expect(await queries.describe(sql, relations, integerDivision)).toEqual(told);
  }
});

test.each([
  'VALUES (1)',
  'FROM __in0',
  'DESCRIBE SELECT 1',
  '-- a comment\nSELECT 1',
  'SELECT no_such FROM __in0',
  'SELECT * FROM __in1',
  'SELECT rowid FROM __scan0',
  'WITH __in0 AS (SELECT 1) SELECT * FROM __in0',
  'SELECT 1; SELECT 2',
  'SELECT * FRO __in0',
])('leaves to ShadowSchemas: %s', async (sql) => {
  expect(await queries.describe(sql, [few, wide], false)).toBeUndefined();
});

test('a table is made once for all relations with the same columns, and what was made is not seen by its own name', async () => {
  const run = vi.spyOn(Object.getPrototypeOf(await instance.connect()) as DuckDBConnection, 'run');
  const names = Array.from({ length: 8 }, (_, i) => `__scan${i}`);
  const all = names.map((name) => queries.describe(`SELECT * FROM ${name}`, [{ ...wide, name }], false));
  for (const description of await Promise.all(all)) expect(description?.columns).toEqual(wide.columns);
  const made = run.mock.calls.map(([sql]) => sql).filter((sql) => sql.startsWith('CREATE TABLE'));
  expect(made).toHaveLength(1);
  expect(await queries.describe('SELECT * FROM t0', [wide], false)).toBeUndefined();
});

test('a type that is none: the table is tried again', async () => {
  const columns = wide.columns.map((column, i) => (i === 3 ? { ...column, type: 'NO_SUCH' } : column));
  for (let run = 0; run < 2; run++)
    expect(await queries.describe('SELECT * FROM __scan0', [{ ...wide, columns }], false)).toBeUndefined();
  expect(await queries.describe('SELECT k0 FROM __scan0', [wide], false)).toMatchObject({
    columns: [{ name: 'k0', type: 'BIGINT' }],
  });
});
