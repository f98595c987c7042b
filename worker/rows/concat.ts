/** Batches of the same types behind one another, copied into one. */
import { errors } from '../../planner/errors.ts';
import type { BytesData, ColumnBatch, ColumnData, FixedData, ListData, Validity } from './column-batch.ts';
import { sliceColumn } from './slice.ts';
import { isValid, maskBytes, setBits } from './validity.ts';

/** A column and how many rows it has. */
interface Part<C extends ColumnData = ColumnData> {
  readonly column: C;
  readonly count: number;
}

/** All rows of the batches, in order. There must be at least one batch, and all must have the types of the first (XX000). */
export function concatBatches(batches: readonly ColumnBatch[]): ColumnBatch {
  const [first] = batches;
  if (first === undefined) {
    throw errors.internal('no batches to join');
  }
  if (batches.length === 1) {
    return first;
  }
  const columns = first.columns.map((_, i) =>
    concatColumn(batches.map(({ columns, rowCount }) => ({ column: columns[i]!, count: rowCount }))),
  );
  return { rowCount: batches.reduce((sum, { rowCount }) => sum + rowCount, 0), columns };
}

function concatColumn(parts: readonly Part[]): ColumnData {
  const { column } = parts[0]!;
  const validity = concatMasks(parts);
  switch (column.kind) {
    case 'fixed':
      return { ...column, validity, data: concatFixed(sameKind(parts, column), column.width) };
    case 'bytes': {
      const same = sameKind<BytesData>(parts, column);
      const spans = same.map(({ column: { data, offsets }, count }) => data.subarray(offsets[0]!, offsets[count]!));
      return { ...column, validity, offsets: concatOffsets(same), data: concatBytes(spans) };
    }
    case 'list': {
      const same = sameKind<ListData>(parts, column);
      const children = same.map(({ column: { child, offsets }, count }) => {
        const [from, to] = [offsets[0]!, offsets[count]!];
        return { column: sliceColumn(child, from, to), count: to - from };
      });
      const offsets = concatOffsets(same);
      return { ...column, validity, offsets, child: concatColumn(children), childCount: offsets.at(-1)! };
    }
    case 'array': {
      const { length } = column;
      const children = sameKind(parts, column).map(({ column: { child }, count }) => ({
        column: child,
        count: count * length,
      }));
      return { ...column, validity, child: concatColumn(children) };
    }
    case 'struct': {
      const same = sameKind(parts, column);
      const children = column.children.map((_, i) =>
        concatColumn(same.map(({ column, count }) => ({ column: column.children[i]!, count }))),
      );
      return { ...column, validity, children };
    }
  }
}

function sameKind<C extends ColumnData>(parts: readonly Part[], { kind }: C): readonly Part<C>[] {
  if (parts.some(({ column }) => column.kind !== kind)) {
    throw errors.internal('batches of different types');
  }
  return parts as readonly Part<C>[];
}

function concatMasks(parts: readonly Part[]): Validity {
  if (parts.every(({ column }) => column.validity === null)) {
    return null;
  }
  const mask = new Uint8Array(maskBytes(parts.reduce((sum, { count }) => sum + count, 0)));
  let at = 0;
  for (const { column, count } of parts) {
    const { validity } = column;
    for (let row = 0; row < count; row++) {
      if (isValid(validity, row)) {
        setBits(mask, at + row, 1);
      }
    }
    at += count;
  }
  return mask;
}

function concatFixed(parts: readonly Part<FixedData>[], width: number): Uint8Array {
  return concatBytes(parts.map(({ column, count }) => column.data.subarray(0, count * width)));
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function concatOffsets(parts: readonly Part<BytesData | ListData>[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { count }) => sum + count, 1));
  let at = 0;
  for (const { column, count } of parts) {
    const { offsets } = column;
    const shift = all[at]! - offsets[0]!;
    for (let row = 1; row <= count; row++) {
      all[at + row] = offsets[row]! + shift;
    }
    at += count;
  }
  return all;
}
