import { errors } from '../../planner/errors.ts';
import type { CopyInput, FrontendMessage } from '../session/client.ts';
import { decodeFrame, frontendCode } from './decode.ts';
import type { MessageSource } from './message-source.ts';

/** The messages of a connection while its session reads COPY data: the session takes them itself then, and the connection waits. */
export class WireCopyInput implements CopyInput {
  readonly #source: MessageSource;
  readonly #flush: () => void;

  /** `flush`: sends what is buffered for the client, or both would wait for each other. */
  constructor(source: MessageSource, flush: () => void) {
    this.#source = source;
    this.#flush = flush;
  }

  next(): FrontendMessage | undefined {
    const frame = this.#source.tryNext();
    if (frame?.code === frontendCode.terminate) {
      throw errors.connectionLost();
    }
    return frame === undefined ? undefined : decodeFrame(frame);
  }

  async more(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#flush();
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (!(await Promise.race([this.#source.more(), aborted]))) {
        throw errors.connectionLost();
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
