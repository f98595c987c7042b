import { setImmediate as giveWay } from 'node:timers/promises';
import type { DuckDBType } from '@duckdb/node-api';
import type { ColumnBatch, ColumnData } from '../../worker/rows/column-batch.ts';
import type { RowEncoder } from '../../worker/rows/encode-rows.ts';
import type { Client } from './client.ts';
import { aheadBytes, encodeRows, encodeRowsInTurn } from './limits.ts';

/** Complete messages. */
export interface EncodedRows {
  readonly bytes: Buffer;
  readonly rows: number;
  /** Nobody else holds the memory of `bytes`: once they are sent it may be given back. */
  readonly own?: boolean;
  /** The next rows are at hand and few, and what they are made of is held until they are taken: better not to wait for the client before. */
  readonly more?: boolean;
}

/** Rows of an answer, pulled as messages. */
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
  /** Nobody else reads the batches that `next` gives. */
  readonly givesAway?: boolean | undefined;
  next(): Promise<ColumnBatch | null>;
  close(): Promise<void>;
}

/**
 * Encodes batches as they are pulled, a bounded piece at a time. A client's turn is for a batch, or for so much of it as may be sent ahead: the
 * batch comes in the turn and is gone with it. Those of a hundred clients that wait for their turns, or for room, would outlive V8's quick
 * collections otherwise, and everybody waits for the slow one that is needed then.
 */
export class EncodingSource implements RowSource {
  readonly #reader: BatchReader;
  readonly #encoder: Pick<RowEncoder, 'encode'>;
  #batch: ColumnBatch | null = null;
  #at = 0;
  /** Rows that are left in this turn. */
  #left = 0;
  #isCrowded = false;
  #ended = false;

  constructor(reader: BatchReader, encoder: Pick<RowEncoder, 'encode'>) {
    this.#reader = reader;
    this.#encoder = encoder;
  }

  async next(maxRows: number, turn?: Client['turn']): Promise<EncodedRows | null> {
    if (this.#left === 0) {
      const wait = turn?.() ?? false;
      this.#isCrowded = typeof wait === 'boolean' ? wait : await wait;
      await this.#pull();
    } else if (this.#isCrowded) {
      await giveWay();
    }
    const batch = this.#batch;
    if (batch === null) {
      return null;
    }
    const rows = Math.min(maxRows, this.#isCrowded ? encodeRowsInTurn : encodeRows, this.#left);
    const bytes = this.#encoder.encode(batch, this.#at, this.#at + rows);
    this.#at += rows;
    this.#left = (bytes.length / rows) * (this.#left - rows) > aheadBytes ? 0 : this.#left - rows;
    if (this.#at === batch.rowCount) {
      this.#drop(batch);
    }
    return { bytes, rows, own: true, more: this.#left > 0 };
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#batch = null;
    this.#left = 0;
    await this.#reader.close();
  }

  /** Sees to it that there are rows, if any are to come. */
  async #pull(): Promise<void> {
    while (this.#batch === null && !this.#ended) {
      const batch = await this.#reader.next();
      this.#ended ||= batch === null;
      this.#at = 0;
      this.#batch = batch?.rowCount === 0 ? null : batch;
    }
    this.#left = Math.min(encodeRows, (this.#batch?.rowCount ?? 0) - this.#at);
  }

  /** Those that handed the batch on still refer to it while they wait, as suspended generators do: its columns go at once all the same. */
  #drop(batch: ColumnBatch): void {
    this.#batch = null;
    if (this.#reader.givesAway) {
      (batch.columns as ColumnData[]).length = 0;
    }
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

/** Batches of an asynchronous source, which gives each to this reader alone. */
export function asyncBatchReader(
  types: readonly DuckDBType[],
  batches: AsyncIterable<ColumnBatch>,
  close: () => Promise<void>,
): BatchReader {
  const iterator = batches[Symbol.asyncIterator]();
  return {
    types,
    givesAway: true,
    next: async () => {
      const step = await iterator.next();
      return step.done ? null : step.value;
    },
    close,
  };
}
