/** When all rows of each group (of GROUP BY, DISTINCT, windows) have equal hive keys, dividing by those keys keeps groups whole. */
import type { Expression, SelectNode, WindowCall } from '../sql/ast.ts';
import { walk } from '../sql/walk.ts';
import { modifiersOf, positionOf } from './order.ts';
import type { ScatterForm } from './scatter-form.ts';
import type { PlanContext } from './strategy.ts';
import { hintedKeys } from './tasks.ts';

/** Does every row stand for itself, so that any division will do? */
export function isRowwise({ block }: ScatterForm): boolean {
  return !block.grouped && block.aggregates.length === 0 && !block.windows && !block.qualify && block.distinct === 'no';
}

/**
 * The hive keys to divide by so that every group lies within one task: a hinted key that all groups have, or (`any`) the first
 * hive key that all groups have. Empty when there is none.
 */
export function groupKeys(context: PlanContext, form: ScatterForm, any: boolean): readonly string[] {
  const { block, divided, node } = form;
  if (block.groupingSets || block.groupByAll || block.stars) return [];
  const sets = keySets(node, block.grouped);
  if (sets === undefined) return [];
  const hive = divided.table.columns.filter((column) => column.hive).map(({ name }) => name);
  const candidates = any ? hive : hintedKeys(context, divided);
  const inAll = candidates.filter((key) =>
    sets.every((set) => set.some((expression) => isKey(context, form, expression, key))),
  );
  return any ? inAll.slice(0, 1) : inAll.length === candidates.length ? inAll : [];
}

/** For each construct that looks at several rows: the expressions that are equal within its groups. */
function keySets(node: SelectNode, grouped: boolean): readonly (readonly Expression[])[] | undefined {
  const sets: (readonly Expression[])[] = [];
  if (grouped) {
    if (node.group_expressions.length === 0) return undefined;
    sets.push(node.group_expressions.map((expression) => resolvePosition(node, expression)));
  }
  const { distinct } = modifiersOf(node);
  if (distinct !== undefined)
    sets.push(distinct.distinct_on_targets.length > 0 ? distinct.distinct_on_targets : node.select_list);
  walk([node.select_list, node.qualify, node.modifiers], {
    query: () => false,
    expression: (expression) => {
      if (expression.class === 'WINDOW') sets.push((expression as WindowCall).partitions);
      return undefined;
    },
  });
  return sets;
}

function resolvePosition(node: SelectNode, expression: Expression): Expression {
  const position = positionOf(expression);
  return position === undefined ? expression : (node.select_list[position - 1] ?? expression);
}

function isKey(context: PlanContext, form: ScatterForm, expression: Expression, key: string): boolean {
  if (expression.class !== 'COLUMN_REF') return false;
  const resolution = context.bound.resolutions.get(expression) ?? sameColumn(context, expression);
  return (
    resolution?.kind === 'column' &&
    resolution.occurrence === form.divided.id &&
    resolution.name === key &&
    resolution.fields.length === 0
  );
}

/** A reference that an alias was expanded to is a copy: found by its text. */
function sameColumn(context: PlanContext, expression: Extract<Expression, { class: 'COLUMN_REF' }>) {
  const text = expression.column_names.join('\u0000');
  for (const [node, resolution] of context.bound.resolutions)
    if (resolution.kind === 'column' && node.column_names.join('\u0000') === text) return resolution;
  return undefined;
}
