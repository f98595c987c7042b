/** Messages between gateway and worker that never arrive, while everything after them does. A real worker process, behind a proxy. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { SluiceError } from '../../planner/errors.ts';
import {
  concat,
  expectCounting,
  makeBed,
  makeFiles,
  planOf,
  readBigints,
  stageOver,
  type TestBed,
} from '../../testdata/harness/coordinator-bed.ts';
import { type Direction, FaultProxy } from '../../testdata/harness/fault-proxy.ts';
import { duckdbVersion } from '../../worker/engine/duckdb-version.ts';
import { HttpServer } from '../http/http-server.ts';
import { silentLog } from '../observe/log.ts';
import { JoinFleet } from './join-fleet.ts';
import { WorkerProcess } from './worker-process.ts';

const token = 'the secret of the fleet';
const memoryBytes = 512 * 1024 * 1024;
const rowsPerFile = 60_000;
const root = mkdtempSync(join(tmpdir(), 'lost-messages-'));
const log = silentLog();

let files: Awaited<ReturnType<typeof makeFiles>>;
let fleet: JoinFleet;
let http: HttpServer;
let proxy: FaultProxy;
let worker: WorkerProcess;
let bed: TestBed;
/** Why workers have left. */
const reasons: SluiceError[] = [];

beforeAll(async () => {
  files = await makeFiles(2, rowsPerFile);
  fleet = new JoinFleet({
    token,
    expected: 1,
    allowedDirectories: [files.folder],
    tempDirectory: join(root, 'tmp'),
    exchangeDirectory: join(root, 'exchange'),
    duckdbVersion: duckdbVersion(),
    heartbeatMs: 200,
    log,
  });
  fleet.subscribe((event) => {
    if (event.kind === 'left') reasons.push(event.reason);
  });
  http = new HttpServer({ host: '127.0.0.1', port: 0, door: fleet, notReady: () => null });
  proxy = await FaultProxy.start({ port: await http.listen(), seed: 1, webSockets: true });
  const url = `ws://127.0.0.1:${proxy.port}`;
  const options = { url, token, name: 'far', sluiceVersion: '0.0.0', slots: 2, memoryBytes, maxTempBytes: memoryBytes };
  worker = new WorkerProcess({
    program: resolve('dist/worker/main.js'),
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    log,
    onKeepsEnding: () => undefined,
    worker: () => ({ ...options, tempDirectory: null, allow: [], graceMs: 1000 }),
  });
  worker.start();
  bed = await makeBed(fleet, [files.folder], { backoffMs: 5, creditBytes: 64 * 1024 }, join(root, 'exchange'));
  await there();
});
afterEach(async () => {
  reasons.length = 0;
  await there();
});
afterAll(async () => {
  await bed.close();
  await worker.stop(4000);
  await proxy.stop();
  await fleet.stop();
  await http.close();
  await files.remove();
  rmSync(root, { recursive: true, force: true });
});

function there(): Promise<void> {
  return vi.waitFor(() => expect(fleet.workers()).toHaveLength(1), { timeout: 20_000, interval: 20 });
}

const lose = (direction: Direction) => proxy.strike({ kind: 'lose', direction, ms: 0 });

/** The connection ends since the numbers of messages differ, once: with a heartbeat, before or after the rows have come. */
async function expectCounted(): Promise<void> {
  await vi.waitFor(() => expect(reasons).not.toEqual([]), { timeout: 20_000, interval: 20 });
  expect(proxy.struck.splice(0).map(({ kind }) => kind)).toEqual(['lose']);
  expect(reasons).toHaveLength(1);
}

const rowsOf = async (sql?: string) => {
  const stage = stageOver(files.scans, sql === undefined ? {} : { sql });
  return bed.coordinator.run(planOf({ stages: [stage], result: concat }), await bed.context());
};

it('a task: it runs again', async () => {
  lose('down');
  expectCounting(await readBigints(await rowsOf()), 2 * rowsPerFile);
  await expectCounted();
});

it('the end of a task: it runs again', async () => {
  lose('up');
  expect(await readBigints(await rowsOf('SELECT a, b FROM __scan0 WHERE a < 0'))).toEqual([]);
  await expectCounted();
  expect(reasons[0]!.detail).toMatch(/messages have come, \d+ were sent/);
});

it.each(['down', 'up'] as const)('credit and rows in the middle (%s): every row comes once', async (direction) => {
  const answer = await rowsOf();
  let rows = 0n;
  let sum = 0n;
  for await (const batch of answer) {
    if (rows === 0n) lose(direction);
    rows += BigInt(batch.rowCount);
    const data = batch.columns[0] as { data: Uint8Array };
    const view = new DataView(data.data.buffer, data.data.byteOffset, data.data.byteLength);
    for (let row = 0; row < batch.rowCount; row++) sum += view.getBigInt64(row * 8, true);
  }
  const count = 2n * BigInt(rowsPerFile);
  expect([rows, sum]).toEqual([count, (count * (count - 1n)) / 2n]);
  await expectCounted();
});

it('a cancel: the worker is free for others soon', async () => {
  const context = await bed.context();
  const abort = new AbortController();
  const endless = stageOver(files.scans.slice(0, 1), {
    sql: 'SELECT count(*)::BIGINT AS a, max(b) AS b FROM __scan0, range(1000000000) x, range(1000) y',
  });
  const plan = planOf({ stages: [endless], result: concat });
  const answer = readBigints(await bed.coordinator.run(plan, { ...context, signal: abort.signal }));
  const ended = expect(answer).rejects.toThrow();
  await vi.waitFor(() => expect(fleet.workers()).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 100));
  lose('down');
  abort.abort();
  await ended;
  await expectCounted();
  await there();
  expectCounting(await readBigints(await rowsOf()), 2 * rowsPerFile);
});
