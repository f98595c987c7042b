/** Every fault that a worker can be told to bring about, on real worker processes: the answer is right. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isStageRowsLost, SluiceError } from '../../planner/errors.ts';
import type { StageWrite } from '../../planner/plan/plan.ts';
import {
  bigints,
  concat,
  expectCounting,
  makeBed,
  makeFiles,
  planOf,
  readBigints,
  stageOver,
  type TestBed,
} from '../../testdata/harness/coordinator-bed.ts';
import { startRealFleet } from '../../testdata/harness/real-fleet.ts';
import { joinPlan, producer } from '../../testdata/harness/stages-plan.ts';
import { type FaultKind, faultKinds } from '../../worker/fault-plan.ts';
import type { TaskFiles } from './coordinator.ts';

const rowsPerFile = 20_000;
const fileCount = 8;
const total = rowsPerFile * fileCount;
/** A worker that stands still is found by its heart-beats. */
const heartbeatMs = 100;
const mostReruns = 3;

let files: Awaited<ReturnType<typeof makeFiles>>;
let folder: string;

beforeAll(async () => {
  files = await makeFiles(fileCount, rowsPerFile);
  folder = await mkdtemp(join(tmpdir(), 'sluice-faults-'));
});
afterAll(async () => {
  await files.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Two workers, each of which meets the fault at its fourth task, again in each life. */
async function startFleet(kind: FaultKind, exchangeDirectory: string) {
  const faultPlan = join(folder, `${kind}.json`);
  await writeFile(faultPlan, JSON.stringify({ seed: 1, faults: [{ kind, after: 3, ms: kind === 'slow' ? 200 : 0 }] }));
  const allowedDirectories = [files.folder];
  return startRealFleet(folder, { slots: 1, exchangeDirectory, allowedDirectories, faultPlan, heartbeatMs });
}

/** Rows of files that are lost are made again by another run of the whole query, as a session does. */
async function untilWhole<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly reruns: number }> {
  for (let reruns = 0; ; reruns++) {
    try {
      return { value: await run(), reruns };
    } catch (error) {
      if (!(error instanceof SluiceError && isStageRowsLost(error)) || reruns === mostReruns) throw error;
    }
  }
}

async function plainRetries({ coordinator, context }: TestBed): Promise<number> {
  const answer = await coordinator.run(planOf({ stages: [stageOver(files.scans)], result: concat }), await context());
  expectCounting(await readBigints(answer), total);
  return answer.report().retries;
}

async function joinRetries({ coordinator, context }: TestBed): Promise<number> {
  const few = 'SELECT a, a % 100 AS k FROM __scan0 WHERE a < 1000';
  const sides = [producer(0, files.scans), producer(1, files.scans.slice(0, 1), { sql: few })] as const;
  const answer = await coordinator.run(joinPlan(...sides, { via: 'files' }), await context());
  const counts: bigint[] = [];
  for await (const batch of answer) counts.push(...bigints(batch, 1));
  expect(counts).toEqual(Array<bigint>(100).fill(BigInt((total / 100) * 10)));
  return answer.report().retries;
}

describe.each(faultKinds)('%s', (kind) => {
  it('leaves the answers right', async () => {
    const exchange = join(folder, `exchange-${kind}`);
    const { fleet, stop } = await startFleet(kind, exchange);
    const bed = await makeBed(fleet, [files.folder], {}, exchange);
    try {
      const run = () => (kind.endsWith('file') ? joinRetries(bed) : plainRetries(bed));
      const { value: retries, reruns } = await untilWhole(run);
      if (kind !== 'slow') expect(retries + reruns).toBeGreaterThan(0);
    } finally {
      await bed.close();
      await stop();
    }
  });
});

/** Each task writes a file for each of three buckets, which other tasks join. Returns all values that were written. */
async function writtenValues({ coordinator, context }: TestBed, staging: string): Promise<readonly bigint[]> {
  const write: StageWrite = {
    names: ['a', 'b'],
    format: 'parquet',
    options: {},
    partitionBy: [],
    orderBy: null,
    ranges: 3,
    hashBy: ['a'],
    joined: true,
    fileBytes: null,
  };
  let written: readonly TaskFiles[] = [];
  const onWritten = (tasks: readonly TaskFiles[]) => {
    written = tasks;
  };
  const plan = planOf({ stages: [{ ...stageOver(files.scans), write }], result: concat });
  const answer = await coordinator.run(plan, await context({ write: { staging, onWritten } }));
  expect(await readBigints(answer)).toEqual([]);
  const paths = written.flatMap(({ directory, files: own }) => own.map(({ path }) => `'${join(directory, path)}'`));
  expect(paths).toHaveLength(3);
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const values = await duckdb.runAndReadAll(`SELECT a FROM read_parquet([${paths.join()}]) ORDER BY a`);
  duckdb.closeSync();
  return values.getRows().map(([value]) => value as bigint);
}

describe.each(['cut_file', 'exit'] as const)('%s in a write whose files are joined', (kind) => {
  it('leaves every row there once', async () => {
    const exchange = join(folder, `exchange-joined-${kind}`);
    const staging = join(files.folder, `staging-${kind}`);
    await mkdir(staging);
    const { fleet, stop } = await startFleet(kind, exchange);
    const bed = await makeBed(fleet, [files.folder], {}, exchange);
    try {
      const { value, reruns } = await untilWhole(() => writtenValues(bed, staging));
      expectCounting(value, total);
      if (kind !== 'exit') expect(reruns).toBeGreaterThan(0);
    } finally {
      await bed.close();
      await stop();
    }
  });
});

describe('a disk that is full everywhere', () => {
  it('fails the query with 53100, leaves nothing, and the same workers go on when there is room', async () => {
    const exchange = join(folder, 'exchange-full');
    const faultPlan = join(folder, 'full.json');
    const taskAttempts = 3;
    // Each worker's first tasks: more than all attempts of one task.
    await writeFile(faultPlan, JSON.stringify({ seed: 1, faults: [{ kind: 'full_disk', most: taskAttempts }] }));
    const options = { slots: 1, exchangeDirectory: exchange, allowedDirectories: [files.folder], faultPlan };
    const { fleet, stop } = await startRealFleet(folder, options);
    const bed = await makeBed(fleet, [files.folder], { taskAttempts, backoffMs: 1 }, exchange);
    try {
      const pids = fleet.workers().map(({ pid }) => pid);
      const one = planOf({ stages: [stageOver(files.scans.slice(0, 1))], result: concat });
      const full = await bed.coordinator.run(one, await bed.context());
      await expect(readBigints(full)).rejects.toMatchObject({ sqlstate: '53100', errorClass: 'infra' });
      await untilRoom(bed);
      const answer = await bed.coordinator.run(
        planOf({ stages: [stageOver(files.scans)], result: concat }),
        await bed.context(),
      );
      expectCounting(await readBigints(answer), total);
      // The second one may have joined meanwhile.
      expect(fleet.workers().map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    } finally {
      await bed.close();
      await stop();
    }
  });
});

/** Until a query with one task succeeds: the faults of the plan have been used up. */
async function untilRoom({ coordinator, context }: TestBed): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const one = planOf({ stages: [stageOver(files.scans.slice(0, 1))], result: concat });
      expectCounting(await readBigints(await coordinator.run(one, await context())), rowsPerFile);
      return;
    } catch (error) {
      if (!(error instanceof SluiceError && error.sqlstate === '53100') || tries === mostReruns) throw error;
    }
  }
}
