import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnBatch } from './column-batch.ts';
import { concatBatches } from './concat.ts';
import { makeRowEncoder } from './encode-rows.ts';
import { readChunk } from './read-chunk.ts';
import { sliceBatch } from './slice.ts';

const style = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  dialect: 'postgres',
} as const;

let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function batchesOf(sql: string): Promise<readonly ColumnBatch[]> {
  const result = await connection.run(sql);
  const chunks = await result.fetchAllChunks();
  return chunks.map((chunk) => readChunk(chunk, result.columnTypes()));
}

function rows(batch: ColumnBatch): string {
  const types = batch.columns.map(({ type }) => type);
  const encoder = makeRowEncoder(
    types,
    types.map(() => 0),
    style,
  );
  return encoder.encode(batch, 0, batch.rowCount).toString('hex');
}

const nullable = (value: string) => `CASE WHEN i % 3 <> 1 THEN ${value} END`;

describe('joined batches have the rows of their parts', () => {
  test.each([
    'i',
    nullable('i'),
    "CASE WHEN i > 2500 THEN NULL ELSE 'text ' || repeat('x', (i % 30)::INTEGER) END",
    nullable('[i, NULL, i + 1][: (i % 4)::INTEGER]'),
    nullable("[['a' || i], NULL, []]"),
    `(${nullable('[i, i * 2]')})::BIGINT[2]`,
    nullable("{'a': i, 'b': CASE WHEN i % 2 = 0 THEN ['x' || i] END}"),
    nullable("MAP {'k' || i: i}"),
    nullable('i::HUGEINT'),
  ])('%s', async (expression) => {
    const batches = await batchesOf(`SELECT ${expression} AS x, i FROM range(5000) r(i)`);
    const whole = concatBatches(batches);
    expect(whole.rowCount).toBe(5000);
    expect(rows(whole)).toBe(batches.map(rows).join(''));
    // Parts that start in the middle of a byte of a mask and of the offsets.
    const cuts = [0, 3, 20, 20, 1000, 1803, 2048].map((to, i, all) => sliceBatch(batches[0]!, all[i - 1] ?? 0, to));
    expect(rows(concatBatches(cuts))).toBe(rows(batches[0]!));
  });
});

test('one batch is itself; none, or others of another kind, are refused', async () => {
  const [numbers] = await batchesOf('SELECT 1');
  const [texts] = await batchesOf("SELECT 'a'");
  expect(concatBatches([numbers!])).toBe(numbers);
  expect(() => concatBatches([])).toThrow('no batches');
  expect(() => concatBatches([numbers!, texts!])).toThrow('different types');
});
