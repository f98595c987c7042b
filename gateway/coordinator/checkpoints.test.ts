import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../planner/plan/plan.ts';
import { planOf, settings, stageOver } from '../../testdata/harness/coordinator-bed.ts';
import type { RunInput } from '../../worker/protocol/messages.ts';
import { CheckpointStore } from './checkpoints.ts';

let folder: string;
let store: CheckpointStore;

const day = 24 * 3600 * 1000;
const open = (version = '1', maxBytes = 1000) => new CheckpointStore({ folder, version, maxBytes, maxAgeMs: day });
const plan = (sql = 'SELECT a, b FROM __scan0'): Plan =>
  planOf({
    stages: [
      stageOver([], { sql, tasks: [{ partition: 0, scans: [] }], exchange: { hashBy: [], partitions: 1, bytes: 1 } }),
    ],
    result: { kind: 'concat', stage: 0, limit: null, offset: 0 },
  });
const input: RunInput = {
  relation: '__in0',
  columns: [],
  files: [{ path: '/x', bytes: 1 }],
  partitions: null,
  frames: 0,
};

/** Runs a job whose only task leaves a file of so many bytes. */
async function keep(name: string, bytes = 10, of: CheckpointStore = store, how: 'well' | 'failed' = 'well') {
  const job = of.begin(name, plan(), settings);
  await job.ready();
  const path = join(job.folder, `${job.nonce}-0.parquet`);
  writeFileSync(path, 'x'.repeat(bytes));
  await job.save(0, 0, [input], { partitionRows: [3], file: { path, bytes }, frames: [], bytes });
  await job.end(how);
  return path;
}

/** What another run of the job finds. */
async function found(name: string, of: CheckpointStore = store, made: Plan = plan(), inputs = [input]) {
  const job = of.begin(name, made, settings);
  try {
    return await job.find(0, 0, inputs);
  } finally {
    await job.end('failed');
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-checkpoint-store-'));
  store = open();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('CheckpointStore', () => {
  it('finds what a task has left, in another life of the gateway too', async () => {
    const path = await keep('job');
    const output = { partitionRows: [3], file: { path, bytes: 10 }, frames: [], bytes: 10 };
    expect(await found('job')).toEqual(output);
    expect(await found('job', open())).toEqual(output);
    expect(await store.list()).toMatchObject([{ name: 'job', stage: 0, tasks: 1, ofTasks: 1, rows: 3, bytes: 10 }]);
  });

  it('takes nothing of another name, text, version, input or setting', async () => {
    await keep('job', 10, store, 'failed');
    expect(await found('other')).toBeUndefined();
    expect(await found('job', store, plan('SELECT b, a FROM __scan0'))).toBeUndefined();
    expect(await found('job', open('2'))).toBeUndefined();
    expect(await found('job', store, plan(), [{ ...input, files: [{ path: '/y', bytes: 1 }] }])).toBeUndefined();
    const job = store.begin('job', plan(), { ...settings, timeZone: 'Asia/Tokyo' });
    expect(await job.find(0, 0, [input])).toBeUndefined();
    await job.end('failed');
    const later = store.begin('job', plan(), { ...settings, statementTimeMicros: '1' });
    expect(await later.find(0, 0, [input])).toBeDefined();
    await later.end('failed');
  });

  it('takes no file that is gone, cut or described by half', async () => {
    const path = await keep('job');
    writeFileSync(path, 'short');
    expect(await found('job')).toBeUndefined();
    rmSync(path);
    expect(await found('job')).toBeUndefined();
    const jobFolder = join(folder, readdirSync(folder)[0]!);
    const task = readdirSync(jobFolder).find((name) => name.endsWith('.0.json'))!;
    writeFileSync(join(jobFolder, task), '{"version":1,');
    expect(await found('job')).toBeUndefined();
  });

  it('lets one query at a time have a name', async () => {
    const job = store.begin('job', plan(), settings);
    expect(() => store.begin('job', plan(), settings)).toThrow(expect.objectContaining({ sqlstate: '55006' }));
    await expect(store.drop('job')).rejects.toMatchObject({ sqlstate: '55006' });
    await job.end('failed');
    store.begin('job', plan(), settings);
  });

  it('forgets what another text has left when a job ends well, and everything that could not be read', async () => {
    const path = await keep('job');
    const other = store.begin('job', plan('SELECT 1'), settings);
    await other.ready();
    await other.end('well');
    expect(existsSync(path)).toBe(false);
    const lost = await keep('job');
    const job = store.begin('job', plan(), settings);
    await job.end('lost');
    expect(existsSync(lost)).toBe(false);
    expect(await store.list()).toEqual([]);
  });

  it('drops by name', async () => {
    await keep("it's");
    expect(await store.drop('other')).toBe(false);
    expect(await store.drop("it's")).toBe(true);
    expect(await store.list()).toEqual([]);
  });

  it('sweeps what is old, what is too much, and what no task has left', async () => {
    const path = await keep('old');
    writeFileSync(join(path, '../left-over.parquet'), '');
    await store.sweep(Date.now());
    expect(readdirSync(join(path, '..'))).toHaveLength(3);
    const jobFile = join(path, '../job.json');
    utimesSync(jobFile, new Date(), new Date(Date.now() - 3600 * 1000));
    await keep('new', 995);
    await store.sweep(Date.now());
    expect((await store.list()).map(({ name }) => name)).toEqual(['new']);
    await store.sweep(Date.now() + 2 * day);
    expect(await store.list()).toEqual([]);
  });
});
