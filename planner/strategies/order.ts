/** DISTINCT, ORDER BY and LIMIT of a SELECT, taken apart. */
import type { DistinctModifier, Expression, LimitModifier, OrderByNode, SelectNode } from '../sql/ast.ts';
import { walk } from '../sql/walk.ts';

export interface Modifiers {
  readonly distinct: DistinctModifier | undefined;
  readonly orders: readonly OrderByNode[];
  readonly limit: LimitModifier | undefined;
  /** A modifier that is not understood. */
  readonly other: boolean;
}

export function modifiersOf(node: SelectNode): Modifiers {
  const known = ['DISTINCT_MODIFIER', 'ORDER_MODIFIER', 'LIMIT_MODIFIER'];
  return {
    distinct: node.modifiers.find((modifier) => modifier.type === 'DISTINCT_MODIFIER'),
    orders: node.modifiers.flatMap((modifier) => (modifier.type === 'ORDER_MODIFIER' ? modifier.orders : [])),
    limit: node.modifiers.find((modifier): modifier is LimitModifier => modifier.type === 'LIMIT_MODIFIER'),
    other: node.modifiers.some((modifier) => !known.includes(modifier.type)),
  };
}

/** The number that an ORDER BY or GROUP BY item is, when it is a position (from 1). */
export function positionOf(expression: Expression): number | undefined {
  if (expression.class !== 'CONSTANT' || expression.value.is_null) return undefined;
  const { type, value } = expression.value;
  return type.id === 'INTEGER' && typeof value === 'number' ? value : undefined;
}

export function hasCollation(root: unknown): boolean {
  let found = false;
  walk(root, {
    expression: (node) => {
      if (node.class === 'COLLATE') found = true;
      return !found;
    },
  });
  return found;
}
