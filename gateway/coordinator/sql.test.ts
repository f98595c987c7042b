import { appendFile, copyFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import type { ResultStep } from '../../planner/plan/plan.ts';
import {
  bigints,
  counting,
  expectCounting,
  type InProcessBed,
  makeFiles,
  makeTestBed,
  planOf,
  readBigints,
  rowsPerFile,
  scanOf,
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
const bigint = [{ name: 'a', type: 'BIGINT' }];

async function open(
  ...args: [Omit<Parameters<typeof makeTestBed>[0], 'allowedDirectories'>?, Parameters<typeof makeTestBed>[1]?]
) {
  bed = await makeTestBed({ allowedDirectories: [files.folder], ...args[0] }, args[1]);
  return bed;
}

type SqlStep = Extract<ResultStep, { kind: 'sql' }>;

function sqlPlan(sql: string, overrides: Partial<SqlStep> = {}) {
  const result: SqlStep = { kind: 'sql', sql, scans: [], stages: [], where: 'own', ...overrides };
  return planOf({ strategy: 'direct', columns: bigint, result });
}

/** All files as one scan. */
function allFiles() {
  return { ...files.scans[0]!, files: files.scans.flatMap((scan) => scan.files) };
}

const endless = 'SELECT count(*) AS a FROM range(10000000) x, range(10000000) y WHERE x.range + y.range = 7';
/** Fails after its first rows have left. */
const failsLate = "SELECT CASE WHEN range = 900000 THEN CAST('x' AS BIGINT) ELSE range END AS a FROM range(1000000)";

describe.each(['own', 'session'] as const)('sql on the connection: %s', (where) => {
  it('streams the rows of files', async () => {
    const { coordinator, context } = await open();
    const plan = sqlPlan('SELECT a FROM __scan0', { scans: [allFiles()], where });
    const answer = await coordinator.run(plan, await context());
    expectCounting(await readBigints(answer), total);
    expect(answer.report()).toMatchObject({ tasks: 0, workers: 0, rows: total });
  });

  it('merges stages, in partition order, empty ones included', async () => {
    const { coordinator, context } = await open({ respawnMs: 10, faultOf: seededFaults(3, 0.3, 4), workers: 3 });
    const stages = [
      stageOver(files.scans),
      stageOver(files.scans, { id: 1, sql: 'SELECT a, b FROM __scan0 WHERE a < 0', replayable: false }),
      stageOver([], { id: 2 }),
      stageOver(files.scans, { id: 3, sql: 'SELECT max(a) AS a, max(b) AS b FROM __scan0', replayable: false }),
    ];
    const sql = `SELECT a FROM __stage0 UNION ALL SELECT a FROM __stage1 UNION ALL SELECT a FROM __stage2
      UNION ALL SELECT a FROM __stage3`;
    const plan = { ...sqlPlan(sql, { stages: [0, 1, 2, 3], where }), stages };
    const answer = await coordinator.run(plan, await context());
    const maxima = counting(6).map((file) => (file + 1n) * BigInt(rowsPerFile) - 1n);
    const rows = await readBigints(answer);
    expectCounting(rows.slice(0, total), total);
    expect(rows.slice(total)).toEqual(maxima);
    expect(answer.report()).toMatchObject({ tasks: 18 });
  });

  it('merges what does not fit into memory', async () => {
    const { coordinator, context } = await open({}, { mergeHeldBytes: 50_000, aheadBytes: 20_000 });
    for (const replayable of [true, false]) {
      const stages = [stageOver(files.scans, { replayable })];
      const plan = { ...sqlPlan('SELECT a FROM __stage0', { stages: [0], where }), stages };
      expectCounting(await readBigints(await coordinator.run(plan, await context())), total);
    }
  });

  it('tells an error that comes after the first rows', async () => {
    const { coordinator, context } = await open();
    const answer = await coordinator.run(sqlPlan(failsLate, { where }), await context());
    let rows = 0;
    const read = async () => {
      for await (const batch of answer) rows += batch.rowCount;
    };
    await expect(read()).rejects.toMatchObject({ sqlstate: '22P02', errorClass: 'user', position: undefined });
    expect(rows).toBeGreaterThan(0);
  });

  it('fails with what a task failed of', async () => {
    const { coordinator, context, fleet } = await open();
    const stages = [
      stageOver(files.scans),
      stageOver(files.scans, { id: 1, sql: 'SELECT CAST(b AS BIGINT) AS a, b FROM __scan0' }),
    ];
    const plan = { ...sqlPlan('SELECT a FROM __stage0', { stages: [0, 1], where }), stages };
    await expect(readBigints(await coordinator.run(plan, await context()))).rejects.toMatchObject({
      sqlstate: '22P02',
    });
    await expect.poll(() => fleet.running).toBe(0);
  });

  it('is cancelled within 100 ms, and the connection goes on', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    for (const sql of [endless, 'SELECT range AS a FROM range(1000000000)']) {
      const stop = new AbortController();
      const answer = await coordinator.run(sqlPlan(sql, { where }), { ...session, signal: stop.signal });
      let stopped = 0;
      setTimeout(() => {
        stopped = performance.now();
        stop.abort(errors.cancelled());
      }, 50);
      const read = async () => {
        for await (const batch of answer) expect(batch.rowCount).toBeGreaterThan(0);
      };
      await expect(read()).rejects.toMatchObject({ sqlstate: '57014' });
      expect(performance.now() - stopped).toBeLessThan(100);
      expect((await session.connection.runAndReadAll('SELECT 1')).getRows()).toEqual([[1]]);
    }
  });

  it('is cancelled at every phase', async () => {
    const { coordinator, context, fleet } = await open();
    const stages = [stageOver(files.scans), stageOver(files.scans, { id: 1, replayable: false })];
    const plan = {
      ...sqlPlan('SELECT x.a FROM __stage0 x JOIN __stage1 USING (a) ORDER BY 1', { stages: [0, 1], where }),
      stages,
    };
    const session = await context();
    for (let afterMs = 0; afterMs <= 120; afterMs += 6) {
      const stop = new AbortController();
      const answer = await coordinator.run(plan, { ...session, queryId: `c${afterMs}`, signal: stop.signal });
      const timer = setTimeout(() => stop.abort(errors.cancelled()), afterMs);
      await readBigints(answer).then(
        (rows) => expectCounting(rows, total),
        (error) => expect(error).toMatchObject({ sqlstate: '57014' }),
      );
      clearTimeout(timer);
      expect(coordinator.openConnections).toBe(0);
      await expect.poll(() => fleet.running).toBe(0);
    }
  });

  it('ends when its reader leaves', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    const answer = await coordinator.run(sqlPlan('SELECT range AS a FROM range(1000000000)', { where }), session);
    for await (const batch of answer) {
      expect(bigints(batch)[0]).toBe(0n);
      break;
    }
    expect(coordinator.openConnections).toBe(0);
    expect((await session.connection.runAndReadAll('SELECT 1')).getRows()).toEqual([[1]]);
  });

  it('notices a file that was replaced, before and after it reads', async () => {
    const { coordinator, context } = await open();
    const path = `${files.folder}/changing.parquet`;
    const source = files.scans[0]!.files[0]!.path;
    await copyFile(source, path);
    const stale = await scanOf([path]);
    await appendFile(path, 'x');
    const before = await coordinator.run(sqlPlan('SELECT a FROM __scan0', { scans: [stale], where }), await context());
    await expect(readBigints(before)).rejects.toMatchObject({ errorClass: 'input_changed' });
    await copyFile(source, path);
    const plan = sqlPlan('SELECT a FROM __scan0', { scans: [await scanOf([path])], where });
    const after = await coordinator.run(plan, await context());
    const read = async () => {
      let first = true;
      for await (const batch of after) {
        expect(batch.rowCount).toBeGreaterThan(0);
        if (first) await appendFile(path, 'x');
        first = false;
      }
    };
    await expect(read()).rejects.toMatchObject({ errorClass: 'input_changed', sqlstate: '40001' });
  });

  it('refuses an answer of other types than the plan says', async () => {
    const { coordinator, context } = await open();
    for (const sql of ['SELECT 1 AS a', "SELECT 1::BIGINT AS a, 'x' AS b"])
      await expect(readBigints(await coordinator.run(sqlPlan(sql, { where }), await context()))).rejects.toMatchObject({
        sqlstate: 'XX000',
      });
  });
});

describe('sql', () => {
  it('leaves nothing on the session connection, and takes away what was left', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    await session.connection.run('CREATE TEMP TABLE __stage0 (old INTEGER)');
    const stages = [stageOver(files.scans)];
    const result = { scans: [allFiles()], stages: [0], where: 'session' } as const;
    const plan = { ...sqlPlan('SELECT count(*) AS a FROM __stage0 JOIN __scan0 USING (a)', result), stages };
    expect(await readBigints(await coordinator.run(plan, session))).toEqual([BigInt(total)]);
    const left = await session.connection.runAndReadAll(
      "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '\\_\\_%' ESCAPE '\\'",
    );
    expect(left.getRows()).toEqual([]);
  });

  it('sees the uncommitted rows of an open transaction and leaves it open', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    await session.connection.run(
      'CREATE TABLE local (a BIGINT); BEGIN; INSERT INTO local SELECT range FROM range(5000)',
    );
    const plan = sqlPlan('SELECT a FROM local ORDER BY a', { where: 'session' });
    expectCounting(await readBigints(await coordinator.run(plan, session)), 5000);
    await session.connection.run('ROLLBACK');
    expect(await readBigints(await coordinator.run(plan, session))).toEqual([]);
  });

  it('tells an error in an open transaction', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    await session.connection.run('BEGIN');
    const answer = await coordinator.run(sqlPlan(failsLate, { where: 'session' }), session);
    await expect(readBigints(answer)).rejects.toMatchObject({ sqlstate: '22P02' });
    await session.connection.run('ROLLBACK');
  });

  it('can fail or be cancelled in an open transaction, which then only has to be rolled back', async () => {
    const { coordinator, context, fleet } = await open({ faultOf: () => ({ kind: 'slow', msPerBatch: 1 }) });
    const session = await context();
    const stages = [
      stageOver(files.scans),
      stageOver(files.scans, { id: 1, sql: 'SELECT CAST(b AS BIGINT) AS a, b FROM __scan0' }),
    ];
    for (const [used, sqlstate] of [
      [[0, 1], '22P02'],
      [[0], '57014'],
    ] as const) {
      await session.connection.run('BEGIN');
      const stop = new AbortController();
      const plan = { ...sqlPlan('SELECT a FROM __stage0', { stages: used, where: 'session' }), stages };
      const answer = await coordinator.run(plan, { ...session, signal: stop.signal });
      if (sqlstate === '57014') setTimeout(() => stop.abort(errors.cancelled()), 40);
      await expect(readBigints(answer)).rejects.toMatchObject({ sqlstate });
      await session.connection.run('ROLLBACK');
      await expect.poll(() => fleet.running).toBe(0);
    }
    expect(
      await readBigints(await coordinator.run(sqlPlan('SELECT 1::BIGINT AS a', { where: 'session' }), session)),
    ).toEqual([1n]);
  });

  it('runs a statement with side effects once, and keeps them', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    await session.connection.run('CREATE SEQUENCE s');
    const plan = sqlPlan("SELECT nextval('s') AS a FROM range(3)", { where: 'session' });
    expectCounting(await readBigints(await coordinator.run(plan, session)), 3, 1);
    expectCounting(await readBigints(await coordinator.run(plan, session)), 3, 4);
  });

  it('refuses a second answer from the same session connection, until the first has ended', async () => {
    const { coordinator, context } = await open();
    const session = await context();
    const plan = sqlPlan('SELECT range AS a FROM range(100000)', { where: 'session' });
    const first = await coordinator.run(plan, session);
    await expect(coordinator.run(plan, session)).rejects.toMatchObject({ sqlstate: 'XX000' });
    expectCounting(await readBigints(first), 100_000);
    expectCounting(await readBigints(await coordinator.run(plan, session)), 100_000);
  });

  it('has many open answers that are read in turn', async () => {
    const { coordinator, context } = await open({}, { runningQueries: 2, runningLightQueries: 2, idleAnswerMs: 5 });
    const answers = await Promise.all(
      Array.from({ length: 6 }, async (_, index) =>
        (await coordinator.run(sqlPlan(`SELECT range * 6 + ${index} AS a FROM range(10000)`), await context()))[
          Symbol.asyncIterator
        ](),
      ),
    );
    const rows: bigint[] = [];
    for (let live = answers; live.length > 0; ) {
      const results = await Promise.all(live.map((answer) => answer.next()));
      rows.push(...results.flatMap((result) => (result.done ? [] : bigints(result.value))));
      live = live.filter((_, index) => !results[index]!.done);
    }
    expectCounting(
      rows.sort((a, b) => Number(a - b)),
      60_000,
    );
  });

  it('answers in the time zone of its session', async () => {
    const { coordinator, context } = await open();
    const sql = "SELECT CAST(EXTRACT(hour FROM TIMESTAMPTZ '2024-01-01 12:00:00+00') AS BIGINT) AS a";
    const hours = await Promise.all(
      ['UTC', 'Asia/Tokyo', 'America/New_York'].map(async (timeZone) => {
        const session = await context();
        return readBigints(
          await coordinator.run(sqlPlan(sql), { ...session, settings: { ...session.settings, timeZone } }),
        );
      }),
    );
    expect(hours.flat()).toEqual([12n, 21n, 7n]);
  });

  it('closes with answers open', async () => {
    const { coordinator, context } = await open();
    const idle = (await coordinator.run(sqlPlan('SELECT range AS a FROM range(1000000000)'), await context()))[
      Symbol.asyncIterator
    ]();
    await idle.next();
    const busy = readBigints(await coordinator.run(sqlPlan(endless), await context()));
    const [, ended] = await Promise.allSettled([coordinator.close(), busy]);
    expect(ended).toMatchObject({ status: 'rejected', reason: { sqlstate: '57P01' } });
    await expect(idle.next()).rejects.toMatchObject({ sqlstate: '57P01' });
    await expect(coordinator.run(sqlPlan('SELECT 1'), await context())).rejects.toMatchObject({ sqlstate: '57P01' });
  });
});
