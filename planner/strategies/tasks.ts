/** Divides one occurrence of a query into tasks, as hints, settings or sizes say. */
import type { Occurrence } from '../bind/bound-query.ts';
import type { DataFile } from '../catalog.ts';
import {
  byFiles,
  byHiveKeys,
  byRows,
  defaultTaskCount,
  maxTasks,
  type Partitioning,
  targetTaskBytes,
  totalBytes,
} from '../partitioning.ts';
import type { Scan, Task } from '../plan/plan.ts';
import type { Hint, RepartitionBy } from '../sql/hints.ts';
import { wholeScan } from './fragment.ts';
import type { PlanContext } from './strategy.ts';

type Repartition = Extract<Hint, { kind: 'repartition' }>;

/** The `repartition` hint for an occurrence: named by its alias or its table. */
export function repartitionHint(context: PlanContext, occurrence: Occurrence): Repartition | undefined {
  const names = [occurrence.alias, occurrence.table.name].map((name) => name.toLowerCase());
  return context.bound.hints.find(
    (hint): hint is Repartition => hint.kind === 'repartition' && names.includes(hint.table.toLowerCase()),
  );
}

/** Hive keys by which a hint asks to divide the occurrence; empty when it does not. */
export function hintedKeys(context: PlanContext, occurrence: Occurrence): readonly string[] {
  const by = repartitionHint(context, occurrence)?.by;
  if (by?.kind !== 'column') return [];
  const column = hiveColumn(occurrence, by.column);
  return column === undefined ? [] : [column];
}

/** The hive column of that name, in the table's spelling. */
export function hiveColumn(occurrence: Occurrence, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return occurrence.table.columns.find((column) => column.hive && column.name.toLowerCase() === wanted)?.name;
}

/**
 * Divides an occurrence. `keys`: rows with equal values of these hive keys must meet. Hints come before settings, settings before
 * the default; by rows is used when asked for, or when single Parquet files are too large for one task. `taskBytes`: where nobody asks for a number of tasks,
 * none is to read more.
 */
export async function partition(
  context: PlanContext,
  occurrence: Occurrence,
  keys: readonly string[] = [],
  taskBytes = Number.POSITIVE_INFINITY,
): Promise<Partitioning> {
  const files = context.files[occurrence.id]!;
  const hint = repartitionHint(context, occurrence);
  const asked = hint?.partitions ?? context.settings.partitions;
  const count = asked === null ? null : Math.min(Math.max(1, asked), maxTasks);
  const byKeys = keys.length > 0 ? keys : hintedKeys(context, occurrence);
  if (byKeys.length > 0) return byHiveKeys(files, byKeys, count);
  if (files.length === 0) return byFiles(files, count ?? 1);
  if (wantsRows(hint?.by, occurrence)) {
    const tasks = count ?? defaultCount(context, files, Number.POSITIVE_INFINITY);
    return byRows(files, await context.world.statistics(files), tasks, false);
  }
  return hint?.by.kind === 'files'
    ? byFiles(files, count ?? files.length)
    : bySize(context, occurrence, files, count, taskBytes);
}

/** Just so many tasks, as a hint says: some are empty when there are fewer files or rows. */
export async function partitionAs(
  context: PlanContext,
  occurrence: Occurrence,
  { way, partitions }: { readonly way: 'files' | 'rows'; readonly partitions: number },
): Promise<Partitioning> {
  const files = context.files[occurrence.id]!;
  if (way === 'files' || files.length === 0) return byFiles(files, partitions);
  return byRows(files, await context.world.statistics(files), partitions, false);
}

function wantsRows(by: RepartitionBy | undefined, occurrence: Occurrence): boolean {
  return by?.kind === 'rows' && occurrence.table.format === 'parquet';
}

async function bySize(
  context: PlanContext,
  occurrence: Occurrence,
  files: readonly DataFile[],
  count: number | null,
  taskBytes: number,
): Promise<Partitioning> {
  const wanted = count ?? defaultCount(context, files, Number.POSITIVE_INFINITY, taskBytes);
  const large = files.some((file) => file.bytes > Math.min(targetTaskBytes, taskBytes));
  if (wanted <= files.length || !large || occurrence.table.format !== 'parquet')
    return byFiles(files, count ?? defaultCount(context, files, files.length, taskBytes));
  const statistics = await context.world.statistics(files);
  const groups = statistics.reduce((sum, file) => sum + file.rowGroups.length, 0);
  return byRows(files, statistics, count ?? Math.min(wanted, Math.max(1, groups)), true);
}

function defaultCount(
  context: PlanContext,
  files: readonly DataFile[],
  pieces: number,
  taskBytes = Number.POSITIVE_INFINITY,
): number {
  const { workers, slots } = context.settings;
  const bytes = totalBytes(files);
  const least = Math.min(Math.ceil(bytes / taskBytes), pieces, maxTasks);
  return Math.max(least, defaultTaskCount({ bytes, pieces, workers, slots }));
}

/** One task per partition: the divided scan, and every other scan whole. */
export function makeTasks(
  context: PlanContext,
  divided: Occurrence,
  partitioning: Partitioning,
  others: readonly number[],
): readonly Task[] {
  const whole: readonly Scan[] = others.filter((id) => id !== divided.id).map((id) => wholeScan(context, id));
  const scan = wholeScan(context, divided.id);
  return partitioning.tasks.map((files, index) => ({ partition: index, scans: [{ ...scan, files }, ...whole] }));
}

/** "3 tasks by files". */
export function taskText(partitioning: Partitioning): string {
  const { tasks, way, keys } = partitioning;
  const how = way === 'hive' ? `by ${keys.join(', ')}` : `by ${way}`;
  return `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} ${how}`;
}
