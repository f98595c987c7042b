import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import type { QueueBudgets } from './held-frames.ts';
import type { Lease } from './slot-pool.ts';
import type { StageWork, TaskWork } from './stage-work.ts';
import { biggestFirst, watchStragglers } from './stragglers.ts';
import { TaskQueue } from './task-queue.ts';
import { type TaskContext, TaskRunner } from './task-run.ts';

export interface StageRunOptions {
  readonly work: StageWork;
  readonly context: TaskContext;
  readonly budgets: QueueBudgets;
  /** How many tasks may run ahead of the one that is read. */
  readonly aheadTasks: number;
  /** True: a failed task fails the query at once. False: only when its rows are asked for (an answer that may end before). */
  readonly failAtOnce: boolean;
  /** Tasks get slots by what they read, the biggest first, and not in the order in which they are read. */
  readonly biggestFirst: boolean;
  /** Ends the query. */
  readonly abort: (error: unknown) => void;
}

/**
 * One stage that the result step reads: its tasks run on many workers, its rows are read in partition order. Tasks begin in partition order, not more than
 * `aheadTasks` ahead of the reader. `close` has to be called in any case, after the context's signal was aborted or the last row read.
 */
export class StageRun {
  readonly #options: StageRunOptions;
  readonly #queues: readonly TaskQueue[];
  readonly #runners: readonly TaskRunner[];
  readonly #running: Promise<void>[] = [];
  #watch: { readonly stop: () => void } | undefined;
  /** The task that is read. */
  #head = 0;
  #closed = false;

  constructor(options: StageRunOptions) {
    const { context, budgets } = options;
    const { stage, tasks } = options.work;
    this.#options = options;
    this.#queues = tasks.map(() => new TaskQueue(stage.replayable, context.limits, budgets));
    // One that is read while it runs may wait for its reader, and must not wait for others in front of it.
    const ranks = options.biggestFirst && !stage.replayable ? ranksBySize(tasks) : undefined;
    this.#runners = tasks.map(
      (work, index) => new TaskRunner(stage, work, ranks?.[index] ?? index, this.#queues[index]!, context),
    );
  }

  /** Begins the first tasks. */
  start(): void {
    const { context, work } = this.#options;
    context.trace.stageBegins(work, null);
    this.#watch = watchStragglers(this.#runners, context.limits, context.pool);
    this.#launch(0);
  }

  /** The rows of all tasks in partition order. */
  async *rows(): AsyncGenerator<ColumnBatch, void, undefined> {
    for (const [head, queue] of this.#queues.entries()) {
      this.#head = head;
      this.#launch(head);
      for (let batch = await this.#take(queue); batch !== null; batch = await this.#take(queue)) yield batch;
      await queue.close();
    }
  }

  /** Waits until no attempt runs any more, then frees memory and files. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.stop();
    await Promise.all(this.#running);
    await Promise.all(this.#queues.map((queue) => queue.close()));
  }

  #take(queue: TaskQueue): Promise<ColumnBatch | null> {
    return queue.take(this.#options.context.signal);
  }

  #launch(head: number): void {
    const { aheadTasks, context } = this.#options;
    const ahead = Math.max(aheadTasks, context.pool.slots());
    while (!this.#closed && this.#running.length < this.#runners.length && this.#running.length <= head + ahead)
      this.#running.push(this.#runTask(this.#running.length));
  }

  /** Never rejects: the error goes to the reader, and ends the query. */
  async #runTask(index: number): Promise<void> {
    const { context, failAtOnce, abort } = this.#options;
    try {
      await this.#runners[index]!.run({
        onWaiting: () => this.#makeRoom(index),
        onLease: (lease) => this.#makeRoomAt(index, lease),
      });
    } catch (error) {
      const told = context.signal.aborted ? error : toSluiceError(error);
      this.#queues[index]!.fail(told);
      if (failAtOnce) abort(told);
    }
  }

  /**
   * The reader waits for a task that has to begin anew, and other tasks wait for the reader. Their workers store their rows and give their
   * slots back, but not beyond a limit: then no slot would ever come free. So the youngest task gives way; it goes on later after its last row.
   */
  #makeRoom(index: number): void {
    if (index !== this.#head || !this.#queues.some(({ parked }) => parked)) return;
    this.#preemptYoungest((other) => other > index && this.#runners[other]!.worker !== undefined);
  }

  /** As `makeRoom`, for the place that was found: it may still wait there behind a task that waits for the reader. */
  #makeRoomAt(index: number, lease: Lease): void {
    if (this.#runners[index]!.attempts === 0) return;
    this.#preemptYoungest(
      (other) => other > index && this.#runners[other]!.worker === lease.worker.id && this.#queues[other]!.parked,
    );
  }

  #preemptYoungest(wanted: (index: number) => boolean): void {
    const youngest = this.#runners.findLastIndex((_, index) => wanted(index));
    if (youngest >= 0) this.#runners[youngest]!.preempt();
  }
}

function ranksBySize(tasks: readonly TaskWork[]): readonly number[] {
  const ranks: number[] = [];
  for (const [rank, index] of biggestFirst(tasks).entries()) ranks[index] = rank;
  return ranks;
}
