/** The forms in which sub-queries stand in expressions, and what can be said of them. */
import type { ColumnId, Rel } from '../algebra/rel.ts';
import { columnIdOf, columnSetOf, queriesIn, referencedColumns } from '../algebra/walk-rel.ts';
import type { Comparison, Expression, SubqueryExpression } from '../sql/ast.ts';
import { walkOwn } from '../sql/walk.ts';
import { commonHashType, hashType } from './key-types.ts';
import type { Pulled } from './pull-conditions.ts';

/** An inner expression and what it must be equal to. */
export interface Binding {
  readonly inner: Expression;
  readonly outer: Expression;
  readonly comparison: Comparison;
}

/** Are values of the inner type that are equal to one value of the outer type equal to each other? */
export function isExact(inner: string, outer: string): boolean {
  const common = commonHashType(inner, outer);
  if (common === undefined) return false;
  return common !== 'DOUBLE' || hashType(inner) === 'DOUBLE' || hashType(inner) === 'FLOAT';
}

/** The number behind the placeholder. */
export function numberOf(node: SubqueryExpression): number {
  return queriesIn(node.subquery.node as unknown as Expression)[0]!;
}

/** The conditions as equalities of inner and outer expressions; undefined when one of them is something else. */
export function bindingsOf({ rel, conditions }: Pulled): readonly Binding[] | undefined {
  const columns = columnSetOf(rel);
  const bindings = conditions.map((condition): Binding | undefined => {
    if (condition.class !== 'COMPARISON' || queriesIn(condition).length > 0) return undefined;
    if (condition.type !== 'COMPARE_EQUAL' && condition.type !== 'COMPARE_NOT_DISTINCT_FROM') return undefined;
    const isInner = (side: Expression) => {
      const ids = [...referencedColumns(side, [])];
      return ids.length > 0 && ids.every((id) => columns.has(id));
    };
    const isOuter = (side: Expression) => [...referencedColumns(side, [])].every((id) => !columns.has(id));
    const { left, right } = condition;
    if (isInner(left) && isOuter(right)) return { inner: left, outer: right, comparison: condition };
    return isInner(right) && isOuter(left) ? { inner: right, outer: left, comparison: condition } : undefined;
  });
  return bindings.every((binding) => binding !== undefined) ? (bindings as readonly Binding[]) : undefined;
}

/** What EXISTS looks at: the rows, whatever their columns and order. Undefined where a cut makes a difference. */
export function rowsOnly(rel: Rel): Rel | undefined {
  switch (rel.op) {
    case 'project':
      return rel.many ? rel : rowsOnly(rel.input);
    case 'distinct':
      return rowsOnly(rel.input);
    case 'order':
      return rel.limit === null && rel.offset === null ? rowsOnly(rel.input) : undefined;
    default:
      return rel;
  }
}

/** A condition that is a semi or an anti join of its sub-query's rows; undefined for all others. */
export function semiForm(
  condition: Expression,
): { readonly kind: 'semi' | 'anti'; readonly node: SubqueryExpression } | undefined {
  if (condition.class === 'OPERATOR' && condition.type === 'OPERATOR_NOT') {
    const [child] = condition.children;
    const inner = child === undefined ? undefined : semiForm(child);
    // NOT IN is no anti join: NULLs.
    if (inner === undefined || inner.node.subquery_type === 'ANY') return undefined;
    return { kind: inner.kind === 'semi' ? 'anti' : 'semi', node: inner.node };
  }
  if (condition.class !== 'SUBQUERY') return undefined;
  if (condition.subquery_type === 'EXISTS') return { kind: 'semi', node: condition };
  if (condition.subquery_type === 'NOT_EXISTS') return { kind: 'anti', node: condition };
  if (condition.subquery_type === 'ANY' && condition.comparison_type === 'COMPARE_EQUAL')
    return { kind: 'semi', node: condition };
  return undefined;
}

/** Sub-queries of the expression itself. */
export function subqueriesIn(expression: Expression): readonly SubqueryExpression[] {
  const found: SubqueryExpression[] = [];
  walkOwn(expression, (node) => {
    if (node.class !== 'SUBQUERY') return undefined;
    found.push(node);
    return true;
  });
  return found;
}

const comparisons: ReadonlySet<string> = new Set([
  'COMPARE_EQUAL',
  'COMPARE_NOTEQUAL',
  'COMPARE_LESSTHAN',
  'COMPARE_GREATERTHAN',
  'COMPARE_LESSTHANOREQUALTO',
  'COMPARE_GREATERTHANOREQUALTO',
]);
const arithmetic: ReadonlySet<string> = new Set(['+', '-', '*', '/']);

/** Is a condition not true when one of its sub-queries gives NULL? */
export function isNullRejecting(condition: Expression): boolean {
  if (condition.class !== 'COMPARISON' || !comparisons.has(condition.type)) return false;
  const passes = (node: Expression): boolean => {
    if (node.class === 'SUBQUERY') return node.subquery_type === 'SCALAR';
    if (queriesIn(node).length === 0) return true;
    if (node.class === 'CAST') return passes(node.child);
    return node.class === 'FUNCTION' && arithmetic.has(node.function_name) && node.children.every(passes);
  };
  return passes(condition.left) && passes(condition.right);
}

/** Is the value NULL when all of these columns are NULL, but those that count? */
export function isStrict(value: Expression, columns: ReadonlySet<ColumnId>, counts: ReadonlySet<ColumnId>): boolean {
  const id = columnIdOf(value);
  if (id !== undefined) return columns.has(id) && !counts.has(id);
  if (value.class === 'CAST') return isStrict(value.child, columns, counts);
  if (value.class !== 'FUNCTION' || !arithmetic.has(value.function_name)) return false;
  return value.children.some((child) => isStrict(child, columns, counts));
}
