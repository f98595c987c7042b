/**
 * DuckDB's vectors into batches: one native copy per vector, through the functions that the node binding documents
 * (vector_get_data, vector_get_validity, get_data_from_pointer). Reading values one by one (getRows) is ten times slower.
 */
import { type DuckDBDataChunk, DuckDBLogicalType, type DuckDBType } from '@duckdb/node-api';
import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { ColumnBatch, ColumnData, ListData, Validity } from './column-batch.ts';
import { layoutOf } from './layout.ts';
import { readStrings } from './read-strings.ts';
import { takeColumn } from './take.ts';
import { andMasks, isValid, maskBytes, repeatMask, setBits, simplifyMask } from './validity.ts';

/**
 * All rows of a chunk. The batch owns its bytes: the chunk may go. `types` saves asking DuckDB for the types of every chunk
 * (an ENUM's values are copied each time): pass the result's `columnTypes()`.
 */
export function readChunk(chunk: DuckDBDataChunk, types?: readonly DuckDBType[]): ColumnBatch {
  const rowCount = chunk.rowCount;
  const columns: ColumnData[] = [];
  const columnCount = chunk.columnCount;
  for (let i = 0; i < columnCount; i++) {
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, i);
    const type = types?.[i] ?? DuckDBLogicalType.create(duckdb.vector_get_column_type(vector)).asType();
    columns.push(readVector(vector, type, rowCount, null));
  }
  return { rowCount, columns };
}

/**
 * `parents`: rows whose parent is not null. What a NULL parent holds is unspecified in DuckDB, and a string there would be a
 * pointer to nowhere; so a child of a NULL is made NULL.
 */
function readVector(vector: Vector, type: DuckDBType, count: number, parents: Validity): ColumnData {
  const layout = layoutOf(type);
  const validity = simplifyMask(andMasks(readMask(vector, count), parents), count);
  switch (layout.kind) {
    case 'fixed': {
      const data = duckdb.vector_get_data(vector, count * layout.width);
      return { kind: 'fixed', type, validity, width: layout.width, data };
    }
    case 'bytes':
      return {
        kind: 'bytes',
        type,
        validity,
        ...readStrings(duckdb.vector_get_data(vector, count * 16), count, validity),
      };
    case 'list':
      return readList(vector, type, layout.child, count, validity);
    case 'array': {
      const live = repeatMask(validity, count, layout.length);
      const child = readVector(duckdb.array_vector_get_child(vector), layout.child, count * layout.length, live);
      return { kind: 'array', type, validity, length: layout.length, child };
    }
    case 'struct': {
      const children = layout.children.map((child, i) =>
        readVector(duckdb.struct_vector_get_child(vector, i), child, count, validity),
      );
      return { kind: 'struct', type, validity, children };
    }
  }
}

function readMask(vector: Vector, count: number): Validity {
  const words = (count + 63) >> 6;
  // The binding answers null where no row is NULL.
  return (duckdb.vector_get_validity(vector, words * 8) as Uint8Array | null | undefined) ?? null;
}

/**
 * DuckDB's list entries are pairs (offset, length) in any order, with gaps and overlaps. Where they follow one another
 * they become offsets as they are; else the child rows are taken in order of the entries.
 */
function readList(
  vector: Vector,
  type: DuckDBType,
  childType: DuckDBType,
  count: number,
  validity: Validity,
): ListData {
  const raw = duckdb.vector_get_data(vector, count * 16);
  const words = new Uint32Array(raw.buffer, raw.byteOffset, count * 4);
  const size = duckdb.list_vector_get_size(vector);
  const live = new Uint8Array(maskBytes(size));
  const offsets = new Int32Array(count + 1);
  let inOrder = true;
  for (let row = 0, total = 0; row < count; row++) {
    if (isValid(validity, row)) {
      const start = words[row * 4]!;
      const length = words[row * 4 + 2]!;
      inOrder &&= start === total || length === 0;
      setBits(live, start, length);
      total += length;
    }
    offsets[row + 1] = total;
  }
  const all = readVector(duckdb.list_vector_get_child(vector), childType, size, simplifyMask(live, size));
  const childCount = offsets[count]!;
  const child = inOrder ? all : takeColumn(all, entryRows(words, offsets, count));
  return { kind: 'list', type, validity, offsets, child, childCount };
}

/** Child rows in order of the entries. */
function entryRows(words: Uint32Array, offsets: Int32Array, count: number): Int32Array {
  const rows = new Int32Array(offsets[count]!);
  for (let row = 0; row < count; row++) {
    const start = words[row * 4]!;
    for (let at = offsets[row]!, i = 0; at < offsets[row + 1]!; at++, i++) {
      rows[at] = start + i;
    }
  }
  return rows;
}
