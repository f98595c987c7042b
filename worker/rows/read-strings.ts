/**
 * The strings of a vector into one heap. DuckDB's string_t has 16 bytes: length (4), then either up to 12 bytes of the
 * string itself, or a prefix (4) and a pointer (8). Short strings are therefore in the vector's copied bytes already.
 *
 * Longer ones need get_data_from_pointer, where the native call is the cost (0.6 us each), so strings that lie behind one
 * another in memory are read with one call: from the pointer of the first to the end of the last. Only bytes of strings of
 * this very vector are read, and between them at most `maxGapBytes` (padding, Parquet's length prefixes): a gap that short
 * lies on the memory pages of the strings at its two ends, so it can't be unmapped. No pointer is computed.
 */
import duckdb from '@duckdb/node-bindings';
import type { Validity } from './column-batch.ts';
import { isValid } from './validity.ts';

/** Strings up to this length are inside string_t. */
export const maxInlineBytes = 12;
/** Bytes between two strings that are read along with them; far less than a memory page. */
const maxGapBytes = 16;
/** Strings shorter than this are copied byte by byte, which beats a call. */
const loopCopyBytes = 24;
/** Addresses below 2^53 are exact as numbers; others (tagged pointers) are read one by one. */
const maxExactHigh = 0x1f_ffff;

/** `raw`: the vector's string_t values. Rows that are not valid get no bytes. */
export function readStrings(
  raw: Uint8Array,
  count: number,
  validity: Validity,
): { offsets: Int32Array; data: Uint8Array } {
  const words = new Uint32Array(raw.buffer, raw.byteOffset, count * 4);
  const offsets = new Int32Array(count + 1);
  let total = 0;
  let long = 0;
  for (let row = 0; row < count; row++) {
    if (validity === null || isValid(validity, row)) {
      const length = words[row * 4]!;
      total += length;
      if (length > maxInlineBytes) {
        long++;
      }
    }
    offsets[row + 1] = total;
  }
  const data = new Uint8Array(total);
  if (long < count) {
    copyInline(raw, offsets, data, count);
  }
  if (long > 0) {
    copyLong(raw, words, offsets, data, count);
  }
  return { offsets, data };
}

function copyInline(raw: Uint8Array, offsets: Int32Array, data: Uint8Array, count: number): void {
  for (let row = 0; row < count; row++) {
    const to = offsets[row]!;
    const length = offsets[row + 1]! - to;
    if (length <= maxInlineBytes) {
      const from = row * 16 + 4;
      for (let i = 0; i < length; i++) {
        data[to + i] = raw[from + i]!;
      }
    }
  }
}

/** A run of strings that lie behind one another in memory, in order of rows. `tight`: nothing lies between them, in memory or in rows. */
interface Run {
  first: number;
  last: number;
  /** Bytes from the start of the first to the end of the last. */
  size: number;
  tight: boolean;
}

function copyLong(raw: Uint8Array, words: Uint32Array, offsets: Int32Array, data: Uint8Array, count: number): void {
  // Where each string starts, relative to its run.
  const places = new Int32Array(count);
  const run: Run = { first: -1, last: -1, size: 0, tight: true };
  let base = 0;
  for (let row = 0; row < count; row++) {
    const length = offsets[row + 1]! - offsets[row]!;
    if (length <= maxInlineBytes) {
      continue;
    }
    const high = words[row * 4 + 3]!;
    const address = high * 0x1_0000_0000 + words[row * 4 + 2]!;
    const gap = address - base - run.size;
    if (run.first === -1 || gap < 0 || gap > maxGapBytes || high > maxExactHigh) {
      if (run.first !== -1) {
        copyRun(raw, places, offsets, data, run);
      }
      run.first = row;
      run.size = length;
      run.tight = true;
      base = address;
    } else {
      places[row] = run.size + gap;
      run.tight &&= gap === 0 && run.last === row - 1;
      run.size += gap + length;
    }
    run.last = row;
  }
  copyRun(raw, places, offsets, data, run);
}

function copyRun(raw: Uint8Array, places: Int32Array, offsets: Int32Array, data: Uint8Array, run: Run): void {
  const bytes = duckdb.get_data_from_pointer(raw.buffer as ArrayBuffer, raw.byteOffset + run.first * 16 + 8, run.size);
  if (run.tight) {
    data.set(bytes, offsets[run.first]!);
    return;
  }
  for (let row = run.first; row <= run.last; row++) {
    const to = offsets[row]!;
    const length = offsets[row + 1]! - to;
    if (length <= maxInlineBytes) {
      continue;
    }
    const from = places[row]!;
    if (length < loopCopyBytes) {
      for (let i = 0; i < length; i++) {
        data[to + i] = bytes[from + i]!;
      }
    } else {
      data.set(bytes.subarray(from, from + length), to);
    }
  }
}
