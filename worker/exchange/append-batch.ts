/**
 * Batches into DuckDB: vectors are written with whole copies (copy_data_to_vector), long strings one by one through
 * vector_assign_string_element_len, short ones as the bytes of their string_t (see read-strings.ts for its layout).
 */
import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import duckdb, { type Vector } from '@duckdb/node-bindings';
import { errors } from '../../planner/errors.ts';
import type { BytesData, ColumnBatch, ColumnData, ListData, Validity } from '../rows/column-batch.ts';
import { maxInlineBytes } from '../rows/read-strings.ts';
import { sliceBatch, sliceColumn } from '../rows/slice.ts';
import { andMasks, isValid, maskBytes, repeatMask } from '../rows/validity.ts';

/**
 * Appends all rows of a batch of any size, in order. The table's columns must have the batch's types (DuckDB casts where it
 * can). Rows reach the table when the appender is flushed or closed. Throws 0A000
 * for a VARIANT.
 */
export function appendBatch(appender: DuckDBAppender, batch: ColumnBatch): void {
  const maxRows = duckdb.vector_size();
  const types = batch.columns.map((column) => column.type);
  for (const column of batch.columns) {
    refuseVariant(column);
  }
  for (let from = 0; from < batch.rowCount; from += maxRows) {
    appender.appendDataChunk(toChunk(sliceBatch(batch, from, from + maxRows), types));
  }
}

/** DuckDB's C interface can't make a chunk with a VARIANT in it. */
function refuseVariant(column: ColumnData): void {
  if (column.type.typeId === DuckDBTypeId.VARIANT) {
    throw errors.featureNotSupported(
      'moving a VARIANT between workers',
      'Cast it to JSON, or SET sluice.strategy = direct.',
    );
  }
  const children = column.kind === 'struct' ? column.children : 'child' in column ? [column.child] : [];
  children.forEach(refuseVariant);
}

/** A chunk with the rows of a batch, at most 2048 of them. */
function toChunk(batch: ColumnBatch, types: readonly DuckDBType[]): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(types, batch.rowCount);
  for (let i = 0; i < batch.columns.length; i++) {
    writeVector(duckdb.data_chunk_get_vector(chunk.chunk, i), batch.columns[i]!, batch.rowCount, null);
  }
  return chunk;
}

/** `parents`: rows whose parent is not null; DuckDB wants the children of a NULL to be NULL. */
function writeVector(vector: Vector, column: ColumnData, count: number, parents: Validity): void {
  const validity = andMasks(column.validity, parents);
  switch (column.kind) {
    case 'fixed':
      copyToVector(vector, column.data, count * column.width);
      break;
    case 'bytes':
      writeStrings(vector, column, count, validity);
      break;
    case 'list':
      writeList(vector, column, count, validity);
      break;
    case 'array': {
      const live = repeatMask(validity, count, column.length);
      writeVector(duckdb.array_vector_get_child(vector), column.child, count * column.length, live);
      break;
    }
    case 'struct':
      for (let i = 0; i < column.children.length; i++) {
        writeVector(duckdb.struct_vector_get_child(vector, i), column.children[i]!, count, validity);
      }
  }
  writeMask(vector, validity, count);
}

function copyToVector(vector: Vector, data: Uint8Array, size: number): void {
  if (size > 0) {
    duckdb.copy_data_to_vector(vector, 0, data.buffer as ArrayBuffer, data.byteOffset, size);
  }
}

function writeMask(vector: Vector, validity: Validity, count: number): void {
  if (validity !== null && count > 0) {
    duckdb.vector_ensure_validity_writable(vector);
    duckdb.copy_data_to_vector_validity(
      vector,
      0,
      validity.buffer as ArrayBuffer,
      validity.byteOffset,
      maskBytes(count),
    );
  }
}

function writeStrings(vector: Vector, column: BytesData, count: number, validity: Validity): void {
  const { offsets, data } = column;
  const raw = new Uint8Array(count * 16);
  const lengths = new Uint32Array(raw.buffer);
  let long = false;
  for (let row = 0; row < count; row++) {
    const from = offsets[row]!;
    const length = offsets[row + 1]! - from;
    if (length > maxInlineBytes) {
      long = true;
    } else if (isValid(validity, row)) {
      lengths[row * 4] = length;
      for (let i = 0, to = row * 16 + 4; i < length; i++) {
        raw[to + i] = data[from + i]!;
      }
    }
  }
  copyToVector(vector, raw, raw.length);
  for (let row = 0; long && row < count; row++) {
    if (offsets[row + 1]! - offsets[row]! > maxInlineBytes && isValid(validity, row)) {
      duckdb.vector_assign_string_element_len(vector, row, data.subarray(offsets[row]!, offsets[row + 1]!));
    }
  }
}

/** Entries are written as (offset, length) pairs over the part of the child that the rows use. */
function writeList(vector: Vector, column: ListData, count: number, validity: Validity): void {
  const first = column.offsets[0]!;
  const used = column.offsets[count]! - first;
  const entries = new Uint32Array(count * 4);
  for (let row = 0; row < count; row++) {
    entries[row * 4] = column.offsets[row]! - first;
    entries[row * 4 + 2] = isValid(validity, row) ? column.offsets[row + 1]! - column.offsets[row]! : 0;
  }
  copyToVector(vector, new Uint8Array(entries.buffer), count * 16);
  // The child's buffers move when they grow: reserve before the child is asked for.
  duckdb.list_vector_reserve(vector, used);
  duckdb.list_vector_set_size(vector, used);
  const child =
    used === column.childCount && first === 0 ? column.child : sliceColumn(column.child, first, first + used);
  writeVector(duckdb.list_vector_get_child(vector), child, used, null);
}
