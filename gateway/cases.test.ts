/** Every case of `testdata/cases`, in two variants; `cases.slow.test.ts` runs all of them. */
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases, type Variant } from '../testdata/harness/run-cases.ts';

const everyCase = { strategy: 'two_phase', partitions: 3, protocol: 'extended' } as const;
/** Taken in turn, one per case. */
const inTurn = [
  { strategy: 'auto', partitions: null, protocol: 'simple' },
  { strategy: 'direct', partitions: null, protocol: 'binary' },
  { strategy: 'gather', partitions: 2, protocol: 'simple' },
] as const;

/** One dialect per case, so that the oracle answers each only once. */
function variantsOf(index: number): readonly Variant[] {
  const dialect = index % 2 === 0 ? 'duckdb' : 'postgres';
  return [everyCase, inTurn[index % inTurn.length]!].map((way) => ({ ...way, dialect }));
}

for (const file of readCaseFiles()) describeCases(file, variantsOf);
