/** One worker process and how it ends; real processes. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { duckdbVersion } from '../../worker/engine/duckdb-version.ts';
import { runWorker } from '../../worker/main.ts';
import type { Run } from '../../worker/protocol/messages.ts';
import { HttpServer } from '../http/http-server.ts';
import { silentLog } from '../observe/log.ts';
import { JoinFleet } from './join-fleet.ts';
import { WorkerProcess } from './worker-process.ts';

const program = resolve('dist/worker/main.js');
const root = mkdtempSync(join(tmpdir(), 'worker-'));
const tempDirectory = join(root, 'temp');
const log = silentLog();
const fleet = new JoinFleet({
  token: 'secret',
  expected: 1,
  allowedDirectories: [],
  tempDirectory,
  exchangeDirectory: join(root, 'exchange'),
  duckdbVersion: duckdbVersion(),
  log,
});
const http = new HttpServer({ host: '127.0.0.1', port: 0, door: fleet, notReady: () => null });
let url = '';
beforeAll(async () => {
  url = `ws://127.0.0.1:${await http.listen()}`;
});
afterAll(async () => {
  await fleet.stop();
  await http.close();
  rmSync(root, { recursive: true, force: true });
});

const options = (name: string) => ({
  url,
  token: 'secret',
  name,
  sluiceVersion: '0.0.0',
  slots: 1,
  memoryBytes: 5e8,
  tempDirectory: null,
  maxTempBytes: 1e9,
  allow: [],
  graceMs: 5000,
});
const never = new AbortController().signal;
const task = (sql: string): Run => ({
  kind: 'run',
  attempt: sql.slice(0, 40),
  sql,
  columns: [{ name: 'x', type: 'BIGINT' }],
  scans: [],
  settings: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
  skipRows: 0,
  threads: 1,
  memoryBytes: 5e8,
  creditBytes: 1e6,
});
const named = (name: string) => fleet.workers().find((worker) => worker.name === name);
async function eventually<T>(check: () => T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = check();
    if (found !== undefined && found !== false) return found;
    await delay(25);
  }
  throw new Error('not in time');
}
/** A process that nobody has waited for yet (a zombie) is gone as well. */
const isAlive = (pid: number) =>
  /^[^Z\s]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim());

describe('a worker process', () => {
  it('ends when its parent is killed, in the middle of a task', async () => {
    const script = `
      const child = require('node:child_process').spawn(process.execPath, [process.argv[1]], { stdio: ['pipe', 'ignore', 'inherit'] });
      child.stdin.write(process.argv[2] + '\\n');
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', script, program, JSON.stringify(options('orphan'))]);
    const worker = await eventually(() => named('orphan'));
    const run = worker.run(task('SELECT count(*) FROM range(1000000000) a, range(1000) b'), never);
    const failed = expect(run.report).rejects.toMatchObject({ errorClass: 'infra' });
    await delay(50);
    parent.kill('SIGKILL');
    await failed;
    const started = performance.now();
    await eventually(() => !isAlive(worker.pid));
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('finishes its task on SIGTERM, then ends and leaves no folder; folders of dead workers are removed', async () => {
    const dead = join(tempDirectory, `sluice-worker-${hostname()}-999999999`);
    const others = join(tempDirectory, 'something else');
    for (const folder of [dead, others]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(dead, 'a'), 'x');
    const worker = new WorkerProcess({
      program,
      env: process.env,
      worker: () => options('polite'),
      log,
      onKeepsEnding: () => undefined,
    });
    worker.start();
    const link = await eventually(() => named('polite'));
    const run = link.run(task('SELECT sum(hash(i) % 7)::BIGINT AS x FROM range(30000000) r(i)'), never);
    await delay(100);
    const stopped = worker.stop(20_000);
    let rows = 0;
    for await (const batch of run) rows += batch.rowCount;
    expect(rows).toBe(1);
    await stopped;
    expect(isAlive(link.pid)).toBe(false);
    expect(readdirSync(tempDirectory)).toEqual(['something else']);
  });

  it('is started again with growing waits; its owner is told when that does not help', async () => {
    const broken = join(root, 'broken.mjs');
    writeFileSync(broken, "process.stdin.once('data', () => { console.error('no luck'); process.exit(7); });");
    const started = performance.now();
    let starts = 0;
    let told: (lastWords: string) => void = () => undefined;
    const lastWords = new Promise<string>((resolve) => {
      told = resolve;
    });
    const worker = new WorkerProcess({
      program: broken,
      env: process.env,
      worker: () => {
        starts++;
        return options('broken');
      },
      restart: { firstMs: 20, limitMs: 50, stableAfterMs: 60_000, quickEnds: 4 },
      log,
      onKeepsEnding: told,
    });
    worker.start();
    expect(await lastWords).toBe('no luck');
    expect(performance.now() - started).toBeGreaterThan(20 + 40 + 50);
    await eventually(() => starts > 5);
    await worker.stop(1000);
  });
});

describe('runWorker', () => {
  it('gives up when it is refused, and says why', async () => {
    const title = process.title;
    await expect(runWorker({ ...options('wrong'), token: 'x' }, never)).rejects.toMatchObject({
      sqlstate: '28000',
      message: 'worker refused: wrong token',
    });
    process.title = title;
  });

  it('tries again while there is no gateway, and ends when it is told to', async () => {
    const said: string[] = [];
    const stop = new AbortController();
    const ended = runWorker(
      { ...options('early'), url: 'ws://127.0.0.1:1', onEvent: (text) => said.push(text) },
      stop.signal,
    );
    await eventually(() => said.length >= 3);
    stop.abort();
    await ended;
    expect(said[0]).toContain('lost gateway 127.0.0.1:1: connect ECONNREFUSED');
  });
});
