/**
 * Works round an error of DuckDB 1.5.5: of two windows, one over `PARTITION BY k, g` and one over `PARTITION BY k, k`, the second takes the
 * partitions of the first. A key that stands twice says no more than once. `avoid-repeated-partition.test.ts` tells when this can go.
 */
import type { Expression, WindowCall } from '../sql/ast.ts';
import { expressionKey, mapAst } from '../sql/walk.ts';
import type { FragmentPass } from './pass.ts';

export const avoidRepeatedPartition: FragmentPass = {
  name: 'avoid_repeated_partition',
  changes: { expression: isPartitioned },
  run: (root) => mapAst(root, { expression: withoutRepeats }),
};

function isPartitioned(node: Expression): node is WindowCall {
  return node.class === 'WINDOW' && node.partitions.length > 1;
}

function withoutRepeats(node: Expression): Expression | undefined {
  if (!isPartitioned(node)) return undefined;
  const partitions = [...new Map(node.partitions.map((key) => [expressionKey(key), key])).values()];
  return partitions.length === node.partitions.length ? undefined : { ...node, partitions };
}
