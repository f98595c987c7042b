import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import {
  bigints,
  concat,
  expectCounting,
  type InProcessBed,
  makeFiles,
  makeTestBed,
  planOf,
  readBigints,
  rowsPerFile,
  stageOver,
} from '../../testdata/harness/coordinator-bed.ts';
import { seededFaults } from '../../testdata/harness/in-process-fleet.ts';

let files: Awaited<ReturnType<typeof makeFiles>>;
let bed: InProcessBed | undefined;

beforeAll(async () => {
  files = await makeFiles(6);
});
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});
afterAll(() => files.remove());

const total = 6 * rowsPerFile;

async function open(
  ...args: [Omit<Parameters<typeof makeTestBed>[0], 'allowedDirectories'>?, Parameters<typeof makeTestBed>[1]?]
) {
  bed = await makeTestBed({ allowedDirectories: [files.folder], ...args[0] }, args[1]);
  return bed;
}

describe.each([true, false])('concat, replayable %s', (replayable) => {
  const plan = () => planOf({ stages: [stageOver(files.scans, { replayable })], result: concat });

  it('gives the rows of all tasks in partition order, from both workers', async () => {
    const { coordinator, context } = await open();
    const answer = await coordinator.run(plan(), await context());
    expectCounting(await readBigints(answer), total);
    const report = answer.report();
    expect(report).toMatchObject({ workers: 2, tasks: 6, retries: 0, rows: total });
    expect(new Set(report.taskRuns.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(report.taskRuns.map(({ rows }) => rows)).toEqual(Array(6).fill(rowsPerFile));
  });

  it('has limit and offset, across tasks, and cancels what it does not need', async () => {
    const { coordinator, context, fleet } = await open({ workers: 1, slots: 1 });
    for (const [limit, offset] of [
      [10, 0],
      [rowsPerFile, rowsPerFile - 5],
      [null, total - 3],
      [5, total + 1],
      [0, 0],
    ] as const) {
      const stages = [stageOver(files.scans, { replayable })];
      const answer = await coordinator.run(
        planOf({ stages, result: { ...concat, limit, offset } as typeof concat }),
        await context(),
      );
      const count = Math.max(0, Math.min(limit ?? total, total - offset));
      expectCounting(await readBigints(answer), count, offset);
    }
    await expect.poll(() => fleet.running).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6])('is exact when workers are lost and disks fail (seed %i)', async (seed) => {
    const { coordinator, context } = await open({
      faultOf: seededFaults(seed, 0.5, 10),
      respawnMs: 20,
      workers: 3,
      slots: 1,
    });
    const answer = await coordinator.run(plan(), await context());
    expectCounting(await readBigints(answer), total);
    expect(answer.report().retries).toBeGreaterThan(0);
  });

  it('goes on when the worker of the half-read task is lost', async () => {
    const { coordinator, context, fleet } = await open({ respawnMs: 20 }, { aheadBytes: 20_000 });
    const answer = await coordinator.run(plan(), await context());
    const rows: bigint[] = [];
    for await (const batch of answer) {
      const before = rows.length;
      rows.push(...bigints(batch));
      const half = rowsPerFile * 2.5;
      if (before < half && rows.length >= half) for (const { id } of fleet.workers()) fleet.loseWorker(id);
    }
    expectCounting(rows, total);
    if (replayable) expect(fleet.attempts.some(({ skipRows }) => skipRows > 0)).toBe(true);
    else expect(fleet.attempts.every(({ skipRows }) => skipRows === 0)).toBe(true);
  });

  it('does not lock up with one slot per worker that stays taken until its rows are read', async () => {
    let lost = false;
    const { coordinator, context, fleet } = await open(
      {
        workers: 2,
        slots: 1,
        spools: false,
        faultOf: (run) => {
          if (lost || !run.attempt.endsWith('0.0.1')) return undefined;
          lost = true;
          return { kind: 'lose', afterBatches: 3 };
        },
      },
      { aheadBytes: 10_000 },
    );
    const answer = await coordinator.run(plan(), await context());
    expectCounting(await readBigints(answer), total);
    expect(fleet.workers().length).toBe(1);
  });

  it('has no rows without tasks, and with empty ones', async () => {
    const { coordinator, context } = await open();
    const none = await coordinator.run(planOf({ stages: [stageOver([])], result: concat }), await context());
    expect(await readBigints(none)).toEqual([]);
    const stages = [stageOver(files.scans, { replayable, sql: 'SELECT a, b FROM __scan0 WHERE a = 25000' })];
    const one = await coordinator.run(planOf({ stages, result: concat }), await context());
    expect(await readBigints(one)).toEqual([25000n]);
    expect(one.report()).toMatchObject({ tasks: 6, rows: 1 });
  });

  it('gives a user error at once, without a retry, and ends the other tasks', async () => {
    const { coordinator, context, fleet } = await open({ workers: 1, slots: 2 });
    const sql = "SELECT CASE WHEN a = 10005 THEN CAST('x' AS BIGINT) ELSE a END AS a, b FROM __scan0";
    const answer = await coordinator.run(
      planOf({ stages: [stageOver(files.scans, { replayable, sql })], result: concat }),
      await context(),
    );
    await expect(readBigints(answer)).rejects.toMatchObject({ errorClass: 'user', sqlstate: '22P02' });
    expect(() => answer[Symbol.asyncIterator]()).toThrow('once');
    await answer.close();
    await expect.poll(() => fleet.running).toBe(0);
    expect(fleet.attempts.filter(({ attempt }) => attempt.includes('.0.0.')).length).toBe(1);
    expect(fleet.attempts.length).toBeLessThan(6);
  });

  it('is cancelled before, at and after the first row', async () => {
    const { coordinator, context, fleet } = await open({ faultOf: () => ({ kind: 'slow', msPerBatch: 2 }) });
    for (const afterMs of [0, 1, 20, 50]) {
      const stop = new AbortController();
      const answer = await coordinator.run(plan(), await context({ signal: stop.signal }));
      setTimeout(() => stop.abort(errors.cancelled()), afterMs);
      await expect(readBigints(answer)).rejects.toMatchObject({ sqlstate: '57014' });
      await answer.close();
      await expect.poll(() => fleet.running).toBe(0);
    }
    await expect(
      coordinator.run(plan(), await context({ signal: AbortSignal.abort(errors.cancelled()) })),
    ).rejects.toThrow('cancel');
  });

  it('is cancelled while nobody reads', async () => {
    const { coordinator, context, fleet } = await open({}, { aheadBytes: 10_000 });
    const stop = new AbortController();
    const answer = await coordinator.run(plan(), await context({ signal: stop.signal }));
    const rows = answer[Symbol.asyncIterator]();
    expect((await rows.next()).done).toBe(false);
    stop.abort(errors.statementTimeout());
    await expect.poll(() => coordinator.openQueries).toBe(0);
    expect(fleet.running).toBe(0);
    await expect(rows.next()).rejects.toThrow('statement timeout');
    await answer.close();
  });

  it('ends when its reader leaves, more than once', async () => {
    const { coordinator, context, fleet } = await open();
    const answer = await coordinator.run(plan(), await context());
    for await (const batch of answer) {
      expect(batch.rowCount).toBeGreaterThan(0);
      break;
    }
    await Promise.all([answer.close(), answer.close()]);
    expect(coordinator.openQueries).toBe(0);
    await expect.poll(() => fleet.running).toBe(0);
  });
});

describe('concat', () => {
  it('hands on rows that came before an error only of a task that can be replayed', async () => {
    const { coordinator, context } = await open({
      workers: 1,
      slots: 1,
      faultOf: () => ({ kind: 'fail', afterBatches: 5, error: errors.syntax('at the worker') }),
    });
    for (const replayable of [true, false]) {
      const answer = await coordinator.run(
        planOf({
          stages: [stageOver(files.scans, { replayable })],
          result: { ...concat, limit: total } as typeof concat,
        }),
        await context(),
      );
      let rows = 0;
      const read = async () => {
        for await (const batch of answer) rows += batch.rowCount;
      };
      await expect(read()).rejects.toThrow('at the worker');
      expect(rows > 0).toBe(replayable);
    }
  });

  it('does not fail for a task that a limit makes needless', async () => {
    const { coordinator, context } = await open();
    const sql = "SELECT CASE WHEN a = 25000 THEN CAST('x' AS BIGINT) ELSE a END AS a, b FROM __scan0";
    const stages = [stageOver(files.scans, { sql })];
    const answer = await coordinator.run(
      planOf({ stages, result: { ...concat, limit: 100 } as typeof concat }),
      await context(),
    );
    expectCounting(await readBigints(answer), 100);
  });

  it('tries a task again with all memory of a worker when it ran out, then with a disk, then elsewhere', async () => {
    const { coordinator, context, fleet } = await open({
      workers: 2,
      slots: 2,
      memoryBytes: 1000 << 20,
      faultOf: (run) =>
        /0\.(1\.1|2\.\d)$/.test(run.attempt)
          ? { kind: 'fail', afterBatches: 0, error: errors.outOfMemory('x') }
          : undefined,
    });
    const good = await coordinator.run(
      planOf({ stages: [stageOver(files.scans.slice(0, 2))], result: concat }),
      await context(),
    );
    expectCounting(await readBigints(good), 2 * rowsPerFile);
    expect(fleet.attempts.find(({ attempt }) => attempt.endsWith('.0.1.1'))?.memoryBytes).toBe(500 << 20);
    expect(fleet.attempts.find(({ attempt }) => attempt.endsWith('.0.1.2'))).toMatchObject({
      memoryBytes: 1000 << 20,
      threads: 1,
    });
    const bad = await coordinator.run(planOf({ stages: [stageOver(files.scans)], result: concat }), await context());
    await expect(readBigints(bad)).rejects.toMatchObject({ sqlstate: '53200' });
    const tries = fleet.attempts.filter(({ attempt }) => attempt.includes('.0.2.'));
    expect(tries.map(({ memoryBytes, spill }) => [memoryBytes >> 20, spill])).toEqual([
      [500, false],
      [1000, false],
      [1000, true],
      [1000, true],
    ]);
    expect(tries[3]!.worker).not.toBe(tries[2]!.worker);
  });

  it('names the task that takes down every worker', async () => {
    const { coordinator, context } = await open({
      workers: 2,
      respawnMs: 10,
      faultOf: (run) => (run.attempt.includes('.0.2.') ? { kind: 'lose', afterBatches: 1 } : undefined),
    });
    const answer = await coordinator.run(planOf({ stages: [stageOver(files.scans)], result: concat }), await context());
    await expect(readBigints(answer)).rejects.toThrow('task 0.2 took down 3 workers');
  });

  it('tries a task elsewhere whose engine failed, and names one that takes down every engine', async () => {
    const failsOn = async (attempts: RegExp) => {
      const { coordinator, context } = await open({
        faultOf: (run) =>
          attempts.test(run.attempt)
            ? { kind: 'fail', afterBatches: 1, error: errors.engineFailed('index 0 within vector') }
            : undefined,
      });
      const plan = planOf({ stages: [stageOver(files.scans)], result: concat });
      return readBigints(await coordinator.run(plan, await context()));
    };
    expect(await failsOn(/\.0\.2\.[12]$/)).toHaveLength(total);
    await bed?.close();
    await expect(failsOn(/\.0\.2\./)).rejects.toMatchObject({
      errorClass: 'internal',
      sqlstate: '58000',
      message: 'task 0.2 took down 6 engines',
      hint: 'SET sluice.strategy = direct runs the query whole in the gateway.',
      context: expect.stringMatching(/^task 0\.2 \(stage\.partition\) on worker \d+$/),
    });
  });

  it('says that no worker is there after a while, and takes one that comes in time', async () => {
    const { coordinator, context, fleet } = await open({ workers: 0 }, { noWorkerWaitMs: 1000 });
    const plan = planOf({ stages: [stageOver(files.scans)], result: concat });
    await expect(readBigints(await coordinator.run(plan, await context()))).rejects.toMatchObject({
      sqlstate: '53000',
    });
    const answer = await coordinator.run(plan, await context());
    setTimeout(() => void fleet.addWorker(), 20);
    expect((await readBigints(answer)).length).toBe(total);
  });

  it('surfaces changed input with its class', async () => {
    const { coordinator, context } = await open();
    const [scan] = files.scans;
    const stale = { ...scan!, files: scan!.files.map((file) => ({ ...file, mtimeMs: file.mtimeMs - 1000 })) };
    const answer = await coordinator.run(planOf({ stages: [stageOver([stale])], result: concat }), await context());
    await expect(readBigints(answer)).rejects.toMatchObject({
      errorClass: 'input_changed',
      sqlstate: '40001',
      context: expect.stringMatching(/^task 0\.\d+ \(stage\.partition\) on worker \d+$/),
    });
  });

  it('refuses rows of other types than the plan says', async () => {
    const { coordinator, context } = await open();
    const lying = planOf({
      stages: [stageOver(files.scans, { sql: 'SELECT CAST(a AS INTEGER) AS a, b FROM __scan0' })],
      result: concat,
    });
    await expect(readBigints(await coordinator.run(lying, await context()))).rejects.toMatchObject({
      sqlstate: 'XX000',
    });
    const columns = [
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'VARCHAR' },
    ];
    const other = planOf({ columns, stages: [stageOver(files.scans)], result: concat });
    await expect(readBigints(await coordinator.run(other, await context()))).rejects.toMatchObject({
      sqlstate: 'XX000',
    });
  });

  it('runs 50 queries at the same time', async () => {
    const { coordinator, context } = await open({ respawnMs: 20, faultOf: seededFaults(7, 0.05, 5) });
    const one = async () =>
      readBigints(
        await coordinator.run(
          planOf({ stages: [stageOver(files.scans.slice(0, 2))], result: concat }),
          await context(),
        ),
      );
    const answers = await Promise.all(Array.from({ length: 50 }, one));
    for (const rows of answers) expectCounting(rows, 2 * rowsPerFile);
  });
});
