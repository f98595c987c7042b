import type { SluiceError } from '../../planner/errors.ts';

/** What is known when a query begins. */
export interface QueryStart {
  /** On every frame and row that belongs to the query. */
  readonly queryId: string;
  readonly sql: string | null;
  readonly user: string | null;
  readonly strategy: string;
}

/** How a query ended. `closed`: the client read no further. Times in milliseconds. */
export interface QueryEnd {
  readonly kind: 'done' | 'closed' | 'failed';
  readonly rows: number;
  readonly workers: number;
  readonly tasks: number;
  readonly retries: number;
  readonly elapsedMs: number;
  readonly error: SluiceError | null;
}

/** One row of the log: a query has one when it begins and one when it ends. */
export type QueryLogRow =
  | ({ readonly event: 'start'; readonly at: Date } & QueryStart)
  | ({ readonly event: 'end'; readonly at: Date; readonly queryId: string } & QueryEnd);

/** A longer text is cut: the log is bounded in bytes as well. */
const maxSqlLength = 10_000;

/** The last queries, in memory: a ring of rows. */
export class QueryLog {
  readonly #capacity: number;
  readonly #rows: QueryLogRow[] = [];
  #oldest = 0;

  /** `capacity`: rows that are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  start(start: QueryStart): void {
    const sql =
      start.sql === null || start.sql.length <= maxSqlLength ? start.sql : `${start.sql.slice(0, maxSqlLength)}…`;
    this.#add({ event: 'start', at: new Date(), ...start, sql });
  }

  end(queryId: string, end: QueryEnd): void {
    this.#add({ event: 'end', at: new Date(), queryId, ...end });
  }

  /** Oldest first. */
  rows(): readonly QueryLogRow[] {
    return [...this.#rows.slice(this.#oldest), ...this.#rows.slice(0, this.#oldest)];
  }

  #add(row: QueryLogRow): void {
    if (this.#rows.length < this.#capacity) {
      this.#rows.push(row);
      return;
    }
    this.#rows[this.#oldest] = row;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }
}
