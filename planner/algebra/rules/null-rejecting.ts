import type { Expression } from '../../sql/ast.ts';
import type { ColumnId } from '../rel.ts';
import { columnIdOf } from '../walk-rel.ts';

/** Comparisons that are NULL when a side is. */
const strictComparisons: ReadonlySet<string> = new Set([
  'COMPARE_EQUAL',
  'COMPARE_NOTEQUAL',
  'COMPARE_LESSTHAN',
  'COMPARE_GREATERTHAN',
  'COMPARE_LESSTHANOREQUALTO',
  'COMPARE_GREATERTHANOREQUALTO',
]);

const strictOperators: ReadonlySet<string> = new Set(['+', '-', '*', '/', '//', '%']);

/** Is the condition surely not true for a row in which all of `ids` are NULL? False when in doubt. */
export function rejectsNull(condition: Expression, ids: ReadonlySet<ColumnId>): boolean {
  if (isNullFor(condition, ids)) return true;
  if (condition.class === 'CONJUNCTION') {
    const { children } = condition;
    const rejects = (child: Expression) => rejectsNull(child, ids);
    return condition.type === 'CONJUNCTION_AND' ? children.some(rejects) : children.every(rejects);
  }
  if (condition.class === 'OPERATOR' && condition.type === 'OPERATOR_IS_NOT_NULL')
    return isNullFor(condition.children[0]!, ids);
  // `NULL = ANY (...)` is NULL, or false over no rows.
  return (
    condition.class === 'SUBQUERY' &&
    condition.subquery_type === 'ANY' &&
    strictComparisons.has(condition.comparison_type) &&
    condition.child !== null &&
    isNullFor(condition.child, ids)
  );
}

/** Is the value surely NULL when all of `ids` are? */
function isNullFor(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  switch (expression.class) {
    case 'COLUMN_REF': {
      const id = columnIdOf(expression);
      return id !== undefined && ids.has(id);
    }
    case 'CAST':
      return isNullFor(expression.child, ids);
    case 'COMPARISON':
      if (!strictComparisons.has(expression.type)) return false;
      return isNullFor(expression.left, ids) || isNullFor(expression.right, ids);
    case 'BETWEEN':
      return isNullFor(expression.input, ids);
    case 'FUNCTION':
      return (
        expression.is_operator &&
        strictOperators.has(expression.function_name) &&
        expression.children.some((child) => isNullFor(child, ids))
      );
    case 'OPERATOR':
      if (expression.type === 'OPERATOR_NOT') return isNullFor(expression.children[0]!, ids);
      if (expression.type !== 'COMPARE_IN' && expression.type !== 'COMPARE_NOT_IN') return false;
      return expression.children.length > 1 && isNullFor(expression.children[0]!, ids);
    default:
      return false;
  }
}
