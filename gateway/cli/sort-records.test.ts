import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { treeMemory } from './process-memory.ts';
import { blockRecords, problemsOf, recordsSql, sumRecords, validateSorted } from './sort-records.ts';

let folder: string;
let duckdb: DuckDBConnection;
const records = recordsSql('(SELECT unnest([3, 5]) AS block) AS blocks', 7);
const inOrder = `SELECT key, payload FROM (${records}) ORDER BY key`;

async function write(name: string, sql: string): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  await duckdb.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-records-'));
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});
afterAll(async () => {
  duckdb.closeSync();
  await rm(folder, { recursive: true, force: true });
});

test('records have 10 and 90 bytes, and are those of their blocks and seed', async () => {
  const lengths = `SELECT DISTINCT octet_length(key), octet_length(payload) FROM (${records})`;
  expect((await duckdb.runAndReadAll(lengths)).getRows()).toEqual([[10n, 90n]]);
  const first = await sumRecords(duckdb, [await write('first', records)]);
  expect(first.records).toBe(BigInt(2 * blockRecords));
  expect(await sumRecords(duckdb, [await write('again', inOrder)])).toEqual(first);
  const other = recordsSql('(SELECT unnest([3, 5]) AS block) AS blocks', 8);
  expect((await sumRecords(duckdb, [await write('other', other)])).checksum).not.toBe(first.checksum);
});

test('what is sorted, in one file or several, is found to be', async () => {
  const input = await sumRecords(duckdb, [await write('input', records)]);
  const files = [
    await write('a', `${inOrder} LIMIT 5000`),
    await write('none', `${inOrder} LIMIT 0`),
    await write('b', `${inOrder} OFFSET 5000`),
  ];
  const found = await validateSorted(duckdb, files);
  expect(found).toMatchObject({ misplaced: 0n, duplicates: 0n });
  expect(problemsOf(input, found)).toEqual([]);
  const turned = await validateSorted(duckdb, [files[2]!, files[0]!]);
  expect(problemsOf(input, turned)).toEqual(['1 records are out of order']);
});

test('what is missing, changed, doubled or out of order is found', async () => {
  const input = await sumRecords(duckdb, [await write('input', records)]);
  const problems = async (sql: string) => problemsOf(input, await validateSorted(duckdb, [await write('bad', sql)]));
  expect(await problems(`${inOrder} LIMIT 19999`)).toEqual([
    '19999 records instead of 20000',
    'the checksum is not that of the input',
  ]);
  const changed = `SELECT key, CASE WHEN row_number() OVER () = 77 THEN payload[1:89] || 'x'::BLOB ELSE payload END FROM (${inOrder})`;
  expect(await problems(changed.replace('END FROM', 'END AS payload FROM'))).toEqual([
    'the checksum is not that of the input',
  ]);
  expect((await problems(records)).length).toBe(1);
  const doubled = `SELECT * FROM (${inOrder}) UNION ALL (SELECT key, payload FROM (${records}) ORDER BY key DESC LIMIT 1)`;
  const found = await validateSorted(duckdb, [await write('doubled', doubled)]);
  expect(found).toMatchObject({ duplicates: 1n, misplaced: 0n });
  expect(problemsOf(input, found)).toContain('20001 records instead of 20000');
});

test('the memory of this process and its children is told where the system tells it', () => {
  const bytes = treeMemory();
  if (process.platform === 'linux') expect(bytes).toBeGreaterThan(20e6);
  else expect(bytes).toBeUndefined();
});
