/** Checks that a batch's buffers hold what its row count says: native code copies from them without asking. */
import { errors } from '../../planner/errors.ts';
import type { ColumnData, Validity } from '../rows/column-batch.ts';
import { typeText } from '../rows/types.ts';
import { maskBytes } from '../rows/validity.ts';

/** Throws 08P01 where a buffer is too short for `count` rows, or offsets run backwards or out of their values. */
export function checkColumn(column: ColumnData, count: number): void {
  const fail = (what: string) => errors.malformedFrame(`${what} of a column of type ${typeText(column.type)}`);
  checkMask(column.validity, count, fail);
  switch (column.kind) {
    case 'fixed':
      if (column.data.length < count * column.width) {
        throw fail('too few bytes');
      }
      return;
    case 'bytes':
      checkOffsets(column.offsets, count, column.data.length, fail);
      return;
    case 'list':
      checkOffsets(column.offsets, count, column.childCount, fail);
      checkColumn(column.child, column.childCount);
      return;
    case 'array':
      checkColumn(column.child, count * column.length);
      return;
    case 'struct':
      for (const child of column.children) {
        checkColumn(child, count);
      }
  }
}

function checkMask(validity: Validity, count: number, fail: (what: string) => Error): void {
  if (validity !== null && validity.length < maskBytes(count)) {
    throw fail('too short a NULL mask');
  }
}

function checkOffsets(offsets: Int32Array, count: number, end: number, fail: (what: string) => Error): void {
  if (offsets.length < count + 1) {
    throw fail('too few offsets');
  }
  let previous = offsets[0]!;
  let wrong = previous < 0;
  for (let i = 1; i <= count; i++) {
    const offset = offsets[i]!;
    wrong ||= offset < previous;
    previous = offset;
  }
  if (wrong || previous > end) {
    throw fail('wrong offsets');
  }
}
