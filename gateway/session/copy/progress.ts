/** What COPY statements are doing: the data of pg_stat_progress_copy. */

/** Counters of one running COPY. Its owner changes them. */
export interface CopyCounters {
  readonly pid: number;
  readonly database: string;
  /** Null: a query. */
  readonly table: { readonly schema: string; readonly name: string } | null;
  readonly command: 'COPY FROM' | 'COPY TO';
  /** Bytes of the client's data. */
  bytesProcessed: number;
  tuplesProcessed: number;
  /** Not taken because of WHERE. */
  tuplesExcluded: number;
}

/** The COPY statements that run, of all sessions. */
export class CopyProgress {
  readonly #running = new Set<CopyCounters>();

  /** `done` has to be called at the end. */
  begin(of: Pick<CopyCounters, 'pid' | 'database' | 'table' | 'command'>): {
    readonly counters: CopyCounters;
    readonly done: () => void;
  } {
    const counters: CopyCounters = { ...of, bytesProcessed: 0, tuplesProcessed: 0, tuplesExcluded: 0 };
    this.#running.add(counters);
    return { counters, done: () => void this.#running.delete(counters) };
  }

  list(): readonly Readonly<CopyCounters>[] {
    return [...this.#running];
  }
}
