import { beforeAll, describe, expect, it } from 'vitest';
import { parsePostgres } from '../../../planner/sql/postgres.ts';
import { type CatalogShape, catalogShape } from '../relations.ts';
import { arrayElements } from './casts.ts';
import { fillNames } from './context.ts';
import { type TranslatedQuery, translate } from './translate.ts';

let shape: CatalogShape;
beforeAll(async () => {
  shape = await catalogShape();
});

async function translated(sql: string): Promise<TranslatedQuery & { readonly text: string }> {
  const statement = await parsePostgres(sql);
  const query = translate(shape, statement!);
  return { ...query, text: fillNames(query.sql, (name) => name) };
}

describe('translate', () => {
  it('finds catalogs with and without their schema, and hides them behind WITH', async () => {
    expect([...(await translated('SELECT 1 FROM pg_class, pg_catalog.pg_type')).relations]).toEqual([
      'pg_class',
      'pg_type',
    ]);
    expect([...(await translated('WITH pg_class AS (SELECT 1) SELECT * FROM pg_class')).relations]).toEqual([]);
  });

  it('names and types columns as PostgreSQL does', async () => {
    const { columns } = await translated(
      "SELECT oid, relname, relkind, 1 + 1, count(*), 'x', relname::text, oid::regclass, CASE WHEN true THEN 1 END FROM pg_class GROUP BY 1, 2, 3",
    );
    expect(columns).toEqual([
      { name: 'oid', type: 'oid' },
      { name: 'relname', type: 'name' },
      { name: 'relkind', type: 'char' },
      { name: '?column?', type: 'int4' },
      { name: 'count', type: 'int8' },
      { name: '?column?', type: 'text' },
      { name: 'relname', type: 'text' },
      { name: 'oid', type: 'regclass' },
      { name: 'case', type: 'int4' },
    ]);
  });

  it('expands a star to what the relation has', async () => {
    const { columns } = await translated('SELECT n.*, 1 AS one FROM pg_namespace n');
    expect(columns!.map(({ name }) => name)).toEqual(['oid', 'nspname', 'nspowner', 'nspacl', 'one']);
  });

  const forms: readonly (readonly [sql: string, contains: string])[] = [
    [
      "SELECT 1 FROM pg_class WHERE relname OPERATOR(pg_catalog.~) '^(x)$' COLLATE pg_catalog.default",
      'regexp_matches(',
    ],
    ["SELECT 1 FROM pg_class WHERE relname !~* 'x'", '(NOT regexp_matches("pg_class"."relname", \'x\', \'i\'))'],
    ["SELECT 1 FROM pg_class WHERE oid = 'pg_type'::regclass", '= 1247)'],
    ['SELECT indkey[0] FROM pg_index', '[0 + 1]'],
    ['SELECT conkey[1] FROM pg_constraint', '[1]'],
    ["SELECT 1 FROM pg_class WHERE relkind = ANY ('{r,v}')", 'list_contains(CAST(['],
    ['SELECT 1 FROM pg_class ORDER BY relname DESC', 'DESC NULLS FIRST'],
    ['SELECT EXISTS (SELECT FROM pg_class)', 'EXISTS (SELECT 1 FROM'],
    ['SELECT 1 FROM pg_class a LEFT JOIN pg_class b ON (SELECT true)', 'LATERAL (SELECT "b".* FROM'],
    ['SELECT k FROM pg_index i, unnest(i.indkey) AS k', 'AS "k"'],
    ["SELECT regexp_split_to_table(relname, '_') FROM pg_class", 'unnest(regexp_split_to_array("pg_class"."relname", '],
    ['SELECT xmin FROM pg_class', 'CAST(1 AS BIGINT)'],
  ];
  it.each(forms)('%s', async (sql, contains) => {
    expect((await translated(sql)).text).toContain(contains);
  });

  it('qualifies columns, so that macros do not capture them', async () => {
    expect((await translated('SELECT pg_get_constraintdef(oid) FROM pg_constraint')).text).toContain(
      'fn:pg_get_constraintdef("pg_constraint"."oid")',
    );
  });

  it('refuses what DuckDB has no form of', async () => {
    const refused = translated('SELECT * FROM (pg_class JOIN pg_type USING (oid)) AS j');
    await expect(refused).rejects.toMatchObject({ sqlstate: '0A000' });
  });
});

describe('arrayElements', () => {
  it('reads arrays of one dimension', () => {
    expect(arrayElements('{}')).toEqual([]);
    expect(arrayElements('{a,"b c",NULL,"NULL"}')).toEqual(['a', 'b c', null, 'NULL']);
    expect(arrayElements('{"a\\"b",""}')).toEqual(['a"b', '']);
    expect(arrayElements('{1,2}')).toEqual(['1', '2']);
  });

  it('knows what is none', () => {
    expect(arrayElements('1,2')).toBeUndefined();
    expect(arrayElements('{{1},{2}}')).toBeUndefined();
  });
});
