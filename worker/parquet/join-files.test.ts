/** Files of DuckDB joined and read by DuckDB. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeInteger } from './compact-thrift.ts';
import { movedRowGroups, readFooter, trailerBytes, writeFooter } from './footer.ts';
import { joinParquetFiles, type SourceFile } from './join-files.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-join-'));
const never = new AbortController().signal;
let duckdb: DuckDBConnection;
let made = 0;

const rowsOf = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowsJson();

async function write(select: string, options = ''): Promise<SourceFile> {
  const path = join(root, `${made++}.parquet`);
  await duckdb.run(`COPY (${select}) TO '${path}' (FORMAT parquet${options})`);
  return { path, bytes: statSync(path).size, rows: Number((await rowsOf(`SELECT count(*) FROM '${path}'`))[0]![0]) };
}

async function joined(sources: readonly SourceFile[]): Promise<string> {
  const target = join(root, `${made++}-joined.parquet`);
  const bytes = await joinParquetFiles(sources, target, never);
  expect(bytes).toBe(statSync(target).size);
  return target;
}

const footerOf = (path: string) => {
  const file = readFileSync(path);
  const end = file.length - trailerBytes;
  return readFooter(file.subarray(end - file.readUInt32LE(end), end));
};

/** Values that stand in dictionaries, with Bloom filters, and others; NULLs; nested ones. */
const numbered = (
  from: number,
  to: number,
) => `SELECT i AS id, hash(i) AS h, CASE WHEN i % 3 <> 0 THEN 'name ' || i % 40 END AS name,
  i / 7.0 AS d, DATE '2020-01-01' + CAST(i % 400 AS INTEGER) AS day, [i, NULL, i % 5] AS list, {'a': i % 9, 'b': repeat('x', CAST(i % 20 AS INTEGER))} AS s
  FROM range(${from}, ${to}) t(i)`;

beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
});
afterAll(() => {
  duckdb?.closeSync();
  rmSync(root, { recursive: true, force: true });
});

describe('a joined file', () => {
  it.each(['', ', COMPRESSION zstd', ', PARQUET_VERSION v2', ', COMPRESSION uncompressed, ROW_GROUP_SIZE 2048'])(
    'has the rows of all in their order, written with the defaults%s',
    async (options) => {
      const cuts = [0, 30_000, 30_001, 50_000];
      const sources: SourceFile[] = [];
      for (const [i, from] of cuts.slice(0, -1).entries())
        sources.push(await write(numbered(from, cuts[i + 1]!), options));
      const path = await joined(sources);
      const own = `read_parquet('${path}', file_row_number = true)`;
      expect(await rowsOf(`SELECT count(*), bool_and(id = file_row_number) FROM ${own}`)).toEqual([['50000', true]]);
      const all = (from: string) => rowsOf(`SELECT sum(hash(t)) FROM (SELECT * FROM ${from}) t`);
      expect(await all(`'${path}'`)).toEqual(await all(`(${numbered(0, 50_000)})`));
      const groups = `SELECT count(DISTINCT row_group_id) FROM parquet_metadata('${path}')`;
      const single = `SELECT sum(n) FROM (SELECT count(DISTINCT row_group_id) AS n FROM parquet_metadata([${sources.map((source) => `'${source.path}'`).join()}]) GROUP BY file_name)`;
      expect(await rowsOf(groups)).toEqual(await rowsOf(single));
    },
  );

  it('keeps statistics and Bloom filters where readers find them', async () => {
    const path = await joined([await write(numbered(0, 30_000)), await write(numbered(30_000, 60_000))]);
    const probe = (value: string) =>
      rowsOf(
        `SELECT row_group_id, bloom_filter_excludes FROM parquet_bloom_probe('${path}', 'name', ${value}) ORDER BY 1`,
      );
    expect(await probe("'name 7'")).toEqual([
      ['0', false],
      ['1', false],
    ]);
    expect((await probe("'no name'")).map(([, excludes]) => excludes)).toEqual([true, true]);
    expect(await rowsOf(`SELECT count(*), min(id) FROM '${path}' WHERE id BETWEEN 29999 AND 30001`)).toEqual([
      ['3', '29999'],
    ]);
    expect(await rowsOf(`SELECT count(*) FROM '${path}' WHERE name = 'name 7' AND id >= 30000`)).toEqual(
      await rowsOf(`SELECT count(*) FROM (${numbered(30_000, 60_000)}) WHERE name = 'name 7'`),
    );
    expect(
      await rowsOf(
        `SELECT stats_min, stats_max FROM parquet_metadata('${path}') WHERE path_in_schema = 'id' ORDER BY row_group_id`,
      ),
    ).toEqual([
      ['0', '29999'],
      ['30000', '59999'],
    ]);
  });

  it('may be joined again, and of one file is the same file', async () => {
    const one = await write(numbered(0, 100));
    const same = await joined([one]);
    expect(readFileSync(same).equals(readFileSync(one.path))).toBe(true);
    const two = await joined([one, await write(numbered(100, 200))]);
    const again = await joined([{ path: two, bytes: statSync(two).size, rows: 200 }, await write(numbered(200, 300))]);
    expect(await rowsOf(`SELECT count(*), sum(id) FROM '${again}'`)).toEqual([['300', '44850']]);
  });
});

describe('what can not be joined', () => {
  const lost = { errorClass: 'infra', sqlstate: '58P01' };

  it('is told: files that are not what they were said to be', async () => {
    const good = await write(numbered(0, 1000));
    const copy = () => {
      const path = join(root, `${made++}.parquet`);
      copyFileSync(good.path, path);
      return { ...good, path };
    };
    const cut = copy();
    truncateSync(cut.path, 100);
    const empty = copy();
    truncateSync(empty.path, 0);
    const spoiled = copy();
    const bytes = readFileSync(spoiled.path);
    bytes.fill(0, bytes.length - trailerBytes);
    writeFileSync(spoiled.path, bytes);
    const odd = copy();
    const other = readFileSync(odd.path);
    other.fill(0xff, other.length - trailerBytes - 200, other.length - trailerBytes);
    writeFileSync(odd.path, other);
    const huge = copy();
    const long = readFileSync(huge.path);
    long.writeUInt32LE(0xffffffff, long.length - trailerBytes);
    writeFileSync(huge.path, long);
    const wrong: readonly SourceFile[] = [
      cut,
      { ...cut, bytes: 100 },
      empty,
      { ...empty, bytes: 0 },
      spoiled,
      odd,
      huge,
      { ...copy(), rows: 999 },
      { ...good, path: join(root, 'nowhere.parquet') },
    ];
    for (const source of wrong) {
      await expect(joined([good, source]), JSON.stringify(source)).rejects.toMatchObject(lost);
      await expect(joined([source, good]), JSON.stringify(source)).rejects.toMatchObject(lost);
    }
  });

  it.each([
    ['another column', 'SELECT 1 AS b', ''],
    ['another type', "SELECT 'x' AS a", ''],
    ['one column more', 'SELECT 1 AS a, 2 AS b', ''],
    ['facts about the whole', 'SELECT 1 AS a', ", KV_METADATA {fact: 'x'}"],
  ])('is told: %s', async (_, select, options) => {
    const first = await write('SELECT 7 AS a');
    await expect(joined([first, await write(select, options)])).rejects.toMatchObject(lost);
  });

  it('ends with the signal, and does not write over a file', async () => {
    const source = await write(numbered(0, 10));
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(joinParquetFiles([source], join(root, 'stopped.parquet'), stopped)).rejects.toThrow('stopped');
    await expect(joinParquetFiles([source], source.path, never)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(statSync(source.path).size).toBe(source.bytes);
  });
});

describe('footers', () => {
  it('are moved and back without a change', async () => {
    const { path } = await write(numbered(0, 5000), ', ROW_GROUP_SIZE 2048');
    const footer = footerOf(path);
    expect(footer.rows).toBe(5000);
    const there = writeFooter(footer, 5000, movedRowGroups(footer, 1_000_000));
    const back = readFooter(there);
    expect(writeFooter(back, 5000, movedRowGroups(back, -1_000_000))).toEqual(
      writeFooter(footer, 5000, footer.rowGroups),
    );
    expect(there).not.toEqual(writeFooter(footer, 5000, footer.rowGroups));
  });

  it('lose page indexes and the numbers of row groups; a place of 0 is none', () => {
    const struct = (...fields: (readonly number[])[]) => [...fields.flat(), 0];
    const i64 = (delta: number, value: number) => [(delta << 4) | 6, ...writeInteger(value)];
    const i16 = (delta: number, value: number) => [(delta << 4) | 4, ...writeInteger(value)];
    // file_offset, offset_index_offset, column_index_offset
    const chunk = struct(i64(2, 0), i64(2, 77), i64(2, 88));
    const group = struct([0x19, 0x1c, ...chunk], i64(1, 5), i64(1, 9), i64(2, 44), i16(2, 3));
    const file = struct(i64(3, 9), [0x19, 0x1c, ...group]);
    const [moved] = movedRowGroups(readFooter(Uint8Array.from(file)), 1000);
    expect([...moved!]).toEqual(struct([0x19, 0x1c, ...struct(i64(2, 0))], i64(1, 5), i64(1, 9), i64(2, 1044)));
  });

  it.each([
    ['nothing', []],
    ['no row groups', [0x36, 2, 0]],
    ['rows that are no number', [0x38, 0, 0x19, 0x0c, 0]],
    ['row groups that are numbers', [0x36, 2, 0x19, 0x15, 2, 0]],
    ['an encrypted file', [0x36, 2, 0x19, 0x0c, 0x4c, 0, 0]],
  ])('of %s are refused', (_, given) => {
    expect(() => readFooter(Uint8Array.from(given))).toThrow();
  });
});
