import { VARCHAR } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { cutBatch } from './attempt.ts';
import { decodeFrame, encodeFrame } from './exchange/arrow-frames.ts';
import { frameTargetBytes } from './protocol/frames.ts';
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
