import type { QueryNode } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { hintsOf } from '../sql/select-hints.ts';
import { lowerPartial } from './lower-partial.ts';
import type { Lowered, Ordering } from './lower-result.ts';
import { lowerSelect } from './lower-select.ts';
import { lowerSet } from './lower-set.ts';
import { type Lowering, newId, refuse } from './lower-state.ts';
import type { ColumnId } from './rel.ts';
import { type CteFrame, type Level, withNames } from './scope.ts';
import { columnSetOf, freeColumns, substitute } from './walk-rel.ts';

/** Where a query stands. */
export interface QueryPlace {
  /** What its expressions see beyond its own FROM. */
  readonly parent: Level | null;
  readonly ctes: CteFrame | null;
  readonly role: 'top' | 'cte' | 'from' | 'expression' | 'exists' | 'arm';
}

/** A query and all below it as operators. Raises NotLowered. */
export function lowerNode(lowering: Lowering, node: QueryNode, place: QueryPlace): Lowered {
  const inner: QueryPlace = { ...place, ctes: withCtes(node, place) };
  switch (node.type) {
    case 'SELECT_NODE': {
      const hints = hintsOf(node);
      return hints?.partial === true ? lowerPartial(lowering, node, inner, hints) : lowerSelect(lowering, node, inner);
    }
    case 'SET_OPERATION_NODE':
      return lowerSet(lowering, node, inner);
    case 'RECURSIVE_CTE_NODE':
      return refuse('recursion is not divided');
    default:
      return refuse(`a ${node.type} is not understood`);
  }
}

/** WITH: each entry sees those before it. */
export function withCtes(node: QueryNode, { ctes, parent }: Pick<QueryPlace, 'ctes' | 'parent'>): CteFrame | null {
  return node.cte_map.map.reduce<CteFrame | null>(
    (next, { key, value }) => ({ name: key, entry: value, parent, next }),
    ctes,
  );
}

/** A reference to a CTE: its tree where it is the only one, else a use of the shared tree. */
export function lowerCte(lowering: Lowering, frame: CteFrame): Lowered {
  const { entry, parent, next } = frame;
  const body = () => {
    const lowered = lowerNode(lowering, entry.query.node, { parent, ctes: next, role: 'cte' });
    return { ...lowered, columns: withNames(lowered.columns, entry.aliases) };
  };
  if ((lowering.survey.uses.get(entry) ?? 0) < 2) return body();
  let shared = lowering.sharedCtes.get(entry);
  if (shared === undefined) {
    const { rel, columns, order } = body();
    if (freeColumns(rel, lowering).size > 0) refuse(`the CTE ${frame.name} depends on an outer row and is used twice`);
    shared = { index: lowering.shared.length, columns, order };
    lowering.shared.push(rel);
    lowering.sharedCtes.set(entry, shared);
  }
  return useShared(lowering, shared.index, shared.columns, shared.order);
}

function useShared(lowering: Lowering, index: number, columns: Lowered['columns'], order: Ordering): Lowered {
  const hidden =
    order.kind === 'by' ? order.orders.flatMap(({ expression }) => [...freeColumns(expression, lowering)]) : [];
  const ids = new Map<ColumnId, ColumnId>();
  for (const id of [...columns.map((column) => column.id), ...hidden]) if (!ids.has(id)) ids.set(id, newId(lowering));
  const given = columnSetOf(lowering.shared[index]!);
  const values = new Map([...ids].map(([from, id]) => [from, columnRef(id)]));
  return {
    rel: {
      op: 'shared',
      shared: index,
      columns: [...ids].filter(([from]) => given.has(from)).map(([from, id]) => ({ id, from })),
    },
    columns: columns.map(({ name, id }) => ({ name, id: ids.get(id)! })),
    order: substitute(order, values),
  };
}
