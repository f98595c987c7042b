/**
 * Queries whose whole SELECT runs in every task: rows are filtered and projected one by one (or whole groups lie within a task),
 * so that the answer is the tasks' answers one after another, then ordered, made distinct and cut.
 */

import type { Stage } from '../plan/plan.ts';
import { stageRelation } from '../plan/plan.ts';
import type { Expression, LimitModifier, OrderByNode, SelectNode } from '../sql/ast.ts';
import {
  baseTable,
  columnRef,
  integerConstant,
  limit as limitModifier,
  orderBy,
  select,
  star,
  subquery,
  withAlias,
} from '../sql/build.ts';
import { expressionKey } from '../sql/walk.ts';
import { makeStage, occurrencesIn, printWithTypes, pruneCtes } from './fragment.ts';
import { hasCollation, modifiersOf, positionOf } from './order.ts';
import type { ScatterForm } from './scatter-form.ts';
import { declined, type Outcome, type PlanContext } from './strategy.ts';
import { makeTasks, partition, taskText } from './tasks.ts';

/** LIMIT and OFFSET as numbers; undefined when there is none, 'expression' when not constant. */
export function constantLimit(form: ScatterForm): { limit: number | null; offset: number } | 'expression' | undefined {
  const facts = form.block.limit;
  if (facts === null) return undefined;
  const { limit, offset } = facts;
  if (limit === 'expression' || offset === 'expression') return 'expression';
  return { limit, offset: offset ?? 0 };
}

/** What each task has to give so that the first `limit` rows after `offset` can be found. */
function taskLimit(form: ScatterForm): readonly LimitModifier[] {
  const cut = constantLimit(form);
  if (cut === undefined || cut === 'expression' || cut.limit === null) return [];
  const rows = cut.limit + cut.offset;
  return Number.isSafeInteger(rows) ? [limitModifier(integerConstant(rows))] : [];
}

/** Concatenation: no ORDER BY, no DISTINCT beyond a task. `keys`: hive keys whose groups must stay whole. */
export async function concatenated(
  context: PlanContext,
  form: ScatterForm,
  keys: readonly string[],
): Promise<{ readonly stage: Stage; readonly limit: number | null; readonly offset: number }> {
  const { node, divided } = form;
  const modifiers = node.modifiers.filter(({ type }) => type === 'DISTINCT_MODIFIER');
  const task = pruneCtes({ ...node, modifiers: [...modifiers, ...taskLimit(form)] });
  const partitioning = await partition(context, divided, keys);
  const stage = await makeStage(context, {
    id: 0,
    node: task,
    tasks: makeTasks(context, divided, partitioning, occurrencesIn(context, task)),
    replayable: form.plain && keys.length === 0 && !form.block.grouped,
    why: `${divided.table.name} in ${taskText(partitioning)}`,
  });
  const cut = constantLimit(form);
  const { limit, offset } = cut === undefined || cut === 'expression' ? { limit: null, offset: 0 } : cut;
  return { stage, limit, offset };
}

const column = (i: number) => `__c${i}`;
const hidden = (i: number) => `__o${i}`;

interface OrderParts {
  /** ORDER BY of the merge, over the stage's columns. */
  readonly merge: readonly OrderByNode[];
  /** Expressions that the tasks compute for it beside the visible columns. */
  readonly hidden: readonly Expression[];
}

/** ORDER BY or DISTINCT over all tasks: each sorts and cuts its own part when there is a LIMIT, the coordinator merges. */
export async function merged(context: PlanContext, form: ScatterForm, keys: readonly string[]): Promise<Outcome> {
  const { node, divided } = form;
  const { distinct, orders, limit } = modifiersOf(node);
  if (distinct !== undefined && distinct.distinct_on_targets.length > 0)
    return declined('DISTINCT ON takes the first row of each group, which needs all rows in order');
  if (hasCollation([node.select_list, orders.map(({ expression }) => withoutCollation(expression))]))
    return declined('a collation would be lost between the tasks and the merge');
  const parts = orderParts(context, form, orders);
  if (distinct !== undefined && parts.hidden.length > 0)
    return declined('ORDER BY names something that is not in the list of SELECT DISTINCT');
  const task = pruneCtes(taskNode(context, form, parts, distinct !== undefined));
  const partitioning = await partition(context, divided, keys);
  const stage = await makeStage(context, {
    id: 0,
    node: task,
    tasks: makeTasks(context, divided, partitioning, occurrencesIn(context, task)),
    replayable: false,
    why: `${divided.table.name} in ${taskText(partitioning)}`,
  });
  const visible = context.columns.map(({ name }, i) => withAlias(columnRef(column(i)), name));
  const merge = select(visible, baseTable(stageRelation(0)), {
    modifiers: [
      ...(distinct === undefined ? [] : [distinct]),
      ...(parts.merge.length === 0 ? [] : [orderBy(parts.merge)]),
      ...(limit === undefined ? [] : [limit]),
    ],
  });
  return {
    kind: 'plan',
    stages: [stage],
    result: {
      kind: 'sql',
      sql: await printWithTypes(context, merge, [stage]),
      scans: [],
      stages: [0],
      where: 'own',
    },
    reason: mergedReason(distinct !== undefined, limit !== undefined),
    reduces: distinct !== undefined || taskLimit(form).length > 0 || node.where_clause !== null || form.block.grouped,
  };
}

function mergedReason(distinct: boolean, limited: boolean): string {
  if (distinct) return 'tasks drop doubles of their own, the merge the rest';
  return limited
    ? 'tasks give their first rows, the merge the first of all'
    : 'tasks filter and project, the merge sorts';
}

function withoutCollation(expression: Expression): Expression {
  return expression.class === 'COLLATE' ? expression.child : expression;
}

/** What a task runs: the SELECT with columns named `__c0`…, and `__o0`… for the order. */
function taskNode(context: PlanContext, form: ScatterForm, parts: OrderParts, distinct: boolean): SelectNode {
  const { node } = form;
  const { distinct: distinctModifier, orders } = modifiersOf(node);
  const cut = distinct ? [] : taskLimit(form);
  const modifiers = [
    ...(distinctModifier === undefined ? [] : [distinctModifier]),
    // Sorting pays only when rows are left out.
    ...(cut.length > 0 && orders.length > 0 ? [orderBy(orders), ...cut] : []),
  ];
  const names = [...context.columns.map((_, i) => column(i)), ...parts.hidden.map((_, i) => hidden(i))];
  const list = [...node.select_list, ...parts.hidden];
  if (list.length === names.length && !form.block.stars) {
    const named = list.map((item, i) => withAlias(item, names[i]!));
    return { ...node, select_list: named, modifiers };
  }
  // Stars: names are given by place, to the outside.
  const inner = { ...node, select_list: list, modifiers, cte_map: { map: [] } };
  return { ...select([star()], subquery(inner, '__rows', names)), cte_map: node.cte_map };
}

function orderParts(context: PlanContext, form: ScatterForm, orders: readonly OrderByNode[]): OrderParts {
  const hiddenOnes: Expression[] = [];
  const known = new Map<string, string>();
  if (!form.block.stars)
    form.node.select_list.forEach((item, i) => {
      if (!known.has(expressionKey(item))) known.set(expressionKey(item), column(i));
    });
  const place = (expression: Expression): Expression => {
    const position = positionOf(expression);
    if (position !== undefined && position >= 1 && position <= context.columns.length)
      return columnRef(column(position - 1));
    if (expression.class === 'COLLATE') return { ...expression, child: place(expression.child) };
    const key = expressionKey(expression);
    let name = known.get(key);
    if (name === undefined) {
      name = hidden(hiddenOnes.length);
      hiddenOnes.push(withAlias(expression, ''));
      known.set(key, name);
    }
    return columnRef(name);
  };
  const merge = orders.flatMap((order) =>
    order.expression.class === 'STAR'
      ? context.columns.map((_, i) => ({ ...order, expression: columnRef(column(i)) }))
      : [{ ...order, expression: place(order.expression) }],
  );
  return { merge, hidden: hiddenOnes };
}
