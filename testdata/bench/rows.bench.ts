/** How fast rows are read, encoded, framed and appended: `npx vitest bench testdata/bench/rows.bench.ts`. Nothing is asserted. */
import { DuckDBInstance } from '@duckdb/node-api';
import { bench, describe } from 'vitest';
import { appendBatch } from '../../worker/exchange/append-batch.ts';
import { decodeFrame, encodeFrame } from '../../worker/exchange/arrow-frames.ts';
import { makeRowEncoder } from '../../worker/rows/encode-rows.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';

const rows = 200_000;
const style = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  dialect: 'postgres',
} as const;

const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
await connection.run(`CREATE TABLE t AS SELECT i::INTEGER AS i, i * 1000003 AS b, i * 1.11::DOUBLE AS d,
  ((i * 7919) % 100000000 / 100)::DECIMAL(12,2) AS n, DATE '2000-01-01' + (i % 9000)::INTEGER AS dt,
  TIMESTAMP '2020-01-01' + to_seconds(i * 37) AS ts, 'customer name ' || i AS s FROM range(${rows}) r(i)`);

for (const columns of ['*', 'i', 'b', 'd', 'n', 'dt', 'ts', 'ts::TIMESTAMPTZ', 's']) {
  const result = await connection.run(`SELECT ${columns} FROM t`);
  const types = result.columnTypes();
  const chunks = await result.fetchAllChunks();
  const batches = chunks.map((chunk) => readChunk(chunk, types));
  const frames = batches.map(encodeFrame);
  describe(`${rows} rows of ${columns}`, () => {
    bench('read', () => {
      chunks.map((chunk) => readChunk(chunk, types));
    });
    for (const format of [0, 1] as const) {
      bench(format === 0 ? 'text' : 'binary', () => {
        const encoder = makeRowEncoder(
          types,
          types.map(() => format),
          style,
        );
        for (const batch of batches) {
          encoder.encode(batch, 0, batch.rowCount);
        }
      });
    }
    bench('frame', () => {
      batches.map(encodeFrame);
    });
    bench('frame -> table', async () => {
      await connection.run(`CREATE OR REPLACE TABLE copy AS SELECT ${columns} FROM t LIMIT 0`);
      const appender = await connection.createAppender('copy');
      for (const frame of frames) {
        appendBatch(appender, decodeFrame(frame));
      }
      appender.closeSync();
    });
  });
}
