import type { RawNumber } from './ast.ts';

/**
 * Reads and writes the JSON of DuckDB's AST without loss. Plain JSON.parse would round integers beyond 2^53 and turn the DOUBLE
 * `1000.0` into the integer 1000, which DuckDB then refuses. Numbers of these kinds become `{rawNumber: text}`; an unknown
 * `query_location` (2^64-1) becomes -1 and back.
 *
 * Neither replacement can hit the inside of a string: there every quote stands behind a backslash.
 */
const unknownLocation = '"query_location":18446744073709551615';
const markedLocation = '"query_location":-1';

/** 16 digits or more, or a fraction or exponent. */
const suspiciousNumber = /[:[,]\s*-?(?:\d{16}|\d+[.eE])/;
const stringOrSuspicious =
  /"(?:[^"\\]|\\.)*"|-?(?:\d{16,}(?:\.\d+)?(?:[eE][+-]?\d+)?|\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+))/g;
const markedNumber = /\{"rawNumber":"([^"\\]*)"\}/g;

/** The value of a JSON text; the caller says what it is. Raises SyntaxError when it is not JSON. */
export function readJson<T>(text: string): T {
  let json = text.includes(unknownLocation) ? text.replaceAll(unknownLocation, markedLocation) : text;
  if (suspiciousNumber.test(json)) {
    json = json.replace(stringOrSuspicious, (token) => (token.startsWith('"') ? token : `{"rawNumber":"${token}"}`));
  }
  return JSON.parse(json) as T;
}

/** The JSON text of a value that `readJson` gave or that was built with `RawNumber`s. */
export function writeJson(value: unknown): string {
  let json = JSON.stringify(value);
  if (json.includes('{"rawNumber":')) json = json.replace(markedNumber, '$1');
  return json.includes(markedLocation) ? json.replaceAll(markedLocation, unknownLocation) : json;
}

export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === 'object' && value !== null && 'rawNumber' in value;
}

/** The text of a number of the AST, raw or not. */
export function numberText(value: number | RawNumber): string {
  return typeof value === 'number' ? String(value) : value.rawNumber;
}
