/**
 * Queries, writes and sorts while workers are killed, stand still or are cut off, from a seed each: every answer is right, every data set whole, each
 * of its rows once, and nothing is left over. `TEST_SEED_FROM` and `TEST_SEED_TO` say which seeds; 1 to 6 without them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChaosBed, type ChaosOutcome } from '../testdata/harness/chaos-bed.ts';
import { type Judge, Oracle, type OracleAnswer, remembering } from '../testdata/harness/oracle.ts';
import { type BenchmarkQuery, benchmarkData, benchmarkQueries } from '../testdata/harness/tpc.ts';

const first = Number(process.env.TEST_SEED_FROM ?? 1);
const last = Number(process.env.TEST_SEED_TO ?? first + 5);
/** Each gateway lives through so many seeds. */
const seedsPerGateway = 6;

const blocks = Array.from({ length: Math.ceil((last - first + 1) / seedsPerGateway) }, (_, block) => {
  const from = first + block * seedsPerGateway;
  return { from, to: Math.min(last, from + seedsPerGateway - 1) };
});

const clients = 3;
let oracles: readonly Oracle[] = [];
let judges: readonly Judge[];
let data: string;
let queries: readonly BenchmarkQuery[];
let worst = { seed: 0, recoveryMs: 0, backMs: 0 };

beforeAll(async () => {
  data = await benchmarkData('tpch', 0.1, true);
  queries = await benchmarkQueries('tpch');
  oracles = await Promise.all(Array.from({ length: clients }, () => Oracle.open(data, { dialect: 'duckdb' }, 1)));
  const answers = new Map<string, Promise<OracleAnswer>>();
  judges = oracles.map((oracle) => remembering(oracle, answers));
});
afterAll(() => {
  for (const oracle of oracles) oracle.close();
  console.log(
    `worst recovery: ${worst.recoveryMs.toFixed(0)} ms (seed ${worst.seed}), all workers back after at most ${worst.backMs.toFixed(0)} ms`,
  );
});

function note(seed: number, outcome: ChaosOutcome): void {
  const { faults, recoveryMs, backMs, retries } = outcome;
  console.log(`seed ${seed}: ${faults.join(', ')}; ${retries} retries; workers back after ${backMs.toFixed(0)} ms`);
  const isWorse = recoveryMs > worst.recoveryMs;
  worst = {
    seed: isWorse ? seed : worst.seed,
    recoveryMs: Math.max(worst.recoveryMs, recoveryMs),
    backMs: Math.max(worst.backMs, backMs),
  };
}

describe('chaos', () => {
  it.each(blocks)('seeds $from to $to', async ({ from, to }) => {
    const bed = await ChaosBed.open({ data, queries, oracles: judges }, from);
    try {
      for (let seed = from; seed <= to; seed++) {
        const outcome = await bed.run(seed).catch((error: Error) => {
          console.error(`seed ${seed}: ${error.message}\n${bed.gateway.log.slice(-4000)}`);
          throw error;
        });
        expect(outcome.faults.length).toBeGreaterThan(0);
        note(seed, outcome);
      }
    } finally {
      await bed.close();
    }
  });
});
