import type { Case, CaseFile } from './cases.ts';
import type { Variant } from './run-cases.ts';

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

const saysTwoPhase = ({ runsAs }: Case) => runsAs === 'two_phase';

/** Prime to the ways and the dialects, so that every fifth case still takes each of them in turn. */
const step = 5;

/** The case at `index` is one of those that the ordinary run takes; the slice of continuous integration takes the others. */
export const inOrdinaryRun = (index: number): boolean => index % step === 0;

/** One variant for the case at `index`; every one comes about in turn. Files with cases that say how they run are run as that. */
export function oneVariant({ cases }: CaseFile, index: number): Variant {
  const turns = cases.some(saysTwoPhase) ? [twoPhase] : ways;
  return { ...turns[index % turns.length]!, dialect: index % 2 === 0 ? 'duckdb' : 'postgres' };
}

const protocols = ['simple', 'extended', 'binary'] as const;
const strategies = ['auto', 'direct', 'router', 'pushdown', 'two_phase', 'stages', 'gather'] as const;

/** The full matrix: every strategy with 1, 2, 3 and 7 partitions, in both dialects, by each protocol in turn; stages with each exchange. */
export const allVariants: readonly Variant[] = strategies
  .flatMap((strategy) =>
    (strategy === 'direct' ? [null] : [1, 2, 3, 7]).flatMap((partitions) =>
      (['duckdb', 'postgres'] as const).flatMap((dialect) => {
        const plain = { strategy, partitions, dialect };
        const exchanges = strategy === 'stages' ? (['frames', 'files'] as const) : [];
        return [plain, ...exchanges.map((exchange) => ({ ...plain, exchange, broadcast: false }))];
      }),
    ),
  )
  .map((variant, index) => ({ ...variant, protocol: protocols[index % protocols.length]! }));
