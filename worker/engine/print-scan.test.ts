import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileSlice, Scan } from '../../planner/plan/plan.ts';
import { openInstance } from './instance.ts';
import { createScanView, printScan } from './print-scan.ts';
import { quoteLiteral } from './quote.ts';

const root = mkdtempSync(join(tmpdir(), 'scan-'));
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await openInstance({
    path: ':memory:',
    threads: 2,
    memoryBytes: 512 * 1024 * 1024,
    tempDirectory: join(root, 'temp'),
    maxTempBytes: 1e9,
    allowedDirectories: [root],
  });
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(root, { recursive: true });
});

async function parquet(path: string, sql: string, options = ''): Promise<FileSlice> {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  await connection.run(`COPY (${sql}) TO ${quoteLiteral(join(root, path))} (FORMAT parquet ${options})`);
  return slice(path);
}

function text(path: string, content: string): FileSlice {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  return slice(path);
}

const slice = (path: string): FileSlice => ({ path: join(root, path), bytes: 0, mtimeMs: 0, hive: {} });
const column = (name: string, type: string, hive = false) => ({ name, type, hive });
const scanOf = (files: readonly FileSlice[], columns: Scan['columns'], more: Partial<Scan> = {}): Scan => ({
  name: 't',
  format: 'parquet',
  columns,
  options: {},
  files,
  ...more,
});

async function rows(sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][];
}
async function types(sql: string): Promise<unknown[][]> {
  return await rows(`SELECT column_name, column_type FROM (DESCRIBE ${sql})`);
}

describe('printScan', () => {
  it('gives an empty relation with the right types for no files', async () => {
    const scan = scanOf([], [column('a', 'DECIMAL(12,2)'), column('b"c', 'STRUCT(x INTEGER, y VARCHAR[])')]);
    expect(await rows(printScan(scan))).toEqual([]);
    expect(await types(printScan(scan))).toEqual([
      ['a', 'DECIMAL(12,2)'],
      ['b"c', 'STRUCT(x INTEGER, y VARCHAR[])'],
    ]);
  });

  it('reads neighbours that are alike with one reader and casts what differs, in the order of the files', async () => {
    const files = [
      await parquet('d/1.parquet', "SELECT 1::BIGINT a, 'x' b"),
      await parquet('d/2.parquet', "SELECT 2::BIGINT a, 'y' b"),
      { ...(await parquet('d/3.parquet', "SELECT 3::INTEGER a, 'z' b")), differs: { a: 'INTEGER' } },
      { ...(await parquet('d/4.parquet', 'SELECT 4::BIGINT a')), differs: { b: null } },
      await parquet('d/0.parquet', "SELECT 5::BIGINT a, 'w' b"),
    ];
    const sql = printScan(scanOf(files, [column('a', 'BIGINT'), column('b', 'VARCHAR')]));
    expect(sql.split('UNION ALL')).toHaveLength(4);
    expect(sql).not.toContain('auto_detect');
    expect(await rows(sql)).toEqual([
      ['1', 'x'],
      ['2', 'y'],
      ['3', 'z'],
      ['4', null],
      ['5', 'w'],
    ]);
    expect(await types(sql)).toEqual([
      ['a', 'BIGINT'],
      ['b', 'VARCHAR'],
    ]);
  });

  it('takes hive keys from the path in the types of the table', async () => {
    const make = async (folder: string, hive: Record<string, string | null>, value: number) => ({
      ...(await parquet(`h/${folder}/a.parquet`, `SELECT ${value} v, 99 k`)),
      hive,
    });
    const files = [
      await make('k=03/s=a b', { k: '03', s: 'a b' }, 1),
      await make('k=2/s=a%20b%2Fc', { k: '2', s: 'a b/c' }, 2),
      await make('k=__HIVE_DEFAULT_PARTITION__/s=', { k: null, s: '' }, 3),
    ];
    const columns = [column('v', 'INTEGER'), column('k', 'BIGINT', true), column('s', 'VARCHAR', true)];
    const sql = printScan(scanOf(files, columns));
    expect(sql).not.toContain('UNION ALL');
    expect(await rows(sql)).toEqual([
      [1, '3', 'a b'],
      [2, '2', 'a b/c'],
      [3, null, ''],
    ]);
    expect(await types(sql)).toEqual([
      ['v', 'INTEGER'],
      ['k', 'BIGINT'],
      ['s', 'VARCHAR'],
    ]);
    await connection.run(createScanView(scanOf(files, columns)));
    expect(JSON.stringify(await rows('EXPLAIN SELECT v FROM t WHERE k = 2'))).toContain('Scanning Files: 1/3');
  });

  it('does not look at the path of a table without hive keys', async () => {
    const file = await parquet('x=1/a.parquet', 'SELECT 7 AS x');
    expect(await rows(printScan(scanOf([file], [column('x', 'INTEGER')])))).toEqual([[7]]);
  });

  it('reads a range of rows and skips the other row groups', async () => {
    const file = await parquet(
      'big.parquet',
      'SELECT i, i % 7 AS k FROM range(1000000) r(i)',
      ', ROW_GROUP_SIZE 100000',
    );
    const files: FileSlice[] = [
      { ...file, rows: [950_000, 1_000_000] },
      { ...file, rows: [199_990, 300_010] },
    ];
    const columns = [column('i', 'BIGINT'), column('k', 'BIGINT')];
    await connection.run(createScanView(scanOf(files, columns)));
    expect(await rows('SELECT count(*), min(i), max(i) FROM t WHERE i < 900000')).toEqual([
      ['100020', '199990', '300009'],
    ]);
    const reader = await connection.runAndReadAll('SELECT i FROM t');
    const seen = (reader.getColumns()[0] ?? []).map(Number);
    const expected = [
      ...Array.from({ length: 50_000 }, (_, n) => 950_000 + n),
      ...Array.from({ length: 100_020 }, (_, n) => 199_990 + n),
    ];
    expect(seen).toEqual(expected);
    const plan = JSON.stringify(await rows('EXPLAIN SELECT k FROM t WHERE i = 5'));
    expect(plan).toContain('file_row_number>=950000');
    expect(plan).toContain('i=5');
  });

  it('reads CSV by place, with the options of the catalog and nothing sniffed', async () => {
    const files = [
      text('c/1.csv', 'a;b\n1;007\n;x\n'),
      { ...text('c/2.csv', 'b;a\nz;3\n'), fields: ['b', 'a'] },
      { ...text('c/3.csv', 'a\n4\n'), differs: { b: null } },
      text('c/4.csv', 'a;b\n'),
    ];
    const options = {
      header: true,
      delim: ';',
      quote: '"',
      escape: '"',
      nullstr: '',
      columns: 'ignored',
      auto_detect: true,
    };
    const scan = scanOf(files, [column('a', 'INTEGER'), column('b', 'VARCHAR')], { format: 'csv', options });
    expect(await rows(printScan(scan))).toEqual([
      [1, '007'],
      [null, 'x'],
      [3, 'z'],
      [4, null],
    ]);
    expect(printScan(scan)).toContain('auto_detect = false');
    const range = scanOf([{ ...files[0]!, rows: [1, 2] }], scan.columns, { format: 'csv', options });
    expect(await rows(printScan(range))).toEqual([[null, 'x']]);
  });

  it('reads JSON by key', async () => {
    const file = { ...text('k=5/a.ndjson', '{"a":1,"b":{"c":1.5}}\n{"x":0}\n{"a":3}\n'), hive: { k: '5' } };
    const columns = [
      column('a', 'BIGINT'),
      column('b', 'STRUCT(c DOUBLE)'),
      column('z', 'VARCHAR'),
      column('k', 'INTEGER', true),
    ];
    const scan = scanOf([{ ...file, differs: { z: null } }], columns, {
      format: 'json',
      options: { format: 'newline_delimited' },
    });
    expect(await rows(printScan(scan))).toEqual([
      ['1', { c: 1.5 }, null, 5],
      [null, null, null, 5],
      ['3', null, null, 5],
    ]);
    const range = { ...scan, files: [{ ...file, rows: [2, 3] as const }] };
    expect(await rows(printScan(range))).toEqual([['3', null, null, 5]]);
  });

  it('keeps names and paths that look like SQL apart from it', async () => {
    const file = await parquet("o'b.parquet", 'SELECT 1 AS "a""b"');
    const scan = scanOf([file], [column('a"b', 'INTEGER')], { name: 'v"; DROP TABLE x; --' });
    await connection.run(createScanView(scan));
    expect(await rows('SELECT * FROM "v""; DROP TABLE x; --"')).toEqual([[1]]);
    const odd = [await parquet('odd/a[1].parquet', 'SELECT 2 AS i'), await parquet('odd/a*?.parquet', 'SELECT 3 AS i')];
    await parquet('odd/a1.parquet', 'SELECT 4 AS i');
    expect(await rows(printScan(scanOf(odd, [column('i', 'INTEGER')])))).toEqual([[2], [3]]);
    const bad = scanOf([file], scan.columns, { options: { 'x) --': 1 } });
    expect(() => printScan(bad)).toThrow(/not a name/);
  });
});
