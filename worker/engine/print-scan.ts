import type { Column, FileFormat, ReaderOptions } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import type { FileSlice, Scan } from '../../planner/plan/plan.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/**
 * The one text of a scan: worker, coordinator and every comparison run it, so that all of them read the same rows in the same types.
 * A SELECT whose columns are `scan.columns`, in that order and in those types; files are named one by one, nothing is sniffed.
 * Filters and projections on it reach the reader, hive keys prune files, row ranges prune row groups.
 *
 * Rows come in the order of `scan.files`: neighbours that can be read alike share one reader, the readers are joined by UNION ALL, which
 * keeps their order while preserve_insertion_order is on (0.4 ms per reader; DuckDB 1.5.5).
 */
export function printScan(scan: Scan): string {
  if (scan.files.length === 0) return emptyRelation(scan.columns);
  return runsOf(scan)
    .map((run) => printRun(scan, run))
    .join(' UNION ALL ');
}

/** `CREATE OR REPLACE TEMP VIEW` of the scan under its name. */
export function createScanView(scan: Scan): string {
  return `CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(scan.name)} AS ${printScan(scan)}`;
}

/** No files: the columns, typed, and no rows. */
function emptyRelation(columns: readonly Column[]): string {
  const items = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${items.join(', ')} WHERE false`;
}

/** Neighbouring files that one reader call can read: same columns, same hive keys, no row range. */
function runsOf(scan: Scan): readonly (readonly FileSlice[])[] {
  const runs: FileSlice[][] = [];
  let lastKey: string | undefined;
  for (const file of scan.files) {
    const key = file.rows === undefined ? JSON.stringify(readKey(scan, file)) : undefined;
    if (key !== undefined && key === lastKey) runs.at(-1)?.push(file);
    else runs.push([file]);
    lastKey = key;
  }
  return runs;
}

function readKey(scan: Scan, file: FileSlice): unknown {
  const differences = scan.columns
    .map(({ name }) => file.differs?.[name])
    .map((type) => (type === undefined ? 0 : type));
  return [differences, Object.keys(file.hive), scan.format === 'csv' ? csvLayout(scan, file) : 0];
}

function printRun(scan: Scan, run: readonly [FileSlice, ...FileSlice[]] | readonly FileSlice[]): string {
  const file = run[0];
  if (file === undefined) throw errors.internal('a run of files without files');
  const alone = scan.format === 'parquet' && run.length === 1;
  const items = scan.columns.map((column) => selectItem(scan.format, column, file, alone));
  const reader = readers[scan.format];
  const parameters = [
    `[${run.map(({ path }) => quoteLiteral(literalGlob(path))).join(', ')}]`,
    ...reader.parameters(scan, file),
    ...printOptions(scan.options),
    ...(alone ? noHive : printHive(scan.columns, file)),
  ];
  const source = `${reader.function}(${parameters.join(', ')})`;
  const select = `SELECT ${items.join(', ')} FROM`;
  if (file.rows === undefined) return `${select} ${source}`;
  const [from, to] = file.rows;
  return `${select} ${reader.numbered(source)} WHERE file_row_number >= ${from} AND file_row_number < ${to}`;
}

/** Readers take paths for patterns: a character that means something in one is put in a class of its own. */
function literalGlob(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]');
}

interface Reader {
  readonly function: string;
  readonly parameters: (scan: Scan, file: FileSlice) => readonly string[];
  /** A FROM item with the column `file_row_number`, from 0. */
  readonly numbered: (source: string) => string;
}

/** Text readers can't tell the number of a row; a window over one file in file order can. */
const numberedByWindow = (source: string) => `(SELECT *, row_number() OVER () - 1 AS file_row_number FROM ${source})`;

const readers: Record<FileFormat, Reader> = {
  parquet: {
    function: 'read_parquet',
    parameters: (_scan, file) => (file.rows === undefined ? [] : ['file_row_number = true']),
    numbered: (source) => source,
  },
  csv: {
    function: 'read_csv',
    parameters: (scan, file) => ['auto_detect = false', `columns = ${csvColumns(scan, file)}`],
    numbered: numberedByWindow,
  },
  json: {
    function: 'read_json',
    parameters: (scan) => ['auto_detect = false', `columns = ${typeMap(inFile(scan.columns))}`],
    numbered: numberedByWindow,
  },
};

function inFile(columns: readonly Column[]): readonly Column[] {
  return columns.filter(({ hive }) => !hive);
}

/**
 * A column as the table has it. Parquet files carry types, which are cast where the catalog says that they differ; text files are read in
 * the table's types at once, and JSON gives NULL for a key that is not there. Of a Parquet file that is read alone, keys are constants:
 * DuckDB 1.5.5 fails with an internal error over min and max of a hive key of one file.
 */
function selectItem(format: FileFormat, column: Column, file: FileSlice, alone: boolean): string {
  const name = quoteIdentifier(column.name);
  const differs = file.differs?.[column.name];
  if (column.hive && !(column.name in file.hive)) return `CAST(NULL AS ${column.type}) AS ${name}`;
  if (column.hive && alone) return `CAST(${literalOf(file.hive[column.name])} AS ${column.type}) AS ${name}`;
  if (column.hive || differs === undefined) return name;
  if (differs === null && format !== 'json') return `CAST(NULL AS ${column.type}) AS ${name}`;
  return format === 'parquet' ? `CAST(${name} AS ${column.type}) AS ${name}` : name;
}

/** Names of the columns as a CSV file has them, left to right: DuckDB matches declared columns by place, not by header. */
function csvLayout(scan: Scan, file: FileSlice): readonly string[] {
  if (file.fields !== undefined) return file.fields;
  return inFile(scan.columns)
    .filter(({ name }) => file.differs?.[name] !== null)
    .map(({ name }) => name);
}

/** A column that the table does not have is read as text and not selected. */
function csvColumns(scan: Scan, file: FileSlice): string {
  const types = new Map(inFile(scan.columns).map(({ name, type }) => [name, type]));
  return typeMap(csvLayout(scan, file).map((name) => ({ name, type: types.get(name) ?? 'VARCHAR' })));
}

function typeMap(columns: readonly { readonly name: string; readonly type: string }[]): string {
  const entries = columns.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`);
  return `{${entries.join(', ')}}`;
}

const literalOf = (value: string | null | undefined): string =>
  value === null || value === undefined ? 'NULL' : quoteLiteral(value);

const noHive: readonly string[] = ['hive_partitioning = false'];

/** Keys of the path become columns in the table's types; without keys the path is not looked at. */
function printHive(columns: readonly Column[], file: FileSlice): readonly string[] {
  const keys = columns.filter(({ name, hive }) => hive && name in file.hive);
  if (keys.length === 0) return noHive;
  return ['hive_partitioning = true', `hive_types = ${typeMap(keys)}`];
}

/** Options that the scan itself decides; the catalog's are passed over. */
const ownOptions: ReadonlySet<string> = new Set([
  'auto_detect',
  'columns',
  'file_row_number',
  'hive_partitioning',
  'hive_types',
  'hive_types_autocast',
  'types',
  'dtypes',
  'union_by_name',
]);

function printOptions(options: ReaderOptions): readonly string[] {
  return Object.entries(options)
    .filter(([name]) => !ownOptions.has(name.toLowerCase()))
    .map(([name, value]) => {
      if (!/^[a-z_]+$/i.test(name)) throw errors.internal(`reader option "${name}" is not a name`);
      return `${name} = ${typeof value === 'string' ? quoteLiteral(value) : String(value)}`;
    });
}
