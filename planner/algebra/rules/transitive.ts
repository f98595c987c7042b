/** `a = b` and `a < 5` give `b < 5`: a condition on one column holds for every column that is equal to it. */
import type { Expression } from '../../sql/ast.ts';
import { expressionKey, weightOf } from '../../sql/walk.ts';
import type { ColumnId, JoinKind, Rel, RelJoin, RelQuery, RelSubquery } from '../rel.ts';
import { columnIdOf, columnSetOf, inputsOf, referencedColumns, substitute, withInputs } from '../walk-rel.ts';
import { distinctConjuncts, equalColumns, hasQueries, isVolatile } from './expressions.ts';
import { asColumns, mapTrees } from './trees.ts';

/** Longer conditions are not repeated. */
const maxWeight = 60;

/** Types of which equal values can't be told apart. Not floats (-0.0), nor intervals (30 days are a month), nor text with a collation. */
const exactTypes = /^(?:BOOLEAN|U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DECIMAL\(.*\)|DATE|TIMESTAMP|VARCHAR|UUID)$/;

/** From which side conditions may be copied to the other. */
const copies: Readonly<Record<JoinKind, readonly ('left' | 'right')[]>> = {
  inner: ['left', 'right'],
  left: ['left'],
  right: ['right'],
  full: [],
  semi: ['left', 'right'],
  anti: ['left'],
  asof: [],
  asof_left: [],
};

/** Copies conditions over the equalities of joins; the new ones stand as filters on the side that they speak of. */
export function copyOverEqualities(query: RelQuery): RelQuery {
  return mapTrees(query, (rel) => visit(rel, query));
}

function visit(rel: Rel, query: RelQuery): Rel {
  const copied = withInputs(
    rel,
    inputsOf(rel).map((input) => visit(input, query)),
  );
  return copied.op === 'join' ? copyInJoin(copied, query) : copied;
}

function copyInJoin(rel: RelJoin, query: RelQuery): Rel {
  const from = copies[rel.kind];
  const [leftIds, rightIds] = [columnSetOf(rel.left), columnSetOf(rel.right)];
  const pairs = rel.conditions.flatMap((condition) => {
    const pair = equalColumns(condition);
    if (pair === undefined || !sameExactType(pair, query.types)) return [];
    const [a, b] = pair;
    if (leftIds.has(a) && rightIds.has(b)) return [[a, b] as const];
    return leftIds.has(b) && rightIds.has(a) ? [[b, a] as const] : [];
  });
  if (pairs.length === 0 || from.length === 0) return rel;
  const back = pairs.map(([a, b]) => [b, a] as const);
  const right = from.includes('left') ? added(rel.left, rel.right, pairs, query.queries) : rel.right;
  const left = from.includes('right') ? added(rel.right, rel.left, back, query.queries) : rel.left;
  return { ...rel, left, right };
}

function sameExactType([a, b]: readonly [ColumnId, ColumnId], types: RelQuery['types']): boolean {
  const type = types.get(a);
  return type !== undefined && type === types.get(b) && exactTypes.test(type);
}

/** `to` with what `from` says of the first of each pair said of the second. */
function added(
  from: Rel,
  to: Rel,
  pairs: readonly (readonly [ColumnId, ColumnId])[],
  queries: readonly RelSubquery[],
): Rel {
  const said = new Set(conditionsOf(to).map(expressionKey));
  const conditions: Expression[] = [];
  for (const condition of conditionsOf(from)) {
    const reads = [...referencedColumns(condition, queries)];
    if (reads.length !== 1 || weightOf(condition) > maxWeight) continue;
    if (hasQueries(condition) || isVolatile(condition, queries)) continue;
    for (const [a, b] of pairs) {
      if (a !== reads[0]) continue;
      const copy = substitute(condition, asColumns([[a, b]]));
      if (said.has(expressionKey(copy))) continue;
      said.add(expressionKey(copy));
      conditions.push(copy);
    }
  }
  if (conditions.length === 0) return to;
  return { op: 'filter', input: to, conditions: distinctConjuncts(conditions, queries) };
}

/** Conditions that every row of the answer meets, in terms of its own columns. */
function conditionsOf(rel: Rel): readonly Expression[] {
  switch (rel.op) {
    case 'filter':
      return [...rel.conditions, ...conditionsOf(rel.input)];
    case 'window':
    case 'distinct':
    case 'order':
      return conditionsOf(rel.input);
    case 'join':
      return conditionsOfJoin(rel);
    case 'project':
      return renamed(rel.columns, conditionsOf(rel.input));
    case 'aggregate':
      return rel.sets === null ? renamed(rel.keys, conditionsOf(rel.input)) : [];
    default:
      return [];
  }
}

function conditionsOfJoin({ kind, left, right, conditions }: RelJoin): readonly Expression[] {
  switch (kind) {
    case 'inner':
      return [...conditionsOf(left), ...conditionsOf(right), ...conditions];
    case 'left':
    case 'semi':
    case 'anti':
    case 'asof':
    case 'asof_left':
      return conditionsOf(left);
    case 'right':
      return conditionsOf(right);
    case 'full':
      return [];
  }
}

/** Those that speak of nothing but columns that go on under another id. */
function renamed(
  columns: readonly { readonly id: ColumnId; readonly expression: Expression }[],
  conditions: readonly Expression[],
): readonly Expression[] {
  const names = new Map<ColumnId, ColumnId>();
  for (const { id, expression } of columns) {
    const from = columnIdOf(expression);
    if (from !== undefined && !names.has(from)) names.set(from, id);
  }
  const values = asColumns(names);
  return conditions.flatMap((condition) => {
    if (hasQueries(condition)) return [];
    const reads = [...referencedColumns(condition, [])];
    return reads.length > 0 && reads.every((id) => names.has(id)) ? [substitute(condition, values)] : [];
  });
}
