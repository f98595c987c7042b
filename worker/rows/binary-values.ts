/** Values in PostgreSQL's binary format: what the send function of each type writes. */
import { type DuckDBArrayType, type DuckDBListType, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { writeNumeric, writeSafeNumeric } from './binary-numeric.ts';
import {
  bignumValue,
  bitLength,
  micros,
  millis,
  nanos,
  seconds,
  splitTimestamp,
  type TimestampUnit,
  timestampInfinity,
  timetzMicros,
  timetzOffset,
  viewAs,
  wideInt,
} from './cells.ts';
import type { ArrayData, BytesData, ColumnData, FixedData, ListData } from './column-batch.ts';
import { microsPerDay } from './datetime-text.ts';
import { shortest } from './number-text.ts';
import { isList, isOpenNumeric, isVector, openScale, pgType } from './pg-types.ts';
import type { Sink } from './sink.ts';
import type { ResolvedStyle } from './style.ts';
import { bindUtf8, type CellWriter, type ColumnBinder, textBinder } from './text-values.ts';
import { isValid } from './validity.ts';

/** Days and microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const epochDays = 10957;
/** Dates that PostgreSQL has: 4714-11-24 BC to 5874897-12-31. */
const maxDate = 2147483493;

/** The binary writer of a type. */
export function binaryBinder(type: DuckDBType, style: ResolvedStyle): ColumnBinder {
  if (isList(type) && !isList(type.valueType)) {
    return bindArray(type, style);
  }
  const fixed = fixedBinders[type.typeId];
  if (fixed !== undefined) {
    return (column) => fixed(column as FixedData, type);
  }
  const bytes = bytesBinders[type.typeId];
  if (bytes !== undefined) {
    return (column) => bytes(column as BytesData);
  }
  // Text, json and what goes out as one of them: the binary format is the text.
  return pgType(type).name === 'char' ? bindChar(textBinder(type, style)) : textBinder(type, style);
}

/** The type "char" of catalogs is one byte: no text is 0. */
function bindChar(bind: ColumnBinder): ColumnBinder {
  return (column) => {
    const write = bind(column);
    return (out, row) => {
      const before = out.at;
      write(out, row);
      if (out.at === before) out.byte(0);
    };
  };
}

type FixedBinder = (column: FixedData, type: DuckDBType) => CellWriter;

const fixedBinders: Readonly<Partial<Record<DuckDBTypeId, FixedBinder>>> = {
  [DuckDBTypeId.BOOLEAN]: (column) => (out, row) => out.byte(column.data[row] === 0 ? 0 : 1),
  [DuckDBTypeId.TINYINT]: (column) => bindInt16(viewAs(column, Int8Array)),
  [DuckDBTypeId.UTINYINT]: (column) => bindInt16(column.data),
  [DuckDBTypeId.SMALLINT]: (column) => bindInt16(viewAs(column, Int16Array)),
  [DuckDBTypeId.USMALLINT]: (column) => bindInt32(viewAs(column, Uint16Array)),
  [DuckDBTypeId.INTEGER]: (column) => bindInt32(viewAs(column, Int32Array)),
  [DuckDBTypeId.FLOAT]: (column) => bindInt32(viewAs(column, Int32Array)),
  [DuckDBTypeId.UINTEGER]: (column) => {
    const values = viewAs(column, Uint32Array);
    return (out, row) => writeWords(out, 0, values[row]!);
  },
  [DuckDBTypeId.BIGINT]: bindWords,
  [DuckDBTypeId.DOUBLE]: bindWords,
  [DuckDBTypeId.TIME]: bindWords,
  [DuckDBTypeId.UBIGINT]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => writeInt64Numeric(out, words[row * 2]!, words[row * 2 + 1]!, 0);
  },
  [DuckDBTypeId.HUGEINT]: (column) => bindWideNumeric(column, true, 0),
  [DuckDBTypeId.UHUGEINT]: (column) => bindWideNumeric(column, false, 0),
  [DuckDBTypeId.DECIMAL]: (column, type) =>
    isOpenNumeric(type)
      ? bindOpenNumeric(column)
      : bindDecimal(column, type.typeId === DuckDBTypeId.DECIMAL ? type.scale : 0),
  [DuckDBTypeId.DATE]: (column) => {
    const values = viewAs(column, Int32Array);
    return (out, row) => out.int32(pgDate(values[row]!));
  },
  [DuckDBTypeId.TIME_NS]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => writeInteger(out, Math.floor((words[row * 2 + 1]! * 0x1_0000_0000 + words[row * 2]!) / 1000));
  },
  [DuckDBTypeId.TIME_TZ]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => {
      writeInteger(out, timetzMicros(words[row * 2]!, words[row * 2 + 1]!));
      // PostgreSQL counts seconds west.
      out.int32(-timetzOffset(words[row * 2]!));
    };
  },
  [DuckDBTypeId.TIMESTAMP]: (column) => bindTimestamp(column, micros),
  [DuckDBTypeId.TIMESTAMP_S]: (column) => bindTimestamp(column, seconds),
  [DuckDBTypeId.TIMESTAMP_MS]: (column) => bindTimestamp(column, millis),
  [DuckDBTypeId.TIMESTAMP_NS]: (column) => bindTimestamp(column, nanos),
  [DuckDBTypeId.TIMESTAMP_TZ]: (column) => bindTimestamp(column, micros),
  [DuckDBTypeId.INTERVAL]: (column) => {
    const words = viewAs(column, Int32Array);
    return (out, row) => {
      const at = row * 4;
      writeWords(out, words[at + 3]!, words[at + 2]!);
      out.int32(words[at + 1]!);
      out.int32(words[at]!);
    };
  },
  [DuckDBTypeId.UUID]: (column) => (out, row) => {
    out.reserve(16);
    const { bytes, at } = out;
    for (let i = 0; i < 16; i++) {
      bytes[at + i] = column.data[row * 16 + 15 - i]!;
    }
    bytes[at]! ^= 0x80;
    out.at = at + 16;
  },
};

function bindInt16(values: { readonly [row: number]: number }): CellWriter {
  return (out, row) => out.int16(values[row]!);
}

function bindInt32(values: { readonly [row: number]: number }): CellWriter {
  return (out, row) => out.int32(values[row]!);
}

function writeWords(out: Sink, high: number, low: number): void {
  out.reserve(8);
  out.setInt32(out.at, high);
  out.setInt32(out.at + 4, low);
  out.at += 8;
}

/** An integer of up to 2^53 in magnitude as 8 bytes. */
function writeInteger(out: Sink, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  writeWords(out, high, value - high * 0x1_0000_0000);
}

function bindWords(column: FixedData): CellWriter {
  const words = viewAs(column, Int32Array);
  return (out, row) => writeWords(out, words[row * 2 + 1]!, words[row * 2]!);
}

function writeInt64Numeric(out: Sink, low: number, high: number, scale: number): void {
  const value = high * 0x1_0000_0000 + low;
  if (value >= -Number.MAX_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    writeSafeNumeric(out, value, scale);
  } else {
    writeNumeric(out, (BigInt(high) << 32n) + BigInt(low), scale);
  }
}

function bindWideNumeric(column: FixedData, signed: boolean, scale: number): CellWriter {
  const words = viewAs(column, BigInt64Array);
  return (out, row) => writeNumeric(out, wideInt(words, row, signed), scale);
}

function bindOpenNumeric(column: FixedData): CellWriter {
  const words = viewAs(column, BigInt64Array);
  return (out, row) => {
    const { value, scale } = shortest(wideInt(words, row, true), openScale);
    writeNumeric(out, value, scale);
  };
}

function bindDecimal(column: FixedData, scale: number): CellWriter {
  switch (column.width) {
    case 2:
    case 4: {
      const values = column.width === 2 ? viewAs(column, Int16Array) : viewAs(column, Int32Array);
      return (out, row) => writeSafeNumeric(out, values[row]!, scale);
    }
    case 8: {
      const words = viewAs(column, Int32Array);
      return (out, row) => writeInt64Numeric(out, words[row * 2]! >>> 0, words[row * 2 + 1]!, scale);
    }
    default:
      return bindWideNumeric(column, true, scale);
  }
}

/** Days since 2000-01-01; the infinities are the extreme integers. Dates that PostgreSQL lacks: 22008. */
function pgDate(days: number): number {
  if (days >= 0x7fff_ffff) {
    return 0x7fff_ffff;
  }
  if (days <= -0x7fff_ffff) {
    return -0x8000_0000;
  }
  const moved = days - epochDays;
  if (moved < -0x7fff_ffff || moved > maxDate) {
    throw errors.datetimeOutOfRange('date');
  }
  return moved;
}

function bindTimestamp(column: FixedData, unit: TimestampUnit): CellWriter {
  const words = viewAs(column, Int32Array);
  return (out, row) => {
    const low = words[row * 2]! >>> 0;
    const high = words[row * 2 + 1]!;
    const infinity = timestampInfinity(low, high);
    if (infinity !== 0) {
      writeWords(out, infinity > 0 ? 0x7fff_ffff : -0x8000_0000, infinity > 0 ? -1 : 0);
      return;
    }
    const { days, micros: time } = splitTimestamp(low, high, unit);
    const value = (days - epochDays) * microsPerDay + time;
    if (Number.isSafeInteger(value)) {
      writeInteger(out, value);
    } else {
      const exact = BigInt(days - epochDays) * BigInt(microsPerDay) + BigInt(time);
      if (BigInt.asIntN(64, exact) !== exact) {
        throw errors.datetimeOutOfRange('timestamp');
      }
      writeWords(out, Number(exact >> 32n), Number(exact & 0xffff_ffffn));
    }
  };
}

const bytesBinders: Readonly<Partial<Record<DuckDBTypeId, (column: BytesData) => CellWriter>>> = {
  [DuckDBTypeId.BLOB]: bindUtf8,
  [DuckDBTypeId.BIT]: bindBits,
  [DuckDBTypeId.BIGNUM]: (column) => {
    const { offsets, data } = column;
    return (out, row) => writeNumeric(out, bignumValue(data.subarray(offsets[row]!, offsets[row + 1]!)), 0);
  },
};

/** Number of bits, then the bits from the left: DuckDB's padding is in front, PostgreSQL's behind. */
function bindBits(column: BytesData): CellWriter {
  const { offsets, data } = column;
  return (out, row) => {
    const from = offsets[row]!;
    const count = bitLength(data, from, offsets[row + 1]!);
    const padding = data[from]!;
    out.int32(count);
    const size = (count + 7) >> 3;
    out.reserve(size);
    for (let i = 0; i < size; i++) {
      const byte = from + 1 + i;
      const next = byte + 1 < offsets[row + 1]! ? data[byte + 1]! : 0;
      out.bytes[out.at++] = (data[byte]! << padding) | (next >> (8 - padding));
    }
  };
}

/**
 * Arrays of one dimension: number of dimensions (0 when empty), whether there are NULLs, the element's OID, length and lower bound, then
 * the elements.
 */
function bindArray(type: DuckDBListType | DuckDBArrayType, style: ResolvedStyle): ColumnBinder {
  const bind = binaryBinder(type.valueType, style);
  const head = { oid: (pgType(type).element ?? pgType(type.valueType)).oid, lowerBound: isVector(type) ? 0 : 1 };
  return (column) => {
    const list = column as ListData | ArrayData;
    const write = bind(list.child);
    const start = list.kind === 'list' ? (row: number) => list.offsets[row]! : (row: number) => row * list.length;
    return (out, row) => writeArray(out, start(row), start(row + 1), head, list.child, write);
  };
}

function writeArray(
  out: Sink,
  from: number,
  to: number,
  { oid, lowerBound }: { readonly oid: number; readonly lowerBound: number },
  { validity }: ColumnData,
  write: CellWriter,
): void {
  let nulls = 0;
  for (let i = from; i < to; i++) {
    nulls |= isValid(validity, i) ? 0 : 1;
  }
  out.int32(from === to ? 0 : 1);
  out.int32(nulls);
  out.int32(oid);
  if (from === to) {
    return;
  }
  out.int32(to - from);
  out.int32(lowerBound);
  for (let i = from; i < to; i++) {
    const at = out.at;
    out.int32(-1);
    if (isValid(validity, i)) {
      write(out, i);
      out.setInt32(at, out.at - at - 4);
    }
  }
}
