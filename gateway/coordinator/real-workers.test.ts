/** The coordinator over real worker processes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { errors } from '../../planner/errors.ts';
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
import { type RealFleet, startRealFleet } from '../../testdata/harness/real-fleet.ts';
import { joinPlan, producer } from '../../testdata/harness/stages-plan.ts';

const rowsPerFile = 60_000;
const fileCount = 8;
const total = rowsPerFile * fileCount;
/** Of files that are not to fit into what is under way. */
const rowsPerLargeFile = 150_000;
const MiB = 1024 * 1024;

let files: Awaited<ReturnType<typeof makeFiles>>;
let largeFiles: typeof files;
let folder: string;
let running: RealFleet;
let bed: TestBed;

beforeAll(async () => {
  files = await makeFiles(fileCount, rowsPerFile);
  largeFiles = await makeFiles(fileCount, rowsPerLargeFile);
  folder = await mkdtemp(join(tmpdir(), 'sluice-real-'));
  const exchangeDirectory = join(folder, 'exchange');
  const allowedDirectories = [files.folder, largeFiles.folder];
  running = await startRealFleet(folder, { slots: 2, exchangeDirectory, allowedDirectories });
  await bothThere();
});
afterEach(async () => {
  await bed.close();
  await bothThere();
});
afterAll(async () => {
  await running.stop();
  await files.remove();
  await largeFiles.remove();
  await rm(folder, { recursive: true, force: true });
});

async function open(limits: Parameters<typeof makeBed>[2] = {}) {
  bed = await makeBed(running.fleet, [files.folder, largeFiles.folder], limits, join(folder, 'exchange'));
  return bed;
}

const killed = new Set<number>();

/** Killed workers are missed and come back. */
function bothThere(): Promise<void> {
  const alive = () => running.fleet.workers().filter(({ pid }) => !killed.has(pid));
  return vi.waitFor(() => expect(alive().length).toBe(2), { timeout: 20_000, interval: 20 });
}

/** `kill -9`. */
function killWorker(index: number): void {
  const { pid } = running.fleet.workers()[index]!;
  killed.add(pid);
  process.kill(pid, 'SIGKILL');
}

describe.each([true, false])('real workers, replayable %s', (replayable) => {
  const plan = () => planOf({ stages: [stageOver(files.scans, { replayable })], result: concat });

  it('answer from both of them', async () => {
    const { coordinator, context } = await open();
    const answer = await coordinator.run(plan(), await context());
    expectCounting(await readBigints(answer), total);
    expect(answer.report()).toMatchObject({ workers: 2, tasks: fileCount, retries: 0 });
  });

  it.each([0, 1, total / 4, total / 2])('give the right answer when one is killed after row %i', async (after) => {
    const { coordinator, context } = await open();
    const answer = await coordinator.run(plan(), await context());
    const rows: bigint[] = [];
    const timer = after === 0 ? setTimeout(() => killWorker(0), 30) : undefined;
    for await (const batch of answer) {
      const before = rows.length;
      rows.push(...bigints(batch));
      if (after > 0 && before < after && rows.length >= after) killWorker(0);
    }
    clearTimeout(timer);
    expectCounting(rows, total);
  });

  it('merge with one killed', async () => {
    const { coordinator, context } = await open();
    const stages = [stageOver(files.scans, { replayable })];
    const sql = 'SELECT count(*) AS a FROM __stage0';
    const merge = { kind: 'sql', sql, scans: [], stages: [0], where: 'own' } as const;
    const columns = [{ name: 'a', type: 'BIGINT' }];
    const answer = await coordinator.run(planOf({ columns, stages, result: merge }), await context());
    const timer = setTimeout(() => killWorker(1), 40);
    expect(await readBigints(answer)).toEqual([BigInt(total)]);
    clearTimeout(timer);
  });

  it('are cancelled while they compute, and serve the next query', async () => {
    const { coordinator, context } = await open();
    const sql = 'SELECT count(*) AS a, max(x.b) AS b FROM __scan0 x, __scan0 y WHERE x.a + y.a = 7';
    const long = planOf({ stages: [stageOver(files.scans, { replayable, sql })], result: concat });
    const stop = new AbortController();
    const answer = await coordinator.run(long, await context({ signal: stop.signal }));
    setTimeout(() => stop.abort(errors.cancelled()), 200);
    await expect(readBigints(answer)).rejects.toMatchObject({ sqlstate: '57014' });
    const quick = planOf({
      stages: [stageOver(files.scans.slice(0, 4), { replayable, sql: 'SELECT max(a) AS a, max(b) AS b FROM __scan0' })],
      result: concat,
    });
    expect((await readBigints(await coordinator.run(quick, await context()))).length).toBe(4);
  });

  it('stay within bounded memory of the gateway when the reader is slow', async () => {
    const { coordinator, context } = await open();
    const large = planOf({ stages: [stageOver(largeFiles.scans, { replayable })], result: concat });
    const answer = (await coordinator.run(large, await context()))[Symbol.asyncIterator]();
    await answer.next();
    global.gc?.();
    const before = process.memoryUsage().rss;
    let rows = 0;
    let most = 0;
    for (let step = 0; step < 40; step++) {
      await sleep(25);
      rows += (await answer.next()).value?.rowCount ?? 0;
      most = Math.max(most, process.memoryUsage().rss);
    }
    expect(rows).toBeGreaterThan(10_000);
    expect((most - before) / MiB).toBeLessThan(100);
    await answer.return?.();
  });
});

describe.each(['frames', 'files'] as const)('real workers, stages by %s', (via) => {
  const few = 'SELECT a, a % 100 AS k FROM __scan0 WHERE a < 1000';
  const plan = () => joinPlan(producer(0, files.scans), producer(1, files.scans.slice(0, 1), { sql: few }), { via });

  it.each([null, 10, 40, 80, 160, 240])('join, one of them killed after %s ms', async (killAfter) => {
    const { coordinator, context } = await open();
    const answer = await coordinator.run(plan(), await context());
    const timer = killAfter === null ? undefined : setTimeout(() => killWorker(0), killAfter);
    const counts: bigint[] = [];
    for await (const batch of answer) counts.push(...bigints(batch, 1));
    clearTimeout(timer);
    expect(counts).toEqual(Array<bigint>(100).fill(BigInt((total / 100) * 10)));
    if (killAfter === null) {
      const { stages, retries } = answer.report();
      expect(retries).toBe(0);
      expect(stages.map(({ exchange, workers }) => [exchange, workers.length])).toEqual([
        [via, 2],
        [via, 1],
        [null, 2],
      ]);
    }
  });

  it('are cancelled in the middle', async () => {
    const { coordinator, context } = await open();
    for (const after of [20, 80, 160]) {
      const stop = new AbortController();
      const answer = await coordinator.run(plan(), await context({ signal: stop.signal }));
      const timer = setTimeout(() => stop.abort(errors.cancelled()), after);
      const error = await readBigints(answer).then(
        () => null,
        (reason: unknown) => reason,
      );
      clearTimeout(timer);
      if (error !== null) expect(error).toMatchObject({ sqlstate: '57014' });
    }
  });
});
