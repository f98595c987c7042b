import { decodeFrame, encodeFrame } from '../../worker/exchange/arrow-frames.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { FrameFile, type FramePlace, type SpoolBudget } from './frame-file.ts';

/** Batches of one attempt on disk: written in order, then read in order. One user at a time. Raises what `FrameFile` does. */
export class SpoolFile {
  readonly #file: FrameFile;
  readonly #places: FramePlace[] = [];
  #next = 0;

  constructor(budget: SpoolBudget) {
    this.#file = new FrameFile(budget);
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#places.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async write(batch: ColumnBatch): Promise<void> {
    this.#places.push(await this.#file.write(encodeFrame(batch)));
  }

  /** The next batch, or null after the last. */
  async read(): Promise<ColumnBatch | null> {
    const place = this.#places[this.#next];
    if (place === undefined) return null;
    this.#next++;
    return decodeFrame(await this.#file.read(place));
  }

  /** The batch that was written as number `index`, whatever was read before. */
  async readAt(index: number): Promise<ColumnBatch> {
    return decodeFrame(await this.#file.read(this.#places[index]!));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
