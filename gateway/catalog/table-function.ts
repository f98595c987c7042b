import { LRUCache } from 'lru-cache';
import type { DatasetTable, FileFormat, ReaderOptions } from '../../planner/catalog.ts';
import { errors, SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { DataSet, type DataSetSpec } from './data-set.ts';
import type { Location } from './list-files.ts';
import { parseLiteral, parseTextList } from './literals.ts';
import { Look } from './look.ts';
import { type MetadataEngine, textOf } from './metadata-engine.ts';
import type { SchemaReader } from './read-schemas.ts';
import { parseReaderOptions, readerOption } from './reader-options.ts';
import type { Roots } from './roots.ts';

interface FileFunction {
  readonly format: FileFormat;
  /** What the function fixes by its name. */
  readonly options: ReaderOptions;
}

const fileFunctions: Readonly<Record<string, FileFunction>> = {
  read_parquet: { format: 'parquet', options: {} },
  parquet_scan: { format: 'parquet', options: {} },
  read_csv: { format: 'csv', options: {} },
  read_csv_auto: { format: 'csv', options: {} },
  read_json: { format: 'json', options: {} },
  read_json_auto: { format: 'json', options: {} },
  read_ndjson: { format: 'json', options: { format: 'newline_delimited' } },
  read_ndjson_auto: { format: 'json', options: { format: 'newline_delimited' } },
};

/** Columns that clash when they are read by name, and names that only a pattern can speak of: DuckDB's own reading may do. */
const leftToDuckdb: ReadonlySet<string> = new Set(['42804', '0A000']);

/** Calls whose files and columns are remembered. */
const maxCachedCalls = 256;

/** A call as the planner found it: SQL literals as written. */
interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

interface CachedCall {
  readonly dataSet: DataSet;
  readonly byName: boolean;
  /** The table that was compared last with what DuckDB reads, and whether it is that. */
  checked: { readonly table: DatasetTable; readonly agrees: boolean } | null;
}

interface TableFunctionsOptions {
  readonly engine: MetadataEngine;
  readonly reader: SchemaReader;
  readonly roots: Roots;
}

/**
 * `read_parquet('...')` and friends in FROM, with DuckDB's meaning: DuckDB itself tells the columns of the call, and the files are
 * scattered only when reading them one by one gives these very columns. Otherwise null, and the query runs as written.
 */
export class TableFunctions {
  readonly #options: TableFunctionsOptions;
  readonly #dataSets = new LRUCache<string, CachedCall>({
    max: maxCachedCalls,
  });

  constructor(options: TableFunctionsOptions) {
    this.#options = options;
  }

  /** Rejects with 42501 outside the roots, 58P01 when no file matches, 58030 when one can't be read. */
  async resolve(
    name: string,
    args: readonly string[],
    named: Readonly<Record<string, string>>,
  ): Promise<DatasetTable | null> {
    const call = { name: name.toLowerCase(), args, named };
    const key = JSON.stringify(call);
    const known = this.#dataSets.get(key) ?? this.#prepare(call);
    if (known === null) return null;
    this.#dataSets.set(key, known);
    const { spec } = known.dataSet;
    const state = await known.dataSet.refresh(new Look());
    if (state.kind === 'absent') throw errors.undefinedFile(spec.locations.map(({ path }) => path).join(', '));
    if (state.kind === 'broken') {
      if (leftToDuckdb.has(state.error.sqlstate)) return null;
      throw state.error;
    }
    if (known.checked?.table !== state.table) {
      const agrees = isUniform(state.table, known.byName) && (await this.#agrees(call, state.table));
      known.checked = { table: state.table, agrees };
    }
    return known.checked.agrees ? state.table : null;
  }

  #prepare({ name, args, named }: Call): CachedCall | null {
    const known = fileFunctions[name];
    const paths = args.length === 1 ? parseTextList(args[0] ?? '') : null;
    if (known === undefined || paths === null || paths.length === 0 || new Set(paths).size < paths.length) return null;
    if (paths.some((path) => /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || path.startsWith('~'))) return null;
    const options = readOptions(known.format, named);
    if (options === null) return null;
    const locations: readonly Location[] = paths.map((path) => ({
      path: this.#options.roots.resolveOrRefuse(path),
      format: known.format,
      hidden: true,
    }));
    const spec: DataSetSpec = {
      schema: '',
      name,
      locations,
      hiveBase: options.hive === false ? false : null,
      format: known.format,
      options: { ...options.reader, ...known.options },
      columns: null,
    };
    const dataSet = new DataSet(spec, this.#options.reader, this.#options.roots);
    return { dataSet, byName: options.byName, checked: null };
  }

  /** Asks DuckDB for the columns of the call as written, and compares. */
  async #agrees({ name, args, named }: Call, table: DatasetTable): Promise<boolean> {
    const parameters = [...args, ...Object.entries(named).map(([key, value]) => `${key} = ${value}`)];
    try {
      const rows = await this.#options.engine.rows(`DESCRIBE FROM ${name}(${parameters.join(', ')})`);
      return (
        rows.length === table.columns.length &&
        rows.every((row, index) => {
          const column = table.columns[index];
          return column?.name === textOf(row, 'column_name') && column.type === textOf(row, 'column_type');
        })
      );
    } catch (error) {
      const told = toSluiceError(error);
      if (told.errorClass !== 'user') throw told;
      return false; // DuckDB refuses the call: it says why when it runs as written
    }
  }
}

/** Without union_by_name DuckDB takes the first file's columns: only files that are all alike mean the same either way. */
function isUniform(table: DatasetTable, byName: boolean): boolean {
  const keys = (file: DatasetTable['files'][number]) => Object.keys(file.hive).join('\n');
  const [first] = table.files;
  if (first !== undefined && table.files.some((file) => keys(file) !== keys(first))) return false;
  if (table.format === 'json' || byName) return true;
  return table.files.every(({ differs, fields }) => differs === undefined && fields === undefined);
}

interface CallOptions {
  readonly reader: ReaderOptions;
  readonly hive: boolean | null;
  readonly byName: boolean;
}

/** Null when an option is not one of those that are understood. */
function readOptions(format: FileFormat, named: Readonly<Record<string, string>>): CallOptions | null {
  const given: Record<string, string> = {};
  let hive: boolean | null = null;
  let byName = false;
  for (const [name, text] of Object.entries(named)) {
    const value = parseLiteral(text);
    if (value === null) return null;
    const plain = name.toLowerCase();
    if (plain === 'hive_partitioning') hive = value === 'true';
    else if (plain === 'union_by_name') byName = value === 'true';
    else if ((plain === 'auto_detect' || plain === 'hive_types_autocast') && value === 'true') continue;
    else if (readerOption(format, plain) === null) return null;
    else given[plain] = value;
  }
  try {
    return { reader: parseReaderOptions(format, given), hive, byName };
  } catch (error) {
    if (error instanceof SluiceError) return null;
    throw error;
  }
}
