/** GROUP BY and aggregates in two steps: partial aggregates per task, merged by the same SELECT over the partial rows. */
import { type CallRule, callRule, splitCall } from '../aggregates/split.ts';
import { stageRelation } from '../plan/plan.ts';
import type { ColumnRef, Expression, FunctionCall, SelectNode } from '../sql/ast.ts';
import { baseTable, columnRef, select, withAlias } from '../sql/build.ts';
import { expressionKey, rewrite, walk } from '../sql/walk.ts';
import {
  describeFragment,
  makeStage,
  occurrencesIn,
  printFragment,
  printWithTypes,
  pruneCtes,
  wholeScan,
} from './fragment.ts';
import { expectedGroups, manyGroups } from './group-estimate.ts';
import { hasCollation, positionOf } from './order.ts';
import { type CountsEveryRow, countStar, findRowCounts } from './row-counts.ts';
import type { ScatterForm } from './scatter-form.ts';
import { declined, type Outcome, type PlanContext } from './strategy.ts';
import { makeTasks, partition, taskText } from './tasks.ts';

/** A call of an aggregate and how it is computed. */
interface Call {
  readonly node: FunctionCall;
  readonly rule: CallRule;
}

/** What the tasks give, and what stands for what in the merge. */
interface Parts {
  readonly keys: readonly Expression[];
  /** Further grouping columns: arguments and filters of DISTINCT aggregates. */
  readonly rows: Map<string, { readonly name: string; readonly expression: Expression }>;
  /** Partial aggregates by name. */
  readonly partials: { readonly name: string; readonly expression: Expression }[];
  /** Merge expression by `expressionKey` of the call. */
  readonly merges: Map<string, Expression>;
}

export async function aggregated(context: PlanContext, form: ScatterForm): Promise<Outcome> {
  const { node, divided } = form;
  const keys = groupingKeys(form);
  if (typeof keys === 'string') return declined(keys);
  const outer = [node.select_list, node.having, node.qualify, node.modifiers];
  const calls = await aggregateCalls(context, form, outer);
  if (typeof calls === 'string') return declined(calls);
  if (hasCollation([keys, calls.map((call) => call.node)]) || hasCollation(node.modifiers))
    return declined('a collation would be lost between the tasks and the merge');
  const problem = subqueryProblem(context, outer);
  if (problem !== undefined) return declined(problem);
  const parts = await makeParts(context, keys, calls, findRowCounts(context, form));
  const merge = mergeNode(form, parts);
  const left = leftover(context, merge);
  if (left !== undefined) return declined(`column ${left} stands outside of groups and aggregates`);
  const task = pruneCtes(taskNode(form, parts));
  const partitioning = await partition(context, divided);
  const stage = await makeStage(context, {
    id: 0,
    node: task,
    tasks: makeTasks(context, divided, partitioning, occurrencesIn(context, task)),
    replayable: false,
    why: `partial aggregates over ${divided.table.name}, ${taskText(partitioning)}`,
  });
  const final = pruneCtes(merge);
  const groups = await expectedGroups(context, form, [...keys, ...[...parts.rows.values()].map((r) => r.expression)]);
  return {
    kind: 'plan',
    stages: [stage],
    result: {
      kind: 'sql',
      sql: await printWithTypes(context, final, [stage]),
      scans: occurrencesIn(context, final).map((id) => wholeScan(context, id)),
      stages: [0],
      where: 'own',
    },
    reason: 'every aggregate can be merged from partial results',
    reduces: groups <= manyGroups,
  };
}

/** GROUP BY as plain expressions: positions resolved, ALL spelled out. */
function groupingKeys({ node, block }: ScatterForm): readonly Expression[] | string {
  if (!block.groupByAll)
    return node.group_expressions.map((expression) => {
      const position = positionOf(expression);
      return position === undefined ? expression : (node.select_list[position - 1] ?? expression);
    });
  if (block.stars) return 'GROUP BY ALL over a star';
  const names = new Set(block.aggregates.map(({ name }) => name));
  return node.select_list.filter((item) => {
    let aggregate = false;
    walk(item, {
      query: () => false,
      expression: (inner) => {
        if (inner.class === 'WINDOW' || (inner.class === 'FUNCTION' && names.has(inner.function_name)))
          aggregate = true;
        return !aggregate;
      },
    });
    return !aggregate && item.class !== 'CONSTANT';
  });
}

/** The calls of aggregates in clauses that run after grouping, each once, with their rules; or why one has none. */
async function aggregateCalls(
  context: PlanContext,
  { node, block }: ScatterForm,
  outer: readonly unknown[],
): Promise<readonly Call[] | string> {
  const names = new Set(block.aggregates.map(({ name }) => name));
  const found = new Map<string, FunctionCall>();
  walk(outer, {
    query: () => false,
    expression: (expression) => {
      if (expression.class !== 'FUNCTION' || !names.has(expression.function_name)) return undefined;
      found.set(expressionKey(expression), expression);
      return false;
    },
  });
  const calls = [...found.values()];
  const types = await typesOf(context, node, calls);
  const result: Call[] = [];
  for (const [i, call] of calls.entries()) {
    const rule = callRule(
      call,
      { arguments: types.arguments[i]!, result: types.results[i]! },
      context.settings.disabled,
    );
    if (rule !== 'rows' && rule.kind === 'none') return `${call.function_name}: ${rule.reason}`;
    result.push({ node: call, rule });
  }
  return result;
}

/** DuckDB's types of the arguments and of the calls themselves, over the same FROM. */
async function typesOf(context: PlanContext, node: SelectNode, calls: readonly FunctionCall[]) {
  const describe = async (list: readonly Expression[]) => {
    if (list.length === 0) return [];
    const bare = list.map((expression) => withAlias(expression, ''));
    const query = pruneCtes(select(bare, node.from_table, { cte_map: node.cte_map }));
    return (await describeFragment(context, await printFragment(context, query))).map(({ type }) => type);
  };
  const flat = await describe(calls.flatMap((call) => call.children));
  const results = await describe(calls.map((call) => ({ ...call, filter: null })));
  let at = 0;
  const args = calls.map(({ children }) => {
    at += children.length;
    return flat.slice(at - children.length, at);
  });
  return { arguments: args, results };
}

/** Sub-queries above the grouping run at the merge: they must not look into the groups. */
function subqueryProblem(context: PlanContext, outer: readonly unknown[]): string | undefined {
  let problem: string | undefined;
  walk(outer, {
    query: (query) => {
      const block = context.bound.blocks.find((candidate) => candidate.node === query);
      if (block === undefined || block.correlated) problem = 'a correlated sub-query stands above the grouping';
      return problem === undefined;
    },
  });
  return problem;
}

const keyName = (i: number) => `__g${i}`;

async function makeParts(
  context: PlanContext,
  keys: readonly Expression[],
  calls: readonly Call[],
  countsEveryRow: CountsEveryRow,
): Promise<Parts> {
  const parts: Parts = { keys, rows: new Map(), partials: [], merges: new Map() };
  for (const { node, rule } of calls) {
    const merge =
      rule === 'rows' ? overRows(parts, node) : await fromTemplates(context, parts, node, rule, countsEveryRow);
    parts.merges.set(expressionKey(node), merge);
  }
  return parts;
}

/** DISTINCT: the arguments become grouping columns of the tasks; the original call runs over them. */
function overRows(parts: Parts, call: FunctionCall): Expression {
  const asColumn = (expression: Expression): ColumnRef => {
    const key = expressionKey(expression);
    const known = parts.rows.get(key);
    const name = known?.name ?? `__d${parts.rows.size}`;
    if (known === undefined) parts.rows.set(key, { name, expression: withAlias(expression, '') });
    return columnRef(name);
  };
  return {
    ...call,
    children: call.children.map(asColumn),
    filter: call.filter === null ? null : asColumn(call.filter),
  };
}

async function fromTemplates(
  context: PlanContext,
  parts: Parts,
  call: FunctionCall,
  rule: Exclude<CallRule, 'rows'>,
  countsEveryRow: CountsEveryRow,
): Promise<Expression> {
  if (rule.kind === 'none') return call;
  const { partials, merge } = await splitCall(context.world, call, rule);
  const names: string[] = [];
  for (const partial of partials) {
    const expression = (await countsEveryRow(partial, call)) ? countStar(partial) : partial;
    const known = parts.partials.find((other) => expressionKey(other.expression) === expressionKey(expression));
    const name = known?.name ?? `__p${parts.partials.length}`;
    if (known === undefined) parts.partials.push({ name, expression });
    names.push(name);
  }
  return merge(names);
}

/** `SELECT keys, rows, partials FROM … WHERE … GROUP BY keys, rows`, at the finest grouping. */
function taskNode({ node }: ScatterForm, parts: Parts): SelectNode {
  const columns = [...parts.keys.map((expression, i) => ({ name: keyName(i), expression })), ...parts.rows.values()];
  const list = [...columns, ...parts.partials].map(({ name, expression }) => withAlias(expression, name));
  const grouped = columns.map(({ name }) => columnRef(name));
  // A merge that reads no partial column (count of groups only) still needs a column to travel.
  const needed = list.length > 0 ? list : [withAlias(columnFree(), '__p0')];
  return select(needed, node.from_table, {
    where_clause: node.where_clause,
    group_expressions: grouped,
    cte_map: node.cte_map,
  });
}

/** count(*): one row even when nothing else is asked for. */
function columnFree(): Expression {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    query_location: -1,
    function_name: 'count_star',
    schema: '',
    catalog: '',
    children: [],
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
  };
}

/** The original SELECT over the stage: keys and calls replaced by what stands for them. */
function mergeNode({ node, block }: ScatterForm, parts: Parts): SelectNode {
  const keyOf = new Map<string, number>();
  parts.keys.forEach((key, i) => {
    if (!keyOf.has(expressionKey(key))) keyOf.set(expressionKey(key), i);
  });
  const replace = <T>(root: T): T =>
    rewrite(root, {
      query: (nested) => nested,
      expression: (expression) => {
        const text = expressionKey(expression);
        const key = keyOf.get(text);
        if (key !== undefined && !isPosition(expression)) return withAlias(columnRef(keyName(key)), expression.alias);
        const merge = parts.merges.get(text);
        return merge === undefined ? undefined : withAlias(merge, expression.alias);
      },
    });
  const group_expressions = parts.keys.map((_, i) => columnRef(keyName(i)));
  return {
    ...node,
    select_list: replace(node.select_list),
    from_table: baseTable(stageRelation(0)),
    where_clause: null,
    group_expressions,
    group_sets:
      block.groupByAll && group_expressions.length > 0 ? [group_expressions.map((_, i) => i)] : node.group_sets,
    aggregate_handling: 'STANDARD_HANDLING',
    having: replace(node.having),
    qualify: replace(node.qualify),
    modifiers: replace(node.modifiers),
  };
}

/** Constants are never taken for keys: `ORDER BY 1` is a place, `LIMIT 1` a number. */
function isPosition(expression: Expression): boolean {
  return expression.class === 'CONSTANT';
}

/** The name of a column reference that the merge has no relation for. */
function leftover(context: PlanContext, merge: SelectNode): string | undefined {
  let name: string | undefined;
  walk([merge.select_list, merge.having, merge.qualify, merge.modifiers], {
    query: () => false,
    expression: (node) => {
      if (node.class === 'STAR' && !node.columns) name = '*';
      if (node.class !== 'COLUMN_REF') return name === undefined;
      const kind = context.bound.resolutions.get(node)?.kind;
      const qualified = node.column_names.length > 1;
      if (kind === 'column' || kind === 'merged' || kind === 'derived' || qualified) name = node.column_names.join('.');
      return name === undefined;
    },
  });
  return name;
}
