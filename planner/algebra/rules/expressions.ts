/** What rules ask of expressions. */
import { classOfFunction } from '../../bind/known-functions.ts';
import type { Expression } from '../../sql/ast.ts';
import { disjunction } from '../../sql/build.ts';
import { conjunctsOf, expressionKey, someExpression, weightOf } from '../../sql/walk.ts';
import type { ColumnId, Rel, RelSubquery } from '../rel.ts';
import { columnIdOf, expressionsOf, inputsOf, queriesIn, referencedColumns } from '../walk-rel.ts';

type Queries = readonly RelSubquery[];

/** Larger expressions are neither copied nor taken apart. */
const maxWeight = 400;

const ownVolatile = new WeakMap<object, boolean>();

/** May it give another value when it is computed in another place, or once more? Its sub-queries are looked into. */
export function isVolatile(expression: Expression, queries: Queries): boolean {
  let own = ownVolatile.get(expression);
  if (own === undefined) {
    own = someExpression(expression, isVolatileNode);
    ownVolatile.set(expression, own);
  }
  return own || queriesIn(expression).some((number) => isVolatileRel(queries[number]!.rel, queries));
}

function isVolatileNode(node: Expression): boolean {
  if (node.class !== 'FUNCTION') return false;
  const kind = classOfFunction(node.function_name.toLowerCase(), node.schema);
  return kind === 'volatile' || kind === 'unknown';
}

/** The same of a tree. */
export function isVolatileRel(rel: Rel, queries: Queries): boolean {
  if (rel.op === 'rows' && someExpression(rel.node, isVolatileNode)) return true;
  if (expressionsOf(rel).some((expression) => isVolatile(expression, queries))) return true;
  return inputsOf(rel).some((input) => isVolatileRel(input, queries));
}

export function hasQueries(expression: Expression): boolean {
  return queriesIn(expression).length > 0;
}

export function isLarge(expression: Expression): boolean {
  return weightOf(expression) > maxWeight;
}

/** Flat conjuncts, each once unless volatile. */
export function distinctConjuncts(conditions: readonly Expression[], queries: Queries): readonly Expression[] {
  const flat = conditions.some(isConjunction) ? conditions.flatMap(conjunctsOf) : conditions;
  if (flat.length < 2) return flat;
  const seen = new Set<string>();
  return flat.filter((condition) => {
    if (isVolatile(condition, queries)) return true;
    const key = expressionKey(condition);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function isConjunction(condition: Expression): boolean {
  return condition.class === 'CONJUNCTION' && condition.type === 'CONJUNCTION_AND';
}

/** Branches of an OR, nested ones flattened; the expression alone when it is none. */
export function branchesOf(expression: Expression): readonly Expression[] {
  if (expression.class !== 'CONJUNCTION' || expression.type !== 'CONJUNCTION_OR') return [expression];
  return expression.children.flatMap(branchesOf);
}

/** The OR of all; undefined for none. */
export function anyOf(branches: readonly Expression[]): Expression | undefined {
  return disjunction(branches) ?? undefined;
}

/** `a = b` of two plain columns. */
export function equalColumns(condition: Expression): readonly [ColumnId, ColumnId] | undefined {
  if (condition.class !== 'COMPARISON' || condition.type !== 'COMPARE_EQUAL') return undefined;
  const [left, right] = [columnIdOf(condition.left), columnIdOf(condition.right)];
  return left === undefined || right === undefined ? undefined : [left, right];
}

export type Side = 'left' | 'right' | 'both' | 'none';

/** Columns of which inputs does it need? */
export function sideOf(
  expression: Expression,
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
  queries: Queries,
): Side {
  let [onLeft, onRight] = [false, false];
  for (const id of referencedColumns(expression, queries)) {
    onLeft ||= left.has(id);
    onRight ||= right.has(id);
  }
  if (onLeft) return onRight ? 'both' : 'left';
  return onRight ? 'right' : 'none';
}
