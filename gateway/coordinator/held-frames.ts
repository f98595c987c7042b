import { encodeFrame } from '../../worker/exchange/arrow-frames.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { FrameFile, type SpoolBudget } from './frame-file.ts';

/** Bytes of rows in memory, over all tasks of a query whose rows are held. */
export interface HeldBudget {
  readonly limitBytes: number;
  usedBytes: number;
}

/** What holds rows of one query share. */
export interface QueueBudgets {
  readonly held: HeldBudget;
  readonly spool: SpoolBudget;
}

/** Rows of one partition, encoded. */
export interface HeldFrame {
  readonly partition: number;
  readonly rows: number;
  readonly bytes: number;
  /** The bytes, from wherever they are. */
  readonly read: () => Promise<Uint8Array>;
}

/**
 * Frames that one attempt left for other stages: in memory, beyond the budget in a temporary file. Read in any order, any number of times, until
 * `close`. Raises what `FrameFile` does.
 */
export class HeldFrames {
  /** In the order in which they came. */
  readonly frames: HeldFrame[] = [];
  /** Bytes that are in the file. */
  spooledBytes = 0;
  readonly #budgets: QueueBudgets;
  #heldBytes = 0;
  #file: FrameFile | undefined;

  constructor(budgets: QueueBudgets) {
    this.#budgets = budgets;
  }

  async add(partition: number, batch: ColumnBatch): Promise<void> {
    const { held, spool } = this.#budgets;
    const frame = encodeFrame(batch);
    const bytes = frame.byteLength;
    const about = { partition, rows: batch.rowCount, bytes };
    if (held.usedBytes + bytes <= held.limitBytes) {
      held.usedBytes += bytes;
      this.#heldBytes += bytes;
      this.frames.push({ ...about, read: async () => frame });
      return;
    }
    this.#file ??= new FrameFile(spool);
    const file = this.#file;
    const place = await file.write(frame);
    this.spooledBytes += bytes;
    this.frames.push({ ...about, read: () => file.read(place) });
  }

  async close(): Promise<void> {
    this.frames.length = 0;
    this.#budgets.held.usedBytes -= this.#heldBytes;
    this.#heldBytes = 0;
    this.spooledBytes = 0;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
