import { LineEnds, type LineSplitter, SplitLine } from './line-splitter.ts';

const backslash = 92;
const dot = 46;
const newline = 10;
const carriageReturn = 13;

export interface CsvMarks {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
}

/** The csv format of COPY. As CopyReadLineText and CopyReadAttributesCSV in PostgreSQL. */
export class CsvSplitter implements LineSplitter {
  readonly line = new SplitLine();
  readonly #ends = new LineEnds(true);
  readonly #marks: CsvMarks;

  constructor(marks: CsvMarks) {
    this.#marks = marks;
  }

  split(bytes: Buffer, from: number, final: boolean): number {
    const { line } = this;
    const { delimiter, quote, escape: escaping } = this.#marks;
    const { length } = bytes;
    let start = from;
    let marked = 0;
    let at = from;
    line.begin(from);
    if (bytes[from] === backslash) {
      if (from + 1 >= length && !final) {
        return -1;
      }
      const ends = bytes[from + 1] === dot ? this.#ends.isMarker(bytes, from + 1, final) : false;
      if (ends === undefined) {
        return -1;
      }
      if (ends) {
        return this.line.closeLast(from, from, 0, length);
      }
    }
    for (;;) {
      if (at >= length) {
        return final ? this.line.closeLast(start, length, marked, length) : -1;
      }
      const byte = bytes[at]!;
      if (byte === delimiter) {
        line.add(start, at++, marked);
        start = at;
        marked = 0;
      } else if (byte === quote) {
        marked = 1;
        at = this.#quoted(bytes, at + 1, quote, escaping, final);
        if (at < 0) {
          return -1;
        }
      } else if (byte === newline) {
        return this.line.close(start, at, marked, this.#ends.afterNewline(at));
      } else if (byte === carriageReturn) {
        const next = this.#ends.afterReturn(bytes, at, final);
        return next < 0 ? -1 : this.line.close(start, at, marked, next);
      } else {
        at++;
      }
    }
  }

  /** After an opening quote: where the text behind the closing one begins; -1: more bytes are needed. */
  #quoted(bytes: Buffer, from: number, quote: number, escaping: number, final: boolean): number {
    const counted = this.#ends.kind === 'nl' ? newline : carriageReturn;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === escaping && escaping !== quote) {
        // It protects a quote and itself; before anything else it is a character like others.
        const next = bytes[at + 1];
        if (next === undefined && !final) {
          return -1;
        }
        at += next === quote || next === escaping ? 1 : 0;
      } else if (byte === quote) {
        return at + 1;
      }
      this.line.innerLines += byte === counted ? 1 : 0;
    }
    this.line.unterminated = final;
    return final ? bytes.length : -1;
  }

  unmark(bytes: Buffer, from: number, to: number, into: Buffer): number {
    const { quote, escape: escaping } = this.#marks;
    let count = 0;
    let inside = false;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (inside && byte === escaping && at + 1 < to && (bytes[at + 1] === escaping || bytes[at + 1] === quote)) {
        into[count++] = bytes[++at]!;
      } else if (byte === quote) {
        inside = !inside;
      } else {
        into[count++] = byte;
      }
    }
    return count;
  }
}
