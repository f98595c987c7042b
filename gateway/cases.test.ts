/** Every case of `testdata/cases`, in two variants; `cases.slow.test.ts` runs all of them. */
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases, type Variant } from '../testdata/harness/run-cases.ts';

const everyCase: Variant = { strategy: 'two_phase', partitions: 3, protocol: 'extended', dialect: 'duckdb' };
/** Taken in turn, one per case. */
const inTurn: readonly Variant[] = [
  { strategy: 'auto', partitions: null, protocol: 'simple', dialect: 'postgres' },
  { strategy: 'direct', partitions: null, protocol: 'binary', dialect: 'duckdb' },
  { strategy: 'gather', partitions: 2, protocol: 'simple', dialect: 'postgres' },
];

for (const file of readCaseFiles()) describeCases(file, (index) => [everyCase, inTurn[index % inTurn.length]!]);
