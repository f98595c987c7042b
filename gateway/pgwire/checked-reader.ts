import { isUtf8 } from 'node:buffer';
import { BufferReader } from 'pg-protocol/dist/buffer-reader.js';
import { errors } from '../../planner/errors.ts';

/** pg-protocol's reader with the bounds checks that it leaves out. Every method throws SluiceError 08P01 past the end. */
export class CheckedReader {
  readonly #reader = new BufferReader();
  readonly #body: Buffer;
  #offset = 0;

  constructor(body: Buffer) {
    this.#body = body;
    this.#reader.setBuffer(0, body);
  }

  #need(bytes: number): void {
    if (bytes < 0 || this.#offset + bytes > this.#body.length) {
      throw errors.protocolViolation('insufficient data left in message');
    }
    this.#offset += bytes;
  }

  byte(): number {
    this.#need(1);
    return this.#reader.byte();
  }

  int16(): number {
    this.#need(2);
    return this.#reader.int16();
  }

  int32(): number {
    this.#need(4);
    return this.#reader.int32();
  }

  uint32(): number {
    this.#need(4);
    return this.#reader.uint32();
  }

  bytes(length: number): Buffer {
    this.#need(length);
    return this.#reader.bytes(length);
  }

  /** A zero-terminated string. Throws 22021 when it is not UTF-8. */
  cstring(): string {
    const end = this.#body.indexOf(0, this.#offset);
    if (end < 0) {
      throw errors.protocolViolation('invalid string in message');
    }
    if (!isUtf8(this.#body.subarray(this.#offset, end))) {
      throw errors.invalidEncoding('the text of a message');
    }
    this.#need(end + 1 - this.#offset);
    return this.#reader.cstring();
  }

  /** A count of items that follow, each of at least `itemBytes`: bounded before anything is allocated for it. */
  count(itemBytes: number): number {
    const count = this.int16() & 0xffff;
    if (this.#offset + count * itemBytes > this.#body.length) {
      throw errors.protocolViolation('insufficient data left in message');
    }
    return count;
  }

  /** @throws SluiceError 08P01 when bytes are left over. */
  end(): void {
    if (this.#offset !== this.#body.length) {
      throw errors.protocolViolation('invalid message format');
    }
  }
}
