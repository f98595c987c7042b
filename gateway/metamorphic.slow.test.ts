/**
 * What an answer must not depend on: partitions, workers, the order of files, the strategy, exchanges, workers that are killed; and a query
 * is the sum of its parts where a condition is true, false or unknown. TEST_SEED_FROM and TEST_SEED_TO (not included) choose the seeds.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../testdata/harness/dataset.ts';
import {
  bagIn,
  bagsDiffer,
  bagWithKill,
  closeRandomGateway,
  exactQueries,
  type MetamorphicWay,
  openRandomGateway,
  type RandomGateway,
  reverseFiles,
} from '../testdata/harness/metamorphic.ts';
import { partedQuery } from '../testdata/harness/random-distributed.ts';

const from = Number(process.env.TEST_SEED_FROM ?? 1_000_000);
const to = Number(process.env.TEST_SEED_TO ?? 1_000_300);
const queries = exactQueries(from, to);
/** A worker needs its time to come back. */
const kills = queries.filter((_, index) => index % 10 === 0);

const ways: Readonly<Record<string, readonly MetamorphicWay[]>> = {
  partitions: [1, 2, 5, 16].map((partitions) => ({ partitions })),
  exchange: [{ exchange: 'files' }, { broadcast: true }],
  strategy: (['auto', 'direct', 'gather', 'two_phase', 'pushdown', 'router'] as const).map((strategy) => ({
    strategy,
  })),
};

describe('answers do not depend on', () => {
  let base: RandomGateway;
  const answers = new Map<string, readonly string[]>();
  const expected = async (sql: string) => {
    const known = answers.get(sql) ?? (await bagIn(base, sql, {}));
    answers.set(sql, known);
    return known;
  };
  /** All differences of the queries on another gateway, or in other ways. */
  const differences = async (on: RandomGateway, tried: readonly MetamorphicWay[]) => {
    const wrong: string[] = [];
    for (const { sql } of queries) {
      for (const way of tried) {
        const found = bagsDiffer(await expected(sql), await bagIn(on, sql, way));
        if (found !== null) wrong.push(`${JSON.stringify(way)}: ${sql}\n${found}`);
      }
    }
    return wrong;
  };

  beforeAll(async () => {
    base = await openRandomGateway(2);
  });
  afterAll(async () => {
    if (base !== undefined) await closeRandomGateway(base);
  });

  it.each(Object.keys(ways))('%s', async (name) => expect(await differences(base, ways[name]!)).toEqual([]));

  it.each([1, 3])('the number of workers: %i', async (workers) => {
    const other = await openRandomGateway(workers);
    try {
      expect(await differences(other, [{}])).toEqual([]);
    } finally {
      await closeRandomGateway(other);
    }
  });

  it('the order of files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-reversed-'));
    await cp(await makeDataset('random'), folder, { recursive: true, dereference: true });
    await reverseFiles(folder);
    const other = await openRandomGateway(2, folder);
    try {
      expect(await differences(other, [{}])).toEqual([]);
    } finally {
      await closeRandomGateway(other);
      await rm(folder, { recursive: true });
    }
  });

  it('workers that are killed', async () => {
    const wrong: string[] = [];
    for (const [index, { sql }] of kills.entries()) {
      const found = bagsDiffer(await expected(sql), await bagWithKill(base, sql, (index % 5) * 15));
      if (found !== null) wrong.push(`${sql}\n${found}`);
    }
    expect(wrong).toEqual([]);
  });

  it('a condition: rows where it is true, false and unknown are all rows', async () => {
    const wrong: string[] = [];
    for (let seed = from; seed < to; seed++) {
      const { whole, parts } = partedQuery(seed);
      const all = await bagIn(base, whole, {});
      const apart: string[] = [];
      for (const part of parts) apart.push(...(await bagIn(base, part, {})));
      const together = await bagIn(base, parts.map((part) => `(${part})`).join(' UNION ALL '), {});
      const failed = [...all, ...apart, ...together].some((row) => row.startsWith('error '));
      if (failed) continue; // a condition may raise an error, and what one DuckDB refuses is for the other suites
      const found = bagsDiffer(all, apart.sort()) ?? bagsDiffer(all, together);
      if (found !== null) wrong.push(`seed ${seed}: ${whole}\n${parts.join('\n')}\n${found}`);
    }
    expect(wrong).toEqual([]);
  });
});
