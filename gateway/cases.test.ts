/** Every case of `testdata/cases`, on a few variants; `cases.slow.test.ts` runs all of them. */
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases, type Variant } from '../testdata/harness/run-cases.ts';

const variants: readonly Variant[] = [
  { strategy: 'auto', partitions: null, protocol: 'simple', dialect: 'postgres' },
  { strategy: 'direct', partitions: null, protocol: 'binary', dialect: 'duckdb' },
  { strategy: 'two_phase', partitions: 3, protocol: 'extended', dialect: 'duckdb' },
  { strategy: 'gather', partitions: 2, protocol: 'simple', dialect: 'duckdb' },
];

for (const file of readCaseFiles()) describeCases(file, variants);
