/** Values of types of fixed width: from the bytes of COPY straight into slots where that is simple, else through their canonical text. */
import { type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { errors } from '../../../planner/errors.ts';
import { microsPerDay } from '../../../worker/rows/datetime-text.ts';
import { parseInterval } from '../../../worker/rows/parameter-interval.ts';
import { civilDays, quickDate, quickTimestamp, readCanonicalTimestamp, readClock } from './datetime-values.ts';
import { quickDecimal, quickInteger, roundedDecimal } from './number-values.ts';
import type { Slots } from './slots.ts';

/** How one type is read. */
export interface FixedReader {
  /** The value of simple text; false: it is not so simple. */
  readonly text?: (slots: Slots, row: number, bytes: Buffer, from: number, to: number) => boolean;
  /** The value of PostgreSQL's binary form; false: it is not of the usual size. */
  readonly binary?: (slots: Slots, row: number, bytes: Buffer, from: number, size: number) => boolean;
  /** The value of the text that `canonicalText` and `binaryText` give. */
  readonly canonical: (slots: Slots, row: number, text: string) => void;
}

/** 2000-01-01, from which PostgreSQL counts, in days and microseconds from 1970-01-01. */
const postgresEpochDays = 10_957;
const postgresEpochMicros = BigInt(postgresEpochDays) * BigInt(microsPerDay);
const infiniteDays = 0x7fff_ffff;
const infiniteMicros = 0x7fff_ffff_ffff_ffffn;

type ByType = (type: DuckDBType, zone: (name: string | null) => ZoneOffset) => FixedReader;

/** Seconds east of UTC of a local time (seconds since 1970-01-01 on the clock there). */
export type ZoneOffset = (localSeconds: number) => number;

function small(kind: 'i8' | 'i16' | 'i32', name: string, least: number, most: number): FixedReader {
  const binary = least < 0 ? binaryIntegers[kind] : undefined;
  return {
    text: (slots, row, bytes, from, to) => {
      const value = quickInteger(bytes, from, to);
      if (value >= least && value <= most) {
        slots[kind][row] = value;
        return true;
      }
      return false;
    },
    ...(binary === undefined ? {} : { binary }),
    canonical: (slots, row, text) => {
      const value = Number(text);
      if (value < least || value > most) {
        throw errors.numericOutOfRange(name, text);
      }
      slots[kind][row] = value;
    },
  };
}

/** Those that PostgreSQL has too. */
const binaryIntegers: Readonly<Partial<Record<'i8' | 'i16' | 'i32', FixedReader['binary']>>> = {
  i16: (slots, row, bytes, from, size) => {
    slots.i16[row] = size === 2 ? bytes.readInt16BE(from) : 0;
    return size === 2;
  },
  i32: (slots, row, bytes, from, size) => {
    slots.i32[row] = size === 4 ? bytes.readInt32BE(from) : 0;
    return size === 4;
  },
};

const bigint: FixedReader = {
  text: (slots, row, bytes, from, to) => {
    const value = quickInteger(bytes, from, to);
    if (Number.isNaN(value)) {
      return false;
    }
    slots.setInteger64(row, value);
    return true;
  },
  binary: (slots, row, bytes, from, size) => {
    if (size === 8) {
      slots.i32[row * 2] = bytes.readInt32BE(from + 4);
      slots.i32[row * 2 + 1] = bytes.readInt32BE(from);
    }
    return size === 8;
  },
  canonical: (slots, row, text) => {
    slots.i64[row] = BigInt(text);
  },
};

/** Whole numbers that PostgreSQL has no type for: read as numeric. */
function wide(name: string, least: bigint, most: bigint, width: 8 | 16): FixedReader {
  return {
    canonical: (slots, row, text) => {
      const value = /^-?\d/.test(text) ? roundedDecimal(text, 0) : undefined;
      if (value === undefined || value < least || value > most) {
        throw errors.numericOutOfRange(name, text);
      }
      if (width === 8) {
        slots.i64[row] = BigInt.asIntN(64, value);
      } else {
        slots.setInteger128(row, value);
      }
    },
  };
}

function decimal(precision: number, scale: number): FixedReader {
  const limit = 10n ** BigInt(precision);
  const quickLimit = precision >= 15 ? 1e15 : 10 ** precision;
  const width = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
  const put = (slots: Slots, row: number, value: number) => {
    if (width === 8) {
      slots.setInteger64(row, value);
    } else if (width === 16) {
      slots.setInteger128(row, BigInt(value));
    } else if (width === 4) {
      slots.i32[row] = value;
    } else {
      slots.i16[row] = value;
    }
  };
  return {
    text: (slots, row, bytes, from, to) => {
      const value = quickDecimal(bytes, from, to, scale);
      if (value > -quickLimit && value < quickLimit) {
        put(slots, row, value);
        return true;
      }
      return false;
    },
    canonical: (slots, row, text) => {
      if (!/^-?\d/.test(text)) {
        throw text === 'NaN'
          ? errors.invalidText(`numeric(${precision},${scale})`, text)
          : errors.numericFieldOverflow(precision, scale, true);
      }
      const value = roundedDecimal(text, scale);
      if (value >= limit || value <= -limit) {
        throw errors.numericFieldOverflow(precision, scale, false);
      }
      if (width === 16) {
        slots.setInteger128(row, value);
      } else if (width === 8) {
        slots.i64[row] = value;
      } else {
        put(slots, row, Number(value));
      }
    },
  };
}

const real: FixedReader = {
  binary: (slots, row, bytes, from, size) => {
    slots.f32[row] = size === 4 ? bytes.readFloatBE(from) : 0;
    return size === 4;
  },
  canonical: (slots, row, text) => {
    slots.f32[row] = Number(text);
  },
};

const point = 46;
const blank = 32;
const letterX = 120;
const lowerCase = 32;
/** Powers of ten that a DOUBLE has exactly. */
const exactPowers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const double: FixedReader = {
  // Both parts are exact, so that one division rounds as the text would be.
  text: (slots, row, bytes, from, to) => {
    let dot = from;
    while (dot < to && bytes[dot] !== point) {
      dot++;
    }
    const decimals = dot === to ? 0 : to - dot - 1;
    const digits = decimals < exactPowers.length ? quickDecimal(bytes, from, to, decimals) : Number.NaN;
    if (Number.isNaN(digits)) {
      const value = Number(bytes.toString('latin1', from, to));
      slots.f64[row] = value;
      // Zero may be an underflow, and JavaScript takes `0x10`, '' and blanks for numbers.
      return (
        Number.isFinite(value) && value !== 0 && bytes[from]! > blank && (bytes[from + 1]! | lowerCase) !== letterX
      );
    }
    slots.f64[row] = digits === 0 && bytes[from] === 45 ? -0 : digits / exactPowers[decimals]!;
    return true;
  },
  binary: (slots, row, bytes, from, size) => {
    slots.f64[row] = size === 8 ? bytes.readDoubleBE(from) : 0;
    return size === 8;
  },
  canonical: (slots, row, text) => {
    slots.f64[row] = Number(text);
  },
};

const boolean: FixedReader = {
  text: (slots, row, bytes, from, to) => {
    const letter = bytes[from];
    const known = to - from === 1 && (letter === 116 || letter === 102);
    slots.i8[row] = letter === 116 ? 1 : 0;
    return known;
  },
  canonical: (slots, row, text) => {
    slots.i8[row] = text === 'true' ? 1 : 0;
  },
};

const date: FixedReader = {
  text: (slots, row, bytes, from, to) => {
    const days = to - from === 10 ? quickDate(bytes, from) : Number.NaN;
    if (Number.isNaN(days)) {
      return false;
    }
    slots.i32[row] = days;
    return true;
  },
  binary: (slots, row, bytes, from, size) => {
    const days = size === 4 ? bytes.readInt32BE(from) : 0;
    slots.i32[row] =
      days === infiniteDays ? days : days === -infiniteDays - 1 ? -infiniteDays : days + postgresEpochDays;
    return size === 4;
  },
  canonical: (slots, row, text) => {
    slots.i32[row] = text.endsWith('infinity') ? (text[0] === '-' ? -infiniteDays : infiniteDays) : civilDays(text);
  },
};

const time: FixedReader = {
  canonical: (slots, row, text) => slots.setInteger64(row, readClock(text)),
};

/** What DuckDB's units of time are in microseconds. */
const units: Readonly<Partial<Record<DuckDBTypeId, readonly [times: bigint, by: bigint]>>> = {
  [DuckDBTypeId.TIMESTAMP_S]: [1n, 1_000_000n],
  [DuckDBTypeId.TIMESTAMP_MS]: [1n, 1000n],
  [DuckDBTypeId.TIMESTAMP_NS]: [1000n, 1n],
};

const timestamp: ByType = (type, zone) => {
  const zoned = type.typeId === DuckDBTypeId.TIMESTAMP_TZ;
  const [times, by] = units[type.typeId] ?? [1n, 1n];
  const plain = times === by;
  const local = zoned ? zone(null) : undefined;
  const put = (slots: Slots, row: number, value: bigint) => {
    const moved = plain ? value : (value * times - ((((value * times) % by) + by) % by)) / by;
    if (moved !== BigInt.asIntN(64, moved)) {
      throw errors.datetimeOutOfRange('timestamp');
    }
    slots.i64[row] = moved;
  };
  return {
    text: (slots, row, bytes, from, to) => {
      const micros = plain ? quickTimestamp(bytes, from, to) : Number.NaN;
      if (Number.isNaN(micros)) {
        return false;
      }
      const offset = local === undefined ? 0 : local(Math.floor(micros / 1e6));
      slots.setInteger64(row, micros - offset * 1e6);
      return true;
    },
    binary: (slots, row, bytes, from, size) => {
      if (size === 8) {
        const value = bytes.readBigInt64BE(from);
        const infinite = value === infiniteMicros || value === -infiniteMicros - 1n;
        if (infinite) {
          slots.i64[row] = value > 0n ? infiniteMicros : -infiniteMicros;
        } else {
          put(slots, row, value + postgresEpochMicros);
        }
      }
      return size === 8;
    },
    canonical: (slots, row, text) => {
      if (text.endsWith('infinity')) {
        slots.i64[row] = text[0] === '-' ? -infiniteMicros : infiniteMicros;
        return;
      }
      const { micros, offset, zoneName } = readCanonicalTimestamp(text);
      const east = !zoned ? 0 : (offset ?? zone(zoneName)(Math.floor(Number(micros) / 1e6)));
      put(slots, row, micros - BigInt(Math.round(east * 1e6)));
    },
  };
};

const interval: FixedReader = {
  canonical: (slots, row, text) => {
    const parsed = parseInterval(text);
    if (parsed === undefined) {
      throw errors.invalidDatetime('interval', text);
    }
    slots.i32[row * 4] = Number(parsed.months);
    slots.i32[row * 4 + 1] = Number(parsed.days);
    slots.i64[row * 2 + 1] = parsed.micros;
  },
};

/** Its bytes from the last to the first, the first bit turned. */
function putUuid(slots: Slots, row: number, digits: Uint8Array): void {
  for (let i = 0; i < 16; i++) {
    slots.bytes[row * 16 + 15 - i] = digits[i]!;
  }
  slots.bytes[row * 16 + 15]! ^= 0x80;
}

const uuid: FixedReader = {
  binary: (slots, row, bytes, from, size) => {
    if (size === 16) {
      putUuid(slots, row, bytes.subarray(from, from + 16));
    }
    return size === 16;
  },
  canonical: (slots, row, text) => putUuid(slots, row, Buffer.from(text.replaceAll('-', ''), 'hex')),
};

const enumeration: ByType = (type) => {
  const values = type.typeId === DuckDBTypeId.ENUM ? type.values : [];
  const indexes = new Map(values.map((value, index) => [value, index]));
  const kind = values.length <= 0xff ? 'i8' : values.length <= 0xffff ? 'i16' : 'i32';
  return {
    canonical: (slots, row, text) => {
      const index = indexes.get(text);
      if (index === undefined) {
        throw errors.invalidEnumValue(type.alias ?? 'enum', text);
      }
      slots[kind][row] = index;
    },
  };
};

const readers: Readonly<Partial<Record<DuckDBTypeId, FixedReader | ByType>>> = {
  [DuckDBTypeId.BOOLEAN]: boolean,
  [DuckDBTypeId.TINYINT]: small('i8', 'tinyint', -128, 127),
  [DuckDBTypeId.UTINYINT]: small('i8', 'utinyint', 0, 255),
  [DuckDBTypeId.SMALLINT]: small('i16', 'smallint', -32_768, 32_767),
  [DuckDBTypeId.USMALLINT]: small('i16', 'usmallint', 0, 65_535),
  [DuckDBTypeId.INTEGER]: small('i32', 'integer', -2_147_483_648, 2_147_483_647),
  [DuckDBTypeId.UINTEGER]: small('i32', 'uinteger', 0, 4_294_967_295),
  [DuckDBTypeId.BIGINT]: bigint,
  [DuckDBTypeId.UBIGINT]: wide('ubigint', 0n, 2n ** 64n - 1n, 8),
  [DuckDBTypeId.HUGEINT]: wide('hugeint', -(2n ** 127n), 2n ** 127n - 1n, 16),
  [DuckDBTypeId.UHUGEINT]: wide('uhugeint', 0n, 2n ** 128n - 1n, 16),
  [DuckDBTypeId.DECIMAL]: (type) => (type.typeId === DuckDBTypeId.DECIMAL ? decimal(type.width, type.scale) : double),
  [DuckDBTypeId.FLOAT]: real,
  [DuckDBTypeId.DOUBLE]: double,
  [DuckDBTypeId.DATE]: date,
  [DuckDBTypeId.TIME]: time,
  [DuckDBTypeId.TIMESTAMP]: timestamp,
  [DuckDBTypeId.TIMESTAMP_S]: timestamp,
  [DuckDBTypeId.TIMESTAMP_MS]: timestamp,
  [DuckDBTypeId.TIMESTAMP_NS]: timestamp,
  [DuckDBTypeId.TIMESTAMP_TZ]: timestamp,
  [DuckDBTypeId.INTERVAL]: interval,
  [DuckDBTypeId.UUID]: uuid,
  [DuckDBTypeId.ENUM]: enumeration,
};

/** The reader of a type; undefined for types that DuckDB has to cast from text. `zone`: of a name, or null for the session's. */
export function fixedReader(type: DuckDBType, zone: (name: string | null) => ZoneOffset): FixedReader | undefined {
  const reader = readers[type.typeId];
  return typeof reader === 'function' ? reader(type, zone) : reader;
}
