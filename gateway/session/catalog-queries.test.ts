import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeDataset } from '../../testdata/harness/dataset.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let server: WireServer;
let client: Client;
const rows = async (sql: string, values?: readonly unknown[]) =>
  (await client.query({ text: sql, values: [...(values ?? [])], rowMode: 'array' })).rows;

beforeAll(async () => {
  server = await WireServer.start({ data: [await makeDataset('small')] });
  client = new Client({ host: '127.0.0.1', port: server.port, user: 'test', database: 'sluice' });
  await client.connect();
  await client.query('CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT NOT NULL)');
});
afterAll(async () => {
  await client.end();
  await server.stop();
});
beforeEach(() => client.query('ROLLBACK').catch(() => undefined));

describe('queries on the catalogs', () => {
  it('show data sets as foreign tables', async () => {
    expect(await rows("SELECT relkind FROM pg_class WHERE relname = 'events'")).toEqual([['f']]);
    expect(await rows("SELECT table_type FROM information_schema.tables WHERE table_name = 'events'")).toEqual([
      ['FOREIGN'],
    ]);
  });

  it('take parameters', async () => {
    const sql =
      'SELECT attname, atttypid FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > $2 ORDER BY attnum';
    expect(await rows(sql, ['keyed', 0])).toEqual([
      ['id', 23],
      ['name', 25],
    ]);
  });

  it("tell PostgreSQL's types", async () => {
    const { fields } = await client.query('SELECT oid, relname, relkind, reltuples, relacl FROM pg_class LIMIT 1');
    expect(fields.map(({ dataTypeID }) => dataTypeID)).toEqual([26, 19, 18, 700, 1034]);
  });

  it('see what the transaction has made, and others do not', async () => {
    const other = new Client({ host: '127.0.0.1', port: server.port, user: 'test', database: 'sluice' });
    await other.connect();
    const count = "SELECT count(*)::int FROM pg_class WHERE relname = 'made_now'";
    await client.query('BEGIN');
    await client.query('CREATE TABLE made_now (i INTEGER)');
    expect(await rows(count)).toEqual([[1]]);
    expect((await other.query(count)).rows).toEqual([{ count: 0 }]);
    await client.query('ROLLBACK');
    expect(await rows(count)).toEqual([[0]]);
    await other.end();
  });

  it('see temporary tables of their own session', async () => {
    await client.query('CREATE TEMP TABLE passing (i INTEGER)');
    expect(
      await rows("SELECT 'passing'::regclass::text, relpersistence FROM pg_class WHERE oid = 'passing'::regclass"),
    ).toEqual([['passing', 't']]);
    await client.query('DROP TABLE passing');
  });

  it('follow the search path', async () => {
    await client.query('CREATE SCHEMA aside');
    await client.query('CREATE TABLE aside.hidden (i INTEGER)');
    const visible = "SELECT pg_table_is_visible(oid), oid::regclass::text FROM pg_class WHERE relname = 'hidden'";
    expect(await rows(visible)).toEqual([[false, 'aside.hidden']]);
    await client.query('SET search_path = aside, public');
    expect(await rows(visible)).toEqual([[true, 'hidden']]);
    expect(await rows('SELECT current_schema(), current_schemas(true)')).toEqual([
      ['aside', '{pg_catalog,aside,public}'],
    ]);
    await client.query('RESET search_path');
  });

  it("fail with PostgreSQL's codes", async () => {
    await expect(client.query("SELECT 'nothing'::regclass")).rejects.toMatchObject({
      code: '42P01',
      message: 'relation "nothing" does not exist',
    });
    await expect(client.query("SELECT 'nothing'::regtype")).rejects.toMatchObject({ code: '42704' });
    await expect(client.query('SELECT nothing FROM pg_class')).rejects.toMatchObject({ code: '42703' });
    await expect(client.query('SELECT * FROM pg_catalog.pg_nothing')).rejects.toMatchObject({ code: '42P01' });
  });

  it('read settings and sessions', async () => {
    await client.query("SET application_name = 'me'");
    expect(await rows("SELECT setting FROM pg_settings WHERE name = 'application_name'")).toEqual([['me']]);
    expect(await rows('SELECT usename FROM pg_stat_activity WHERE pid = pg_backend_pid()')).toEqual([['test']]);
  });
});
