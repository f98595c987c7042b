/** The passes, in the order in which they run. */
import { avoidLimitFilter } from './avoid-limit-filter.ts';
import { avoidOrFilter } from './avoid-or-filter.ts';
import { avoidRepeatedPartition } from './avoid-repeated-partition.ts';
import { avoidTopN } from './avoid-top-n.ts';
import { explicitNullOrder } from './explicit-null-order.ts';
import { fixStatementTime } from './fix-statement-time.ts';
import type { FragmentPass, Pass } from './pass.ts';
import { pruneHive, pruneStatistics } from './prune.ts';

/** On the whole query, once. */
export const queryPasses: readonly Pass[] = [fixStatementTime, explicitNullOrder, pruneHive, pruneStatistics];

/** On every text before it is printed: fragments, merge and direct queries. */
export const fragmentPasses: readonly FragmentPass[] = [
  avoidTopN,
  avoidLimitFilter,
  avoidOrFilter,
  avoidRepeatedPartition,
];
