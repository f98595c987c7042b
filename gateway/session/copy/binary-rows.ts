import { errors } from '../../../planner/errors.ts';
import { maxLineBytes } from './limits.ts';
import { placed, type ReadState, type RowReader, type RowSink } from './row-reader.ts';

/** The first bytes of the binary format. */
export const binarySignature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

const flagsBytes = 4;
const lengthBytes = 4;
const oidsFlag = 1 << 16;

export interface BinaryRowsOptions {
  readonly relation: string;
  readonly columns: readonly string[];
  readonly sink: RowSink;
}

/** Rows of the binary format. */
export class BinaryRows implements RowReader {
  readonly #options: BinaryRowsOptions;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #final = false;
  #state: 'header' | 'rows' | 'ended' = 'header';
  #row = 0;

  constructor(options: BinaryRowsOptions) {
    this.#options = options;
  }

  push(bytes: Buffer): void {
    if (this.#state === 'ended') {
      if (bytes.length > 0) {
        throw this.#placed(errors.badCopyFormat('received copy data after EOF marker'));
      }
      return;
    }
    const left = this.#bytes.length - this.#at;
    if (left + bytes.length > maxLineBytes) {
      throw this.#placed(errors.limitExceeded(`a row of COPY is longer than ${maxLineBytes} bytes`));
    }
    this.#bytes = left === 0 ? bytes : Buffer.concat([this.#bytes.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  get line(): number {
    return this.#row;
  }

  end(): void {
    this.#final = true;
  }

  #placed(error: unknown, column?: string): unknown {
    // Errors of the header have no place.
    return this.#row === 0 ? error : placed(error, { relation: this.#options.relation, line: this.#row, column });
  }

  #has(count: number): boolean {
    return this.#bytes.length - this.#at >= count;
  }

  run(): ReadState {
    if (this.#state === 'header' && !this.#header()) {
      return 'more';
    }
    while (this.#state === 'rows') {
      if (this.#options.sink.full) {
        return 'full';
      }
      if (!this.#rowIsWhole()) {
        return 'more';
      }
      this.#readRow();
    }
    return 'ended';
  }

  #header(): boolean {
    const bytes = this.#bytes;
    const have = bytes.subarray(0, binarySignature.length);
    const bad = (message: string) => this.#placed(errors.badCopyFormat(message));
    if (
      !have.equals(binarySignature.subarray(0, have.length)) ||
      (this.#final && have.length < binarySignature.length)
    ) {
      throw bad('COPY file signature not recognized');
    }
    const flagsAt = binarySignature.length;
    if (!this.#has(flagsAt + flagsBytes)) {
      if (this.#final) {
        throw bad('invalid COPY file header (missing flags)');
      }
      return false;
    }
    const flags = bytes.readInt32BE(flagsAt);
    if ((flags & oidsFlag) !== 0) {
      throw bad('invalid COPY file header (WITH OIDS)');
    }
    if (flags >> 16 !== 0) {
      throw bad('unrecognized critical flags in COPY file header');
    }
    const lengthAt = flagsAt + flagsBytes;
    if (!this.#has(lengthAt + lengthBytes)) {
      if (this.#final) {
        throw bad('invalid COPY file header (missing length)');
      }
      return false;
    }
    const extra = bytes.readInt32BE(lengthAt);
    const start = lengthAt + lengthBytes + extra;
    if (extra < 0 || (this.#final && !this.#has(start))) {
      throw bad(`invalid COPY file header (${extra < 0 ? 'missing' : 'wrong'} length)`);
    }
    if (!this.#has(start)) {
      return false;
    }
    this.#at = start;
    this.#state = 'rows';
    return true;
  }

  /** True as well when what is wrong with it can be told. */
  #rowIsWhole(): boolean {
    const bytes = this.#bytes;
    if (!this.#has(2)) {
      if (this.#final) {
        // Without its trailer.
        this.#state = 'ended';
      }
      return this.#final;
    }
    const count = bytes.readInt16BE(this.#at);
    if (this.#final || count !== this.#options.columns.length) {
      return true;
    }
    let at = this.#at + 2;
    for (let column = 0; column < count; column++) {
      if (at + lengthBytes > bytes.length) {
        return false;
      }
      const size = bytes.readInt32BE(at);
      if (size < -1) {
        return true;
      }
      at += lengthBytes + Math.max(0, size);
    }
    return at <= bytes.length;
  }

  #readRow(): void {
    if (this.#state === 'ended') {
      return;
    }
    const bytes = this.#bytes;
    const { columns, sink } = this.#options;
    this.#row++;
    const count = bytes.readInt16BE(this.#at);
    this.#at += 2;
    if (count === -1) {
      this.#state = 'ended';
      if (this.#at < bytes.length) {
        throw this.#placed(errors.badCopyFormat('received copy data after EOF marker'));
      }
      return;
    }
    if (count !== columns.length) {
      const message = `row field count is ${count}, expected ${columns.length}`;
      throw this.#placed(errors.badCopyFormat(message));
    }
    for (let column = 0; column < count; column++) {
      try {
        this.#field(column);
      } catch (error) {
        throw this.#placed(error, columns[column]);
      }
    }
    try {
      sink.endRow();
    } catch (error) {
      throw this.#placed(error);
    }
  }

  #field(column: number): void {
    const bytes = this.#bytes;
    const { sink } = this.#options;
    if (!this.#has(lengthBytes)) {
      throw errors.badCopyFormat('unexpected EOF in COPY data');
    }
    const size = bytes.readInt32BE(this.#at);
    this.#at += lengthBytes;
    if (size === -1) {
      sink.nullField(column);
      return;
    }
    if (size < 0) {
      throw errors.badCopyFormat('invalid field size');
    }
    if (!this.#has(size)) {
      throw errors.badCopyFormat('unexpected EOF in COPY data');
    }
    this.#at += size;
    sink.field(column, bytes, this.#at - size, this.#at);
  }
}
