import { errors, type SluiceError } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
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

  constructor(options: OpenAnswerOptions) {
    this.columns = options.columns;
    this.#options = options;
    this.#startIdleTimer();
    const { signal } = options;
    // While a batch is waited for, that wait ends with the error and does the rest.
    const onAbort = () => {
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

  async close(): Promise<void> {
    const end = this.#finish(undefined);
    this.#options.abort(errors.cancelled());
    await end;
    if (this.#cleanUpError !== undefined) throw toSluiceError(this.#cleanUpError);
  }

  report(): QueryReport {
    return this.#options.trace.report();
  }

  async #next(): Promise<IteratorResult<ColumnBatch, void>> {
    if (this.#pending !== undefined) throw errors.internal('an answer has one reader');
    clearTimeout(this.#idleTimer);
    if (this.#end !== undefined) return await this.#afterEnd();
    let result: IteratorResult<ColumnBatch, void>;
    try {
      this.#pending = this.#pull();
      result = await this.#pending;
    } catch (error) {
      this.#pending = undefined;
      await this.#finish(toSluiceError(error));
      throw this.#failure ?? toSluiceError(error);
    }
    this.#pending = undefined;
    if (result.done === true) await this.#finish(null);
    if (this.#end !== undefined) return await this.#afterEnd();
    this.#options.trace.rows += result.value!.rowCount;
    this.#startIdleTimer();
    return result;
  }

  async #pull(): Promise<IteratorResult<ColumnBatch, void>> {
    await this.#options.permit.resume();
    return await this.#options.stream.next();
  }

  async #afterEnd(): Promise<IteratorResult<ColumnBatch, void>> {
    await this.#end;
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
