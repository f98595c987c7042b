/** The first random queries; `random.slow.test.ts` goes on. */
import { expect, it } from 'vitest';
import { closeBench, openBench } from '../testdata/harness/bench-cases.ts';
import { runRandom } from '../testdata/harness/run-random.ts';

it('25 random queries answer as one DuckDB does', { timeout: 120_000 }, async () => {
  const bench = await openBench({ data: 'small', setup: [] });
  try {
    expect(await runRandom(bench, 0, 25)).toEqual([]);
  } finally {
    await closeBench(bench);
  }
});
