/** Catalogs and tables of users in one statement, and the search path. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawClient, WireError } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let server: WireServer;
let client: RawClient;
beforeAll(async () => {
  server = await WireServer.start({});
  client = await RawClient.connect(server.port);
  await client.query("CREATE TABLE t (a int PRIMARY KEY, s text); INSERT INTO t VALUES (1, 'x'), (2, 'pg_class')");
  await client.query('CREATE SCHEMA other; CREATE TABLE other.t (z int); INSERT INTO other.t VALUES (7)');
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

async function rows(sql: string, protocol: 'simple' | 'extended' = 'simple'): Promise<readonly string[]> {
  return (await client.query(sql, protocol)).rows.map((row) => row.map(String).join());
}

async function codeOf(sql: string): Promise<string> {
  const failed = await client.query(sql).catch((error: unknown) => error);
  return failed instanceof WireError ? failed.code : 'no error';
}

describe('a query on catalogs and tables', () => {
  it.each<[string, readonly string[]]>([
    ['SELECT a, current_user FROM t ORDER BY a', ['1,test', '2,test']],
    ['SELECT current_user, count(*) FROM t GROUP BY current_user', ['test,2']],
    ['SELECT t.a, c.relname, 7 / 2 FROM t JOIN pg_class c ON c.relname = t.s', ['2,pg_class,3']],
    ["SELECT s::regclass, s::regclass = 'pg_class'::regclass FROM t WHERE a = 2", ['pg_class,t']],
    ["SELECT count(*), (SELECT relname FROM pg_class WHERE oid = 't'::regclass) FROM t", ['2,t']],
    ["SELECT format_type(a + 21, NULL) FROM t WHERE s ~ 'class'", ['integer']],
    ["SELECT setting, a FROM pg_settings, t WHERE name = 'TimeZone' AND a = 1", ['UTC,1']],
  ])('%s', async (sql, expected) => {
    expect(await rows(sql)).toEqual(expected);
    expect(await rows(sql, 'extended')).toEqual(expected);
  });

  it('gives places of errors in its own text', async () => {
    const failed = await client.query('SELECT current_user, nothing FROM t').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: '42703' });
    expect((failed as WireError).fields.get('P')).toBe('22');
    expect(await codeOf("SELECT 'nope'::regclass, a FROM t")).toBe('42P01');
    expect(await codeOf('SELECT c.nothing FROM t, pg_class c')).toBe('42703');
  });

  it('sees what its transaction made, however often it looked before', async () => {
    await client.query('BEGIN');
    expect(await rows('SELECT relname FROM pg_class c JOIN t ON c.relname = t.s')).toEqual(['pg_class']);
    await client.query("CREATE TABLE u (b int); INSERT INTO t VALUES (3, 'u')");
    expect(await rows('SELECT relname FROM pg_class c JOIN t ON c.relname = t.s ORDER BY 1')).toEqual([
      'pg_class',
      'u',
    ]);
    await client.query(
      'DECLARE c CURSOR FOR SELECT t.a, c.relname FROM pg_class c JOIN t ON c.relname = t.s ORDER BY 1',
    );
    expect(await rows('FETCH 1 FROM c')).toEqual(['2,pg_class']);
    expect(await rows('FETCH 5 FROM c')).toEqual(['3,u']);
    await client.query('ROLLBACK');
    expect(await rows("SELECT count(*) FROM duckdb_databases() WHERE database_name LIKE 'catalogs%'")).toEqual(['0']);
  });
});

describe('a statement that writes', () => {
  beforeEach(() => client.query('BEGIN'));

  it('knows who writes', async () => {
    expect(await rows('INSERT INTO t VALUES (9, current_user), (10, current_schema()) RETURNING s')).toEqual([
      'test',
      'public',
    ]);
    expect(await rows("UPDATE t SET s = current_database() WHERE a = 1 RETURNING s || '!'")).toEqual(['sluice!']);
    await client.query('ROLLBACK');
  });

  it('reads catalogs', async () => {
    await client.query("CREATE TABLE k AS SELECT relname, relkind FROM pg_class WHERE relname = 't'");
    expect(await rows('SELECT * FROM k ORDER BY 1')).toEqual(['t,r', 't,r']);
    expect(
      await rows(
        "INSERT INTO t SELECT 50, c.relname FROM pg_class c, k WHERE c.oid = 'k'::regclass LIMIT 1 RETURNING s",
      ),
    ).toEqual(['k']);
    await client.query('ROLLBACK');
  });
});

describe('the search path', () => {
  it('says what names mean', async () => {
    await client.query('SET search_path = other, public');
    expect(await rows('SELECT * FROM t')).toEqual(['7']);
    await client.query('CREATE TABLE made (b int); INSERT INTO t VALUES (8)');
    expect(await rows("SELECT schemaname FROM pg_tables WHERE tablename = 'made'")).toEqual(['other']);
    expect(await rows("SELECT 't'::regclass = 'other.t'::regclass, pg_table_is_visible('public.t'::regclass)")).toEqual(
      ['t,f'],
    );
    await client.query('SET search_path = nosuch');
    expect(await codeOf('SELECT * FROM t')).toBe('42P01');
    await client.query('RESET search_path');
    expect(await rows('SELECT count(*) FROM t')).toEqual(['2']);
    expect(await codeOf('SELECT * FROM made')).toBe('42P01');
  });

  it('holds for a transaction, and sees schemas that come', async () => {
    await client.query('BEGIN; SET LOCAL search_path = later, other');
    expect(await rows('SELECT min(z) FROM t')).toEqual(['7']);
    await client.query('CREATE SCHEMA later; CREATE TABLE later.t (y int)');
    expect(await rows('SELECT count(*) FROM t')).toEqual(['0']);
    await client.query('ROLLBACK');
    expect(await rows('SELECT max(a) FROM t')).toEqual(['2']);
  });
});
