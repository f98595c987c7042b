import type { FileFormat, ReaderOptions } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';

type OptionKind = 'text' | 'boolean' | 'count';

/** Options that a client may give, by format: DuckDB's names. What is not here is refused. */
const optionKinds: Readonly<Record<FileFormat, Readonly<Record<string, OptionKind>>>> = {
  parquet: { binary_as_string: 'boolean' },
  csv: {
    delim: 'text',
    quote: 'text',
    escape: 'text',
    comment: 'text',
    nullstr: 'text',
    header: 'boolean',
    skip: 'count',
    dateformat: 'text',
    timestampformat: 'text',
    compression: 'text',
    encoding: 'text',
    decimal_separator: 'text',
    null_padding: 'boolean',
    ignore_errors: 'boolean',
    strict_mode: 'boolean',
    sample_size: 'count',
  },
  json: {
    format: 'text',
    records: 'text',
    compression: 'text',
    dateformat: 'text',
    timestampformat: 'text',
    ignore_errors: 'boolean',
    maximum_object_size: 'count',
    sample_size: 'count',
  },
};

/** Other spellings: DuckDB's own and those of Postgres' file_fdw and COPY. */
const synonyms: Readonly<Record<string, string>> = {
  delimiter: 'delim',
  sep: 'delim',
  separator: 'delim',
  null: 'nullstr',
  date_format: 'dateformat',
  timestamp_format: 'timestampformat',
};

/** `name = value` for a reader's parameter list. */
export function printReaderOptions(options: ReaderOptions): readonly string[] {
  return Object.entries(options).map(
    ([name, value]) => `${name} = ${typeof value === 'string' ? quoteLiteral(value) : String(value)}`,
  );
}

/** DuckDB's name of an option, or null when this format has none such (or a client may not set it). */
export function readerOption(format: FileFormat, name: string): string | null {
  const plain = name.toLowerCase();
  const known = synonyms[plain] ?? plain;
  return optionKinds[format][known] === undefined ? null : known;
}

/** Options of CREATE FOREIGN TABLE, all of them text, as reader options. Raises HV00D for an unknown name, HV024 for a bad value. */
export function parseReaderOptions(format: FileFormat, given: Readonly<Record<string, string>>): ReaderOptions {
  const options: Record<string, string | number | boolean> = {};
  for (const [name, text] of Object.entries(given)) {
    const known = readerOption(format, name);
    if (known === null) {
      throw errors.invalidTableOption(name, `Options for ${format}: ${Object.keys(optionKinds[format]).join(', ')}.`);
    }
    options[known] = optionValue(name, text, optionKinds[format][known] ?? 'text');
  }
  return options;
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  '1': true,
  false: false,
  off: false,
  no: false,
  '0': false,
};

function optionValue(name: string, text: string, kind: OptionKind): string | number | boolean {
  if (kind === 'text') return text;
  if (kind === 'count') {
    if (!/^-?\d{1,12}$/.test(text)) throw errors.invalidTableOptionValue(name, text, 'a whole number');
    return Number(text);
  }
  const value = booleans[text.toLowerCase()];
  if (value === undefined) throw errors.invalidTableOptionValue(name, text, 'true, false');
  return value;
}
