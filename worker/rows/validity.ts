/** Bit operations on validity masks: one bit per row, least significant first, 1 = not null. */
import type { Validity } from './column-batch.ts';

/** Whether a row is not null. */
export function isValid(validity: Validity, row: number): boolean {
  return validity === null || ((validity[row >> 3]! >> (row & 7)) & 1) === 1;
}

/** Bytes of a mask of `count` rows. */
export function maskBytes(count: number): number {
  return (count + 7) >> 3;
}

/** Bits `from` (inclusive) to `to` (exclusive), moved to bit 0. Bits behind the last are unspecified. */
export function sliceMask(validity: Validity, from: number, to: number): Validity {
  if (validity === null || (from & 7) === 0) {
    return validity === null ? null : validity.subarray(from >> 3, maskBytes(to));
  }
  const shift = from & 7;
  const first = from >> 3;
  const bytes = new Uint8Array(maskBytes(to - from));
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (validity[first + i]! >> shift) | ((validity[first + i + 1] ?? 0) << (8 - shift));
  }
  return bytes;
}

/** Rows that are valid in both. */
export function andMasks(a: Validity, b: Validity): Validity {
  if (a === null || b === null) {
    return a ?? b;
  }
  const length = Math.min(a.length, b.length);
  const both = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    both[i] = a[i]! & b[i]!;
  }
  return both;
}

/** The mask of a list's child rows: every bit of a row is repeated `times` times (children of fixed-length arrays). */
export function repeatMask(validity: Validity, count: number, times: number): Validity {
  if (validity === null) {
    return null;
  }
  const bytes = new Uint8Array(maskBytes(count * times));
  for (let row = 0; row < count; row++) {
    if (isValid(validity, row)) {
      setBits(bytes, row * times, times);
    }
  }
  return bytes;
}

/** Sets `count` bits from bit `from` on. */
export function setBits(bytes: Uint8Array, from: number, count: number): void {
  for (let bit = from; bit < from + count; bit++) {
    bytes[bit >> 3]! |= 1 << (bit & 7);
  }
}

/** The mask with null for «no NULLs» when all of the first `count` bits are set. */
export function simplifyMask(validity: Validity, count: number): Validity {
  if (validity === null) {
    return null;
  }
  const whole = count >> 3;
  for (let i = 0; i < whole; i++) {
    if (validity[i] !== 0xff) {
      return validity;
    }
  }
  const rest = (1 << (count & 7)) - 1;
  return ((validity[whole] ?? 0) & rest) === rest ? null : validity;
}
