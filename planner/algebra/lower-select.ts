import type { Expression, SelectNode } from '../sql/ast.ts';
import { hintsOf } from '../sql/select-hints.ts';
import { conjunctsOf } from '../sql/walk.ts';
import { hasOwn, isGrouping, isUnnest, isUntyped, lowerExpression, type Place } from './lower-expression.ts';
import { finish, multiplied } from './lower-finish.ts';
import { lowerFrom } from './lower-from.ts';
import { extractAggregates, extractWindows, isAggregateCall } from './lower-grouping.ts';
import { lowerItems, type Output } from './lower-items.ts';
import { type Modifiers, modifiersOf, placeInList, type SortKey, sortKeys, sortTarget } from './lower-order.ts';
import { expressionsOf, mapParts, type Parts, type Stream } from './lower-parts.ts';
import type { QueryPlace } from './lower-query.ts';
import { type Lowered, lostOrder, unordered } from './lower-result.ts';
import { type Lowering, refuse } from './lower-state.ts';
import type { Rel } from './rel.ts';
import { freeColumns } from './walk-rel.ts';

/** One SELECT: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, list, DISTINCT, ORDER BY, LIMIT, in this order. */
export function lowerSelect(lowering: Lowering, node: SelectNode, { parent, ctes, role }: QueryPlace): Lowered {
  if (node.sample !== null) refuse('a sample is taken of the whole');
  const modifiers = modifiersOf(node);
  const { divisions = [] } = hintsOf(node) ?? {};
  const from = lowerFrom(lowering, node.from_table, { outer: parent, ctes, divisions });
  const level = { relations: from.relations, merged: from.merged, parent };
  const aliases = node.select_list.map(({ alias }) => alias);
  const base = { lowering, level, ctes, aliases, lambdas: new Set<string>() };
  const items = lowerItems(base, node);
  const place: Place = { ...base, items: items.at };
  const conjuncts = (condition: Expression | null) =>
    conjunctsOf(condition).map((conjunct) => lowerExpression(place, conjunct));
  const where = conjuncts(node.where_clause);
  const outputs = items.outputs();
  if (role !== 'top' && role !== 'arm' && role !== 'exists' && outputs.some(({ expression }) => isUntyped(expression)))
    refuse('a column is NULL without a type');
  const parts: Parts = {
    outputs,
    having: conjuncts(node.having),
    qualify: conjuncts(node.qualify),
    keys: sortKeys(place, outputs, modifiers.orders),
    on: distinctKeys(place, outputs, modifiers),
  };
  const filtered: Stream = { rel: filter(from.rel, where), order: from.order };
  const grouped = group(lowering, node, place, filtered, parts);
  const windowed = window(lowering, grouped.stream, grouped.parts);
  const many = node.select_list.some((item) => hasOwn(item, isUnnest));
  return finish(
    place,
    many ? multiplied(windowed.stream, modifiers, role === 'top') : windowed.stream,
    windowed.parts,
    modifiers,
    many,
  );
}

function distinctKeys(place: Place, outputs: readonly Output[], { distinct }: Modifiers): readonly SortKey[] | null {
  if (distinct === null || distinct.distinct_on_targets.length === 0) return null;
  return distinct.distinct_on_targets.map((key) => ({
    target: sortTarget(place, outputs, key),
    collation: '',
    order: { type: 'ORDER_DEFAULT', null_order: 'ORDER_DEFAULT' },
  }));
}

function filter(input: Rel, conditions: readonly Expression[]): Rel {
  return conditions.length === 0 ? input : { op: 'filter', input, conditions };
}

function group(
  lowering: Lowering,
  node: SelectNode,
  place: Place,
  { rel, order }: Stream,
  parts: Parts,
): { readonly stream: Stream; readonly parts: Parts } {
  const all = expressionsOf(parts);
  const aggregates = all.some((expression) => hasOwn(expression, isAggregateCall));
  const byAll = node.aggregate_handling === 'FORCE_AGGREGATES';
  const written = node.group_expressions.length > 0 || node.group_sets.length > 0 || node.having !== null;
  if (!aggregates && !byAll && !written) {
    if (all.some((expression) => hasOwn(expression, isGrouping))) refuse('GROUPING without GROUP BY');
    return { stream: { rel, order }, parts };
  }
  const keys = byAll
    ? keysOfAll(lowering, parts.outputs)
    : node.group_expressions.map((key) => groupKey(place, parts.outputs, key));
  if (byAll && keys.length === 0 && !aggregates) return refuse('GROUP BY ALL without columns');
  const extraction = extractAggregates(lowering, rel, order, keys, byAll ? [] : node.group_sets);
  const after = mapParts(parts, extraction.apply);
  return { stream: { rel: filter(extraction.close(), after.having), order: unordered }, parts: after };
}

function groupKey(place: Place, outputs: readonly Output[], key: Expression): Expression {
  if (key.class === 'CONSTANT' && typeof key.value.value === 'number')
    return outputs[placeInList(key, outputs)]!.expression;
  return lowerExpression(place, key);
}

/** GROUP BY ALL: outputs that read columns and hold no aggregate. */
function keysOfAll(lowering: Lowering, outputs: readonly Output[]): readonly Expression[] {
  return outputs.flatMap(({ expression }) => {
    if (hasOwn(expression, isAggregateCall)) return [];
    if (hasOwn(expression, ({ class: kind }) => kind === 'WINDOW' || kind === 'SUBQUERY'))
      return refuse('GROUP BY ALL with windows or sub-queries');
    return freeColumns(expression, lowering).size > 0 ? [expression] : [];
  });
}

function window(
  lowering: Lowering,
  { rel, order }: Stream,
  parts: Parts,
): { readonly stream: Stream; readonly parts: Parts } {
  const extraction = extractWindows(lowering, rel, order);
  const after = mapParts(parts, extraction.apply);
  const windowed = extraction.close();
  const mixed = windowed !== rel && order.kind !== 'none' ? lostOrder : order;
  return { stream: { rel: filter(windowed, after.qualify), order: mixed }, parts: after };
}
