/** Offsets of a time zone from UTC, from the ICU data that Node holds (DuckDB's icu extension uses the same source). */
import { errors } from '../../planner/errors.ts';

const daySeconds = 86400;
/** Days whose offset is kept: 500 years of them. */
const maxCachedDays = 200_000;
/** Rules repeat every 400 years: instants far away are moved into the time that ICU computes well. */
const cycleSeconds = 12_622_780_800;
/** 2400-01-01 and 1800-01-01: all zones have one offset before the latter. */
const lateSeconds = 13_569_465_600;
const earlySeconds = -5_364_662_400;
/** A day with a change of offset, in the cache. */
const changes = 0x7fff_ffff;

export interface TimeZone {
  readonly name: string;
  /** Seconds east of UTC at an instant (seconds since the epoch). */
  offsetAt(seconds: number): number;
}

const zones = new Map<string, TimeZone>();
/** Zones kept: more than IANA has. */
const maxZones = 1000;

/** The zone of an IANA name or `UTC`. Throws 22023 for an unknown one. */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = /^(etc\/)?(utc|gmt|uct|zulu|universal|greenwich)$/i.test(name) ? fixedZone(name, 0) : icuZone(name);
    if (zones.size >= maxZones) {
      zones.clear();
    }
    zones.set(name, zone);
  }
  return zone;
}

function fixedZone(name: string, offset: number): TimeZone {
  return { name, offsetAt: () => offset };
}

function icuZone(name: string): TimeZone {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw errors.invalidSetting('TimeZone', name, 'names of the IANA time zone database');
  }
  const days = new Map<number, number>();
  const exactOffset = (seconds: number) => {
    // `8/2/2026, 13:05:09`: the local wall clock, read as if it were UTC.
    const [month, day, year, hour, minute, second] = format
      .format(seconds * 1000)
      .match(/\d+/g)!
      .map(Number);
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) / 1000 - seconds;
  };
  const offsetAt = (instant: number) => {
    const seconds = nearSeconds(instant);
    const day = Math.floor(seconds / daySeconds);
    let offset = days.get(day);
    if (offset === undefined) {
      const start = exactOffset(day * daySeconds);
      offset = start === exactOffset((day + 1) * daySeconds) ? start : changes;
      if (days.size >= maxCachedDays) {
        days.clear();
      }
      days.set(day, offset);
    }
    return offset === changes ? exactOffset(seconds) : offset;
  };
  return { name, offsetAt };
}

function nearSeconds(seconds: number): number {
  if (seconds < earlySeconds) {
    return earlySeconds;
  }
  if (seconds < lateSeconds) {
    return Math.floor(seconds);
  }
  return Math.floor(seconds - Math.ceil((seconds - lateSeconds + 1) / cycleSeconds) * cycleSeconds);
}
