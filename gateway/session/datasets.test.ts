/** Sessions over data sets, with the real planner, without workers. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawAnswer, RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let folder: string;
let server: WireServer;
let client: RawClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-data-'));
  for (const key of ['a', 'b']) {
    await mkdir(join(folder, 'sales', `k=${key}`), { recursive: true });
    const rows = Array.from({ length: 3_000 }, (_, n) => `${n},${n % 7 === 0 ? '' : n * 2}`);
    await writeFile(join(folder, 'sales', `k=${key}`, 'part.csv'), `id,v\n${rows.join('\n')}\n`);
  }
  await writeFile(join(folder, 'names.csv'), 'id,name\n1,one\n2,two\n');
  server = await WireServer.start({ data: [folder] });
  client = await RawClient.connect(server.port);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

const texts = (answer: RawAnswer) => answer.rows.map((row) => row.map((cell) => cell?.toString() ?? null));
const query = async (sql: string) => texts(await client.query(sql));
const lines = async (sql: string) => (await query(sql)).map(([line]) => line!);

describe('queries over data sets', () => {
  it.each(['simple', 'extended'] as const)('answer with names and types in the %s protocol', async (protocol) => {
    const answer = await client.query(
      'SELECT k, count(*), sum(v) AS total, 1 + 1 FROM sales GROUP BY k ORDER BY k',
      protocol,
    );
    expect(answer.fields.map(({ name }) => name)).toEqual(['k', 'count', 'total', '?column?']);
    expect(answer.fields.map(({ oid }) => oid)).toEqual([25, 20, 1700, 23]);
    expect(texts(answer).map((row) => [row[0], row[1], row[3]])).toEqual([
      ['a', '3000', '2'],
      ['b', '3000', '2'],
    ]);
    expect(answer.tags).toEqual(['SELECT 2']);
  });

  it('take parameters', async () => {
    client.socket.write(
      Buffer.concat([
        serialize.parse({ name: 's', text: 'SELECT id, v FROM sales WHERE k = $1 AND id > $2 ORDER BY id LIMIT $3' }),
        serialize.describe({ type: 'S', name: 's' }),
        serialize.bind({ statement: 's', values: ['b', '2990', '2'] }),
        serialize.execute(),
        serialize.bind({ statement: 's', values: ['a', '5', '1'] }),
        serialize.execute(),
        serialize.sync(),
      ]),
    );
    const answer = await client.answer();
    expect(answer.fields.map(({ name }) => name)).toEqual(['id', 'v']);
    expect(texts(answer)).toEqual([
      ['2991', '5982'],
      ['2992', '5984'],
      ['6', '12'],
    ]);
  });

  it('join local and temporary tables, with uncommitted rows', async () => {
    await client.query('BEGIN');
    await client.query("CREATE TEMP TABLE pick AS SELECT 'b' AS k, 5 AS id");
    expect(await query('SELECT s.k, s.v FROM sales s JOIN pick p ON s.k = p.k AND s.id = p.id')).toEqual([['b', '10']]);
    await client.query("INSERT INTO pick VALUES ('a', 6)");
    expect(await query('SELECT s.k, s.v FROM sales s JOIN pick p ON s.k = p.k AND s.id = p.id ORDER BY 1')).toEqual([
      ['a', '12'],
      ['b', '10'],
    ]);
    await client.query('ROLLBACK');
  });

  it('stream while other statements run, each portal on its own', async () => {
    await client.query('BEGIN');
    const open = (name: string, text: string) =>
      Buffer.concat([serialize.parse({ name, text }), serialize.bind({ portal: name, statement: name })]);
    const fetch = async (portal: string, rows: number) => {
      client.socket.write(Buffer.concat([serialize.execute({ portal, rows }), serialize.sync()]));
      return texts(await client.answer()).map(([id]) => Number(id));
    };
    client.socket.write(
      Buffer.concat([
        open('one', "SELECT id FROM sales WHERE k = 'a' ORDER BY id"),
        open('two', "SELECT id FROM sales WHERE k = 'b' ORDER BY id DESC"),
        serialize.sync(),
      ]),
    );
    await client.answer();
    const [one, two] = [await fetch('one', 1_000), await fetch('two', 10)];
    expect(await query('SELECT count(*) FROM names')).toEqual([['2']]);
    one.push(...(await fetch('one', 0)));
    two.push(...(await fetch('two', 0)));
    const all = Array.from({ length: 3_000 }, (_, index) => index);
    expect(one).toEqual(all);
    expect(two).toEqual(all.toReversed());
    await client.query('COMMIT');
  });

  it('tell where an error is', async () => {
    const fields = async (sql: string) => {
      const error = (await client.query(sql).catch((thrown: unknown) => thrown)) as { fields: Map<string, string> };
      return ['C', 'P', 'H'].map((field) => error.fields.get(field));
    };
    expect(await fields('SELECT idd FROM sales')).toEqual(['42703', '8', expect.stringContaining('id')]);
    expect(await fields('SELECT 1; SELECT é FROM sales')).toEqual(['42703', '18', expect.anything()]);
    expect((await fields('SELECT * FROM saless')).slice(0, 2)).toEqual(['42P01', '15']);
    expect((await fields('SELECT id FROM sales WHERE')).slice(0, 1)).toEqual(['42601']);
  });

  it('give a new file to the next query', async () => {
    await client.query('SELECT count(*) FROM names');
    await writeFile(join(folder, 'later.csv'), 'x\n1\n2\n3\n');
    expect(await query('SELECT count(*) FROM later')).toEqual([['3']]);
    await rm(join(folder, 'later.csv'));
    await expect(client.query('SELECT count(*) FROM later')).rejects.toMatchObject({ code: '42P01' });
  });
});

describe('EXPLAIN', () => {
  it('tells the strategy on a line of its own', async () => {
    expect(await lines('EXPLAIN SELECT k, count(*) FROM sales GROUP BY k')).toContain('strategy: direct');
    expect(await lines('EXPLAIN SELECT 1')).toContain('strategy: local');
    await client.query('SET sluice.strategy = gather');
    expect((await lines('EXPLAIN SELECT k FROM sales')).filter((line) => line.startsWith('strategy: '))).toHaveLength(
      1,
    );
    await client.query('RESET sluice.strategy');
  });

  it('is JSON when asked, and runs the query with ANALYZE', async () => {
    const [text] = await lines('EXPLAIN (FORMAT JSON) SELECT id FROM sales');
    expect(JSON.parse(text!)).toHaveLength(1);
    const analyzed = await lines('EXPLAIN ANALYZE SELECT id FROM sales');
    expect(analyzed).toContain('rows: 6000');
    expect((await client.query('EXPLAIN SELECT id FROM sales', 'extended')).fields[0]?.name).toBe('QUERY PLAN');
  });

  it('of writes is DuckDB’s and changes nothing', async () => {
    await client.query('CREATE TABLE plain (i INTEGER)');
    await client.query('EXPLAIN INSERT INTO plain VALUES (1)');
    expect(await query('SELECT count(*) FROM plain')).toEqual([['0']]);
    await client.query('DROP TABLE plain');
  });
});

describe('ANALYZE', () => {
  it('counts different values of data sets, and passes local tables on', async () => {
    expect((await client.query('ANALYZE VERBOSE sales (K, v)')).tags).toEqual(['ANALYZE']);
    const table = (await server.session.catalog.snapshot()).lookup(undefined, 'sales');
    expect(Object.keys(table?.distinct ?? {})).toEqual(['k', 'v']);
    expect(table?.distinct?.k).toBe(2);
    expect((await client.query('ANALYZE (VERBOSE, SKIP_LOCKED TRUE)')).tags).toEqual(['ANALYZE']);
    const names = (await server.session.catalog.snapshot()).lookup(undefined, 'names');
    expect(names?.distinct).toEqual({ id: 2, name: 2 });
    await client.query('CREATE TABLE counted (i INTEGER)');
    expect((await client.query('ANALYZE counted')).tags).toEqual(['ANALYZE']);
    await client.query('DROP TABLE counted');
  });

  it('tells of tables and columns that are not there', async () => {
    await expect(client.query('ANALYZE sales, nowhere')).rejects.toMatchObject({ code: '42P01' });
    await expect(client.query('ANALYZE sales (idd)')).rejects.toMatchObject({ code: '42703' });
    await expect(client.query('ANALYZE sales (id')).rejects.toMatchObject({ code: '42601' });
    await expect(client.query('ANALYZE (VERBOSE')).rejects.toMatchObject({ code: '42601' });
  });
});

describe('data sets', () => {
  it('are made, used and dropped as foreign tables', async () => {
    const location = join(folder, 'sales/*/*.csv');
    const make = `CREATE FOREIGN TABLE mine (id INTEGER, v VARCHAR) SERVER files OPTIONS (location '${location}', format 'csv')`;
    expect((await client.query(make)).tags).toEqual(['CREATE FOREIGN TABLE']);
    expect(await query('SELECT count(*), max(id) FROM mine')).toEqual([['6000', '2999']]);
    await expect(client.query(make)).rejects.toMatchObject({ code: '42P07' });
    expect((await client.query(make.replace('TABLE', 'TABLE IF NOT EXISTS'))).notices).toHaveLength(1);
    expect((await client.query('DROP FOREIGN TABLE mine')).tags).toEqual(['DROP FOREIGN TABLE']);
    await expect(client.query('DROP FOREIGN TABLE mine')).rejects.toMatchObject({ code: '42P01' });
    expect((await client.query('DROP FOREIGN TABLE IF EXISTS mine')).notices).toHaveLength(1);
  });

  it.each([
    ["INSERT INTO names VALUES (3, 'three')", '0A000'],
    ["UPDATE names SET name = 'x'", '0A000'],
    ['DELETE FROM names', '0A000'],
    ['TRUNCATE names', '42809'],
    ['DROP TABLE names', '42809'],
    ['DROP VIEW names', '42809'],
    ['ALTER TABLE names ADD COLUMN x INTEGER', '42809'],
    ['CREATE TABLE names (i INTEGER)', '42P07'],
    ['CREATE OR REPLACE VIEW names AS SELECT 1', '42P07'],
    ["COPY (SELECT 1) TO '/etc/x.csv'", '42501'],
    ["SELECT * FROM read_csv('/etc/passwd')", '42501'],
    ["SELECT * FROM '/etc/x.parquet'", '42501'],
    ["SELECT * FROM read_text('/etc/passwd')", '42501'],
    ["CREATE FOREIGN TABLE x SERVER files OPTIONS (location '/etc/passwd', format 'csv')", '42501'],
  ])('are not changed: %s', async (sql, code) => {
    await expect(client.query(sql)).rejects.toMatchObject({ code });
    expect(await query('SELECT count(*) FROM names')).toEqual([['2']]);
  });

  it('give way to a temporary table of the same name', async () => {
    await client.query("CREATE TEMP TABLE names AS SELECT 9 AS id, 'nine' AS name");
    expect(await query('SELECT name FROM names')).toEqual([['nine']]);
    await client.query('INSERT INTO names VALUES (10, NULL)');
    await client.query('DROP TABLE names');
    expect(await query('SELECT name FROM names ORDER BY id')).toEqual([['one'], ['two']]);
  });
});
