/** Every case of `testdata/cases`, in two variants; `cases.slow.test.ts` runs all of them. */
import { type CaseFile, readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases, type Variant } from '../testdata/harness/run-cases.ts';

const twoPhase = { strategy: 'two_phase', partitions: 3, protocol: 'extended' } as const;
/** Taken in turn, one per case. */
const inStages = [
  { strategy: 'stages', partitions: 3, protocol: 'extended', exchange: 'frames' },
  { strategy: 'stages', partitions: 2, protocol: 'simple', exchange: 'files', broadcast: false },
  { strategy: 'stages', partitions: 7, protocol: 'binary', exchange: 'frames', broadcast: false },
] as const;
/** Taken in turn, one per case. */
const others = [
  { strategy: 'auto', partitions: null, protocol: 'simple' },
  { strategy: 'direct', partitions: null, protocol: 'binary' },
  { strategy: 'gather', partitions: 2, protocol: 'simple' },
  { strategy: 'stages', partitions: 3, protocol: 'extended' },
] as const;

/**
 * One dialect per case, so that the oracle answers each only once. Files with cases that say how they run are run as that; the others as
 * stages.
 */
function variantsOf({ cases }: CaseFile): (index: number) => readonly Variant[] {
  const first = cases.some(({ runsAs }) => runsAs === 'two_phase') ? [twoPhase] : inStages;
  return (index) => {
    const dialect = index % 2 === 0 ? 'duckdb' : 'postgres';
    return [first[index % first.length]!, others[index % others.length]!].map((way) => ({ ...way, dialect }));
  };
}

for (const file of readCaseFiles()) describeCases(file, variantsOf(file));
