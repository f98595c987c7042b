/**
 * What the planner may know of the world's tables: plain data, fixed for one statement. The gateway's catalog makes it
 * (file lists read once per statement); nothing here reads a file.
 */

/** A column of a data set. `type` is DuckDB's type text, e.g. `DECIMAL(12,2)`, `STRUCT(a INTEGER)`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** True when the value comes from the path (`key=value`), not from the file. */
  readonly hive: boolean;
}

export type FileFormat = 'parquet' | 'csv' | 'json';

/**
 * How files are read. Fixed when the data set is read for the first time: at run time nothing is sniffed.
 * For csv: delim, quote, escape, header, skip, nullstr, dateformat, timestampformat, compression ...; for json: format, compression ...
 * The values are SQL literals' values, printed by the scan printer (worker/engine).
 */
export type ReaderOptions = Readonly<Record<string, string | number | boolean>>;

/** One file as it was listed: identity (path, bytes, mtime) is checked before and after reading. */
export interface DataFile {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** Modification time, ms since the epoch with fractions. */
  readonly mtimeMs: number;
  /** Values of the hive keys of this file, as text; null for DuckDB's `__HIVE_DEFAULT_PARTITION__`. A key that the path lacks is absent (NULL). */
  readonly hive: Readonly<Record<string, string | null>>;
  /**
   * Columns of this file where they differ from the table's: column name -> its type in the file, or null when the file
   * lacks it. Absent when the file has every column in the table's type (then it needs no cast).
   */
  readonly differs?: Readonly<Record<string, string | null>>;
  /**
   * CSV only (which DuckDB reads by position): the names of the file's own columns in their order. Those that the table lacks are
   * read as VARCHAR and dropped. Absent when they are the table's columns from files, in the table's order.
   */
  readonly fields?: readonly string[];
  /** Of a table with a layout by hash. */
  readonly bucket?: number;
}

/**
 * How rows lie in the files of a data set that was written here:
 * - `hash`: those of a file are in its bucket `(hash(columns) >> 32) % buckets`, each column as `type` (the hash of an exchange);
 * - `range`: the files one after another, and the rows in each, are in the order of these columns.
 */
export type FileLayout =
  | {
      readonly kind: 'hash';
      readonly by: readonly { readonly column: string; readonly type: string }[];
      readonly buckets: number;
    }
  | {
      readonly kind: 'range';
      readonly by: readonly { readonly column: string; readonly descending: boolean; readonly nullsFirst: boolean }[];
    };

/** A table made of files. `files` are in DuckDB's glob order, which is the order of rows without ORDER BY. */
export interface DatasetTable {
  readonly schema: string;
  readonly name: string;
  readonly format: FileFormat;
  readonly columns: readonly Column[];
  readonly options: ReaderOptions;
  readonly files: readonly DataFile[];
  /** Of all files; absent: nothing is known. */
  readonly layout?: FileLayout;
  /** About how many different values each column has, as the last ANALYZE found: an estimate, the files may have changed since. */
  readonly distinct?: Readonly<Record<string, number>>;
  /** For clients only: nobody checks them, so no plan may rely on them. */
  readonly keys?: readonly DeclaredKey[];
}

/** A key that somebody says a data set has: it tells clients how tables belong together. */
export interface DeclaredKey {
  readonly name: string;
  readonly kind: 'PRIMARY KEY' | 'UNIQUE' | 'FOREIGN KEY';
  readonly columns: readonly string[];
  /** Null unless it is a foreign key. */
  readonly references: { readonly schema: string; readonly table: string; readonly columns: readonly string[] } | null;
}

/** min, max and null count of one column in one row group, from a Parquet footer. Values as DuckDB prints them. */
export interface ColumnStatistics {
  readonly min: string | null;
  readonly max: string | null;
  /** False when the writer truncated or did not write them: then min and max prove nothing. */
  readonly exact: boolean;
  readonly nullCount: number | null;
}

export interface RowGroup {
  readonly rowCount: number;
  readonly bytes: number;
  readonly columns: Readonly<Record<string, ColumnStatistics>>;
}

/** A Parquet footer. */
export interface FileStatistics {
  readonly rowCount: number;
  readonly rowGroups: readonly RowGroup[];
}

/** One catalog snapshot per statement. Names are looked up case-insensitively, as DuckDB does. */
export interface CatalogSnapshot {
  /** Changes whenever any answer of `lookup` would: part of plan-cache keys. */
  readonly version: string;
  /** The data set of that name, or undefined. `schema` undefined: as the search path finds it. */
  lookup(schema: string | undefined, name: string): DatasetTable | undefined;
  /** For "did you mean". */
  names(): readonly string[];
}
