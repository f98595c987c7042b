import { relative, sep } from 'node:path';
import { isHiveFolder } from './list-files.ts';

/** What DuckDB and Hive write for NULL in a path. */
const nullValue = '__HIVE_DEFAULT_PARTITION__';

/**
 * Keys and values in the folders of `path` below `base` (null: in the whole path, as DuckDB's functions do), as DuckDB decodes them:
 * `%2F` is `/`; `__HIVE_DEFAULT_PARTITION__` and `NULL` in any case are NULL; a part with two `=` is not a key.
 */
export function hiveValues(path: string, base: string | null): ReadonlyMap<string, string | null> {
  const values = new Map<string, string | null>();
  const folders = (base === null ? path : relative(base, path)).split(sep).slice(0, -1);
  for (const folder of folders) {
    if (!isHiveFolder(folder)) continue;
    const at = folder.indexOf('=');
    const text = decode(folder.slice(at + 1));
    values.set(decode(folder.slice(0, at)), text === nullValue || text.toUpperCase() === 'NULL' ? null : text);
  }
  return values;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const decoded = bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}

export type HiveType = 'BIGINT' | 'DATE' | 'TIMESTAMP' | 'VARCHAR';

/**
 * The type of a key from its values, as DuckDB's hive_types_autocast: each value is a DATE, a TIMESTAMP or a BIGINT (no leading zeros, no `+`);
 * values of different kinds are VARCHAR together; NULL says nothing.
 */
export function hiveType(values: Iterable<string | null>): HiveType {
  let type: HiveType | null = null;
  for (const value of values) {
    if (value === null) continue;
    const own = typeOfValue(value);
    if (type !== null && type !== own) return 'VARCHAR';
    type = own;
  }
  return type ?? 'VARCHAR';
}

function typeOfValue(value: string): HiveType {
  const text = value.trim();
  const moment =
    /^(\d{1,6})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/.exec(
      text,
    );
  if (moment !== null) {
    const [, year, month, day, hour, minute, second] = moment.map((part) =>
      part === undefined ? undefined : Number(part),
    );
    const isTime = (hour ?? 0) < 24 && (minute ?? 0) < 60 && (second ?? 0) < 60;
    if (!isDate(year ?? 0, month ?? 0, day ?? 0) || !isTime) return 'VARCHAR';
    return hour === undefined ? 'DATE' : 'TIMESTAMP';
  }
  return isBigint(text) ? 'BIGINT' : 'VARCHAR';
}

function isDate(year: number, month: number, day: number): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

const maxBigint = 9_223_372_036_854_775_807n;

function isBigint(text: string): boolean {
  if (!/^-?(?:0|[1-9]\d{0,18})$/.test(text)) return /^-0\d{0,18}$/.test(text);
  const value = BigInt(text);
  return value <= maxBigint && value >= -maxBigint - 1n;
}
