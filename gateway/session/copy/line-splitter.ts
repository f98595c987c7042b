import { errors } from '../../../planner/errors.ts';

/** How lines end: by the first one. As CopyReadLineText in PostgreSQL. */
export type LineEnd = 'unknown' | 'nl' | 'cr' | 'crnl';

/** One line, divided. Offsets are those of the bytes that it was read from. */
export class SplitLine {
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** 1: the field has backslashes or quotes, which have to be taken away. */
  marked = new Uint8Array(64);
  count = 0;
  /** Without its line end. */
  start = 0;
  end = 0;
  /** The data end with this line: with the end of the bytes, or a `\.`. */
  last = false;
  /** Line ends within quotes. */
  innerLines = 0;
  /** The bytes ended within quotes. */
  unterminated = false;

  begin(at: number): void {
    this.count = 0;
    this.start = at;
    this.last = false;
    this.innerLines = 0;
  }

  add(start: number, end: number, marked: number): void {
    if (this.count === this.starts.length) {
      this.#grow();
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.marked[this.count++] = marked;
  }

  /** Adds the last field. Gives `next`, where the next line begins. */
  close(start: number, end: number, marked: number, next: number): number {
    this.add(start, end, marked);
    this.end = end;
    return next;
  }

  /** Of the last line of all. */
  closeLast(start: number, end: number, marked: number, next: number): number {
    this.last = true;
    return this.close(start, end, marked, next);
  }

  #grow(): void {
    const size = this.starts.length * 2;
    const larger = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.starts = larger(this.starts, new Int32Array(size));
    this.ends = larger(this.ends, new Int32Array(size));
    this.marked = larger(this.marked, new Uint8Array(size));
  }
}

/** Finds where a line and its fields end. */
export interface LineSplitter {
  readonly line: SplitLine;
  /**
   * Divides the line that begins at `at`. Gives where the next one begins, or -1 when this one may not be whole yet. Raises 22P04 for what is
   * wrong with line ends and `\.`.
   */
  split(bytes: Buffer, at: number, final: boolean): number;
  /** Unmarked bytes of a marked field; gives their number. */
  unmark(bytes: Buffer, from: number, to: number, into: Buffer): number;
}

const newline = 10;
const carriageReturn = 13;

/** The line ends of one stream, and the marker of its end. */
export class LineEnds {
  kind: LineEnd = 'unknown';
  readonly #csv: boolean;

  constructor(csv: boolean) {
    this.#csv = csv;
  }

  /** At a carriage return outside quotes: where the next line begins, -1: more bytes are needed. */
  afterReturn(bytes: Buffer, at: number, final: boolean): number {
    if (this.kind === 'nl') {
      throw this.#mixed('carriage return', '\\r');
    }
    if (this.kind === 'cr') {
      return at + 1;
    }
    if (at + 1 >= bytes.length && !final) {
      return -1;
    }
    if (bytes[at + 1] === newline) {
      this.kind = 'crnl';
      return at + 2;
    }
    if (this.kind === 'crnl') {
      throw this.#mixed('carriage return', '\\r');
    }
    this.kind = 'cr';
    return at + 1;
  }

  /** At a newline outside quotes. */
  afterNewline(at: number): number {
    if (this.kind === 'cr' || this.kind === 'crnl') {
      throw this.#mixed('newline', '\\n');
    }
    this.kind = 'nl';
    return at + 1;
  }

  #mixed(what: string, code: string) {
    return this.#csv
      ? errors.badCopyFormat(`unquoted ${what} found in data`, `Use quoted CSV field to represent ${what}.`)
      : errors.badCopyFormat(`literal ${what} found in data`, `Use "${code}" to represent ${what}.`);
  }

  /**
   * At the dot of a `\.`: true when it ends the data, false when it is none (csv takes it as data then), undefined: more bytes are needed.
   * Raises 22P04 for one that is damaged, in text.
   */
  isMarker(bytes: Buffer, dot: number, final: boolean): boolean | undefined {
    let at = dot + 1;
    if (at + 1 >= bytes.length && !final) {
      return undefined;
    }
    if (this.kind === 'crnl') {
      const first = bytes[at++];
      if (first === newline) {
        return this.#notMarker('end-of-copy marker does not match previous newline style');
      }
      if (first !== carriageReturn) {
        return this.#notMarker('end-of-copy marker corrupt');
      }
    }
    const next = bytes[at];
    if (next !== carriageReturn && next !== newline) {
      return this.#notMarker('end-of-copy marker corrupt');
    }
    const expected = this.kind === 'cr' ? carriageReturn : newline;
    if (this.kind !== 'unknown' && next !== expected) {
      throw errors.badCopyFormat('end-of-copy marker does not match previous newline style');
    }
    return true;
  }

  #notMarker(message: string): false {
    if (!this.#csv) {
      throw errors.badCopyFormat(message);
    }
    return false;
  }
}
