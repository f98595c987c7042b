/**
 * Works round an error of DuckDB 1.5.5: an OR over one column in which `IS DISTINCT FROM` stands is pushed into the Parquet scan as a
 * filter on statistics, and there loses every row group (or file without that column) that is NULL throughout. Inside a COALESCE the
 * comparison is no such filter. `avoid-or-filter.test.ts` tells when this can go.
 */
import type { Conjunction, Expression } from '../sql/ast.ts';
import { booleanConstant, operator } from '../sql/build.ts';
import { mapAst } from '../sql/walk.ts';
import type { FragmentPass } from './pass.ts';

export const avoidOrFilter: FragmentPass = {
  name: 'avoid_or_filter',
  changes: { expression: isOr },
  run: (root) => mapAst(root, { expression: withoutFilters }),
};

function isOr(node: Expression): node is Conjunction {
  return node.class === 'CONJUNCTION' && node.type === 'CONJUNCTION_OR';
}

function withoutFilters(node: Expression): Expression | undefined {
  if (!isOr(node)) return undefined;
  if (!node.children.some(hasDistinctFrom)) return undefined;
  return { ...node, children: node.children.map(shielded) };
}

/** AND within OR is pushed down with it; NOT turns the comparison round first. */
function hasDistinctFrom(node: Expression): boolean {
  if (node.class === 'CONJUNCTION') return node.children.some(hasDistinctFrom);
  if (node.class === 'OPERATOR' && node.type === 'OPERATOR_NOT') return node.children.some(isNegatable);
  return node.class === 'COMPARISON' && node.type === 'COMPARE_DISTINCT_FROM';
}

function isNegatable(node: Expression): boolean {
  return (node.class === 'COMPARISON' && node.type === 'COMPARE_NOT_DISTINCT_FROM') || hasDistinctFrom(node);
}

function shielded(node: Expression): Expression {
  if (node.class === 'CONJUNCTION') return { ...node, children: node.children.map(shielded) };
  return hasDistinctFrom(node) ? operator('OPERATOR_COALESCE', [node, booleanConstant(false)]) : node;
}
