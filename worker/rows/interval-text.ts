/** Intervals as PostgreSQL prints them, in every IntervalStyle. */
import { writeFraction } from './datetime-text.ts';
import type { Sink } from './sink.ts';

export type IntervalStyle = 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601';

/** DuckDB's interval: months, days, and microseconds (which may be beyond 2^53: then a float would not do). */
export type Micros = bigint;

/** The fields as PostgreSQL splits them: years and months have one sign, days one, the time another. */
interface Fields {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  /** Whole hours: may be many. */
  readonly hours: bigint;
  readonly minutes: number;
  readonly seconds: number;
  readonly fraction: number;
  readonly negativeTime: boolean;
}

export function writeInterval(out: Sink, months: number, days: number, micros: Micros, style: IntervalStyle): void {
  const negativeTime = micros < 0n;
  const magnitude = negativeTime ? -micros : micros;
  const inHour = Number(magnitude % 3_600_000_000n);
  const fields: Fields = {
    years: Math.trunc(months / 12),
    months: months % 12,
    days,
    hours: magnitude / 3_600_000_000n,
    minutes: Math.floor(inHour / 60_000_000),
    seconds: Math.floor(inHour / 1_000_000) % 60,
    fraction: inHour % 1_000_000,
    negativeTime,
  };
  writers[style](out, fields);
}

const writers: Readonly<Record<IntervalStyle, (out: Sink, fields: Fields) => void>> = {
  postgres: writePostgres,
  postgres_verbose: writeVerbose,
  sql_standard: writeSqlStandard,
  iso_8601: writeIso,
};

const two = (value: number | bigint) => `${value}`.padStart(2, '0');
const hasTime = (f: Fields) => f.hours !== 0n || f.minutes !== 0 || f.seconds !== 0 || f.fraction !== 0;

/** `1 year 2 mons -3 days +04:05:06.7`: a positive field after a negative one gets a sign. */
function writePostgres(out: Sink, f: Fields): void {
  let some = false;
  let before = false;
  const units: readonly [number, string][] = [
    [f.years, 'year'],
    [f.months, 'mon'],
    [f.days, 'day'],
  ];
  for (const [value, unit] of units) {
    if (value !== 0) {
      out.ascii(`${some ? ' ' : ''}${before && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`);
      before = value < 0;
      some = true;
    }
  }
  if (!some || hasTime(f)) {
    const sign = f.negativeTime ? '-' : before ? '+' : '';
    out.ascii(`${some ? ' ' : ''}${sign}${two(f.hours)}:${two(f.minutes)}:${two(f.seconds)}`);
    writeFraction(out, f.fraction);
  }
}

/** `@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs ago`: the first field's sign decides on `ago` and turns all others. */
function writeVerbose(out: Sink, f: Fields): void {
  const time = f.negativeTime ? -1 : 1;
  const units: readonly [bigint, string][] = [
    [BigInt(f.years), 'year'],
    [BigInt(f.months), 'mon'],
    [BigInt(f.days), 'day'],
    [f.hours * BigInt(time), 'hour'],
    [BigInt(f.minutes * time), 'min'],
  ];
  out.ascii('@');
  let sign = 0n;
  for (const [value, unit] of units) {
    if (value !== 0n) {
      sign = sign === 0n ? (value < 0n ? -1n : 1n) : sign;
      const shown = value * sign;
      out.ascii(` ${shown} ${unit}${shown === 1n ? '' : 's'}`);
    }
  }
  if (f.seconds !== 0 || f.fraction !== 0) {
    sign = sign === 0n ? BigInt(time) : sign;
    out.ascii(` ${time * Number(sign) < 0 ? '-' : ''}${f.seconds}`);
    writeFraction(out, f.fraction);
    out.ascii(f.seconds === 1 && f.fraction === 0 ? ' sec' : ' secs');
  }
  if (sign === 0n) {
    out.ascii(' 0');
  } else if (sign < 0n) {
    out.ascii(' ago');
  }
}

/** `1-2 3 4:05:06.7`, with signs on each part when they differ. */
function writeSqlStandard(out: Sink, f: Fields): void {
  const time = hasTime(f);
  const signs = [f.years, f.months, f.days, time ? (f.negativeTime ? -1 : 1) : 0];
  const negative = signs.some((sign) => sign < 0);
  const positive = signs.some((sign) => sign > 0);
  const yearMonth = f.years !== 0 || f.months !== 0;
  if (!negative && !positive) {
    out.ascii('0');
    return;
  }
  const clock = (hours: string) => {
    out.ascii(`${hours}:${two(f.minutes)}:${two(f.seconds)}`);
    writeFraction(out, f.fraction);
  };
  const years = `${Math.abs(f.years)}-${Math.abs(f.months)}`;
  if ((negative && positive) || (yearMonth && (f.days !== 0 || time))) {
    // More than SQL has a form for: every part gets its sign.
    out.ascii(`${f.years < 0 || f.months < 0 ? '-' : '+'}${years} ${f.days < 0 ? '-' : '+'}${Math.abs(f.days)} `);
    clock(`${f.negativeTime ? '-' : '+'}${f.hours}`);
    return;
  }
  const sign = negative ? '-' : '';
  if (yearMonth) {
    out.ascii(`${sign}${years}`);
  } else if (f.days !== 0) {
    out.ascii(`${sign}${Math.abs(f.days)} `);
    clock(`${f.hours}`);
  } else {
    clock(`${sign}${f.hours}`);
  }
}

/** `P1Y2M-3DT4H5M6.7S`. */
function writeIso(out: Sink, f: Fields): void {
  const parts: readonly [number, string][] = [
    [f.years, 'Y'],
    [f.months, 'M'],
    [f.days, 'D'],
  ];
  out.ascii('P');
  for (const [value, unit] of parts) {
    if (value !== 0) {
      out.ascii(`${value}${unit}`);
    }
  }
  if (!hasTime(f)) {
    if (parts.every(([value]) => value === 0)) {
      out.ascii('T0S');
    }
    return;
  }
  const sign = f.negativeTime ? '-' : '';
  out.ascii('T');
  if (f.hours !== 0n) {
    out.ascii(`${sign}${f.hours}H`);
  }
  if (f.minutes !== 0) {
    out.ascii(`${sign}${f.minutes}M`);
  }
  if (f.seconds !== 0 || f.fraction !== 0) {
    out.ascii(`${sign}${f.seconds}`);
    writeFraction(out, f.fraction);
    out.ascii('S');
  }
}
