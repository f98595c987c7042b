import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  bigints,
  concat,
  expectCounting,
  type InProcessBed,
  makeFiles,
  makeTestBed,
  planOf,
  readBigints,
  stageOver,
} from '../../testdata/harness/coordinator-bed.ts';

let bed: InProcessBed | undefined;
let files: Awaited<ReturnType<typeof makeFiles>> | undefined;

afterEach(async () => {
  await bed?.close();
  await files?.remove();
  bed = undefined;
  files = undefined;
});

describe('a slow reader', () => {
  it('lets other queries have the slots, and has a bounded number of tasks ahead', async () => {
    files = await makeFiles(30, 10_000);
    bed = await makeTestBed(
      { allowedDirectories: [files.folder], workers: 1, slots: 1 },
      { aheadBytes: 10_000, aheadTasks: 3, idleAnswerMs: 5, runningQueries: 1 },
    );
    const { coordinator, context, fleet } = bed;
    const plan = planOf({ stages: [stageOver(files.scans)], result: concat });
    const slow = (await coordinator.run(plan, await context()))[Symbol.asyncIterator]();
    const rows = bigints((await slow.next()).value!);
    await sleep(100);
    expect(fleet.attempts.length).toBeLessThanOrEqual(4);
    const quick = planOf({ stages: [stageOver(files.scans.slice(3, 4))], result: concat });
    expectCounting(await readBigints(await coordinator.run(quick, await context())), 10_000, 30_000);
    for (let next = await slow.next(); !next.done; next = await slow.next()) rows.push(...bigints(next.value));
    expectCounting(rows, 300_000);
  });
});

describe('many sessions', () => {
  it('are all answered while few may run', async () => {
    files = await makeFiles(2, 5000);
    bed = await makeTestBed({ allowedDirectories: [files.folder] }, { runningQueries: 3 });
    const { coordinator, context } = bed;
    const plan = planOf({ stages: [stageOver(files.scans)], result: concat });
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => readBigints(await coordinator.run(plan, await context()))),
    );
    expect(new Set(answers.map((rows) => rows.length))).toEqual(new Set([10_000]));
    expect(coordinator.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });

  it('are refused when the queue is full, and leave it when cancelled', async () => {
    files = await makeFiles(2, 5000);
    bed = await makeTestBed(
      { allowedDirectories: [files.folder] },
      { runningQueries: 1, queuedQueries: 1, idleAnswerMs: 10_000 },
    );
    const { coordinator, context } = bed;
    const plan = planOf({ stages: [stageOver(files.scans)], result: concat });
    const first = await coordinator.run(plan, await context());
    const stop = new AbortController();
    const queued = coordinator.run(plan, await context({ signal: stop.signal }));
    await expect(coordinator.run(plan, await context())).rejects.toMatchObject({ sqlstate: '53300' });
    const light = planOf({
      strategy: 'metadata',
      columns: [{ name: 'n', type: 'BIGINT' }],
      result: { kind: 'sql', sql: 'SELECT 7::BIGINT', scans: [], stages: [], where: 'own' },
    });
    expect(await readBigints(await coordinator.run(light, await context()))).toEqual([7n]);
    stop.abort(new Error('gone'));
    await expect(queued).rejects.toThrow('gone');
    await first.close();
    expect(coordinator.openQueries).toBe(0);
  });
});
