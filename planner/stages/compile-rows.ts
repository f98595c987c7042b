import type { RelRows } from '../algebra/rel.ts';
import type { Compile } from './compile.ts';
import type { Open } from './open.ts';
import { withSubqueries } from './subqueries.ts';

/** Every task may make them for itself. */
export const compileRows: Compile<RelRows> = async (rel, compiler) => {
  const plain: Open = {
    rel,
    distribution: { kind: 'all' },
    tasks: { kind: 'one' },
    inputs: [],
    wholeScans: [],
    rangedScans: [],
    ...compiler.size(rel),
    why: [],
  };
  const { open, root: node } = await withSubqueries(plain, rel.node, compiler);
  return { ...open, rel: { ...rel, node } };
};
