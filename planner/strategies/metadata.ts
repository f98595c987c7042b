import type { Occurrence } from '../bind/bound-query.ts';
import type { DataFile, FileStatistics } from '../catalog.ts';
import { columnOf, maxFootersPerScan } from '../passes/prune.ts';
import { passesByHive, statisticsDomain } from '../passes/pruning/prune-files.ts';
import { compareValues } from '../passes/pruning/values.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { emptyTable, select } from '../sql/build.ts';
import { parseExpressions } from '../sql/parse.ts';
import { conjunctsOf, expressionKey, rewrite, walk } from '../sql/walk.ts';
import { printWithTypes } from './fragment.ts';
import { declined, type PlanContext, type Strategy } from './strategy.ts';
import { wholeReason } from './whole.ts';

/** count, min and max over whole Parquet files, from their footers: nothing is scanned. */
export const metadata: Strategy = {
  name: 'metadata',
  async plan(context) {
    const { shape } = context.bound;
    const whole = wholeReason(context);
    if (whole !== undefined) return declined(whole.reason);
    if (shape.kind !== 'single') return declined('it reads more than one data set');
    const { block, occurrence } = shape;
    const { node } = block;
    if (occurrence.table.format !== 'parquet') return declined('only Parquet footers hold counts, min and max');
    if (!block.grouped || node.group_expressions.length > 0 || block.groupByAll || block.windows || block.stars)
      return declined('it asks for more than one row of counts, min and max');
    const files = context.files[occurrence.id]!;
    if (files.length > maxFootersPerScan) return declined(`more than ${maxFootersPerScan} footers would be read`);
    const column = columnOf(context.bound.resolutions, occurrence);
    const conjuncts = conjunctsOf(node.where_clause);
    if (!files.every((file) => passesByHive(occurrence.table, file, conjuncts, column)))
      return declined('rows have to be filtered');
    const calls = aggregateCalls([node.select_list, node.having, node.modifiers], block.aggregates);
    const statistics = await context.world.statistics(files);
    const values = new Map<string, Expression>();
    for (const call of calls) {
      const value = literalOf(context, occurrence, call, files, statistics);
      if (typeof value !== 'string' || !value.startsWith('CAST(')) return declined(`${call.function_name}: ${value}`);
      values.set(expressionKey(call), (await parseExpressions(context.world, [value]))[0]!);
    }
    const replaced = rewrite(node, {
      expression: (expression) => {
        const value = values.get(expressionKey(expression));
        return value === undefined ? undefined : { ...value, alias: expression.alias };
      },
    });
    // Without aggregates HAVING would have no group: it becomes WHERE over the one row.
    const answer = select(replaced.select_list, emptyTable(), {
      where_clause: replaced.having,
      modifiers: replaced.modifiers,
    });
    if (readsColumns(answer)) return declined('it asks for more than counts, min and max');
    return {
      kind: 'plan',
      stages: [],
      result: { kind: 'sql', sql: await printWithTypes(context, answer, []), scans: [], stages: [], where: 'own' },
      reason: `the footers of ${files.length} ${files.length === 1 ? 'file' : 'files'} hold the answer`,
      reduces: true,
    };
  },
};

function aggregateCalls(root: unknown, aggregates: readonly { readonly name: string }[]): readonly FunctionCall[] {
  const names = new Set(aggregates.map(({ name }) => name));
  const calls: FunctionCall[] = [];
  walk(root, {
    expression: (node) => {
      if (node.class !== 'FUNCTION' || !names.has(node.function_name)) return undefined;
      calls.push(node);
      return false;
    },
  });
  return calls;
}

function readsColumns(root: unknown): boolean {
  let found = false;
  walk(root, {
    expression: (node) => {
      if (node.class === 'COLUMN_REF' || node.class === 'STAR') found = true;
      return !found;
    },
  });
  return found;
}

/** The value of a call as `CAST('…' AS type)`, or why the footers don't tell. */
function literalOf(
  context: PlanContext,
  occurrence: Occurrence,
  call: FunctionCall,
  files: readonly DataFile[],
  statistics: readonly FileStatistics[],
): string {
  if (call.distinct || call.filter !== null || call.order_bys.orders.length > 0 || call.schema !== '')
    return 'with DISTINCT, FILTER or ORDER BY it needs the rows';
  const rows = statistics.reduce((sum, file) => sum + file.rowCount, 0);
  const { function_name: name, children } = call;
  if (name === 'count_star' || (name === 'count' && children.length === 0)) return `CAST(${rows} AS BIGINT)`;
  const target = children.length === 1 ? columnOf(context.bound.resolutions, occurrence)(children[0]!) : undefined;
  if (target === undefined) return 'its argument is not a plain column';
  const hive = occurrence.table.columns.some((column) => column.hive && column.name === target.name);
  if (hive || files.some((file) => file.differs?.[target.name] !== undefined))
    return `column ${target.name} is not the same in all files`;
  const groups = statistics.flatMap((file) => file.rowGroups).filter((group) => group.rowCount > 0);
  if (name === 'count') {
    const nulls = groups.map((group) => group.columns[target.name]?.nullCount ?? null);
    if (nulls.includes(null)) return `the footers don't count the NULLs of ${target.name}`;
    return `CAST(${rows - nulls.reduce<number>((sum, n) => sum + n!, 0)} AS BIGINT)`;
  }
  if (name !== 'min' && name !== 'max') return 'footers hold counts, min and max only';
  return extreme(name, target, groups);
}

function extreme(
  name: 'min' | 'max',
  target: { readonly name: string; readonly type: string },
  groups: readonly FileStatistics['rowGroups'][number][],
): string {
  let best: { readonly text: string; readonly value: Parameters<typeof compareValues>[0] } | undefined;
  for (const group of groups) {
    const known = group.columns[target.name];
    const domain = statisticsDomain(known, target.type, group.rowCount);
    if (domain.kind === 'exact' && domain.value === null) continue;
    if (domain.kind !== 'range') return `the footers don't hold the exact ${name} of ${target.name}`;
    const [value, text] = name === 'min' ? [domain.min, known!.min!] : [domain.max, known!.max!];
    const order = best === undefined ? undefined : compareValues(value, best.value);
    if (best !== undefined && order === undefined) return `the ${name} of ${target.name} can't be compared`;
    if (best === undefined || (name === 'min' ? order! < 0 : order! > 0)) best = { text, value };
  }
  return best === undefined
    ? `CAST(NULL AS ${target.type})`
    : `CAST('${best.text.replaceAll("'", "''")}' AS ${target.type})`;
}
