import type { TaskReport } from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { batchBytes } from './batch-bytes.ts';
import type { QueueBudgets } from './held-frames.ts';
import type { CoordinatorLimits } from './limits.ts';
import type { Lease } from './slot-pool.ts';
import { SpoolFile } from './spool-file.ts';
import type { TaskSink, TaskTotals } from './task-run.ts';

/**
 * The rows of one task between its attempts and the one reader.
 * - A replayable task's rows are handed on as they come; a new attempt goes on after the last row that came. While the reader is behind
 *   by `aheadBytes`, the attempt waits, its worker spools, and its slot serves others.
 * - Another task's rows are held until an attempt has ended well (in memory, beyond the budget in a temporary file).
 */
export class TaskQueue implements TaskSink {
  readonly #replayable: boolean;
  readonly #limits: Pick<CoordinatorLimits, 'aheadBytes'>;
  readonly #budgets: QueueBudgets;
  readonly #batches: ColumnBatch[] = [];
  #bytes = 0;
  #rows = 0;
  #file: SpoolFile | undefined;
  #lease: Lease | undefined;
  #signal: AbortSignal | undefined;
  #parked = false;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: unknown;
  /** Counts, so that a change between a look and a wait isn't missed. */
  #changes = 0;
  #wake: () => void = () => undefined;

  constructor(replayable: boolean, limits: Pick<CoordinatorLimits, 'aheadBytes'>, budgets: QueueBudgets) {
    this.#replayable = replayable;
    this.#limits = limits;
    this.#budgets = budgets;
  }

  /** True while an attempt waits for the reader. */
  get parked(): boolean {
    return this.#parked;
  }

  async begin(lease: Lease, signal: AbortSignal): Promise<number> {
    this.#lease = lease;
    this.#signal = signal;
    if (this.#replayable) return this.#rows;
    await this.#drop();
    this.#rows = 0;
    return 0;
  }

  async push(batch: ColumnBatch): Promise<void> {
    this.#rows += batch.rowCount;
    if (this.#replayable) {
      this.#keep(batch);
      this.#changed();
      if (this.#bytes >= this.#limits.aheadBytes) await this.#waitForReader();
      return;
    }
    const { held, spool } = this.#budgets;
    if (this.#file === undefined && held.usedBytes < held.limitBytes) {
      this.#keep(batch);
      return;
    }
    this.#file ??= new SpoolFile(spool);
    await this.#file.write(batch);
  }

  async end({ bytes, spooledBytes }: TaskReport): Promise<TaskTotals> {
    this.#state = 'ended';
    this.#changed();
    return { rows: this.#rows, bytes, spooledBytes: spooledBytes + (this.#file?.bytes ?? 0) };
  }

  /** Holds its rows until its attempt has ended well. None once rows of this one have left, or may leave. */
  twin(): TaskQueue | undefined {
    if (this.#replayable && this.#rows > 0) return undefined;
    return new TaskQueue(false, this.#limits, this.#budgets);
  }

  async adopt(twin: TaskQueue): Promise<void> {
    await this.#drop();
    for (const batch of twin.#batches.splice(0)) this.#keep(batch);
    twin.#account(-twin.#bytes);
    this.#rows = twin.#rows;
    this.#file = twin.#file;
    twin.#file = undefined;
    this.#state = 'ended';
    this.#changed();
  }

  /** The task has failed for good: the reader gets the error after the rows that came before it. */
  fail(error: unknown): void {
    this.#state = 'failed';
    this.#error = error;
    this.#changed();
  }

  /** The next rows, or null after the last. Rejects with the task's error or the reason of the signal. One call at a time. */
  async take(signal: AbortSignal): Promise<ColumnBatch | null> {
    for (;;) {
      signal.throwIfAborted();
      const seen = this.#changes;
      const batch = await this.#next();
      if (batch !== undefined) return batch;
      if (seen === this.#changes) await this.#waitForChange(signal);
    }
  }

  /** Forgets the rows and deletes the file. No attempt may run. */
  async close(): Promise<void> {
    await this.#drop();
  }

  /** undefined: nothing yet. */
  async #next(): Promise<ColumnBatch | null | undefined> {
    if (!this.#replayable && this.#state === 'open') return undefined;
    if (!this.#replayable && this.#state === 'failed') throw this.#error;
    const batch = this.#batches.shift();
    if (batch !== undefined) {
      this.#account(-batchBytes(batch));
      this.#changed();
      return batch;
    }
    if (this.#state === 'failed') throw this.#error;
    if (this.#state === 'open') return undefined;
    return (await this.#file?.read()) ?? null;
  }

  #keep(batch: ColumnBatch): void {
    this.#batches.push(batch);
    this.#account(batchBytes(batch));
  }

  #account(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#replayable) this.#budgets.held.usedBytes += bytes;
  }

  async #drop(): Promise<void> {
    this.#batches.length = 0;
    this.#account(-this.#bytes);
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #changed(): void {
    this.#changes++;
    this.#wake();
  }

  /** Until half of the room is free, so that a reader that keeps pace doesn't park the attempt for every batch. */
  async #waitForReader(): Promise<void> {
    const signal = this.#signal!;
    this.#parked = true;
    this.#lease?.park();
    try {
      while (this.#bytes > this.#limits.aheadBytes / 2) await this.#waitForChange(signal);
    } finally {
      this.#parked = false;
      this.#lease?.unpark();
    }
  }

  /** Writer and reader wait on the same bell: at most one of them waits at a time for the other, both wake each time. */
  #waitForChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const earlier = this.#wake;
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        this.#wake = () => undefined;
        signal.removeEventListener('abort', onAbort);
        resolve();
        earlier();
      };
    });
  }
}
