import type { DistinctModifier, Expression, LimitModifier, Modifier, SelectNode } from '../sql/ast.ts';
import { walkOwn } from '../sql/walk.ts';
import { bindAny, bindExpression, type Place } from './bind-expression.ts';
import { bindFrom } from './bind-from.ts';
import { type BoundNode, bindCtes, type QueryPlace } from './bind-node.ts';
import { assignFilters } from './filters.ts';
import { limitFacts } from './limit-facts.ts';
import { selectColumns } from './output-columns.ts';
import type { AliasView } from './resolve.ts';
import { type Scope, sameName } from './scope.ts';
import { type BindState, makeOpaque, type OpenBlock } from './state.ts';

export function bindSelect(state: BindState, source: SelectNode, place: QueryPlace): BoundNode<SelectNode> {
  const block = newBlock(state, source, place);
  const { node: withCtes, ctes } = bindCtes(state, source, place);
  const inner = { ...place, ctes, block: block.id };
  const from = bindFrom(state, withCtes.from_table, inner, place.parent);
  block.otherRelations = from.relations.filter(({ dataset }) => dataset === undefined).length;
  const scope: Scope = { relations: from.relations, merged: from.merged, parent: place.parent, lateral: false };
  const base: Place = {
    state,
    scope,
    block,
    aliases: null,
    lambdas: new Set(),
    qualify: true,
    ctes,
    repeated: place.repeated,
  };
  const names = withCtes.select_list.map(aliasOf);
  const select_list = withCtes.select_list.map((item, index) => bindItem(base, item, names.slice(0, index)));
  const columnFirst: Place = { ...base, aliases: { names, order: 'column_first' } };
  const aliasFirst: Place = { ...base, aliases: { names, order: 'alias_first' } };
  const node: SelectNode = {
    ...withCtes,
    select_list,
    from_table: from.ref,
    where_clause: bindExpression(columnFirst, withCtes.where_clause),
    group_expressions: withCtes.group_expressions.map((key) => bindExpression(columnFirst, key)),
    having: bindExpression(aliasFirst, withCtes.having),
    qualify: bindExpression(columnFirst, withCtes.qualify),
    modifiers: withCtes.modifiers.map((modifier) => bindModifier(aliasFirst, columnFirst, modifier)),
  };
  noteFlags(state, block, node);
  block.node = node;
  assignFilters(state, node);
  return { node, columns: selectColumns(withCtes, scope) };
}

function newBlock(state: BindState, node: SelectNode, { role, block }: QueryPlace): OpenBlock {
  const fresh: OpenBlock = {
    id: state.blocks.length,
    node,
    role,
    parent: block,
    occurrences: [],
    otherRelations: 0,
    correlated: false,
    aggregates: [],
    grouped: false,
    windows: false,
    distinct: 'no',
    groupingSets: false,
    groupByAll: false,
    having: false,
    qualify: false,
    sample: false,
    orderBy: false,
    orderByAll: false,
    limit: null,
    volatile: false,
    stars: false,
    unnest: false,
  };
  state.blocks.push(fresh);
  return fresh;
}

/** The name by which ORDER BY and others may refer to an item of the SELECT list. */
function aliasOf(item: Expression): string | null {
  if (item.alias !== '') return item.alias;
  return item.class === 'COLUMN_REF' ? item.column_names.at(-1)! : null;
}

/**
 * DuckDB names a column without alias by its text, and an outer query may use that name: only in a top SELECT, whose names are
 * set apart, may such an item be written anew.
 */
function bindItem(base: Place, item: Expression, earlier: readonly (string | null)[]): Expression {
  const aliases: AliasView = {
    names: earlier.map((name, index) => (base.block!.node.select_list[index]!.alias === '' ? null : name)),
    order: 'column_first',
  };
  const named = item.alias !== '' || item.class === 'COLUMN_REF' || base.block!.role === 'top';
  return bindExpression({ ...base, aliases, qualify: named }, item);
}

function bindModifier(aliasFirst: Place, columnFirst: Place, modifier: Modifier): Modifier {
  switch (modifier.type) {
    case 'ORDER_MODIFIER':
      return {
        ...modifier,
        orders: modifier.orders.map((order) => ({
          ...order,
          expression: bindSortKey(aliasFirst, columnFirst, order.expression),
        })),
      };
    case 'DISTINCT_MODIFIER':
      return {
        ...modifier,
        distinct_on_targets: modifier.distinct_on_targets.map((key) => bindSortKey(aliasFirst, columnFirst, key)),
      };
    default:
      return bindAny({ ...columnFirst, aliases: null }, modifier);
  }
}

/** A bare name means the output column; within an expression it means the input column. */
function bindSortKey(aliasFirst: Place, columnFirst: Place, key: Expression): Expression {
  if (key.class === 'STAR' && key.columns && key.expr === null) return key;
  if (key.class === 'COLUMN_REF' && isStarName(aliasFirst, key.column_names)) {
    makeOpaque(aliasFirst.state, 'a column that a star replaces or renames is sorted by');
    return key;
  }
  return bindExpression(key.class === 'COLUMN_REF' ? aliasFirst : columnFirst, key);
}

/** Is it a name that REPLACE or RENAME of a star gives? It means the output column, not the one that the star covers. */
function isStarName({ block }: Place, parts: readonly string[]): boolean {
  if (parts.length > 1) return false;
  return block!.node.select_list.some((item) => {
    if (item.class !== 'STAR') return false;
    const renamed = item.rename_list as readonly { readonly value: string }[];
    const given = [...item.replace_list.map(({ key }) => key), ...renamed.map(({ value }) => value)];
    return given.some((name) => sameName(name, parts[0]!));
  });
}

function noteFlags(state: BindState, block: OpenBlock, node: SelectNode): void {
  const { flags } = state;
  const distinct = node.modifiers.find(
    (modifier): modifier is DistinctModifier => modifier.type === 'DISTINCT_MODIFIER',
  );
  const limit = node.modifiers.find(
    (modifier): modifier is LimitModifier =>
      modifier.type === 'LIMIT_MODIFIER' || modifier.type === 'LIMIT_PERCENT_MODIFIER',
  );
  const orders = node.modifiers.flatMap((modifier) => (modifier.type === 'ORDER_MODIFIER' ? modifier.orders : []));
  const keys = node.group_expressions.length;
  block.groupByAll = node.aggregate_handling === 'FORCE_AGGREGATES';
  block.groupingSets = node.group_sets.length > 1 || (keys > 0 && node.group_sets.some((set) => set.length < keys));
  block.having = node.having !== null;
  block.grouped =
    block.groupByAll || keys > 0 || node.group_sets.length > 0 || block.having || block.aggregates.length > 0;
  block.qualify = node.qualify !== null;
  block.sample = node.sample !== null;
  block.orderBy = orders.length > 0;
  block.orderByAll = orders.some(({ expression }) => expression.class === 'STAR');
  block.limit = limit === undefined ? null : limitFacts(limit);
  if (distinct !== undefined) block.distinct = distinct.distinct_on_targets.length > 0 ? 'on' : 'all';
  block.stars = node.select_list.some(hasStar);
  block.unnest = node.select_list.some(hasUnnest);
  if (block.distinct !== 'no') flags.add('distinct');
  if (block.groupingSets) flags.add('groupingSets');
  if (block.qualify) flags.add('qualify');
  if (block.sample) flags.add('sample');
  if (block.orderBy) flags.add('orderBy');
  if (block.limit !== null) flags.add('limit');
}

function hasStar(item: Expression): boolean {
  return someOwn(item, (node) => node.class === 'STAR');
}

function hasUnnest(item: Expression): boolean {
  return someOwn(item, (node) => node.class === 'FUNCTION' && node.function_name.toLowerCase() === 'unnest');
}

function someOwn(root: Expression, test: (node: Expression) => boolean): boolean {
  let found = false;
  walkOwn(root, (node) => {
    found ||= test(node);
    return undefined;
  });
  return found;
}
