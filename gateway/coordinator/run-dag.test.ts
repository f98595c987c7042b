import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errors, isStageRowsLost, SluiceError } from '../../planner/errors.ts';
import type { ExchangePolicy, Plan, Stage } from '../../planner/plan/plan.ts';
import {
  bigints,
  counting,
  expectCounting,
  type InProcessBed,
  makeFiles,
  makeTestBed,
  readBigints,
  rowsPerFile,
  scanOf,
} from '../../testdata/harness/coordinator-bed.ts';
import type { InProcessFleetOptions } from '../../testdata/harness/in-process-fleet.ts';
import { consumer, input, joinPlan, producer, stagesPlan } from '../../testdata/harness/stages-plan.ts';
import type { Answer } from './coordinator.ts';
import type { CoordinatorLimits } from './limits.ts';

const fileCount = 4;
let files: Awaited<ReturnType<typeof makeFiles>>;
beforeAll(async () => {
  files = await makeFiles(fileCount);
});
afterAll(() => files.remove());

/** See `joinPlan`: every row of all files with every row of the first. */
const joinAll = (policy: Partial<ExchangePolicy> = {}) =>
  joinPlan(producer(0, files.scans), producer(1, files.scans.slice(0, 1)), policy);

async function withBed<T>(
  work: (bed: InProcessBed) => Promise<T>,
  limits: Partial<CoordinatorLimits> = {},
  fleet: Partial<InProcessFleetOptions> = {},
): Promise<T> {
  const bed = await makeTestBed({ ...fleet, allowedDirectories: [files.folder] }, limits);
  try {
    return await work(bed);
  } finally {
    await bed.close();
  }
}

async function run(bed: InProcessBed, plan: Plan): Promise<Answer> {
  return bed.coordinator.run(plan, await bed.context());
}

async function readPairs(answer: Answer): Promise<readonly (readonly [bigint, bigint])[]> {
  const pairs: [bigint, bigint][] = [];
  for await (const batch of answer) {
    const second = bigints(batch, 1);
    pairs.push(...bigints(batch).map((first, row): [bigint, bigint] => [first, second[row]!]));
  }
  return pairs.sort(([a], [b]) => Number(a - b));
}

const joined = counting(100).map((key) => [key, BigInt((fileCount * rowsPerFile * rowsPerFile) / 100 / 100)]);

describe.each(['frames', 'files'] as const)('by %s', (via) => {
  it('joins two stages by hash, on all workers, and tells what each did', async () => {
    await withBed(async (bed) => {
      const answer = await run(bed, joinAll({ via }));
      expect(await readPairs(answer)).toEqual(joined);
      const { stages, phases, elapsedMs, tasks } = answer.report();
      expect(tasks).toBe(fileCount + 1 + 4);
      expect(stages).toMatchObject([
        {
          id: 0,
          exchange: via,
          tasks: fileCount,
          rows: fileCount * rowsPerFile,
          partitionsWithRows: 4,
          workers: [1, 2],
        },
        { id: 1, exchange: via, tasks: 1, rows: rowsPerFile, partitionsWithRows: 4 },
        { id: 2, exchange: null, tasks: 4, rows: 100, inputRows: (fileCount + 1) * rowsPerFile, workers: [1, 2] },
      ]);
      for (const stage of stages) {
        expect(stage.bytes).toBeGreaterThan(0);
        expect(stage.inputBytes).toBeGreaterThan(0);
        expect(stage.minMs).toBeLessThanOrEqual(stage.medianMs);
        expect(stage.medianMs).toBeLessThanOrEqual(stage.maxMs);
        expect(stage.workers).toContain(stage.slowestWorker);
      }
      expect(Object.values(phases).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(elapsedMs, 6);
      expect(phases.scatter).toBeGreaterThan(0);
      const inputs = bed.fleet.attempts.filter(({ attempt }) => attempt.split('.')[1] === '2').flatMap((a) => a.inputs);
      expect(
        inputs.every((read) => (via === 'files') === read.files > 0 && (via === 'frames') === read.frames > 0),
      ).toBe(true);
    });
  });

  it('gives every task all rows of a small stage', async () => {
    const small = producer(0, files.scans.slice(0, 2), {
      sql: 'SELECT a, a AS k FROM __scan0 WHERE a % 1000 = 7',
      exchange: { hashBy: [], partitions: 1, bytes: 1 },
    });
    const filter = producer(1, files.scans, {
      sql: 'SELECT a, __in0.k FROM __scan0 JOIN __in0 USING (a)',
      inputs: [input('__in0', 0, { mode: 'all' })],
    });
    const { exchange: _, ...last } = filter;
    await withBed(async (bed) => {
      const answer = await run(bed, stagesPlan([small, last], { via }));
      expect(await readBigints(answer)).toEqual(counting(40).map((n) => n * 1000n + 7n));
      expect(answer.report().stages[1]).toMatchObject({ tasks: fileCount, inputRows: 40 * fileCount });
    });
  });

  it('shares rows out in their order', async () => {
    const first = producer(0, files.scans, { exchange: { hashBy: [], partitions: 1, bytes: 1 } });
    const half = consumer(1, 2, 'SELECT a, k FROM __in0', [input('__in0', 0, { mode: 'share' })], { replayable: true });
    await withBed(async (bed) => {
      const answer = await run(bed, stagesPlan([first, half], { via }));
      expectCounting(await readBigints(answer), fileCount * rowsPerFile);
      const rows = answer.report().taskRuns.filter(({ stage }) => stage === 1);
      for (const task of rows) expect(task.rows).toBeGreaterThan(1.8 * rowsPerFile);
    });
  });

  it('reads stages behind one another, and frees what was read', async () => {
    const sum = (relation: string) => `SELECT sum(a)::BIGINT AS a, k FROM ${relation} GROUP BY k`;
    const stages = [
      producer(0, files.scans.slice(0, 2)),
      producer(1, files.scans.slice(2)),
      consumer(2, 4, sum('__in0'), [input('__in0', 0, { stages: [0, 1] })], {
        exchange: { hashBy: ['"k" % 2'], partitions: 3, bytes: 1 },
      }),
      consumer(3, 3, 'SELECT sum(a)::BIGINT AS a, k % 2 AS k FROM __in1 GROUP BY ALL', [
        input('__in1', 2, { required: false }),
      ]),
    ];
    await withBed(async (bed) => {
      const plan = stagesPlan(stages, { via });
      const count = BigInt(fileCount * rowsPerFile);
      const odd = (count / 2n) ** 2n;
      expect(await readPairs(await run(bed, plan))).toEqual([
        [odd - count / 2n, 0n],
        [odd, 1n],
      ]);
    });
  });

  it('starts the tasks of a lost worker again, and no others', async () => {
    let struck = 0;
    const faultOf: InProcessFleetOptions['faultOf'] = ({ attempt }) =>
      attempt.split('.')[1] === '2' && struck++ === 0 ? { kind: 'lose', afterBatches: -1 } : undefined;
    await withBed(
      async (bed) => {
        const answer = await run(bed, joinAll({ via }));
        expect(await readPairs(answer)).toEqual(joined);
        const stageOf = (attempt: string) => Number(attempt.split('.')[1]);
        const attempts = (stage: number) => bed.fleet.attempts.filter(({ attempt }) => stageOf(attempt) === stage);
        expect(attempts(0).length).toBe(fileCount);
        expect(attempts(1).length).toBe(1);
        expect(attempts(2).length).toBeGreaterThan(4);
        expect(answer.report().stages[2]!.retries).toBe(attempts(2).length - 4);
      },
      {},
      { faultOf, respawnMs: 20 },
    );
  });

  it('counts only the attempt that ended well', async () => {
    // Struck after their rows have gone: everything that was left of them is dropped.
    const faultOf: InProcessFleetOptions['faultOf'] = ({ attempt }) =>
      /\.[01]\.\d+\.1$/.test(attempt)
        ? { kind: 'fail', afterBatches: Number.POSITIVE_INFINITY, error: errors.workerLost('x', 'test') }
        : undefined;
    await withBed(
      async (bed) => {
        const answer = await run(bed, joinAll({ via }));
        expect(await readPairs(answer)).toEqual(joined);
        expect(answer.report().retries).toBe(fileCount + 1);
      },
      {},
      { faultOf },
    );
  });

  it('is cancelled in the middle of a stage, at once', async () => {
    const faultOf: InProcessFleetOptions['faultOf'] = () => ({ kind: 'slow', msPerBatch: 500 });
    await withBed(
      async (bed) => {
        const started = performance.now();
        const controller = new AbortController();
        const answer = await bed.coordinator.run(joinAll({ via }), await bed.context({ signal: controller.signal }));
        const reading = readBigints(answer);
        setTimeout(() => controller.abort(errors.cancelled()), 150);
        await expect(reading).rejects.toMatchObject({ sqlstate: '57014' });
        expect(performance.now() - started).toBeLessThan(2500);
      },
      {},
      { faultOf },
    );
  });

  it('fails with the error of a task, and leaves nothing', async () => {
    const stages = [
      producer(0, files.scans, { sql: "SELECT a, if(a = 30000, error('no such row'), a) AS k FROM __scan0" }),
      producer(1, files.scans),
      consumer(2, 4, 'SELECT a, k FROM __in0 UNION ALL FROM __in1', [input('__in0', 0), input('__in1', 1)]),
    ];
    await withBed(async (bed) => {
      const failed = readBigints(await run(bed, stagesPlan(stages, { via })));
      await expect(failed).rejects.toMatchObject({
        errorClass: 'user',
        message: expect.stringContaining('no such row'),
      });
    });
  });

  it('leaves nothing when the reader leaves', async () => {
    await withBed(async (bed) => {
      const plan = stagesPlan(
        [producer(0, files.scans), consumer(1, 4, 'SELECT a, k FROM __in0', [input('__in0', 0)])],
        { via },
      );
      const answer = await run(bed, plan);
      for await (const batch of answer) {
        expect(batch.rowCount).toBeGreaterThan(0);
        break;
      }
    });
  });

  it('merges stages in the gateway, those that read no others among them', async () => {
    const plain = { ...producer(1, files.scans.slice(0, 1)), sql: 'SELECT max(a) AS a, 0::BIGINT AS k FROM __scan0' };
    const { exchange: _, ...last } = plain;
    const stages = [
      producer(0, files.scans),
      last,
      consumer(2, 4, 'SELECT sum(a)::BIGINT AS a, k FROM __in0 GROUP BY k', [input('__in0', 0)]),
    ];
    const sql = 'SELECT sum(s.a)::BIGINT AS a, (SELECT a FROM __stage1) AS k FROM __stage2 s';
    const result = { kind: 'sql', sql, scans: [], stages: [1, 2], where: 'own' } as const;
    await withBed(async (bed) => {
      const answer = await run(bed, stagesPlan(stages, { via }, result));
      const count = BigInt(fileCount * rowsPerFile);
      expect(await readPairs(answer)).toEqual([[(count * (count - 1n)) / 2n, BigInt(rowsPerFile - 1)]]);
      expect(answer.report().phases.merge).toBeGreaterThan(0);
    });
  });
});

describe('frames', () => {
  it('go to a file beyond the budget', async () => {
    await withBed(
      async (bed) => {
        const answer = await run(bed, joinAll({ via: 'frames' }));
        expect(await readPairs(answer)).toEqual(joined);
        expect(answer.report().stages[0]!.spooledBytes).toBeGreaterThan(100_000);
      },
      { exchangeHeldBytes: 100_000 },
    );
  });

  it('fail the query beyond the room for files', async () => {
    await withBed(
      async (bed) => {
        const failed = readBigints(await run(bed, joinAll({ via: 'frames' })));
        await expect(failed).rejects.toMatchObject({ sqlstate: '53400' });
      },
      { exchangeHeldBytes: 0, spoolBytes: 100_000 },
    );
  });
});

describe('the way', () => {
  const large = (plan: Plan): Plan => ({
    ...plan,
    stages: plan.stages.map((stage) =>
      stage.id === 0 ? { ...stage, exchange: { ...stage.exchange!, bytes: 5000 } } : stage,
    ),
  });

  it('is chosen by size', async () => {
    await withBed(
      async (bed) => {
        const answer = await run(bed, large(joinAll()));
        expect(await readPairs(answer)).toEqual(joined);
        expect(answer.report().stages.map(({ exchange }) => exchange)).toEqual(['files', 'frames', null]);
        const context = await bed.context({ exchangeFrameBytes: 5000 });
        const other = await bed.coordinator.run(large(joinAll()), context);
        expect(await readPairs(other)).toEqual(joined);
        expect(other.report().stages.map(({ exchange }) => exchange)).toEqual(['frames', 'frames', null]);
      },
      { exchangeFrameBytes: 4999 },
    );
  });

  it('is frames where a worker does not share the folder; files can not be forced', async () => {
    await withBed(
      async (bed) => {
        const answer = await run(bed, large(joinAll()));
        expect(await readPairs(answer)).toEqual(joined);
        expect(answer.report().stages[0]!.exchange).toBe('frames');
        const forced = readBigints(await run(bed, joinAll({ via: 'files' })));
        await expect(forced).rejects.toMatchObject({ sqlstate: '55000', hint: 'SET sluice.exchange = auto.' });
      },
      { exchangeFrameBytes: 4999 },
      { sharesExchange: (worker) => worker !== 2 },
    );
  });

  it('keeps to files when a worker without the folder joins later, which then gets no such task', async () => {
    let joining: Promise<unknown> | undefined;
    const fleet: { bed?: InProcessBed } = {};
    const faultOf: InProcessFleetOptions['faultOf'] = () => {
      joining ??= fleet.bed!.fleet.addWorker();
      return undefined;
    };
    await withBed(
      async (bed) => {
        fleet.bed = bed;
        const answer = await run(bed, joinAll({ via: 'files' }));
        expect(await readPairs(answer)).toEqual(joined);
        await joining;
        expect(answer.report().taskRuns.every(({ worker }) => worker === 1)).toBe(true);
      },
      {},
      { workers: 1, slots: 1, sharesExchange: (worker) => worker === 1, faultOf },
    );
  });
});

describe('adaptive plans', () => {
  const many = (count: number, policy: Partial<ExchangePolicy>) =>
    stagesPlan(
      [
        producer(0, files.scans, { exchange: { hashBy: ['"k"'], partitions: count, bytes: 1 } }),
        consumer(1, count, 'SELECT count(*) AS a, k FROM __in0 GROUP BY k', [input('__in0', 0)]),
      ],
      policy,
    );
  const counted = Array<bigint>(100).fill(BigInt((fileCount * rowsPerFile) / 100));

  it.each(['frames', 'files'] as const)('give small neighbouring partitions to one task (%s)', async (via) => {
    await withBed(
      async (bed) => {
        const answer = await run(bed, many(64, { via, adaptive: true }));
        expect(await readBigints(answer)).toEqual(counted);
        const [first, second] = answer.report().stages;
        expect(first!.partitionsWithRows).toBeGreaterThan(30);
        expect(second!.tasks).toBe(4);
        const exact = await run(bed, many(64, { via, adaptive: false }));
        expect(await readBigints(exact)).toEqual(counted);
        expect(exact.report().stages[1]!.tasks).toBe(64);
      },
      { exchangeLeastTaskBytes: 1000 },
    );
  });

  it('have one task for little data', async () => {
    await withBed(async (bed) => {
      const answer = await run(bed, many(64, { via: 'frames', adaptive: true }));
      expect(await readBigints(answer)).toEqual(counted);
      expect(answer.report().stages[1]!.tasks).toBeLessThanOrEqual(4);
    });
  });

  it.each([true, false])('skip tasks without rows to read, others run them (adaptive: %s)', async (adaptive) => {
    const nothing = producer(0, files.scans.slice(0, 2), { sql: 'SELECT a, a AS k FROM __scan0 WHERE a < 0' });
    const stages = [
      nothing,
      consumer(1, 4, 'SELECT a, k FROM __in0', [input('__in0', 0)], { exchange: nothing.exchange! }),
      consumer(2, 4, 'SELECT a, k FROM __in1', [input('__in1', 1)]),
    ];
    for (const via of ['frames', 'files'] as const)
      await withBed(async (bed) => {
        const answer = await run(bed, stagesPlan(stages, { via, adaptive }));
        expect(await readBigints(answer)).toEqual([]);
        const [, second, third] = answer.report().stages;
        const ran = adaptive ? { tasks: 0 } : { tasks: 4, skipped: 0 };
        expect([second, third]).toMatchObject([ran, ran]);
        expect(third!.skipped > 0).toBe(adaptive);
      });
  });

  it('run tasks whose empty input is not required', async () => {
    const nothing = producer(0, files.scans.slice(0, 1), { sql: 'SELECT a, a AS k FROM __scan0 WHERE a < 0' });
    const count = consumer(1, 4, 'SELECT count(*) AS a, 1::BIGINT AS k FROM __in0', [
      input('__in0', 0, { mode: 'all', required: false }),
    ]);
    await withBed(async (bed) => {
      const answer = await run(bed, stagesPlan([nothing, count], { adaptive: true }));
      expect(await readBigints(answer)).toEqual([0n, 0n, 0n, 0n]);
    });
  });
});

it('gives slots to earlier stages first, and to the biggest input first', async () => {
  const [one, two, three] = files.scans;
  const big = await scanOf([two!, three!].flatMap((scan) => scan.files.map(({ path }) => path)));
  const stages = [
    producer(0, [one!, big]),
    producer(1, [one!, two!]),
    consumer(2, 4, 'SELECT a, k FROM __in0', [input('__in0', 0, { stages: [0, 1] })]),
  ];
  await withBed(
    async (bed) => {
      await readBigints(await run(bed, stagesPlan(stages)));
      const order = bed.fleet.attempts.map(({ attempt }) => attempt.split('.').slice(1, 3).join('.'));
      expect(order.slice(0, 2)).toEqual(['0.1', '0.0']);
      expect(order.slice(2, 4).sort()).toEqual(['1.0', '1.1']);
    },
    {},
    { workers: 1, slots: 1 },
  );
});

it.each(['frames', 'files'] as const)('leaves nothing when the gateway stops in the middle (%s)', async (via) => {
  const faultOf: InProcessFleetOptions['faultOf'] = () => ({ kind: 'slow', msPerBatch: 50 });
  await withBed(
    async (bed) => {
      const reading = readBigints(await run(bed, joinAll({ via }))).catch((error: unknown) => error);
      await sleep(150);
      await bed.coordinator.close();
      expect(await reading).toMatchObject({ sqlstate: '57P01' });
    },
    {},
    { faultOf },
  );
});

it('gives a bad plan an error', async () => {
  const noExchange: Stage = { ...producer(0, files.scans) };
  const { exchange: _, ...without } = noExchange;
  const three = consumer(1, 3, 'SELECT a, k FROM __in0', [input('__in0', 0)]);
  await withBed(async (bed) => {
    for (const first of [without, producer(0, files.scans)])
      await expect(readBigints(await run(bed, stagesPlan([first, three])))).rejects.toBeInstanceOf(SluiceError);
  });
});

it('ends soon when the files of a stage are gone, for whoever can run it again', async () => {
  let folder: string | undefined;
  const faultOf: InProcessFleetOptions['faultOf'] = ({ attempt, inputs = [] }) => {
    const file = inputs[0]?.files[0]?.path;
    if (file !== undefined) folder = dirname(file);
    return attempt.split('.')[1] === '2' ? { kind: 'slow', msPerBatch: 100 } : undefined;
  };
  await withBed(
    async (bed) => {
      const failed = readBigints(await run(bed, joinAll({ via: 'files' }))).catch((error: unknown) => error);
      await expect.poll(() => folder).toBeDefined();
      for (const name of await readdir(folder!)) await rm(join(folder!, name));
      const error = await failed;
      expect(error instanceof SluiceError && isStageRowsLost(error)).toBe(true);
    },
    {},
    { faultOf },
  );
});
