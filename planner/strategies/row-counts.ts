/** Which columns hold no NULL, by the footers of the files that are read: their count is the count of rows. */
import { columnOf } from '../passes/prune.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import type { ScatterForm } from './scatter-form.ts';
import type { PlanContext } from './strategy.ts';

/** Footers looked at: to spare each task one of its aggregates, reading many that pruning did not need would not pay. */
const maxFooters = 200;

/** True when a call of this partial aggregate counts every row. */
export type CountsEveryRow = (partial: Expression, call: FunctionCall) => Promise<boolean>;

/**
 * Tells which `count(column)`, with or without FILTER, are the same as `count(*)`, which is cheaper and often there already. Only where the
 * one relation is the divided one (an outer join would make NULLs) and every footer counts no NULL.
 */
export function findRowCounts(context: PlanContext, { divided, plain, node }: ScatterForm): CountsEveryRow {
  const files = context.files[divided.id]!;
  const alone = plain && node.from_table.type === 'BASE_TABLE' && divided.table.format === 'parquet';
  if (!alone || files.length === 0 || files.length > maxFooters) return async () => false;
  const column = columnOf(context.bound.resolutions, divided);
  const inFiles = new Set(divided.table.columns.filter(({ hive }) => !hive).map(({ name }) => name));
  return async (partial, call) => {
    if (partial.class !== 'FUNCTION' || partial.function_name !== 'count' || partial.children.length !== 1)
      return false;
    const target = call.children.length === 1 ? column(call.children[0]!) : undefined;
    if (target === undefined || call.distinct || !inFiles.has(target.name)) return false;
    if (files.some((file) => file.differs?.[target.name] !== undefined)) return false;
    const statistics = await context.world.statistics(files);
    const groups = statistics.flatMap(({ rowGroups }) => rowGroups).filter(({ rowCount }) => rowCount > 0);
    return groups.every(({ columns }) => columns[target.name]?.nullCount === 0);
  };
}

/** `count(x)` as `count(*)`, its filter kept. */
export function countStar(count: Expression): Expression {
  return count.class === 'FUNCTION' ? { ...count, function_name: 'count_star', children: [] } : count;
}
