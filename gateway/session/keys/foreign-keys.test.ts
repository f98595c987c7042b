/** Foreign keys of local tables beyond what testdata/postgres-keys compares with PostgreSQL: restarts, other sessions, COPY, many rows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { localPlanner } from '../../../testdata/harness/local-planner.ts';
import { RawClient, WireError } from '../../../testdata/harness/raw-client.ts';
import { WireServer } from '../../../testdata/harness/wire-server.ts';
import { longestInsert } from './limits.ts';

let server: WireServer;
let client: RawClient;
let other: RawClient;
beforeAll(async () => {
  server = await WireServer.start({ planner: localPlanner });
  client = await RawClient.connect(server.port);
  other = await RawClient.connect(server.port);
});
afterAll(() => server.stop());

async function cells(sql: string, on = client): Promise<readonly string[]> {
  return (await on.query(sql)).rows.map((row) => row.map((cell) => cell?.toString() ?? '').join('|'));
}

async function codeOf(sql: string, on = client): Promise<string> {
  try {
    await on.query(sql);
    return 'done';
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

const orphans = 'SELECT count(*) FROM c LEFT JOIN p ON c.p = p.id WHERE c.p IS NOT NULL AND p.id IS NULL';

describe('two transactions at a time', () => {
  beforeEach(async () => {
    for (const each of [client, other]) await each.query('ROLLBACK');
    await client.query('DROP TABLE IF EXISTS c, p CASCADE; CREATE TABLE p (id INTEGER PRIMARY KEY)');
    await client.query('CREATE TABLE c (id INTEGER, p INTEGER REFERENCES p ON DELETE CASCADE)');
    await client.query('INSERT INTO p SELECT * FROM generate_series(1, 100)');
  });

  it.each([
    ['a row that refers first', 'INSERT INTO c VALUES (1, 5)', 'DELETE FROM p WHERE id = 5'],
    ['the deletion first', 'DELETE FROM p WHERE id = 5', 'INSERT INTO c VALUES (1, 5)'],
    ['many rows', 'INSERT INTO c SELECT i, i FROM range(1, 100) r(i)', 'DELETE FROM p WHERE id = 5'],
    ['another key', 'UPDATE p SET id = 500 WHERE id = 5', 'INSERT INTO c VALUES (1, 5)'],
    ['all rows', 'INSERT INTO c VALUES (1, 5)', 'TRUNCATE p, c'],
  ])('leave no row that refers to nothing: %s', async (_, first, second) => {
    await client.query(`BEGIN; ${first}`);
    await other.query(`BEGIN; ${second}`);
    expect(await codeOf('COMMIT')).toBe('done');
    expect(await codeOf('COMMIT', other)).toBe('40001');
    expect(await cells(orphans)).toEqual(['0']);
  });

  it('do not disturb each other over different keys', async () => {
    await client.query('BEGIN; INSERT INTO c VALUES (1, 5)');
    await other.query('BEGIN; DELETE FROM p WHERE id = 6');
    expect(await codeOf('COMMIT')).toBe('done');
    expect(await codeOf('COMMIT', other)).toBe('done');
  });

  it('a key that is declared meanwhile counts', async () => {
    await client.query('ALTER TABLE c DROP CONSTRAINT c_p_fkey');
    await client.query('BEGIN; INSERT INTO c VALUES (1, 999)');
    await other.query('ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p');
    expect(await codeOf('COMMIT')).toBe('40001');
    await client.query('BEGIN; ALTER TABLE c DROP CONSTRAINT c_p_fkey; ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p');
    await other.query('DELETE FROM p WHERE id = 1');
    expect(await codeOf('COMMIT')).toBe('40001');
  });

  it('statements of their own run again over what was committed under them', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(server.port)));
    const runs = clients.map(async (each, at) => {
      for (let i = 1; i <= 25; i++) {
        const key = ((i * 7 + at) % 10) + 1;
        const sql = at % 2 === 0 ? `INSERT INTO c VALUES (${i}, ${key})` : `DELETE FROM p WHERE id = ${key}`;
        expect(['done', '23503', '40001']).toContain(await codeOf(sql, each));
        if (at % 2 === 1) await codeOf(`INSERT INTO p VALUES (${key})`, each);
      }
    });
    await Promise.all(runs);
    await Promise.all(clients.map((each) => each.close()));
    expect(await cells(orphans)).toEqual(['0']);
  });
});

describe('rows', () => {
  beforeAll(async () => {
    await client.query('DROP TABLE IF EXISTS c, p CASCADE; CREATE TABLE p (id INTEGER PRIMARY KEY, s TEXT UNIQUE)');
    await client.query(
      'CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON UPDATE CASCADE, tags INTEGER[])',
    );
    await client.query("INSERT INTO p SELECT i, 'x' || i FROM range(5000) r(i)");
  });

  it('by thousands are checked, and follow', async () => {
    await client.query('INSERT INTO c SELECT i, i, NULL FROM range(5000) r(i)');
    expect(await codeOf('INSERT INTO c SELECT i, i, NULL FROM range(5000, 5002) r(i)')).toBe('23503');
    await client.query('UPDATE c SET p = 4999 - p');
    expect(await codeOf('UPDATE c SET p = p + 1')).toBe('23503');
    await client.query('UPDATE p SET id = id + 10000');
    expect(await cells('SELECT min(p), max(p), count(*) FROM c')).toEqual(['10000|14999|5000']);
    const values = Array.from({ length: 40 }, (_, i) => `(${20_000 + i}, ${10_000 + i})`).join(', ');
    await client.query(`INSERT INTO c VALUES ${values.replaceAll(')', ', [1])')}`);
    expect(
      await codeOf(`INSERT INTO c VALUES (1, 10000, NULL), ${values.replaceAll(')', ', [1])')}, (2, 5, NULL)`),
    ).toBe('23505');
    expect(await codeOf('DELETE FROM p WHERE id < 12000')).toBe('23503');
    await client.query('DELETE FROM c; DELETE FROM p');
  });

  it('of a very long text are checked', async () => {
    const long = `/* ${'x'.repeat(longestInsert)} */`;
    await client.query(`INSERT INTO p VALUES (1, 'a') ${long}; INSERT INTO c VALUES (1, 1, NULL) ${long}`);
    expect(await codeOf(`INSERT INTO c VALUES (2, 9, NULL) ${long}`)).toBe('23503');
    const again = (id: number) => `INSERT INTO p VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET id = ${id} ${long}`;
    expect(await codeOf(again(1))).toBe('done');
    expect(await codeOf(again(7))).toBe('0A000');
    await client.query('DELETE FROM c; DELETE FROM p');
  });

  it('of COPY are checked', async () => {
    await client.query("INSERT INTO p VALUES (1, 'a')");
    const copy = async (rows: string) => {
      const { serialize } = await import('pg-protocol');
      client.socket.write(serialize.query('COPY c (id, p) FROM STDIN'));
      client.socket.write(Buffer.concat([serialize.copyData(Buffer.from(rows)), serialize.copyDone()]));
      return client.answer();
    };
    await copy('1\t1\n2\t\\N\n');
    await expect(copy('3\t1\n4\t9\n')).rejects.toMatchObject({ code: '23503' });
    expect(await cells('SELECT id, p FROM c ORDER BY id')).toEqual(['1|1', '2|']);
  });

  it('that are referred to can be changed in every other way', async () => {
    await client.query("UPDATE p SET s = 'b' RETURNING s; UPDATE c SET tags = [1, 2]");
    await client.query("INSERT INTO p VALUES (1, 'c') ON CONFLICT (id) DO UPDATE SET s = excluded.s");
    await client.query("MERGE INTO p USING (SELECT 1 AS id) n ON p.id = n.id WHEN MATCHED THEN UPDATE SET s = 'd'");
    expect(await codeOf('MERGE INTO p USING (SELECT 1 AS id) n ON p.id = n.id WHEN MATCHED THEN DELETE')).toBe('23503');
    expect(await codeOf('EXPLAIN ANALYZE DELETE FROM p')).toBe('23503');
    expect(await codeOf('INSERT INTO c (id, p) SELECT 7, oid::BIGINT::INTEGER + 99 FROM pg_class LIMIT 1')).toBe(
      '23503',
    );
    expect(await cells('SELECT * FROM p')).toEqual(['1|d']);
  });

  it('keys are gone with the schema of the table that they refer to', async () => {
    await client.query('CREATE SCHEMA far; CREATE TABLE far.p (id INTEGER PRIMARY KEY)');
    await client.query('CREATE TABLE near (p INTEGER REFERENCES far.p); DROP SCHEMA far CASCADE');
    await client.query('INSERT INTO near VALUES (1); CREATE SCHEMA far; CREATE TABLE far.p (id INTEGER PRIMARY KEY)');
    await client.query('INSERT INTO near VALUES (2); DROP TABLE near');
  });

  it('of temporary tables are checked in their session', async () => {
    await client.query('CREATE TEMP TABLE tp (id INTEGER PRIMARY KEY); CREATE TEMP TABLE tc (p INTEGER REFERENCES tp)');
    expect(await codeOf('INSERT INTO tc VALUES (1)')).toBe('23503');
    await client.query('INSERT INTO tp VALUES (1); INSERT INTO tc VALUES (1)');
    expect(await codeOf('DELETE FROM tp')).toBe('23503');
    expect(await codeOf('CREATE OR REPLACE TEMP TABLE tp (id INTEGER)')).toBe('2BP01');
    await client.query('DROP TABLE tc; DROP TABLE tp');
  });
});

describe('a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('with keys of DuckDB gets them as its own, and keeps them', async () => {
    const instance = await DuckDBInstance.create(join(folder, 'local.duckdb'));
    const connection = await instance.connect();
    await connection.run(`CREATE SCHEMA public; CREATE TABLE public.a (id INTEGER PRIMARY KEY);
      CREATE TABLE public.b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES public.a (id));
      CREATE TABLE public.d (b INTEGER, FOREIGN KEY (b) REFERENCES public.b (id)); CREATE INDEX d_b ON public.d (b);
      INSERT INTO public.a VALUES (1); INSERT INTO public.b VALUES (2, 1); INSERT INTO public.d VALUES (2);
      COMMENT ON TABLE public.d IS 'mine\u001fdeclared:{"constraints":[{"type":"f","columns":["b"],"name":"own","onDelete":"c"}]}'`);
    connection.closeSync();
    instance.closeSync();
    for (const [step, expected] of [
      ['first', '2'],
      ['second', '3'],
    ] as const) {
      const own = await WireServer.start({ planner: localPlanner, stateFolder: folder });
      const one = await RawClient.connect(own.port);
      const names = "SELECT conname, confdeltype FROM pg_constraint WHERE contype = 'f' ORDER BY 1";
      expect(await cells(names, one), step).toEqual(['b_a_fkey|a', 'own|c']);
      expect(
        await cells("SELECT obj_description('d'::regclass), indexname FROM pg_indexes WHERE tablename = 'd'", one),
      ).toEqual(['mine|d_b']);
      expect(await codeOf('DELETE FROM a', one)).toBe('23503');
      expect(await codeOf('INSERT INTO b VALUES (33, 9)', one)).toBe('23503');
      expect(await cells('SELECT * FROM d', one)).toEqual([expected]);
      await one.query('BEGIN; DELETE FROM b; INSERT INTO b VALUES (3, 1); INSERT INTO d VALUES (3); COMMIT');
      await one.close();
      await own.stop();
    }
  });
});
