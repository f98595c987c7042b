import type { DuckDBType } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { takeColumn } from '../../worker/rows/take.ts';
import type { CursorRows } from './cursor-rows.ts';
import type { BatchReader } from './row-source.ts';

/** Where FETCH and MOVE go. `count` may be Infinity (ALL), and negative: then the other way. */
export type Movement =
  | { readonly kind: 'forward' | 'backward'; readonly count: number }
  /** From the end when negative. */
  | { readonly kind: 'absolute' | 'relative'; readonly row: number };

/** What DECLARE said. */
export interface CursorFacts {
  readonly name: string;
  /** The whole DECLARE statement. */
  readonly text: string;
  readonly names: readonly string[];
  readonly scroll: boolean;
  readonly binary: boolean;
  readonly hold: boolean;
}

/** Rows that lie next to each other in one batch: `count` of them from index `from`, upwards or downwards. */
interface Piece {
  readonly batch: ColumnBatch;
  readonly from: number;
  readonly count: number;
  readonly step: 1 | -1;
}

/** A cursor of SQL: rows, and where it stands among them, as PostgreSQL counts (portalcmds and pquery in its source). */
export class Cursor {
  readonly facts: CursorFacts;
  readonly created = new Date();
  /** Cancels its query. */
  readonly abort: AbortController;
  /** The savepoint in whose time it was made; 0: none. */
  level: number;
  /** It was made by a transaction that has ended. */
  held = false;
  readonly #rows: CursorRows;
  /** 0: before the first row; one more than there are: after the last. */
  #at = 0;
  /** A FETCH that was not read to its end. */
  #fetching: Fetch | undefined;

  constructor(facts: CursorFacts, rows: CursorRows, abort: AbortController, level: number) {
    this.facts = facts;
    this.#rows = rows;
    this.abort = abort;
    this.level = level;
  }

  get types(): readonly DuckDBType[] {
    return this.#rows.types;
  }

  /** Rows of FETCH, pulled as they are taken. Closing the reader before its end moves the cursor all the way. */
  async fetch(movement: Movement): Promise<BatchReader> {
    await this.#fetching?.giveUp(errors.portalNotRunnable(this.facts.name));
    const fetching = new Fetch(this.types, this.#walk(movement, true));
    this.#fetching = fetching;
    return fetching;
  }

  /** How many rows FETCH would have given. */
  async move(movement: Movement): Promise<number> {
    await this.#fetching?.giveUp(errors.portalNotRunnable(this.facts.name));
    this.#fetching = undefined;
    let count = 0;
    for await (const piece of this.#walk(movement, false)) {
      count += piece.count;
    }
    return count;
  }

  /** Before the transaction that made it commits. Raises the errors of its query. */
  async persist(): Promise<void> {
    await this.#rows.pullAll();
    this.held = true;
  }

  async close(): Promise<void> {
    await this.#rows.close();
  }

  async *#walk(movement: Movement, sends: boolean): AsyncGenerator<Piece, void> {
    switch (movement.kind) {
      case 'forward':
        return yield* this.#run(movement.count, sends);
      case 'backward':
        return yield* this.#run(-movement.count, sends);
      case 'absolute':
        return yield* this.#absolute(movement.row);
      case 'relative':
        if (Math.abs(movement.row) > 1) {
          await drain(this.#run(movement.row - Math.sign(movement.row), false));
        }
        return yield* this.#run(Math.sign(movement.row), sends);
    }
  }

  #run(count: number, sends: boolean): AsyncGenerator<Piece, void> {
    if (count === 0) {
      return this.#current(sends);
    }
    return count > 0 ? this.#forward(count) : this.#backward(-count);
  }

  async *#current(sends: boolean): AsyncGenerator<Piece, void> {
    if (this.#at === 0 || !(await this.#rows.has(this.#at))) {
      return;
    }
    if (sends) {
      this.#mayGoBack();
    }
    const { batch, first } = await this.#rows.at(this.#at);
    yield { batch, from: this.#at - first, count: 1, step: 1 };
  }

  async *#forward(count: number): AsyncGenerator<Piece, void> {
    for (let left = count; left > 0; ) {
      const next = this.#at + 1;
      if (!(await this.#rows.has(next))) {
        // After the last it stays there.
        this.#at = (await this.#rows.has(this.#at)) || this.#at === 0 ? next : this.#at;
        return;
      }
      const { batch, first } = await this.#rows.at(next);
      const from = next - first;
      const taken = Math.min(left, batch.rowCount - from);
      this.#at += taken;
      left -= taken;
      yield { batch, from, count: taken, step: 1 };
      this.#rows.passed(this.#at);
    }
  }

  async *#backward(count: number): AsyncGenerator<Piece, void> {
    this.#mayGoBack();
    for (let left = count; left > 0; ) {
      const next = this.#at - 1;
      if (next < 1) {
        this.#at = 0;
        return;
      }
      const { batch, first } = await this.#rows.at(next);
      const from = next - first;
      const taken = Math.min(left, from + 1);
      this.#at -= taken;
      left -= taken;
      yield { batch, from, count: taken, step: -1 };
    }
  }

  async *#absolute(row: number): AsyncGenerator<Piece, void> {
    if (row > this.#at) {
      await drain(this.#forward(row - this.#at - 1));
      return yield* this.#forward(1);
    }
    if (row > 0 || this.#at > 0) {
      this.#mayGoBack();
    }
    if (row >= 0) {
      this.#at = Math.max(0, row - 1);
    } else {
      this.#mayGoBack();
      this.#at = Math.max(0, (await this.#rows.count()) + row);
      if (this.#at === 0 && (await this.#rows.count()) + row < 0) {
        return;
      }
    }
    if (row !== 0) {
      yield* this.#forward(1);
    }
  }

  #mayGoBack(): void {
    if (this.#rows.forwardOnly) {
      throw errors.cursorForwardOnly();
    }
  }
}

async function drain(pieces: AsyncGenerator<Piece, void>): Promise<void> {
  while (!(await pieces.next()).done);
}

/** The answer of one FETCH. */
class Fetch implements BatchReader {
  readonly types: readonly DuckDBType[];
  readonly #pieces: AsyncGenerator<Piece, void>;
  #done = false;
  #error: Error | undefined;

  constructor(types: readonly DuckDBType[], pieces: AsyncGenerator<Piece, void>) {
    this.types = types;
    this.#pieces = pieces;
  }

  async next(): Promise<ColumnBatch | null> {
    if (this.#error !== undefined) {
      throw this.#error;
    }
    const step = this.#done ? undefined : await this.#pieces.next();
    if (step === undefined || step.done) {
      this.#done = true;
      return null;
    }
    return taken(step.value);
  }

  async close(): Promise<void> {
    if (!this.#done) {
      this.#done = true;
      await drain(this.#pieces);
    }
  }

  /** Another statement wants the cursor: whoever reads on here gets the error. */
  async giveUp(error: Error): Promise<void> {
    if (!this.#done) {
      this.#error = error;
      await this.close();
    }
  }
}

function taken({ batch, from, count, step }: Piece): ColumnBatch {
  if (from === 0 && step === 1 && count === batch.rowCount) {
    return batch;
  }
  const rows = Int32Array.from({ length: count }, (_, index) => from + index * step);
  return { rowCount: count, columns: batch.columns.map((column) => takeColumn(column, rows)) };
}
