import type { DuckDBType } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { batchBytes } from '../coordinator/batch-bytes.ts';
import type { SpoolBudget } from '../coordinator/frame-file.ts';
import { SpoolFile } from '../coordinator/spool-file.ts';
import { spoolFileBytes, spoolMemoryBytes } from './limits.ts';
import type { BatchReader } from './row-source.ts';
import type { LiveAnswer } from './session-connection.ts';

/**
 * What is kept of rows that were read: all of them (SCROLL), none (NO SCROLL), or as many as fit in memory (neither said: PostgreSQL can
 * then go back where the plan allows it).
 */
export type Keep = 'all' | 'some' | 'none';

interface HeldBatch {
  /** Number of its first row; rows count from 1. */
  readonly first: number;
  readonly rowCount: number;
  readonly bytes: number;
  /** A number: its place in the file. */
  readonly content: ColumnBatch | number;
}

/** The rows of a cursor, pulled when they are asked for; what is kept lies in memory up to a limit, then in a file. */
export class CursorRows implements LiveAnswer {
  readonly #reader: BatchReader;
  readonly #file: SpoolFile;
  readonly #ended: () => void;
  #keep: Keep;
  #held: HeldBatch[] = [];
  #memoryBytes = 0;
  #written = 0;
  #pulled = 0;
  /** Rows up to this number are gone. */
  #gone = 0;
  #atEnd = false;
  #failure: { readonly error: unknown } | undefined;
  /** The last batch that came from the file. */
  #cached: { readonly place: number; readonly batch: ColumnBatch } | undefined;

  /** `ended`: called once, when the reader is of no more use. */
  constructor(reader: BatchReader, keep: Keep, directory: string, ended: () => void) {
    this.#reader = reader;
    this.#keep = keep;
    this.#ended = ended;
    const budget: SpoolBudget = { directory, limitBytes: spoolFileBytes, usedBytes: 0 };
    this.#file = new SpoolFile(budget);
  }

  get types(): readonly DuckDBType[] {
    return this.#reader.types;
  }

  get forwardOnly(): boolean {
    return this.#keep === 'none';
  }

  /** Whether there is a row of this number. Raises the query's errors, and 53400 when the file is full. */
  async has(row: number): Promise<boolean> {
    while (this.#pulled < row && (await this.#pull(false)));
    return row <= this.#pulled;
  }

  /** How many rows there are. All of them are kept from here on, if none is gone yet. */
  async count(): Promise<number> {
    if (this.#keep === 'some' && this.#gone === 0) {
      this.#keep = 'all';
    }
    while (await this.#pull(true));
    return this.#pulled;
  }

  /** The batch that holds a row that there is. Raises 55000 when it is gone. */
  async at(row: number): Promise<{ readonly batch: ColumnBatch; readonly first: number }> {
    const held = this.#find(row);
    if (held === undefined) {
      throw errors.cursorForwardOnly();
    }
    return { batch: await this.#load(held), first: held.first };
  }

  /** Rows before this one are no longer needed, unless they are kept. */
  passed(row: number): void {
    const tooMuch = () => this.#keep === 'none' || (this.#keep === 'some' && this.#memoryBytes > spoolMemoryBytes);
    for (let first = this.#held[0]; first !== undefined && tooMuch(); first = this.#held[0]) {
      if (first.first + first.rowCount > row) {
        return;
      }
      this.#held.shift();
      this.#memoryBytes -= typeof first.content === 'number' ? 0 : first.bytes;
      this.#gone = first.first + first.rowCount - 1;
    }
  }

  /** Pulls all rows, so that the query's connection is free. Its errors come when the rows are asked for. */
  async detach(): Promise<void> {
    try {
      while (await this.#pull(true));
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** As `detach`, but raises the errors. */
  async pullAll(): Promise<void> {
    await this.detach();
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }

  async close(): Promise<void> {
    this.#held = [];
    this.#cached = undefined;
    this.#failure ??= { error: errors.internal('the rows of a cursor are closed') };
    try {
      await this.#end();
    } finally {
      await this.#file.close();
    }
  }

  /** False after the last row. `aside`: nobody takes the rows now. */
  async #pull(aside: boolean): Promise<boolean> {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
    if (this.#atEnd) {
      return false;
    }
    try {
      const batch = await this.#reader.next();
      if (batch === null) {
        await this.#end();
        return false;
      }
      if (batch.rowCount > 0) {
        await this.#put(batch, aside);
      }
      return true;
    } catch (error) {
      this.#failure = { error };
      await this.#end();
      throw error;
    }
  }

  async #put(batch: ColumnBatch, aside: boolean): Promise<void> {
    const bytes = batchBytes(batch);
    const full = this.#memoryBytes + bytes > spoolMemoryBytes;
    const toFile = full && this.#held.length > 0 && (aside || this.#keep === 'all');
    const held = { first: this.#pulled + 1, rowCount: batch.rowCount, bytes };
    if (toFile) {
      await this.#file.write(batch);
      this.#held.push({ ...held, content: this.#written++ });
    } else {
      this.#memoryBytes += bytes;
      this.#held.push({ ...held, content: batch });
    }
    this.#pulled += batch.rowCount;
  }

  async #end(): Promise<void> {
    if (!this.#atEnd) {
      this.#atEnd = true;
      this.#ended();
      await this.#reader.close();
    }
  }

  #find(row: number): HeldBatch | undefined {
    let low = 0;
    let high = this.#held.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const held = this.#held[middle]!;
      if (row < held.first) {
        high = middle - 1;
      } else if (row >= held.first + held.rowCount) {
        low = middle + 1;
      } else {
        return held;
      }
    }
    return undefined;
  }

  async #load({ content }: HeldBatch): Promise<ColumnBatch> {
    if (typeof content !== 'number') {
      return content;
    }
    if (this.#cached?.place !== content) {
      this.#cached = { place: content, batch: await this.#file.readAt(content) };
    }
    return this.#cached.batch;
  }
}
