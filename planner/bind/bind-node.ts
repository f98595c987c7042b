import type { QueryNode, RecursiveCteNode, SetOperationNode, Statement } from '../sql/ast.ts';
import { isHintMarker } from '../sql/select-hints.ts';
import { walk } from '../sql/walk.ts';
import { bindAny, type Place } from './bind-expression.ts';
import { bindSelect } from './bind-select.ts';
import type { BlockRole } from './bound-query.ts';
import { type CteFrame, renamed } from './ctes.ts';
import { type ColumnList, type Scope, unknownColumns } from './scope.ts';
import { type BindState, makeOpaque, useAllColumns } from './state.ts';

/** Where a query stands. */
export interface QueryPlace {
  /** What its expressions see beyond its own FROM. */
  readonly parent: Scope | null;
  readonly ctes: CteFrame | null;
  readonly role: BlockRole;
  /** The SELECT around it. */
  readonly block: number | null;
  readonly repeated: boolean;
}

export interface BoundNode<T extends QueryNode = QueryNode> {
  readonly node: T;
  readonly columns: ColumnList;
}

export function bindStatement(
  state: BindState,
  statement: Statement,
  place: QueryPlace,
): { readonly statement: Statement; readonly columns: ColumnList } {
  const { node, columns } = bindNode(state, statement.node, place);
  return { statement: { ...statement, node }, columns };
}

/** Binds a query: gives it as the normalised SQL has it, with its output columns. */
export function bindNode(state: BindState, node: QueryNode, place: QueryPlace): BoundNode {
  switch (node.type) {
    case 'SELECT_NODE':
      return bindSelect(state, node, place);
    case 'SET_OPERATION_NODE':
      return bindSetOperation(state, node, place);
    case 'RECURSIVE_CTE_NODE':
      return bindRecursive(state, node, place);
    default:
      return bindUnknown(state, node);
  }
}

/** WITH: each entry sees those before it, and itself when it is recursive. */
export function bindCtes<T extends QueryNode>(
  state: BindState,
  node: T,
  place: QueryPlace,
): { readonly node: T; readonly ctes: CteFrame | null } {
  let { ctes } = place;
  if (node.cte_map.map.length === 0) return { node, ctes };
  state.flags.add('ctes');
  const map = node.cte_map.map.map(({ key, value }) => {
    if (isHintMarker(key)) return { key, value };
    const bound = bindStatement(state, value.query, { ...place, ctes, role: 'cte' });
    ctes = { name: key, columns: renamed(bound.columns, value.aliases), next: ctes };
    return { key, value: { ...value, query: bound.statement } };
  });
  return { node: { ...node, cte_map: { map } }, ctes };
}

function bindSetOperation(state: BindState, source: SetOperationNode, place: QueryPlace): BoundNode {
  state.lists.setOperations.add(source.setop_all ? `${source.setop_type} ALL` : source.setop_type);
  const { node, ctes } = bindCtes(state, source, place);
  const inner = { ...place, ctes };
  const left = bindNode(state, node.left, inner);
  const right = bindNode(state, node.right, inner);
  const byName = node.setop_type === 'UNION_BY_NAME';
  const columns = byName ? { ...left.columns, open: true } : left.columns;
  const modifiers = bindModifiersOf(state, node, place, columns);
  return { node: { ...node, left: left.node, right: right.node, modifiers }, columns };
}

function bindRecursive(state: BindState, source: RecursiveCteNode, place: QueryPlace): BoundNode {
  state.flags.add('recursive');
  const { node, ctes } = bindCtes(state, source, place);
  const left = bindNode(state, node.left, { ...place, ctes, repeated: true });
  const columns = renamed(left.columns, node.aliases);
  const self: CteFrame = { name: node.cte_name, columns, next: ctes };
  const right = bindNode(state, node.right, { ...place, ctes: self, repeated: true });
  const modifiers = bindModifiersOf(state, node, place, columns);
  return { node: { ...node, left: left.node, right: right.node, modifiers }, columns };
}

/** ORDER BY and LIMIT of a set operation: their names are output columns, so that nothing is written anew. */
function bindModifiersOf(
  state: BindState,
  node: SetOperationNode | RecursiveCteNode,
  { parent, ctes, block, repeated }: QueryPlace,
  columns: ColumnList,
): QueryNode['modifiers'] {
  for (const modifier of node.modifiers) {
    if (modifier.type === 'ORDER_MODIFIER') state.flags.add('orderBy');
    else if (modifier.type === 'DISTINCT_MODIFIER') state.flags.add('distinct');
    else state.flags.add('limit');
  }
  const output = { alias: '', schema: undefined, columns: { ...columns, open: true } };
  const scope: Scope = { relations: [output], merged: [], parent, lateral: false };
  const outer = block === null ? null : state.blocks[block]!;
  const place: Place = {
    state,
    scope,
    block: outer,
    aliases: null,
    lambdas: new Set(),
    qualify: false,
    ctes,
    repeated,
  };
  return bindAny(place, node.modifiers);
}

/** A kind of query that is not known: left as it is, tables in it included. */
function bindUnknown(state: BindState, node: QueryNode): BoundNode {
  makeOpaque(state, `a ${node.type} is not understood`);
  walk(node, {
    tableRef: (ref) => {
      if (ref.type === 'BASE_TABLE') state.lists.localTables.add(ref.table_name);
      return undefined;
    },
  });
  for (const { id } of state.occurrences) useAllColumns(state, id);
  return { node, columns: unknownColumns };
}
