import type { RelLateral } from '../algebra/rel.ts';
import type { Compile } from './compile.ts';
import { putInPlace, withSubqueries } from './subqueries.ts';

/** The left side keeps its division: each of its rows is computed where it lies. */
export const compileLateral: Compile<RelLateral> = async (rel, compiler) => {
  const left = await compiler.compile(rel.left);
  const placed = await putInPlace(left, rel.right, compiler);
  const { open, root: conditions } = await withSubqueries(placed.open, rel.conditions, compiler);
  return { ...open, rel: { ...rel, left: left.rel, right: placed.rel, conditions }, ...compiler.size(rel) };
};
