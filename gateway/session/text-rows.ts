import { VARCHAR } from '@duckdb/node-api';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { type BatchReader, batchReader } from './row-source.ts';

/** An answer of the session's own: text columns (SHOW, EXPLAIN, set_config ...). */
export interface TextAnswer {
  readonly columns: readonly OutputColumn[];
  readonly reader: BatchReader;
}

function validity(values: readonly (string | null)[]): Uint8Array | null {
  if (!values.includes(null)) {
    return null;
  }
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [row, value] of values.entries()) {
    bits[row >> 3]! |= (value === null ? 0 : 1) << (row & 7);
  }
  return bits;
}

function textBatch(names: readonly string[], rows: readonly (readonly (string | null)[])[]): ColumnBatch {
  const columns = names.map((_, index) => {
    const values = rows.map((row) => row[index] ?? null);
    const parts = values.map((value) => Buffer.from(value ?? ''));
    const offsets = new Int32Array(rows.length + 1);
    for (const [row, part] of parts.entries()) {
      offsets[row + 1] = offsets[row]! + part.length;
    }
    const data = Buffer.concat(parts);
    return { kind: 'bytes' as const, type: VARCHAR, validity: validity(values), offsets, data };
  });
  return { rowCount: rows.length, columns };
}

/** Rows of text under these column names. */
export function textAnswer(names: readonly string[], rows: readonly (readonly (string | null)[])[]): TextAnswer {
  const types = names.map(() => VARCHAR);
  return {
    columns: names.map((name) => ({ name, type: 'VARCHAR' })),
    reader: batchReader(types, rows.length === 0 ? [] : [textBatch(names, rows)]),
  };
}
