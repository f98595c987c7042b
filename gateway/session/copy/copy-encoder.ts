/** Rows of COPY TO: one CopyData message for each, as PostgreSQL sends them and drivers count on. */
import { type DuckDBType, DuckDBTypeId, VARCHAR } from '@duckdb/node-api';
import { errors } from '../../../planner/errors.ts';
import { binaryBinder } from '../../../worker/rows/binary-values.ts';
import type { ColumnBatch } from '../../../worker/rows/column-batch.ts';
import { Sink } from '../../../worker/rows/sink.ts';
import { type RowStyle, resolveStyle } from '../../../worker/rows/style.ts';
import { type CellWriter, textBinder } from '../../../worker/rows/text-values.ts';
import { isValid } from '../../../worker/rows/validity.ts';
import { binarySignature } from './binary-rows.ts';
import type { CopyFormat } from './copy-format.ts';
import type { TextEncoding } from './encodings.ts';
import { hexBytes } from './row-reader.ts';

export interface CopyColumn {
  readonly name: string;
  readonly type: DuckDBType;
  /** Quoted even where nothing in it asks for that. */
  readonly forceQuote: boolean;
}

export interface CopyEncoder {
  /** Rows `from` (inclusive) to `to` (exclusive) as complete messages. Raises 22P05 for what the encoding can't hold. */
  encode(batch: ColumnBatch, from: number, to: number): Buffer;
  /** What comes after the rows, as complete messages. */
  end(): Buffer;
}

const copyData = 100;
const lengthBytes = 4;
const firstRowBytes = 64;
const newline = 10;

/** Puts messages together. What comes before the first row goes out with it, or with the end. */
class Messages {
  readonly out: Sink;
  readonly #encoding: TextEncoding;
  #start = 0;

  constructor(out: Sink, encoding: TextEncoding) {
    this.out = out;
    this.#encoding = encoding;
  }

  begin(): void {
    const { out } = this;
    this.#start = out.at;
    out.reserve(1 + lengthBytes);
    out.bytes[out.at] = copyData;
    out.at += 1 + lengthBytes;
  }

  finish(): void {
    const { out } = this;
    const from = this.#start + 1 + lengthBytes;
    const { convert } = this.#encoding;
    if (convert !== null) {
      const converted = convert.encode(out.bytes.subarray(from, out.at));
      if (!Buffer.isBuffer(converted)) {
        throw errors.untranslatableCharacter(hexBytes(Buffer.from(converted.missing)), this.#encoding.name);
      }
      out.at = from;
      out.reserve(converted.length);
      out.bytes.set(converted, from);
      out.at += converted.length;
    }
    out.setInt32(this.#start + 1, out.at - this.#start - 1);
  }
}

/** Writes the cell of a row that is not NULL, and what the format puts around it. */
type Field = (out: Sink, row: number) => void;

/** What one format needs beside the values. */
interface Layout {
  readonly field: (write: CellWriter, column: CopyColumn, index: number) => Field;
  readonly nullBytes: Uint8Array;
  readonly delimiter: number;
}

/** An encoder of rows of these columns. Raises 0A000 for a type that can't be sent. */
export function copyEncoder(columns: readonly CopyColumn[], format: CopyFormat, style: RowStyle): CopyEncoder {
  return format.kind === 'binary' ? binaryEncoder(columns, format, style) : lineEncoder(columns, format, style);
}

function lineEncoder(columns: readonly CopyColumn[], format: CopyFormat, style: RowStyle): CopyEncoder {
  const resolved = resolveStyle(style);
  const binders = columns.map(({ type }) => textBinder(type, resolved));
  const layout = format.kind === 'csv' ? csvLayout(columns, format) : textLayout(format);
  const { nullBytes, delimiter } = layout;
  let header = format.header === 'off';
  let rowBytes = firstRowBytes;
  const putHeader = (messages: Messages) => {
    header = true;
    messages.begin();
    for (const [index, column] of columns.entries()) {
      if (index > 0) {
        messages.out.byte(delimiter);
      }
      layout.field(
        (out) => out.utf8(column.name),
        { ...column, type: VARCHAR, forceQuote: false },
        index,
      )(messages.out, 0);
    }
    messages.out.byte(newline);
    messages.finish();
  };
  return {
    encode(batch, from, to) {
      const out = new Sink(Math.ceil((to - from) * rowBytes * 1.125) + firstRowBytes);
      const messages = new Messages(out, format.encoding);
      if (!header) {
        putHeader(messages);
      }
      const fields = columns.map((column, index) =>
        layout.field(binders[index]!(batch.columns[index]!), column, index),
      );
      const masks = batch.columns.map(({ validity }) => validity);
      for (let row = from; row < to; row++) {
        messages.begin();
        for (let index = 0; index < fields.length; index++) {
          if (index > 0) {
            out.byte(delimiter);
          }
          if (isValid(masks[index]!, row)) {
            fields[index]!(out, row);
          } else {
            out.reserve(nullBytes.length);
            out.bytes.set(nullBytes, out.at);
            out.at += nullBytes.length;
          }
        }
        out.byte(newline);
        messages.finish();
      }
      rowBytes = Math.max(1, out.at / Math.max(1, to - from));
      return out.bytes.subarray(0, out.at);
    },
    end() {
      const messages = new Messages(new Sink(firstRowBytes), format.encoding);
      if (!header) {
        putHeader(messages);
      }
      return messages.out.bytes.subarray(0, messages.out.at);
    },
  };
}

const backslash = 92;
/** The letters that control characters are written with. */
const controls: Readonly<Record<number, number>> = { 8: 98, 9: 116, 10: 110, 11: 118, 12: 102, 13: 114 };
/** Delimiters that no number, date or time has in its text: tab, comma, semicolon, bar. */
const plainDelimiters: ReadonlySet<number> = new Set([9, 44, 59, 124]);

/** Types whose texts hold nothing but digits, letters, signs and blanks. */
const plainTypes: ReadonlySet<DuckDBTypeId> = new Set([
  ...[DuckDBTypeId.BOOLEAN, DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT],
  ...[DuckDBTypeId.UTINYINT, DuckDBTypeId.USMALLINT, DuckDBTypeId.UINTEGER, DuckDBTypeId.UBIGINT],
  ...[DuckDBTypeId.HUGEINT, DuckDBTypeId.UHUGEINT, DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL],
  ...[DuckDBTypeId.DATE, DuckDBTypeId.TIME, DuckDBTypeId.TIMESTAMP, DuckDBTypeId.TIMESTAMP_TZ, DuckDBTypeId.UUID],
]);

function holdsNoMarks({ typeId }: DuckDBType, delimiter: number): boolean {
  return plainTypes.has(typeId) && plainDelimiters.has(delimiter);
}

function textLayout(format: CopyFormat): Layout {
  const { delimiter } = format;
  /** What is written behind a backslash for a byte; 0: the byte stays. */
  const escapes = new Uint8Array(256);
  for (const [byte, letter] of Object.entries(controls)) {
    escapes[Number(byte)] = letter;
  }
  escapes[backslash] = backslash;
  escapes[delimiter] ||= delimiter;
  return {
    nullBytes: Buffer.from(format.nullText),
    delimiter,
    field: (write, { type }) => {
      if (holdsNoMarks(type, delimiter)) {
        return write;
      }
      return (out, row) => {
        const from = out.at;
        write(out, row);
        let marks = 0;
        for (let at = from; at < out.at; at++) {
          marks += escapes[out.bytes[at]!] === 0 ? 0 : 1;
        }
        if (marks > 0) {
          escapeText(out, from, marks, escapes);
        }
      };
    },
  };
}

/** Moves the bytes from the last to the first, so that each has room for its backslash. */
function escapeText(out: Sink, from: number, marks: number, escapes: Uint8Array): void {
  out.reserve(marks);
  const { bytes } = out;
  let to = out.at + marks;
  for (let at = out.at - 1; at >= from; at--) {
    const letter = escapes[bytes[at]!]!;
    if (letter === 0) {
      bytes[--to] = bytes[at]!;
    } else {
      bytes[--to] = letter;
      bytes[--to] = backslash;
    }
  }
  out.at += marks;
}

function csvLayout(columns: readonly CopyColumn[], format: CopyFormat): Layout {
  const { delimiter, quote, escape: escaping } = format;
  const nullBytes = Buffer.from(format.nullText);
  const single = columns.length === 1;
  const needsQuotes = new Uint8Array(256);
  for (const byte of [delimiter, quote, newline, 13]) {
    needsQuotes[byte] = 1;
  }
  const endMark = Buffer.from('\\.');
  return {
    nullBytes,
    delimiter,
    field: (write, { type, forceQuote }) => {
      if (!forceQuote && nullBytes.length === 0 && quote === 34 && holdsNoMarks(type, delimiter)) {
        return write;
      }
      return (out, row) => {
        const from = out.at;
        write(out, row);
        const cell = out.bytes.subarray(from, out.at);
        let quoted = forceQuote || cell.equals(nullBytes) || (single && cell.equals(endMark));
        for (let at = from; !quoted && at < out.at; at++) {
          quoted = needsQuotes[out.bytes[at]!] === 1;
        }
        if (quoted) {
          quoteCell(out, from, quote, escaping);
        }
      };
    },
  };
}

function quoteCell(out: Sink, from: number, quote: number, escaping: number): void {
  const cell = Buffer.from(out.bytes.subarray(from, out.at));
  out.at = from;
  out.reserve(cell.length * 2 + 2);
  const { bytes } = out;
  bytes[out.at++] = quote;
  for (const byte of cell) {
    if (byte === quote || byte === escaping) {
      bytes[out.at++] = escaping;
    }
    bytes[out.at++] = byte;
  }
  bytes[out.at++] = quote;
}

function binaryEncoder(columns: readonly CopyColumn[], format: CopyFormat, style: RowStyle): CopyEncoder {
  const resolved = resolveStyle(style);
  const binders = columns.map(({ type }) => binaryBinder(type, resolved));
  const utf8 = { ...format.encoding, convert: null };
  let header = false;
  let rowBytes = firstRowBytes;
  const putHeader = (out: Sink) => {
    header = true;
    out.reserve(binarySignature.length);
    out.bytes.set(binarySignature, out.at);
    out.at += binarySignature.length;
    out.int32(0);
    out.int32(0);
  };
  const begin = (messages: Messages) => {
    messages.begin();
    if (!header) {
      putHeader(messages.out);
    }
  };
  return {
    encode(batch, from, to) {
      const out = new Sink(Math.ceil((to - from) * rowBytes * 1.125) + firstRowBytes);
      const messages = new Messages(out, utf8);
      const writers = batch.columns.map((column, index) => binders[index]!(column));
      const masks = batch.columns.map(({ validity }) => validity);
      for (let row = from; row < to; row++) {
        begin(messages);
        out.int16(writers.length);
        for (let index = 0; index < writers.length; index++) {
          out.int32(-1);
          if (isValid(masks[index]!, row)) {
            const start = out.at;
            writers[index]!(out, row);
            out.setInt32(start - lengthBytes, out.at - start);
          }
        }
        messages.finish();
      }
      rowBytes = Math.max(1, out.at / Math.max(1, to - from));
      return out.bytes.subarray(0, out.at);
    },
    end() {
      const messages = new Messages(new Sink(firstRowBytes), utf8);
      begin(messages);
      messages.out.int16(-1);
      messages.finish();
      return messages.out.bytes.subarray(0, messages.out.at);
    },
  };
}
