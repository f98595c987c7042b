/**
 * Operators that DuckDB has under another meaning than Postgres, or not at all, rewritten for the `postgres` dialect.
 * Integer division and NULL order are settings, not rewrites.
 */
import type { Expression, FunctionCall, Operator, Statement } from '../sql/ast.ts';
import { functionCall, not, textConstant } from '../sql/build.ts';
import { indexOfByte } from '../sql/positions.ts';
import { rewrite } from '../sql/walk.ts';

/**
 * - `~`, `!~`, `~*`, `!~*`: DuckDB's `~` matches the whole string and the others don't exist; Postgres' match a part, and `.`
 *   matches a line end.
 * - LIKE and ILIKE: the backslash escapes.
 * - SIMILAR TO: `%` and `_` are wildcards, which DuckDB takes for plain characters.
 *
 * `source` is the text that the AST was parsed from: DuckDB writes `~` and a call of `regexp_full_match` alike.
 * Gives the very statement when there is nothing to rewrite.
 */
export function postgresOperators(statement: Statement, source: string): Statement {
  const rewriteBelow = <T>(root: T): T => rewrite(root, { expression: rewriteOne });
  const rewriteOne = (node: Expression): Expression | undefined => {
    const replaced = replaceOperator(node, source);
    if (replaced === undefined) return undefined;
    // Operands may hold operators of these kinds themselves.
    if (replaced.class === 'FUNCTION') return { ...replaced, children: replaced.children.map(rewriteBelow) };
    if (replaced.class === 'OPERATOR') {
      const [call] = replaced.children as readonly [FunctionCall];
      return { ...replaced, children: [{ ...call, children: call.children.map(rewriteBelow) }] };
    }
    return replaced;
  };
  return rewriteBelow(statement);
}

function replaceOperator(node: Expression, source: string): Expression | undefined {
  if (node.class === 'OPERATOR' && node.type === 'OPERATOR_NOT') return negated(node, source);
  if (node.class !== 'FUNCTION') return undefined;
  const [value, pattern] = node.children;
  if (value === undefined || pattern === undefined) return undefined;
  const keep = { alias: node.alias, query_location: node.query_location };
  switch (node.function_name) {
    case '~*':
      return { ...matches(value, pattern, 'is'), ...keep };
    case '!~*':
      return { ...not(matches(value, pattern, 'is')), ...keep };
    case '~~':
      return escaped('like_escape', node, pattern, keep);
    case '!~~':
      return escaped('not_like_escape', node, pattern, keep);
    case '~~*':
      return escaped('ilike_escape', node, pattern, keep);
    case '!~~*':
      return escaped('not_ilike_escape', node, pattern, keep);
    case 'regexp_full_match':
      return fullMatch(node, textAt(source, node), keep);
    default:
      return undefined;
  }
}

type Keep = Pick<Expression, 'alias' | 'query_location'>;

function matches(value: Expression, pattern: Expression, options: string): FunctionCall {
  return functionCall('regexp_matches', [value, pattern, textConstant(options)]);
}

/** What the source has where an operator or function stands. */
function textAt(source: string, { query_location }: Expression): string {
  if (query_location < 0) return '';
  const index = indexOfByte(source, query_location);
  return source.slice(index, index + 20).toLowerCase();
}

/** `!~` and NOT SIMILAR TO are a NOT over a call that has no place of its own. */
function negated(node: Operator, source: string): Expression | undefined {
  const [call] = node.children;
  if (call?.class !== 'FUNCTION' || call.function_name !== 'regexp_full_match' || call.query_location >= 0)
    return undefined;
  const replaced = fullMatch(call, textAt(source, node), { alias: call.alias, query_location: -1 });
  return replaced === undefined ? undefined : { ...node, children: [replaced] };
}

function fullMatch(call: FunctionCall, text: string, keep: Keep): Expression | undefined {
  const [value, pattern] = call.children;
  if (value === undefined || pattern === undefined || call.children.length !== 2) return undefined;
  if (text.startsWith('~') || text.startsWith('!~')) return { ...matches(value, pattern, 's'), ...keep };
  if (call.schema !== '' || text.startsWith('regexp_full_match')) return undefined;
  return { ...functionCall('regexp_full_match', [value, similarPattern(pattern), textConstant('s')]), ...keep };
}

/** A SIMILAR TO pattern as a regular expression. */
function similarPattern(pattern: Expression): Expression {
  const text = constantText(pattern);
  if (text !== undefined) return textConstant(similarToRegex(text));
  const dots = functionCall('replace', [pattern, textConstant('_'), textConstant('.')]);
  return functionCall('replace', [dots, textConstant('%'), textConstant('.*')]);
}

function similarToRegex(pattern: string): string {
  let inBrackets = false;
  return pattern.replace(/\\([\s\S])|([%_.^$[\]])/g, (whole, quoted: string | undefined, mark: string) => {
    if (quoted !== undefined) return /\w/.test(quoted) ? quoted : whole;
    if (mark === '[' || mark === ']') inBrackets = mark === '[';
    else if (!inBrackets) return mark === '%' ? '.*' : mark === '_' ? '.' : `\\${mark}`;
    return mark;
  });
}

/** A constant pattern without backslash means the same in both. */
function escaped(name: string, node: FunctionCall, pattern: Expression, keep: Keep): Expression | undefined {
  const text = constantText(pattern);
  if (!node.is_operator || (text !== undefined && !text.includes('\\'))) return undefined;
  return { ...functionCall(name, [...node.children, textConstant('\\')]), ...keep };
}

function constantText(node: Expression): string | undefined {
  if (node.class === 'CAST') return constantText(node.child);
  if (node.class !== 'CONSTANT') return undefined;
  if (node.value.is_null) return '';
  return typeof node.value.value === 'string' ? node.value.value : undefined;
}
