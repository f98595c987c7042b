import type { DuckDBType } from '@duckdb/node-api';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import type { RowEncoder } from '../../worker/rows/encode-rows.ts';
import type { Client } from './client.ts';
import { encodeRows, encodeRowsInTurn } from './limits.ts';

/** Complete DataRow messages. */
export interface EncodedRows {
  readonly bytes: Buffer;
  readonly rows: number;
  /** Nobody else holds the memory of `bytes`: once they are sent it may be given back. */
  readonly own?: boolean;
}

/** Rows of an answer, pulled as DataRow messages. */
export interface RowSource {
  /**
   * At most `maxRows` (> 0) of the next rows; null after the last. `turn`: what is waited for before they are made. Raises SluiceError.
   */
  next(maxRows: number, turn?: Client['turn']): Promise<EncodedRows | null>;
  /** Frees what it holds; may be called at any time and more than once. */
  close(): Promise<void>;
}

/** Pulls batches; `null` at the end. */
export interface BatchReader {
  readonly types: readonly DuckDBType[];
  next(): Promise<ColumnBatch | null>;
  close(): Promise<void>;
}

/** Encodes batches as they are pulled, a bounded piece at a time. */
export class EncodingSource implements RowSource {
  readonly #reader: BatchReader;
  readonly #encoder: RowEncoder;
  #batch: ColumnBatch | null = null;
  #at = 0;
  #ended = false;

  constructor(reader: BatchReader, encoder: RowEncoder) {
    this.#reader = reader;
    this.#encoder = encoder;
  }

  async next(maxRows: number, turn?: Client['turn']): Promise<EncodedRows | null> {
    while (!this.#ended && (this.#batch === null || this.#at >= this.#batch.rowCount)) {
      this.#batch = await this.#reader.next();
      this.#at = 0;
      this.#ended = this.#batch === null;
    }
    const batch = this.#batch;
    if (batch === null) {
      return null;
    }
    const wait = turn?.() ?? false;
    const isCrowded = typeof wait === 'boolean' ? wait : await wait;
    const rows = Math.min(maxRows, isCrowded ? encodeRowsInTurn : encodeRows, batch.rowCount - this.#at);
    const bytes = this.#encoder.encode(batch, this.#at, this.#at + rows);
    this.#at += rows;
    return { bytes, rows, own: true };
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#batch = null;
    await this.#reader.close();
  }
}

/** Batches that are there already. */
export function batchReader(types: readonly DuckDBType[], batches: Iterable<ColumnBatch>): BatchReader {
  const iterator = batches[Symbol.iterator]();
  return {
    types,
    next: async () => {
      const step = iterator.next();
      return step.done ? null : step.value;
    },
    close: async () => undefined,
  };
}

/** Batches of an asynchronous source. */
export function asyncBatchReader(
  types: readonly DuckDBType[],
  batches: AsyncIterable<ColumnBatch>,
  close: () => Promise<void>,
): BatchReader {
  const iterator = batches[Symbol.asyncIterator]();
  return {
    types,
    next: async () => {
      const step = await iterator.next();
      return step.done ? null : step.value;
    },
    close,
  };
}
