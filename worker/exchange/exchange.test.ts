import { type DuckDBConnection, DuckDBInstance, INTEGER } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { typeColumns } from '../../testdata/rows/type-columns.ts';
import type { ColumnData } from '../rows/column-batch.ts';
import { readChunk } from '../rows/read-chunk.ts';
import { sliceBatch } from '../rows/slice.ts';
import { typeText } from '../rows/types.ts';
import { appendBatch } from './append-batch.ts';
import { decodeFrame, encodeFrame } from './arrow-frames.ts';
import { checkColumn } from './check-batch.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function count(sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRows()[0]![0]);
}

/** Source -> batches -> frames -> batches (cut in pieces) -> table `copy`; then both must be the same bag of rows. */
async function roundTrip(select: string, pieceRows: number): Promise<void> {
  await connection.run(`CREATE OR REPLACE TABLE source AS ${select}`);
  await connection.run('CREATE OR REPLACE TABLE copy AS FROM source LIMIT 0');
  const appender = await connection.createAppender('copy');
  const result = await connection.stream('FROM source');
  const types = result.columnTypes();
  for await (const chunk of result) {
    const batch = decodeFrame(encodeFrame(readChunk(chunk)));
    expect(batch.columns.map((column) => typeText(column.type))).toEqual(types.map(typeText));
    for (let from = 0; from < batch.rowCount; from += pieceRows) {
      // Slices of slices through a frame: offsets and masks that start anywhere.
      appendBatch(appender, decodeFrame(encodeFrame(sliceBatch(batch, from, from + pieceRows))));
    }
  }
  appender.closeSync();
  expect(await count('SELECT count(*) FROM copy')).toBe(await count('SELECT count(*) FROM source'));
  expect(await count('SELECT count(*) FROM (FROM source EXCEPT ALL FROM copy)')).toBe(0);
  expect(await count('SELECT count(*) FROM (FROM copy EXCEPT ALL FROM source)')).toBe(0);
}

const movable = Object.entries(typeColumns).filter(([name]) => name !== 'variant');

describe('DuckDB -> batch -> frame -> batch -> DuckDB', () => {
  for (const [name, expression] of movable) {
    test(`${name} is lossless`, async () => {
      await roundTrip(`SELECT i, ${expression} AS v FROM range(5000) r(i)`, 777);
    });
  }

  test('all types at once, with filtered and repeated rows', async () => {
    const all = movable.map(([name, expression]) => `${expression} AS ${name}`);
    await connection.run(`CREATE OR REPLACE TABLE wide AS SELECT i, ${all.join(', ')} FROM range(3000) r(i)`);
    await roundTrip('SELECT wide.* FROM wide JOIN range(3) r(x) ON true WHERE wide.i % 3 = 1', 1000);
  });
});

/** A batch of one query's rows. */
async function batchOf(sql: string) {
  const chunk = await (await connection.run(sql)).fetchChunk();
  return readChunk(chunk!);
}

describe('shapes', () => {
  test('no rows, with columns of every layout', async () => {
    const batch = await batchOf("SELECT 1 AS a, 'x' AS b, [1] AS c, {'d': ['x']} AS d, [1, 2]::INTEGER[2] AS e");
    const empty = decodeFrame(encodeFrame(sliceBatch(batch, 1, 1)));
    expect(empty.rowCount).toBe(0);
    expect(empty.columns.map((column) => typeText(column.type))).toEqual(batch.columns.map((c) => typeText(c.type)));
    await connection.run(
      'CREATE OR REPLACE TABLE none(a INTEGER, b VARCHAR, c INTEGER[], d STRUCT(d VARCHAR[]), e INTEGER[2])',
    );
    const appender = await connection.createAppender('none');
    appendBatch(appender, empty);
    appender.closeSync();
    expect(await count('SELECT count(*) FROM none')).toBe(0);
  });

  test('no columns keep their rows', () => {
    expect(decodeFrame(encodeFrame({ rowCount: 7, columns: [] }))).toEqual({ rowCount: 7, columns: [] });
  });

  test('a slice sends only its own bytes', async () => {
    const batch = await batchOf("SELECT repeat('x', 1000) AS s FROM range(1000)");
    expect(encodeFrame(sliceBatch(batch, 500, 501)).length).toBeLessThan(3000);
  });

  test('a batch of more than a chunk is appended in pieces', async () => {
    const rowCount = 10_000;
    const data = new Uint8Array(Int32Array.from({ length: rowCount }, (_, i) => i).buffer);
    const batch = { rowCount, columns: [{ kind: 'fixed', type: INTEGER, validity: null, width: 4, data }] } as const;
    await connection.run('CREATE OR REPLACE TABLE many(i INTEGER)');
    const appender = await connection.createAppender('many');
    appendBatch(appender, batch);
    appender.closeSync();
    expect(await count('SELECT sum(i) FROM many WHERE i = rowid')).toBe((rowCount * (rowCount - 1)) / 2);
  });

  test('a VARIANT is refused', async () => {
    const batch = await batchOf('SELECT [1::VARIANT] AS v');
    const appender = await connection.createAppender('none');
    expect(() => appendBatch(appender, batch)).toThrow(/VARIANT/);
    appender.closeSync();
  });

  test('frames that start anywhere in memory', async () => {
    const frame = encodeFrame(await batchOf('SELECT i, i::DOUBLE AS d FROM range(100) r(i)'));
    const moved = new Uint8Array(frame.length + 3);
    moved.set(frame, 3);
    const batch = decodeFrame(moved.subarray(3));
    const { data } = batch.columns[0] as { data: Uint8Array };
    expect(new BigInt64Array(data.buffer, data.byteOffset, 100)[99]).toBe(99n);
  });
});

describe('bytes that are no frame', () => {
  const malformed = expect.objectContaining({ sqlstate: '08P01', errorClass: 'infra' });
  const thrownBy = (bytes: Uint8Array) => {
    try {
      return decodeFrame(bytes);
    } catch (error) {
      return error;
    }
  };

  test('nothing, noise, text', () => {
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(100).fill(7),
      Buffer.from('hello, world'),
      new Uint8Array(64),
    ]) {
      expect(thrownBy(bytes)).toEqual(malformed);
    }
  });

  test('a frame cut short anywhere is refused, never read beyond its end', async () => {
    const frame = encodeFrame(
      await batchOf("SELECT i, 'a string that is not short ' || i AS s, [i] AS l FROM range(50) r(i)"),
    );
    for (let length = 0; length < frame.length - 16; length += 8) {
      expect(thrownBy(frame.slice(0, length))).toEqual(malformed);
    }
  });

  test('a frame with any byte changed is refused', async () => {
    const frame = encodeFrame(
      await batchOf("SELECT i, 'a string that is not short ' || i AS s, [i] AS l FROM range(20) r(i)"),
    );
    for (let at = 0; at < frame.length; at++) {
      const bytes = frame.slice();
      bytes[at]! ^= 0x5a;
      expect(thrownBy(bytes)).toEqual(malformed);
    }
  });

  test('a mask or values that are too short for the rows', async () => {
    const batch = await batchOf('SELECT i FROM range(100) r(i)');
    const column = batch.columns[0] as Extract<ColumnData, { kind: 'fixed' }>;
    expect(() => checkColumn({ ...column, data: column.data.subarray(0, 799) }, 100)).toThrow(/malformed row frame/);
    expect(() => checkColumn({ ...column, validity: new Uint8Array(12) }, 100)).toThrow(/malformed row frame/);
    expect(() => checkColumn(column, 100)).not.toThrow();
  });

  test('offsets that run backwards', async () => {
    const batch = await batchOf("SELECT 'abc' AS s FROM range(3)");
    const column = batch.columns[0] as Extract<ColumnData, { kind: 'bytes' }>;
    const broken = { rowCount: 3, columns: [{ ...column, offsets: Int32Array.of(0, 6, 3, 9) }] };
    expect(thrownBy(encodeFrame(broken))).toEqual(malformed);
  });
});
