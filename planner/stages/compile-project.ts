import type { ColumnId, RelColumn, RelProject } from '../algebra/rel.ts';
import { columnIdOf } from '../algebra/walk-rel.ts';
import type { Compile } from './compile.ts';
import type { Distribution } from './open.ts';
import { withSubqueries } from './subqueries.ts';

/** Keeps the division; keys get the names of the columns that carry them on. */
export const compileProject: Compile<RelProject> = async (rel, compiler) => {
  const input = await compiler.compile(rel.input);
  const { open, root: columns } = await withSubqueries(input, rel.columns, compiler);
  return {
    ...open,
    rel: { ...rel, input: open.rel, columns },
    distribution: renamed(open.distribution, columns),
    ...compiler.size(rel),
  };
};

/** How rows lie when only these columns go on: a key that none of them carries can't be named any more. */
export function renamed(distribution: Distribution, columns: readonly RelColumn[]): Distribution {
  const names = (key: ColumnId) =>
    columns.filter(({ expression }) => columnIdOf(expression) === key).map(({ id }) => id);
  if (distribution.kind === 'hash') {
    const keys = distribution.keys.map((equal) => equal.flatMap(names));
    if (keys.every((equal) => equal.length > 0)) return { ...distribution, keys };
    return { kind: 'split', ordered: false, keys: [] };
  }
  if (distribution.kind !== 'split') return distribution;
  const keys = distribution.keys.map((key) => names(key)[0]);
  const { apart = [], buckets } = distribution;
  return {
    ...distribution,
    keys: keys.every((key) => key !== undefined) ? keys : [],
    ...(apart.length > 0 ? { apart: apart.flatMap(names) } : {}),
    ...(buckets === undefined
      ? {}
      : { buckets: { ...buckets, keys: buckets.keys.map((equal) => equal.flatMap(names)) } }),
  };
}
