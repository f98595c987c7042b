import { isUtf8 } from 'node:buffer';
import { errors, SluiceError } from '../../../planner/errors.ts';
import { shownBytes } from './limits.ts';

/** Takes the values of rows, column after column. Raises what a value's type does not accept. */
export interface RowSink {
  /** Bytes `from` to `to`; they are the reader's and change later. */
  field(column: number, bytes: Buffer, from: number, to: number): void;
  nullField(column: number): void;
  endRow(): void;
  /** It has to be emptied before more rows come. */
  readonly full: boolean;
}

/** `more`: it needs bytes; `full`: the sink has to be emptied; `ended`: nothing that comes later is read. */
export type ReadState = 'more' | 'full' | 'ended';

/** Rows of COPY FROM out of bytes that come in pieces. Raises 22P04, 22021 and what the sink raises, with their CONTEXT. */
export interface RowReader {
  push(bytes: Buffer): void;
  /** No bytes come any more. */
  end(): void;
  run(): ReadState;
  /** Of the line or row that is read. */
  readonly line: number;
}

/** Where in the data an error is, as PostgreSQL's CONTEXT has it. */
export interface CopyPlace {
  readonly relation: string;
  readonly line: number;
  readonly column?: string | undefined;
  /** Of the column, or else of the line. Undefined: not known. */
  readonly text?: string | undefined;
}

/** A text that is not longer than what is shown, cut between characters. */
export function shown(bytes: Uint8Array): string {
  if (bytes.length <= shownBytes) {
    return Buffer.from(bytes).toString();
  }
  let to = shownBytes;
  while (to > 0 && (bytes[to]! & 0xc0) === 0x80) {
    to--;
  }
  return `${Buffer.from(bytes.subarray(0, to)).toString()}...`;
}

function placeText({ relation, line, column, text }: CopyPlace): string {
  const value = text === undefined ? '' : `: "${text}"`;
  return `COPY ${relation}, line ${line}${column === undefined ? '' : `, column ${column}`}${value}`;
}

/** The error with its place; what is no SluiceError is handed on. */
export function placed(error: unknown, place: CopyPlace): unknown {
  return error instanceof SluiceError ? errors.inContext(error, placeText(place)) : error;
}

/** Most bytes of a bad character that are told, as in PostgreSQL. */
const toldBytes = 8;

/** Where the first byte stands that is not UTF-8, or is zero, which text can't hold; -1: there is none. */
export function invalidByte(bytes: Buffer): number {
  const zero = bytes.indexOf(0);
  const text = zero < 0 ? bytes : bytes.subarray(0, zero);
  if (isUtf8(text)) {
    return zero;
  }
  let low = 0;
  // Up to `low` it is sound, at a character's begin; halving finds the first that is not.
  for (let high = text.length; low < high; ) {
    let middle = (low + high + 1) >> 1;
    while (middle > low && middle < text.length && (text[middle]! & 0xc0) === 0x80) {
      middle--;
    }
    if (middle === low) {
      const next = low + characterBytes(text[low]!);
      if (next > high || !isUtf8(text.subarray(low, next))) {
        break;
      }
      low = next;
    } else if (isUtf8(text.subarray(low, middle))) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

function characterBytes(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 1;
}

/** 22021, as PostgreSQL tells the character at `at`. */
export function invalidBytesError(bytes: Uint8Array, at: number): SluiceError {
  const count = bytes[at]! >= 0xc0 ? characterBytes(bytes[at]!) : 1;
  return errors.invalidEncoding(hexBytes(bytes.subarray(at, at + Math.min(count, toldBytes))));
}

/** `0xe2 0x82`. */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
}
