/** Another attempt beside one that is late: the answer is right whichever is faster, and each row is there once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bigints,
  concat,
  expectCounting,
  makeFiles,
  makeTestBed,
  planOf,
  readBigints,
  rowsPerFile,
  stageOver,
} from '../../testdata/harness/coordinator-bed.ts';
import type { InProcessFleetOptions } from '../../testdata/harness/in-process-fleet.ts';
import { joinPlan, producer } from '../../testdata/harness/stages-plan.ts';

const fileCount = 4;
const total = fileCount * rowsPerFile;
/** The first attempt of one task never ends by itself. */
const hung: InProcessFleetOptions['faultOf'] = (run) => (/\.0\.1\.1$/.test(run.attempt) ? { kind: 'hang' } : undefined);
const limits = { stragglerLeastMs: 10, stragglerEveryMs: 10 };

let files: Awaited<ReturnType<typeof makeFiles>>;
beforeAll(async () => {
  files = await makeFiles(fileCount);
});
afterAll(() => files.remove());

describe('a task that is late', () => {
  it('has another attempt on another worker, whose rows are taken', async () => {
    const bed = await makeTestBed({ allowedDirectories: [files.folder], faultOf: hung }, limits);
    const stages = [stageOver(files.scans, { replayable: false })];
    const answer = await bed.coordinator.run(planOf({ stages, result: concat }), await bed.context());
    expectCounting(await readBigints(answer), total);
    const [first, second] = bed.fleet.attempts.filter(({ attempt }) => attempt.includes('.0.1.'));
    expect(second!.worker).not.toBe(first!.worker);
    expect(answer.report().tasks).toBe(fileCount);
    expect(answer.report().retries).toBeGreaterThan(0);
    await bed.close();
  });

  it.each(['frames', 'files'] as const)('leaves its rows for others once, by %s', async (via) => {
    const bed = await makeTestBed({ allowedDirectories: [files.folder], faultOf: hung }, limits);
    const plan = joinPlan(producer(0, files.scans), producer(1, files.scans.slice(0, 1)), { via });
    const answer = await bed.coordinator.run(plan, await bed.context());
    const counts: bigint[] = [];
    for await (const batch of answer) counts.push(...bigints(batch, 1));
    const each = BigInt((total / 100) * (rowsPerFile / 100));
    expect(counts).toEqual(Array<bigint>(100).fill(each));
    const attempts = bed.fleet.attempts.filter(({ attempt }) => attempt.includes('.0.1.'));
    expect(attempts.length).toBeGreaterThan(1);
    await bed.close();
  });

  it('gives each row once when rows leave as they come', async () => {
    const bed = await makeTestBed({ allowedDirectories: [files.folder], faultOf: hung }, limits);
    const answer = await bed.coordinator.run(
      planOf({ stages: [stageOver(files.scans)], result: concat }),
      await bed.context(),
    );
    expectCounting(await readBigints(answer), total);
    await bed.close();
  });
});
