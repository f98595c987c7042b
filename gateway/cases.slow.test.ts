/** The full matrix: every case on every strategy with 1, 2, 3 and 7 partitions, by each protocol and in both dialects. */
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases, type Variant } from '../testdata/harness/run-cases.ts';

const protocols = ['simple', 'extended', 'binary'] as const;
const variants: Variant[] = [];
for (const strategy of ['auto', 'direct', 'router', 'pushdown', 'two_phase', 'stages', 'gather'] as const) {
  for (const partitions of strategy === 'direct' ? [null] : [1, 2, 3, 7]) {
    for (const dialect of ['duckdb', 'postgres'] as const) {
      const protocol = protocols[variants.length % protocols.length]!;
      variants.push({ strategy, partitions, dialect, protocol });
      if (strategy !== 'stages') continue;
      for (const exchange of ['frames', 'files'] as const)
        variants.push({ strategy, partitions, dialect, protocol, exchange, broadcast: false });
    }
  }
}

for (const file of readCaseFiles()) describeCases(file, () => variants);
