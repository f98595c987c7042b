import type { DuckDBPreparedStatement } from '@duckdb/node-api';

/** A parameter of a type that DuckDB's bindings take as it is. */
export interface NativeValue {
  /** DuckDB's name of the type. */
  readonly type: string;
  /** Binds it as parameter n. */
  readonly bind: (statement: DuckDBPreparedStatement, n: number) => void;
}

/** How the text of a type's literal is bound; undefined: this text is left to DuckDB's own cast. */
type Binder = (text: string) => NativeValue['bind'] | undefined;

const integer = /^-?\d{1,19}$/;
const float = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

const binders: Readonly<Record<string, Binder>> = {
  BOOLEAN: (text) =>
    text === 'true' || text === 'false' ? (statement, n) => statement.bindBoolean(n, text === 'true') : undefined,
  SMALLINT: (text) => (integer.test(text) ? (statement, n) => statement.bindSmallInt(n, Number(text)) : undefined),
  INTEGER: (text) => (integer.test(text) ? (statement, n) => statement.bindInteger(n, Number(text)) : undefined),
  BIGINT: (text) => (integer.test(text) ? (statement, n) => statement.bindBigInt(n, BigInt(text)) : undefined),
  DOUBLE: (text) => (float.test(text) ? (statement, n) => statement.bindDouble(n, Number(text)) : undefined),
  VARCHAR: (text) => (statement, n) => statement.bindVarchar(n, text),
};

const literal = /^CAST\('((?:[^']|'')*)' AS ([A-Z]+)\)$/;

/**
 * Values that can be bound without printing them into the text, so that DuckDB parses and binds a statement once instead of at each
 * Execute (a SELECT of one parameter: 0.30 ms against 0.14 ms). From the literals of `parameterLiteral`, which are checked and in one
 * canonical form. Undefined when one is NULL or of another type: then the literals are what runs.
 */
export function nativeValues(literals: readonly string[]): readonly NativeValue[] | undefined {
  const values: NativeValue[] = [];
  for (const text of literals) {
    const match = literal.exec(text);
    const type = match?.[2] ?? '';
    const bind = Object.hasOwn(binders, type) ? binders[type]!(match![1]!.replaceAll("''", "'")) : undefined;
    if (bind === undefined) {
      return undefined;
    }
    values.push({ type, bind });
  }
  return values;
}
