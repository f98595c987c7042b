import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCopyToFolder, parseCreateDataSet, parseInsert } from './write-statements.ts';

const code = (sqlstate: string) => expect.objectContaining({ sqlstate });

describe('COPY to a folder', () => {
  it.each([
    ["COPY t TO 'dir/new'", 'SELECT * FROM t'],
    ['copy s."T t" (a, "B") to \'dir/new/\' with (format CSV)', 'SELECT a, "B" FROM s."T t"'],
    ["COPY (SELECT ')' FROM t) TO 'new.parquet' (partitions 3)", "SELECT ')' FROM t"],
    ["COPY (FROM t) TO '.hidden' (FORMAT json)", 'FROM t'],
  ])('%s', (sql, query) => {
    expect(parseCopyToFolder(sql)?.query.trim()).toBe(query);
  });

  it.each([
    "COPY t TO 'x.parquet'",
    "COPY t TO 'x.csv.gz' (FORMAT csv, HEADER)",
    "COPY t FROM 'dir'",
    "COPY t TO 'dir' (FORMAT arrow)",
    "COPY t TO 'x.parquet' (FORMAT parquet, COMPRESSION zstd)",
  ])('%s is DuckDB’s', (sql) => {
    expect(parseCopyToFolder(sql)).toBeUndefined();
  });

  it('goes to a folder that is there, whatever its name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice.copy-'));
    expect(parseCopyToFolder(`COPY t TO '${folder}'`)?.folder).toBe(folder);
    rmSync(folder, { recursive: true });
  });

  it('has options', () => {
    const sql = `COPY t TO 'd' (FORMAT parquet, compression 'ZSTD', row_group_size 1000, partition_by (a, "B"), file_size_bytes '1MiB',
      overwrite)`;
    expect(() => parseCopyToFolder(sql)).toThrow(code('0A000'));
    expect(parseCopyToFolder(sql.replace(/file_size_bytes '1MiB',/, ''))?.options).toEqual({
      format: 'parquet',
      options: { compression: 'zstd', row_group_size: 1000 },
      partitionBy: ['a', 'B'],
      hashBy: [],
      partitions: null,
      orderBy: null,
      fileBytes: null,
      overwrite: true,
      location: undefined,
    });
    expect(
      parseCopyToFolder(
        "COPY t TO 'd' (format csv, hash_by k, partitions 7, order_by (lower(a) DESC, b), file_size '2mb', delimiter '|')",
      )?.options,
    ).toMatchObject({
      options: { delim: '|', header: true, quote: '"' },
      hashBy: ['k'],
      partitions: 7,
      orderBy: 'lower(a) DESC, b',
      fileBytes: 2_000_000,
    });
  });

  it.each([
    ["COPY t TO 'd' (hash_bi (a))", '22023', 'Did you mean "hash_by"?'],
    ["COPY t TO 'd' (header)", '22023', undefined],
    ["COPY t TO 'd' (format csv, header maybe)", '22023', 'Allowed: true, false.'],
    ["COPY t TO 'd' (partitions 1.5)", '22023', undefined],
    ["COPY t TO 'd' (partitions)", '22023', undefined],
    ["COPY t TO 'd' (file_size 'big')", '22023', undefined],
    ["COPY t TO 'd' (partitions 1, partitions 2)", '42601', undefined],
    ["COPY t TO 'd' (order_by ())", '42601', undefined],
    ["COPY t TO 'd' (partitions 2", '42601', undefined],
    ["COPY t TO 'd' (partitions 2) x", '42601', undefined],
    ["COPY t TO 'd' (format json, partition_by (a))", '0A000', undefined],
  ])('%s is refused', (sql, sqlstate, hint) => {
    expect(() => parseCopyToFolder(sql)).toThrow(code(sqlstate));
    if (hint !== undefined)
      expect(() => parseCopyToFolder(sql)).toThrow(
        expect.objectContaining({ hint: expect.stringContaining(hint.slice(0, 12)) }),
      );
  });
});

describe('CREATE TABLE ... WITH (location)', () => {
  it('has a folder and a query', () => {
    expect(
      parseCreateDataSet(
        `CREATE TABLE IF NOT EXISTS s."T" WITH (location = '/d/t', format = csv, hash_by = (a)) AS SELECT 1 AS a`,
      ),
    ).toMatchObject({
      table: { schema: 's', name: 'T' },
      folder: '/d/t',
      query: 'SELECT 1 AS a',
      ifNotExists: true,
      options: { format: 'csv', hashBy: ['a'] },
    });
  });

  it.each([
    'CREATE TABLE t (a int)',
    'CREATE TABLE t AS SELECT 1',
    'CREATE VIEW v AS SELECT 1',
    'CREATE TABLE t WITH (x = 1) AS SELECT 1',
  ])('%s is a local one', (sql) => {
    expect(parseCreateDataSet(sql)).toBeUndefined();
  });

  it.each([
    ["CREATE TEMP TABLE t WITH (location = 'd') AS SELECT 1", '0A000'],
    ["CREATE OR REPLACE TABLE t WITH (location = 'd') AS SELECT 1", '0A000'],
    ["CREATE TABLE t WITH (location = 'd') SELECT 1", '42601'],
    ['CREATE TABLE t WITH (partitions = 2) AS SELECT 1', '42601'],
    ["CREATE TABLE t WITH (location = 'd', locaton = 'e') AS SELECT 1", '22023'],
    ['CREATE TABLE t WITH (location) AS SELECT 1', '22023'],
  ])('%s is refused', (sql, sqlstate) => {
    expect(() => parseCreateDataSet(sql)).toThrow(code(sqlstate));
  });
});

describe('INSERT', () => {
  it.each([
    ['INSERT INTO t VALUES (1)', null, 'VALUES (1)'],
    ['INSERT INTO s.t AS x (a, "B") SELECT 1, 2', ['a', 'B'], 'SELECT 1, 2'],
    ['INSERT INTO t (SELECT 1)', null, '(SELECT 1)'],
    ['WITH w AS (INSERTED) INSERT INTO t FROM w', null, 'WITH w AS (INSERTED)  FROM w'],
  ])('%s', (sql, columns, query) => {
    expect(parseInsert(sql)).toMatchObject({ columns, query });
  });

  it.each([
    ['INSERT INTO t DEFAULT VALUES', '0A000'],
    ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING', '0A000'],
    ['INSERT INTO t VALUES (1) RETURNING *', '0A000'],
    ['INSERT t VALUES (1)', '42601'],
  ])('%s is refused', (sql, sqlstate) => {
    expect(() => parseInsert(sql)).toThrow(code(sqlstate));
  });
});
