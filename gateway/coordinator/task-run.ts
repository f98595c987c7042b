import { setTimeout as sleep } from 'node:timers/promises';
import { errors, SluiceError } from '../../planner/errors.ts';
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
import { linkedController, reuse, unlink } from './linked-abort.ts';
import type { Locality } from './locality.ts';
import type { Lease, SlotPool } from './slot-pool.ts';
import type { TaskWork } from './stage-work.ts';
import { TaskFailures } from './task-failures.ts';
import type { QueryTrace } from './trace.ts';

/** What a task gave. */
export interface TaskTotals {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that waited on a disk, of the worker or here. */
  readonly spooledBytes: number;
}

/** Where the rows of a task go. One attempt at a time; another one that runs beside it has a twin. */
export interface TaskSink {
  /** Where the attempt leaves its rows for other stages. Absent: the rows are part of the answer. */
  target?(attempt: number): RunExchange;
  /** Where the attempt writes files of a data set. Absent: it does not. */
  writes?(attempt: number): RunWrite;
  /**
   * An attempt begins. Returns how many rows it need not send; what the sink can't keep of an earlier attempt it drops here.
   * `signal` ends the attempt: waits of `push` reject with its reason.
   */
  begin(lease: Lease, signal: AbortSignal): Promise<number> | number;
  /** Resolves when there is room for more. */
  push(batch: ColumnBatch): Promise<void>;
  /** The attempt has ended well. Returns what the whole task gave: what earlier attempts had delivered is counted too. */
  end(report: TaskReport): Promise<TaskTotals>;
  /** A sink for another attempt of the task that runs at the same time. Undefined: rows have left, so that none can take the place of this one. */
  twin?(): TaskSink | undefined;
  /** Takes over what a twin has got, in place of its own. No attempt runs. */
  adopt?(twin: TaskSink): Promise<void>;
  /** Of a twin that is not adopted: forgets what it has. */
  close?(): Promise<void>;
  /** The file for other stages that it has got, once the attempt has ended well. */
  readonly outputPath?: string | undefined;
}

/** What all tasks of a query share. */
export interface TaskContext {
  readonly queryId: string;
  /** Stands for the session that asks. */
  readonly session: object;
  readonly settings: SessionSettings;
  readonly pool: SlotPool;
  readonly locality: Locality;
  readonly limits: CoordinatorLimits;
  readonly trace: QueryTrace;
  /** Aborted when the query ends early, whatever the reason. */
  readonly signal: AbortSignal;
}

/** Ends an attempt so that another of the same query gets its slot; the task starts again and nothing is counted against it. */
export const preempted = Symbol('preempted');
/** Ends an attempt because the one beside it was faster. */
const outrun = Symbol('outrun');
/** In place of an error. */
const nothing = Symbol('nothing');

/** Told to the owner of a task, so that it can make other tasks give way. */
export interface TaskEvents {
  /** A task that begins anew has waited for a slot for another `giveWayMs`. */
  readonly onWaiting: () => void;
  readonly onLease: (lease: Lease) => void;
}

/** An attempt that runs. */
interface Attempt {
  readonly lease: Lease;
  readonly sink: TaskSink;
  readonly abort: AbortController;
  /** Rejects with what ended it; handled. */
  readonly ended: Promise<void>;
}

/** One task from its first attempt to its last: the retries, and on which worker each runs. */
export class TaskRunner {
  /** Attempts begun. */
  attempts = 0;
  /** How long the attempt took that ended well. */
  tookMs: number | undefined;
  readonly #stage: Stage;
  readonly #work: TaskWork;
  readonly #rank: number;
  readonly #place: number;
  readonly #sink: TaskSink;
  readonly #context: TaskContext;
  #check: ColumnCheck | undefined;
  readonly #failures: TaskFailures;
  /** The attempt that rows are read from; the others are beside it. */
  #main: Attempt | undefined;
  #beside: Attempt | undefined;
  #startedAt = 0;
  #winner: TaskSink | undefined;

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
    this.#failures = new TaskFailures(context.limits, stage.limits, `${stage.id}.${work.task.partition}`);
  }

  /** Where the running attempt runs. */
  get worker(): number | undefined {
    return this.#main?.lease.worker.id;
  }

  /** Since when its attempt runs, by `performance.now()`; undefined: none does, or another one runs beside it already. */
  get runningSince(): number | undefined {
    return this.#main === undefined || this.#beside !== undefined ? undefined : this.#startedAt;
  }

  get inputBytes(): number {
    return this.#work.inputBytes;
  }

  /** Ends the running attempt, if any; the task gets a new one. */
  preempt(): void {
    this.#main?.abort.abort(preempted);
  }

  /**
   * Begins another attempt beside the running one, on another worker that has nothing else to do. Whichever ends well first counts. False: there is no such
   * worker, or rows have left already.
   */
  speculate(): boolean {
    const { pool, trace } = this.#context;
    const sink = this.#main === undefined || this.#beside !== undefined ? undefined : this.#sink.twin?.();
    if (sink === undefined || this.#failures.exclusive || this.#failures.needs !== undefined) return false;
    const lease = pool.tryAcquire(new Set([...this.#failures.avoid, this.#main!.lease.worker.id]));
    if (lease === undefined) return false;
    trace.taskRetried(this.#stage.id);
    const main = this.#main!;
    this.#beside = this.#begin(lease, sink);
    this.#beside.ended.then(
      () => main.abort.abort(outrun),
      () => undefined, // told by `settleBeside`
    );
    return true;
  }

  /**
   * Resolves when an attempt has ended well. Rejects with the error that fails the query: a user error or changed input at once, rows of earlier
   * stages that two attempts did not find, a lost worker or a failing disk after `taskAttempts`, `poisonTask` when the last of these took down the engine, a lack of memory after
   * everything that can be done about it (`TaskFailures`), `poisonTask` after `workersLostPerTask`, `noWorkers`, or the reason of the query's signal.
   */
  async run(events: TaskEvents): Promise<void> {
    const { signal, trace } = this.#context;
    for (;;) {
      const lease = await this.#acquire(events);
      events.onLease(lease);
      const main = this.#begin(lease, this.#sink);
      this.#startedAt = performance.now();
      this.#main = main;
      let isAlone = false;
      try {
        let failed: unknown = nothing;
        try {
          await main.ended;
        } catch (error) {
          failed = error;
        }
        const beside = this.#beside;
        if (beside !== undefined) await this.#settleBeside(main, beside);
        const isAdopted = beside !== undefined && this.#winner === beside.sink;
        if (failed !== nothing && !isAdopted) throw failed;
        this.tookMs = performance.now() - this.#startedAt;
        isAlone = beside === undefined;
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (main.abort.signal.reason !== preempted) this.#judge(toSluiceError(error), lease);
      } finally {
        this.#main = undefined;
        this.#beside = undefined;
        if (isAlone) reuse(signal, main.abort);
      }
      trace.taskRetried(this.#stage.id);
      await this.#backOff();
    }
  }

  /** Throws, with the place of the fault, unless the task may be tried again. */
  #judge(error: SluiceError, lease: Lease): void {
    try {
      this.#failures.judge(error, lease, this.#context.pool.size);
    } catch (final) {
      if (!(final instanceof SluiceError)) throw final;
      const task = `${this.#stage.id}.${this.#work.task.partition}`;
      throw errors.inContext(final, `task ${task} (stage.partition) on worker ${lease.worker.id}`);
    }
  }

  #acquire({ onWaiting }: TaskEvents): Promise<Lease> {
    const { queryId: query, session, pool, limits, signal, locality } = this.#context;
    const { avoid, exclusive, needs } = this.#failures;
    const order = this.#place * stageStride + this.#rank;
    const prefer = locality.workersFor(this.#work);
    const lease = pool.acquire({ session, query, order, avoid, prefer, needs, exclusive, signal });
    if (this.attempts === 0) return lease;
    const timer = setInterval(onWaiting, limits.giveWayMs);
    return lease.finally(() => clearInterval(timer));
  }

  #begin(lease: Lease, sink: TaskSink): Attempt {
    const { signal } = this.#context;
    const abort = linkedController(signal);
    return { lease, sink, abort, ended: this.#runAttempt(lease, sink, abort) };
  }

  /** The main attempt is over: waits for the one beside it, whose rows take the place of those of the main one where it was the first to end well. */
  async #settleBeside(main: Attempt, beside: Attempt): Promise<void> {
    if (this.#winner === main.sink) beside.abort.abort(outrun);
    try {
      await beside.ended;
    } catch {
      // Whoever waits is told what ended the main attempt; this one was told to end, or says something about its worker.
      if (this.#winner === undefined && !this.#context.signal.aborted) this.#failures.note(beside.lease);
    }
    if (this.#winner === beside.sink) await main.sink.adopt!(beside.sink);
    else await beside.sink.close?.();
  }

  /** One attempt, which gives its slot back. `abort` ends with the query. */
  async #runAttempt(lease: Lease, sink: TaskSink, abort: AbortController): Promise<void> {
    const { trace, locality, signal } = this.#context;
    const work = this.#work;
    const both = abort.signal;
    try {
      const begun = sink.begin(lease, both);
      const message = this.#message(typeof begun === 'number' ? begun : await begun, lease, sink);
      const run = lease.worker.run(message, both, work.frames.length > 0 ? framesOf(work.frames) : undefined);
      for await (const batch of run) {
        this.#check ??= makeColumnCheck(sentColumns(this.#stage), `stage ${this.#stage.id}`);
        this.#check(batch.columns.map(({ type }) => type));
        if (this.#winner !== undefined) throw outrun;
        await sink.push(batch);
        both.throwIfAborted();
      }
      both.throwIfAborted();
      const report = await run.report;
      // From here on no other attempt can win.
      if (this.#winner !== undefined || (sink !== this.#sink && this.#sink.twin?.() === undefined)) throw outrun;
      this.#winner = sink;
      const totals = await this.#endOf(sink, report);
      const { memoryStep } = this.#failures;
      trace.taskDone(this.#stage.id, { work, worker: lease.worker.id, totals, report, memoryStep });
      locality.note(work, sink.outputPath, lease.worker.id);
    } finally {
      unlink(signal, abort);
      lease.release();
    }
  }

  /** Rejects when the attempt has not ended well after all. */
  async #endOf(sink: TaskSink, report: TaskReport): Promise<TaskTotals> {
    try {
      return await sink.end(report);
    } catch (error) {
      this.#winner = undefined;
      throw error;
    }
  }

  #message(skipRows: number, { worker, memoryBytes }: Lease, sink: TaskSink): Run {
    const { queryId, settings, limits } = this.#context;
    const { threads, spill } = this.#failures;
    const { task, inputs } = this.#work;
    const attempt = ++this.attempts;
    const exchange = sink.target?.(attempt);
    const write = sink.writes?.(attempt);
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
      threads,
      memoryBytes,
      ...(spill ? { spill } : {}),
      creditBytes: limits.creditBytes,
      place: { index: task.partition, count: this.#stage.tasks.length },
      ...(inputs.length === 0 ? {} : { inputs }),
      ...(exchange === undefined ? {} : { exchange }),
      ...(write === undefined ? {} : { write }),
    };
  }

  async #backOff(): Promise<void> {
    const { signal } = this.#context;
    const { waitMs } = this.#failures;
    if (waitMs === 0) return;
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
  const divided = exchange !== undefined && exchange.rangeBy === undefined;
  return divided ? [...columns, { name: partitionColumn, type: 'INTEGER' }] : columns;
}

/** More than the tasks of any stage: earlier stages get slots first. */
const stageStride = 1_000_000;
