/** Every case of `testdata/cases`, in one variant; `cases.slow.test.ts` runs all of them. */
import { type CaseFile, readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases, type Variant } from '../testdata/harness/run-cases.ts';

const twoPhase = { strategy: 'two_phase', partitions: 3, protocol: 'extended' } as const;
/** Taken in turn, one per case. */
const ways = [
  { strategy: 'stages', partitions: 3, protocol: 'extended', exchange: 'frames' },
  { strategy: 'stages', partitions: 2, protocol: 'simple', exchange: 'files', broadcast: false },
  { strategy: 'auto', partitions: null, protocol: 'simple' },
  { strategy: 'stages', partitions: 7, protocol: 'binary', exchange: 'frames', broadcast: false },
  { strategy: 'direct', partitions: null, protocol: 'binary' },
  { strategy: 'stages', partitions: 3, protocol: 'extended' },
  { strategy: 'gather', partitions: 2, protocol: 'simple' },
] as const;

/** Files with cases that say how they run are run as that. */
function variantsOf({ cases }: CaseFile): (index: number) => readonly Variant[] {
  const turns = cases.some(({ runsAs }) => runsAs === 'two_phase') ? [twoPhase] : ways;
  return (index) => [{ ...turns[index % turns.length]!, dialect: index % 2 === 0 ? 'duckdb' : 'postgres' }];
}

for (const file of readCaseFiles()) describeCases(file, variantsOf(file));
