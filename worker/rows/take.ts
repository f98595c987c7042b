/** Gathers rows of a column in a given order. */
import type { BytesData, ColumnData, FixedData, ListData, Validity } from './column-batch.ts';
import { isValid, maskBytes } from './validity.ts';

/** The rows of `column` whose numbers `rows` gives, in that order; a row may be taken more than once. */
export function takeColumn(column: ColumnData, rows: Int32Array): ColumnData {
  const validity = takeMask(column.validity, rows);
  switch (column.kind) {
    case 'fixed':
      return takeFixed(column, rows, validity);
    case 'bytes':
      return takeBytes(column, rows, validity);
    case 'list':
      return takeList(column, rows, validity);
    case 'array': {
      const offsets = Int32Array.from({ length: rows.length + 1 }, (_, i) => i * column.length);
      const starts = rows.map((row) => row * column.length);
      return { ...column, validity, child: takeColumn(column.child, spans(starts, offsets)) };
    }
    case 'struct':
      return { ...column, validity, children: column.children.map((child) => takeColumn(child, rows)) };
  }
}

function takeMask(validity: Validity, rows: Int32Array): Validity {
  if (validity === null) {
    return null;
  }
  const mask = new Uint8Array(maskBytes(rows.length));
  for (let i = 0; i < rows.length; i++) {
    if (isValid(validity, rows[i]!)) {
      mask[i >> 3]! |= 1 << (i & 7);
    }
  }
  return mask;
}

function takeFixed(column: FixedData, rows: Int32Array, validity: Validity): FixedData {
  const { width } = column;
  const data = new Uint8Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * width;
    for (let byte = 0; byte < width; byte++) {
      data[i * width + byte] = column.data[from + byte]!;
    }
  }
  return { ...column, validity, data };
}

function lengthOffsets(offsets: Int32Array, rows: Int32Array): Int32Array {
  const taken = new Int32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) {
    taken[i + 1] = taken[i]! + offsets[rows[i]! + 1]! - offsets[rows[i]!]!;
  }
  return taken;
}

function takeBytes(column: BytesData, rows: Int32Array, validity: Validity): BytesData {
  const offsets = lengthOffsets(column.offsets, rows);
  const data = new Uint8Array(offsets[rows.length]!);
  for (let i = 0; i < rows.length; i++) {
    data.set(column.data.subarray(column.offsets[rows[i]!]!, column.offsets[rows[i]! + 1]!), offsets[i]!);
  }
  return { ...column, validity, offsets, data };
}

function takeList(column: ListData, rows: Int32Array, validity: Validity): ListData {
  const offsets = lengthOffsets(column.offsets, rows);
  const starts = rows.map((row) => column.offsets[row]!);
  const child = takeColumn(column.child, spans(starts, offsets));
  return { ...column, validity, offsets, child, childCount: offsets[rows.length]! };
}

/** Row numbers of consecutive spans: span i starts at `starts[i]` and is as long as `offsets` says. */
function spans(starts: Int32Array, offsets: Int32Array): Int32Array {
  const rows = new Int32Array(offsets[starts.length]!);
  for (let i = 0; i < starts.length; i++) {
    for (let at = offsets[i]!, row = starts[i]!; at < offsets[i + 1]!; at++, row++) {
      rows[at] = row;
    }
  }
  return rows;
}
