/**
 * Random distributed queries by seed, in groups, so that a run can be resumed: TEST_SEED_FROM and TEST_SEED_TO (not included) choose the
 * seeds. A difference prints its seed, and the smallest query found that still differs.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { otherWay, RandomRunner, stagesWay } from '../testdata/harness/run-random-stages.ts';

const from = Number(process.env.TEST_SEED_FROM ?? 500);
const to = Number(process.env.TEST_SEED_TO ?? 20_500);
const groupSize = 250;

describe('random distributed queries answer as one DuckDB does', () => {
  const runner = new RandomRunner();
  afterAll(() => runner.close());
  for (let start = from; start < to; start += groupSize) {
    const end = Math.min(to, start + groupSize);
    it(`seeds ${start} to ${end - 1}`, async () => {
      const { wrong, ranAs } = await runner.run(start, end, [stagesWay, otherWay]);
      console.log(`up to seed ${end - 1} ran as ${JSON.stringify(ranAs)}`);
      expect(wrong).toEqual([]);
    });
  }
});
