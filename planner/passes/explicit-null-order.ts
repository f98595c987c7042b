/**
 * Prints where NULLs go in every ORDER BY (of queries, windows and aggregates), as the session has it: then no fragment depends on
 * a setting of the engine that happens to run it.
 */
import type { Expression, Modifier, OrderByNode, QueryNode } from '../sql/ast.ts';
import { mapAst } from '../sql/walk.ts';
import { type Pass, withStatement } from './pass.ts';

export const explicitNullOrder: Pass = {
  name: 'explicit_null_order',
  run(draft, { request }) {
    const descending = request.session.nullOrder === 'nulls_last_on_asc_first_on_desc' ? 'NULLS FIRST' : 'NULLS LAST';
    const order = (node: OrderByNode): OrderByNode =>
      node.null_order === 'ORDER_DEFAULT'
        ? { ...node, null_order: node.type === 'DESCENDING' ? descending : 'NULLS LAST' }
        : node;
    const mapper = { expression: orderExpression(order), query: orderQuery(order) };
    const bound = withStatement(draft.bound, (root) => mapAst(root, mapper));
    return bound === draft.bound ? draft : { ...draft, bound };
  },
};

type Order = (node: OrderByNode) => OrderByNode;

const open = (orders: readonly OrderByNode[]) => orders.some((node) => node.null_order === 'ORDER_DEFAULT');

function orderExpression(order: Order) {
  return (node: Expression): Expression | undefined => {
    if (node.class === 'WINDOW' && (open(node.orders) || open(node.arg_orders)))
      return { ...node, orders: node.orders.map(order), arg_orders: node.arg_orders.map(order) };
    if (node.class === 'FUNCTION' && open(node.order_bys.orders))
      return { ...node, order_bys: { ...node.order_bys, orders: node.order_bys.orders.map(order) } };
    return undefined;
  };
}

function orderQuery(order: Order) {
  const isOpen = (modifier: Modifier) => modifier.type === 'ORDER_MODIFIER' && open(modifier.orders);
  return (node: QueryNode): QueryNode | undefined => {
    if (!node.modifiers.some(isOpen)) return undefined;
    const modifiers = node.modifiers.map((modifier) =>
      modifier.type === 'ORDER_MODIFIER' ? { ...modifier, orders: modifier.orders.map(order) } : modifier,
    );
    return { ...node, modifiers };
  };
}
