import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distributed, mostRows, pairwise, TpcRun, type TpcVariant, tpcLabel } from './run-tpc-stages.ts';
import { slice } from './slice.ts';
import { type Benchmark, benchmarkQueries } from './tpc.ts';

const auto: TpcVariant = { strategy: 'auto', partitions: null, kill: false };
const quiet = pairwise.filter((variant) => !variant.kill);
const killing = pairwise.filter((variant) => variant.kill);
/** The variant that the queries without raw gather are counted in. */
const counted = quiet.find(({ partitions, broadcast }) => broadcast && partitions !== 1)!;

/** The share of runs in which the data allows no more than one partition with rows. */
const mostOneSided = 0.01;

/**
 * Registers a vitest suite: each query in each pairwise variant without a kill, in one with (in turn: a worker needs its time to come
 * back), and as `auto`. TEST_SEED_FROM and TEST_SEED_TO (not included) choose queries by number.
 */
export async function describeTpcStages(benchmark: Benchmark, leastDistributed: number): Promise<void> {
  const from = Number(process.env.TEST_SEED_FROM ?? 1);
  const to = Number(process.env.TEST_SEED_TO ?? 1000);
  const all = await benchmarkQueries(benchmark);
  const queries = all.filter((_, index) => index + 1 >= from && index + 1 < to);
  const variants = [counted, ...slice(quiet, quiet.length).filter((variant) => variant !== counted)];

  describe(`${benchmark} at scale factor 0.1, in stages`, () => {
    let run: TpcRun;
    beforeAll(async () => {
      run = await TpcRun.open(benchmark);
    });
    afterAll(async () => {
      await run?.close();
    });

    for (const [index, query] of queries.entries()) {
      for (const variant of [...variants, killing[index % killing.length]!, auto]) {
        it(`${query.name}, ${tpcLabel(variant)}`, async () => expect(await run.check(query, variant)).toBeNull());
      }
    }

    it('runs distributed without a raw gather', () => {
      const outcomes = run.outcomes.filter(({ variant }) => variant === counted);
      const { count, rest } = distributed(outcomes);
      const bare = outcomes.filter(({ ran }) => ran.strategy === 'stages' && mostRows(ran) < 2);
      const head = `${benchmark}: ${count} of ${queries.length} queries ran distributed with no raw gather (${tpcLabel(counted)})`;
      console.log([head, ...rest.map((line) => `  ${line}`)].join('\n'));
      console.log(`no stage had two rows: ${bare.map(({ query }) => query).join(', ') || 'none'}`);
      console.log(`${run.oneSided} of ${run.outcomes.length} runs had rows in one partition only`);
      console.log(`${run.kills} workers were killed; after ${run.retriedKills} of these something was run again`);
      if (queries.length === all.length) expect(count).toBeGreaterThanOrEqual(leastDistributed);
      expect(run.oneSided).toBeLessThanOrEqual(run.outcomes.length * mostOneSided);
    });
  });
}
