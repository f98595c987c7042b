/** What is known of the data before a query runs: rows, sizes and ranges of values, from Parquet footers and hive keys of the files left. */
import type { BoundQuery, Occurrence } from '../bind/bound-query.ts';
import type { Column, ColumnStatistics, DataFile, DatasetTable, FileStatistics, RowGroup } from '../catalog.ts';
import { readValue, type Scalar } from '../passes/pruning/values.ts';
import type { PlannerWorld } from '../world.ts';

/** Of one column of one occurrence. Guesses, never proof. */
export interface ColumnFacts {
  /** How many different values it has; null where nothing tells. */
  readonly distinct: number | null;
  /** Range of numbers and times (microseconds); null where not known. */
  readonly min: number | null;
  readonly max: number | null;
  /** Part of the rows in which it is NULL. */
  readonly nulls: number;
  /** Bytes per value. */
  readonly width: number;
}

export interface ScanFacts {
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnFacts>>;
}

export interface FactsContext {
  readonly bound: Pick<BoundQuery, 'occurrences'>;
  readonly files: readonly (readonly DataFile[])[];
  readonly world: Pick<PlannerWorld, 'statistics'>;
}

/** Footers read per occurrence at most, evenly spread over its files. */
const maxFooters = 32;
/** Row groups whose minima and maxima are looked at. */
const maxRowGroups = 256;
/** Bytes of a row in a text file, per column. */
const textColumnBytes = 8;
/** How much of a row in a Parquet file is left of its size in memory. */
const parquetCompression = 0.4;

const fixedWidths: Readonly<Record<string, number>> = {
  BOOLEAN: 1,
  TINYINT: 1,
  UTINYINT: 1,
  SMALLINT: 2,
  USMALLINT: 2,
  INTEGER: 4,
  UINTEGER: 4,
  FLOAT: 4,
  DATE: 4,
  BIGINT: 8,
  UBIGINT: 8,
  DOUBLE: 8,
  TIME: 8,
  TIMESTAMP: 8,
  HUGEINT: 16,
  UHUGEINT: 16,
  UUID: 16,
  INTERVAL: 16,
};

/** Bytes of a value of that type; text is guessed. */
export function widthOf(type: string): number {
  const known = fixedWidths[type];
  if (known !== undefined) return known;
  const digits = /^DECIMAL\((\d+),/.exec(type)?.[1];
  if (digits !== undefined) return Number(digits) > 18 ? 16 : Number(digits) > 9 ? 8 : 4;
  if (type.startsWith('TIMESTAMP') || type.startsWith('TIME')) return 8;
  return type.endsWith(']') || type.startsWith('STRUCT') || type.startsWith('MAP') ? 64 : 16;
}

/** Facts by `Occurrence.id`. */
export function scanFacts(context: FactsContext): Promise<readonly ScanFacts[]> {
  return Promise.all(
    context.bound.occurrences.map((occurrence) => factsOf(occurrence, context.files[occurrence.id]!, context.world)),
  );
}

/** What was worked out for a table: footers say the same as long as they are the same objects. */
interface Known {
  readonly files: readonly DataFile[];
  readonly footers: readonly FileStatistics[];
  readonly rows: number;
  readonly groups: readonly RowGroup[];
  readonly textWidth: number;
  readonly columns: Map<string, ColumnFacts>;
}

/** By table of a snapshot, the last of them: most queries read all files that some before did. */
const lastKnown = new WeakMap<DatasetTable, readonly Known[]>();
/** Choices of files kept per table. */
const maxKnown = 8;

async function factsOf(
  { table, columns: names }: Occurrence,
  files: readonly DataFile[],
  world: FactsContext['world'],
): Promise<ScanFacts> {
  const needed = new Set(names);
  const sample = table.format === 'parquet' ? spread(files, maxFooters) : [];
  const known = knownOf(table, files, sample, sample.length > 0 ? await world.statistics(sample) : []);
  const facts: Record<string, ColumnFacts> = {};
  for (const column of table.columns)
    if (needed.has(column.name)) facts[column.name] = columnFacts(table, column, known);
  return { rows: known.rows, columns: facts };
}

function knownOf(
  table: DatasetTable,
  files: readonly DataFile[],
  sample: readonly DataFile[],
  footers: readonly FileStatistics[],
): Known {
  const before = lastKnown.get(table) ?? [];
  const found = before.find((one) => sameItems(one.files, files) && sameItems(one.footers, footers));
  if (found !== undefined) return found;
  const groups = footers.flatMap(({ rowGroups }) => rowGroups);
  const rows = rowsOf(table, files, sample, groups);
  const textWidth = textWidthOf(table.columns, groups);
  const known = { files, footers, rows, groups: spread(groups, maxRowGroups), textWidth, columns: new Map() };
  lastKnown.set(table, [known, ...before.slice(0, maxKnown - 1)]);
  return known;
}

function sameItems(left: readonly object[], right: readonly object[]): boolean {
  return left === right || (left.length === right.length && left.every((item, i) => item === right[i]));
}

function columnFacts(table: DatasetTable, column: Column, known: Known): ColumnFacts {
  const before = known.columns.get(column.name);
  if (before !== undefined) return before;
  const { files, groups, rows, textWidth } = known;
  const found = column.hive
    ? hiveFacts(column, files)
    : fileFacts(column, groups, rows, column.type === 'VARCHAR' ? textWidth : widthOf(column.type));
  const counted = column.hive ? undefined : table.distinct?.[column.name];
  const facts = counted === undefined ? found : { ...found, distinct: Math.max(1, Math.min(counted, rows)) };
  known.columns.set(column.name, facts);
  return facts;
}

/** At most `count` of the list, evenly spread. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list;
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rowsOf(
  table: DatasetTable,
  files: readonly DataFile[],
  sample: readonly DataFile[],
  groups: readonly RowGroup[],
): number {
  const bytes = sum(files.map((file) => file.bytes));
  const sampled = sum(sample.map((file) => file.bytes));
  const counted = sum(groups.map(({ rowCount }) => rowCount));
  if (sample.length === files.length && sample.length > 0) return counted;
  if (sampled > 0 && counted > 0) return Math.round((counted * bytes) / sampled);
  const fromFiles = table.columns.filter(({ hive }) => !hive);
  const width =
    table.format === 'parquet'
      ? sum(fromFiles.map(({ type }) => widthOf(type))) * parquetCompression
      : fromFiles.length * textColumnBytes;
  return Math.ceil(bytes / Math.max(1, width));
}

/** What rows have left beside columns of fixed width, per column of text. */
function textWidthOf(columns: readonly Column[], groups: readonly RowGroup[]): number {
  const fromFiles = columns.filter(({ hive }) => !hive);
  const texts = fromFiles.filter(({ type }) => type === 'VARCHAR').length;
  const rows = sum(groups.map(({ rowCount }) => rowCount));
  if (texts === 0 || rows === 0) return widthOf('VARCHAR');
  const fixed = sum(fromFiles.filter(({ type }) => type !== 'VARCHAR').map(({ type }) => widthOf(type)));
  const left = sum(groups.map(({ bytes }) => bytes)) / rows - fixed;
  return Math.min(64, Math.max(8, left / texts));
}

function hiveFacts({ name, type }: Column, files: readonly DataFile[]): ColumnFacts {
  const values = files.map((file) => file.hive[name] ?? null);
  const numbers = values.flatMap((value) => numberOf(value, type) ?? []);
  const complete = numbers.length > 0 && numbers.length === values.filter((value) => value !== null).length;
  return {
    distinct: Math.max(1, new Set(values).size),
    min: complete ? least(numbers) : null,
    max: complete ? greatest(numbers) : null,
    nulls: values.length === 0 ? 0 : values.filter((value) => value === null).length / values.length,
    width: widthOf(type),
  };
}

const least = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.min(a, b));
const greatest = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b));

function fileFacts({ name, type }: Column, groups: readonly RowGroup[], rows: number, width: number): ColumnFacts {
  const known = groups.flatMap((group) => {
    const statistics = group.columns[name];
    return statistics === undefined ? [] : [{ ...statistics, rowCount: group.rowCount }];
  });
  const counted = sum(known.map(({ rowCount }) => rowCount));
  const nulls = counted === 0 ? 0 : sum(known.map(({ nullCount }) => nullCount ?? 0)) / counted;
  const numbers = known.flatMap(({ min, max }) => [numberOf(min, type) ?? [], numberOf(max, type) ?? []].flat());
  const range = numbers.length > 0 ? { min: least(numbers), max: greatest(numbers) } : { min: null, max: null };
  return { distinct: distinctOf(type, known, range, rows), ...range, nulls, width };
}

const microsPerDay = 86_400_000_000;

/** A range of whole numbers or dates tells how many values there can be; of other types little is known. */
function distinctOf(
  type: string,
  known: readonly ColumnStatistics[],
  { min, max }: Pick<ColumnFacts, 'min' | 'max'>,
  rows: number,
): number | null {
  const most = Math.max(1, rows);
  if (type === 'BOOLEAN') return 2;
  const unit = unitOf(type);
  if (min !== null && max !== null && unit !== null) return Math.min(most, Math.round((max - min) / unit) + 1);
  const texts = known.flatMap(({ min, max }) => [min, max].filter((text) => text !== null));
  if (texts.length > 0 && texts.every((text) => text === texts[0])) return 1;
  if (texts.length > 0 && type === 'VARCHAR') {
    const length = greatest(texts.map((text) => text.length));
    // Codes of one or two letters are few.
    if (length <= 2) return Math.min(most, 30 ** length);
  }
  return null;
}

function unitOf(type: string): number | null {
  if (type === 'DATE') return microsPerDay;
  const scale = /^DECIMAL\(\d+,\s*(\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined) return 10 ** -Number(scale);
  return /INT(EGER)?$/.test(type) ? 1 : null;
}

/** A statistics text as a number: times in microseconds. Undefined for what has no place on a line. */
function numberOf(text: string | null, type: string): number | undefined {
  if (text === null) return undefined;
  if (type === 'DOUBLE' || type === 'FLOAT') {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const value = readValue(text, type);
  return value === undefined ? undefined : scalarNumber(value);
}

/** The place of a value on a line; undefined for text and booleans. */
export function scalarNumber(value: Scalar): number | undefined {
  if (value.kind === 'number') return Number(value.unscaled) / 10 ** value.scale;
  return value.kind === 'time' ? Number(value.micros) : undefined;
}
