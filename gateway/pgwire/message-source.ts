import type { Socket } from 'node:net';
import { type Frame, FrameReader } from './frame-reader.ts';
import { inputPauseBytes } from './limits.ts';

/**
 * Whole messages from a socket, one consumer. The socket is not read further while the consumer is busy and more than
 * `inputPauseBytes` wait; it is read on when the consumer needs more.
 */
export class MessageSource {
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  #wake: (() => void) | undefined;
  #ended = false;

  /** `first`: bytes that were read behind the startup message. */
  constructor(socket: Socket, first: Buffer, maxBytes: () => number) {
    this.#socket = socket;
    this.#frames = new FrameReader(maxBytes);
    if (first.length > 0) {
      this.#frames.push(first);
    }
    socket.on('data', (segment: Buffer) => {
      this.#frames.push(segment);
      if (this.#wake === undefined && this.#frames.bytes > inputPauseBytes) {
        socket.pause();
      }
      this.#signal();
    });
    const end = () => {
      this.#ended = true;
      this.#signal();
    };
    socket.on('end', end).on('close', end);
    socket.resume();
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The next message; undefined when the client is gone. Throws 08P01 when the stream is broken. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.tryNext();
      if (frame !== undefined || this.#ended) {
        return frame;
      }
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits until more bytes have come, and takes no message: false when none will come any more. */
  async more(): Promise<boolean> {
    if (!this.#ended) {
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return !this.#ended;
  }

  /** As `next`, but undefined also when none is there yet. */
  tryNext(): Frame | undefined {
    return this.#frames.next();
  }

  /** Type byte of the message that follows, if it has begun to arrive. */
  peek(): number | undefined {
    return this.#frames.peek();
  }
}
