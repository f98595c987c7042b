import { INTEGER } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { partitionRuns } from './partition-runs.ts';

/** A column that counts, and the partitions. */
function batchOf(partitions: readonly number[], validity: Uint8Array | null = null): ColumnBatch {
  const column = (values: readonly number[], mask: Uint8Array | null) => ({
    ...{ kind: 'fixed' as const, type: INTEGER, validity: mask, width: 4 },
    data: new Uint8Array(Int32Array.from(values).buffer),
  });
  return {
    rowCount: partitions.length,
    columns: [column(Array.from(partitions.keys()), null), column(partitions, validity)],
  };
}

const rowsOf = (batch: ColumnBatch, partitions: number, least = 0) =>
  partitionRuns(batch, partitions, least).map((run) => {
    expect(run.batch.columns).toHaveLength(1);
    const [column] = run.batch.columns;
    const data = column!.kind === 'fixed' ? column!.data : new Uint8Array();
    return [run.partition, ...new Int32Array(data.slice().buffer)];
  });

it('cuts rows where the partition changes', () => {
  expect(rowsOf(batchOf([0, 0, 2, 3, 3]), 4)).toEqual([
    [0, 0, 1],
    [2, 2],
    [3, 3, 4],
  ]);
  expect(rowsOf(batchOf([]), 4)).toEqual([]);
  expect(rowsOf(batchOf([1], Uint8Array.of(1)), 2, 1)).toEqual([[1, 0]]);
});

it.each([
  ['descends', batchOf([1, 0]), 0],
  ['is less than before', batchOf([1, 2]), 2],
  ['is too large', batchOf([4]), 0],
  ['is negative', batchOf([-1]), -1],
  ['is NULL', batchOf([0], Uint8Array.of(0)), 0],
  ['is not there', { rowCount: 1, columns: [] }, 0],
] as const)('refuses rows whose partition %s', (_, batch, least) => {
  expect(() => partitionRuns(batch, 4, least)).toThrow(expect.objectContaining({ sqlstate: '08P01' }));
});
