import { errors } from '../../../planner/errors.ts';
import type { CopyFormat } from './copy-format.ts';
import { CsvSplitter } from './csv-splitter.ts';
import { maxLineBytes } from './limits.ts';
import type { LineSplitter } from './line-splitter.ts';
import {
  type CopyPlace,
  invalidByte,
  invalidBytesError,
  placed,
  type ReadState,
  type RowReader,
  type RowSink,
  shown,
} from './row-reader.ts';
import { TextSplitter } from './text-splitter.ts';

export interface LineRowsOptions {
  readonly format: CopyFormat;
  readonly relation: string;
  /** Names of the columns that lines have. */
  readonly columns: readonly string[];
  /** By column: a quoted null text is null as well; an unquoted one is none. */
  readonly forceNull: readonly boolean[];
  readonly forceNotNull: readonly boolean[];
  readonly sink: RowSink;
}

const newline = 10;
const carriageReturn = 13;

/** Rows of the text and csv formats. */
export class LineRows implements RowReader {
  readonly #options: LineRowsOptions;
  readonly #splitter: LineSplitter;
  readonly #csv: boolean;
  readonly #null: Buffer;
  readonly #forced: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Bytes up to here are sound and hold a line end, or all that comes. */
  #checked = 0;
  /** No line is looked for before there are as many bytes: so that a long one is not gone through for every piece of it. */
  #wanted = 0;
  #final = false;
  #lineNumber = 0;
  #header: boolean;
  #ended = false;
  #scratch: Buffer = Buffer.alloc(1024);
  /** The first byte that is not UTF-8; -1: none. */
  #invalid = -1;

  constructor(options: LineRowsOptions) {
    const { format } = options;
    this.#options = options;
    this.#csv = format.kind === 'csv';
    this.#splitter = this.#csv ? new CsvSplitter(format) : new TextSplitter(format.delimiter);
    this.#null = Buffer.from(format.nullText);
    this.#header = format.header !== 'off';
    this.#forced = [...options.forceNull, ...options.forceNotNull].includes(true);
  }

  push(bytes: Buffer): void {
    if (this.#ended) {
      return;
    }
    const left = this.#bytes.length - this.#at;
    if (left + bytes.length > maxLineBytes) {
      throw this.#placed(errors.limitExceeded(`a line of COPY is longer than ${maxLineBytes} bytes`));
    }
    this.#bytes = left === 0 ? bytes : Buffer.concat([this.#bytes.subarray(this.#at), bytes]);
    this.#at = 0;
    const end = 1 + Math.max(bytes.lastIndexOf(newline), bytes.lastIndexOf(carriageReturn));
    this.#checked = 0;
    if (end > 0 && this.#bytes.length >= this.#wanted) {
      this.#check(this.#bytes.length - bytes.length + end);
    }
  }

  get line(): number {
    return this.#lineNumber + 1;
  }

  end(): void {
    this.#final = true;
    this.#check(this.#bytes.length);
  }

  #check(end: number): void {
    const from = this.#at;
    const invalid = invalidByte(this.#bytes.subarray(from, end));
    this.#invalid = invalid < 0 ? -1 : from + invalid;
    this.#checked = invalid < 0 ? end : from + invalid;
  }

  run(): ReadState {
    const { sink } = this.#options;
    while (!this.#ended) {
      if (sink.full) {
        return 'full';
      }
      if (!this.#one()) {
        return this.#ended ? 'ended' : 'more';
      }
    }
    return 'ended';
  }

  /** One line; false when there is none yet. */
  #one(): boolean {
    const final = this.#final && this.#invalid < 0;
    const bytes = this.#checked === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#checked);
    if (this.#at >= bytes.length && !final && this.#invalid < 0) {
      return false;
    }
    let next: number;
    try {
      next = this.#splitter.split(bytes, this.#at, final);
    } catch (error) {
      this.#lineNumber++;
      throw this.#placed(error);
    }
    if (next < 0) {
      return this.#needsMore();
    }
    const { line } = this.#splitter;
    this.#ended = line.last;
    this.#lineNumber += 1 + line.innerLines;
    this.#at = next;
    if (line.last && line.start === line.end && !(this.#header && this.#options.format.header === 'match')) {
      return true;
    }
    this.#wanted = 0;
    if (this.#header) {
      this.#header = false;
      this.#matchHeader(bytes);
    } else {
      this.#emit(bytes);
    }
    return true;
  }

  #needsMore(): false {
    if (this.#invalid >= 0) {
      this.#lineNumber++;
      throw this.#placed(invalidBytesError(this.#bytes, this.#invalid));
    }
    this.#wanted = (this.#bytes.length - this.#at) * 2;
    return false;
  }

  #placed(error: unknown, more: Pick<CopyPlace, 'column' | 'text'> = {}): unknown {
    return placed(error, { relation: this.#options.relation, line: this.#lineNumber, ...more });
  }

  #lineText(bytes: Buffer): string {
    const { line } = this.#splitter;
    return shown(bytes.subarray(line.start, line.end));
  }

  /** Into the scratch buffer; gives the number of bytes. */
  #unmarked(bytes: Buffer, from: number, to: number): number {
    if (this.#scratch.length < to - from) {
      this.#scratch = Buffer.allocUnsafeSlow((to - from) * 2);
    }
    const count = this.#splitter.unmark(bytes, from, to, this.#scratch);
    const text = this.#scratch.subarray(0, count);
    const invalid = this.#csv ? -1 : invalidByte(text);
    if (invalid >= 0) {
      throw invalidBytesError(text, invalid);
    }
    return count;
  }

  #isNull(bytes: Buffer, from: number, to: number): boolean {
    const expected = this.#null;
    const { length } = expected;
    if (to - from !== length) {
      return false;
    }
    for (let i = 0; i < length; i++) {
      if (bytes[from + i] !== expected[i]) {
        return false;
      }
    }
    return true;
  }

  #emit(bytes: Buffer): void {
    const { line } = this.#splitter;
    const { columns, sink } = this.#options;
    const count = columns.length;
    if (line.unterminated) {
      throw this.#placed(errors.badCopyFormat('unterminated CSV quoted field'), { text: this.#lineText(bytes) });
    }
    if (line.count > count && !(count === 0 && line.start === line.end)) {
      throw this.#placed(errors.badCopyFormat('extra data after last expected column'), {
        text: this.#lineText(bytes),
      });
    }
    const { starts, ends, marked } = line;
    for (let column = 0; column < count; column++) {
      if (column >= line.count) {
        throw this.#placed(errors.badCopyFormat(`missing data for column "${columns[column]}"`), {
          text: this.#lineText(bytes),
        });
      }
      const from = starts[column]!;
      const to = ends[column]!;
      if (this.#forced || marked[column] === 1) {
        this.#slowField(bytes, column, from, to, marked[column] === 1);
      } else if (this.#isNull(bytes, from, to)) {
        sink.nullField(column);
      } else {
        try {
          sink.field(column, bytes, from, to);
        } catch (error) {
          throw this.#placed(error, { column: columns[column], text: shown(bytes.subarray(from, to)) });
        }
      }
    }
    try {
      sink.endRow();
    } catch (error) {
      throw this.#placed(error, { text: this.#lineText(bytes) });
    }
  }

  #slowField(bytes: Buffer, column: number, from: number, to: number, marked: boolean): void {
    const { columns, sink, forceNull, forceNotNull } = this.#options;
    let isNull = !(this.#csv && marked) && this.#isNull(bytes, from, to);
    let [source, start, end] = [bytes, from, to];
    if (!isNull && marked) {
      try {
        [start, end] = [0, this.#unmarked(bytes, from, to)];
      } catch (error) {
        throw this.#placed(error, { text: this.#lineText(bytes) });
      }
      source = this.#scratch;
    }
    if (isNull && forceNotNull[column]) {
      isNull = false;
    } else if (!isNull && forceNull[column] && this.#isNull(source, start, end)) {
      isNull = true;
    }
    if (isNull) {
      sink.nullField(column);
      return;
    }
    try {
      sink.field(column, source, start, end);
    } catch (error) {
      throw this.#placed(error, { column: columns[column], text: shown(source.subarray(start, end)) });
    }
  }

  #matchHeader(bytes: Buffer): void {
    const { format, columns } = this.#options;
    if (format.header !== 'match') {
      return;
    }
    const { line } = this.#splitter;
    const fail = (message: string) => {
      throw this.#placed(errors.badCopyFormat(message), { text: this.#lineText(bytes) });
    };
    if (line.unterminated) {
      fail('unterminated CSV quoted field');
    }
    if (line.count !== columns.length) {
      fail(`wrong number of fields in header line: got ${line.count}, expected ${columns.length}`);
    }
    for (const [column, name] of columns.entries()) {
      const [from, to] = [line.starts[column]!, line.ends[column]!];
      const marked = line.marked[column] === 1;
      const where = `column name mismatch in header line field ${column + 1}`;
      if (!(this.#csv && marked) && this.#isNull(bytes, from, to)) {
        fail(`${where}: got null value ("${format.nullText}"), expected "${name}"`);
      }
      const text = marked
        ? this.#scratch.subarray(0, this.#unmarked(bytes, from, to)).toString()
        : bytes.toString('utf8', from, to);
      if (text !== name) {
        fail(`${where}: got "${text}", expected "${name}"`);
      }
    }
  }
}
