/** Values in PostgreSQL's text format: one writer per DuckDB type. */
import { type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
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
import type { BytesData, ColumnData, FixedData } from './column-batch.ts';
import { writeDate, writeOffset, writeTime, writeTimestamp } from './datetime-text.ts';
import { writeInterval } from './interval-text.ts';
import { layoutOf } from './layout.ts';
import { bindArrayText, bindJson } from './nested-text.ts';
import {
  float4,
  float8,
  shortest,
  writeBigDecimal,
  writeBigInt,
  writeDecimal,
  writeFloat,
  writeInt,
  writeInt64,
} from './number-text.ts';
import { isList, isOpenNumeric, openScale } from './pg-types.ts';
import { type Sink, viewOf } from './sink.ts';
import type { ResolvedStyle } from './style.ts';

/** Writes the value of a row that is not NULL. */
export type CellWriter = (out: Sink, row: number) => void;
/** Binds a column of one batch. */
export type ColumnBinder = (column: ColumnData) => CellWriter;

/** The text writer of a type. */
export function textBinder(type: DuckDBType, style: ResolvedStyle): ColumnBinder {
  switch (layoutOf(type).kind) {
    case 'fixed': {
      const bind = fixedBinders[type.typeId];
      if (bind === undefined) {
        throw errors.featureNotSupported(`type ${type} in an answer`);
      }
      return (column) => bind(column as FixedData, type, style);
    }
    case 'bytes': {
      const bind = bytesBinders[type.typeId] ?? bindUtf8;
      return (column) => bind(column as BytesData, style);
    }
    default:
      return isList(type) && !isList(type.valueType) ? bindArrayText(type, style) : bindJson(type, style);
  }
}

type FixedBinder = (column: FixedData, type: DuckDBType, style: ResolvedStyle) => CellWriter;

const fixedBinders: Readonly<Partial<Record<DuckDBTypeId, FixedBinder>>> = {
  [DuckDBTypeId.BOOLEAN]: (column) => (out, row) => out.byte(column.data[row] === 0 ? 102 : 116),
  [DuckDBTypeId.TINYINT]: (column) => bindInts(viewAs(column, Int8Array)),
  [DuckDBTypeId.SMALLINT]: (column) => bindInts(viewAs(column, Int16Array)),
  [DuckDBTypeId.INTEGER]: (column) => bindInts(viewAs(column, Int32Array)),
  [DuckDBTypeId.UTINYINT]: (column) => bindInts(column.data),
  [DuckDBTypeId.USMALLINT]: (column) => bindInts(viewAs(column, Uint16Array)),
  [DuckDBTypeId.SQLNULL]: (column) => bindInts(viewAs(column, Int32Array)),
  [DuckDBTypeId.UINTEGER]: (column) => {
    const values = viewAs(column, Uint32Array);
    return (out, row) => out.digits(values[row]!);
  },
  [DuckDBTypeId.BIGINT]: (column) => {
    const words = viewAs(column, Int32Array);
    return (out, row) => writeInt64(out, words[row * 2]! >>> 0, words[row * 2 + 1]!);
  },
  [DuckDBTypeId.UBIGINT]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => writeInt64(out, words[row * 2]!, words[row * 2 + 1]!);
  },
  [DuckDBTypeId.HUGEINT]: (column) => bindWide(column, true),
  [DuckDBTypeId.UHUGEINT]: (column) => bindWide(column, false),
  [DuckDBTypeId.FLOAT]: (column, _type, style) => {
    const values = viewAs(column, Float32Array);
    return (out, row) => writeFloat(out, values[row]!, float4, style.extraFloatDigits);
  },
  [DuckDBTypeId.DOUBLE]: (column, _type, style) => {
    const values = viewAs(column, Float64Array);
    return (out, row) => writeFloat(out, values[row]!, float8, style.extraFloatDigits);
  },
  [DuckDBTypeId.DECIMAL]: (column, type) =>
    isOpenNumeric(type)
      ? bindOpenNumeric(column)
      : bindDecimal(column, type.typeId === DuckDBTypeId.DECIMAL ? type.scale : 0),
  [DuckDBTypeId.DATE]: (column, _type, { dateStyle }) => {
    const values = viewAs(column, Int32Array);
    return (out, row) => writeDate(out, values[row]!, dateStyle);
  },
  [DuckDBTypeId.TIME]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => writeTime(out, words[row * 2 + 1]! * 0x1_0000_0000 + words[row * 2]!);
  },
  [DuckDBTypeId.TIME_NS]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => writeTime(out, Math.floor((words[row * 2 + 1]! * 0x1_0000_0000 + words[row * 2]!) / 1000));
  },
  [DuckDBTypeId.TIME_TZ]: (column) => {
    const words = viewAs(column, Uint32Array);
    return (out, row) => {
      writeTime(out, timetzMicros(words[row * 2]!, words[row * 2 + 1]!));
      writeOffset(out, timetzOffset(words[row * 2]!));
    };
  },
  [DuckDBTypeId.TIMESTAMP]: (column, _type, style) => bindTimestamp(column, micros, style),
  [DuckDBTypeId.TIMESTAMP_S]: (column, _type, style) => bindTimestamp(column, seconds, style),
  [DuckDBTypeId.TIMESTAMP_MS]: (column, _type, style) => bindTimestamp(column, millis, style),
  [DuckDBTypeId.TIMESTAMP_NS]: (column, _type, style) => bindTimestamp(column, nanos, style),
  [DuckDBTypeId.TIMESTAMP_TZ]: (column, _type, style) => bindTimestamptz(column, style),
  [DuckDBTypeId.INTERVAL]: (column, _type, { intervalStyle }) => {
    const words = viewAs(column, Int32Array);
    return (out, row) => {
      const at = row * 4;
      const time = (BigInt(words[at + 3]!) << 32n) + BigInt(words[at + 2]! >>> 0);
      writeInterval(out, words[at]!, words[at + 1]!, time, intervalStyle);
    };
  },
  [DuckDBTypeId.UUID]: (column) => (out, row) => writeUuid(out, column.data, row * 16),
  [DuckDBTypeId.ENUM]: (column, type) => bindEnum(column, type),
};

function bindInts(values: { readonly [row: number]: number }): CellWriter {
  return (out, row) => writeInt(out, values[row]!);
}

function bindWide(column: FixedData, signed: boolean): CellWriter {
  const words = viewAs(column, BigInt64Array);
  return (out, row) => writeBigInt(out, wideInt(words, row, signed));
}

/** Without zeros at the end. */
function bindOpenNumeric(column: FixedData): CellWriter {
  const words = viewAs(column, BigInt64Array);
  return (out, row) => {
    const { value, scale } = shortest(wideInt(words, row, true), openScale);
    writeBigDecimal(out, value, scale);
  };
}

function bindDecimal(column: FixedData, scale: number): CellWriter {
  switch (column.width) {
    case 2: {
      const values = viewAs(column, Int16Array);
      return (out, row) => writeDecimal(out, values[row]!, scale);
    }
    case 4: {
      const values = viewAs(column, Int32Array);
      return (out, row) => writeDecimal(out, values[row]!, scale);
    }
    case 8: {
      const words = viewAs(column, Int32Array);
      return (out, row) => {
        const low = words[row * 2]! >>> 0;
        const high = words[row * 2 + 1]!;
        const value = high * 0x1_0000_0000 + low;
        if (value >= -Number.MAX_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
          writeDecimal(out, value, scale);
        } else {
          writeBigDecimal(out, (BigInt(high) << 32n) + BigInt(low), scale);
        }
      };
    }
    default: {
      const words = viewAs(column, BigInt64Array);
      return (out, row) => writeBigDecimal(out, wideInt(words, row, true), scale);
    }
  }
}

function writeInfinity(out: Sink, sign: number): void {
  out.ascii(sign > 0 ? 'infinity' : '-infinity');
}

function bindTimestamp(column: FixedData, unit: TimestampUnit, { dateStyle }: ResolvedStyle): CellWriter {
  const words = viewAs(column, Int32Array);
  return (out, row) => {
    const low = words[row * 2]! >>> 0;
    const high = words[row * 2 + 1]!;
    const infinity = timestampInfinity(low, high);
    if (infinity !== 0) {
      writeInfinity(out, infinity);
      return;
    }
    const { days, micros: time } = splitTimestamp(low, high, unit);
    writeTimestamp(out, days, time, null, dateStyle);
  };
}

function bindTimestamptz(column: FixedData, { dateStyle, zone }: ResolvedStyle): CellWriter {
  const words = viewAs(column, Int32Array);
  return (out, row) => {
    const low = words[row * 2]! >>> 0;
    const high = words[row * 2 + 1]!;
    const infinity = timestampInfinity(low, high);
    if (infinity !== 0) {
      writeInfinity(out, infinity);
      return;
    }
    let { days, micros: time } = splitTimestamp(low, high, micros);
    const offset = zone.offsetAt(days * 86_400 + Math.floor(time / 1_000_000));
    time += offset * 1_000_000;
    if (time < 0 || time >= micros.perDay) {
      const moved = Math.floor(time / micros.perDay);
      days += moved;
      time -= moved * micros.perDay;
    }
    writeTimestamp(out, days, time, offset, dateStyle);
  };
}

const hexDigits = Buffer.from('0123456789abcdef');

/** UUIDs are 16-byte integers whose sign bit is inverted, so that they sort. */
function writeUuid(out: Sink, data: Uint8Array, from: number): void {
  out.reserve(36);
  const { bytes } = out;
  let { at } = out;
  for (let i = 15; i >= 0; i--) {
    const value = i === 15 ? data[from + 15]! ^ 0x80 : data[from + i]!;
    bytes[at++] = hexDigits[value >> 4]!;
    bytes[at++] = hexDigits[value & 15]!;
    if (i === 12 || i === 10 || i === 8 || i === 6) {
      bytes[at++] = 45;
    }
  }
  out.at = at;
}

/** The members of an ENUM as UTF-8, once per batch and type. */
const enumTexts = new WeakMap<object, readonly EnumMember[]>();

interface EnumMember {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function enumMembers(type: DuckDBType): readonly EnumMember[] {
  let members = enumTexts.get(type);
  if (members === undefined) {
    const texts = type.typeId === DuckDBTypeId.ENUM ? type.values.map((value) => Buffer.from(value)) : [];
    members = texts.map((bytes) => ({ bytes, view: viewOf(bytes) }));
    enumTexts.set(type, members);
  }
  return members;
}

/** The index of an ENUM's value, whatever its width. */
export function enumIndexes(column: FixedData): { readonly [row: number]: number } {
  return column.width === 1
    ? column.data
    : viewAs<{ [row: number]: number }>(column, column.width === 2 ? Uint16Array : Uint32Array);
}

function bindEnum(column: FixedData, type: DuckDBType): CellWriter {
  const members = enumMembers(type);
  const indexes = enumIndexes(column);
  return (out, row) => {
    const { bytes, view } = members[indexes[row]!]!;
    out.copy(bytes, view, 0, bytes.length);
  };
}

const bytesBinders: Readonly<Partial<Record<DuckDBTypeId, (column: BytesData, style: ResolvedStyle) => CellWriter>>> = {
  [DuckDBTypeId.BLOB]: (column, style) =>
    style.byteaOutput === 'escape' ? bindEscape(column) : bindHex(column, '\\x'),
  [DuckDBTypeId.GEOMETRY]: (column) => bindHex(column, ''),
  [DuckDBTypeId.BIT]: (column) => bindBits(column),
  [DuckDBTypeId.BIGNUM]: (column) => {
    const { offsets, data } = column;
    return (out, row) => writeBigInt(out, bignumValue(data.subarray(offsets[row]!, offsets[row + 1]!)));
  },
};

/** Bytes as they are: VARCHAR and JSON. */
export function bindUtf8(column: BytesData): CellWriter {
  const { offsets, data } = column;
  const view = viewOf(data);
  return (out, row) => out.copy(data, view, offsets[row]!, offsets[row + 1]!);
}

function bindHex(column: BytesData, prefix: string): CellWriter {
  const { offsets, data } = column;
  return (out, row) => {
    const from = offsets[row]!;
    const to = offsets[row + 1]!;
    out.ascii(prefix);
    out.reserve((to - from) * 2);
    const { bytes } = out;
    let { at } = out;
    for (let i = from; i < to; i++) {
      bytes[at++] = hexDigits[data[i]! >> 4]!;
      bytes[at++] = hexDigits[data[i]! & 15]!;
    }
    out.at = at;
  };
}

/** bytea_output = escape: printable ASCII as it is, the rest as \ooo. */
function bindEscape(column: BytesData): CellWriter {
  const { offsets, data } = column;
  return (out, row) => {
    for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
      const byte = data[i]!;
      if (byte === 92) {
        out.ascii('\\\\');
      } else if (byte < 32 || byte > 126) {
        out.ascii(`\\${byte.toString(8).padStart(3, '0')}`);
      } else {
        out.byte(byte);
      }
    }
  };
}

function bindBits(column: BytesData): CellWriter {
  const { offsets, data } = column;
  return (out, row) => {
    const from = offsets[row]!;
    const count = bitLength(data, from, offsets[row + 1]!);
    const padding = data[from]!;
    out.reserve(count);
    for (let i = 0; i < count; i++) {
      const bit = i + padding;
      out.bytes[out.at++] = 48 + ((data[from + 1 + (bit >> 3)]! >> (7 - (bit & 7))) & 1);
    }
  };
}
