import { sameName } from '../bind/scope.ts';
import type {
  DistinctModifier,
  Expression,
  LimitModifier,
  Modifier,
  OrderByNode,
  OrderModifier,
  QueryNode,
} from '../sql/ast.ts';
import { expressionKey } from '../sql/walk.ts';
import { hasOwn, lowerExpression, type Place } from './lower-expression.ts';
import type { Output } from './lower-items.ts';
import { refuse } from './lower-state.ts';
import type { Rel, RelOrder } from './rel.ts';

/** The modifiers of a query by kind, each at most once, in the order in which SQL applies them. */
export interface Modifiers {
  readonly distinct: DistinctModifier | null;
  readonly orders: readonly OrderByNode[];
  readonly limit: LimitModifier | null;
}

const ranks: Readonly<Record<string, number>> = {
  DISTINCT_MODIFIER: 1,
  ORDER_MODIFIER: 2,
  LIMIT_MODIFIER: 3,
  LIMIT_PERCENT_MODIFIER: 3,
};

export function modifiersOf({ modifiers }: Pick<QueryNode, 'modifiers'>): Modifiers {
  const order = modifiers.map(({ type }) => ranks[type] ?? refuse(`a ${type} is not understood`));
  if (order.some((rank, i) => i > 0 && rank <= order[i - 1]!)) refuse('ORDER BY, DISTINCT and LIMIT in unusual order');
  return {
    distinct: modifiers.find((modifier): modifier is DistinctModifier => modifier.type === 'DISTINCT_MODIFIER') ?? null,
    orders: modifiers.find((modifier): modifier is OrderModifier => modifier.type === 'ORDER_MODIFIER')?.orders ?? [],
    limit: modifiers.find(isLimit) ?? null,
  };
}

function isLimit(modifier: Modifier): modifier is LimitModifier {
  return modifier.type === 'LIMIT_MODIFIER' || modifier.type === 'LIMIT_PERCENT_MODIFIER';
}

/** What a sort key or a DISTINCT ON key is: one of the outputs, or a value beside them. */
export type SortTarget =
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'value'; readonly expression: Expression };

/** A sort key; `collation` '' for none. */
export interface SortKey {
  readonly target: SortTarget;
  readonly collation: string;
  readonly order: Omit<OrderByNode, 'expression'>;
}

/** ORDER BY of a SELECT. `ORDER BY ALL` gives one key for each output. */
export function sortKeys(place: Place, outputs: readonly Output[], orders: readonly OrderByNode[]): readonly SortKey[] {
  return orders.flatMap((node): readonly SortKey[] => {
    const { expression, ...order } = node;
    if (isAll(expression)) {
      return outputs.map((_, index) => ({ target: { kind: 'output', index }, collation: '', order }));
    }
    if (expression.class !== 'COLLATE') {
      return [{ target: sortTarget(place, outputs, expression), collation: '', order }];
    }
    const lowered = lowerExpression(place, expression.child);
    return [{ target: asTarget(outputs, lowered), collation: expression.collation, order }];
  });
}

function isAll(node: Expression): boolean {
  return node.class === 'STAR' && node.columns && node.expr === null;
}

/** A number is a place in the list, a bare name the last output that was given that name; all else is a value. */
export function sortTarget(place: Place, outputs: readonly Output[], key: Expression): SortTarget {
  if (key.class === 'CONSTANT') return { kind: 'output', index: placeInList(key, outputs) };
  if (key.class === 'COLUMN_REF' && key.column_names.length === 1) {
    const name = key.column_names[0]!;
    const index = outputs.findLastIndex((output) => output.named && sameName(output.name, name));
    if (index >= 0) return { kind: 'output', index };
  }
  return asTarget(outputs, lowerExpression(place, key));
}

/** The index that a constant of ORDER BY or GROUP BY stands for. */
export function placeInList(key: Expression, outputs: readonly unknown[]): number {
  const value = key.class === 'CONSTANT' ? key.value.value : undefined;
  if (typeof value !== 'number' || outputs[value - 1] === undefined) return refuse('a constant as sort key');
  return value - 1;
}

function asTarget(outputs: readonly Output[], expression: Expression): SortTarget {
  const text = expressionKey(expression);
  const index = outputs.findIndex((output) => expressionKey(output.expression) === text);
  return index >= 0 ? { kind: 'output', index } : { kind: 'value', expression };
}

/** ORDER BY with LIMIT and OFFSET on top of `input`; their values need no row. */
export function limited(place: Place, input: Rel, orders: readonly OrderByNode[], modifier: LimitModifier): RelOrder {
  const value = (node: Expression | null) => {
    if (node === null) return null;
    if (hasOwn(node, ({ class: kind }) => kind === 'SUBQUERY' || kind === 'COLUMN_REF'))
      return refuse('LIMIT is not a constant');
    return lowerExpression({ ...place, items: null }, node);
  };
  return {
    op: 'order',
    input,
    orders,
    limit: value(modifier.limit),
    offset: value(modifier.offset),
    percent: modifier.type === 'LIMIT_PERCENT_MODIFIER',
  };
}
