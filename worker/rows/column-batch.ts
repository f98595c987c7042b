/**
 * The neutral form of a chunk of rows: what DuckDB's vectors are read into, what Arrow IPC frames carry, and what the
 * row encoder reads. Physical layout follows Arrow (so that a frame is sliced, not copied), types are DuckDB's.
 */
import type { DuckDBType } from '@duckdb/node-api';

/** One bit per row, least significant first, 1 = not null; null: no NULLs. May be longer than needed. */
export type Validity = Uint8Array | null;

/** Values of fixed width as DuckDB stores them (little-endian): integers, floats, DECIMAL as its integer, HUGEINT and UUID as 16 bytes, INTERVAL 16 bytes, dates and times as integers, BOOLEAN 1 byte, ENUM as its index. */
export interface FixedData {
  readonly kind: 'fixed';
  readonly type: DuckDBType;
  readonly validity: Validity;
  readonly width: number;
  /** rowCount * width bytes. */
  readonly data: Uint8Array;
}

/** VARCHAR (UTF-8), BLOB, BIT (DuckDB's own bytes), BIGNUM. `offsets` has rowCount + 1 entries into `data`. */
export interface BytesData {
  readonly kind: 'bytes';
  readonly type: DuckDBType;
  readonly validity: Validity;
  readonly offsets: Int32Array;
  readonly data: Uint8Array;
}

/** LIST and MAP (entries are a struct of key and value): `offsets` has rowCount + 1 entries into `child`. */
export interface ListData {
  readonly kind: 'list';
  readonly type: DuckDBType;
  readonly validity: Validity;
  readonly offsets: Int32Array;
  readonly child: ColumnData;
  readonly childCount: number;
}

/** ARRAY of fixed length: the child has rowCount * length rows. */
export interface ArrayData {
  readonly kind: 'array';
  readonly type: DuckDBType;
  readonly validity: Validity;
  readonly length: number;
  readonly child: ColumnData;
}

/** STRUCT; UNION (children: the tag first, then the members). */
export interface StructData {
  readonly kind: 'struct';
  readonly type: DuckDBType;
  readonly validity: Validity;
  readonly children: readonly ColumnData[];
}

export type ColumnData = FixedData | BytesData | ListData | ArrayData | StructData;

export interface ColumnBatch {
  readonly rowCount: number;
  readonly columns: readonly ColumnData[];
}
