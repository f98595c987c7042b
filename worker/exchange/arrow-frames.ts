/**
 * Batches as Arrow IPC stream bytes: schema and one record batch per frame. Arrow carries the physical layout (DuckDB's own
 * bytes); the DuckDB type of each column stands in the field's metadata, so that every type comes back as it was, also those
 * that Arrow has no counterpart for (HUGEINT, UUID, INTERVAL: 16 bytes of fixed size).
 */

import { crc32 } from 'node:zlib';
import { type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import {
  Binary,
  type Data,
  type DataType,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Uint8,
  Utf8,
} from 'apache-arrow';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { BytesData, ColumnBatch, ColumnData, FixedData, ListData, Validity } from '../rows/column-batch.ts';
import { layoutOf } from '../rows/layout.ts';
import { sliceColumn } from '../rows/slice.ts';
import { parseType, typeText } from '../rows/types.ts';
import { checkColumn } from './check-batch.ts';

/** The metadata key of a field's DuckDB type text. */
const typeKey = 'duckdb_type';
/** Arrow's buffers start at multiples of this. */
const arrowAlignment = 8;

/** Behind the Arrow stream: CRC-32 of the stream (little-endian), then four fixed bytes. */
const footerBytes = 8;
const footerMark = 0x3146_4c53;

/**
 * The frame of a batch: a complete Arrow IPC stream, readable by any Arrow library, and a checksum behind it (Arrow's reader
 * takes the lengths in damaged metadata at their word, up to filling the memory).
 */
export function encodeFrame(batch: ColumnBatch): Uint8Array {
  const data = batch.columns.map((column) => arrowData(column, batch.rowCount));
  const fields = batch.columns.map(
    (column, i) => new Field(`c${i}`, data[i]!.type, true, new Map([[typeKey, typeText(column.type)]])),
  );
  const rows = makeData({ type: new Struct(fields), length: batch.rowCount, nullCount: 0, children: data });
  const writer = RecordBatchStreamWriter.writeAll([new RecordBatch(new Schema(fields), rows)]);
  return withFooter(writer.toUint8Array(true));
}

function withFooter(stream: Uint8Array): Uint8Array {
  const frame = new Uint8Array(stream.length + footerBytes);
  frame.set(stream);
  const footer = new DataView(frame.buffer, stream.length);
  footer.setUint32(0, crc32(stream), true);
  footer.setUint32(4, footerMark, true);
  return frame;
}

/** The Arrow stream of a frame. Throws 08P01 when a byte of it is not as it was sent. */
function checkedStream(frame: Uint8Array): Uint8Array {
  const length = frame.length - footerBytes;
  const footer = length > 0 ? new DataView(frame.buffer, frame.byteOffset + length) : undefined;
  if (footer === undefined || footer.getUint32(4, true) !== footerMark) {
    throw errors.malformedFrame('it has no checksum');
  }
  const stream = frame.subarray(0, length);
  if (footer.getUint32(0, true) !== crc32(stream)) {
    throw errors.malformedFrame('its checksum does not match');
  }
  return stream;
}

/** The Arrow type that holds a column's physical layout. */
function arrowType(column: ColumnData): DataType {
  switch (column.kind) {
    case 'fixed':
      return fixedArrowType(column.type, column.width);
    case 'bytes':
      return column.type.typeId === DuckDBTypeId.VARCHAR ? new Utf8() : new Binary();
    case 'list':
      return new List(new Field('item', arrowType(column.child), true));
    case 'array':
      return new FixedSizeList(column.length, new Field('item', arrowType(column.child), true));
    case 'struct':
      return new Struct(column.children.map((child, i) => new Field(`f${i}`, arrowType(child), true)));
  }
}

function fixedArrowType(type: DuckDBType, width: number): DataType {
  if (type.typeId === DuckDBTypeId.FLOAT) {
    return new Float32();
  }
  if (type.typeId === DuckDBTypeId.DOUBLE) {
    return new Float64();
  }
  switch (width) {
    case 1:
      return new Uint8();
    case 2:
      return new Int16();
    case 4:
      return new Int32();
    case 8:
      return new Int64();
    default:
      return new FixedSizeBinary(width);
  }
}

function arrowData(column: ColumnData, length: number): Data {
  const type = arrowType(column);
  const nulls = column.validity === null ? { nullCount: 0 } : { nullCount: -1, nullBitmap: column.validity };
  switch (column.kind) {
    case 'fixed':
      return makeData({ type, length, data: typedView(type, column, length), ...nulls } as never);
    case 'bytes': {
      const { offsets, first, last } = rebase(column, length);
      return makeData({
        type,
        length,
        valueOffsets: offsets,
        data: column.data.subarray(first, last),
        ...nulls,
      } as never);
    }
    case 'list': {
      const { offsets, first, last } = rebase(column, length);
      const all = first === 0 && last === column.childCount;
      const child = arrowData(all ? column.child : sliceColumn(column.child, first, last), last - first);
      return makeData({ type, length, valueOffsets: offsets, child, ...nulls } as never);
    }
    case 'array':
      return makeData({ type, length, child: arrowData(column.child, length * column.length), ...nulls } as never);
    case 'struct':
      return makeData({
        type,
        length,
        children: column.children.map((child) => arrowData(child, length)),
        ...nulls,
      } as never);
  }
}

/** Offsets that start at 0, and the part of the values that they span. */
function rebase(column: BytesData | ListData, length: number): { offsets: Int32Array; first: number; last: number } {
  const first = column.offsets[0] ?? 0;
  const last = column.offsets[length] ?? 0;
  const offsets = column.offsets.subarray(0, length + 1);
  return { offsets: first === 0 ? offsets : offsets.map((offset) => offset - first), first, last };
}

/** The bytes as the typed array that Arrow's type wants; copied where they are not aligned for it. */
function typedView(type: DataType, column: FixedData, length: number): ArrayBufferView {
  const bytes = column.data.subarray(0, length * column.width);
  const Typed = type.ArrayType as { new (buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView };
  if (Typed === (Uint8Array as unknown)) {
    return bytes;
  }
  const aligned = bytes.byteOffset % column.width === 0 ? bytes : new Uint8Array(bytes);
  return new Typed(aligned.buffer, aligned.byteOffset, length);
}

/**
 * The batch of a frame. Values are not copied: the batch shares the frame's memory (which is copied once, whole, when it
 * does not start at a multiple of 8). Bytes that are no frame, that were damaged, or whose buffers are too short for their
 * rows, are refused with 08P01: nothing behind this function has to check again.
 */
export function decodeFrame(bytes: Uint8Array): ColumnBatch {
  const stream = checkedStream(bytes);
  const aligned = stream.byteOffset % arrowAlignment === 0 ? stream : new Uint8Array(stream);
  try {
    const reader = RecordBatchReader.from(aligned);
    const batch: RecordBatch | undefined = reader.next().value ?? undefined;
    if (batch === undefined) {
      throw errors.malformedFrame('no record batch');
    }
    const rowCount = batch.numRows;
    const columns = batch.schema.fields.map((field, i) => {
      const type = field.metadata.get(typeKey);
      if (type === undefined) {
        throw errors.malformedFrame(`column ${i} has no ${typeKey}`);
      }
      return columnOf(batch.data.children[i]!, parseType(type), rowCount);
    });
    for (const column of columns) {
      checkColumn(column, rowCount);
    }
    return { rowCount, columns };
  } catch (error) {
    throw error instanceof SluiceError && error.sqlstate === '08P01'
      ? error
      : errors.malformedFrame(error instanceof Error ? error.message : String(error), error);
  }
}

function byteView(view: ArrayBufferView | undefined): Uint8Array {
  return view === undefined ? new Uint8Array() : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function columnOf(data: Data, type: DuckDBType, count: number): ColumnData {
  const layout = layoutOf(type);
  if (data === undefined || data.length !== count || data.offset !== 0) {
    throw errors.malformedFrame(`a column of type ${typeText(type)} has another number of rows`);
  }
  const validity: Validity = data.nullBitmap?.length ? data.nullBitmap : null;
  const offsets = () => (data.valueOffsets as Int32Array | undefined) ?? new Int32Array(count + 1);
  switch (layout.kind) {
    case 'fixed':
      return { kind: 'fixed', type, validity, width: layout.width, data: byteView(data.values as ArrayBufferView) };
    case 'bytes':
      return {
        kind: 'bytes',
        type,
        validity,
        offsets: nonEmpty(offsets()),
        data: byteView(data.values as ArrayBufferView),
      };
    case 'list': {
      const child = data.children[0] as Data;
      const childCount = child?.length ?? -1;
      const column = columnOf(child, layout.child, childCount);
      return { kind: 'list', type, validity, offsets: nonEmpty(offsets()), child: column, childCount };
    }
    case 'array': {
      const child = columnOf(data.children[0] as Data, layout.child, count * layout.length);
      return { kind: 'array', type, validity, length: layout.length, child };
    }
    case 'struct': {
      const children = layout.children.map((child, i) => columnOf(data.children[i] as Data, child, count));
      return { kind: 'struct', type, validity, children };
    }
  }
}

/** Arrow may leave out the single offset of no rows. */
function nonEmpty(offsets: Int32Array): Int32Array {
  return offsets.length === 0 ? new Int32Array(1) : offsets;
}
