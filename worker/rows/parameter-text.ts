/** Text input of PostgreSQL's types: checks a value and brings it into a form that DuckDB's casts read. */
import { errors } from '../../planner/errors.ts';
import { parseInterval } from './parameter-interval.ts';
import { pgTypes } from './pg-types.ts';

type Input = (text: string) => string;

const inputs: ReadonlyMap<number, Input> = new Map<number, Input>([
  [pgTypes.bool.oid, boolInput],
  [pgTypes.bytea.oid, byteaInput],
  [pgTypes.int2.oid, integerInput('smallint', -32768n, 32767n)],
  [pgTypes.int4.oid, integerInput('integer', -2147483648n, 2147483647n)],
  [pgTypes.int8.oid, integerInput('bigint', -9223372036854775808n, 9223372036854775807n)],
  [26, integerInput('oid', 0n, 4294967295n)],
  [pgTypes.float4.oid, floatInput('real')],
  [pgTypes.float8.oid, floatInput('double precision')],
  [pgTypes.numeric.oid, numericInput],
  [pgTypes.date.oid, dateInput],
  [pgTypes.time.oid, timeInput('time', false)],
  [pgTypes.timetz.oid, timeInput('time with time zone', true)],
  [pgTypes.timestamp.oid, timestampInput('timestamp', false)],
  [pgTypes.timestamptz.oid, timestampInput('timestamp with time zone', true)],
  [pgTypes.interval.oid, intervalInput],
  [pgTypes.json.oid, jsonInput('json')],
  [3802, jsonInput('jsonb')],
  [pgTypes.uuid.oid, uuidInput],
  [1560, bitInput],
  [pgTypes.varbit.oid, bitInput],
]);

/** The canonical text of a value of the type with this OID; text types and unknown OIDs as they are. */
export function canonicalText(oid: number, text: string): string {
  return inputs.get(oid)?.(text) ?? text;
}

/** Every unique prefix of a word counts, as in PostgreSQL. */
function boolInput(text: string): string {
  const word = text.trim().toLowerCase();
  const means = (full: string, least: number) => word.length >= least && full.startsWith(word);
  if (word === '1' || means('true', 1) || means('yes', 1) || word === 'on') {
    return 'true';
  }
  if (word === '0' || means('false', 1) || means('no', 1) || means('off', 2)) {
    return 'false';
  }
  throw errors.invalidText('boolean', text);
}

/** `\xdeadbeef`, or the escape format with `\ooo` and `\\`. DuckDB's cast wants `\xHH` for each byte. */
function byteaInput(text: string): string {
  if (text.startsWith('\\x')) {
    const hex = text.slice(2).replaceAll(/\s/g, '');
    if (!/^([0-9a-fA-F]{2})*$/.test(hex)) {
      throw errors.invalidText('bytea', text);
    }
    return blobText(Buffer.from(hex, 'hex'));
  }
  if (!/^([^\\]|\\\\|\\[0-3][0-7]{2})*$/.test(text)) {
    throw errors.invalidText('bytea', text);
  }
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const plain = bytes.replaceAll(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? '\\' : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return blobText(Buffer.from(plain, 'latin1'));
}

/** Bytes as DuckDB's BLOB cast reads them. */
export function blobText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replaceAll(/../g, '\\x$&');
}

function integerInput(type: string, least: bigint, greatest: bigint): Input {
  return (text) => {
    if (!/^\s*[+-]?\d+\s*$/.test(text)) {
      throw errors.invalidText(type, text);
    }
    const value = BigInt(text.trim().replace(/^\+/, ''));
    if (value < least || value > greatest) {
      throw errors.numericOutOfRange(type, text);
    }
    return value.toString();
  };
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const specialPattern = /^([+-]?)(nan|inf|infinity)$/i;

/** NaN and the infinities in DuckDB's words, or undefined. */
function specialNumber(text: string): string | undefined {
  const match = specialPattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const nan = match[2]!.toLowerCase() === 'nan';
  return nan ? (match[1] === '' ? 'NaN' : undefined) : `${match[1] === '-' ? '-' : ''}Infinity`;
}

function floatInput(type: string): Input {
  return (text) => {
    const word = text.trim();
    const special = specialNumber(word);
    if (special !== undefined) {
      return special;
    }
    if (!numberPattern.test(word)) {
      throw errors.invalidText(type, text);
    }
    const value = type === 'real' ? Math.fround(Number(word)) : Number(word);
    if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(word.replace(/[eE].*$/, '')))) {
      throw errors.numericOutOfRange(type, text);
    }
    return word;
  };
}

/** PostgreSQL's limits of a numeric's exponent: bounds the text that an exponent is written out to. */
const maxNumericExponent = 1000;

/** Without exponent and plus sign. */
function numericInput(text: string): string {
  const word = text.trim();
  const special = specialNumber(word);
  if (special !== undefined) {
    return special;
  }
  if (!numberPattern.test(word)) {
    throw errors.invalidText('numeric', text);
  }
  const [mantissa, exponentText] = word.toLowerCase().split('e') as [string, string?];
  const exponent = Number(exponentText ?? 0);
  if (Math.abs(exponent) > maxNumericExponent) {
    throw errors.numericOutOfRange('numeric', text);
  }
  const [whole, decimals = ''] = mantissa.replace(/^[+-]/, '').split('.') as [string, string?];
  const digits = whole + decimals;
  const point = whole.length + exponent;
  const left = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const right = point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  const sign = mantissa.startsWith('-') && /[1-9]/.test(digits) ? '-' : '';
  return `${sign}${left.replace(/^0+(?=\d)/, '')}${right === '' ? '' : `.${right}`}`;
}

const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Year, month, day of ISO (`2024-02-29`), US (`2/29/2024`) or compact (`20240229`) dates, with or without BC, as DuckDB reads them. */
function isoDate(text: string, type: string, bc: boolean): string {
  const iso = /^(\d{4,6})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  const us = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4,6})$/.exec(text);
  const fields = iso !== null ? [iso[1], iso[2], iso[3]] : us !== null ? [us[3], us[1], us[2]] : undefined;
  if (fields === undefined) {
    throw errors.invalidDatetime(type, text);
  }
  const [year, month, day] = fields.map(Number) as [number, number, number];
  const leapYear = bc ? year - 1 : year;
  const isLeap = leapYear % 4 === 0 && (leapYear % 100 !== 0 || leapYear % 400 === 0);
  const limit = month === 2 && !isLeap ? 28 : (daysInMonth[month - 1] ?? 0);
  if (year === 0 || day < 1 || day > limit) {
    throw errors.datetimeFieldOverflow(text);
  }
  const two = (value: number) => `${value}`.padStart(2, '0');
  return `${`${year}`.padStart(4, '0')}-${two(month)}-${two(day)}${bc ? ' (BC)' : ''}`;
}

/** Takes `BC` or `AD` off the end. */
function takeEra(text: string): { rest: string; bc: boolean } {
  const match = /^(.*\S)\s+(BC|AD)$/i.exec(text);
  return match === null ? { rest: text, bc: false } : { rest: match[1]!, bc: match[2]!.toUpperCase() === 'BC' };
}

function infinite(text: string): string | undefined {
  const match = /^([+-]?)(inf|infinity)$/i.exec(text);
  return match === null ? undefined : `${match[1] === '-' ? '-' : ''}infinity`;
}

/** A date may come with a time, which is cut off. */
function dateInput(text: string): string {
  const word = text.trim();
  if (word.toLowerCase() === 'epoch') {
    return '1970-01-01';
  }
  const { rest, bc } = takeEra(word);
  return infinite(word) ?? isoDate(rest.split(/[ T]/)[0]!, 'date', bc);
}

const timePattern = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d*)?)?$/;
const offsetPattern = /^(z|utc|gmt|[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?)$/i;

/** `HH:MM[:SS[.ffffff]]` with seconds and at most six decimals. */
function clockTime(text: string, type: string, whole: string): string {
  const match = timePattern.exec(text);
  if (match === null) {
    throw errors.invalidDatetime(type, whole);
  }
  const [hours, minutes, seconds] = [match[1], match[2], match[3] ?? '0'].map(Number) as [number, number, number];
  const beyondMidnight = hours === 24 && (minutes > 0 || seconds > 0 || /[1-9]/.test(match[4] ?? ''));
  if (hours > 24 || minutes > 59 || seconds > 59 || beyondMidnight) {
    throw errors.datetimeFieldOverflow(whole);
  }
  return `${match[1]!.padStart(2, '0')}:${match[2]}:${match[3] ?? '00'}${(match[4] ?? '').slice(0, 7).replace(/^\.$/, '')}`;
}

/** `+hh[:mm[:ss]]`; Z and UTC are +00. */
function offsetText(text: string, whole: string): string {
  if (/^[a-z]/i.test(text)) {
    return '+00';
  }
  const digits = text.slice(1).replaceAll(':', '');
  const padded = digits.length % 2 === 1 ? `0${digits}` : digits;
  const parts = padded.match(/../g)!;
  if (Number(parts[0]) > 15 || Number(parts[1] ?? 0) > 59 || Number(parts[2] ?? 0) > 59) {
    throw errors.datetimeFieldOverflow(whole);
  }
  return text[0] + parts.join(':');
}

function timeInput(type: string, zoned: boolean): Input {
  return (text) => {
    const match = /^([\d:.]+)\s*(\S*)$/.exec(text.trim());
    if (match === null || (match[2] !== '' && !offsetPattern.test(match[2]!))) {
      throw errors.invalidDatetime(type, text);
    }
    const time = clockTime(match[1]!, type, text);
    return zoned ? time + (match[2] === '' ? '+00' : offsetText(match[2]!, text)) : time;
  };
}

/** An offset is ignored by timestamp without time zone. Without one, timestamptz is read in the session's zone by the cast. */
function timestampInput(type: string, zoned: boolean): Input {
  return (text) => {
    const word = text.trim();
    const special = infinite(word) ?? (word.toLowerCase() === 'epoch' ? epochText(zoned) : undefined);
    if (special !== undefined) {
      return special;
    }
    const { rest, bc } = takeEra(word);
    const match = /^([\d/-]+)(?:[ tT]\s*([\d:.]+)\s*(\S*))?$/.exec(rest);
    if (match === null) {
      throw errors.invalidDatetime(type, text);
    }
    const date = isoDate(match[1]!, type, bc);
    const time = match[2] === undefined ? '00:00:00' : clockTime(match[2], type, text);
    const zone = match[3] ?? '';
    if (zone === '' || !zoned) {
      if (zone !== '' && !offsetPattern.test(zone) && !zonePattern.test(zone)) {
        throw errors.invalidDatetime(type, text);
      }
      return `${date} ${time}`;
    }
    if (offsetPattern.test(zone)) {
      return `${date} ${time}${offsetText(zone, text)}`;
    }
    if (!zonePattern.test(zone)) {
      throw errors.invalidDatetime(type, text);
    }
    return `${date} ${time} ${zone}`;
  };
}

/** Names such as `Europe/Berlin` and `CET`. */
const zonePattern = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

function epochText(zoned: boolean): string {
  return zoned ? '1970-01-01 00:00:00+00' : '1970-01-01 00:00:00';
}

function intervalInput(text: string): string {
  const parsed = parseInterval(text);
  if (parsed === undefined) {
    throw errors.invalidDatetime('interval', text);
  }
  return intervalText(parsed.months, parsed.days, parsed.micros);
}

/** An interval as DuckDB's cast reads it, whatever the signs. */
export function intervalText(months: number | bigint, days: number | bigint, micros: bigint): string {
  return `${months} months ${days} days ${micros} microseconds`;
}

function jsonInput(type: string): Input {
  return (text) => {
    try {
      JSON.parse(text);
    } catch {
      throw errors.invalidText(type, text);
    }
    return text;
  };
}

function uuidInput(text: string): string {
  const hex = text.trim().replace(/^\{(.*)\}$/, '$1');
  const digits = hex.replaceAll('-', '');
  if (!/^[0-9a-fA-F]{32}$/.test(digits) || !/^([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$/.test(hex)) {
    throw errors.invalidText('uuid', text);
  }
  return digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `101`, `B101` or `X1f`. */
function bitInput(text: string): string {
  const match = /^(?:[bB]?([01]+)|[xX]([0-9a-fA-F]+))$/.exec(text.trim());
  if (match === null) {
    throw errors.invalidText('bit varying', text);
  }
  return match[1] ?? match[2]!.replaceAll(/./g, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0'));
}
