import { tmpdir } from 'node:os';
import type { DuckDBInstance } from '@duckdb/node-api';
import type { Fleet, FleetEvent, TaskRun, WorkerLink } from '../../gateway/fleet/fleet.ts';
import { errors, SluiceError } from '../../planner/errors.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { runTask } from '../../worker/engine/run-task.ts';
import type { Run, TaskReport } from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';

/**
 * What goes wrong with one attempt, after so many batches (of up to 2048 rows) have left the engine. Of tasks with inputs or exchanges, -1: before
 * they run; `slow` and `hang` wait there as well, `hang` until the attempt is ended from outside.
 */
export type Fault =
  | { readonly kind: 'lose'; readonly afterBatches: number }
  | { readonly kind: 'fail'; readonly afterBatches: number; readonly error: SluiceError }
  | { readonly kind: 'slow'; readonly msPerBatch: number }
  | { readonly kind: 'hang' };

export interface InProcessFleetOptions {
  readonly workers: number;
  readonly slots: number;
  readonly allowedDirectories: readonly string[];
  readonly memoryBytes?: number;
  /** Asked at the start of every attempt. */
  readonly faultOf?: (run: Run, worker: WorkerLink) => Fault | undefined;
  /** A lost worker is replaced after this time; never when absent. */
  readonly respawnMs?: number;
  /** Whether a worker sees the exchange folder; all do when absent. */
  readonly sharesExchange?: (worker: number) => boolean;
  /** False: an attempt keeps its slot until its rows have been read, as a worker does whose spool is full. */
  readonly spools?: boolean;
}

/** One attempt as it was asked for. */
export interface AttemptRecord {
  readonly attempt: string;
  readonly worker: number;
  readonly skipRows: number;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly spill: boolean;
  /** What it was to read of earlier stages: files and frames. */
  readonly inputs: readonly { readonly files: number; readonly frames: number }[];
}

/** Rows that a worker without spool has under way. */
const windowBatches = 4;

/**
 * A Fleet whose workers are DuckDB instances of this process, with the scheduling of real ones: slots, a queue for attempts beyond them,
 * rows that wait for their reader. For tests of the scheduler, which need faults at exact places.
 */
export class InProcessFleet implements Fleet {
  readonly kind = 'local';
  readonly target: number;
  /** Every attempt, in the order of arrival. */
  readonly attempts: AttemptRecord[] = [];
  readonly #options: InProcessFleetOptions;
  readonly #workers = new Map<number, InProcessWorker>();
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #lastId = 0;

  constructor(options: InProcessFleetOptions) {
    this.#options = options;
    this.target = options.workers;
  }

  workers(): readonly WorkerLink[] {
    return [...this.#workers.values()];
  }

  /** Attempts that use a slot or wait for one. */
  get running(): number {
    return [...this.#workers.values()].reduce((sum, worker) => sum + worker.running, 0);
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    for (let index = 0; index < this.#options.workers; index++) await this.addWorker();
  }

  async addWorker(): Promise<WorkerLink> {
    const { allowedDirectories, memoryBytes = 1 << 30, slots } = this.#options;
    const instance = await openInstance({
      path: ':memory:',
      threads: 1,
      memoryBytes,
      tempDirectory: `${tmpdir()}/sluice-in-process`,
      maxTempBytes: 1 << 30,
      allowedDirectories,
    });
    const worker = new InProcessWorker(++this.#lastId, slots, memoryBytes, instance, this.#options, (run) => {
      const { attempt, skipRows, threads } = run;
      const inputs = (run.inputs ?? []).map(({ files, frames }) => ({ files: files.length, frames }));
      const { memoryBytes, spill = false } = run;
      this.attempts.push({ attempt, worker: worker.id, skipRows, threads, memoryBytes, spill, inputs });
      const fault = this.#options.faultOf?.(run, worker);
      return { fault, lose: () => this.loseWorker(worker.id) };
    });
    this.#workers.set(worker.id, worker);
    for (const listener of this.#listeners) listener({ kind: 'joined', worker });
    return worker;
  }

  /** What `kill -9` does. */
  loseWorker(id: number): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    this.#workers.delete(id);
    const reason = errors.workerLost(worker.name, 'killed by a test');
    worker.lose(reason);
    for (const listener of this.#listeners) listener({ kind: 'left', worker, reason });
    const { respawnMs } = this.#options;
    if (respawnMs === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.addWorker();
    }, respawnMs);
    this.#timers.add(timer);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const id of [...this.#workers.keys()]) {
      this.#workers.get(id)?.lose(errors.shuttingDown());
      this.#workers.delete(id);
    }
  }
}

type Begin = (run: Run) => { readonly fault: Fault | undefined; readonly lose: () => void };

class InProcessWorker implements WorkerLink {
  readonly id: number;
  readonly name: string;
  readonly host = 'here';
  readonly pid = process.pid;
  readonly slots: number;
  readonly memoryBytes: number;
  readonly local = true;
  readonly sharesExchange: boolean;
  readonly closed: AbortSignal;
  running = 0;
  readonly #instance: DuckDBInstance;
  readonly #options: InProcessFleetOptions;
  readonly #begin: Begin;
  readonly #closing = new AbortController();
  readonly #queue: (() => void)[] = [];
  #used = 0;

  constructor(
    id: number,
    slots: number,
    memoryBytes: number,
    instance: DuckDBInstance,
    options: InProcessFleetOptions,
    begin: Begin,
  ) {
    this.id = id;
    this.name = `worker-${id}`;
    this.slots = slots;
    this.memoryBytes = memoryBytes;
    this.sharesExchange = options.sharesExchange?.(id) ?? true;
    this.closed = this.#closing.signal;
    this.#instance = instance;
    this.#options = options;
    this.#begin = begin;
  }

  lose(reason: SluiceError): void {
    this.#closing.abort(reason);
  }

  run(run: Run, signal: AbortSignal, frames?: AsyncIterable<Uint8Array>): TaskRun {
    const { fault, lose } = this.#begin(run);
    const own = new AbortController();
    const ended = AbortSignal.any([signal, this.closed, own.signal]);
    const rows = new Pipe(ended, this.#options.spools === false ? windowBatches : Number.POSITIVE_INFINITY);
    const report = this.#produce(run, frames, rows, fault, lose, ended).then(
      async (told) => {
        rows.end();
        // A worker says that it is done when its last row has left.
        await rows.drained();
        return told;
      },
      (error) => {
        rows.fail(error);
        throw error;
      },
    );
    report.catch(() => undefined); // told by the iteration as well
    return {
      report,
      async *[Symbol.asyncIterator]() {
        try {
          for (let batch = await rows.take(); batch !== null; batch = await rows.take()) yield batch;
        } finally {
          own.abort(errors.cancelled());
        }
      },
    };
  }

  async #produce(
    run: Run,
    frames: AsyncIterable<Uint8Array> | undefined,
    rows: Pipe,
    fault: Fault | undefined,
    lose: () => void,
    ended: AbortSignal,
  ): Promise<TaskReport> {
    await this.#enter();
    try {
      ended.throwIfAborted();
      const connection = await this.#instance.connect();
      try {
        let batches = 0;
        const sink = async (batch: ColumnBatch) => {
          await strike(fault, batches++, lose, ended);
          ended.throwIfAborted();
          await rows.push(batch);
          return batch.rowCount;
        };
        const received: Uint8Array[] = [];
        for await (const frame of frames ?? []) received.push(frame);
        if (run.inputs !== undefined || run.exchange !== undefined) await strike(fault, -1, lose, ended);
        const report = await runTask(connection, run, sink, ended, received);
        await strike(fault, Number.POSITIVE_INFINITY, lose, ended);
        return { ...report, spooledBytes: 0 };
      } finally {
        connection.closeSync();
      }
    } catch (error) {
      const { reason } = ended;
      throw ended.aborted ? (reason instanceof SluiceError ? reason : errors.cancelled()) : error;
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    this.running++;
    if (this.#used >= this.slots) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#used++;
  }

  #leave(): void {
    this.running--;
    this.#used--;
    this.#queue.shift()?.();
  }
}

async function strike(fault: Fault | undefined, batches: number, lose: () => void, ended: AbortSignal): Promise<void> {
  if (fault === undefined) return;
  if (fault.kind === 'hang') {
    if (!ended.aborted) await new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
    return;
  }
  if (fault.kind === 'slow') {
    if (Number.isFinite(batches)) await new Promise((resolve) => setTimeout(resolve, fault.msPerBatch));
    return;
  }
  if (batches < fault.afterBatches) return;
  if (fault.kind === 'lose') lose();
  else throw fault.error;
}

/** Batches between an engine and a reader. */
class Pipe {
  readonly #signal: AbortSignal;
  readonly #window: number;
  readonly #batches: ColumnBatch[] = [];
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: unknown;
  #wake: (() => void)[] = [];

  constructor(signal: AbortSignal, window: number) {
    this.#signal = signal;
    this.#window = window;
    const onAbort = () => this.fail(signal.reason instanceof SluiceError ? signal.reason : errors.cancelled());
    signal.addEventListener('abort', onAbort, { once: true });
  }

  async push(batch: ColumnBatch): Promise<void> {
    while (this.#batches.length >= this.#window) {
      this.#signal.throwIfAborted();
      await this.#bell();
    }
    this.#batches.push(batch);
    this.#ring();
  }

  end(): void {
    this.#state = 'ended';
    this.#ring();
  }

  /** Rows that have not been read are gone. */
  fail(error: unknown): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#error = error;
    this.#ring();
  }

  async take(): Promise<ColumnBatch | null> {
    for (;;) {
      if (this.#state === 'failed') throw this.#error;
      const batch = this.#batches.shift();
      if (batch !== undefined) {
        this.#ring();
        return batch;
      }
      if (this.#state === 'ended') return null;
      await this.#bell();
    }
  }

  async drained(): Promise<void> {
    while (this.#batches.length > 0) {
      if (this.#state === 'failed') throw this.#error;
      await this.#bell();
    }
  }

  #bell(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #ring(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

/**
 * Faults from a seed: the same seed strikes the same attempts. `rate` of all first and second attempts of a task lose their worker or fail with
 * a retryable error within their first `withinBatches`.
 */
export function seededFaults(seed: number, rate: number, withinBatches: number): (run: Run) => Fault | undefined {
  return (run) => {
    const [, stage, partition, attempt] = run.attempt.split('.').map(Number);
    if (attempt! > 2) return undefined;
    const draw = mix(seed, stage!, partition!, attempt!);
    if ((draw % 1000) / 1000 >= rate) return undefined;
    const afterBatches = Math.floor(draw / 1000) % withinBatches;
    if (draw % 2 === 0) return { kind: 'lose', afterBatches };
    return { kind: 'fail', afterBatches, error: errors.workerLost('a disk', 'seeded') };
  };
}

/** A well-mixed number of 32 bits. */
function mix(...numbers: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const number of numbers) {
    state = Math.imul(state ^ number, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return state >>> 0;
}
