import type { Expression, OrderByNode } from '../sql/ast.ts';
import { type Place, reference } from './lower-expression.ts';
import { limited, type Modifiers, type SortKey } from './lower-order.ts';
import type { Parts, Stream } from './lower-parts.ts';
import { type Projected, project } from './lower-project.ts';
import { type Lowered, lostOrder, type Ordering, unordered } from './lower-result.ts';
import { refuse } from './lower-state.ts';
import type { Rel } from './rel.ts';
import { freeColumns } from './walk-rel.ts';

/** Rows before unnest in the list: those that one row gives stand in an order that no sort key tells. */
export function multiplied({ rel, order }: Stream, { orders }: Modifiers, top: boolean): Stream {
  if (order.kind === 'by' && orders.length === 0 && top) refuse('unnest over rows that were sorted before');
  return { rel, order: order.kind === 'by' ? lostOrder : order };
}

/** The list and what stands behind it: DISTINCT, ORDER BY, LIMIT. */
export function finish(place: Place, input: Stream, parts: Parts, modifiers: Modifiers, many: boolean): Lowered {
  const values = (keys: readonly SortKey[]) =>
    keys.flatMap(({ target }) => (target.kind === 'value' ? [target.expression] : []));
  const unique = modifiers.distinct !== null;
  const before = unique || parts.keys.length > 0 || input.order.kind !== 'by' ? [] : input.order.orders;
  const hidden = [
    ...values(parts.on ?? []),
    ...values(parts.keys),
    ...before.flatMap(({ expression }) => [...freeColumns(expression, place.lowering)].map(reference)),
  ];
  if (unique && parts.on === null && hidden.length > 0) refuse('SELECT DISTINCT is sorted by what it does not return');
  const projected = project(place.lowering, input.rel, parts.outputs, hidden, { many, exact: unique });
  const own = parts.keys.map((key) => orderNode(key, projected));
  const distinct = deduplicated(projected, parts, input.order, own, unique);
  const order: Ordering = ordering(own, input.order, unique);
  const columns = parts.outputs.map(({ name }, i) => ({ name, id: projected.outputs[i]! }));
  if (modifiers.limit === null) return { rel: distinct, columns, order };
  if (order.kind === 'lost') return refuse('LIMIT over rows that were sorted before');
  const orders = order.kind === 'by' ? order.orders : [];
  return { rel: limited({ ...place, level: null }, distinct, orders, modifiers.limit), columns, order };
}

function ordering(own: readonly OrderByNode[], before: Ordering, unique: boolean): Ordering {
  if (own.length > 0) return { kind: 'by', orders: own };
  return unique ? unordered : before;
}

function orderNode({ target, collation, order }: SortKey, projected: Projected): OrderByNode {
  const id = target.kind === 'output' ? projected.outputs[target.index]! : projected.hidden(target.expression);
  const column = reference(id);
  if (collation === '') return { ...order, expression: column };
  const collate: Expression = {
    class: 'COLLATE',
    type: 'COLLATE',
    alias: '',
    query_location: -1,
    child: column,
    collation,
  };
  return { ...order, expression: collate };
}

function deduplicated(
  projected: Projected,
  { on }: Parts,
  before: Ordering,
  orders: readonly OrderByNode[],
  unique: boolean,
): Rel {
  if (!unique) return projected.rel;
  if (on === null) return { op: 'distinct', input: projected.rel, on: null, orders: [] };
  if (before.kind !== 'none' && orders.length === 0) refuse('DISTINCT ON over rows that were sorted before');
  const keys = on.map((key) => orderNode(key, projected).expression);
  return { op: 'distinct', input: projected.rel, on: keys, orders };
}
