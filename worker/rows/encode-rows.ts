/**
 * Rows as DataRow messages, ready for the socket. A writer per column, bound to the batch's vectors, writes into one buffer
 * per call: no value becomes a JavaScript string or object on the way where it can be helped.
 */
import type { DuckDBType } from '@duckdb/node-api';
import { binaryBinder } from './binary-values.ts';
import type { ColumnBatch, Validity } from './column-batch.ts';
import { Sink } from './sink.ts';
import { type RowStyle, resolveStyle } from './style.ts';
import { type CellWriter, textBinder } from './text-values.ts';

export type { RowStyle } from './style.ts';

export interface RowEncoder {
  /**
   * Rows `from` (inclusive) to `to` (exclusive) as complete DataRow messages. The batch has the encoder's types. The buffer
   * is the caller's: it is never written again.
   */
  encode(batch: ColumnBatch, from: number, to: number): Buffer;
}

/** First guess of a row's bytes; later buffers are as large as the rows before them say. */
const firstRowBytes = 64;
/** Room above the expectation, so that most buffers never grow. */
const spareRatio = 1.125;
const dataRow = 68;

/**
 * An encoder of rows of these types. `formats`: one per column, 0 text and 1 binary, as the client asked for in Bind. Throws
 * 0A000 for a type that can't be sent, 22023 for an unknown time zone.
 */
export function makeRowEncoder(types: readonly DuckDBType[], formats: readonly (0 | 1)[], style: RowStyle): RowEncoder {
  const resolved = resolveStyle(style);
  const binders = types.map((type, i) =>
    formats[i] === 1 ? binaryBinder(type, resolved) : textBinder(type, resolved),
  );
  let rowBytes = firstRowBytes;
  return {
    encode(batch, from, to) {
      const writers = batch.columns.map((column, i) => binders[i]!(column));
      const masks = batch.columns.map((column) => column.validity);
      const rows = Math.max(0, to - from);
      const out = new Sink(Math.ceil(rows * rowBytes * spareRatio) + firstRowBytes);
      writeRows(out, writers, masks, from, to);
      if (rows > 0) {
        rowBytes = out.at / rows;
      }
      return out.bytes.subarray(0, out.at);
    },
  };
}

function writeRows(
  out: Sink,
  writers: readonly CellWriter[],
  masks: readonly Validity[],
  from: number,
  to: number,
): void {
  const columns = writers.length;
  for (let row = from; row < to; row++) {
    const start = out.at;
    // Type, length, number of columns; each column's length is reserved ahead of its value.
    out.reserve(7 + columns * 4);
    out.bytes[start] = dataRow;
    out.at = start + 5;
    out.int16(columns);
    for (let i = 0; i < columns; i++) {
      const mask = masks[i]!;
      out.reserve(4);
      const at = out.at;
      if (mask !== null && ((mask[row >> 3]! >> (row & 7)) & 1) === 0) {
        out.setInt32(at, -1);
        out.at = at + 4;
      } else {
        out.at = at + 4;
        writers[i]!(out, row);
        out.setInt32(at, out.at - at - 4);
      }
    }
    out.setInt32(start + 1, out.at - start - 1);
  }
}
