/**
 * Where workers come from. One interface, one contract test that every implementation passes (`local`, `join`, later `ray`).
 * The fleet knows connections and processes; it does not know plans, retries or queues (those are the coordinator's).
 */
import type { SluiceError } from '../../planner/errors.ts';
import type { Run, TaskReport } from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';

/** One connected worker. */
export interface WorkerLink {
  readonly id: number;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly slots: number;
  /** Of its host. Absent: it is not known. */
  readonly cores?: number;
  readonly memoryBytes: number;
  /** True when it runs on the gateway's host and sees its files. */
  readonly local: boolean;
  /** True when it reads and writes the exchange folder (`Welcome.exchangeDirectory`) as all others do. */
  readonly sharesExchange: boolean;
  /**
   * Runs one attempt. Rows come as batches in order, with flow control: the next credit is given when a batch is taken.
   * The iterable ends when the worker said `done`; it throws the SluiceError of `failed`, or `workerLost` when the
   * connection ended first. Leaving the loop early, or aborting `signal`, cancels the attempt at the worker.
   * `frames`: those of `task.inputs` in their order (see arrow-frames.ts), pulled one at a time as they are sent.
   */
  run(task: Run, signal: AbortSignal, frames?: AsyncIterable<Uint8Array>): TaskRun;
  /** Aborted, with the reason, when the worker is gone. */
  readonly closed: AbortSignal;
}

export interface TaskRun extends AsyncIterable<ColumnBatch> {
  /** Resolves with the worker's report when it said `done`; rejects as the iteration does. Handled: never an unhandled rejection. */
  readonly report: Promise<TaskReport>;
}

export type FleetEvent =
  | { readonly kind: 'joined'; readonly worker: WorkerLink }
  | { readonly kind: 'left'; readonly worker: WorkerLink; readonly reason: SluiceError };

export interface Fleet {
  readonly kind: 'local' | 'join' | 'ray';
  /** Connected workers, by id. */
  workers(): readonly WorkerLink[];
  /** How many workers the fleet means to have (a coordinator waits for these before it gives up). */
  readonly target: number;
  subscribe(listener: (event: FleetEvent) => void): () => void;
  /** Starts what it has to start; resolves when the first worker is ready or when it has nothing to wait for. */
  start(): Promise<void>;
  /** Ends every worker that it started, and waits until they are gone. */
  stop(): Promise<void>;
}
