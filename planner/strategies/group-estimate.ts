/** How many groups a GROUP BY may have: only to tell whether the partial results are small. */

import { columnOf } from '../passes/prune.ts';
import { readValue } from '../passes/pruning/values.ts';
import type { Expression } from '../sql/ast.ts';
import type { ScatterForm } from './scatter-form.ts';
import type { PlanContext } from './strategy.ts';

/** Above this many groups one DuckDB on the same host is faster than partial aggregation in several processes. */
export const manyGroups = 100_000;
/** For keys of which nothing is known. */
const unknownGroups = 1_000;
/** Footers looked at for the estimate. */
const maxFooters = 16;

export async function expectedGroups(
  context: PlanContext,
  form: ScatterForm,
  keys: readonly Expression[],
): Promise<number> {
  let groups = 1;
  for (const key of keys) groups *= await distinctValues(context, form, key);
  return groups;
}

async function distinctValues(context: PlanContext, form: ScatterForm, key: Expression): Promise<number> {
  const { divided } = form;
  const column = columnOf(context.bound.resolutions, divided)(key);
  if (column === undefined) return unknownGroups;
  const files = context.files[divided.id]!;
  if (divided.table.columns.some(({ name, hive }) => hive && name === column.name))
    return new Set(files.map((file) => file.hive[column.name])).size;
  if (column.type === 'BOOLEAN') return 2;
  if (divided.table.format !== 'parquet') return unknownGroups;
  const statistics = await context.world.statistics(files.slice(0, maxFooters));
  const bounds = statistics
    .flatMap((file) => file.rowGroups)
    .map((group) => group.columns[column.name])
    .flatMap((known) => (known?.min == null || known.max == null ? [] : [known.min, known.max]))
    .map((text) => numberOf(text, column.type));
  if (bounds.length === 0 || bounds.some((bound) => bound === undefined)) return unknownGroups;
  const sorted = (bounds as bigint[]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const rows = statistics.reduce((sum, file) => sum + file.rowCount, 0) * Math.max(1, files.length / maxFooters);
  return Math.min(Number(sorted.at(-1)! - sorted[0]!) + 1, Math.max(1, rows));
}

const microsPerDay = 86_400_000_000n;

/** Values of whole numbers and dates, so that a range tells how many there can be. */
function numberOf(text: string, type: string): bigint | undefined {
  const value = readValue(text, type);
  if (value?.kind === 'number' && value.scale === 0) return value.unscaled;
  return value?.kind === 'time' && type === 'DATE' ? value.micros / microsPerDay : undefined;
}
