import { setTimeout as sleep } from 'node:timers/promises';
import { errors, isEngineFailure, isStageRowsLost, type SluiceError } from '../../planner/errors.ts';
import type { OutputColumn, SessionSettings, Stage } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import {
  partitionColumn,
  type Run,
  type RunExchange,
  type RunWrite,
  type TaskReport,
} from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { type ColumnCheck, makeColumnCheck } from './check-columns.ts';
import type { HeldFrame } from './held-frames.ts';
import type { CoordinatorLimits } from './limits.ts';
import type { Lease, SlotPool } from './slot-pool.ts';
import type { TaskWork } from './stage-work.ts';
import type { QueryTrace } from './trace.ts';

/** What a task gave. */
export interface TaskTotals {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that waited on a disk, of the worker or here. */
  readonly spooledBytes: number;
}

/** Where the rows of a task go. One attempt at a time. */
export interface TaskSink {
  /** Where the attempt leaves its rows for other stages. Absent: the rows are part of the answer. */
  target?(attempt: number): RunExchange;
  /** Where the attempt writes files of a data set. Absent: it does not. */
  writes?(attempt: number): RunWrite;
  /**
   * An attempt begins. Returns how many rows it need not send; what the sink can't keep of an earlier attempt it drops here.
   * `signal` ends the attempt: waits of `push` reject with its reason.
   */
  begin(lease: Lease, signal: AbortSignal): Promise<number>;
  /** Resolves when there is room for more. */
  push(batch: ColumnBatch): Promise<void>;
  /** The attempt has ended well. Returns what the whole task gave: what earlier attempts had delivered is counted too. */
  end(report: TaskReport): Promise<TaskTotals>;
}

/** What all tasks of a query share. */
export interface TaskContext {
  readonly queryId: string;
  readonly settings: SessionSettings;
  readonly pool: SlotPool;
  readonly limits: CoordinatorLimits;
  readonly trace: QueryTrace;
  /** Aborted when the query ends early, whatever the reason. */
  readonly signal: AbortSignal;
}

/** Ends an attempt so that another of the same query gets its slot; the task starts again and nothing is counted against it. */
export const preempted = Symbol('preempted');

/** Told to the owner of a task, so that it can make other tasks give way. */
export interface TaskEvents {
  /** A task that begins anew has waited for a slot for another `giveWayMs`. */
  readonly onWaiting: () => void;
  readonly onLease: (lease: Lease) => void;
}

/** What went wrong with a task so far. */
interface History {
  failures: number;
  workersLost: number;
  rowsLost: number;
  ranOutOfMemory: boolean;
  readonly avoid: Set<number>;
}

/** One task from its first attempt to its last: the retries, and on which worker each runs. */
export class TaskRunner {
  /** Attempts begun. */
  attempts = 0;
  readonly #stage: Stage;
  readonly #work: TaskWork;
  readonly #rank: number;
  readonly #place: number;
  readonly #sink: TaskSink;
  readonly #context: TaskContext;
  readonly #check: ColumnCheck;
  readonly #history: History = { failures: 0, workersLost: 0, rowsLost: 0, ranOutOfMemory: false, avoid: new Set() };
  #attempt: AbortController | undefined;
  #lease: Lease | undefined;

  /** `rank`: its place among the tasks of the stage that wait for a slot; `place`: that of the stage. */
  constructor(
    stage: Stage,
    work: TaskWork,
    rank: number,
    sink: TaskSink,
    context: TaskContext,
    place: number = stage.id,
  ) {
    this.#stage = stage;
    this.#place = place;
    this.#work = work;
    this.#rank = rank;
    this.#sink = sink;
    this.#context = context;
    this.#check = makeColumnCheck(sentColumns(stage), `stage ${stage.id}`);
  }

  /** Where the running attempt runs. */
  get worker(): number | undefined {
    return this.#lease?.worker.id;
  }

  /** Ends the running attempt, if any; the task gets a new one. */
  preempt(): void {
    this.#attempt?.abort(preempted);
  }

  /**
   * Resolves when an attempt has ended well. Rejects with the error that fails the query: a user error or changed input at once, rows of earlier
   * stages that two attempts did not find, a lost worker or a failing disk after `taskAttempts`, `poisonTask` when the last of these took down the engine, a lack of memory after one more try with all memory of a worker, `poisonTask` after
   * `workersLostPerTask`, `noWorkers`, or the reason of the query's signal.
   */
  async run(events: TaskEvents): Promise<void> {
    const { signal } = this.#context;
    for (;;) {
      const lease = await this.#acquire(events);
      try {
        events.onLease(lease);
        await this.#runAttempt(lease);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (this.#attempt?.signal.reason !== preempted) this.#judge(toSluiceError(error), lease);
      } finally {
        this.#lease = undefined;
        lease.release();
      }
      this.#context.trace.taskRetried(this.#stage.id);
      await this.#backOff();
    }
  }

  async #acquire({ onWaiting }: TaskEvents): Promise<Lease> {
    const { queryId, pool, limits, signal } = this.#context;
    const { avoid, ranOutOfMemory, workersLost } = this.#history;
    // The last worker that a suspect may take down is its own: the tasks beside it must not be blamed, nor it for them.
    const exclusive = ranOutOfMemory || workersLost === limits.workersLostPerTask - 1;
    const order = this.#place * stageStride + this.#rank;
    const timer = this.attempts > 0 ? setInterval(onWaiting, limits.giveWayMs) : undefined;
    try {
      return await pool.acquire({ query: queryId, order, avoid, exclusive, signal });
    } finally {
      clearInterval(timer);
    }
  }

  async #runAttempt(lease: Lease): Promise<void> {
    const { trace, signal } = this.#context;
    const attempt = new AbortController();
    const both = AbortSignal.any([signal, attempt.signal]);
    this.#attempt = attempt;
    this.#lease = lease;
    const skipRows = await this.#sink.begin(lease, both);
    const work = this.#work;
    const run = lease.worker.run(this.#message(skipRows, lease), both, framesOf(work.frames));
    for await (const batch of run) {
      this.#check(batch.columns.map(({ type }) => type));
      await this.#sink.push(batch);
      both.throwIfAborted();
    }
    both.throwIfAborted();
    const report: TaskReport = await run.report;
    const totals = await this.#sink.end(report);
    trace.taskDone(this.#stage.id, { work, worker: lease.worker.id, totals, report });
  }

  #message(skipRows: number, { worker, memoryBytes }: Lease): Run {
    const { queryId, settings, limits } = this.#context;
    const { task, inputs } = this.#work;
    const attempt = ++this.attempts;
    const exchange = this.#sink.target?.(attempt);
    const write = this.#sink.writes?.(attempt);
    const usesFiles = typeof exchange?.path === 'string' || inputs.some(({ files }) => files.length > 0);
    // Such a worker joined when others had begun; elsewhere the task can run.
    if (usesFiles && !worker.sharesExchange) throw errors.exchangeNotShared(worker.name);
    return {
      kind: 'run',
      attempt: `${queryId}.${this.#stage.id}.${task.partition}.${attempt}`,
      sql: this.#stage.sql,
      columns: this.#stage.columns,
      scans: task.scans,
      settings,
      skipRows,
      threads: this.#history.ranOutOfMemory ? 1 : limits.taskThreads,
      memoryBytes,
      creditBytes: limits.creditBytes,
      ...(inputs.length === 0 ? {} : { inputs }),
      ...(exchange === undefined ? {} : { exchange }),
      ...(write === undefined ? {} : { write }),
    };
  }

  /** Throws unless the task may be tried again. */
  #judge(error: SluiceError, lease: Lease): void {
    const { limits } = this.#context;
    const history = this.#history;
    const lost = lease.worker.closed.aborted;
    switch (error.errorClass) {
      case 'user':
      case 'input_changed':
      case 'internal':
        throw error;
      case 'oom':
        if (history.ranOutOfMemory) throw error;
        history.ranOutOfMemory = true;
        return;
      // Nobody here asked for it: the worker is on its way out.
      case 'cancelled':
      case 'infra':
        // Another worker may see what this one does not.
        if (isStageRowsLost(error) && history.rowsLost++ > 0) throw error;
        history.failures++;
        history.avoid.add(lease.worker.id);
        if (lost && ++history.workersLost >= limits.workersLostPerTask)
          throw this.#poison(history.workersLost, error, 'workers');
        if (history.failures >= limits.taskAttempts)
          throw isEngineFailure(error) ? this.#poison(history.failures, error, 'engines') : error;
    }
  }

  #poison(attempts: number, last: SluiceError, victims: 'workers' | 'engines'): SluiceError {
    const task = `${this.#stage.id}.${this.#work.task.partition}`;
    return errors.poisonTask(task, attempts, `${last.message}: ${last.detail ?? 'no details'}`, victims);
  }

  async #backOff(): Promise<void> {
    const { limits, signal } = this.#context;
    const { failures } = this.#history;
    if (failures === 0) return;
    const waitMs = Math.min(limits.backoffMs * 2 ** (failures - 1), limits.backoffMaxMs);
    try {
      await sleep(waitMs, undefined, { signal });
    } catch {
      // The only way to fail is the signal.
      signal.throwIfAborted();
    }
  }
}

async function* framesOf(frames: readonly HeldFrame[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const frame of frames) yield await frame.read();
}

/** Columns of the rows that come: those for other stages say to which partition they belong. */
function sentColumns({ columns, exchange }: Stage): readonly OutputColumn[] {
  return exchange === undefined ? columns : [...columns, { name: partitionColumn, type: 'INTEGER' }];
}

/** More than the tasks of any stage: earlier stages get slots first. */
const stageStride = 1_000_000;
