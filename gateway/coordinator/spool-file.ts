import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';
import { decodeFrame, encodeFrame } from '../../worker/exchange/arrow-frames.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';

/** Bytes that the temporary files of one answer may take together. */
export interface SpoolBudget {
  readonly directory: string;
  readonly limitBytes: number;
  usedBytes: number;
}

let filesMade = 0;

/**
 * Batches of one attempt on disk: written in order, then read in order. One user at a time. `close` deletes the file.
 * Raises `spoolFull` beyond the budget; errors of the disk come as they are.
 */
export class SpoolFile {
  readonly #budget: SpoolBudget;
  readonly #path: string;
  readonly #sizes: number[] = [];
  #file: FileHandle | undefined;
  #written = 0;
  #readAt = 0;
  #nextFrame = 0;

  constructor(budget: SpoolBudget) {
    this.#budget = budget;
    this.#path = join(budget.directory, `answer-${process.pid}-${filesMade++}.frames`);
  }

  async write(batch: ColumnBatch): Promise<void> {
    const frame = encodeFrame(batch);
    if (this.#budget.usedBytes + frame.byteLength > this.#budget.limitBytes)
      throw errors.spoolFull(this.#budget.limitBytes);
    this.#budget.usedBytes += frame.byteLength;
    const at = this.#written;
    this.#written += frame.byteLength;
    if (this.#file === undefined) {
      await mkdir(this.#budget.directory, { recursive: true, mode: 0o700 });
      this.#file = await open(this.#path, 'wx+', 0o600);
    }
    for (let done = 0; done < frame.byteLength; )
      done += (await this.#file.write(frame, done, frame.byteLength - done, at + done)).bytesWritten;
    this.#sizes.push(frame.byteLength);
  }

  /** The next batch, or null after the last. */
  async read(): Promise<ColumnBatch | null> {
    const size = this.#sizes[this.#nextFrame];
    if (size === undefined || this.#file === undefined) return null;
    const frame = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      const { bytesRead } = await this.#file.read(frame, done, size - done, this.#readAt + done);
      if (bytesRead === 0) throw errors.internal(`temporary file "${this.#path}" is shorter than its index`);
      done += bytesRead;
    }
    this.#nextFrame++;
    this.#readAt += size;
    return decodeFrame(frame);
  }

  async close(): Promise<void> {
    this.#budget.usedBytes -= this.#written;
    this.#written = 0;
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await file.close();
    await rm(this.#path, { force: true });
  }
}
