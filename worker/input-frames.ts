import { errors } from '../planner/errors.ts';
import type { RowsFrame } from './protocol/frames.ts';
import type { Run } from './protocol/messages.ts';
import { maxInputFrameBytes } from './protocol/parse-message.ts';

/** The frames of a task's inputs on their way in: the task starts when all are there. */
export class InputFrames {
  readonly #expected: number;
  #frames: Uint8Array[] = [];
  #received = 0;
  #bytes = 0;
  #resolve: () => void = () => undefined;

  constructor({ inputs = [] }: Run) {
    this.#expected = inputs.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** Takes the next one. Raises `badPeer` for one that is out of order, or too many. */
  receive({ sequence, payload }: RowsFrame): void {
    if (sequence !== this.#received || sequence >= this.#expected)
      throw errors.badPeer(`frame ${sequence} of inputs, ${this.#received} of ${this.#expected} have come`);
    this.#bytes += payload.byteLength;
    if (this.#bytes > maxInputFrameBytes) throw errors.badPeer(`inputs of more than ${maxInputFrameBytes} bytes`);
    this.#frames.push(payload);
    this.#received += 1;
    if (this.complete) this.#resolve();
  }

  get complete(): boolean {
    return this.#received === this.#expected;
  }

  /** Resolves when all have come; rejects with the reason of `signal`. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.complete) return;
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#resolve = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
    });
  }

  /** Hands them over; the memory is the taker's. */
  take(): readonly Uint8Array[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}
