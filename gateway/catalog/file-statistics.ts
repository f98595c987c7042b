import { LRUCache } from 'lru-cache';
import type { ColumnStatistics, DataFile, FileStatistics, RowGroup } from '../../planner/catalog.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import { fileError } from './file-schema.ts';
import { type MetadataEngine, type Row, textOf } from './metadata-engine.ts';

/** Files whose footers one query reads: a footer gives row groups x columns rows. */
const batchSize = 100;
/** Column statistics (row groups x columns) kept: about 200 bytes each. */
const maxCachedStatistics = 1_000_000;

/** Writers that never cut the texts of row-group statistics, though they do not say so in the file. */
const exactWriters = /^(?:DuckDB|parquet-cpp|parquet-mr)/;

/** Writers that give no bounds where there is a NaN. DuckDB orders NaN above all numbers, so bounds of others prove nothing. */
const writersThatMindNaN = /^DuckDB version v[1-9]/;

const columnsSql = `file_name, row_group_id, row_group_num_rows, row_group_compressed_bytes, row_group_bytes, path_in_schema, type,
  coalesce(stats_min_value, CASE WHEN type NOT LIKE '%BYTE_ARRAY' THEN stats_min END) AS min,
  coalesce(stats_max_value, CASE WHEN type NOT LIKE '%BYTE_ARRAY' THEN stats_max END) AS max,
  stats_null_count, min_is_exact, max_is_exact`;

/** Footers of Parquet files as statistics, cached by path, size and time of change. */
export class ParquetStatistics {
  readonly #engine: MetadataEngine;
  readonly #cache = new LRUCache<string, FileStatistics>({
    maxSize: maxCachedStatistics,
    sizeCalculation: ({ rowGroups }) =>
      1 + rowGroups.reduce((sum, { columns }) => sum + Object.keys(columns).length, 0),
  });

  constructor(engine: MetadataEngine) {
    this.#engine = engine;
  }

  /** One entry per file, in their order. Rejects with 58030 that names a file that can't be read. */
  async read(files: readonly DataFile[]): Promise<readonly FileStatistics[]> {
    const found = files.map((file) => this.#cache.get(keyOf(file)));
    const missing = files.filter((_, index) => found[index] === undefined);
    const read = new Map<string, FileStatistics>();
    for (let from = 0; from < missing.length; from += batchSize) {
      for (const [path, statistics] of await this.#readBatch(missing.slice(from, from + batchSize))) {
        read.set(path, statistics);
      }
    }
    for (const file of missing) {
      const statistics = read.get(file.path);
      if (statistics !== undefined) this.#cache.set(keyOf(file), statistics);
    }
    return files.map((file, index) => found[index] ?? read.get(file.path) ?? { rowCount: 0, rowGroups: [] });
  }

  async #readBatch(files: readonly DataFile[]): Promise<ReadonlyMap<string, FileStatistics>> {
    try {
      return await this.#query(files);
    } catch (error) {
      const [first, ...others] = files;
      if (first === undefined) throw error;
      if (others.length === 0) throw fileError(first.path, error);
      const each = new Map<string, FileStatistics>();
      for (const file of files) for (const [path, one] of await this.#readBatch([file])) each.set(path, one);
      return each;
    }
  }

  async #query(files: readonly DataFile[]): Promise<ReadonlyMap<string, FileStatistics>> {
    const paths = [...new Set(files.map(({ path }) => path))];
    const rows = await this.#engine.rows(`SELECT ${columnsSql} FROM parquet_metadata(${listOf(paths)})`);
    const byFile = new Map<string, Row[]>(paths.map((path) => [path, []]));
    for (const row of rows) byFile.get(textOf(row, 'file_name'))?.push(row);
    const doubtful = [...byFile].filter(([, own]) => own.some(needsWriter)).map(([path]) => path);
    const writers = await this.#writers(doubtful);
    return new Map([...byFile].map(([path, own]) => [path, statisticsOf(own, writers.get(path) ?? '')]));
  }

  async #writers(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (paths.length === 0) return new Map();
    const rows = await this.#engine.rows(
      `SELECT file_name, coalesce(created_by, '') AS writer FROM parquet_file_metadata(${listOf(paths)})`,
    );
    return new Map(rows.map((row) => [textOf(row, 'file_name'), textOf(row, 'writer')]));
  }
}

function listOf(paths: readonly string[]): string {
  return `[${paths.map(quoteLiteral).join(', ')}]`;
}

function statisticsOf(rows: readonly Row[], writer: string): FileStatistics {
  const rowGroups = rowGroupsOf(rows, writer);
  return { rowCount: rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0), rowGroups };
}

/** Made once per file of a snapshot: every plan asks for many. */
const keys = new WeakMap<DataFile, string>();

function keyOf(file: DataFile): string {
  const known = keys.get(file);
  if (known !== undefined) return known;
  const key = `${file.bytes}:${file.mtimeMs}:${file.path}`;
  keys.set(file, key);
  return key;
}

function rowGroupsOf(rows: readonly Row[], writer: string): readonly RowGroup[] {
  const groups = new Map<string, { rowCount: number; bytes: number; columns: Record<string, ColumnStatistics> }>();
  for (const row of rows) {
    const id = String(row.row_group_id);
    const group = groups.get(id) ?? {
      rowCount: Number(row.row_group_num_rows),
      bytes: Number(row.row_group_compressed_bytes ?? row.row_group_bytes ?? 0),
      columns: Object.create(null) as Record<string, ColumnStatistics>,
    };
    groups.set(id, group);
    const name = textOf(row, 'path_in_schema');
    // Members of nested columns ("point, x") are not columns.
    if (!name.includes(', ')) group.columns[name] = columnStatistics(row, writer);
  }
  return [...groups.values()];
}

function columnStatistics(row: Row, writer: string): ColumnStatistics {
  const min = typeof row.min === 'string' ? row.min : null;
  const max = typeof row.max === 'string' ? row.max : null;
  const nulls = row.stats_null_count;
  return {
    min,
    max,
    exact: min !== null && max !== null && isExact(row, writer),
    nullCount: nulls === null ? null : Number(nulls),
  };
}

function isExact(row: Row, writer: string): boolean {
  if (row.min_is_exact === false || row.max_is_exact === false) return false;
  if (isFloat(row)) return writersThatMindNaN.test(writer);
  return !needsWriter(row) || exactWriters.test(writer);
}

/** Texts may be cut, and older files do not say whether they are; bounds of floating-point columns may leave out NaN. */
function needsWriter(row: Row): boolean {
  if (row.min === null) return false;
  const isText = textOf(row, 'type').endsWith('BYTE_ARRAY');
  return isFloat(row) || (isText && (row.min_is_exact === null || row.max_is_exact === null));
}

function isFloat(row: Row): boolean {
  const type = textOf(row, 'type');
  return type === 'FLOAT' || type === 'DOUBLE';
}
