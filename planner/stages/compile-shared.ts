import type { RelShared } from '../algebra/rel.ts';
import { columnRef } from '../sql/build.ts';
import type { Compile } from './compile.ts';

/** Up to so many bytes each use reads whole; more are shared out, as long as nothing needs them whole. */
const maxWholeBytes = 1024 * 1024;

/** A sub-tree that is used more than once is computed once; each use reads what its stage left. */
export const compileShared: Compile<RelShared> = async (rel, compiler) => {
  const closed = await compiler.shared(rel.shared);
  const read =
    compiler.broadcastable(closed) && closed.bytes <= maxWholeBytes
      ? compiler.builder.read(closed, 'all')
      : compiler.builder.read(closed, 'share', compiler.partitions(closed.bytes));
  const columns = rel.columns.map(({ id, from }) => ({ id, expression: columnRef(from) }));
  return { ...read, rel: { op: 'project', input: read.rel, columns, many: false } };
};
