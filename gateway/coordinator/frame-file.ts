import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';

/** Bytes that the temporary files of one query may take together. */
export interface SpoolBudget {
  readonly directory: string;
  readonly limitBytes: number;
  usedBytes: number;
}

/** Where a frame lies in its file. */
export interface FramePlace {
  readonly at: number;
  readonly bytes: number;
}

let filesMade = 0;

/**
 * A temporary file of frames: written one behind the other, read in any order. One writer at a time; made with its first frame. `close` deletes it.
 * Raises `spoolFull` beyond the budget; errors of the disk come as they are.
 */
export class FrameFile {
  readonly #budget: SpoolBudget;
  readonly #path: string;
  #file: FileHandle | undefined;
  #written = 0;

  constructor(budget: SpoolBudget) {
    this.#budget = budget;
    this.#path = join(budget.directory, `answer-${process.pid}-${filesMade++}.frames`);
  }

  async write(frame: Uint8Array): Promise<FramePlace> {
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
    return { at, bytes: frame.byteLength };
  }

  async read({ at, bytes }: FramePlace): Promise<Uint8Array> {
    const frame = new Uint8Array(bytes);
    for (let done = 0; done < bytes; ) {
      if (this.#file === undefined) throw errors.internal(`temporary file "${this.#path}" is closed`);
      const { bytesRead } = await this.#file.read(frame, done, bytes - done, at + done);
      if (bytesRead === 0) throw errors.internal(`temporary file "${this.#path}" is shorter than its index`);
      done += bytesRead;
    }
    return frame;
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
