import { LineEnds, type LineSplitter, SplitLine } from './line-splitter.ts';

const backslash = 92;
const dot = 46;
const newline = 10;
const carriageReturn = 13;

/** What a letter after a backslash stands for. */
const letters: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 };

/** The text format of COPY. As CopyReadLineText and CopyReadAttributesText in PostgreSQL. */
export class TextSplitter implements LineSplitter {
  readonly line = new SplitLine();
  readonly #ends = new LineEnds(false);
  readonly #delimiter: number;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  split(bytes: Buffer, from: number, final: boolean): number {
    const { line } = this;
    const delimiter = this.#delimiter;
    const { length } = bytes;
    let start = from;
    let marked = 0;
    line.begin(from);
    for (let at = from; ; ) {
      if (at >= length) {
        return final ? this.line.closeLast(start, length, marked, length) : -1;
      }
      const byte = bytes[at]!;
      if (byte === delimiter) {
        line.add(start, at++, marked);
        start = at;
        marked = 0;
      } else if (byte > carriageReturn && byte !== backslash) {
        at++;
      } else if (byte === newline) {
        return this.line.close(start, at, marked, this.#ends.afterNewline(at));
      } else if (byte === carriageReturn) {
        const next = this.#ends.afterReturn(bytes, at, final);
        return next < 0 ? -1 : this.line.close(start, at, marked, next);
      } else if (byte !== backslash) {
        at++;
      } else if (at + 1 >= length) {
        if (!final) {
          return -1;
        }
        marked = 1;
        at++;
      } else if (bytes[at + 1] === dot) {
        return this.#ends.isMarker(bytes, at + 1, final) === undefined
          ? -1
          : this.line.closeLast(start, at, marked, length);
      } else {
        marked = 1;
        at += 2;
      }
    }
  }

  unmark(bytes: Buffer, from: number, to: number, into: Buffer): number {
    let count = 0;
    for (let at = from; at < to; ) {
      const byte = bytes[at++]!;
      if (byte !== backslash || at >= to) {
        // A backslash at the very end stands for nothing.
        if (byte !== backslash) {
          into[count++] = byte;
        }
        continue;
      }
      const next = bytes[at++]!;
      const digit = octal(next);
      if (digit >= 0) {
        let value = digit;
        for (let more = 0; more < 2 && at < to && octal(bytes[at]!) >= 0; more++) {
          value = value * 8 + octal(bytes[at++]!);
        }
        into[count++] = value & 0xff;
      } else if (next === 120 && at < to && hex(bytes[at]!) >= 0) {
        let value = hex(bytes[at++]!);
        if (at < to && hex(bytes[at]!) >= 0) {
          value = value * 16 + hex(bytes[at++]!);
        }
        into[count++] = value;
      } else {
        into[count++] = letters[next] ?? next;
      }
    }
    return count;
  }
}

function octal(byte: number): number {
  return byte >= 48 && byte <= 55 ? byte - 48 : -1;
}

function hex(byte: number): number {
  if (byte >= 48 && byte <= 57) {
    return byte - 48;
  }
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
