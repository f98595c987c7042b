/** What each role may do, on every path that a statement can take. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionAccess, tableFunctionAccess } from '../../../planner/sql/function-access.ts';
import { mustCopy } from '../../../testdata/harness/copy-client.ts';
import { RawClient } from '../../../testdata/harness/raw-client.ts';
import { WireServer } from '../../../testdata/harness/wire-server.ts';
import { RoleStore } from '../../catalog/roles/role-store.ts';

let server: WireServer;
let admin: RawClient;
const connect = (user: string) => RawClient.connect(server.port, { user });

beforeAll(async () => {
  server = await WireServer.start({ roles: new RoleStore(null) });
  admin = await connect('boss');
  writeFileSync(join(server.folder, 'seen.csv'), 'a\n1\n');
  await run(
    admin,
    'CREATE ROLE ann LOGIN; CREATE USER bob; CREATE ROLE rita LOGIN IN ROLE reader; CREATE ROLE wim LOGIN IN ROLE writer',
  );
  await run(
    admin,
    'CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 2), (3, 4); CREATE TABLE secret (s TEXT)',
  );
  await run(
    admin,
    "CREATE VIEW v AS SELECT a FROM t; INSERT INTO secret VALUES ('x'); CREATE SCHEMA other; CREATE TABLE other.o (a INTEGER)",
  );
});
afterAll(async () => {
  await server.stop();
});

async function run(client: RawClient, sql: string, protocol: 'simple' | 'extended' = 'simple') {
  return client.query(sql, protocol);
}

/** Runs a statement as somebody on a connection of its own; gives its rows, or the error's code and message. */
async function as(user: string, ...statements: readonly string[]): Promise<string> {
  const client = await connect(user);
  try {
    let rows: readonly (readonly (Buffer | null)[])[] = [];
    for (const sql of statements) rows = (await client.query(sql)).rows;
    return rows.map((row) => row.map(String).join()).join(';');
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  } finally {
    await client.close();
  }
}

describe('a role without rights', () => {
  it.each([
    ['SELECT * FROM t', 'table t'],
    ['SELECT 1 FROM public.t', 'table t'],
    ['SELECT 1 FROM local.public.t', 'table t'],
    ['TABLE t', 'table t'],
    ['FROM t', 'table t'],
    ['SELECT (SELECT max(a) FROM t)', 'table t'],
    ['WITH t AS (SELECT * FROM t) SELECT * FROM t', 'table t'],
    ['WITH x AS (SELECT 1), y AS (SELECT * FROM t) SELECT * FROM x', 'table t'],
    ['SELECT 1 WHERE EXISTS (SELECT 1 FROM secret)', 'table secret'],
    ['DESCRIBE t', 'table t'],
    ['SUMMARIZE t', 'table t'],
    ['PIVOT t ON a IN (1) USING sum(b)', 'table t'],
    ['SELECT * FROM v', 'view v'],
    ['SELECT * FROM other.o', 'schema other'],
    ['EXPLAIN SELECT * FROM t', 'table t'],
    ['EXPLAIN ANALYZE SELECT * FROM t', 'table t'],
    ['EXPLAIN DELETE FROM t', 'table t'],
    ['PREPARE p AS SELECT * FROM t', 'table t'],
    ['BEGIN; DECLARE c CURSOR FOR SELECT * FROM t', 'table t'],
    ['COPY t TO STDOUT', 'table t'],
    ['COPY (SELECT * FROM t) TO STDOUT', 'table t'],
    ['COPY t FROM STDIN', 'table t'],
    ['INSERT INTO t VALUES (1, 2)', 'table t'],
    ['UPDATE t SET a = 1', 'table t'],
    ['DELETE FROM t', 'table t'],
    ['TRUNCATE t', 'table t'],
    ['CREATE TABLE mine (a INTEGER)', 'schema public'],
    ['CREATE TABLE other.mine (a INTEGER)', 'schema other'],
    ['CREATE TABLE mine AS SELECT 1 AS a', 'schema public'],
    ['CREATE VIEW mine AS SELECT 1 AS a', 'schema public'],
    ['CREATE SEQUENCE mine', 'schema public'],
    ['CREATE TEMP TABLE mine AS SELECT * FROM t', 'table t'],
    ['CREATE TEMP VIEW mine AS SELECT * FROM t', 'table t'],
    ['CREATE SCHEMA mine', 'database sluice'],
    ['GRANT SELECT ON t TO ann', 'table t'],
  ])('is refused %s', async (sql, what) => {
    expect(await as('ann', sql)).toBe(`42501 permission denied for ${what}`);
  });

  it.each([
    ['ALTER TABLE t ADD COLUMN c INTEGER', 'must be owner of table t'],
    ['ALTER TABLE t OWNER TO ann', 'must be owner of table t'],
    ['DROP TABLE t', 'must be owner of table t'],
    ['DROP VIEW v', 'must be owner of view v'],
    ['DROP SCHEMA other', 'must be owner of schema other'],
    ['CREATE INDEX i ON t (a)', 'must be owner of table t'],
    ["COMMENT ON TABLE t IS 'x'", 'must be owner of table t'],
    ['CREATE ROLE mine', 'permission denied to create role'],
    ['ALTER ROLE ann SUPERUSER', 'permission denied to alter role'],
    ['ALTER ROLE bob PASSWORD NULL', 'permission denied to alter role'],
    ['DROP ROLE bob', 'permission denied to drop role'],
    ['GRANT reader TO ann', 'must have admin option on role "pg_read_all_data"'],
    ['SET ROLE bob', 'permission denied to set role "bob"'],
    ['SET SESSION AUTHORIZATION bob', 'permission denied to set session authorization "bob"'],
    ["SELECT set_config('role', 'bob', false)", 'permission denied to set role "bob"'],
    ['CREATE MACRO m(x) AS x', 'permission denied to create a function'],
    ["ATTACH 'x' AS x", 'permission denied: ATTACH is not allowed'],
    ['LOAD httpfs', 'permission denied: LOAD is not allowed'],
    ['INSTALL httpfs', 'permission denied: INSTALL is not allowed'],
    ['PRAGMA database_list', 'permission denied: PRAGMA is not allowed'],
    [
      "COPY t FROM 'x.csv'",
      'must be superuser or have privileges of the pg_read_server_files role to COPY from a file',
    ],
    [
      "COPY (SELECT 1) TO 'x.csv'",
      'must be superuser or have privileges of the pg_write_server_files role to COPY to a file',
    ],
    [
      "COPY (SELECT 1) TO 'x/'",
      'must be superuser or have privileges of the pg_write_server_files role to COPY to a file',
    ],
    ["CREATE FOREIGN TABLE f SERVER files OPTIONS (location 'x')", 'permission denied for foreign server files'],
    ['IMPORT FOREIGN SCHEMA "x" FROM SERVER files INTO public', 'permission denied for foreign server files'],
  ])('is told for %s: %s', async (sql, message) => {
    expect(await as('ann', sql)).toBe(`42501 ${message}`);
  });

  it('may compute, look at catalogs and use temporary tables', async () => {
    expect(await as('ann', 'SELECT 1 + 1, upper($$x$$), sum(i) FROM range(3) r(i)')).toBe('2,X,3');
    expect(await as('ann', "SELECT count(*) FROM pg_class WHERE relname = 't'")).toBe('1');
    const temporary = [
      'CREATE TEMP TABLE mine (a INTEGER)',
      'INSERT INTO mine VALUES (7)',
      'CREATE TEMP VIEW w AS SELECT * FROM mine',
    ];
    expect(await as('ann', ...temporary, 'SELECT * FROM w')).toBe('7');
    expect(await as('ann', 'SELECT current_user, session_user')).toBe('ann,ann');
  });

  it('is told what is not there', async () => {
    expect(await as('ann', 'SELECT * FROM nothing')).toBe('42P01 relation "nothing" does not exist');
    expect(await as('ann', 'SELECT nothing(1)')).toMatch(/^42883 /);
  });
});

describe('privileges', () => {
  it('are granted and revoked, also for what was prepared before', async () => {
    const client = await connect('bob');
    const read = () =>
      client.query('EXECUTE p').then(
        ({ rows }) => String(rows[0]),
        (error) => error.message,
      );
    await run(admin, 'GRANT SELECT ON t TO bob');
    await client.query('PREPARE p AS SELECT sum(a) FROM t');
    expect(await read()).toBe('4');
    await run(admin, 'REVOKE SELECT ON t FROM bob');
    expect(await read()).toBe('permission denied for table t');
    await run(admin, 'GRANT ALL ON t TO PUBLIC');
    expect(await read()).toBe('4');
    await run(admin, 'REVOKE ALL ON t FROM PUBLIC');
    expect(await read()).toBe('permission denied for table t');
    await client.close();
  });

  it('are those that a statement needs', async () => {
    await run(admin, 'CREATE TABLE w (a INTEGER PRIMARY KEY, b INTEGER); GRANT INSERT, UPDATE, DELETE ON w TO bob');
    const denied = '42501 permission denied for table w';
    expect(await as('bob', 'INSERT INTO w VALUES (1, 1)')).toBe('');
    expect(await as('bob', 'UPDATE w SET b = 2')).toBe('');
    expect(await as('bob', 'UPDATE w SET b = b + 1')).toBe(denied);
    expect(await as('bob', 'UPDATE w SET b = 1 WHERE a = 1')).toBe(denied);
    expect(await as('bob', 'INSERT INTO w VALUES (2, 1) RETURNING a')).toBe(denied);
    expect(await as('bob', 'DELETE FROM w WHERE a = 1')).toBe(denied);
    expect(await as('bob', 'INSERT INTO w SELECT a, b FROM t')).toBe('42501 permission denied for table t');
    expect(await as('bob', 'UPDATE w SET b = (SELECT count(*) FROM secret)')).toBe(
      '42501 permission denied for table secret',
    );
    expect(await as('bob', 'WITH s AS (SELECT * FROM secret) INSERT INTO w SELECT 1, 1 FROM s')).toBe(
      '42501 permission denied for table secret',
    );
    expect(await as('bob', 'DELETE FROM w')).toBe('');
    await run(admin, 'GRANT SELECT ON w TO bob');
    expect(await as('bob', 'INSERT INTO w VALUES (1, 1) ON CONFLICT (a) DO UPDATE SET b = 5', 'SELECT * FROM w')).toBe(
      '1,1',
    );
    expect(await as('bob', 'INSERT INTO w VALUES (1, 1) ON CONFLICT (a) DO UPDATE SET b = 5 RETURNING b')).toBe('5');
    expect(await as('bob', 'UPDATE w SET b = 9 FROM t')).toBe('42501 permission denied for table t');
    expect(await as('bob', "INSERT INTO w SELECT 3, length(content) FROM read_text('/etc/hostname')")).toMatch(
      /^42501 permission denied for function read_text/,
    );
    expect(await as('bob', 'TRUNCATE w')).toBe(denied);
  });

  it('cover schemas, all tables of one, and sequences', async () => {
    expect(await as('bob', 'SELECT * FROM other.o')).toBe('42501 permission denied for schema other');
    await run(admin, 'GRANT USAGE ON SCHEMA other TO bob');
    expect(await as('bob', 'SELECT * FROM other.o')).toBe('42501 permission denied for table o');
    await run(admin, 'GRANT SELECT ON ALL TABLES IN SCHEMA other TO bob; CREATE SEQUENCE seq');
    expect(await as('bob', 'SELECT * FROM other.o')).toBe('');
    expect(await as('bob', "SELECT nextval('seq')")).toBe('42501 permission denied for sequence seq');
    await run(admin, 'GRANT USAGE ON SEQUENCE seq TO bob');
    expect(await as('bob', "SELECT nextval('seq')")).toBe('1');
  });

  it('of a view are those of its owner', async () => {
    await run(admin, 'GRANT SELECT ON v TO bob');
    expect(await as('bob', 'SELECT sum(a) FROM v')).toBe('4');
    expect(await as('bob', 'SELECT sum(a) FROM t')).toBe('42501 permission denied for table t');
    await run(admin, 'GRANT CREATE ON SCHEMA public TO wim; GRANT SELECT ON secret TO wim');
    await as('wim', 'CREATE VIEW of_wim AS SELECT * FROM secret');
    await as('wim', 'GRANT SELECT ON of_wim TO bob');
    expect(await as('bob', 'SELECT * FROM of_wim')).toBe('x');
    await run(admin, 'ALTER VIEW of_wim OWNER TO ann');
    expect(await as('bob', 'SELECT * FROM of_wim')).toBe('42501 permission denied for table secret');
    await run(admin, 'DROP VIEW of_wim');
  });

  it('of a function are those of the caller', async () => {
    await run(
      admin,
      `CREATE MACRO look() AS TABLE SELECT * FROM read_text('${join(server.folder, 'seen.csv')}'); CREATE MACRO peek() AS (SELECT max(s) FROM secret)`,
    );
    expect(await as('bob', 'SELECT * FROM look()')).toMatch(/^42501 permission denied for function read_text/);
    expect(await as('bob', 'SELECT peek()')).toBe('42501 permission denied for table secret');
    expect(await as('rita', 'SELECT peek()')).toBe('x');
  });

  it('belong to whoever made the table, until it is dropped', async () => {
    expect(
      await as(
        'wim',
        'CREATE TABLE of_wim (a INTEGER); INSERT INTO of_wim VALUES (1); ALTER TABLE of_wim ADD COLUMN b INTEGER',
      ),
    ).toBe('');
    expect(await as('wim', 'GRANT SELECT ON of_wim TO bob', 'SELECT a FROM of_wim')).toBe('1');
    expect(await as('bob', 'SELECT a FROM of_wim')).toBe('1');
    expect(await as('bob', 'DROP TABLE of_wim')).toBe('42501 must be owner of table of_wim');
    expect(await as('boss', 'DROP ROLE wim')).toBe(
      '2BP01 role "wim" cannot be dropped because some objects depend on it',
    );
    expect(await as('wim', 'DROP TABLE of_wim')).toBe('');
    expect(await as('boss', 'CREATE TABLE of_wim (a INTEGER)')).toBe('');
    expect(await as('bob', 'SELECT a FROM of_wim')).toBe('42501 permission denied for table of_wim');
    await run(admin, 'DROP TABLE of_wim');
  });

  it('go back with the transaction', async () => {
    await run(admin, 'BEGIN; GRANT SELECT ON secret TO bob; ROLLBACK');
    expect(await as('bob', 'SELECT * FROM secret')).toBe('42501 permission denied for table secret');
    await run(admin, 'BEGIN; SAVEPOINT s; GRANT SELECT ON secret TO bob; ROLLBACK TO s; COMMIT');
    expect(await as('bob', 'SELECT * FROM secret')).toBe('42501 permission denied for table secret');
    expect(
      await as('wim', 'BEGIN; CREATE TABLE gone (a INTEGER); INSERT INTO gone VALUES (1); SELECT * FROM gone'),
    ).toBe('1');
  });
});

describe('readers and writers', () => {
  it('read everything, and write what they may', async () => {
    expect(await as('rita', 'SELECT s FROM secret')).toBe('x');
    expect(await as('rita', "INSERT INTO secret VALUES ('y')")).toBe('42501 permission denied for table secret');
    expect(await as('wim', "INSERT INTO secret VALUES ('y')", "DELETE FROM secret WHERE s = 'y' RETURNING s")).toBe(
      'y',
    );
    expect(await as('wim', 'DROP TABLE secret')).toBe('42501 must be owner of table secret');
  });

  it.each([
    ...[
      "SELECT * FROM '/etc/passwd'",
      "SELECT * FROM '/tmp/x.csv'",
      'SELECT * FROM "a.parquet"',
      "FROM 'x.json'",
      "FROM '*.csv'",
    ],
    ...[
      "SELECT * FROM query('SELECT 1')",
      "SELECT * FROM query_table('secret')",
      "SELECT json_serialize_plan('SELECT 1')",
    ],
    ...['SELECT * FROM duckdb_databases', 'SELECT * FROM (SHOW databases)', "SELECT * FROM histogram('secret', s)"],
    ...[
      "CREATE TEMP TABLE x AS SELECT * FROM read_csv('/etc/passwd')",
      "PREPARE p AS SELECT * FROM read_blob('/etc/passwd')",
    ],
    ...["EXPLAIN SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT * FROM glob('/*')) TO STDOUT"],
    ...["SELECT * FROM parquet_schema('x')", "DESCRIBE SELECT * FROM read_csv('/etc/passwd')", "SUMMARIZE 'x.csv'"],
    ...["/*+ partial_sql */ SELECT * FROM read_csv('/etc/passwd')"],
    ...[
      "CREATE TEMP VIEW x AS FROM read_text('/etc/passwd')",
      "UPDATE secret SET s = (SELECT content FROM read_text('/etc/passwd'))",
    ],
  ])('do not reach the server: %s', async (sql) => {
    for (const user of ['rita', 'wim']) expect(await as(user, sql)).toMatch(/^42501 permission denied/);
  });

  it('reach declared files as members of pg_read_server_files', async () => {
    await run(admin, 'CREATE ROLE fay LOGIN IN ROLE pg_read_server_files');
    const file = join(server.folder, 'seen.csv');
    expect(await as('fay', `SELECT * FROM read_csv('${file}')`)).toBe('1');
    expect(await as('fay', `SELECT * FROM '${file}'`)).toBe('1');
    expect(await as('fay', "SELECT * FROM read_text('/etc/passwd')")).toMatch(/^42501/);
    mkdirSync(join(server.folder, 'out'), { recursive: true });
    expect(await as('fay', `COPY (SELECT 1) TO '${join(server.folder, 'out/x.csv')}'`)).toMatch(/^42501/);
  });
});

it('what reaches beyond the query is not open', () => {
  const outside =
    'read_csv read_parquet read_text read_blob glob sniff_csv read_json parquet_metadata query query_table duckdb_secrets duckdb_settings which_secret checkpoint read_duckdb sql_auto_complete';
  for (const name of outside.split(' ')) expect([name, tableFunctionAccess(name)]).not.toEqual([name, 'open']);
  for (const name of ['json_serialize_plan', 'write_log', '__internal_decompress_string', 'getenv', 'unheard_of']) {
    expect([name, functionAccess(name)]).not.toEqual([name, 'open']);
  }
});

describe('COPY FROM STDIN', () => {
  it('needs INSERT, and its condition what a query needs', async () => {
    await run(admin, 'CREATE TABLE c (a INTEGER); GRANT INSERT ON c TO bob');
    const client = await connect('bob');
    await mustCopy(client, 'COPY c FROM STDIN', [Buffer.from('1\n')]);
    const filtered = 'COPY c FROM STDIN WHERE a IN (SELECT a FROM t)';
    await expect(mustCopy(client, filtered, [Buffer.from('1\n')])).rejects.toMatchObject({
      message: expect.stringContaining('permission denied for table t'),
    });
    await client.close();
  });
});
