import { errors, type SluiceError } from '../../planner/errors.ts';
import { decodeFrame } from '../../worker/exchange/arrow-frames.ts';
import type { RowsFrame } from '../../worker/protocol/frames.ts';
import type { TaskReport } from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import type { TaskRun } from './fleet.ts';

export interface AttemptRowsOptions {
  readonly creditBytes: number;
  /** Gives the worker credit. */
  readonly grant: (bytes: number) => void;
  /** The reader left early, or the signal fired: the worker is to stop. */
  readonly cancel: () => void;
  /** The worker sent what it must not send. */
  readonly breach: (error: SluiceError) => void;
}

/** The rows of one attempt on their way in: frames wait undecoded, within the credit, until the reader takes them. */
export class AttemptRows implements TaskRun {
  readonly report: Promise<TaskReport>;
  readonly #options: AttemptRowsOptions;
  readonly #frames: { readonly payload: Uint8Array; readonly bytes: number }[] = [];
  #credit: number;
  #expected = 0;
  #received = 0;
  #state: 'running' | 'done' | 'failed' = 'running';
  #error: SluiceError | undefined;
  #wake: () => void = () => undefined;
  #resolve: (report: TaskReport) => void = () => undefined;
  #reject: (error: SluiceError) => void = () => undefined;

  constructor(options: AttemptRowsOptions) {
    this.#options = options;
    this.#credit = options.creditBytes;
    this.report = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.report.catch(() => undefined); // told by the iteration as well; not every caller reads the report
  }

  /** Takes a frame from the wire. */
  receive(frame: RowsFrame, bytes: number): void {
    if (this.#state !== 'running') return;
    if (frame.sequence !== this.#expected || this.#credit <= 0) {
      const inOrder = frame.sequence === this.#expected;
      const reason = inOrder ? 'rows without credit' : `frame ${frame.sequence} instead of ${this.#expected}`;
      this.#options.breach(errors.badPeer(reason));
      return;
    }
    this.#expected += 1;
    this.#credit -= bytes;
    this.#received += bytes;
    this.#frames.push({ payload: frame.payload, bytes });
    this.#wake();
  }

  /** The worker said `done`: what waits can still be read. */
  finish(report: TaskReport): void {
    if (this.#state !== 'running') return;
    if (report.bytes !== this.#received) {
      this.#options.breach(errors.badPeer(`${this.#received} bytes of rows instead of ${report.bytes}`));
      return;
    }
    this.#state = 'done';
    this.#resolve(report);
    this.#wake();
  }

  /** Ends the iteration with an error; what waits is dropped. After `finish` nothing happens. */
  fail(error: SluiceError): void {
    if (this.#state !== 'running') return;
    this.#state = 'failed';
    this.#error = error;
    this.#frames.length = 0;
    this.#reject(error);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ColumnBatch, void, undefined> {
    try {
      for (let batch = await this.#next(); batch !== null; batch = await this.#next()) yield batch;
    } finally {
      if (this.#state === 'running') {
        this.#options.cancel();
        this.fail(errors.cancelled());
      }
      this.#frames.length = 0;
    }
  }

  async #next(): Promise<ColumnBatch | null> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const frame = this.#frames.shift();
      if (frame !== undefined) return this.#take(frame);
      if (this.#state === 'done') return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(frame: { readonly payload: Uint8Array; readonly bytes: number }): ColumnBatch {
    if (this.#state === 'running') {
      this.#credit += frame.bytes;
      this.#options.grant(frame.bytes);
    }
    try {
      return decodeFrame(frame.payload);
    } catch (error) {
      const breach = errors.badPeer(
        `rows that can't be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      this.#options.breach(breach);
      throw breach;
    }
  }
}
