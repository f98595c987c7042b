/** The first random distributed queries; `random-stages.slow.test.ts` goes on. */
import { expect, it } from 'vitest';
import { briefStagesWay, RandomRunner } from '../testdata/harness/run-random-stages.ts';

it('500 random distributed queries answer as one DuckDB does', { timeout: 300_000 }, async () => {
  const runner = new RandomRunner();
  try {
    const { wrong, refused, ranAs } = await runner.run(0, 500, [briefStagesWay]);
    console.log(`ran as ${JSON.stringify(ranAs)}; one DuckDB refused ${refused}`);
    expect(wrong).toEqual([]);
    expect(refused).toBeLessThan(30);
  } finally {
    await runner.close();
  }
});
