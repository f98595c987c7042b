/** Reading single values out of columns: typed views and the types whose bytes need taking apart. */
import type { FixedData } from './column-batch.ts';

type Typed<T> = { new (buffer: ArrayBufferLike, offset: number, length: number): T; BYTES_PER_ELEMENT: number };

/** The column's bytes as a typed array; copied where they are not aligned for it. */
export function viewAs<T>(column: FixedData, Type: Typed<T>): T {
  const { data } = column;
  const aligned = data.byteOffset % Type.BYTES_PER_ELEMENT === 0 ? data : new Uint8Array(data);
  return new Type(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / Type.BYTES_PER_ELEMENT));
}

/** 16-byte integers as 64-bit words: low (unsigned), then high. */
export function wideInt(words: BigInt64Array, row: number, signed: boolean): bigint {
  const high = words[row * 2 + 1]!;
  return ((signed ? high : BigInt.asUintN(64, high)) << 64n) | BigInt.asUintN(64, words[row * 2]!);
}

/** A BIGNUM: three bytes of header (the first bit tells a positive number), then the magnitude, inverted when negative. */
export function bignumValue(bytes: Uint8Array): bigint {
  const positive = (bytes[0]! & 0x80) !== 0;
  const mask = positive ? 0 : 0xff;
  let hex = '0x0';
  for (let i = 3; i < bytes.length; i++) {
    hex += (bytes[i]! ^ mask).toString(16).padStart(2, '0');
  }
  return positive ? BigInt(hex) : -BigInt(hex);
}

/** A BIT: the first byte counts the padding bits in front of the second byte's. */
export function bitLength(bytes: Uint8Array, from: number, to: number): number {
  return (to - from - 1) * 8 - bytes[from]!;
}

/** Offset of a TIMETZ in seconds east of UTC; DuckDB keeps it inverted in the low 24 bits. */
export function timetzOffset(low: number): number {
  return maxTimetzOffset - (low & 0xff_ffff);
}
const maxTimetzOffset = 16 * 60 * 60 - 1;

/** Microseconds of the day of a TIMETZ: its upper 40 bits. */
export function timetzMicros(low: number, high: number): number {
  return (high >>> 0) * 256 + (low >>> 24);
}

/** Units of a timestamp type. */
export interface TimestampUnit {
  /** Units in a day. */
  readonly perDay: number;
  /** Microseconds of a unit; for nanoseconds 1/1000. */
  readonly micros: number;
}
export const seconds: TimestampUnit = { perDay: 86_400, micros: 1_000_000 };
export const millis: TimestampUnit = { perDay: 86_400_000, micros: 1000 };
export const micros: TimestampUnit = { perDay: 86_400_000_000, micros: 1 };
export const nanos: TimestampUnit = { perDay: 86_400_000_000_000, micros: 0.001 };

/** An instant as days since the epoch and microseconds of the day. One object is used again and again. */
export interface Instant {
  days: number;
  micros: number;
}
const instant: Instant = { days: 0, micros: 0 };

/** Takes a timestamp apart, exactly: beyond 2^53 with big integers. Nanoseconds are cut off, not rounded. */
export function splitTimestamp(low: number, high: number, unit: TimestampUnit): Instant {
  const value = high * 0x1_0000_0000 + low;
  if (value >= -Number.MAX_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    instant.days = Math.floor(value / unit.perDay);
    const rest = value - instant.days * unit.perDay;
    instant.micros = unit.micros >= 1 ? rest * unit.micros : Math.floor(rest / 1000);
    return instant;
  }
  const exact = (BigInt(high) << 32n) + BigInt(low);
  const perDay = BigInt(unit.perDay);
  let days = exact / perDay;
  if (exact < days * perDay) {
    days -= 1n;
  }
  const rest = Number(exact - days * perDay);
  instant.days = Number(days);
  instant.micros = unit.micros >= 1 ? rest * unit.micros : Math.floor(rest / 1000);
  return instant;
}

/** Infinity of a timestamp: 1 or -1, or 0 for an ordinary one. DuckDB takes the greatest integer and its negative. */
export function timestampInfinity(low: number, high: number): number {
  if (high === 0x7fff_ffff) {
    return low === 0xffff_ffff ? 1 : 0;
  }
  return high === -0x8000_0000 && low <= 1 ? -1 : 0;
}
