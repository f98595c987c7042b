/** Which files of a data set each task of another one reads (see ranged-join.ts). */
import type { Partitioning } from '../partitioning.ts';
import type { FileSlice, Scan } from '../plan/plan.ts';
import { wholeScan } from '../strategies/fragment.ts';
import { type FileRanges, meet, rangeOfFiles } from './column-ranges.ts';
import type { Compiler } from './compile.ts';
import type { RangedScan } from './open.ts';

/** The files that may have values that the task's files have. All of them where a range is not known. */
export function filesInRange<File extends FileSlice>(
  files: readonly File[],
  ranges: FileRanges | undefined,
  task: readonly FileSlice[],
  taskRanges: FileRanges | undefined,
): readonly File[] {
  const range = taskRanges === undefined ? undefined : rangeOfFiles(taskRanges, task);
  if (range === undefined || ranges === undefined) return files;
  return files.filter(({ path }) => {
    const own = ranges.get(path);
    return own === undefined || meet(own, range);
  });
}

/** For each task the scans of which it reads the files in its range, by occurrence. `divided`: the one that the tasks are divided by. */
export function rangedScans(
  scans: readonly RangedScan[],
  divided: number,
  partitioning: Partitioning,
  { context, ranges }: Compiler,
): Promise<readonly ReadonlyMap<number, Scan>[]> {
  return Promise.all(
    partitioning.tasks.map(async (slices) => {
      const made = new Map<number, Scan>();
      const find = async (id: number): Promise<readonly FileSlice[]> => {
        if (id === divided) return slices;
        const known = made.get(id);
        if (known !== undefined) return known.files;
        const whole = wholeScan(context, id);
        let { files } = whole;
        for (const { along, column } of scans.filter(({ occurrence }) => occurrence === id)) {
          const beside = await find(along.occurrence);
          const [own, others] = [await ranges.of(id, column), await ranges.of(along.occurrence, along.column)];
          files = filesInRange(files, own, beside, others);
        }
        made.set(id, { ...whole, files });
        return files;
      };
      for (const { occurrence } of scans) await find(occurrence);
      return made;
    }),
  );
}
