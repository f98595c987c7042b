/** What ROLLBACK TO can and can't undo; testdata/wire/postgres/savepoints.wire has what it answers. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';
import { maxSavepoints } from './limits.ts';
import { Savepoints } from './savepoints.ts';
import { SettingsState } from './settings-state.ts';

let server: WireServer;
let client: RawClient;
beforeAll(async () => {
  server = await WireServer.start({ planner: localPlanner });
  client = await RawClient.connect(server.port);
  await client.query('CREATE TABLE t (i INTEGER PRIMARY KEY, s TEXT); CREATE TABLE other (i INTEGER)');
});
afterAll(() => server.stop());

const cells = async (sql: string) =>
  (await client.query(sql)).rows.map((row) => row.map((cell) => cell?.toString() ?? null).join('|'));
const failsWith = (sql: string, code: string) => expect(client.query(sql)).rejects.toMatchObject({ code });

/** Ends what is open and empties the tables. */
async function clean(): Promise<void> {
  await client.query('ROLLBACK');
  await client.query('DELETE FROM t; DELETE FROM other');
}
afterEach(clean);

it('writes of before are there after a failed statement of every kind', async () => {
  await client.query("INSERT INTO t VALUES (1, 'a')");
  for (const failing of [
    "SELECT CAST('x' AS INTEGER)",
    'SELECT nothing',
    'SELEC 1',
    "INSERT INTO t VALUES (1, 'again')",
    "INSERT INTO t SELECT CAST('x' AS INTEGER), 'x'",
    'UPDATE t SET i = 1 WHERE i = 2',
    'SELECT error(s) FROM t',
    'CREATE TABLE t (i INTEGER)',
  ]) {
    await client.query("BEGIN; INSERT INTO t VALUES (2, 'b'); UPDATE t SET s = upper(s); SAVEPOINT s");
    await expect(client.query(failing), failing).rejects.toMatchObject({ code: expect.any(String) });
    await failsWith('SELECT 1', '25P02');
    await client.query('ROLLBACK TO s');
    expect(await cells('SELECT * FROM t ORDER BY i'), failing).toEqual(['1|A', '2|B']);
    await client.query("INSERT INTO t VALUES (3, 'c'); COMMIT");
    expect(await cells('SELECT * FROM t ORDER BY i'), failing).toEqual(['1|A', '2|B', '3|c']);
    await client.query("DELETE FROM t WHERE i > 1; UPDATE t SET s = 'a'");
  }
});

it('each statement may have a savepoint of its own, as with JDBC autosave', async () => {
  await client.query('BEGIN');
  for (let i = 0; i < 200; i++) {
    await client.query('SAVEPOINT auto');
    if (i % 50 === 49) {
      await failsWith(`INSERT INTO t VALUES (${i - 1}, 'twice')`, '23505');
      await client.query('ROLLBACK TO auto');
    } else {
      await client.query(`INSERT INTO t VALUES (${i}, 'x') RETURNING i`);
    }
    await client.query('RELEASE auto');
  }
  await client.query('COMMIT');
  expect(await cells('SELECT count(*) FROM t')).toEqual(['196']);
});

it('tables that the transaction made, temporary ones too, come again', async () => {
  await client.query('BEGIN; CREATE TEMP TABLE own (i INTEGER); CREATE TABLE made AS SELECT 7 AS i; SAVEPOINT s');
  await client.query('INSERT INTO own VALUES (1); DROP TABLE made; CREATE TEMP TABLE late (i INTEGER)');
  await client.query('ROLLBACK TO s');
  expect(await cells('SELECT (SELECT count(*) FROM own), i FROM made')).toEqual(['0|7']);
  await failsWith('SELECT * FROM late', '42P01');
  await client.query('ROLLBACK');
  await failsWith('SELECT * FROM own', '42P01');
});

it('a commit of another session in between makes it 40001, unless nothing was written before', async () => {
  const second = await RawClient.connect(server.port);
  await client.query(
    "BEGIN; SAVEPOINT first; INSERT INTO t VALUES (1, 'a'); SAVEPOINT s; INSERT INTO t VALUES (2, 'b')",
  );
  await second.query('INSERT INTO other VALUES (1)');
  await failsWith('ROLLBACK TO s', '40001');
  await failsWith('SELECT 1', '25P02');
  await failsWith('ROLLBACK TO s', '40001');
  await client.query('ROLLBACK TO first');
  expect(await cells('SELECT count(*) FROM t')).toEqual(['0']);
  await client.query('ROLLBACK');
  await client.query(
    "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t; SAVEPOINT s; INSERT INTO t VALUES (2, 'b')",
  );
  await second.query('INSERT INTO other VALUES (2)');
  await failsWith('ROLLBACK TO s', '40001');
  await clean();
  // What others only read, or write without a commit, does no harm.
  await second.query('BEGIN; INSERT INTO other VALUES (3)');
  await client.query("BEGIN; INSERT INTO t VALUES (1, 'a'); SAVEPOINT s; DELETE FROM t");
  await second.query('SELECT * FROM other; ROLLBACK');
  await client.query('ROLLBACK TO s; COMMIT');
  expect(await cells('SELECT * FROM t')).toEqual(['1|a']);
  await second.close();
});

it.each([
  ['a function whose value changes', 'INSERT INTO other SELECT CAST(random() * 1000 AS INTEGER)'],
  ['a default that is computed', 'INSERT INTO counted (s) SELECT 1'],
  ['a view', 'INSERT INTO other SELECT i FROM looking'],
  ['a macro', 'INSERT INTO other SELECT lucky()'],
  ['a file', "COPY other FROM 'FOLDER/in.csv'"],
  ['EXPLAIN ANALYZE', 'EXPLAIN ANALYZE INSERT INTO other VALUES (1)'],
])('%s before it can not be done once more: 0A000 after a failed write', async (_what, sql) => {
  await client.query(`CREATE SEQUENCE ids; CREATE TABLE counted (i INTEGER DEFAULT nextval('ids'), s INTEGER);
    CREATE VIEW looking AS SELECT 5 AS i; CREATE MACRO lucky() AS CAST(random() * 10 AS INTEGER);
    COPY (SELECT 1) TO '${server.folder}/in.csv'`);
  await client.query(`BEGIN; ${sql.replace('FOLDER', server.folder)}; SAVEPOINT s`);
  // Nothing is lost as long as nothing has to be undone.
  await failsWith('SELECT nothing', '42703');
  await client.query('ROLLBACK TO s');
  await client.query("INSERT INTO t VALUES (99, 'x')");
  await failsWith('ROLLBACK TO s', '0A000');
  await failsWith('COMMIT; SELECT 1 FROM nowhere', '42P01');
  expect(await cells('SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM other)')).toEqual(['0|0']);
  await client.query('DROP TABLE counted; DROP SEQUENCE ids; DROP VIEW looking; DROP MACRO lucky');
});

it('rows that were inserted as values come back as they were', async () => {
  await client.query(`CREATE SEQUENCE ids; CREATE TABLE made (id INTEGER PRIMARY KEY DEFAULT nextval('ids'), name TEXT UNIQUE,
    made_at TIMESTAMPTZ DEFAULT now(), chance DOUBLE PRECISION DEFAULT random(), words TEXT[], changed TIMESTAMPTZ)`);
  await client.query('BEGIN');
  const { fields, rows, tags } = await client.query(
    "INSERT INTO made (name, words) VALUES ('a', ARRAY['x', NULL]), ('b', NULL) RETURNING name, id",
  );
  expect([fields.map(({ name }) => name), rows.map(String), tags]).toEqual([
    ['name', 'id'],
    ['a,1', 'b,2'],
    ['INSERT 0 2'],
  ]);
  expect((await client.query("INSERT INTO made VALUES (DEFAULT, 'c')")).tags).toEqual(['INSERT 0 1']);
  await client.query('UPDATE made SET changed = current_timestamp WHERE id = 1');
  const before = await cells('SELECT * FROM made ORDER BY id');
  for (const name of ['one', 'two']) {
    await client.query(`SAVEPOINT ${name}`);
    await failsWith("INSERT INTO made (name) VALUES ('a')", '23505');
    await client.query(`ROLLBACK TO ${name}`);
    expect(await cells('SELECT * FROM made ORDER BY id')).toEqual(before);
  }
  await client.query("INSERT INTO made (name) VALUES ('d'); COMMIT");
  expect(await cells('SELECT name, id > 5 FROM made ORDER BY id')).toEqual(['a|f', 'b|f', 'c|f', 'd|t']);
  await client.query('DROP TABLE made; DROP SEQUENCE ids');
});

it('a sequence that the transaction made goes on where it was', async () => {
  await client.query(
    "BEGIN; CREATE TABLE made (id SERIAL PRIMARY KEY, s TEXT); INSERT INTO made (s) VALUES ('a'), ('b'); SAVEPOINT s",
  );
  await failsWith("INSERT INTO made VALUES (1, 'twice')", '23505');
  await client.query("ROLLBACK TO s; INSERT INTO made (s) VALUES ('c'); COMMIT");
  expect(await cells('SELECT * FROM made ORDER BY id')).toEqual(['1|a', '2|b', '3|c']);
  await client.query('DROP TABLE made');
});

it('a sequence that the transaction made is not taken for one whose name its own contains', async () => {
  await client.query('CREATE SEQUENCE ids');
  await client.query(`BEGIN; CREATE SEQUENCE "more ids"; CREATE TABLE fresh (id INTEGER PRIMARY KEY DEFAULT nextval('"more ids"'), s TEXT);
    INSERT INTO fresh (s) VALUES ('a'), ('b'), ('c'); SAVEPOINT s`);
  await failsWith("INSERT INTO fresh VALUES (1, 'x')", '23505');
  await client.query('ROLLBACK TO s');
  expect(await cells("INSERT INTO fresh (s) VALUES ('d') RETURNING id")).toEqual(['4']);
  await client.query('COMMIT; DROP TABLE fresh; DROP SEQUENCE "more ids"; DROP SEQUENCE ids');
});

it('columns may have the names of such functions', async () => {
  await client.query(
    "CREATE TABLE person (age INTEGER, today TEXT, random INTEGER); BEGIN; INSERT INTO person (age, today, random) VALUES (1, 'now()', 2); SAVEPOINT s; DELETE FROM person; ROLLBACK TO s; COMMIT",
  );
  expect(await cells('SELECT * FROM person')).toEqual(['1|now()|2']);
  await client.query('DROP TABLE person');
});

it('are limited in number', () => {
  const savepoints = new Savepoints();
  const facts = {
    writes: 0,
    settings: new SettingsState(server.session.defaults).mark(),
    temporary: new Set<string>(),
  };
  const push = () =>
    savepoints.push({
      ...facts,
      name: 'a',
      mailbox: 0,
      locks: 0,
      access: 0,
      constraints: { all: undefined, modes: new Map() },
      readOnly: false,
    });
  for (let count = 0; count < maxSavepoints; count++) push();
  expect(push).toThrow(expect.objectContaining({ sqlstate: '54000' }));
  savepoints.release(savepoints.get('a'));
  expect(savepoints.level).toBe(maxSavepoints - 1);
});
