import { type Node, stringsOf } from '../../../planner/sql/postgres.ts';
import { elementOf, isArray, isText, namedOids, storedType } from '../pg-type-names.ts';
import { castTo, toText } from './casts.ts';
import { macroCall, type Scope, type Translation, type Typed } from './context.ts';
import { expression, unsupported } from './expression.ts';

/** Fields of A_Expr. */
export interface Operation {
  readonly kind?: string;
  readonly name?: Node[];
  readonly lexpr?: Node;
  readonly rexpr?: Node;
}

const comparisons: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '>', '<=', '>=']);
/** Pattern operators: negated, ignoring case. */
const patterns: Readonly<Record<string, readonly [negated: boolean, ignoresCase: boolean]>> = {
  '~': [false, false],
  '~*': [false, true],
  '!~': [true, false],
  '!~*': [true, true],
};

function matches(value: string, pattern: string, [negated, ignoresCase]: readonly [boolean, boolean]): Typed {
  const call = `regexp_matches(${value}, ${pattern}${ignoresCase ? ", 'i'" : ''})`;
  return { sql: negated ? `(NOT ${call})` : call, type: 'bool' };
}

/** Types that DuckDB has as integers and clients know as others. */
const oidTypes: Readonly<Record<string, number>> = { oid: 26, _oid: 1028 };

/** A parameter beside a typed value is of the type of that value. */
export function noteParameter(t: Translation, { sql }: Typed, type: string): void {
  const number = /^\$(\d+)$/.exec(sql)?.[1];
  if (number === undefined || t.parameters.has(Number(number))) return;
  t.parameters.set(Number(number), storedType(type));
  const oid = oidTypes[type];
  if (oid !== undefined) t.oidParameters.set(Number(number), oid);
}

/** An untyped literal beside a typed value is of the type of that value. */
function adapted(t: Translation, value: Typed, other: string | undefined): Typed {
  if (other !== undefined && other !== 'unknown') noteParameter(t, value, other);
  if (value.literal === undefined || other === undefined) return value;
  if (isArray(other) && value.literal.trimStart().startsWith('{')) return castTo(t, value, other);
  if (namedOids.has(other)) return castTo(t, value, other);
  return other === 'bool' ? castTo(t, value, 'bool') : value;
}

function binary(t: Translation, name: string, left: Typed, right: Typed): Typed {
  const pattern = patterns[name];
  if (pattern !== undefined) return matches(toText(t, left).sql, right.sql, pattern);
  if (comparisons.has(name)) {
    const [a, b] = [adapted(t, left, right.type), adapted(t, right, left.type)];
    const text = (one: Typed, other: Typed) =>
      one.type !== undefined && namedOids.has(one.type) && isText(other.type) ? toText(t, one) : one;
    return { sql: `(${text(a, b).sql} ${name} ${text(b, a).sql})`, type: 'bool' };
  }
  if (name === '||') return concatenated(t, left, right);
  if (name === '@>') return { sql: `list_has_all(${left.sql}, ${adapted(t, right, left.type).sql})`, type: 'bool' };
  if (name === '<@') return { sql: `list_has_all(${right.sql}, ${adapted(t, left, right.type).sql})`, type: 'bool' };
  if (name === '&&') return { sql: `list_has_any(${left.sql}, ${adapted(t, right, left.type).sql})`, type: 'bool' };
  if (name === '~~' || name === '!~~') {
    return { sql: `(${toText(t, left).sql} ${name === '~~' ? 'LIKE' : 'NOT LIKE'} ${right.sql})`, type: 'bool' };
  }
  if (name === '->' || name === '->>')
    return { sql: `(${left.sql} ${name} ${right.sql})`, type: name === '->' ? 'json' : 'text' };
  if (name === '/' && left.type !== 'numeric' && right.type !== 'numeric') {
    return { sql: `(${left.sql} // ${right.sql})`, type: left.type };
  }
  return { sql: `(${left.sql} ${name} ${right.sql})`, type: left.type === 'unknown' ? right.type : left.type };
}

function concatenated(t: Translation, left: Typed, right: Typed): Typed {
  if (isArray(left.type) && isArray(right.type))
    return { sql: `list_concat(${left.sql}, ${right.sql})`, type: left.type };
  if (isArray(left.type) && right.type !== 'unknown')
    return { sql: `list_append(${left.sql}, ${right.sql})`, type: left.type };
  return { sql: `(${toText(t, left).sql} || ${toText(t, right).sql})`, type: 'text' };
}

/** `x = ANY (array)`: `array` may be written as text. */
function anyOrAll(t: Translation, operation: Operation, name: string, scope: Scope): Typed {
  const left = expression(t, operation.lexpr!, scope);
  const right = expression(t, operation.rexpr!, scope);
  if (left.type !== undefined) noteParameter(t, right, `_${left.type}`);
  const items = right.literal === undefined ? right : castTo(t, right, `_${left.type ?? 'text'}`);
  const all = operation.kind === 'AEXPR_OP_ALL';
  const element = items.type === undefined ? undefined : elementOf(items.type);
  const value = adapted(t, left, element).sql;
  const pattern = patterns[name];
  const like = /^(!?)~~(\*?)$/.exec(name);
  if (pattern !== undefined || like !== null) {
    const test =
      pattern === undefined
        ? `(x ${like![2] === '*' ? 'ILIKE' : 'LIKE'} y)`.replace('x', value).replace('y', 'item')
        : matches(value, 'item', [false, pattern[1]]).sql;
    const negated = (pattern?.[0] ?? like?.[1] === '!') ? `NOT ${test}` : test;
    return {
      sql: `list_bool_${all ? 'and' : 'or'}(list_transform(${items.sql}, lambda item: ${negated}))`,
      type: 'bool',
    };
  }
  // DuckDB makes a query of ANY and ALL, which it does not have in the condition of an outer join.
  if (name === '=' && !all) return { sql: `list_contains(${items.sql}, ${value})`, type: 'bool' };
  if ((name === '<>' || name === '!=') && all)
    return { sql: `(NOT list_contains(${items.sql}, ${value}))`, type: 'bool' };
  const test = `list_transform(${items.sql}, lambda item: ${value} ${name} item)`;
  return { sql: `list_bool_${all ? 'and' : 'or'}(${test})`, type: 'bool' };
}

function inList(t: Translation, operation: Operation, name: string, scope: Scope): Typed {
  const left = expression(t, operation.lexpr!, scope);
  const items = (operation.rexpr as { List?: { items?: Node[] } }).List?.items ?? [];
  const list = items.map((item) => adapted(t, expression(t, item, scope), left.type).sql).join(', ');
  return { sql: `(${left.sql} ${name === '=' ? 'IN' : 'NOT IN'} (${list}))`, type: 'bool' };
}

function like(t: Translation, operation: Operation, word: string, scope: Scope): Typed {
  const left = toText(t, expression(t, operation.lexpr!, scope)).sql;
  const right = operation.rexpr!;
  const escaped = 'FuncCall' in right && stringsOf(right.FuncCall.funcname).at(-1) === 'like_escape';
  if (escaped) {
    const [pattern, character] = (right.FuncCall.args ?? []).map((arg) => expression(t, arg, scope).sql);
    return { sql: `(${left} ${word} ${pattern} ESCAPE ${character})`, type: 'bool' };
  }
  // A backslash escapes in PostgreSQL unless said otherwise.
  return { sql: `(${left} ${word} ${expression(t, right, scope).sql} ESCAPE '\\')`, type: 'bool' };
}

function between(t: Translation, operation: Operation, word: string, scope: Scope): Typed {
  const left = expression(t, operation.lexpr!, scope).sql;
  const bounds = (operation.rexpr as { List: { items: Node[] } }).List.items;
  const [from, to] = bounds.map((bound) => expression(t, bound, scope).sql);
  return { sql: `(${left} ${word} ${from} AND ${to})`, type: 'bool' };
}

/** Translates an operator. Raises 0A000 for one that DuckDB has no form of. */
export function operator(t: Translation, operation: Operation, scope: Scope): Typed {
  const name = stringsOf(operation.name).at(-1) ?? '=';
  const pair = () => [operation.lexpr!, operation.rexpr!].map((node) => expression(t, node, scope)) as [Typed, Typed];
  switch (operation.kind) {
    case 'AEXPR_OP': {
      if (operation.lexpr === undefined) {
        const value = expression(t, operation.rexpr!, scope);
        return { sql: `(${name} ${value.sql})`, type: value.type };
      }
      return binary(t, name, ...pair());
    }
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return anyOrAll(t, operation, name, scope);
    case 'AEXPR_IN':
      return inList(t, operation, name, scope);
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT': {
      const [left, right] = pair();
      const word = operation.kind === 'AEXPR_DISTINCT' ? 'IS DISTINCT FROM' : 'IS NOT DISTINCT FROM';
      return { sql: `(${left.sql} ${word} ${right.sql})`, type: 'bool' };
    }
    case 'AEXPR_NULLIF': {
      const [left, right] = pair();
      return { sql: `nullif(${left.sql}, ${right.sql})`, type: left.type };
    }
    case 'AEXPR_LIKE':
      return like(t, operation, name.startsWith('!') ? 'NOT LIKE' : 'LIKE', scope);
    case 'AEXPR_ILIKE':
      return like(t, operation, name.startsWith('!') ? 'NOT ILIKE' : 'ILIKE', scope);
    case 'AEXPR_SIMILAR':
      return macroCall(
        t,
        'similar_to',
        pair().map(({ sql }) => sql),
        'bool',
      );
    case 'AEXPR_BETWEEN':
      return between(t, operation, 'BETWEEN', scope);
    case 'AEXPR_NOT_BETWEEN':
      return between(t, operation, 'NOT BETWEEN', scope);
    default:
      throw unsupported(String(operation.kind));
  }
}
