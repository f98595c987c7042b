/**
 * What CREATE FUNCTION was told of types. DuckDB's macros keep no types: the definition casts the parameters where they stand, and the
 * result (gateway/session/definitions/functions.ts), so that the types can be read from the text.
 */

/** Of a function. Types are DuckDB's; undefined: unknown. */
export interface FunctionSignature {
  readonly parameters: readonly (string | undefined)[];
  readonly result: string | undefined;
  readonly strict: boolean;
  /** The body without these casts. */
  readonly body: string;
}

const typeName = '([A-Z][A-Z0-9_ ]*(?:\\([0-9, ]+\\))?(?:\\[\\])*)';

/** Of a scalar macro. */
export function functionSignature(parameters: readonly string[], definition: string): FunctionSignature {
  const guarded = /^CASE\s+WHEN \(.* IS NULL\)+ THEN \(NULL\) ELSE (CAST\(.*\)) END$/s.exec(definition);
  const outer = resultCast(guarded?.[1] ?? definition);
  let body = outer?.value ?? definition;
  const types = parameters.map((name) => {
    const quoted = `"?${name.replaceAll('"', '""').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"?`;
    const cast = new RegExp(`CAST\\((${quoted}) AS ${typeName}\\)`, 'g');
    const type = cast.exec(body)?.[2];
    body = body.replace(cast, '$1');
    return type;
  });
  return { parameters: types, result: outer?.type, strict: guarded !== null, body: withoutQuery(body) };
}

/** `CAST(value AS type)` and nothing behind it. */
function resultCast(text: string): { readonly value: string; readonly type: string } | undefined {
  if (!text.startsWith('CAST(') || closing(text, 4) !== text.length - 1) return undefined;
  const at = text.lastIndexOf(' AS ');
  const type = new RegExp(`^${typeName}$`).exec(text.slice(at + 4, -1))?.[1];
  return type === undefined ? undefined : { value: text.slice(5, at), type };
}

/** Where the parenthesis at `open` is closed; -1: nowhere. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (const { 0: token, index } of text.slice(open).matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (token === '(') depth++;
    if (token === ')' && --depth === 0) return open + index;
  }
  return -1;
}

/** A query in parentheses is the query. */
function withoutQuery(body: string): string {
  const isQuery = /^\(\s*(?:SELECT|WITH|VALUES)\b/i.test(body) && closing(body, 0) === body.length - 1;
  return isQuery ? body.slice(1, -1) : `SELECT ${body}`;
}

const shownNames: Readonly<Record<string, string>> = {
  BLOB: 'bytea',
  DOUBLE: 'double precision',
  FLOAT: 'real',
  TIME: 'time without time zone',
  TIMESTAMP: 'timestamp without time zone',
  VARCHAR: 'text',
};

/** PostgreSQL's name of a type of DuckDB's, as functions show it: without sizes. */
export function shownType(type: string): string {
  const base = type.replace(/(\[\])+$/, '');
  const plain = base.replace(/\(.*\)$/, '');
  const name = shownNames[plain] ?? (plain === 'DECIMAL' ? 'numeric' : plain.toLowerCase());
  return base === type ? name : `${name}[]`;
}
