import { classOfFunction } from '../bind/known-functions.ts';
import type { Expression, FunctionCall, SelectNode, WindowCall } from '../sql/ast.ts';
import { cast, orderBy, withAlias } from '../sql/build.ts';
import { expressionKey, rewrite } from '../sql/walk.ts';
import { hasCollation, hasOwn, isGrouping, isUnnest, reference } from './lower-expression.ts';
import type { Ordering } from './lower-result.ts';
import { type Lowering, newId, refuse } from './lower-state.ts';
import { dependsOnOrder, windowDependsOnOrder } from './order-sensitive.ts';
import type { ColumnId, Rel, RelColumn } from './rel.ts';
import { columnIdOf, columnSetOf, freeColumns } from './walk-rel.ts';

/** Expressions of a SELECT are passed through `apply`, which takes out what an operator computes; `close` gives that operator. */
export interface Extraction {
  readonly apply: <T extends Expression>(expression: T) => Expression;
  readonly close: () => Rel;
}

export function isAggregateCall(node: Expression): node is FunctionCall {
  return node.class === 'FUNCTION' && classOfFunction(node.function_name.toLowerCase(), node.schema) === 'aggregate';
}

/** GROUP BY over `input`, whose rows come in `order`. */
export function extractAggregates(
  lowering: Lowering,
  input: Rel,
  order: Ordering,
  keys: readonly Expression[],
  sets: SelectNode['group_sets'],
): Extraction {
  const whole = sets.length === 0 || (sets.length === 1 && new Set(sets[0]).size === keys.length);
  const { columns, ids } = keyColumns(lowering, keys, whole);
  const place = (key: Expression) => columns.findIndex(({ id }) => id === ids.get(expressionKey(key)));
  const inside = columnSetOf(input);
  const visible = new Set(columns.map(({ id }) => id));
  const calls = new Map<string, { readonly id: ColumnId; readonly call: FunctionCall }>();
  const groupings = new Map<string, { readonly id: ColumnId; readonly keys: readonly number[] }>();
  const replace = (node: Expression): Expression | undefined => {
    const text = expressionKey(node);
    const known = ids.get(text);
    if (known !== undefined) return withAlias(reference(known), node.alias);
    if (isGrouping(node)) {
      const places = node.children.map(place);
      if (places.includes(-1)) refuse('GROUPING names what is no key');
      const found = groupings.get(text) ?? { id: newId(lowering), keys: places };
      groupings.set(text, found);
      return withAlias(reference(found.id), node.alias);
    }
    if (!isAggregateCall(node)) return undefined;
    const found = calls.get(text) ?? { id: newId(lowering), call: ordered(own(lowering, inside, node), order) };
    calls.set(text, found);
    return withAlias(reference(found.id), node.alias);
  };
  return {
    apply: (expression) => {
      const applied = rewrite<Expression>(expression, { expression: replace });
      for (const id of freeColumns(applied, lowering))
        if (inside.has(id) && !visible.has(id)) refuse('a column is neither grouped nor aggregated');
      return applied;
    },
    close: () => ({
      op: 'aggregate',
      input,
      keys: columns,
      sets: whole ? null : sets.map((set) => [...new Set(set.map((index) => place(keys[index]!)))]),
      aggregates: [...calls.values()],
      groupings: [...groupings.values()],
    }),
  };
}

/** The keys without doubles, and their ids by what they compute. A key that is a column keeps its id, unless grouping sets make it NULL. */
function keyColumns(
  lowering: Lowering,
  keys: readonly Expression[],
  whole: boolean,
): { readonly columns: readonly RelColumn[]; readonly ids: ReadonlyMap<string, ColumnId> } {
  const ids = new Map<string, ColumnId>();
  const columns: RelColumn[] = [];
  const constants = keys.filter(({ class: kind }) => kind === 'CONSTANT').length;
  for (const key of keys) {
    if (hasCollation(key)) refuse('a key of GROUP BY has a collation of its own');
    if (hasOwn(key, isAggregateCall) || hasOwn(key, isUnnest)) refuse('a key of GROUP BY is not understood');
    if (key.class === 'CONSTANT' && whole && constants < keys.length) continue;
    const text = expressionKey(key);
    if (ids.has(text)) continue;
    const id = (whole ? columnIdOf(key) : undefined) ?? newId(lowering);
    ids.set(text, id);
    columns.push({ id, expression: keyExpression(key) });
  }
  return { columns, ids };
}

/** A bare number in GROUP BY would be a place in the list. */
function keyExpression(key: Expression): Expression {
  if (key.class !== 'CONSTANT') return withAlias(key, '');
  const { type, is_null } = key.value;
  return is_null ? refuse('GROUP BY NULL is not divided') : cast(withAlias(key, ''), type);
}

/** An aggregate of outer columns alone belongs to an outer SELECT. */
function own(lowering: Lowering, inside: ReadonlySet<ColumnId>, call: FunctionCall): FunctionCall {
  const ids = [...freeColumns(call, lowering)];
  if (ids.length > 0 && !ids.some((id) => inside.has(id))) refuse('an aggregate reads only columns of an outer query');
  if (call.children.some((child) => hasOwn(child, isAggregateCall))) refuse('an aggregate stands within another');
  if (call.children.some(hasCollation)) refuse('an aggregate reads a value with a collation of its own');
  return withAlias(call, '');
}

/** Over sorted rows an aggregate that depends on their order has that order of its own. */
function ordered(call: FunctionCall, order: Ordering): FunctionCall {
  if (order.kind === 'none' || call.order_bys.orders.length > 0 || !dependsOnOrder(call)) return call;
  if (order.kind === 'lost') return refuse(`${call.function_name} over rows that were sorted before`);
  if (call.distinct) return refuse(`${call.function_name}(DISTINCT) over rows that were sorted before`);
  return { ...call, order_bys: orderBy(order.orders) };
}

/** Window functions over `input`. */
export function extractWindows(lowering: Lowering, input: Rel, order: Ordering): Extraction {
  const calls = new Map<string, { readonly id: ColumnId; readonly call: WindowCall }>();
  const replace = (node: Expression): Expression | undefined => {
    if (node.class !== 'WINDOW') return undefined;
    if (node.children.some(hasCollation)) refuse('a window reads a value with a collation of its own');
    if (order.kind !== 'none' && windowDependsOnOrder(node))
      refuse(`${node.function_name} over rows that were sorted before`);
    const text = expressionKey(node);
    const found = calls.get(text) ?? { id: newId(lowering), call: withAlias(node, '') };
    calls.set(text, found);
    return withAlias(reference(found.id), node.alias);
  };
  return {
    apply: (expression) => rewrite<Expression>(expression, { expression: replace }),
    close: () => (calls.size === 0 ? input : { op: 'window', input, windows: [...calls.values()] }),
  };
}
