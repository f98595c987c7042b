import { VARCHAR } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { Attempt, cutBatch } from './attempt.ts';
import type { RowSink } from './engine/run-task.ts';
import type { Slot } from './engine/slot.ts';
import { decodeFrame, encodeFrame } from './exchange/arrow-frames.ts';
import { noFaults } from './fault-plan.ts';
import { decodeRowsFrame, frameTargetBytes } from './protocol/frames.ts';
import type { Run } from './protocol/messages.ts';
import type { BytesData, ColumnBatch } from './rows/column-batch.ts';

function textBatch(lengths: readonly number[]): ColumnBatch {
  const offsets = Int32Array.from({ length: lengths.length + 1 });
  for (const [row, length] of lengths.entries()) offsets[row + 1] = offsets[row]! + length;
  const data = Buffer.alloc(offsets.at(-1) ?? 0, 'x');
  const column: BytesData = { kind: 'bytes', type: VARCHAR, validity: null, offsets, data };
  return { rowCount: lengths.length, columns: [column] };
}
const lengthsOf = (batch: ColumnBatch) => {
  const column = batch.columns[0];
  if (column?.kind !== 'bytes') throw new Error('not text');
  return Array.from({ length: batch.rowCount }, (_, row) => column.offsets[row + 1]! - column.offsets[row]!);
};

describe('frames of an attempt', () => {
  const run = async (batches: readonly ColumnBatch[]) => {
    const frames: Buffer[] = [];
    const attempt = new Attempt({
      run: { attempt: 'q.0.0.1', creditBytes: 1e9 } as Run,
      spoolDirectory: '/nowhere',
      number: 1,
      faults: noFaults,
      send: (frame) => frames.push(frame),
    });
    const slot = {
      run: async (_run: Run, sink: RowSink) => {
        let [rows, bytes] = [0, 0];
        for (const batch of batches) {
          rows += batch.rowCount;
          bytes += await sink(batch);
        }
        return { rows, bytes, elapsedMs: 0 };
      },
    } as unknown as Slot;
    const report = await attempt.produce(slot);
    await attempt.deliver();
    await attempt.close();
    expect(report.bytes).toBe(frames.reduce((sum, { length }) => sum + length, 0));
    return frames.map((frame) => decodeRowsFrame(frame)).map(({ payload }) => lengthsOf(decodeFrame(payload)));
  };

  it('sends the first rows at once and joins those that come quickly, to the last', async () => {
    const batches = Array.from({ length: 40 }, (_, i) => textBatch([i, 20_000, 2]));
    const sent = await run(batches);
    expect(sent[0]).toEqual([0, 20_000, 2]);
    expect(sent.length).toBeLessThan(20);
    expect(sent.flat()).toEqual(batches.flatMap(lengthsOf));
  });

  it('sends nothing when there are no rows', async () => {
    expect(await run([])).toEqual([]);
  });
});

describe('cutBatch', () => {
  it('leaves a batch of usual size whole', () => {
    const batch = textBatch(Array(2048).fill(20));
    expect([...cutBatch(batch)]).toEqual([batch]);
  });

  it('cuts a large one into frames near the target size, without losing a row', () => {
    const lengths = Array.from({ length: 2048 }, (_, row) => 5000 + (row % 7) * 1000);
    const frames = [...cutBatch(textBatch(lengths))].map(encodeFrame);
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.length).toBeLessThan(16);
    for (const frame of frames) expect(frame.length).toBeLessThan(frameTargetBytes * 1.1);
    expect(frames.map(decodeFrame).flatMap(lengthsOf)).toEqual(lengths);
  });

  it('gives a huge row a frame of its own', () => {
    const lengths = [10, 3 * frameTargetBytes, 10, 0];
    const parts = [...cutBatch(textBatch(lengths))];
    expect(parts.flatMap(lengthsOf)).toEqual(lengths);
    expect(parts.some((part) => part.rowCount === 1)).toBe(true);
  });

  it('passes an empty batch', () => {
    expect([...cutBatch({ rowCount: 0, columns: [] })]).toHaveLength(1);
  });
});
