/**
 * The shortest digits of doubles of common size, without a JavaScript string. A double times a power of ten up to 10^22 is known exactly as
 * the sum of two doubles (Dekker's product), so 17 digits, what is behind them, and the half-way points to the neighbours are exact: what is
 * left is to look for the shortest number between those points. What is too near a tie or an end to tell is left to the caller.
 */
import { writeDigits } from './sink.ts';

/** Doubles from here ... */
export const minShortDouble = 1e-4;
/** ... to below this are laid out without an exponent. */
export const maxShortDouble = 1e15;

/** Room that `putShortDouble` needs. */
export const shortDoubleBytes = 32;

const maxPower = 22;
/** 2^27 + 1: cuts a double into two of 26 bits. */
const splitter = 134_217_729;
/** Above any rounding of the comparisons below, far below what they compare. */
const margin = 2 ** -20;
/** Scaled values are in [10^16, 10^17), that is of 17 digits; near the ends rounding might lead out. */
const minScaled = 1e16 + 64;
const maxScaled = 1e17 - 64;
const lowDigits = 9;
const lowUnit = 1e9;

const powers = Float64Array.from({ length: maxPower + 1 }, (_, i) => Number(`1e${i}`));
const powersHigh = powers.map((power) => splitter * power - (splitter * power - power));
const powersLow = powers.map((power, i) => power - powersHigh[i]!);

/** By binary exponent from `minExponent` on: half the distance of neighbours, and the power of ten that gives 17 digits (or 18). */
const minExponent = Math.floor(Math.log2(minShortDouble));
const exponents = Math.ceil(Math.log2(maxShortDouble)) - minExponent;
const halfGaps = Float64Array.from({ length: exponents }, (_, i) => 2 ** (i + minExponent - 53));
const scales = Int8Array.from({ length: exponents }, (_, i) => 16 - Math.floor(Math.log10(2 ** (i + minExponent))));

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);

/**
 * A double from `minShortDouble` to below `maxShortDouble` at `at`, where `shortDoubleBytes` are free; gives the place behind it, or -1
 * when it is one of the few that need another method (and all powers of two, whose lower neighbour is nearer).
 */
export function putShortDouble(bytes: Uint8Array, at: number, value: number): number {
  scratch[0] = value;
  const highWord = words[1]!;
  if ((highWord & 0xf_ffff) === 0 && words[0] === 0) {
    return -1;
  }
  const exponent = (highWord >>> 20) - 1023 - minExponent;
  let power = scales[exponent]!;
  let scaled = value * powers[power]!;
  if (scaled >= maxScaled) {
    power--;
    scaled = value * powers[power]!;
  }
  if (!(scaled > minScaled && scaled < maxScaled)) {
    return -1;
  }
  const cut = splitter * value;
  const valueHigh = cut - (cut - value);
  const valueLow = value - valueHigh;
  const powerHigh = powersHigh[power]!;
  const powerLow = powersLow[power]!;
  const error = valueHigh * powerHigh - scaled + valueHigh * powerLow + valueLow * powerHigh + valueLow * powerLow;

  // scaled + error = high * 10^9 + low + rest, exactly.
  let high = Math.floor(scaled / lowUnit);
  const wholeError = Math.floor(error);
  const rest = error - wholeError;
  let low = scaled - high * lowUnit + wholeError;
  if (low < 0) {
    low += lowUnit;
    high--;
  } else if (low >= lowUnit) {
    low -= lowUnit;
    high++;
  }
  const rounded = roundShort(low | 0, rest, halfGaps[exponent]! * powers[power]!);
  if (rounded < 0) {
    return -1;
  }
  return rounded >= lowUnit
    ? layOut(bytes, at, high + 1, rounded - lowUnit, 16 - power)
    : layOut(bytes, at, high, rounded, 16 - power);
}

/**
 * The last nine of 17 digits, rounded to as few as still lie within `half` (0.5 to 11.2) of low + rest; -1 when that is too close to call.
 * At most one multiple of 100 is that near, so one with even fewer digits is that one.
 */
function roundShort(low: number, rest: number, half: number): number {
  const hundreds = low % 100;
  const above = hundreds + rest;
  const nearHundred = above < 50 ? above : 100 - above;
  if (nearHundred < half + margin) {
    return nearHundred > half - margin ? -1 : above < 50 ? low - hundreds : low - hundreds + 100;
  }
  const tens = low % 10;
  const aboveTen = tens + rest;
  const nearTen = aboveTen < 5 ? aboveTen : 10 - aboveTen;
  if (nearTen < half + margin) {
    return nearTen > half - margin || nearTen > 5 - margin ? -1 : aboveTen < 5 ? low - tens : low - tens + 10;
  }
  if (rest > 0.5 - margin && rest < 0.5 + margin) {
    return -1;
  }
  return rest > 0.5 ? low + 1 : low;
}

const point = 46;
const zero = 48;

/** Digits `high` (8) and `low` (9) with the point behind the first `exponent` + 1 of them, without zeros at the end. */
function layOut(bytes: Uint8Array, at: number, high: number, low: number, exponent: number): number {
  let to = at + 1;
  if (exponent < 0) {
    bytes[at] = zero;
    bytes[at + 1] = point;
    for (to = at + 2; to < at + 1 - exponent; to++) {
      bytes[to] = zero;
    }
  }
  writeDigits(bytes, to, high, 8);
  writeDigits(bytes, to + 8, low, lowDigits);
  let end = to + 8 + lowDigits;
  if (exponent >= 0) {
    for (let i = at; i <= at + exponent; i++) {
      bytes[i] = bytes[i + 1]!;
    }
    bytes[at + exponent + 1] = point;
  }
  while (bytes[end - 1] === zero) {
    end--;
  }
  return bytes[end - 1] === point ? end - 1 : end;
}
