/** Benchmarks and cases as operators and back: the answers of the original texts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCaseFiles } from '../../testdata/harness/cases.ts';
import { makeDataset } from '../../testdata/harness/dataset.ts';
import { distributedQuery } from '../../testdata/harness/random-distributed.ts';
import { RoundTripBed } from '../../testdata/harness/round-trip.ts';
import { type Benchmark, benchmarkData, benchmarkQueries } from '../../testdata/harness/tpc.ts';

/** One query in so many may have no operators. */
const declinedAtMost = 1 / 10;
const randomQueries = 200;

interface Tally {
  equal: number;
  readonly declined: string[];
  readonly wrong: string[];
}

async function runAll(bed: RoundTripBed, queries: readonly { name: string; sql: string }[]): Promise<Tally> {
  const tally: Tally = { equal: 0, declined: [], wrong: [] };
  for (const { name, sql } of queries) {
    const trip = await bed.run(sql);
    if (trip.kind === 'equal') tally.equal++;
    else if (trip.kind === 'declined') tally.declined.push(`${name}: ${trip.reason}`);
    else if (trip.kind === 'different') tally.wrong.push(`${name}: ${trip.difference}\n${trip.sql}`);
  }
  return tally;
}

const benchmarks: readonly (readonly [Benchmark, number, number])[] = [
  ['tpch', 0.01, 22],
  ['tpcds', 0.01, 99],
];

describe.each(benchmarks)('%s', (benchmark, scaleFactor, count) => {
  let bed: RoundTripBed;
  beforeAll(async () => {
    bed = await RoundTripBed.open(await benchmarkData(benchmark, scaleFactor));
  });
  afterAll(() => bed.close());

  test(`${count} of ${count} equal`, async () => {
    expect(await runAll(bed, await benchmarkQueries(benchmark))).toEqual({ equal: count, declined: [], wrong: [] });
  });
});

/** Over all case files. */
const all: Tally = { equal: 0, declined: [], wrong: [] };

describe.each(readCaseFiles().map((file) => [file.name, file] as const))('cases/%s.sql', (_, file) => {
  let bed: RoundTripBed;
  let folder: string;
  beforeAll(async () => {
    folder = await makeDataset(file.data);
    bed = await RoundTripBed.open(folder);
  });
  afterAll(() => bed.close());

  test('what has operators gives the same rows', async () => {
    const cases = file.cases.filter(({ settings, error }) => settings.length === 0 && error === undefined);
    const queries = cases.map(({ title, sql }) => ({ name: title, sql: sql.replaceAll('$DIR', folder) }));
    const { equal, declined, wrong } = await runAll(bed, queries);
    all.equal += equal;
    all.declined.push(...declined);
    expect(wrong).toEqual([]);
  });
});

test('nearly all cases have operators', () => {
  const share = all.declined.length / (all.equal + all.declined.length);
  expect(share, `${all.equal} lowered; not lowered:\n${all.declined.join('\n')}`).toBeLessThanOrEqual(declinedAtMost);
});

test('random queries', async () => {
  const bed = await RoundTripBed.open(await makeDataset('random'));
  const queries = Array.from({ length: randomQueries }, (_, seed) => ({
    name: `seed ${seed}`,
    sql: distributedQuery(seed).sql,
  }));
  const { equal, declined, wrong } = await runAll(bed, queries);
  bed.close();
  expect(wrong).toEqual([]);
  expect(declined.length, declined.join('\n')).toBeLessThanOrEqual(randomQueries * declinedAtMost);
  expect(equal + declined.length).toBe(randomQueries);
});
