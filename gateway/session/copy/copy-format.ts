import { errors, type SluiceError } from '../../../planner/errors.ts';
import type { CopyOption, CopyStatement, OptionValue } from './copy-statement.ts';
import { encodingOf, type TextEncoding } from './encodings.ts';

/** Columns that an option names; null: all of them. */
export type ColumnChoice = readonly string[] | null;

/** How rows are written, for both directions. */
export interface CopyFormat {
  readonly kind: 'text' | 'csv' | 'binary';
  /** Bytes, as are `quote` and `escape`, which count for csv alone. */
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly nullText: string;
  readonly header: 'off' | 'on' | 'match';
  readonly forceQuote: ColumnChoice;
  readonly forceNotNull: ColumnChoice;
  readonly forceNull: ColumnChoice;
  readonly encoding: TextEncoding;
}

type Given = ReadonlyMap<string, CopyOption>;

const known: ReadonlySet<string> = new Set([
  ...['format', 'freeze', 'delimiter', 'null', 'header', 'quote', 'escape', 'encoding'],
  ...['force_quote', 'force_not_null', 'force_null'],
]);

function collect(options: readonly CopyOption[], offset: number): Given {
  const given = new Map<string, CopyOption>();
  for (const option of options) {
    if (!known.has(option.name)) {
      throw errors.syntax(`option "${option.name}" not recognized`, option.position + offset);
    }
    if (given.has(option.name)) {
      throw errors.syntax('conflicting or redundant options', option.position + offset);
    }
    given.set(option.name, option);
  }
  return given;
}

function textOf(given: Given, name: string): string | undefined {
  const value = given.get(name)?.value;
  if (value === true) {
    throw errors.syntax(`${name} requires a parameter`);
  }
  return value === undefined || typeof value === 'string' ? value : '*';
}

function booleanOf(name: string, value: OptionValue | undefined): boolean {
  if (value === undefined) {
    return false;
  }
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true' || word === 'on' || word === '1') {
    return true;
  }
  if (word === 'false' || word === 'off' || word === '0') {
    return false;
  }
  throw errors.syntax(`${name} requires a Boolean value`);
}

function headerOf(given: Given, isFrom: boolean): CopyFormat['header'] {
  const value = given.get('header')?.value;
  if (typeof value === 'string' && value.toLowerCase() === 'match') {
    if (!isFrom) {
      throw errors.unsupported('cannot use "match" with HEADER in COPY TO');
    }
    return 'match';
  }
  try {
    return booleanOf('header', value) ? 'on' : 'off';
  } catch {
    throw errors.syntax('header requires a Boolean value or "match"');
  }
}

function choiceOf(given: Given, name: string, mayBeAll: boolean, offset: number): ColumnChoice | undefined {
  const option = given.get(name);
  if (option === undefined) {
    return undefined;
  }
  const { value } = option;
  if (typeof value === 'object' && 'names' in value) {
    return value.names;
  }
  if (mayBeAll && typeof value === 'object') {
    return null;
  }
  throw errors.invalidOption(`argument to option "${name}" must be a list of column names`, option.position + offset);
}

/** A character that has to be one byte; `what` as messages name it. */
function byteOf(text: string, what: string): number {
  if (Buffer.byteLength(text) !== 1) {
    throw errors.unsupported(`COPY ${what} must be a single one-byte character`);
  }
  return text.charCodeAt(0);
}

const lineEnd = /[\r\n]/;

/**
 * Checks the options of a COPY in the order in which PostgreSQL does, with its words. `offset`: characters before the statement in the client's
 * text. Raises 42601, 0A000, 22023.
 */
export function copyFormat(
  { options, direction }: Pick<CopyStatement, 'options' | 'direction'>,
  offset = 0,
): CopyFormat {
  const isFrom = direction === 'from';
  const given = collect(options, offset);
  const name = textOf(given, 'format') ?? 'text';
  if (name !== 'text' && name !== 'csv' && name !== 'binary') {
    throw errors.invalidOption(`COPY format "${name}" not recognized`, given.get('format')!.position + offset);
  }
  const header = headerOf(given, isFrom);
  booleanOf('freeze', given.get('freeze')?.value);
  const forceQuote = choiceOf(given, 'force_quote', true, offset);
  const forceNotNull = choiceOf(given, 'force_not_null', false, offset);
  const forceNull = choiceOf(given, 'force_null', false, offset);
  const encodingName = textOf(given, 'encoding');
  const encoding = encodingOf(encodingName ?? 'UTF8');
  if (encoding === undefined) {
    const position = given.get('encoding')!.position + offset;
    throw errors.invalidOption('argument to option "encoding" must be a valid encoding name', position);
  }
  const delimiter = textOf(given, 'delimiter');
  const nullGiven = textOf(given, 'null');
  const csv = name === 'csv';
  if (name === 'binary') {
    refuseInBinary(delimiter, nullGiven);
  }
  const delimiterText = delimiter ?? (csv ? ',' : '\t');
  const nullText = nullGiven ?? (csv ? '' : '\\N');
  const quote = textOf(given, 'quote') ?? '"';
  const escaping = textOf(given, 'escape') ?? quote;
  checkMarks({ csv, name, delimiterText, nullText, header, quote, escaping, given });
  const forced = { force_quote: forceQuote, force_not_null: forceNotNull, force_null: forceNull };
  checkForced(forced, csv, isFrom);
  if (nullText.includes(delimiterText)) {
    throw errors.unsupported('COPY delimiter must not appear in the NULL specification');
  }
  if (csv && nullText.includes(quote)) {
    throw errors.unsupported('CSV quote character must not appear in the NULL specification');
  }
  return {
    kind: name,
    delimiter: delimiterText.charCodeAt(0),
    quote: quote.charCodeAt(0),
    escape: escaping.charCodeAt(0),
    nullText,
    header,
    forceQuote: forceQuote === undefined ? [] : forceQuote,
    forceNotNull: forceNotNull ?? [],
    forceNull: forceNull ?? [],
    encoding,
  };
}

function refuseInBinary(delimiter: string | undefined, nullText: string | undefined): void {
  for (const [word, value] of [
    ['DELIMITER', delimiter],
    ['NULL', nullText],
  ] as const) {
    if (value !== undefined) {
      throw errors.syntax(`cannot specify ${word} in BINARY mode`);
    }
  }
}

interface Marks {
  readonly csv: boolean;
  readonly name: string;
  readonly delimiterText: string;
  readonly nullText: string;
  readonly header: CopyFormat['header'];
  readonly quote: string;
  readonly escaping: string;
  readonly given: Given;
}

function checkMarks({ csv, name, delimiterText, nullText, header, quote, escaping, given }: Marks): void {
  byteOf(delimiterText, 'delimiter');
  if (lineEnd.test(delimiterText)) {
    throw errors.invalidOption('COPY delimiter cannot be newline or carriage return');
  }
  if (lineEnd.test(nullText)) {
    throw errors.invalidOption('COPY null representation cannot use newline or carriage return');
  }
  if (!csv && /[\\.a-z0-9]/.test(delimiterText)) {
    throw errors.invalidOption(`COPY delimiter cannot be "${delimiterText}"`);
  }
  if (name === 'binary' && header !== 'off') {
    throw errors.unsupported('cannot specify HEADER in BINARY mode');
  }
  if (!csv && given.has('quote')) {
    throw errors.unsupported('COPY quote available only in CSV mode');
  }
  byteOf(quote, 'quote');
  if (csv && delimiterText === quote) {
    throw errors.invalidOption('COPY delimiter and quote must be different');
  }
  if (!csv && given.has('escape')) {
    throw errors.unsupported('COPY escape available only in CSV mode');
  }
  byteOf(escaping, 'escape');
}

/** The FORCE options, and the direction that each is for. */
const forcedFor = { force_quote: 'to', force_not_null: 'from', force_null: 'from' } as const;

function checkForced(
  choices: Readonly<Record<keyof typeof forcedFor, ColumnChoice | undefined>>,
  csv: boolean,
  isFrom: boolean,
): void {
  for (const [name, direction] of Object.entries(forcedFor) as [keyof typeof forcedFor, 'to' | 'from'][]) {
    if (choices[name] === undefined) {
      continue;
    }
    const words = name.replaceAll('_', ' ');
    if (!csv) {
      throw errors.unsupported(`COPY ${words} available only in CSV mode`);
    }
    if ((direction === 'from') !== isFrom) {
      throw errors.unsupported(`COPY ${words} only available using COPY ${direction.toUpperCase()}`);
    }
  }
}

/** Which of the columns an option chooses. Raises 42703 and 42P10, with `option` in PostgreSQL's words (`FORCE_QUOTE`). */
export function chosen(
  choice: ColumnChoice,
  option: string,
  columns: readonly string[],
  exists: (name: string) => SluiceError | undefined,
): readonly boolean[] {
  if (choice === null) {
    return columns.map(() => true);
  }
  const lower = columns.map((name) => name.toLowerCase());
  const flags = columns.map(() => false);
  for (const name of choice) {
    const index = lower.indexOf(name.toLowerCase());
    if (index < 0) {
      throw exists(name) ?? errors.invalidColumnReference(`${option} column "${name}" not referenced by COPY`);
    }
    flags[index] = true;
  }
  return flags;
}
