import type { RelScan } from '../algebra/rel.ts';
import { partition } from '../strategies/tasks.ts';
import type { Compile } from './compile.ts';

/** Divided by files, by ranges of rows, or by hive keys, as hints, settings and sizes say. */
export const compileScan: Compile<RelScan> = async (rel, compiler) => {
  const { context } = compiler;
  const { ordered, keys } = await partition(context, context.bound.occurrences[rel.occurrence]!);
  const ids = keys.flatMap((key) => rel.columns.filter(({ name }) => name === key).map(({ id }) => id));
  return {
    rel,
    // Keys that are not read can't be named by anything above.
    distribution: { kind: 'split', ordered, keys: ids.length === keys.length ? ids : [] },
    tasks: { kind: 'scan', occurrence: rel.occurrence },
    inputs: [],
    wholeScans: [],
    ...compiler.size(rel),
    why: [],
  };
};
