/**
 * Options of statements that write a data set: COPY ... TO 'folder' WITH (...) and CREATE TABLE ... WITH (location = ..., ...) AS.
 * Those of files are DuckDB's (see `fileOptions`), the others say how rows are divided into files.
 */
import type { FileFormat } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import { nearestName } from '../../../planner/nearest-name.ts';
import type { CopyOption } from '../../../planner/plan/plan.ts';
import type { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { WriteLayout } from '../../../planner/write/write-plan.ts';

/** An option as written: its text (a value, or what stands between parentheses), or true where it has none. */
export interface GivenOption {
  readonly text: string | true;
  /** Names of a list; of a single value that one. */
  readonly names: readonly string[];
  readonly start: number;
}

export interface WriteOptions extends WriteLayout {
  readonly overwrite: boolean;
  /** CREATE TABLE: the folder. */
  readonly location: string | undefined;
}

const formats: readonly FileFormat[] = ['parquet', 'csv', 'json'];
const mostPartitions = 65_536;
type OptionKind = 'text' | 'boolean' | 'count';

/** Options that DuckDB's COPY is given, by format. */
const fileOptions: Readonly<Record<FileFormat, Readonly<Record<string, OptionKind>>>> = {
  parquet: {
    compression: 'text',
    compression_level: 'count',
    row_group_size: 'count',
    row_group_size_bytes: 'text',
    parquet_version: 'text',
  },
  csv: {
    compression: 'text',
    header: 'boolean',
    delim: 'text',
    quote: 'text',
    escape: 'text',
    nullstr: 'text',
    dateformat: 'text',
    timestampformat: 'text',
  },
  json: { compression: 'text', dateformat: 'text', timestampformat: 'text' },
};
/** What CSV files are written with, so that nobody has to guess. */
const csvDefaults: Readonly<Record<string, CopyOption>> = { header: true, delim: ',', quote: '"', escape: '"' };
const compressions: Readonly<Record<FileFormat, readonly string[]>> = {
  parquet: ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'lz4_raw'],
  csv: ['none', 'gzip', 'zstd'],
  json: ['none', 'gzip', 'zstd'],
};
const synonyms: Readonly<Record<string, string>> = {
  delimiter: 'delim',
  sep: 'delim',
  null: 'nullstr',
  date_format: 'dateformat',
  timestamp_format: 'timestampformat',
  codec: 'compression',
  file_size_bytes: 'file_size',
};
/** Options that only a data set of many files has. */
export const layoutOptions: readonly string[] = ['partition_by', 'hash_by', 'partitions', 'order_by', 'file_size'];
const writeOptions: readonly string[] = [...layoutOptions, 'format', 'overwrite'];

/** `(name value, name (a, b), name)` behind `WITH`, also with `=` between. Raises 42601. */
export function readOptions(cursor: TokenCursor, text: string): ReadonlyMap<string, GivenOption> {
  const options = new Map<string, GivenOption>();
  cursor.expect('(');
  do {
    const start = cursor.start;
    const plain = cursor.name().toLowerCase();
    const name = synonyms[plain] ?? plain;
    if (options.has(name)) throw errors.syntax(`option "${plain}" provided more than once`);
    cursor.accept('=');
    options.set(name, { ...optionValue(cursor, text), start });
  } while (cursor.accept(','));
  cursor.expect(')');
  return options;
}

function optionValue(cursor: TokenCursor, text: string): Omit<GivenOption, 'start'> {
  const first = cursor.value;
  if (first === ',' || first === ')') return { text: true, names: [] };
  if (first !== '(') {
    const value = cursor.literal();
    return { text: value, names: [value] };
  }
  const from = cursor.start + 1;
  const names: string[] = [];
  cursor.skip();
  let depth = 1;
  let fresh = true;
  for (;;) {
    if (cursor.atEnd) throw cursor.unexpected();
    const { value } = cursor;
    const isName = fresh && /^["\p{L}_]/u.test(value);
    fresh = depth === 1 && value === ',';
    depth += value === '(' ? 1 : value === ')' ? -1 : 0;
    if (depth === 0) break;
    if (isName) names.push(cursor.name());
    else cursor.skip();
  }
  const whole = text.slice(from, cursor.start).trim();
  cursor.skip();
  if (whole === '') throw errors.syntax('an option has an empty list');
  return { text: whole, names };
}

/** Checks the options. Raises 22023 for an unknown one (with the nearest) or a bad value, 0A000 for those that don't go together. */
export function parseWriteOptions(given: ReadonlyMap<string, GivenOption>, known: readonly string[]): WriteOptions {
  const format = choice('format', given.get('format')?.text ?? 'parquet', formats) as FileFormat;
  const kinds = fileOptions[format];
  const options: Record<string, CopyOption> = format === 'csv' ? { ...csvDefaults } : {};
  for (const [name, { text }] of given) {
    if (writeOptions.includes(name) || known.includes(name)) continue;
    const kind = kinds[name];
    if (kind === undefined)
      throw errors.unknownWriteOption(
        name,
        format,
        nearestName(name, [...writeOptions, ...known, ...Object.keys(kinds)]),
      );
    options[name] = fileOption(name, text, kind, format);
  }
  const parsed: WriteOptions = {
    format,
    options,
    partitionBy: given.get('partition_by')?.names ?? [],
    hashBy: given.get('hash_by')?.names ?? [],
    partitions: partitionsOf(given.get('partitions')),
    orderBy: textOf('order_by', given.get('order_by')) ?? null,
    fileBytes: bytesOf(given.get('file_size')),
    overwrite: flag('overwrite', given.get('overwrite')?.text ?? false),
    location: textOf('location', given.get('location')),
  };
  checkTogether(parsed);
  return parsed;
}

/** DuckDB (1.5.5) encodes others in the names of folders, and does not decode them when it reads. */
const plainKey = /^[A-Za-z0-9_.~-]+$/;

function checkTogether({ format, partitionBy, fileBytes, orderBy }: WriteOptions): void {
  if (partitionBy.length === 0) return;
  const encoded = partitionBy.find((name) => !plainKey.test(name));
  if (encoded !== undefined)
    throw errors.featureNotSupported(`"partition_by" with the column name "${encoded}"`, 'Rename the column: AS name.');
  if (format === 'json') throw errors.featureNotSupported('"partition_by" with JSON files');
  if (fileBytes !== null) throw errors.featureNotSupported('"file_size" with "partition_by"');
  if (orderBy !== null) throw errors.featureNotSupported('"order_by" with "partition_by"');
}

function fileOption(name: string, text: string | true, kind: OptionKind, format: FileFormat): CopyOption {
  if (name === 'compression') return choice(name, text, compressions[format]);
  if (kind === 'boolean') return flag(name, text);
  if (text === true) throw errors.invalidWriteOption(name, '', 'a value');
  if (kind === 'text') return text;
  if (!/^\d{1,12}$/.test(text)) throw errors.invalidWriteOption(name, text, 'a whole number');
  return Number(text);
}

function choice(name: string, text: string | true, allowed: readonly string[]): string {
  const value = text === true ? '' : text.toLowerCase();
  if (!allowed.includes(value)) throw errors.invalidWriteOption(name, value, allowed.join(', '));
  return value;
}

function flag(name: string, text: string | boolean): boolean {
  if (typeof text === 'boolean') return text;
  const value = { true: true, on: true, '1': true, false: false, off: false, '0': false }[text.toLowerCase()];
  if (value === undefined) throw errors.invalidWriteOption(name, text, 'true, false');
  return value;
}

function textOf(name: string, option: GivenOption | undefined): string | undefined {
  if (option === undefined) return undefined;
  if (option.text === true || option.text === '') throw errors.invalidWriteOption(name, '', 'a value');
  return option.text;
}

function partitionsOf(option: GivenOption | undefined): number | null {
  if (option === undefined) return null;
  const number = Number(option.text);
  if (option.text === true || !Number.isInteger(number) || number < 1 || number > mostPartitions)
    throw errors.invalidWriteOption('partitions', String(option.text), `a whole number from 1 to ${mostPartitions}`);
  return number;
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

function bytesOf(option: GivenOption | undefined): number | null {
  if (option === undefined) return null;
  const match = /^(\d{1,12})\s*([kmg]i?b|b)?$/i.exec(option.text === true ? '' : option.text);
  const bytes = Number(match?.[1]) * (units[match?.[2]?.toLowerCase() ?? ''] ?? 1);
  if (match === null || bytes < 1)
    throw errors.invalidWriteOption('file_size', String(option.text), 'a size like 128MB');
  return bytes;
}
