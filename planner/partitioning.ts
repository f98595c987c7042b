/**
 * How the files of one table become tasks. Each way says what it guarantees; none reads a file.
 *
 * | way   | concatenation keeps file order | rows with equal keys meet in one task |
 * |-------|--------------------------------|---------------------------------------|
 * | files | yes                            | no                                    |
 * | rows  | yes                            | no                                    |
 * | hive  | no                             | yes, for the hive keys named          |
 */
import type { DataFile, FileStatistics } from './catalog.ts';
import type { FileSlice } from './plan/plan.ts';

/** Input that one task should have when nothing else is asked for. */
export const targetTaskBytes = 128 * 1024 * 1024;
/** Tasks per slot at most: enough to even out slow ones. */
export const maxTasksPerSlot = 4;
/** More tasks than this are never made, whatever a hint asks for. */
export const maxTasks = 4096;

export type PartitionWay = 'files' | 'rows' | 'hive';

/** The slices of one task, in file order. An empty list is an empty task. */
export type TaskSlices = readonly FileSlice[];

export interface Partitioning {
  readonly way: PartitionWay;
  /** One entry per task, in partition order. */
  readonly tasks: readonly TaskSlices[];
  /** Concatenated in partition order, the tasks give the rows in the order of the files. */
  readonly ordered: boolean;
  /** Rows with equal values of all these hive keys are in one task; empty: no such promise. */
  readonly keys: readonly string[];
}

/** The whole of a file, as a scan names it. */
export function wholeFile(file: DataFile): FileSlice {
  return { ...file };
}

export function totalBytes(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

/**
 * How many tasks a table of so many bytes gets when nobody says: one per 128 MiB, at least one per worker, at most four per
 * slot, and never more than there are pieces to give out. Rounded up to whole rounds (of all workers, beyond that of all slots): three tasks
 * on two slots take as long as four.
 */
export function defaultTaskCount(input: {
  readonly bytes: number;
  /** Files, or row groups when single files may be divided. */
  readonly pieces: number;
  readonly workers: number;
  readonly slots: number;
}): number {
  const wanted = Math.ceil(input.bytes / targetTaskBytes);
  const least = Math.max(1, input.workers);
  const most = Math.max(least, input.slots * maxTasksPerSlot);
  const round = wanted <= input.slots ? least : Math.max(least, input.slots);
  const rounded = Math.ceil(Math.max(wanted, least) / round) * round;
  return Math.max(1, Math.min(rounded, most, input.pieces, maxTasks));
}

/**
 * Cuts a list into `n` contiguous runs of about equal weight. Runs are empty only when there are fewer items than runs, or at
 * the end when weights say so.
 */
export function cutEvenly(weights: readonly number[], n: number): readonly (readonly [from: number, to: number])[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const runs: (readonly [number, number])[] = [];
  let from = 0;
  let before = 0;
  for (let run = 0; run < n; run++) {
    const left = n - run - 1;
    const goal = (total * (run + 1)) / n;
    let to = from;
    let sum = before;
    // At least one item while there are enough for the runs that follow; then as long as the item's middle is within the goal.
    while (to < weights.length && (left === 0 || to < weights.length - left || to === from)) {
      const weight = weights[to]!;
      if (left > 0 && to > from && sum + weight / 2 > goal) break;
      sum += weight;
      to++;
    }
    runs.push([from, to]);
    from = to;
    before = sum;
  }
  return runs;
}

/** Contiguous runs of whole files, balanced by bytes. With more tasks than files some tasks are empty. */
export function byFiles(files: readonly DataFile[], tasks: number): Partitioning {
  // An empty file still has a little weight, so that a folder of empty files is divided too.
  const runs = cutEvenly(
    files.map((file) => file.bytes + 1),
    tasks,
  );
  return {
    way: 'files',
    tasks: runs.map(([from, to]) => files.slice(from, to).map(wholeFile)),
    ordered: true,
    keys: [],
  };
}

/**
 * Contiguous runs of rows, balanced by number of rows; a file may be divided (`FileSlice.rows`). Parquet only: the footers say
 * how many rows there are. `alignToRowGroups` moves each cut to the nearest row-group border, so that no row group is
 * read twice; then tasks may be uneven.
 */
export function byRows(
  files: readonly DataFile[],
  statistics: readonly FileStatistics[],
  tasks: number,
  alignToRowGroups: boolean,
): Partitioning {
  const counts = statistics.map((file) => file.rowCount);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const borders = alignToRowGroups ? rowGroupBorders(statistics) : undefined;
  const cuts = Array.from({ length: tasks + 1 }, (_, i) => Math.round((total * i) / tasks)).map((cut) =>
    borders === undefined ? cut : nearest(borders, cut),
  );
  cuts[0] = 0;
  cuts[tasks] = total;
  return {
    way: 'rows',
    tasks: Array.from({ length: tasks }, (_, task) => rowRange(files, counts, cuts[task]!, cuts[task + 1]!)),
    ordered: true,
    keys: [],
  };
}

/** Global row numbers at which row groups begin and end. */
function rowGroupBorders(statistics: readonly FileStatistics[]): readonly number[] {
  const borders = [0];
  for (const file of statistics)
    for (const group of file.rowGroups) borders.push(borders[borders.length - 1]! + group.rowCount);
  return borders;
}

function nearest(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  const above = sorted[low]!;
  const below = sorted[Math.max(0, low - 1)]!;
  return value - below < above - value ? below : above;
}

/** The slices that hold rows [from, to) of all files laid end to end. */
function rowRange(files: readonly DataFile[], counts: readonly number[], from: number, to: number): TaskSlices {
  const slices: FileSlice[] = [];
  let start = 0;
  for (const [i, file] of files.entries()) {
    const count = counts[i]!;
    const low = Math.max(from, start) - start;
    const high = Math.min(to, start + count) - start;
    if (low < high) {
      const whole = wholeFile(file);
      slices.push(low === 0 && high === count ? whole : { ...whole, rows: [low, high] });
    }
    start += count;
  }
  return slices;
}

/**
 * Files grouped by the values of hive keys: all files of one value combination go to one task. `tasks` null: one task per
 * combination. File order is not kept across tasks (it is within one).
 */
export function byHiveKeys(files: readonly DataFile[], keys: readonly string[], tasks: number | null): Partitioning {
  const groups = new Map<string, DataFile[]>();
  for (const file of files) {
    const key = JSON.stringify(keys.map((name) => file.hive[name] ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  const count = Math.min(tasks ?? Math.max(1, groups.size), maxTasks);
  const assigned: DataFile[][] = Array.from({ length: count }, () => []);
  const loads = new Array<number>(count).fill(0);
  // Biggest group first, each to the least loaded task; ties by order of appearance, so that the result is always the same.
  const bySize = [...groups.values()].map((group, order) => ({
    group,
    order,
    bytes: totalBytes(group) + group.length,
  }));
  bySize.sort((a, b) => b.bytes - a.bytes || a.order - b.order);
  for (const { group, bytes } of bySize) {
    const target = loads.indexOf(Math.min(...loads));
    assigned[target]!.push(...group);
    loads[target]! += bytes;
  }
  const place = new Map(files.map((file, i) => [file, i]));
  return {
    way: 'hive',
    tasks: assigned.map((group) => group.sort((a, b) => place.get(a)! - place.get(b)!).map(wholeFile)),
    ordered: false,
    keys,
  };
}
