/** PostgreSQL's binary numeric: digits in base 10000, weight of the first, sign, number of decimals shown. */
import type { Sink } from './sink.ts';

const base = 10_000;
const negative = 0x4000;
const digitBuffer = new Uint16Array(64);

/** `value` / 10^scale, for |value| up to 2^53. */
export function writeSafeNumeric(out: Sink, value: number, scale: number): void {
  // Decimals fill whole base-10000 digits: append zeros until they do.
  const missing = (4 - (scale & 3)) & 3;
  let rest = value < 0 ? -value : value;
  let count = 0;
  if (missing !== 0) {
    const unit = missing === 1 ? 1000 : missing === 2 ? 100 : 10;
    const upper = Math.floor(rest / unit);
    digitBuffer[count++] = (rest - upper * unit) * (base / unit);
    rest = upper;
  }
  while (rest > 0) {
    const upper = Math.floor(rest / base);
    digitBuffer[count++] = rest - upper * base;
    rest = upper;
  }
  writeDigits(out, digitBuffer, count, value < 0, scale);
}

/** `value` / 10^scale, of any size. */
export function writeNumeric(out: Sink, value: bigint, scale: number): void {
  const missing = (4 - (scale & 3)) & 3;
  const text = (value < 0n ? -value : value).toString() + '0'.repeat(missing);
  const digits: number[] = [];
  for (let end = text.length; end > 0; end -= 4) {
    digits.push(Number(text.slice(Math.max(0, end - 4), end)));
  }
  writeDigits(out, digits, digits.length, value < 0n, scale);
}

/** `digits` from the last to the first; zeros at both ends are left out. */
function writeDigits(
  out: Sink,
  digits: { readonly [i: number]: number },
  digitCount: number,
  isNegative: boolean,
  scale: number,
): void {
  let count = digitCount;
  let first = 0;
  while (count > 0 && digits[count - 1] === 0) {
    count--;
  }
  while (first < count && digits[first] === 0) {
    first++;
  }
  out.reserve(8 + (count - first) * 2);
  const { bytes } = out;
  let at = putInt16(bytes, out.at, count - first);
  at = putInt16(bytes, at, count === 0 ? 0 : count - 1 - ((scale + 3) >> 2));
  at = putInt16(bytes, at, isNegative && count > 0 ? negative : 0);
  at = putInt16(bytes, at, scale);
  for (let i = count - 1; i >= first; i--) {
    at = putInt16(bytes, at, digits[i]!);
  }
  out.at = at;
}

function putInt16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
  return at + 2;
}
