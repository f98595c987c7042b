import type { RelFilter } from '../algebra/rel.ts';
import type { Compile } from './compile.ts';
import { compileWindows } from './compile-window.ts';
import { firstInPartitions } from './first-in-partitions.ts';
import { withSubqueries } from './subqueries.ts';

/** Keeps the division. */
export const compileFilter: Compile<RelFilter> = async (rel, compiler) => {
  const first = firstInPartitions(rel);
  const input =
    rel.input.op === 'window' ? await compileWindows(rel.input, first, compiler) : await compiler.compile(rel.input);
  const { open, root: conditions } = await withSubqueries(input, rel.conditions, compiler);
  return { ...open, rel: { op: 'filter', input: open.rel, conditions }, ...compiler.size(rel) };
};
