/** Reads intervals in the forms that PostgreSQL prints and drivers send. */

export interface IntervalFields {
  readonly months: bigint;
  readonly days: bigint;
  readonly micros: bigint;
}

/** What a unit is worth: months, or days, or microseconds. */
type Worth = readonly [field: 'months' | 'days' | 'micros', count: bigint];

const hour = 3_600_000_000n;
const units: Readonly<Record<string, Worth>> = {
  ...named(['millennium', 'millennia', 'mil', 'mils'], ['months', 12_000n]),
  ...named(['century', 'centuries', 'cent', 'c'], ['months', 1200n]),
  ...named(['decade', 'decades', 'dec', 'decs'], ['months', 120n]),
  ...named(['year', 'years', 'yr', 'yrs', 'y'], ['months', 12n]),
  ...named(['month', 'months', 'mon', 'mons'], ['months', 1n]),
  ...named(['week', 'weeks', 'w'], ['days', 7n]),
  ...named(['day', 'days', 'd'], ['days', 1n]),
  ...named(['hour', 'hours', 'hr', 'hrs', 'h'], ['micros', hour]),
  ...named(['minute', 'minutes', 'min', 'mins', 'm'], ['micros', 60_000_000n]),
  ...named(['second', 'seconds', 'sec', 'secs', 's', ''], ['micros', 1_000_000n]),
  ...named(['millisecond', 'milliseconds', 'msec', 'msecs', 'ms'], ['micros', 1000n]),
  ...named(['microsecond', 'microseconds', 'usec', 'usecs', 'us'], ['micros', 1n]),
};
const isoDateUnits: Readonly<Record<string, Worth>> = {
  Y: ['months', 12n],
  M: ['months', 1n],
  W: ['days', 7n],
  D: ['days', 1n],
};
const isoTimeUnits: Readonly<Record<string, Worth>> = {
  H: ['micros', hour],
  M: ['micros', 60_000_000n],
  S: ['micros', 1_000_000n],
};

function named(names: readonly string[], worth: Worth): Record<string, Worth> {
  return Object.fromEntries(names.map((name) => [name, worth]));
}

/** A number with up to 6 decimals as millionths. */
function millionths(text: string): bigint {
  const negative = text.startsWith('-');
  const [whole, decimals = ''] = text.replace(/^[+-]/, '').split('.') as [string, string?];
  const value = BigInt(whole || '0') * 1_000_000n + BigInt(decimals.slice(0, 6).padEnd(6, '0'));
  return negative ? -value : value;
}

class Total {
  months = 0n;
  days = 0n;
  micros = 0n;

  /** Fractions of a month become days of 30 to a month, fractions of a day time, as in PostgreSQL. */
  add(amount: bigint, [field, count]: Worth): void {
    const scaled = amount * count;
    const whole = scaled / 1_000_000n;
    const rest = scaled - whole * 1_000_000n;
    if (field === 'micros') {
      this.micros += whole;
    } else if (field === 'days') {
      this.days += whole;
      this.micros += (rest * 24n * hour) / 1_000_000n;
    } else {
      this.months += whole;
      this.add(rest * 30n, ['days', 1n]);
    }
  }
}

/** Months, days and microseconds of an interval's text; undefined when it is none. */
export function parseInterval(text: string): IntervalFields | undefined {
  const word = text.trim();
  const total = new Total();
  const read = /^[+-]?P/i.test(word) ? readIso(word.toUpperCase(), total) : readUnits(word.toLowerCase(), total);
  return read ? { months: total.months, days: total.days, micros: total.micros } : undefined;
}

/** `P1Y2M3DT4H5M6.7S`, `P1W`. */
function readIso(word: string, total: Total): boolean {
  const match = /^([+-]?)P((?:[+-]?\d+(?:\.\d*)?[YMWD])*)(?:T((?:[+-]?\d+(?:\.\d*)?[HMS])+))?$/.exec(word);
  if (match === null || (match[2] === '' && match[3] === undefined)) {
    return false;
  }
  const turn = match[1] === '-' ? -1n : 1n;
  const addAll = (part: string, worths: Readonly<Record<string, Worth>>) => {
    for (const [, amount, unit] of part.matchAll(/([+-]?\d+(?:\.\d*)?)([A-Z])/g)) {
      total.add(millionths(amount!) * turn, worths[unit!]!);
    }
  };
  addAll(match[2]!, isoDateUnits);
  addAll(match[3] ?? '', isoTimeUnits);
  return true;
}

const piece =
  /\s*(?:([+-]?)(\d+):(\d+)(?::(\d+)(\.\d*)?)?|([+-]?)(\d+)-(\d+)(?![\d-])|([+-]?(?:\d+\.?\d*|\.\d+))\s*([a-z]*))(?=\s|$|[+-]|\d)/y;

/** `1 year 2 mons -3 days 04:05:06.7`, `@ 1 hour ago`, `1-2 3 4:05:06` (SQL standard), `90` (seconds). */
function readUnits(word: string, total: Total): boolean {
  const ago = /\sago$/.test(word);
  const body = word.replace(/^@\s*/, '').replace(/\s*ago$/, '');
  let some = false;
  piece.lastIndex = 0;
  let at = 0;
  while (at < body.length) {
    const match = piece.exec(body);
    if (match === null) {
      return false;
    }
    at = piece.lastIndex;
    if (!addPiece(match, body.slice(at), total)) {
      return false;
    }
    some = true;
    const rest = /^\s*$/.test(body.slice(at));
    at = rest ? body.length : at;
  }
  if (ago) {
    total.months = -total.months;
    total.days = -total.days;
    total.micros = -total.micros;
  }
  return some;
}

function addPiece(match: RegExpExecArray, rest: string, total: Total): boolean {
  const [, timeSign, hours, minutes, seconds, fraction, yearSign, years, months, amount, unit] = match;
  if (hours !== undefined) {
    const turn = timeSign === '-' ? -1n : 1n;
    const micros = BigInt(hours) * hour + BigInt(minutes!) * 60_000_000n + BigInt(seconds ?? 0) * 1_000_000n;
    total.micros += turn * (micros + millionths(`0${fraction ?? ''}`));
    return Number(minutes) < 60 && Number(seconds ?? 0) < 60;
  }
  if (years !== undefined) {
    total.months += (yearSign === '-' ? -1n : 1n) * (BigInt(years) * 12n + BigInt(months!));
    return Number(months) < 12;
  }
  // A bare number ahead of a time is a number of days.
  const worth =
    unit === '' && /^\s*[+-]?\d+:/.test(rest) ? units.day : Object.hasOwn(units, unit!) ? units[unit!] : undefined;
  if (worth === undefined) {
    return false;
  }
  total.add(millionths(amount!), worth);
  return true;
}
