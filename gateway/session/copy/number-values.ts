/** Numbers in the bytes of COPY. */

/** Digits that a JavaScript number holds exactly. */
const exactDigits = 15;
const minus = 45;
const zero = 48;
const point = 46;

/** An integer of up to 15 digits with or without minus sign; NaN for every other text, which may be one too. */
export function quickInteger(bytes: Uint8Array, from: number, to: number): number {
  const start = bytes[from] === minus ? from + 1 : from;
  if (start >= to || to - start > exactDigits) {
    return Number.NaN;
  }
  let value = 0;
  for (let at = start; at < to; at++) {
    const digit = bytes[at]! - zero;
    if (digit < 0 || digit > 9) {
      return Number.NaN;
    }
    value = value * 10 + digit;
  }
  // Never -0, which an integer can't be.
  return start === from || value === 0 ? value : -value;
}

/** `12.34` as an integer of so many decimals, if it has 15 digits at most and no more decimals than that; NaN else. */
export function quickDecimal(bytes: Uint8Array, from: number, to: number, scale: number): number {
  const start = bytes[from] === minus ? from + 1 : from;
  let value = 0;
  let digits = 0;
  let decimals = -1;
  for (let at = start; at < to; at++) {
    const byte = bytes[at]!;
    const digit = byte - zero;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
      decimals += decimals < 0 ? 0 : 1;
    } else if (byte === point && decimals < 0) {
      decimals = 0;
    } else {
      return Number.NaN;
    }
  }
  const missing = scale - Math.max(0, decimals);
  if (digits === 0 || missing < 0 || digits + missing > exactDigits) {
    return Number.NaN;
  }
  for (let i = 0; i < missing; i++) {
    value *= 10;
  }
  return start === from || value === 0 ? value : -value;
}

/** A plain decimal text as an integer of so many decimals, rounded half away from zero. */
export function roundedDecimal(text: string, scale: number): bigint {
  const negative = text.startsWith('-');
  const [whole, decimals = ''] = text.replace(/^[+-]/, '').split('.') as [string, string?];
  const kept = decimals.slice(0, scale).padEnd(scale, '0');
  const rounds = (decimals.charCodeAt(scale) || 0) >= zero + 5;
  const value = BigInt(whole + kept) + (rounds ? 1n : 0n);
  return negative ? -value : value;
}
