import { errors } from '../../planner/errors.ts';

/** One message after the startup message: type byte and body (without the length). */
export interface Frame {
  readonly code: number;
  readonly body: Buffer;
}

const headerBytes = 5;

/**
 * Cuts a byte stream into messages (type byte, int32 length that counts itself, body). Takes segments of any size, from single
 * bytes to many messages at once, without copying whole ones and without quadratic work for large ones.
 */
export class FrameReader {
  readonly #maxBytes: () => number;
  /** What is being read; `#offset` is its first unread byte. */
  #buffer: Buffer = Buffer.alloc(0);
  #offset = 0;
  /** Segments after `#buffer`, joined only when a message needs them. */
  #later: Buffer[] = [];
  #bytes = 0;

  /** `maxBytes` is asked for each message, since it grows when the log-in is done. */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** Unread bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(segment: Buffer): void {
    if (this.#bytes === 0) {
      this.#buffer = segment;
      this.#offset = 0;
    } else {
      this.#later.push(segment);
    }
    this.#bytes += segment.length;
  }

  /**
   * The next whole message, or undefined until more bytes come.
   * @throws SluiceError 08P01 when the length is impossible or above the limit: the stream can't be read further.
   */
  next(): Frame | undefined {
    if (this.#bytes < headerBytes) {
      return undefined;
    }
    this.#join(headerBytes);
    const code = this.#buffer[this.#offset]!;
    const length = this.#buffer.readInt32BE(this.#offset + 1);
    if (length < 4) {
      throw errors.protocolViolation('invalid message length');
    }
    const limit = this.#maxBytes();
    if (length > limit) {
      throw errors.protocolViolation(`message of ${length} bytes is longer than the limit of ${limit} bytes`);
    }
    const total = length + 1;
    if (this.#bytes < total) {
      return undefined;
    }
    this.#join(total);
    const start = this.#offset;
    this.#offset += total;
    this.#bytes -= total;
    const body = this.#buffer.subarray(start + headerBytes, start + total);
    return { code, body };
  }

  /** Type byte of the message after the last one given, when its first byte is there. */
  peek(): number | undefined {
    if (this.#bytes === 0) {
      return undefined;
    }
    this.#join(1);
    return this.#buffer[this.#offset];
  }

  /** Makes at least `count` unread bytes contiguous. The caller has checked that they are there. */
  #join(count: number): void {
    if (this.#buffer.length - this.#offset >= count) {
      return;
    }
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#offset), ...this.#later]);
    this.#offset = 0;
    this.#later = [];
  }
}
