/**
 * Values of Bind as SQL literals. A value is first brought into one canonical text (validated: what PostgreSQL refuses is
 * refused with its SQLSTATE), then printed as a quoted string in a CAST: nothing of a client's bytes is ever outside quotes.
 */
import { errors } from '../../planner/errors.ts';
import { type ArrayValue, binaryArray, textArray } from './parameter-arrays.ts';
import { binaryText } from './parameter-binary.ts';
import { canonicalText } from './parameter-text.ts';
import { duckdbTypeOfOid, elementOid, isList, pgType, pgTypes } from './pg-types.ts';
import { parseType } from './types.ts';

/** PostgreSQL's `unknown`: as if no type was given. */
const unknownOid = 705;
/** DuckDB's DECIMAL holds this many digits. */
const maxDecimalDigits = 38;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * One parameter as a typed SQL literal. `bytes`: as Bind brought them, null for NULL. `format`: 0 text, 1 binary. `oid`: the
 * type that the client declared, 0 when it left that open: then `duckdbType`, which DuckDB inferred, decides, else text.
 * Throws 22P02, 22007, 22008 or 22003 for text, 22P03 for bytes that the type does not accept, 22021 for text that is not UTF-8.
 */
export function parameterLiteral(
  bytes: Uint8Array | null,
  format: 0 | 1,
  oid: number,
  duckdbType: string | null,
): string {
  const declared = oid === 0 || oid === unknownOid ? undefined : duckdbTypeOfOid(oid);
  const type = declared ?? duckdbType ?? 'VARCHAR';
  if (bytes === null) {
    return `CAST(NULL AS ${type})`;
  }
  const exact = declared === undefined ? type : null;
  const nested = exact === null || format === 1 ? undefined : nestedListOid(type);
  if (nested !== undefined && bytes[0] === openBrace) {
    return arrayLiteral(textArray(textOf(bytes), nested), elementOid(nested)!, exact);
  }
  const wireOid = declared === undefined ? wireOidOf(type) : oid;
  if (elementOid(wireOid) === undefined) {
    const text = format === 1 ? binaryText(wireOid, bytes) : canonicalText(wireOid, textOf(bytes));
    return scalarLiteral(text, wireOid, exact ?? type, exact !== null);
  }
  const array = format === 1 ? binaryArray(bytes, wireOid) : textArray(textOf(bytes), wireOid);
  return arrayLiteral(array, elementOid(wireOid)!, exact);
}

/** The OID whose input rules a value of this DuckDB type follows. STRUCT and its like have only DuckDB's own text. */
function wireOidOf(type: string): number {
  const { oid, element } = pgType(parseType(type));
  const isJson = oid === pgTypes.json.oid || element?.oid === pgTypes.json.oid;
  return isJson && !/^JSON(\[\])*$/.test(type) ? pgTypes.text.oid : oid;
}

const openBrace = 123;

/**
 * The array OID of the innermost elements of a list of lists. Clients are told that it is json, and may send `[[1],[2]]`; drivers that
 * print arrays without asking for the type send `{{1},{2}}`. Undefined for other types and for elements without an array form.
 */
function nestedListOid(type: string): number | undefined {
  let inner = parseType(type);
  if (!isList(inner) || !isList(inner.valueType)) {
    return undefined;
  }
  while (isList(inner)) {
    inner = inner.valueType;
  }
  const { arrayOid } = pgType(inner);
  return elementOid(arrayOid) === undefined ? undefined : arrayOid;
}

function textOf(bytes: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw errors.invalidEncoding('a parameter in text form is not UTF-8');
  }
  if (text.includes('\0')) {
    throw errors.invalidEncoding('0x00');
  }
  return text;
}

/** A string in quotes: DuckDB has no escapes but the doubled quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function scalarLiteral(text: string, oid: number, type: string, isExact: boolean): string {
  const target = !isExact && oid === pgTypes.numeric.oid ? numericType(text) : type;
  return `CAST(${quoted(text)} AS ${target})`;
}

/** The smallest DECIMAL that holds a numeric exactly, or a wide integer; DOUBLE for NaN, infinities and more digits than those. */
function numericType(text: string): string {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
  const whole = match?.[1]?.replace(/^0+/, '') ?? '';
  const scale = match?.[2]?.length ?? 0;
  const precision = Math.max(1, whole.length + scale);
  if (match === null || precision > maxDecimalDigits) {
    return match !== null && scale === 0 ? wideInteger(text) : 'DOUBLE';
  }
  return `DECIMAL(${precision},${scale})`;
}

/** Integers of 39 digits may still be a HUGEINT or UHUGEINT. */
function wideInteger(text: string): string {
  if (text.length > maxDecimalDigits + 2) {
    return 'DOUBLE';
  }
  const value = BigInt(text);
  if (BigInt.asIntN(128, value) === value) {
    return 'HUGEINT';
  }
  return BigInt.asUintN(128, value) === value ? 'UHUGEINT' : 'DOUBLE';
}

/** `exact`: the DuckDB type of the array, when DuckDB told it. */
function arrayLiteral(array: ArrayValue, oid: number, exact: string | null): string {
  const element = exact === null ? duckdbTypeOfOid(oid)! : exact.replace(/(\[\d*\])+$/, '');
  const texts: string[] = [];
  collect(array.items, texts);
  const type = exact === null && oid === pgTypes.numeric.oid ? widestNumeric(texts) : element;
  const print = (items: ArrayValue['items']): string =>
    `[${items
      .map((item) =>
        item === null ? 'NULL' : typeof item === 'string' ? scalarLiteral(item, oid, type, true) : print(item),
      )
      .join(', ')}]`;
  return `CAST(${print(array.items)} AS ${exact ?? type + '[]'.repeat(Math.max(1, array.dimensions))})`;
}

function collect(items: ArrayValue['items'], into: string[]): void {
  for (const item of items) {
    if (typeof item === 'string') {
      into.push(item);
    } else if (item !== null) {
      collect(item, into);
    }
  }
}

/** One DECIMAL for all elements. */
function widestNumeric(texts: readonly string[]): string {
  let whole = 1;
  let scale = 0;
  for (const text of texts) {
    const match = /^DECIMAL\((\d+),(\d+)\)$/.exec(numericType(text));
    if (match === null) {
      return 'DOUBLE';
    }
    whole = Math.max(whole, Number(match[1]) - Number(match[2]));
    scale = Math.max(scale, Number(match[2]));
  }
  return whole + scale > maxDecimalDigits ? 'DOUBLE' : `DECIMAL(${whole + scale},${scale})`;
}
