import { errors } from '../../planner/errors.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { sliceBatch } from '../../worker/rows/slice.ts';
import { simplifyMask } from '../../worker/rows/validity.ts';

/** Consecutive rows of one partition, without the column that says which. */
export interface PartitionRun {
  readonly partition: number;
  readonly batch: ColumnBatch;
}

const integerWidth = 4;

/**
 * The rows of a batch by partition. Its last column is the partition (INTEGER, ascending from `least` on, below `partitions`); anything else is
 * refused as a breach of the protocol (08P01).
 */
export function partitionRuns(batch: ColumnBatch, partitions: number, least: number): readonly PartitionRun[] {
  const column = batch.columns.at(-1);
  if (
    column?.kind !== 'fixed' ||
    column.width !== integerWidth ||
    simplifyMask(column.validity, batch.rowCount) !== null
  )
    throw errors.badPeer('rows of an exchange without a partition');
  const { data } = column;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const rows: ColumnBatch = { rowCount: batch.rowCount, columns: batch.columns.slice(0, -1) };
  const runs: PartitionRun[] = [];
  let before = least;
  for (let from = 0; from < batch.rowCount; ) {
    const partition = view.getInt32(from * integerWidth, true);
    if (partition < 0 || partition < before || partition >= partitions)
      throw errors.badPeer(`partition ${partition} of ${partitions} behind ${before}`);
    let to = from + 1;
    while (to < batch.rowCount && view.getInt32(to * integerWidth, true) === partition) to++;
    runs.push({ partition, batch: sliceBatch(rows, from, to) });
    from = to;
    before = partition;
  }
  return runs;
}
