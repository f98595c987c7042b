import type { ColumnBatch, ColumnData } from '../../worker/rows/column-batch.ts';

/** Bytes that a batch holds in memory, near enough for limits: shared buffers of slices count as what the slice shows. */
export function batchBytes(batch: ColumnBatch): number {
  return batch.columns.reduce((sum, column) => sum + columnBytes(column), 0);
}

function columnBytes(column: ColumnData): number {
  const mask = column.validity?.byteLength ?? 0;
  switch (column.kind) {
    case 'fixed':
      return mask + column.data.byteLength;
    case 'bytes':
      return mask + column.data.byteLength + column.offsets.byteLength;
    case 'list':
      return mask + column.offsets.byteLength + columnBytes(column.child);
    case 'array':
      return mask + columnBytes(column.child);
    case 'struct':
      return column.children.reduce((sum, child) => sum + columnBytes(child), mask);
  }
}
