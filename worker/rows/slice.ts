/** Parts of batches, without copying values: only the NULL masks that do not start on a byte are copied. */
import type { ColumnBatch, ColumnData } from './column-batch.ts';
import { sliceMask } from './validity.ts';

/** Rows `from` (inclusive) to `to` (exclusive). The slice shares its buffers with the batch. */
export function sliceBatch(batch: ColumnBatch, from: number, to: number): ColumnBatch {
  const start = Math.max(0, Math.min(from, batch.rowCount));
  const end = Math.max(start, Math.min(to, batch.rowCount));
  if (start === 0 && end === batch.rowCount) {
    return batch;
  }
  return { rowCount: end - start, columns: batch.columns.map((column) => sliceColumn(column, start, end)) };
}

/** As `sliceBatch`, of one column. `offsets` of the slice need not start at 0. */
export function sliceColumn(column: ColumnData, from: number, to: number): ColumnData {
  const validity = sliceMask(column.validity, from, to);
  switch (column.kind) {
    case 'fixed':
      return { ...column, validity, data: column.data.subarray(from * column.width, to * column.width) };
    case 'bytes':
    case 'list':
      return { ...column, validity, offsets: column.offsets.subarray(from, to + 1) };
    case 'array':
      return { ...column, validity, child: sliceColumn(column.child, from * column.length, to * column.length) };
    case 'struct':
      return { ...column, validity, children: column.children.map((child) => sliceColumn(child, from, to)) };
  }
}
