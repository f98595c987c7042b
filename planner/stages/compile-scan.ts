import type { ColumnId, RelScan } from '../algebra/rel.ts';
import type { Partitioning } from '../partitioning.ts';
import { partition } from '../strategies/tasks.ts';
import { areApart, rangeOfFiles } from './column-ranges.ts';
import type { Compile, Compiler } from './compile.ts';
import { hashType } from './key-types.ts';

/** Divided by files, by ranges of rows, or by hive keys, as hints, settings and sizes say. */
export const compileScan: Compile<RelScan> = async (rel, compiler) => {
  const { context } = compiler;
  const partitioning = await partition(context, context.bound.occurrences[rel.occurrence]!);
  const { ordered, keys } = partitioning;
  const ids = keys.flatMap((key) => rel.columns.filter(({ name }) => name === key).map(({ id }) => id));
  const apart = await apartColumns(rel, partitioning, compiler);
  return {
    rel,
    // Keys that are not read can't be named by anything above.
    distribution: {
      kind: 'split',
      ordered,
      keys: ids.length === keys.length ? ids : [],
      ...(apart.length > 0 ? { apart } : {}),
      ...bucketsOf(rel, compiler),
    },
    tasks: { kind: 'scan', occurrence: rel.occurrence },
    inputs: [],
    wholeScans: [],
    rangedScans: [],
    ...compiler.size(rel),
    why: [],
  };
};

/**
 * How the files of a data set lie by hash, when it was written so and all of it is read. Where a number of partitions is asked for, rows are exchanged as
 * for any other table.
 */
function bucketsOf({ occurrence, columns }: RelScan, compiler: Compiler) {
  const { table } = compiler.context.bound.occurrences[occurrence]!;
  const { layout } = table;
  if (layout?.kind !== 'hash' || compiler.settings.partitions !== null) return {};
  const keys = layout.by.map(({ column, type }) => ({
    id: columns.find(({ name }) => name === column)?.id,
    type: hashType(type),
  }));
  const known = keys.every(({ id, type }) => id !== undefined && type !== undefined && compiler.hashable(type));
  if (!known || compiler.context.files[occurrence]!.some(({ bucket }) => bucket === undefined)) return {};
  const buckets = {
    keys: keys.map(({ id }) => [id!]),
    types: keys.map(({ type }) => type!),
    partitions: layout.buckets,
  };
  return { buckets };
}

/** More tasks than this are not compared with each other. */
const maxCompared = 64;

/**
 * Columns of which no value is in two tasks, as the footers of their files say: a table that is sorted by one of them, roughly. Where a number
 * of partitions is asked for, rows are exchanged as for any other table.
 */
async function apartColumns(
  { occurrence, columns }: RelScan,
  { tasks }: Partitioning,
  compiler: Compiler,
): Promise<readonly ColumnId[]> {
  if (compiler.settings.partitions !== null || tasks.length > maxCompared) return [];
  if (tasks.length === 1) return columns.map(({ id }) => id);
  const apart: ColumnId[] = [];
  for (const { id, name } of columns) {
    const ranges = await compiler.ranges.of(occurrence, name);
    if (ranges === undefined) continue;
    const found = tasks.map((files) => rangeOfFiles(ranges, files));
    if (found.every((range) => range !== undefined) && areApart(found as NonNullable<(typeof found)[0]>[]))
      apart.push(id);
  }
  return apart;
}
