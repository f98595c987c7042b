/** TPC-H, TPC-DS and every case over data sets as operators, after all rules: the answers of the original texts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCaseFiles } from '../../../testdata/harness/cases.ts';
import { makeDataset } from '../../../testdata/harness/dataset.ts';
import { RoundTripBed } from '../../../testdata/harness/round-trip.ts';
import { benchmarkData, benchmarkQueries } from '../../../testdata/harness/tpc.ts';
import { applyRules } from './index.ts';

const files = readCaseFiles();

describe.each(['tpch', 'tpcds'] as const)('%s', (benchmark) => {
  let bed: RoundTripBed;
  beforeAll(async () => {
    bed = await RoundTripBed.open(await benchmarkData(benchmark, 0.01), (query) => applyRules(query));
  });
  afterAll(() => bed.close());

  test('every query gives the same rows', async () => {
    const failed: string[] = [];
    for (const { name, sql } of await benchmarkQueries(benchmark)) {
      const trip = await bed.run(sql);
      if (trip.kind === 'different') failed.push(`${name} differs: ${trip.difference}\n${trip.sql}`);
      else if (trip.kind !== 'equal') failed.push(`${name} ${trip.kind}: ${trip.reason}`);
    }
    expect(failed).toEqual([]);
  });
});

describe.each(files.map((file) => [file.name, file] as const))('cases/%s.sql', (_, file) => {
  let bed: RoundTripBed;
  let folder: string;
  beforeAll(async () => {
    folder = await makeDataset(file.data);
    bed = await RoundTripBed.open(folder, (query) => applyRules(query));
  });
  afterAll(() => bed.close());

  test('gives the same rows', async () => {
    const wrong: string[] = [];
    let equal = 0;
    for (const item of file.cases) {
      if (item.settings.length > 0 || item.error !== undefined) continue;
      const trip = await bed.run(item.sql.replaceAll('$DIR', folder));
      if (trip.kind === 'equal') equal++;
      if (trip.kind === 'different') wrong.push(`${item.sql}\n${trip.difference}\n${trip.sql}`);
    }
    expect(wrong).toEqual([]);
    if (file.name !== 'errors') expect(equal).toBeGreaterThan(0);
  });
});
