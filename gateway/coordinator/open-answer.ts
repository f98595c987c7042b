import { errors, type SluiceError } from '../../planner/errors.ts';
import type { OutputColumn, Plan } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import type { Permit } from './admit.ts';
import type { Answer, QueryReport } from './coordinator.ts';
import type { ResultStream } from './query-run.ts';
import type { QueryTrace } from './trace.ts';

export interface OpenAnswerOptions {
  readonly columns: readonly OutputColumn[];
  readonly stream: ResultStream;
  readonly permit: Permit;
  readonly trace: QueryTrace;
  readonly idleAnswerMs: number;
  /**
   * How long its reader waits for a query that was ended. DuckDB does not look at interrupts while it builds a large hash table (1.5.5: 220 ms
   * for ten million rows, 2 threads); then the query winds down unseen, and keeps its place until it has. Infinite for one on the session's
   * connection, which the session needs.
   */
  readonly windDownMs: number;
  /** Aborted when the query ends early. */
  readonly signal: AbortSignal;
  /** Ends the query. */
  readonly abort: (error: unknown) => void;
  /** Told once, when nothing of the query is left. */
  readonly onEnd: (outcome: QueryOutcome) => void;
}

/** How a query ended. `closed`: its reader left before the last row. */
export type QueryOutcome =
  | { readonly kind: 'done' | 'closed'; readonly report: QueryReport }
  | { readonly kind: 'failed'; readonly report: QueryReport; readonly error: SluiceError };

/** In place of a batch: its query winds down. */
const givenUp = { done: true, value: undefined } as const;

/** An answer from its first batch until everything that made it is gone. One reader. */
export class OpenAnswer implements Answer {
  readonly columns: readonly OutputColumn[];
  readonly #options: OpenAnswerOptions;
  /** The batch that is being waited for. */
  #pending: Promise<IteratorResult<ColumnBatch, void>> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #iterated = false;
  /** There once the end has begun; resolves when nothing is left. Never rejects. */
  #end: Promise<void> | undefined;
  #failure: SluiceError | undefined;
  #cleanUpError: unknown;
  /** When its reader waits no longer; the query has been ended. */
  #patienceEnds: number | undefined;

  constructor(options: OpenAnswerOptions) {
    this.columns = options.columns;
    this.#options = options;
    this.#startIdleTimer();
    const { signal } = options;
    // While a batch is waited for, that wait ends with the error and does the rest.
    const onAbort = () => {
      this.#patienceEnds = performance.now() + options.windDownMs;
      if (this.#pending === undefined) void this.#finish(toSluiceError(signal.reason));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<ColumnBatch, void, undefined> {
    if (this.#iterated) throw errors.internal('an answer can be read once');
    this.#iterated = true;
    return {
      next: () => this.#next(),
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  /** Resolves when nothing is left, or after `windDownMs`. */
  async close(): Promise<void> {
    const end = this.#finish(undefined);
    this.#options.abort(errors.cancelled());
    await this.#inTime(end);
    if (this.#cleanUpError !== undefined) throw toSluiceError(this.#cleanUpError);
  }

  /** As `close`, however long it takes. */
  async closeWholly(): Promise<void> {
    await this.close();
    await this.#end;
  }

  report(): QueryReport {
    return this.#options.trace.report();
  }

  replacedPlan(): Plan | undefined {
    return this.#options.trace.plan;
  }

  async #next(): Promise<IteratorResult<ColumnBatch, void>> {
    if (this.#end !== undefined) return await this.#afterEnd();
    if (this.#pending !== undefined) throw errors.internal('an answer has one reader');
    clearTimeout(this.#idleTimer);
    let result: IteratorResult<ColumnBatch, void>;
    try {
      this.#pending = this.#pull();
      result = (await this.#inTime(this.#pending)) ?? givenUp;
      if (result === givenUp) throw this.#options.signal.reason;
    } catch (error) {
      await this.#inTime(this.#finish(toSluiceError(error)));
      throw this.#failure ?? toSluiceError(error);
    }
    this.#pending = undefined;
    this.#options.trace.clock.enter('deliver');
    if (result.done === true) await this.#finish(null);
    if (this.#end !== undefined) return await this.#afterEnd();
    this.#options.trace.rows += result.value!.rowCount;
    this.#startIdleTimer();
    return result;
  }

  async #pull(): Promise<IteratorResult<ColumnBatch, void>> {
    const { permit, stream, trace } = this.#options;
    trace.clock.enter('admit');
    await permit.resume();
    trace.clock.enterWork();
    return await stream.next();
  }

  /** What `work` gives; undefined when the query was ended and `work` goes on for longer than a reader waits. */
  #inTime<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal, windDownMs } = this.#options;
    if (windDownMs === Number.POSITIVE_INFINITY) return work;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const onAbort = () => {
        const waitMs = (this.#patienceEnds ?? performance.now() + windDownMs) - performance.now();
        timer = setTimeout(() => resolve(undefined), waitMs);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      const settled = () => {
        signal.removeEventListener('abort', onAbort);
        clearTimeout(timer);
      };
      work.then(resolve, reject).finally(settled);
    });
  }

  async #afterEnd(): Promise<IteratorResult<ColumnBatch, void>> {
    if (this.#end !== undefined) await this.#inTime(this.#end);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#cleanUpError !== undefined) throw toSluiceError(this.#cleanUpError);
    return { done: true, value: undefined };
  }

  #startIdleTimer(): void {
    const { permit, idleAnswerMs } = this.#options;
    this.#idleTimer = setTimeout(() => permit.park(), idleAnswerMs);
    this.#idleTimer.unref();
  }

  /** `failure`: null after the last row, undefined when the reader left. Only the first call counts. */
  #finish(failure: SluiceError | null | undefined): Promise<void> {
    this.#end ??= this.#cleanUp(failure);
    return this.#end;
  }

  async #cleanUp(failure: SluiceError | null | undefined): Promise<void> {
    const { stream, permit, trace, onEnd } = this.#options;
    clearTimeout(this.#idleTimer);
    this.#failure = failure ?? undefined;
    // The reader who waits gets its error.
    await this.#pending?.catch(() => undefined);
    try {
      await stream.return();
    } catch (error) {
      this.#cleanUpError = error;
    }
    permit.release();
    trace.end();
    const report = trace.report();
    if (failure) onEnd({ kind: 'failed', report, error: failure });
    else onEnd({ kind: failure === null ? 'done' : 'closed', report });
  }
}
