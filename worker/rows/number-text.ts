/** Numbers as PostgreSQL prints them. */
import { maxShortDouble, minShortDouble, putShortDouble, shortDoubleBytes } from './short-double.ts';
import { maxNumberBytes, putDigits, putPadded, type Sink, writeDigits } from './sink.ts';

const minus = 45;
const point = 46;
const zero = 48;
/** Integers of less than this many digits print exactly as doubles do: DBL_DIG. */
const maxFastDigits = 1e15;
/** Decimals that fit 15 digits, which are exact in doubles. */
const maxSafeScale = 15;
const powersOfTen = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** An integer of 32 bits or less. */
export function writeInt(out: Sink, value: number): void {
  out.reserve(maxNumberBytes);
  const { bytes } = out;
  let { at } = out;
  let magnitude = value;
  if (value < 0) {
    bytes[at++] = minus;
    magnitude = -value;
  }
  out.at = putDigits(bytes, at, magnitude);
}

/** Words of a 64-bit integer: `low` unsigned, `high` signed (or unsigned, for UBIGINT). */
export function writeInt64(out: Sink, low: number, high: number): void {
  const value = high * 0x1_0000_0000 + low;
  if (value >= -Number.MAX_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    writeInt(out, value);
  } else {
    writeBigInt(out, (BigInt(high) << 32n) + BigInt(low));
  }
}

export function writeBigInt(out: Sink, value: bigint): void {
  out.ascii(value.toString());
}

/** A decimal whose value is `unscaled` / 10^scale, for |unscaled| up to 2^53. */
export function writeDecimal(out: Sink, unscaled: number, scale: number): void {
  if (scale > maxSafeScale) {
    writeBigDecimal(out, BigInt(unscaled), scale);
    return;
  }
  out.reserve(maxNumberBytes);
  const { bytes } = out;
  let { at } = out;
  let magnitude = unscaled;
  if (unscaled < 0) {
    bytes[at++] = minus;
    magnitude = -unscaled;
  }
  if (scale === 0) {
    out.at = putDigits(bytes, at, magnitude);
    return;
  }
  const unit = powersOfTen[scale]!;
  const whole = Math.floor(magnitude / unit);
  at = putDigits(bytes, at, whole);
  bytes[at] = point;
  out.at = putPadded(bytes, at + 1, magnitude - whole * unit, scale);
}

/** The same number without zeros at the end of its decimals. */
export function shortest(unscaled: bigint, scale: number): { readonly value: bigint; readonly scale: number } {
  let [value, left] = [unscaled, scale];
  while (left > 0 && value % 10n === 0n) {
    value /= 10n;
    left--;
  }
  return { value, scale: left };
}

/** As `writeDecimal`, for any size. */
export function writeBigDecimal(out: Sink, unscaled: bigint, scale: number): void {
  if (unscaled < 0n) {
    out.byte(minus);
  }
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  if (scale === 0) {
    out.ascii(digits);
  } else {
    writeDecimalText(out, digits, scale);
  }
}

function writeDecimalText(out: Sink, digits: string, scale: number): void {
  const padded = digits.padStart(scale + 1, '0');
  out.ascii(padded.slice(0, -scale));
  out.byte(point);
  out.ascii(padded.slice(-scale));
}

/** Where PostgreSQL changes to scientific notation: float8 has 15 digits before it, float4 has 6. */
export interface FloatFormat {
  readonly maxExponent: number;
  /** Significant digits at extra_float_digits = 0. */
  readonly digits: number;
  readonly single: boolean;
}
export const float8: FloatFormat = { maxExponent: 15, digits: 15, single: false };
export const float4: FloatFormat = { maxExponent: 6, digits: 6, single: true };

/**
 * A double or float. `extraDigits` is extra_float_digits: above 0 the shortest text that reads back as the same value, else
 * that many digits more (less) than the type always keeps.
 */
export function writeFloat(out: Sink, value: number, format: FloatFormat, extraDigits: number): void {
  if (extraDigits > 0 && !format.single && writeShortDouble(out, value)) {
    return;
  }
  if (!Number.isFinite(value)) {
    out.ascii(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');
    return;
  }
  if (value === 0) {
    out.ascii(Object.is(value, -0) ? '-0' : '0');
    return;
  }
  if (extraDigits <= 0) {
    writeRounded(out, value, Math.max(1, format.digits + extraDigits));
    return;
  }
  const magnitude = Math.abs(value);
  if (!format.single && magnitude >= minShortDouble && magnitude < maxShortDouble) {
    writeFixedDouble(out, value, magnitude);
    return;
  }
  const text = format.single ? shortestSingle(value) : shortestDouble(value);
  writeScientific(out, text, format.maxExponent);
}

/** Here JavaScript lays a number out as PostgreSQL does: neither has an exponent. */
function writeFixedDouble(out: Sink, value: number, magnitude: number): void {
  out.reserve(shortDoubleBytes + 1);
  let { at } = out;
  if (value < 0) {
    out.bytes[at++] = minus;
  }
  const end = putShortDouble(out.bytes, at, magnitude);
  if (end >= 0) {
    out.at = end;
  } else {
    out.ascii(`${value}`);
  }
}

/**
 * Doubles with at most 6 digits behind the point and 15 in all: n / 10^k is correctly rounded, so where it gives the value
 * back, n and k are its text; and no two texts of 15 digits are the same double, so there is no shorter one.
 */
function writeShortDouble(out: Sink, value: number): boolean {
  const magnitude = value < 0 ? -value : value;
  if (!(magnitude < 1e9 && magnitude >= minShortDouble)) {
    return false;
  }
  let scale = 0;
  let unscaled = magnitude;
  if (Math.floor(magnitude) !== magnitude) {
    unscaled = Math.round(magnitude * 1e3);
    scale = 3;
    if (unscaled / 1e3 !== magnitude) {
      unscaled = Math.round(magnitude * 1e6);
      scale = 6;
      if (unscaled / 1e6 !== magnitude || unscaled >= maxFastDigits) {
        return false;
      }
    }
    while (unscaled % 10 === 0) {
      unscaled /= 10;
      scale--;
    }
  }
  writeDecimal(out, value < 0 ? -unscaled : unscaled, scale);
  return true;
}

/**
 * JavaScript's text of a number has the shortest digits. PostgreSQL's differ in one case: a text that lies exactly half way
 * between two doubles reads back right only with round-half-even, and PostgreSQL does not rely on that. It can happen only
 * where doubles are further apart than 1.
 */
function shortestDouble(value: number): string {
  const text = `${value}`;
  const magnitude = Math.abs(value);
  if (magnitude < minHalfWay || magnitude > maxHalfWay || !isHalfWay(text, magnitude)) {
    return text;
  }
  for (let digits = 1; digits < maxDoubleDigits; digits++) {
    const longer = roundEven(value, digits);
    if (Number(longer) === value && !isHalfWay(longer, magnitude)) {
      return longer;
    }
  }
  return roundEven(value, maxDoubleDigits);
}

const maxDoubleDigits = 17;
const maxSingleDigits = 9;
/** Below, a half-way point has a fraction; above, it has more than 17 digits that are not zero. */
const minHalfWay = 2 ** 54;
const maxHalfWay = 2 ** 180;

/** Whether a text is exactly in the middle between a positive integer `value` and a neighbour. */
function isHalfWay(text: string, value: number): boolean {
  const { count, exponent } = readDigits(text, text.startsWith('-') ? 1 : 0);
  const digits = String.fromCharCode(...digitBuffer.subarray(0, count));
  const distance = BigInt(digits) * 10n ** BigInt(Math.max(0, exponent + 1 - count)) - BigInt(value);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) + (distance < 0n ? -1n : 1n));
  return distance !== 0n && distance * 2n === BigInt(bits.getFloat64(0)) - BigInt(value);
}

/** Digits beyond the wanted ones that tell a tie from a number near one. */
const tieDigits = 60;

/** toExponential with ties to the even digit, as C's printf and PostgreSQL's shortest form have them. */
function roundEven(value: number, digits: number): string {
  const text = value.toExponential(digits - 1);
  if (!/5e/.test(value.toExponential(digits))) {
    return text;
  }
  const exact = value.toExponential(Math.min(100, digits + tieDigits));
  const lastDigit = text.charCodeAt(text.indexOf('e') - 1) - 48;
  if (lastDigit % 2 === 0 || !/^50*e/.test(exact.slice(exact.indexOf('.') + digits))) {
    return text;
  }
  // A tie that was rounded up to an odd digit: the even one is below it, and is never behind a borrow.
  const at = text.indexOf('e') - 1;
  return text.slice(0, at) + (lastDigit - 1) + text.slice(at + 1);
}

/** The shortest text that reads back as the same float. */
function shortestSingle(value: number): string {
  const isPowerOfTwo = (singleBits(value) & 0x7f_ffff) === 0;
  for (let digits = 1; digits < maxSingleDigits; digits++) {
    const text = roundEven(value, digits);
    if (readsBack(text, value)) {
      return text;
    }
    // Floats above a power of two are twice as far apart as those below: the next text up may do where the nearest fails.
    const above = isPowerOfTwo ? nextUp(text) : text;
    if (isPowerOfTwo && readsBack(above, value)) {
      return above;
    }
  }
  return roundEven(value, maxSingleDigits);
}

const scratch = new DataView(new ArrayBuffer(4));

function singleBits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}

/** The text of the same number of digits that is next in magnitude. */
function nextUp(text: string): string {
  const [mantissa, exponent] = text.split('e') as [string, string];
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  return `${sign}${BigInt(digits) + 1n}e${Number(exponent) - digits.length + 1}`;
}

/** Half way between two floats does not count: see `shortestDouble`. */
function readsBack(text: string, value: number): boolean {
  const read = Number(text);
  if (Math.fround(read) !== value) {
    return false;
  }
  const other = value + (read - value) * 2;
  return read === value || Math.fround(other) === value || Math.fround(other) !== other;
}

/** printf's %.*g. */
function writeRounded(out: Sink, value: number, digits: number): void {
  const [mantissa, exponentText] = roundEven(value, digits).split('e') as [string, string];
  const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  writeScientific(out, `${trimmed}e${exponentText}`, digits);
}

/** A JavaScript number text as PostgreSQL lays it out: fixed for exponents of -4 up to `maxExponent`, else scientific. */
function writeScientific(out: Sink, text: string, maxExponent: number): void {
  out.reserve(32);
  const { bytes } = out;
  let from = 0;
  if (text.charCodeAt(0) === minus) {
    bytes[out.at++] = minus;
    from = 1;
  }
  const { digits, count, exponent } = readDigits(text, from);
  let at = out.at;
  if (exponent < -4 || exponent >= maxExponent) {
    bytes[at++] = digits[0]!;
    if (count > 1) {
      bytes[at++] = point;
      for (let i = 1; i < count; i++) {
        bytes[at++] = digits[i]!;
      }
    }
    bytes[at++] = 101;
    bytes[at++] = exponent < 0 ? minus : 43;
    const magnitude = Math.abs(exponent);
    const width = magnitude < 100 ? 2 : 3;
    writeDigits(bytes, at, magnitude, width);
    out.at = at + width;
    return;
  }
  if (exponent < 0) {
    bytes[at++] = zero;
    bytes[at++] = point;
    for (let i = -1; i > exponent; i--) {
      bytes[at++] = zero;
    }
  }
  for (let i = 0; i < Math.max(count, exponent + 1); i++) {
    if (i === exponent + 1 && exponent >= 0) {
      bytes[at++] = point;
    }
    bytes[at++] = i < count ? digits[i]! : zero;
  }
  out.at = at;
}

const digitBuffer = new Uint8Array(400);
const parts = { digits: digitBuffer, count: 0, exponent: 0 };

/** Significant digits (ASCII) and decimal exponent of a JavaScript number text. The answer is overwritten by the next call. */
function readDigits(text: string, from: number): typeof parts {
  let count = 0;
  let seenPoint = false;
  let exponent = -1;
  let written = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === point) {
      seenPoint = true;
    } else if (code === 101) {
      exponent += Number(text.slice(i + 1));
      break;
    } else {
      if (count > 0 || code !== zero) {
        digitBuffer[count++] = code;
        exponent += seenPoint ? 0 : 1;
        written = code === zero ? written : count;
      } else if (seenPoint) {
        exponent--;
      }
    }
  }
  parts.count = written;
  parts.exponent = exponent;
  return parts;
}
