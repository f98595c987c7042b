import type { OrderByNode } from '../sql/ast.ts';
import type { ColumnId, Rel } from './rel.ts';

/**
 * In which order the rows of a query come, where it has an ORDER BY. `by`: as these say, over columns of the operator (also such that the
 * query does not return). `lost`: something in it was ordered, but its rows were put together with others since.
 */
export type Ordering =
  | { readonly kind: 'none' }
  | { readonly kind: 'by'; readonly orders: readonly OrderByNode[] }
  | { readonly kind: 'lost' };

export const unordered: Ordering = { kind: 'none' };
export const lostOrder: Ordering = { kind: 'lost' };

/** What becomes of an order where rows of several relations are put together. */
export function mixedOrder(...orders: readonly Ordering[]): Ordering {
  return orders.every(({ kind }) => kind === 'none') ? unordered : lostOrder;
}

/** A query as operators. `columns` are those that it returns, in order; the operator may give others beside them. */
export interface Lowered {
  readonly rel: Rel;
  readonly columns: readonly { readonly name: string; readonly id: ColumnId }[];
  readonly order: Ordering;
}
