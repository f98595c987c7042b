/** The gateway's own files and its data sets' database are out of reach of SQL. */
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let folder: string;
let state: string;
let server: WireServer;
let client: RawClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-own-'));
  state = join(folder, 'state');
  await mkdir(state);
  await mkdir(join(folder, 'data'));
  await symlink(state, join(folder, 'data', 'link'));
  server = await WireServer.start({ data: [join(folder, 'data')], stateFolder: state });
  client = await RawClient.connect(server.port);
  await client.query("CREATE TABLE kept AS SELECT 'row' AS a");
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

const paths = () => ({
  file: join(state, 'local.duckdb'),
  wal: join(state, 'local.duckdb.wal'),
  dots: `${join(folder, 'data')}/../state/local.duckdb`,
  url: `file://${state}/local.duckdb`,
  link: join(folder, 'data', 'link', 'local.duckdb'),
  other: join(state, 'new.csv'),
});

it.each([
  ["COPY (SELECT 1) TO '{file}' (FORMAT csv, USE_TMP_FILE false)", '42501'],
  ["COPY (SELECT 1) TO '{wal}' (FORMAT csv, USE_TMP_FILE false)", '42501'],
  ["COPY kept TO '{dots}' (USE_TMP_FILE false)", '42501'],
  ["COPY kept TO '{url}' (USE_TMP_FILE false)", '42501'],
  ["COPY kept TO '{link}' (USE_TMP_FILE false)", '42501'],
  ["COPY kept TO '{other}'", '42501'],
  ["COPY kept TO '~/local.duckdb'", '42501'],
  ["COPY kept TO ('{file}')", '0A000'],
  ["COPY kept TO ('{file}' || '') (USE_TMP_FILE false)", '0A000'],
  ["COPY kept TO E'{file}' (USE_TMP_FILE false)", '0A000'],
  ["COPY kept FROM '{file}'", '42501'],
  ["COPY kept FROM '{other}'", '42501'],
  ['COPY FROM DATABASE local TO data', '42501'],
  ["EXPORT DATABASE '{other}'", '42501'],
  ["ATTACH '{file}' AS x", '42501'],
  ["SELECT * FROM read_blob('{file}')", '42501'],
  ["SELECT * FROM read_text('{dots}')", '42501'],
  ["SELECT * FROM sniff_csv('{file}')", '42501'],
  ["INSERT INTO kept SELECT content FROM read_text('{file}')", '42501'],
  ["CREATE VIEW v AS FROM read_text('{file}')", '42501'],
  ["SELECT * FROM glob('{other}*')", '42501'],
  ["FROM enable_logging('QueryLog')", '42501'],
  ['SELECT * FROM "force_checkpoint"()', '42501'],
  ['DROP SCHEMA data.public CASCADE', '42501'],
  ['DROP SCHEMA public CASCADE', '42501'],
])('%s is %s', async (sql, code) => {
  const text = Object.entries(paths()).reduce((done, [name, path]) => done.replaceAll(`{${name}}`, path), sql);
  for (const protocol of ['simple', 'extended'] as const) {
    await expect(client.query(text, protocol)).rejects.toMatchObject({ code });
  }
  expect((await client.query('SELECT a FROM kept')).rows.map(([cell]) => cell?.toString())).toEqual(['row']);
  expect((await readFile(paths().file)).subarray(8, 12).toString()).toBe('DUCK');
});

it('a name that only looks like them is a string as any other', async () => {
  const { rows } = await client.query("SELECT 'local.duckdb' AS a, 'enable_logging' AS b");
  expect(rows[0]?.map(String)).toEqual(['local.duckdb', 'enable_logging']);
});
