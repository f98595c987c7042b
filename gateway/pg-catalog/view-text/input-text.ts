import { type TypeFacts, typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

function integer(text: string): string {
  return /^\s*[-+]?\d{1,18}\s*$/.test(text) ? String(BigInt(text.trim().replace(/^\+/, ''))) : unprintable('a number');
}

/** As it was written, without what means nothing. */
function numeric(text: string): string {
  const [, sign, whole, rest = ''] = /^\s*([-+]?)0*(\d+)(\.\d+)?\s*$/.exec(text) ?? unprintable('a number');
  return `${sign === '-' && /[1-9]/.test(whole! + rest) ? '-' : ''}${whole}${rest}`;
}

/** Numbers of few digits are printed as they were written. */
function double(text: string): string {
  const [, digits] = /^\s*(-?\d{1,5}(?:\.\d{1,5})?)\s*$/.exec(text) ?? unprintable('a number');
  return String(Number(digits));
}

const truths = /^\s*(?:(t|tr|tru|true|y|ye|yes|on|1)|f|fa|fal|fals|false|n|no|of|off|0)\s*$/i;

function boolean(text: string): string {
  const found = truths.exec(text) ?? unprintable('a boolean');
  return found[1] === undefined ? 'false' : 'true';
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function date(text: string): string {
  const [, year, month, day] = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(text) ?? unprintable('a date');
  if (!isDay(Number(year), Number(month), Number(day))) return unprintable('a date');
  return `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`;
}

function time(text: string): string {
  const pattern = /^\s*([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(\.\d{1,6})?)?\s*$/;
  const [, hour, minute, second = '00', fraction = ''] = pattern.exec(text) ?? unprintable('a time');
  return `${hour!.padStart(2, '0')}:${minute}:${second}${fraction.replace(/\.?0+$/, '')}`;
}

function timestamp(text: string): string {
  const [, day, clock] = /^\s*([\d-]+)(?:[ T]+([\d:.]+))?\s*$/.exec(text) ?? unprintable('a timestamp');
  return `${date(day!)} ${time(clock ?? '00:00')}`;
}

type Unit = readonly [field: 'months' | 'days' | 'seconds', count: number];
const hour: Unit = ['seconds', 3600];
const minute: Unit = ['seconds', 60];
const second: Unit = ['seconds', 1];
const units: Readonly<Record<string, Unit>> = {
  year: ['months', 12],
  ...{ month: ['months', 1], mon: ['months', 1] },
  week: ['days', 7],
  day: ['days', 1],
  ...{ hour, minute, min: minute, second, sec: second },
};

function counted(count: number, unit: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
}

/** Whole numbers of units: years and months, days, hours, minutes and seconds are kept apart. */
function interval(text: string): string {
  const sums = { months: 0, days: 0, seconds: 0 };
  if (!/^\s*(?:\d{1,6}\s*[a-z]+\s*)+$/i.test(text)) return unprintable('an interval');
  for (const [, count, word] of text.matchAll(/(\d+)\s*([a-z]+)/gi)) {
    const lower = word!.toLowerCase();
    const [field, each] = units[lower] ?? units[lower.replace(/s$/, '')] ?? unprintable('an interval');
    sums[field] += Number(count) * each;
  }
  const two = (value: number) => String(value).padStart(2, '0');
  const { months, days, seconds } = sums;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const parts = [...counted(Math.floor(months / 12), 'year'), ...counted(months % 12, 'mon'), ...counted(days, 'day')];
  return [...parts, ...(seconds > 0 || parts.length === 0 ? [clock] : [])].join(' ');
}

function uuid(text: string): string {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : unprintable('a uuid');
}

const same = (text: string) => text;

/** How types read literals and print them again, as far as it is sure. */
const readers: Readonly<Record<number, (text: string) => string>> = {
  ...{ [typeOids.text]: same, [typeOids.varchar]: same, [typeOids.bpchar]: same, [typeOids.json]: same },
  ...{ [typeOids.int2]: integer, [typeOids.int4]: integer, [typeOids.int8]: integer },
  ...{ [typeOids.numeric]: numeric, [typeOids.float4]: double, [typeOids.float8]: double },
  ...{ [typeOids.bool]: boolean, [typeOids.date]: date, [typeOids.time]: time, [typeOids.timestamp]: timestamp },
  ...{ [typeOids.interval]: interval, [typeOids.uuid]: uuid },
};

const plainItems = /^\{(?:\w+(?:,\w+)*)?\}$/;
const plainNumbers = /^\{(?:(?:0|-?[1-9]\d{0,8})(?:,(?:0|-?[1-9]\d{0,8}))*)?\}$/;

/** A literal as its type prints it. Raises `Unprintable` for what depends on settings, and for rare forms. */
export function inputText(facts: TypeFacts, type: number, text: string): string {
  const read = readers[type];
  if (read !== undefined) return read(text);
  const element = facts.types.get(type)?.element ?? 0;
  // Words and numbers that need no quotes are printed as they were written.
  if (element === typeOids.text && plainItems.test(text) && !/\bnull\b/i.test(text)) return text;
  if (element === typeOids.int4 && plainNumbers.test(text)) return text;
  return facts.types.get(type)?.kind === 'e' ? text : unprintable(`a literal of the type ${type}`);
}
