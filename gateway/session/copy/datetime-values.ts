/** Dates and times in the bytes of COPY, and in the texts that `canonicalText` gives. */
import { microsPerDay } from '../../../worker/rows/datetime-text.ts';

const zero = 48;
const dash = 45;
const colon = 58;
const blank = 32;
const point = 46;
const letterT = 84;

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 of a day of the proleptic Gregorian calendar; year 0 is 1 BC. */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - zero;
  const ones = bytes[at + 1]! - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** `2024-02-29` in ten bytes, as days; NaN for what is no such date. */
export function quickDate(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== dash || bytes[at + 7] !== dash) {
    return Number.NaN;
  }
  const year = two(bytes, at) * 100 + two(bytes, at + 2);
  const month = two(bytes, at + 5);
  const day = two(bytes, at + 8);
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const limit = (monthDays[month - 1] ?? 0) + (leap ? 1 : 0);
  return year >= 1 && day >= 1 && day <= limit ? daysOf(year, month, day) : Number.NaN;
}

/** Farther away than this, microseconds of a timestamp are no exact number any more: in days from 1970. */
const exactTimestampDays = 100_000;

/** `2024-02-29 23:59:59[.123456]` without a zone, as microseconds; NaN for every other text. */
export function quickTimestamp(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length < 19 || length > 26 || length === 20) {
    return Number.NaN;
  }
  const between = bytes[from + 10];
  if ((between !== blank && between !== letterT) || bytes[from + 13] !== colon || bytes[from + 16] !== colon) {
    return Number.NaN;
  }
  const days = quickDate(bytes, from);
  const [hours, minutes, seconds] = [two(bytes, from + 11), two(bytes, from + 14), two(bytes, from + 17)];
  if (!(Math.abs(days) < exactTimestampDays && hours < 24 && minutes < 60 && seconds < 60)) {
    return Number.NaN;
  }
  let fraction = 0;
  if (length > 19) {
    if (bytes[from + 19] !== point) {
      return Number.NaN;
    }
    for (let i = 20; i < 26; i++) {
      const digit = i < length ? bytes[from + i]! - zero : 0;
      if (digit < 0 || digit > 9) {
        return Number.NaN;
      }
      fraction = fraction * 10 + digit;
    }
  }
  return days * microsPerDay + (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + fraction;
}

/** Days of a canonical date: `2024-02-29`, `0044-03-15 (BC)`. */
export function civilDays(text: string): number {
  const match = /^(\d+)-(\d+)-(\d+)/.exec(text)!;
  const year = Number(match[1]);
  return daysOf(text.includes('(BC)') ? 1 - year : year, Number(match[2]), Number(match[3]));
}

/** Microseconds of a canonical time of day, `HH:MM:SS[.f]`. */
export function readClock(text: string): number {
  const match = /^(\d+):(\d+):(\d+)(?:\.(\d*))?/.exec(text)!;
  const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
  return seconds * 1_000_000 + Number((match[4] ?? '').padEnd(6, '0').slice(0, 6));
}

export interface CanonicalTimestamp {
  /** On the clock of its zone. */
  readonly micros: bigint;
  /** Seconds east of UTC, when the text has them. */
  readonly offset: number | undefined;
  /** Null: the session's. */
  readonly zoneName: string | null;
}

/** A canonical timestamp: date, time, and perhaps `+hh[:mm[:ss]]` or the name of a zone. */
export function readCanonicalTimestamp(text: string): CanonicalTimestamp {
  const match = /^(\S+(?: \(BC\))?) ([\d:.]+)\s*(.*)$/.exec(text)!;
  const micros = BigInt(civilDays(match[1]!)) * BigInt(microsPerDay) + BigInt(readClock(match[2]!));
  const zone = match[3]!;
  const offset = /^([+-])(\d+)(?::(\d+))?(?::(\d+))?$/.exec(zone);
  if (offset === null) {
    return { micros, offset: undefined, zoneName: zone === '' ? null : zone };
  }
  const seconds = Number(offset[2]) * 3600 + Number(offset[3] ?? 0) * 60 + Number(offset[4] ?? 0);
  return { micros, offset: offset[1] === '-' ? -seconds : seconds, zoneName: null };
}

const daySeconds = 86_400;

/**
 * Seconds east of UTC of a time on the clock of a zone. As PostgreSQL: a time that the clocks skip counts by the offset before, one that
 * they show twice by the offset after.
 */
export function offsetOfLocal(offsetAt: (utcSeconds: number) => number, localSeconds: number): number {
  const before = offsetAt(localSeconds - daySeconds);
  const after = offsetAt(localSeconds + daySeconds);
  if (before === after) {
    return before;
  }
  return offsetAt(localSeconds - after) === after ? after : before;
}
