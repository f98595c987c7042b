/** Dates and times as PostgreSQL prints them, in every DateStyle. */
import { digitCount, putTwo, type Sink, writeDigits } from './sink.ts';

export const microsPerDay = 86_400_000_000;
const microsPerSecond = 1_000_000;

/** How a date is laid out: the first word of DateStyle, and whether the day comes before the month. */
export interface DateStyle {
  readonly format: 'ISO' | 'SQL' | 'Postgres' | 'German';
  readonly dayFirst: boolean;
}

/** Reads `ISO, MDY` and its like, as SHOW DateStyle prints it. */
export function parseDateStyle(text: string): DateStyle {
  const words = text.toLowerCase().split(/[\s,]+/);
  const format = (['ISO', 'SQL', 'Postgres', 'German'] as const).find((name) => words.includes(name.toLowerCase()));
  return { format: format ?? 'ISO', dayFirst: words.includes('dmy') || words.includes('european') };
}

/** A civil date. One object is used again and again: read it before the next call. */
export interface CivilDate {
  /** Astronomical: 0 is 1 BC. */
  year: number;
  month: number;
  day: number;
}
const civil: CivilDate = { year: 0, month: 0, day: 0 };

/** The date of a day number since 1970-01-01, proleptic Gregorian. */
export function civilDate(days: number): CivilDate {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  civil.day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  civil.month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  civil.year = yearOfEra + era * 400 + (civil.month <= 2 ? 1 : 0);
  return civil;
}

/** A year without sign, at least four digits. */
function writeYear(out: Sink, year: number): void {
  const shown = year > 0 ? year : 1 - year;
  const count = Math.max(4, digitCount(shown));
  writeDigits(out.bytes, out.at, shown, count);
  out.at += count;
}

function writeTwo(out: Sink, value: number, separator: string): void {
  const { bytes, at } = out;
  bytes[at] = separator.charCodeAt(0);
  writeDigits(bytes, at + 1, value, 2);
  out.at = at + 3;
}

/** `2024-02-29`: the usual case in one go. */
function writeIsoDate(out: Sink, { year, month, day }: CivilDate): void {
  if (year < 1 || year > 9999) {
    writeYear(out, year);
    writeTwo(out, month, '-');
    writeTwo(out, day, '-');
    return;
  }
  const { bytes, at } = out;
  const century = (year / 100) | 0;
  putTwo(bytes, at, century);
  putTwo(bytes, at + 2, year - century * 100);
  bytes[at + 4] = 45;
  putTwo(bytes, at + 5, month);
  bytes[at + 7] = 45;
  putTwo(bytes, at + 8, day);
  out.at = at + 10;
}

/** A date without its BC mark. */
function writeCivil(out: Sink, date: CivilDate, style: DateStyle): void {
  out.reserve(24);
  if (style.format === 'ISO') {
    writeIsoDate(out, date);
    return;
  }
  const separator = style.format === 'German' ? '.' : style.format === 'SQL' ? '/' : '-';
  const dayFirst = style.dayFirst || style.format === 'German';
  const [first, second] = dayFirst ? [date.day, date.month] : [date.month, date.day];
  writeDigits(out.bytes, out.at, first, 2);
  out.at += 2;
  writeTwo(out, second, separator);
  out.bytes[out.at++] = separator.charCodeAt(0);
  writeYear(out, date.year);
}

/** A DATE: days since the epoch; the greatest 32-bit integers are the infinities. */
export function writeDate(out: Sink, days: number, style: DateStyle): void {
  if (days >= 0x7fff_ffff || days <= -0x7fff_ffff) {
    out.ascii(days > 0 ? 'infinity' : '-infinity');
    return;
  }
  const date = civilDate(days);
  writeCivil(out, date, style);
  if (date.year <= 0) {
    out.ascii(' BC');
  }
}

/** A time of day in microseconds, `24:00:00` included. */
export function writeTime(out: Sink, micros: number): void {
  out.reserve(16);
  const { bytes, at } = out;
  const seconds = Math.floor(micros / microsPerSecond);
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  putTwo(bytes, at, hours);
  bytes[at + 2] = 58;
  putTwo(bytes, at + 3, minutes - hours * 60);
  bytes[at + 5] = 58;
  putTwo(bytes, at + 6, seconds - minutes * 60);
  out.at = at + 8;
  const fraction = micros - seconds * microsPerSecond;
  if (fraction !== 0) {
    writeFraction(out, fraction);
  }
}

/** Microseconds below a second, without trailing zeros. Nothing for 0. */
export function writeFraction(out: Sink, micros: number): void {
  if (micros === 0) {
    return;
  }
  out.reserve(7);
  let digits = 6;
  let value = micros;
  while (value % 10 === 0) {
    value /= 10;
    digits--;
  }
  out.bytes[out.at++] = 46;
  writeDigits(out.bytes, out.at, value, digits);
  out.at += digits;
}

/** An offset from UTC in seconds: `+02`, `-03:30`, `+00:19:32`. */
export function writeOffset(out: Sink, offset: number): void {
  out.reserve(9);
  const magnitude = Math.abs(offset);
  const hours = (magnitude / 3600) | 0;
  const minutes = ((magnitude / 60) | 0) % 60;
  writeTwo(out, hours, offset < 0 ? '-' : '+');
  if (magnitude % 3600 !== 0) {
    writeTwo(out, minutes, ':');
    if (magnitude % 60 !== 0) {
      writeTwo(out, magnitude % 60, ':');
    }
  }
}

const dayNames = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A timestamp: days since the epoch and microseconds of that day, both local. `offset`: seconds east of UTC for TIMESTAMPTZ,
 * else null. The styles other than ISO print the offset where PostgreSQL prints the zone's abbreviation.
 */
export function writeTimestamp(out: Sink, days: number, micros: number, offset: number | null, style: DateStyle): void {
  const date = civilDate(days);
  const bc = date.year <= 0;
  if (style.format === 'Postgres') {
    writePostgresTimestamp(out, days, micros, offset, style);
  } else {
    writeCivil(out, date, style);
    out.byte(32);
    writeTime(out, micros);
    if (offset !== null) {
      writeOffset(out, offset);
    }
  }
  if (bc) {
    out.ascii(' BC');
  }
}

function writePostgresTimestamp(
  out: Sink,
  days: number,
  micros: number,
  offset: number | null,
  style: DateStyle,
): void {
  const date = civilDate(days);
  const month = monthNames[date.month - 1]!;
  const day = `${date.day}`.padStart(2, '0');
  out.ascii(`${dayNames[((days % 7) + 7) % 7]} ${style.dayFirst ? `${day} ${month}` : `${month} ${day}`} `);
  writeTime(out, micros);
  out.byte(32);
  out.reserve(12);
  writeYear(out, date.year);
  if (offset !== null) {
    out.byte(32);
    writeOffset(out, offset);
  }
}
