import { takeMemory } from './spare-memory.ts';

/** A growing buffer, and the digits that go into it. Writers reserve what they need, then write to `bytes` at `at`. */

/** Two decimal digits for every number below 100, as ASCII. */
const pairs = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  pairs[i * 2] = 48 + Math.floor(i / 10);
  pairs[i * 2 + 1] = 48 + (i % 10);
}

export class Sink {
  bytes: Buffer;
  /** The same bytes: words are written and copied through it, whatever their alignment. */
  view: DataView;
  at = 0;

  constructor(size: number) {
    this.bytes = takeMemory(size);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for `count` more bytes; the buffer at least doubles when it has to grow. */
  reserve(count: number): void {
    if (this.at + count > this.bytes.length) {
      this.#grow(count);
    }
  }

  #grow(count: number): void {
    const grown = takeMemory(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** Text of ASCII characters only. */
  ascii(text: string): void {
    const { length } = text;
    this.reserve(length);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) {
      bytes[at + i] = text.charCodeAt(i);
    }
    this.at = at + length;
  }

  utf8(text: string): void {
    this.reserve(text.length * 3);
    this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /** Bytes `from` to `to` of `source`, of which `sourceView` is a view. */
  copy(source: Uint8Array, sourceView: DataView, from: number, to: number): void {
    const length = to - from;
    this.reserve(length);
    const { bytes, view, at } = this;
    if (length < loopCopyBytes) {
      let i = 0;
      for (; i + 4 <= length; i += 4) {
        view.setUint32(at + i, sourceView.getUint32(from + i));
      }
      for (; i < length; i++) {
        bytes[at + i] = source[from + i]!;
      }
    } else {
      bytes.set(source.subarray(from, to), at);
    }
    this.at = at + length;
  }

  /** Big-endian. */
  int16(value: number): void {
    this.reserve(2);
    this.view.setInt16(this.at, value);
    this.at += 2;
  }

  /** Big-endian. */
  int32(value: number): void {
    this.reserve(4);
    this.setInt32(this.at, value);
    this.at += 4;
  }

  /** Big-endian, at a place that is reserved already. */
  setInt32(at: number, value: number): void {
    this.view.setInt32(at, value);
  }

  /** An integer of 0 to 2^53, without sign. */
  digits(value: number): void {
    this.reserve(maxNumberBytes);
    this.at = putDigits(this.bytes, this.at, value);
  }

  /** An integer below 10^count with leading zeros, at most 15 digits. */
  padded(value: number, count: number): void {
    this.reserve(maxNumberBytes);
    this.at = putPadded(this.bytes, this.at, value, count);
  }
}

/** Room for any number below 2^53 with sign and point. */
export const maxNumberBytes = 24;

/** A view of all of an array's bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Below this many bytes a loop over words copies faster than a native call. */
const loopCopyBytes = 80;

/** Decimal digits of an integer of 0 to 2^31. */
export function digitCount(value: number): number {
  if (value < 100000) {
    return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : value < 10000 ? 4 : 5;
  }
  return value < 10_000_000 ? (value < 1_000_000 ? 6 : 7) : value < 100_000_000 ? 8 : value < 1e9 ? 9 : 10;
}

/** The last `count` digits of an integer of 0 to 2^31. */
export function writeDigits(bytes: Uint8Array, at: number, value: number, count: number): void {
  let rest = value;
  let to = at + count;
  while (to - at >= 2) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) * 2;
    to -= 2;
    bytes[to] = pairs[pair]!;
    bytes[to + 1] = pairs[pair + 1]!;
    rest = next;
  }
  if (to > at) {
    bytes[at] = 48 + (rest % 10);
  }
}

/** An integer of 0 to 2^53 at `at`; gives the place behind it. */
export function putDigits(bytes: Uint8Array, at: number, value: number): number {
  if (value < 1e9) {
    const count = digitCount(value);
    writeDigits(bytes, at, value, count);
    return at + count;
  }
  const high = Math.floor(value / 1e9);
  const count = digitCount(high);
  writeDigits(bytes, at, high, count);
  writeDigits(bytes, at + count, value - high * 1e9, 9);
  return at + count + 9;
}

/** An integer below 10^count with leading zeros, at most 15 digits; gives the place behind it. */
export function putPadded(bytes: Uint8Array, at: number, value: number, count: number): number {
  if (count <= 9) {
    writeDigits(bytes, at, value, count);
  } else {
    const high = Math.floor(value / 1e9);
    writeDigits(bytes, at, high, count - 9);
    writeDigits(bytes, at + count - 9, value - high * 1e9, 9);
  }
  return at + count;
}

/** A number of 0 to 99 as two digits. */
export function putTwo(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = pairs[value * 2]!;
  bytes[at + 1] = pairs[value * 2 + 1]!;
}
