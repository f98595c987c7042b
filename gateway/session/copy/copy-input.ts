import { errors } from '../../../planner/errors.ts';
import type { CopyInput, FrontendMessage } from '../client.ts';
import { readBytes } from './limits.ts';

/** Type bytes of the messages that COPY FROM STDIN does not expect, as its error tells them. */
const codes: Readonly<Partial<Record<FrontendMessage['kind'], number>>> = {
  ...{ query: 0x51, parse: 0x50, bind: 0x42, describe: 0x44, execute: 0x45, close: 0x43, function_call: 0x46 },
};

/** The bytes of CopyData messages up to CopyDone, put together to pieces of about `readBytes`. */
export class CopyPieces {
  readonly #input: CopyInput;
  readonly #signal: AbortSignal;
  #done = false;
  /** Told after the data that came before it. */
  #failure: Error | undefined;

  constructor(input: CopyInput, signal: AbortSignal) {
    this.#input = input;
    this.#signal = signal;
  }

  /** Null after the last. Raises 57014 when the client breaks off, 08P01 for other messages, and the signal's reason. */
  async next(): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let bytes = 0;
    while (!this.#done && this.#failure === undefined && bytes < readBytes) {
      const message = this.#input.next();
      if (message === undefined) {
        if (bytes > 0) {
          break;
        }
        await this.#input.more(this.#signal);
      } else if (message.kind === 'copy_data') {
        parts.push(message.bytes);
        bytes += message.bytes.length;
      } else {
        this.#failure = this.#other(message);
      }
    }
    this.#signal.throwIfAborted();
    if (bytes === 0 && this.#failure !== undefined) {
      throw this.#failure;
    }
    if (bytes === 0 && this.#done) {
      return null;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes);
  }

  #other(message: FrontendMessage): Error | undefined {
    switch (message.kind) {
      case 'copy_done':
        this.#done = true;
        return undefined;
      case 'copy_fail':
        return errors.copyFailed(message.reason);
      case 'malformed':
        return message.error;
      // Drivers send these behind Execute without knowing that it is a COPY.
      case 'flush':
      case 'sync':
        return undefined;
      default: {
        const code = (codes[message.kind] ?? 0).toString(16).toUpperCase().padStart(2, '0');
        return errors.protocolViolation(`unexpected message type 0x${code} during COPY from stdin`);
      }
    }
  }
}
