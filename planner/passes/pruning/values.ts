/**
 * Values of the types that pruning can compare exactly as DuckDB does. Whatever is not sure gives `undefined`: then the
 * file is kept.
 */
import type { Expression, JsonValue, LogicalType, Value } from '../../sql/ast.ts';

/**
 * A comparable value. Numbers are exact (`unscaled` / 10^`scale`); times are microseconds since the epoch, a date is its
 * midnight; text compares by its UTF-8 bytes.
 */
export type Scalar =
  | { readonly kind: 'number'; readonly unscaled: bigint; readonly scale: number }
  | { readonly kind: 'time'; readonly micros: bigint }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean };

/** A constant of the query: `null`, a value, or a bare string literal, which takes the type of what it is compared with. */
export type Constant =
  | { readonly kind: 'null' }
  | { readonly kind: 'value'; readonly value: Scalar }
  | { readonly kind: 'literal'; readonly text: string };

const integerBits: Readonly<Record<string, readonly [bits: bigint, signed: boolean]>> = {
  TINYINT: [8n, true],
  SMALLINT: [16n, true],
  INTEGER: [32n, true],
  BIGINT: [64n, true],
  HUGEINT: [128n, true],
  UTINYINT: [8n, false],
  USMALLINT: [16n, false],
  UINTEGER: [32n, false],
  UBIGINT: [64n, false],
  UHUGEINT: [128n, false],
};

export function isIntegerType(type: string): boolean {
  return type in integerBits;
}

/** Reads text as DuckDB's cast to `type` would, for plainly written values only; undefined when in doubt. */
export function readValue(text: string, type: string): Scalar | undefined {
  if (type in integerBits) return readInteger(text, type);
  if (type.startsWith('DECIMAL')) return readDecimal(text, type);
  if (type === 'VARCHAR') return { kind: 'text', text };
  if (type === 'BOOLEAN') return readBoolean(text);
  if (type === 'DATE') return /^\d{4}-\d\d-\d\d$/.test(text) ? readTime(text) : undefined;
  if (type === 'TIMESTAMP') return readTime(text);
  return undefined;
}

function readInteger(text: string, type: string): Scalar | undefined {
  if (!/^-?\d{1,39}$/.test(text)) return undefined;
  const unscaled = BigInt(text);
  const [bits, signed] = integerBits[type]!;
  const high = signed ? 1n << (bits - 1n) : 1n << bits;
  const low = signed ? -high : 0n;
  return unscaled >= low && unscaled < high ? { kind: 'number', unscaled, scale: 0 } : undefined;
}

function readDecimal(text: string, type: string): Scalar | undefined {
  const declared = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
  const written = /^(-?)(\d{1,38})(?:\.(\d{1,38}))?$/.exec(text);
  if (declared === null || written === null) return undefined;
  const scale = written[3]?.length ?? 0;
  // More digits than the type has would be rounded, or overflow.
  if (scale > Number(declared[2])) return undefined;
  if (written[2]!.replace(/^0+/, '').length > Number(declared[1]) - Number(declared[2])) return undefined;
  const digits = BigInt(`${written[2]}${written[3] ?? ''}`);
  return { kind: 'number', unscaled: written[1] === '-' ? -digits : digits, scale };
}

function readBoolean(text: string): Scalar | undefined {
  if (text === 'true' || text === 't') return { kind: 'boolean', value: true };
  return text === 'false' || text === 'f' ? { kind: 'boolean', value: false } : undefined;
}

/** `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS[.ffffff]`, years 1000 to 9999, no time zone. */
function readTime(text: string): Scalar | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year!, month! - 1, day!));
  if (year! < 1000 || date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day!) return undefined;
  if (hour! > 23 || minute! > 59 || second! > 59) return undefined;
  const millis = BigInt(date.getTime()) + BigInt((hour! * 3600 + minute! * 60 + second!) * 1000);
  return { kind: 'time', micros: millis * 1000n + BigInt((parts[7] ?? '').padEnd(6, '0')) };
}

/** -1, 0, 1; undefined when the two do not compare without a cast whose rules are not known here. */
export function compareValues(a: Scalar, b: Scalar): -1 | 0 | 1 | undefined {
  if (a.kind === 'number' && b.kind === 'number') {
    const scale = Math.max(a.scale, b.scale);
    return order(a.unscaled * 10n ** BigInt(scale - a.scale) - b.unscaled * 10n ** BigInt(scale - b.scale), 0n);
  }
  if (a.kind === 'time' && b.kind === 'time') return order(a.micros, b.micros);
  if (a.kind === 'text' && b.kind === 'text') return order(Buffer.compare(Buffer.from(a.text), Buffer.from(b.text)), 0);
  if (a.kind === 'boolean' && b.kind === 'boolean') return order(Number(a.value), Number(b.value));
  return undefined;
}

function order<T extends bigint | number>(a: T, b: T): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The constant that an expression is, or undefined when it is none (or one that pruning leaves alone). */
export function readConstant(expression: Expression): Constant | undefined {
  if (expression.class === 'CONSTANT') return constantOf((expression as { readonly value: Value }).value);
  if (expression.class !== 'CAST') return undefined;
  const { child, cast_type, try_cast } = expression as Extract<Expression, { class: 'CAST' }>;
  const inner = readConstant(child);
  if (inner === undefined || try_cast) return undefined;
  if (inner.kind === 'null') return inner;
  const type = typeName(cast_type);
  if (type === undefined) return undefined;
  if (inner.kind === 'literal') return wrap(readValue(inner.text, type));
  // Widening of an exact number: `CAST(5 AS BIGINT)`. Anything else might round or overflow.
  const { value } = inner;
  if (value.kind === 'number' && value.scale === 0 && type in integerBits)
    return wrap(readInteger(value.unscaled.toString(), type));
  return undefined;
}

function wrap(value: Scalar | undefined): Constant | undefined {
  return value === undefined ? undefined : { kind: 'value', value };
}

function typeName(type: LogicalType): string | undefined {
  if (type.id === 'DECIMAL') {
    const { width, scale } = (type.type_info ?? {}) as { width?: unknown; scale?: unknown };
    return typeof width === 'number' && typeof scale === 'number' ? `DECIMAL(${width},${scale})` : undefined;
  }
  if (type.type_info !== null && type.type_info !== undefined) return undefined;
  // A typed text is not compared like a literal: leave it alone unless the column is text, which readValue decides.
  return type.id;
}

function constantOf({ type, is_null, value }: Value): Constant | undefined {
  if (is_null) return { kind: 'null' };
  if (type.id === 'VARCHAR') return typeof value === 'string' ? { kind: 'literal', text: value } : undefined;
  if (type.id === 'BOOLEAN')
    return typeof value === 'boolean' ? { kind: 'value', value: { kind: 'boolean', value } } : undefined;
  const unscaled = integerOf(value);
  if (unscaled === undefined) return undefined;
  if (type.id in integerBits) return { kind: 'value', value: { kind: 'number', unscaled, scale: 0 } };
  const scale = (type.type_info as { scale?: unknown } | null)?.scale;
  if (type.id === 'DECIMAL' && typeof scale === 'number')
    return { kind: 'value', value: { kind: 'number', unscaled, scale } };
  return undefined;
}

function integerOf(value: JsonValue | undefined): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('rawNumber' in value) {
    const text = value.rawNumber as string;
    return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  }
  if ('upper' in value && 'lower' in value) {
    const upper = integerOf(value.upper as JsonValue);
    const lower = integerOf(value.lower as JsonValue);
    return upper === undefined || lower === undefined ? undefined : (upper << 64n) + lower;
  }
  return undefined;
}
