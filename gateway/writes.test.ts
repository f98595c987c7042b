/** Data sets written by SQL, against a real gateway with real workers. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { lastQuery } from '../testdata/harness/run-cases.ts';
import { leftOversIn, manifestIn } from '../testdata/harness/written-folder.ts';

/** Processes are started: machines may be busy. */
vi.setConfig({ testTimeout: 120_000 });

const root = mkdtempSync(join(tmpdir(), 'sluice-writes-'));
const data = join(root, 'data');
const out = join(root, 'out');
const rowCount = 40_000;
let gateway: GatewayProcess;
let client: RawClient;
let duckdb: DuckDBConnection;

/** All rows as text, in their order. */
async function rowsOf(sql: string): Promise<readonly string[]> {
  const { rows } = await client.query(sql);
  return rows.map((row) => row.map((cell) => cell?.toString() ?? 'NULL').join('|'));
}

/** The same of one DuckDB that reads the files, as another tool would. */
async function foreignRows(sql: string): Promise<readonly string[]> {
  const rows = (await duckdb.runAndReadAll(sql)).getRowsJson();
  return rows.map((row) => row.map((cell) => cell ?? 'NULL').join('|'));
}

async function fails(sql: string, code: string): Promise<string> {
  const error = await client.query(sql).then(
    () => undefined,
    (thrown: unknown) => thrown as { code: string; message: string },
  );
  expect(error?.code, `${sql}: ${error?.message}`).toBe(code);
  return error!.message;
}

const sums = 'count(*), sum(id), sum(hash(k, name))';

beforeAll(async () => {
  for (const folder of ['data/src', 'out']) mkdirSync(join(root, folder), { recursive: true });
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  for (let file = 0; file < 4; file++) {
    const rows = `SELECT i AS id, hash(i) % 1000 AS k, CASE WHEN i % 7 <> 0 THEN 'n' || i % 50 END AS name
      FROM range(${(file * rowCount) / 4}, ${((file + 1) * rowCount) / 4}) t(i)`;
    await duckdb.run(`COPY (${rows}) TO '${data}/src/${file}.parquet'`);
  }
  gateway = await GatewayProcess.start({ data: [data], workers: 2, flags: ['--allow', out] });
  client = await RawClient.connect(gateway.port);
});
afterAll(async () => {
  await client?.close();
  await gateway?.stop();
  duckdb?.closeSync();
  rmSync(root, { recursive: true, force: true });
});

it('a table that was asked for before it was made is found as soon as it is there', async () => {
  const other = await RawClient.connect(gateway.port);
  const query = 'SELECT count(*) FROM late';
  await fails(query, '42P01');
  await expect(other.query(query)).rejects.toMatchObject({ code: '42P01' });
  await client.query(`CREATE TABLE late WITH (location = '${out}/late') AS SELECT 1 AS a`);
  expect(await rowsOf(query)).toEqual(['1']);
  expect((await other.query(query)).rows.map(String)).toEqual(['1']);
  await client.query('DROP FOREIGN TABLE late');
  await other.close();
});

describe('COPY to a folder', () => {
  it('sorts in ranges what is more than one task, ties and expressions among them, and rows of the session', async () => {
    const order = 'name DESC NULLS FIRST, k // 3, id';
    const source = `SELECT id, k, name FROM src`;
    for (const [place, options] of [
      `order_by (${order}), partitions 7`,
      `order_by (${order}), partitions 1`,
    ].entries()) {
      const folder = join(out, `ranges-${place}`);
      await client.query(`COPY (${source}) TO '${folder}' (${options})`);
      const paths = manifestIn(folder)!.files.map(({ path }) => `'${join(folder, path)}'`);
      expect(paths).toEqual([...paths].sort());
      const written = await foreignRows(`SELECT id FROM read_parquet([${paths.join(', ')}])`);
      expect(written).toEqual(await foreignRows(`SELECT id FROM '${data}/src/*.parquet' ORDER BY ${order}`));
    }
    await client.query(
      `COPY (SELECT range % 10 AS a, range AS b FROM range(1000)) TO '${out}/own' (order_by (a DESC), partitions 3)`,
    );
    const own = manifestIn(join(out, 'own'))!.files.map(({ path }) => `'${join(out, 'own', path)}'`);
    const rows = await foreignRows(`SELECT a FROM read_parquet([${own.join(', ')}])`);
    expect(rows).toEqual([...rows].sort((a, b) => Number(b) - Number(a)));
    expect(rows).toHaveLength(1000);
  });

  it('is written by the workers, is a data set at once, and other tools see the same files', async () => {
    const { tags } = await client.query(`COPY (SELECT * FROM src WHERE id >= 100) TO '${data}/plain' (FORMAT parquet)`);
    expect(tags).toEqual([`COPY ${rowCount - 100}`]);
    expect((await lastQuery(client)).tasks).toBeGreaterThan(0);
    const expected = await rowsOf(`SELECT ${sums} FROM src WHERE id >= 100`);
    expect(await rowsOf(`SELECT ${sums} FROM plain`)).toEqual(expected);
    expect(await foreignRows(`SELECT ${sums} FROM '${data}/plain/*.parquet'`)).toEqual(expected);
    expect(leftOversIn(join(data, 'plain'))).toEqual([]);
  });

  it('has one bucket for each value of the hash keys, and as many files as partitions', async () => {
    await client.query(
      `COPY src TO '${out}/hashed' WITH (hash_by (k, name), partitions 6, compression zstd, order_by (id DESC))`,
    );
    const manifest = manifestIn(join(out, 'hashed'));
    expect(manifest).toMatchObject({
      layout: { kind: 'hash', by: ['k', 'name'], types: ['UBIGINT', 'VARCHAR'], buckets: 6 },
    });
    expect(manifest?.files.map(({ bucket }) => bucket)).toEqual([0, 1, 2, 3, 4, 5]);
    const files = `read_parquet('${out}/hashed/*.parquet', filename = true, file_row_number = true)`;
    expect(await foreignRows(`SELECT ${sums} FROM ${files}`)).toEqual(await rowsOf(`SELECT ${sums} FROM src`));
    expect(await foreignRows(`SELECT k, name FROM ${files} GROUP BY ALL HAVING count(DISTINCT filename) > 1`)).toEqual(
      [],
    );
    const descents = `SELECT id > lag(id) OVER (PARTITION BY filename ORDER BY file_row_number) AS d FROM ${files}`;
    expect(await foreignRows(`SELECT count(*) FROM (${descents}) WHERE d`)).toEqual(['0']);
    const bucket = 'CAST((hash(k, name) >> 32) % 6 AS INTEGER)';
    const wrong = `SELECT count(*) FROM ${files} WHERE ${bucket} <> CAST(regexp_extract(filename, 'part-(\\d+)', 1) AS INTEGER)`;
    expect(await foreignRows(wrong)).toEqual(['0']);
  });

  it('has so many files of about equal size where only their number is told', async () => {
    await client.query(`COPY (SELECT id FROM src) TO '${out}/even' (partitions 5)`);
    const counts = await foreignRows(
      `SELECT count(*) FROM read_parquet('${out}/even/*', filename = true) GROUP BY filename`,
    );
    expect(counts).toHaveLength(5);
    for (const count of counts) expect(Math.abs(Number(count) - rowCount / 5)).toBeLessThan(rowCount / 10);
  });

  it('has files in order, equal keys in one', async () => {
    await client.query(
      `COPY (SELECT name, id FROM src) TO '${out}/sorted' (order_by (name NULLS FIRST), partitions 4)`,
    );
    const files = `read_parquet('${out}/sorted/*', filename = true, file_row_number = true)`;
    expect(await foreignRows(`SELECT count(DISTINCT filename) FROM ${files}`)).toEqual(['4']);
    expect(await foreignRows(`SELECT name FROM ${files} GROUP BY 1 HAVING count(DISTINCT filename) > 1`)).toEqual([]);
    const before = `lag(coalesce(name, '')) OVER (ORDER BY filename, file_row_number)`;
    expect(
      await foreignRows(`SELECT count(*) FROM (SELECT name, ${before} b FROM ${files}) WHERE coalesce(name, '') < b`),
    ).toEqual(['0']);
    expect(manifestIn(join(out, 'sorted'))).toMatchObject({ layout: { kind: 'range', buckets: 4 } });
  });

  it('sorts the whole without partitions', async () => {
    await client.query(
      `COPY (SELECT id FROM src) TO '${out}/whole' (order_by (id DESC), file_size 1000, row_group_size 2048)`,
    );
    expect(manifestIn(join(out, 'whole'))?.files.length).toBeGreaterThan(11);
    const read = await foreignRows(`SELECT id FROM '${out}/whole/*.parquet'`);
    expect(read).toEqual(Array.from({ length: rowCount }, (_, i) => String(rowCount - 1 - i)));
  });

  it('makes folders of keys', async () => {
    await client.query(
      `COPY (SELECT id, name, k % 3 AS "G_h" FROM src WHERE id < 500) TO '${data}/keyed' (partition_by (g_h))`,
    );
    expect(
      readdirSync(join(data, 'keyed'))
        .filter((name) => !name.startsWith('_'))
        .sort(),
    ).toEqual(['G_h=0', 'G_h=1', 'G_h=2']);
    expect(await rowsOf('SELECT g_h, count(*) FROM keyed GROUP BY 1 ORDER BY 1')).toEqual(
      await rowsOf('SELECT k % 3, count(*) FROM src WHERE id < 500 GROUP BY 1 ORDER BY 1'),
    );
  });

  it.each([
    ['a join', 'SELECT a.id, b.k, b.name FROM src a JOIN src b ON a.id = b.id WHERE a.id % 2 = 0'],
    ['groups', 'SELECT k AS id, count(*) AS k, max(name) AS name FROM src GROUP BY k'],
    ['the first rows', 'SELECT id, k, name FROM src ORDER BY id LIMIT 100 OFFSET 5'],
    ['some rows', 'SELECT 1 AS id, 2 AS k, 5 AS name FROM src LIMIT 77'],
    ['a union', 'SELECT id, k, name FROM src UNION ALL SELECT 1, 2::UBIGINT, NULL'],
    ['a local query', "SELECT i AS id, i * 2 AS k, 'x' AS name FROM range(1000) t(i)"],
  ])('of %s has its rows', async (name, sql) => {
    const folder = join(data, `of ${name}`);
    const expected = await rowsOf(`SELECT ${sums} FROM (${sql})`);
    for (const options of ['', ', partitions 3, hash_by (id)', ", FORMAT csv, compression 'gzip'"]) {
      await client.query(`COPY (${sql}) TO '${folder}' (overwrite${options})`);
      expect(await rowsOf(`SELECT ${sums} FROM "of_${name.replaceAll(' ', '_')}"`), options).toEqual(expected);
    }
  });

  it('goes by the extended protocol too', async () => {
    const { tags } = await client.query(`COPY (SELECT * FROM src WHERE id < 10) TO '${out}/extended'`, 'extended');
    expect(tags).toEqual(['COPY 10']);
  });

  it('leaves the data set as it was when the query fails, and nothing beside', async () => {
    await client.query(`COPY (SELECT 1 AS a) TO '${data}/kept'`);
    await fails(`COPY (SELECT CAST(name AS INTEGER) AS a FROM src) TO '${data}/kept' (overwrite)`, '22P02');
    await fails(`COPY (SELECT CAST(name AS INTEGER) AS a FROM src) TO '${data}/never' (partitions 3)`, '22P02');
    expect(await rowsOf('SELECT * FROM kept')).toEqual(['1']);
    expect(leftOversIn(join(data, 'kept'))).toEqual([]);
    expect(existsSync(join(data, 'never'))).toBe(false);
  });

  it('says what is wrong', async () => {
    await client.query(`COPY (SELECT 1 AS a) TO '${out}/there'`);
    await fails(`COPY (SELECT 1 AS a) TO '${out}/there'`, '55000');
    await fails(`COPY (SELECT 1 AS a) TO '${out}/there/below'`, '55000');
    await fails(`COPY (SELECT 1 AS a) TO '${data}'`, '42501');
    await fails(`COPY (SELECT 1 AS a) TO '${root}/outside'`, '42501');
    await fails(`COPY (SELECT 1 AS a) TO '${out}/../outside' (partitions 2)`, '42501');
    await fails(`COPY (SELECT 1 AS a) TO '${out}/x' (partitons 2)`, '22023');
    await fails(`COPY (SELECT 1 AS a) TO '${out}/x' (compression 'zip')`, '22023');
    await fails(`COPY (SELECT 1 AS a) TO '${out}/x' (partitions 0)`, '22023');
    await fails(`COPY (SELECT 1 AS a) TO '${out}/x' (hash_by (b))`, '42703');
    await fails(`COPY (SELECT 1 AS a, 2 AS "A") TO '${out}/x'`, '42701');
    await fails(`COPY (SELECT 1 AS a, 2 AS b) TO '${out}/x' (partition_by (a), order_by (b))`, '0A000');
    for (const options of ['order_by (missing)', 'order_by (missing), partitions 3', 'order_by (id, missing DESC)'])
      await fails(`COPY src TO '${out}/x' (${options})`, '42703');
    await fails(`COPY (SELECT 1 AS id) TO '${out}/x' (order_by (missing), partitions 3)`, '42703');
    await fails(`COPY src TO '${out}/x' (order_by (id), partitions 0)`, '22023');
    await fails(`COPY (SELECT 1 AS "a b", 2 AS b) TO '${out}/x' (partition_by ("a b"))`, '0A000');
    await fails(`BEGIN; COPY (SELECT 1 AS a) TO '${out}/x'`, '25001');
    await client.query('ROLLBACK');
    expect(existsSync(join(out, 'x'))).toBe(false);
  });

  it('to a single file is as before', async () => {
    await client.query(`COPY (SELECT 1 AS a) TO '${out}/single.csv'`);
    await client.query(`COPY (SELECT 2 AS a) TO '${out}/single.csv' (FORMAT csv, HEADER false)`);
    expect(await rowsOf(`SELECT * FROM read_csv('${out}/single.csv', header = false)`)).toEqual(['2']);
  });
});

describe('CREATE TABLE ... WITH (location) AS and INSERT', () => {
  it('make a table whose text columns stay text', async () => {
    const options = `location = '${data}/texts', format = 'csv', partition_by = (g), delim = ';'`;
    const { tags } = await client.query(
      `CREATE TABLE texts WITH (${options}) AS SELECT id, '00' || id AS s, id % 2 AS g FROM src WHERE id < 6`,
    );
    expect(tags).toEqual(['SELECT 6']);
    await fails(`CREATE TABLE texts WITH (location = '${out}/other') AS SELECT 1 AS a`, '42P07');
    await client.query(`INSERT INTO texts VALUES (6, '007', 0), (7, NULL, 5)`);
    await client.query(`INSERT INTO texts (s, id) SELECT name, id FROM src WHERE id = 8`);
    const { tags: inserted } = await client.query('INSERT INTO texts VALUES (9)');
    expect(inserted).toEqual(['INSERT 0 1']);
    const expected = [
      '0|000|0',
      '1|001|1',
      '2|002|0',
      '3|003|1',
      '4|004|0',
      '5|005|1',
      '6|007|0',
      '7|NULL|5',
      '8|n8|NULL',
    ];
    expect(await rowsOf('SELECT * FROM texts WHERE id < 9 ORDER BY id')).toEqual(expected);
  });

  it('keep the order of columns, those of folders among them', async () => {
    await client.query(
      `CREATE TABLE mixed WITH (location = '${data}/mixed', partition_by = (day)) AS
        SELECT id, DATE '2024-01-01' + CAST(id % 2 AS INTEGER) AS day, name FROM src WHERE id BETWEEN 1 AND 3`,
    );
    await client.query("INSERT INTO mixed VALUES (4, '2024-03-01', 'x')");
    expect(await rowsOf('SELECT * FROM mixed ORDER BY id')).toEqual([
      '1|2024-01-02|n1',
      '2|2024-01-01|n2',
      '3|2024-01-02|n3',
      '4|2024-03-01|x',
    ]);
    expect(await rowsOf("SELECT name FROM mixed WHERE day = '2024-03-01'")).toEqual(['x']);
  });

  it('append by the layout', async () => {
    await client.query(
      `CREATE TABLE laid WITH (location = '${out}/laid', hash_by = (id), partitions = 3) AS SELECT id, k FROM src WHERE id < 100`,
    );
    await client.query('INSERT INTO laid SELECT id, k FROM src WHERE id BETWEEN 100 AND 199');
    const manifest = manifestIn(join(out, 'laid'));
    expect(manifest).toMatchObject({ layout: { kind: 'hash', by: ['id'], buckets: 3 } });
    expect(manifest?.files.map(({ bucket }) => bucket)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(await rowsOf('SELECT count(*), count(DISTINCT id) FROM laid')).toEqual(['200|200']);
    await client.query('DROP FOREIGN TABLE laid');
    await fails('SELECT * FROM laid', '42P01');
  });

  it('have columns without rows', async () => {
    await client.query(`CREATE TABLE empty WITH (location = '${out}/empty') AS SELECT id, name FROM src WHERE id < 0`);
    expect((await client.query('SELECT * FROM empty')).fields.map(({ name }) => name)).toEqual(['id', 'name']);
    await client.query("INSERT INTO empty VALUES (1, 'a')");
    expect(await rowsOf('SELECT * FROM empty')).toEqual(['1|a']);
  });

  it('append to files of others, all or nothing', async () => {
    mkdirSync(join(data, 'foreign'));
    writeFileSync(join(data, 'foreign/a.csv'), 'id|s\n1|x\n');
    await client.query('INSERT INTO "foreign" VALUES (2, \'y|z\')');
    await fails("INSERT INTO \"foreign\" VALUES ('no number', 'y')", '22P02');
    expect(await rowsOf('SELECT * FROM "foreign" ORDER BY id')).toEqual(['1|x', '2|y|z']);
    expect(leftOversIn(join(data, 'foreign'))).toEqual([]);
  });

  it('say what is wrong', async () => {
    await client.query(`CREATE TABLE wrong WITH (location = '${out}/wrong') AS SELECT 1 AS a, 'x' AS b`);
    await fails('INSERT INTO wrong VALUES (1, 2, 3)', '42601');
    await fails('INSERT INTO wrong (a, b) VALUES (1)', '42601');
    await fails('INSERT INTO wrong (a, c) VALUES (1, 2)', '42703');
    await fails('INSERT INTO wrong (a, a) VALUES (1, 2)', '42701');
    await fails("INSERT INTO wrong VALUES ('one', 'y')", '22P02');
    await fails('INSERT INTO wrong VALUES (1) RETURNING a', '0A000');
    await fails('INSERT INTO wrong DEFAULT VALUES', '0A000');
    await fails(`CREATE TEMP TABLE t WITH (location = '${out}/t') AS SELECT 1`, '0A000');
    await fails('CREATE TABLE t WITH (hash_by = (a)) AS SELECT 1 AS a', '42601');
    await client.query('CREATE TABLE local_one (a int)');
    await fails(`CREATE TABLE local_one WITH (location = '${out}/t') AS SELECT 1`, '42P07');
    expect(await rowsOf('SELECT * FROM wrong')).toEqual(['1|x']);
    expect(leftOversIn(join(out, 'wrong'))).toEqual([]);
  });
});
