/**
 * VARIANT values as JSON. DuckDB stores one as a struct of four: `keys` (names of object fields), `children` (pairs of key
 * and value index), `values` (pairs of a type tag and an offset into `data`) and `data` (a BLOB). Value 0 is the root.
 */
import {
  BIGINT,
  BIGNUM,
  BIT,
  BLOB,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  FLOAT,
  GEOMETRY,
  HUGEINT,
  INTEGER,
  INTERVAL,
  SMALLINT,
  TIME,
  TIME_NS,
  TIMESTAMP,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMESTAMPTZ,
  TIMETZ,
  TINYINT,
  UBIGINT,
  UHUGEINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  UUID,
  VARCHAR,
} from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { viewAs } from './cells.ts';
import type { BytesData, ColumnData, FixedData, ListData, StructData } from './column-batch.ts';
import { layoutOf } from './layout.ts';
import type { Sink } from './sink.ts';
import type { CellWriter, ColumnBinder } from './text-values.ts';

/** DuckDB's VariantLogicalType, as far as a tag stands for a type whose value is in `data`. */
const scalarTypes: Readonly<Record<number, DuckDBType>> = {
  3: TINYINT,
  4: SMALLINT,
  5: INTEGER,
  6: BIGINT,
  7: HUGEINT,
  8: UTINYINT,
  9: USMALLINT,
  10: UINTEGER,
  11: UBIGINT,
  12: UHUGEINT,
  13: FLOAT,
  14: DOUBLE,
  16: VARCHAR,
  17: BLOB,
  18: UUID,
  19: DATE,
  20: TIME,
  21: TIME_NS,
  22: TIMESTAMP_S,
  23: TIMESTAMP_MS,
  24: TIMESTAMP,
  25: TIMESTAMP_NS,
  26: TIMETZ,
  27: TIMESTAMPTZ,
  28: INTERVAL,
  31: BIGNUM,
  32: BIT,
  33: GEOMETRY,
};
const tags = { null: 0, true: 1, false: 2, decimal: 15, object: 29, array: 30 } as const;

/** The parts of a VARIANT column. */
interface Parts {
  readonly keys: ListData;
  readonly keyTexts: BytesData;
  readonly children: ListData;
  readonly keyIndexes: Uint32Array;
  readonly valueIndexes: Uint32Array;
  readonly values: ListData;
  readonly typeIds: Uint8Array;
  readonly byteOffsets: Uint32Array;
  readonly data: BytesData;
  readonly scalar: (type: DuckDBType) => ColumnBinder;
}

/** `scalar`: the JSON writer of types that do not nest. */
export function bindVariantJson(column: ColumnData, scalar: (type: DuckDBType) => ColumnBinder): CellWriter {
  const [keys, children, values, data] = (column as StructData).children as [ListData, ListData, ListData, BytesData];
  const fixedChild = (list: ListData, i: number) => (list.child as StructData).children[i] as FixedData;
  const parts: Parts = {
    keys,
    keyTexts: keys.child as BytesData,
    children,
    keyIndexes: viewAs(fixedChild(children, 0), Uint32Array),
    valueIndexes: viewAs(fixedChild(children, 1), Uint32Array),
    values,
    typeIds: fixedChild(values, 0).data,
    byteOffsets: viewAs(fixedChild(values, 1), Uint32Array),
    data,
    scalar,
  };
  return (out, row) => writeNode(out, parts, row, 0);
}

/** An unsigned integer of 7 bits a byte, the lowest first. */
function varint(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let i = from, scale = 1; ; i++, scale *= 128) {
    const byte = bytes[i] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      return { value, next: i + 1 };
    }
  }
}

function writeNode(out: Sink, parts: Parts, row: number, index: number): void {
  const at = parts.values.offsets[row]! + index;
  if (at >= parts.values.offsets[row + 1]!) {
    throw errors.internal('VARIANT value out of bounds');
  }
  const tag = parts.typeIds[at]!;
  const blob = parts.data.data.subarray(parts.data.offsets[row]!, parts.data.offsets[row + 1]!);
  const from = parts.byteOffsets[at]!;
  if (tag === tags.null || tag === tags.true || tag === tags.false) {
    out.ascii(tag === tags.null ? 'null' : tag === tags.true ? 'true' : 'false');
  } else if (tag === tags.object || tag === tags.array) {
    writeChildren(out, parts, row, blob, from, tag === tags.object);
  } else if (tag === tags.decimal) {
    const width = varint(blob, from);
    const scale = varint(blob, width.next);
    writeScalar(out, parts, DECIMAL(width.value, scale.value), blob, scale.next);
  } else {
    writeScalar(out, parts, scalarTypes[tag], blob, from);
  }
}

/** Header: number of children, then (if any) the place of the first among the row's `children`. */
function writeChildren(out: Sink, parts: Parts, row: number, blob: Uint8Array, from: number, isObject: boolean): void {
  const count = varint(blob, from);
  const first = count.value === 0 ? 0 : varint(blob, count.next).value;
  const base = parts.children.offsets[row]! + first;
  if (base + count.value > parts.children.offsets[row + 1]!) {
    throw errors.internal('VARIANT children out of bounds');
  }
  out.byte(isObject ? 123 : 91);
  for (let i = 0; i < count.value; i++) {
    if (i > 0) {
      out.byte(44);
    }
    if (isObject) {
      const key = parts.keys.offsets[row]! + parts.keyIndexes[base + i]!;
      const { offsets, data } = parts.keyTexts;
      const text = Buffer.from(data.subarray(offsets[key]!, offsets[key + 1]!)).toString('utf8');
      out.utf8(`${JSON.stringify(text)}:`);
    }
    writeNode(out, parts, row, parts.valueIndexes[base + i]!);
  }
  out.byte(isObject ? 125 : 93);
}

/** A scalar is written through a column of one row. */
function writeScalar(out: Sink, parts: Parts, type: DuckDBType | undefined, blob: Uint8Array, from: number): void {
  if (type === undefined) {
    throw errors.internal('VARIANT value of an unknown type');
  }
  const layout = layoutOf(type);
  let column: ColumnData;
  if (layout.kind === 'fixed') {
    const data = blob.slice(from, from + layout.width);
    column = { kind: 'fixed', type, validity: null, width: layout.width, data };
  } else {
    const length = varint(blob, from);
    const data = blob.subarray(length.next, length.next + length.value);
    column = { kind: 'bytes', type, validity: null, offsets: Int32Array.of(0, data.length), data };
  }
  parts.scalar(type)(column)(out, 0);
}
