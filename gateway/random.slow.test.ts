/**
 * Random queries by seed, in groups, so that a run can be resumed: TEST_SEED_FROM and TEST_SEED_TO (not included) choose the seeds. A
 * difference prints its seed and query.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, closeBench, openBench } from '../testdata/harness/bench-cases.ts';
import { runRandom } from '../testdata/harness/run-random.ts';

const from = Number(process.env.TEST_SEED_FROM ?? 25);
const to = Number(process.env.TEST_SEED_TO ?? 3025);
const groupSize = 250;

describe('random queries answer as one DuckDB does', () => {
  let bench: Bench | undefined;
  beforeAll(async () => {
    bench = await openBench({ data: 'small', setup: [] });
  });
  afterAll(async () => {
    if (bench !== undefined) await closeBench(bench);
  });
  for (let start = from; start < to; start += groupSize) {
    const end = Math.min(to, start + groupSize);
    it(`seeds ${start} to ${end - 1}`, async () => expect(await runRandom(bench!, start, end)).toEqual([]));
  }
});
