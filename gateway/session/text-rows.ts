import { BOOLEAN, type DuckDBType, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { ColumnBatch, ColumnData } from '../../worker/rows/column-batch.ts';
import { VOID_TYPE } from '../../worker/rows/types.ts';
import type { Outcome } from './context.ts';
import { batchReader } from './row-source.ts';

/** Types of answers that the session itself makes. */
export const answerTypes = {
  text: VARCHAR,
  void: VOID_TYPE,
  boolean: BOOLEAN,
  integer: INTEGER,
} as const satisfies Readonly<Record<string, DuckDBType>>;
export type AnswerKind = keyof typeof answerTypes;

type Cell = string | null;

function validity(values: readonly Cell[]): Uint8Array | null {
  if (!values.includes(null)) {
    return null;
  }
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [row, value] of values.entries()) {
    bits[row >> 3]! |= (value === null ? 0 : 1) << (row & 7);
  }
  return bits;
}

function textColumn(type: DuckDBType, values: readonly Cell[]): ColumnData {
  const parts = values.map((value) => Buffer.from(value ?? ''));
  const offsets = new Int32Array(values.length + 1);
  for (const [row, part] of parts.entries()) {
    offsets[row + 1] = offsets[row]! + part.length;
  }
  return { kind: 'bytes', type, validity: validity(values), offsets, data: Buffer.concat(parts) };
}

const intBytes = 4;

const columnOf: Readonly<Record<AnswerKind, (values: readonly Cell[]) => ColumnData>> = {
  text: (values) => textColumn(answerTypes.text, values),
  void: (values) => textColumn(answerTypes.void, values),
  boolean: (values) => {
    const data = Uint8Array.from(values, (value) => (value === 't' ? 1 : 0));
    return { kind: 'fixed', type: answerTypes.boolean, validity: validity(values), width: 1, data };
  },
  integer: (values) => {
    const data = Buffer.alloc(values.length * intBytes);
    for (const [row, value] of values.entries()) {
      data.writeInt32LE(Number(value ?? 0), row * intBytes);
    }
    return { kind: 'fixed', type: answerTypes.integer, validity: validity(values), width: intBytes, data };
  },
};

/** Rows as a batch; a value is text as PostgreSQL writes it (`t` and `f` for booleans). */
export function typedBatch(kinds: readonly AnswerKind[], rows: readonly (readonly Cell[])[]): ColumnBatch {
  const columns = kinds.map((kind, index) => columnOf[kind](rows.map((row) => row[index] ?? null)));
  return { rowCount: rows.length, columns };
}

/** Rows as the outcome of a command. */
export function typedAnswer(
  names: readonly string[],
  kinds: readonly AnswerKind[],
  rows: readonly (readonly Cell[])[],
  tag: (rows: number) => string,
): Outcome {
  const types = kinds.map((kind) => answerTypes[kind]);
  const batches = rows.length === 0 ? [] : [typedBatch(kinds, rows)];
  return { kind: 'rows', names, types, reader: batchReader(types, batches), live: false, tag };
}
