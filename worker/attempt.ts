import { join } from 'node:path';
import { errors } from '../planner/errors.ts';
import type { Slot } from './engine/slot.ts';
import { encodeFrame } from './exchange/arrow-frames.ts';
import { Spool } from './exchange/spool.ts';
import type { TaskFaults } from './fault-plan.ts';
import { InputFrames } from './input-frames.ts';
import { encodeRowsFrame, frameTargetBytes, type RowsFrame } from './protocol/frames.ts';
import type { Run, TaskReport } from './protocol/messages.ts';
import type { ColumnBatch, ColumnData } from './rows/column-batch.ts';
import { concatBatches } from './rows/concat.ts';
import { sliceBatch } from './rows/slice.ts';

export interface AttemptOptions {
  readonly run: Run;
  readonly spoolDirectory: string;
  /** Names the spool file; unique in the life of the process. */
  readonly number: number;
  readonly faults: TaskFaults;
  readonly send: (frame: Buffer) => void;
}

/** Rows that come quickly share frames of about this size: each costs sender and reader more than its bytes do. */
const joinedFrameBytes = 512 * 1024;
/** Rows that come more slowly have frames of their own. */
const joinWithinMs = 10;

/** One attempt at a worker: the frames of its inputs, its query, its frames on their way out, and the switch that ends both. */
export class Attempt {
  readonly run: Run;
  readonly #faults: TaskFaults;
  readonly #spool: Spool;
  readonly #inputs: InputFrames;
  readonly #abort = new AbortController();
  #sequence = 0;
  /** Rows that wait for more, to share a frame. */
  #held: ColumnBatch[] = [];
  #heldBytes = 0;
  /** When the last frame was made; the first rows leave at once. */
  #framedAt = Number.NEGATIVE_INFINITY;

  constructor(options: AttemptOptions) {
    this.run = options.run;
    this.#faults = options.faults;
    this.#inputs = new InputFrames(options.run);
    this.#spool = new Spool({
      directory: options.spoolDirectory,
      name: `${options.number}.frames`,
      creditBytes: options.run.creditBytes,
      send: options.send,
    });
  }

  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  /** True when no frame of its inputs is missing. */
  get ready(): boolean {
    return this.#inputs.complete;
  }

  /** Takes the next frame of its inputs. Raises `badPeer` for one that makes no sense. */
  receive(frame: RowsFrame): void {
    this.#inputs.receive(frame);
  }

  /** Resolves when it is ready; rejects with the reason of a cancel. */
  async inputs(): Promise<void> {
    await this.#inputs.wait(this.#abort.signal);
  }

  /** Runs the query to its end; the slot is free afterwards, although frames may still wait for credit. */
  async produce(slot: Slot): Promise<Omit<TaskReport, 'spooledBytes'>> {
    const frames = this.#inputs.take();
    await this.#faults.start();
    const report = await slot.run(this.run, (batch) => this.#put(batch), this.#abort.signal, frames);
    await this.#faults.wrote(this.run.exchange?.path ?? sourceOf(this.run, report));
    return { ...report, bytes: report.bytes + (await this.#sendHeld()) };
  }

  /** Resolves when every frame has been sent. */
  async deliver(): Promise<{ readonly spooledBytes: number }> {
    await this.#spool.drained();
    return { spooledBytes: this.#spool.spooledBytes };
  }

  addCredit(bytes: number): void {
    this.#spool.addCredit(bytes);
  }

  /** Stops the query and drops its frames. */
  cancel(reason: Error = errors.cancelled()): void {
    this.#abort.abort(reason);
    void this.close();
  }

  async close(): Promise<void> {
    this.#inputs.take();
    await this.#spool.close();
  }

  async #put(batch: ColumnBatch): Promise<number> {
    this.#held.push(batch);
    this.#heldBytes += batchBytes(batch);
    const slow = performance.now() - this.#framedAt >= joinWithinMs;
    return slow || this.#heldBytes >= joinedFrameBytes ? await this.#sendHeld() : 0;
  }

  async #sendHeld(): Promise<number> {
    if (this.#held.length === 0) return 0;
    const batch = concatBatches(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#framedAt = performance.now();
    let bytes = 0;
    for (const part of cutBatch(batch)) {
      const frame = encodeRowsFrame(this.run.attempt, this.#sequence++, encodeFrame(part));
      bytes += frame.length;
      await this.#spool.push(frame);
    }
    return bytes;
  }
}

/** Halves a batch until its parts are near the frame size, or single rows. */
export function* cutBatch(batch: ColumnBatch): Generator<ColumnBatch> {
  if (batch.rowCount <= 1 || batchBytes(batch) <= frameTargetBytes) {
    yield batch;
    return;
  }
  const half = Math.floor(batch.rowCount / 2);
  yield* cutBatch(sliceBatch(batch, 0, half));
  yield* cutBatch(sliceBatch(batch, half, batch.rowCount));
}

function batchBytes(batch: ColumnBatch): number {
  return batch.columns.reduce((sum, column) => sum + columnBytes(column), 0);
}

/** Bytes that the rows of a column take. Slices share buffers with the whole, so lengths come from the offsets. */
function columnBytes(column: ColumnData): number {
  switch (column.kind) {
    case 'fixed':
      return column.data.byteLength;
    case 'bytes':
      return span(column.offsets) + column.offsets.byteLength;
    case 'list':
      return (
        column.offsets.byteLength + columnBytes(column.child) * (span(column.offsets) / Math.max(1, column.childCount))
      );
    case 'array':
      return columnBytes(column.child);
    case 'struct':
      return column.children.reduce((sum, child) => sum + columnBytes(child), 0);
  }
}

function span(offsets: Int32Array): number {
  return (offsets.at(-1) ?? 0) - (offsets[0] ?? 0);
}

/** A file that another task will read, of a task that leaves some. */
function sourceOf({ write }: Run, { files = [] }: Pick<TaskReport, 'files'>): string | undefined {
  return write?.joined === true && files.length > 0 ? join(write.directory, files[0]!.path) : undefined;
}
