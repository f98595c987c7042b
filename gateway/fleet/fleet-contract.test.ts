/** What every fleet must do, with real worker processes. A new kind of fleet is one more entry in `rigs`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { errors, type SluiceError } from '../../planner/errors.ts';
import { duckdbVersion } from '../../worker/engine/duckdb-version.ts';
import { encodeFrame } from '../../worker/exchange/arrow-frames.ts';
import { bearerHeader } from '../../worker/protocol/bearer.ts';
import { encodeRowsFrame } from '../../worker/protocol/frames.ts';
import { type Hello, protocolVersion, type Run } from '../../worker/protocol/messages.ts';
import { sealedText, unsealedText } from '../../worker/protocol/sealed-text.ts';
import type { ColumnData } from '../../worker/rows/column-batch.ts';
import { sliceBatch } from '../../worker/rows/slice.ts';
import { HttpServer } from '../http/http-server.ts';
import { silentLog } from '../observe/log.ts';
import type { Fleet, FleetEvent, TaskRun, WorkerLink } from './fleet.ts';
import { JoinFleet } from './join-fleet.ts';
import { LocalFleet } from './local-fleet.ts';
import type { WorkerDoor } from './roster.ts';
import { WorkerProcess } from './worker-process.ts';

const program = resolve('dist/worker/main.js');
const root = mkdtempSync(join(tmpdir(), 'fleet-'));
const joinToken = 'the secret of the fleet';
const heartbeatMs = 400;
const slots = 2;
const memoryBytes = 1024 * 1024 * 1024;
const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
const log = silentLog();

interface Rig {
  readonly fleet: Fleet & WorkerDoor;
  /** Starts workers that the fleet does not start itself. */
  startOthers(url: string): void;
  stopOthers(): Promise<void>;
}

const exchangeDirectory = join(root, 'exchange');
const common = {
  allowedDirectories: [join(root, 'data')],
  exchangeDirectory,
  duckdbVersion: duckdbVersion(),
  heartbeatMs,
  log,
};

const rigs: Record<'local' | 'join', (count: number, url: () => string) => Rig> = {
  local: (count, url) => ({
    fleet: new LocalFleet({
      ...common,
      workers: count,
      program,
      env,
      url,
      slots,
      memoryBytes,
      maxTempBytes: memoryBytes,
      tempDirectory: join(root, 'local'),
      sluiceVersion: '0.0.0',
      joinToken,
    }),
    startOthers: () => undefined,
    stopOthers: async () => undefined,
  }),
  join: (count) => {
    const tempDirectory = join(root, 'join');
    const fleet = new JoinFleet({ ...common, token: joinToken, expected: count, tempDirectory });
    const worker = {
      token: joinToken,
      sluiceVersion: '0.0.0',
      slots,
      memoryBytes,
      maxTempBytes: memoryBytes,
      allow: [],
      graceMs: 1000,
    };
    let processes: readonly WorkerProcess[] = [];
    return {
      fleet,
      startOthers: (url) => {
        processes = Array.from({ length: count }, (_, n) => {
          const options = () => ({ ...worker, url, name: `join-${n + 1}`, tempDirectory: null });
          return new WorkerProcess({ program, env, log, onKeepsEnding: () => undefined, worker: options });
        });
        for (const process of processes) process.start();
      },
      stopOthers: async () => void (await Promise.all(processes.map((process) => process.stop(4000)))),
    };
  },
};

let attempts = 0;
const column = (name: string, type: string) => ({ name, type });
const task = (sql: string, more: Partial<Run> = {}): Run => ({
  kind: 'run',
  attempt: `q${attempts++}.0.0.0`,
  sql,
  columns: [column('x', 'BIGINT')],
  scans: [],
  settings: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
  skipRows: 0,
  threads: 1,
  memoryBytes: memoryBytes / slots,
  creditBytes: 1024 * 1024,
  ...more,
});
const never = new AbortController().signal;
const endless = 'SELECT count(*) FROM range(1000000000) a, range(1000) b';

async function countRows(run: TaskRun): Promise<number> {
  let rows = 0;
  for await (const batch of run) rows += batch.rowCount;
  return rows;
}
const failureOf = (run: TaskRun) =>
  countRows(run).then(
    () => {
      throw new Error('it ran');
    },
    (error: unknown) => error as SluiceError,
  );
async function eventually(check: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (check()) return;
    await delay(25);
  }
  throw new Error(`not in time: ${what}`);
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
async function firstValue(run: TaskRun): Promise<bigint> {
  for await (const { columns } of run) {
    const values = columns[0]!;
    if (values.kind !== 'fixed') throw new Error('not a fixed column');
    return new DataView(values.data.buffer, values.data.byteOffset).getBigInt64(0, true);
  }
  throw new Error('no rows');
}
/** Frames one after the other, then nothing for a while. */
async function* arriving(frames: readonly Uint8Array[], thenMs = 0): AsyncGenerator<Uint8Array> {
  for (const frame of frames) yield frame;
  await delay(thenMs, undefined, { ref: false });
}
async function* breaking(): AsyncGenerator<Uint8Array> {
  yield* arriving([], 10);
  throw errors.spoolFull(1);
}
const noRows = (column: ColumnData): ColumnData => sliceBatch({ rowCount: 1, columns: [column] }, 0, 0).columns[0]!;
const rssOf = (pid: number) =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;

describe.each(['local', 'join'] as const)('%s fleet', (kind) => {
  let rig: Rig;
  let http: HttpServer;
  let port = 0;
  const events: FleetEvent[] = [];
  const pids = new Set<number>();
  const worker = (index = 0): WorkerLink => rig.fleet.workers().filter(({ name }) => name !== 'rogue')[index]!;

  beforeAll(async () => {
    mkdirSync(join(root, 'data'), { recursive: true });
    rig = rigs[kind](2, () => `ws://127.0.0.1:${port}`);
    http = new HttpServer({ host: '127.0.0.1', port: 0, door: rig.fleet, notReady: () => null });
    port = await http.listen();
    rig.fleet.subscribe((event) => {
      events.push(event);
      if (event.kind === 'joined' && event.worker.name !== 'rogue') pids.add(event.worker.pid);
    });
    rig.startOthers(`ws://127.0.0.1:${port}`);
    await rig.fleet.start();
    await eventually(() => rig.fleet.workers().length === 2, 'two workers');
  });
  afterAll(async () => {
    await rig.stopOthers();
    await rig.fleet.stop();
    await http.close();
  });
  afterEach(() => eventually(() => rig.fleet.workers().length === 2, 'two workers again'));

  it('knows its workers', () => {
    expect(rig.fleet).toMatchObject({ kind, target: 2 });
    const names = rig.fleet.workers().map(({ name }) => name);
    expect(names.sort()).toEqual([`${kind}-1`, `${kind}-2`]);
    expect(worker()).toMatchObject({ slots, memoryBytes, local: true, sharesExchange: true, host: hostname() });
    const title = execFileSync('ps', ['-o', 'args=', '-p', String(worker().pid)], { encoding: 'utf8' });
    expect(title.trim()).toBe(`sluice worker ${worker().name}`);
  });

  it('shows no token in the arguments or the environment of a process', () => {
    const seen = execFileSync('ps', ['eww', '-o', 'args=', '-p', String(worker().pid)], { encoding: 'utf8' });
    expect(seen).not.toContain(joinToken);
  });

  it('runs a task and reports', async () => {
    const run = worker().run(task('SELECT i AS x FROM range(100000) r(i)', { skipRows: 10 }), never);
    expect(await countRows(run)).toBe(99_990);
    expect(await run.report).toMatchObject({ rows: 99_990, spooledBytes: expect.any(Number) });
  });

  it('runs as many tasks at a time as a worker has slots', async () => {
    const stop = new AbortController();
    const blocked = failureOf(worker().run(task(endless), stop.signal));
    const counts = await Promise.all(
      [1, 2, 3].map((n) => countRows(worker().run(task(`SELECT ${n}::BIGINT AS x`), never))),
    );
    expect(counts).toEqual([1, 1, 1]);
    stop.abort(errors.cancelled());
    expect(await blocked).toMatchObject({ errorClass: 'cancelled' });
  });

  it('takes rows from task to task, in files and in frames', async () => {
    const columns = [column('x', 'BIGINT'), column('h', 'HUGEINT')];
    const sql = 'SELECT i AS x, i::HUGEINT AS h FROM range(300000) r(i)';
    const path = join(exchangeDirectory, `rows-${kind}.parquet`);
    const partitions = 5;
    const wrote = worker(0).run(task(sql, { columns, exchange: { hashBy: ['x'], partitions, path } }), never);
    expect(await countRows(wrote)).toBe(0);
    const { exchange, rows } = await wrote.report;
    expect(rows).toBe(300_000);
    expect(exchange?.partitionRows).toHaveLength(partitions);
    const file = { path, bytes: exchange!.fileBytes };
    const sent = worker(1).run(task(sql, { columns, exchange: { hashBy: ['x'], partitions, path: null } }), never);
    const frames: Uint8Array[] = [];
    for await (const batch of sent) {
      const own = { ...batch, columns: batch.columns.slice(0, -1) };
      frames.push(encodeFrame(own), encodeFrame({ ...own, rowCount: 0, columns: own.columns.map(noRows) }));
    }
    expect((await sent.report).exchange).toEqual({ partitionRows: exchange!.partitionRows, fileBytes: 0 });
    const input = { columns, partitions: null, frames: 0, files: [] };
    const read = task(
      'SELECT (count(*) + sum((a.h <> b.h)::BIGINT))::BIGINT AS x FROM __in0 a JOIN __in1 b USING (x) WHERE a.x >= 0',
      {
        inputs: [
          { ...input, relation: '__in0', files: [file], partitions: [1, 2] },
          { ...input, relation: '__in1', frames: frames.length },
        ],
      },
    );
    const expected = exchange!.partitionRows[1]! + exchange!.partitionRows[2]!;
    expect(await firstValue(worker(1).run(read, never, arriving(frames)))).toBe(BigInt(expected));
    rmSync(path);
    const lost = await failureOf(worker(1).run({ ...read, attempt: `${read.attempt}1` }, never, arriving(frames)));
    expect(lost).toMatchObject({ errorClass: 'infra', sqlstate: '58P01' });
  });

  it('lets a task wait for its inputs without a slot, and cancels it there', async () => {
    const input = { relation: '__in0', columns: [column('x', 'BIGINT')], files: [], partitions: null, frames: 1 };
    const stop = new AbortController();
    const waiting = Array.from({ length: slots + 2 }, () =>
      failureOf(worker().run(task('SELECT x FROM __in0', { inputs: [input] }), stop.signal, arriving([], 60_000))),
    );
    expect(await countRows(worker().run(task('SELECT 1::BIGINT AS x'), never))).toBe(1);
    stop.abort(errors.cancelled());
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ errorClass: 'cancelled' });
    const failing = worker().run(task('SELECT x FROM __in0', { inputs: [input] }), never, breaking());
    expect(await failureOf(failing)).toMatchObject({ sqlstate: '53400' });
    const frame = encodeFrame({ rowCount: 0, columns: [] });
    for (const frames of [undefined, arriving([]), arriving([frame, frame])]) {
      const wrong = failureOf(worker().run(task('SELECT x FROM __in0', { inputs: [input] }), never, frames));
      expect(['internal', 'infra']).toContain((await wrong).errorClass);
    }
    expect(await countRows(worker().run(task('SELECT 1::BIGINT AS x'), never))).toBe(1);
  });

  it('gives user errors as they are, and the worker goes on', async () => {
    const nope = await failureOf(worker().run(task('SELECT nope'), never));
    expect(nope).toMatchObject({ errorClass: 'user', sqlstate: '42703' });
    const outside = await failureOf(worker().run(task("SELECT * FROM read_text('/etc/hostname')"), never));
    expect(outside).toMatchObject({ errorClass: 'user', sqlstate: '42501' });
    writeFileSync(join(root, 'data', 'a.csv'), 'x\n1\n');
    expect(await countRows(worker().run(task(`SELECT * FROM read_csv('${root}/data/a.csv')`), never))).toBe(1);
  });

  it('cancels in the middle, by signal and by leaving the loop', async () => {
    for (let round = 0; round < slots + 1; round++) {
      const stop = new AbortController();
      const run = worker().run(task(endless), stop.signal);
      const failed = failureOf(run);
      await delay(50);
      stop.abort(errors.shuttingDown());
      expect(await failed).toMatchObject({ sqlstate: '57P01' });
      await expect(run.report).rejects.toMatchObject({ sqlstate: '57P01' });
      for await (const batch of worker().run(task('SELECT i AS x FROM range(100000000) r(i)'), never)) {
        expect(batch.rowCount).toBeGreaterThan(0);
        break;
      }
    }
    // every slot would be taken for ever by a query that had not ended
    expect(await countRows(worker().run(task('SELECT 1::BIGINT AS x'), never))).toBe(1);
    const gone = new AbortController();
    gone.abort();
    expect(await failureOf(worker().run(task('SELECT 1::BIGINT AS x'), gone.signal))).toMatchObject({
      errorClass: 'cancelled',
    });
  });

  it('frees the slots although a reader is slow, within bounded memory, and loses no row', async () => {
    const sql = "SELECT i AS x, repeat('x', 100) AS s FROM range(400000) r(i)";
    const columns = [column('x', 'BIGINT'), column('s', 'VARCHAR')];
    const before = process.memoryUsage.rss();
    const workerBefore = rssOf(worker().pid);
    const slow = Array.from({ length: slots }, () =>
      worker().run(task(sql, { columns }), never)[Symbol.asyncIterator](),
    );
    for (const rows of slow) expect((await rows.next()).done).toBe(false);
    expect(await countRows(worker().run(task('SELECT 1::BIGINT AS x'), never))).toBe(1);
    expect(process.memoryUsage.rss() - before).toBeLessThan(60e6);
    expect(rssOf(worker().pid) - workerBefore).toBeLessThan(250e6);
    for (const rows of slow) {
      let next = 2048n;
      for (let item = await rows.next(); item.done !== true; item = await rows.next()) {
        const ids = item.value.columns[0]!;
        if (ids.kind !== 'fixed') throw new Error('not a fixed column');
        const view = new DataView(ids.data.buffer, ids.data.byteOffset, ids.data.byteLength);
        expect(view.getBigInt64(0, true)).toBe(next);
        next += BigInt(item.value.rowCount);
      }
      expect(next).toBe(400_000n);
    }
    expect(existsSync(join(root, kind))).toBe(true);
    const left = () => readdirSync(join(root, kind), { recursive: true, encoding: 'utf8' });
    await eventually(() => !left().some((name) => name.endsWith('.frames')), 'spool files are gone');
  });

  it('tells a killed worker as lost, and has it back', async () => {
    const victim = worker();
    const run = victim.run(task(endless), never);
    const failed = failureOf(run);
    await delay(50);
    events.length = 0;
    process.kill(victim.pid, 'SIGKILL');
    expect(await failed).toMatchObject({ errorClass: 'infra', sqlstate: '58000' });
    await expect(run.report).rejects.toMatchObject({ errorClass: 'infra' });
    expect(victim.closed.aborted).toBe(true);
    expect(await failureOf(victim.run(task('SELECT 1'), never))).toMatchObject({ errorClass: 'infra' });
    await eventually(() => rig.fleet.workers().length === 2, 'the worker is back');
    expect(events.map((event) => event.kind)).toEqual(['left', 'joined']);
    const back = rig.fleet.workers().find(({ name }) => name === victim.name);
    expect(back?.pid).not.toBe(victim.pid);
    expect(await countRows(back!.run(task('SELECT 1::BIGINT AS x'), never))).toBe(1);
  });

  it('finds a worker that hangs', async () => {
    const victim = worker(1);
    process.kill(victim.pid, 'SIGSTOP');
    const started = performance.now();
    expect(await failureOf(victim.run(task('SELECT 1::BIGINT AS x'), never))).toMatchObject({ errorClass: 'infra' });
    expect(performance.now() - started).toBeLessThan(heartbeatMs * 30);
    if (kind === 'join') process.kill(victim.pid, 'SIGCONT');
    await eventually(() => rig.fleet.workers().length === 2, 'the worker is back');
    if (kind === 'local') expect(isAlive(victim.pid)).toBe(false);
  });

  describe('peers that misbehave', () => {
    const dial = (token = joinToken) =>
      new WebSocket(`ws://127.0.0.1:${port}/fleet`, { headers: { authorization: bearerHeader(token) } });
    const hello: Hello = {
      kind: 'hello',
      protocolVersion,
      sluiceVersion: '0.0.0',
      duckdbVersion: duckdbVersion(),
      name: 'rogue',
      pid: 1,
      host: 'elsewhere',
      cores: 1,
      memoryBytes: 1e9,
      slots: 1,
    };
    const opened = (socket: WebSocket) =>
      new Promise<string>((resolve) => {
        socket.once('open', () => resolve('open'));
        socket.once('error', (error) => resolve(error.message));
      });
    const nextText = (socket: WebSocket) =>
      new Promise<string>((resolve) => {
        socket.once('message', (data) => resolve(String(data)));
        socket.once('close', (code) => resolve(`closed ${code}`));
      });

    it.each(['wrong', '', `${joinToken}x`, joinToken.slice(1)])('refuses the token "%s"', async (token) => {
      expect(await opened(dial(token))).toContain('401');
    });

    it.each([
      ['another DuckDB version', { ...hello, duckdbVersion: 'v1.4.0' }, /DuckDB v1\.4\.0, the gateway has v/],
      ['another protocol version', { ...hello, protocolVersion: 99, name: undefined }, /protocol version 99/],
      ['a malformed hello', { ...hello, slots: -1 }, /hello\.slots/],
      ['another message', { kind: 'done' }, /malformed/],
    ])('refuses %s', async (_what, message, reason) => {
      const socket = dial();
      await opened(socket);
      socket.send(JSON.stringify(message));
      const answer = JSON.parse(await nextText(socket));
      expect(answer.kind).toBe('refused');
      expect(answer.error.message).toMatch(reason);
      expect(rig.fleet.workers()).toHaveLength(2);
    });

    it('refuses one that does not answer the welcome', async () => {
      for (const answer of [JSON.stringify(hello), 'x'.repeat(100_000), '{"kind":"storage"}']) {
        const socket = dial();
        await opened(socket);
        const welcomed = nextText(socket);
        socket.send(JSON.stringify(hello));
        expect(JSON.parse(unsealedText(await welcomed)).kind).toBe('welcome');
        socket.send(answer);
        expect(JSON.parse(await nextText(socket)).kind).toBe('refused');
        expect(rig.fleet.workers()).toHaveLength(2);
      }
    });

    it('refuses a hello that is too long or not text', async () => {
      for (const data of ['x'.repeat(100_000), Buffer.alloc(10)]) {
        const socket = dial();
        await opened(socket);
        socket.send(data);
        expect(await nextText(socket)).toContain('refused');
      }
    });

    const done = (attempt: string, sent: { readonly rows: number; readonly bytes: number }) =>
      sealedText({ kind: 'done', attempt, report: { ...sent, elapsedMs: 0, spooledBytes: 0 } });
    const breaches: readonly (readonly [string, (attempt: string) => string | Buffer | readonly Buffer[]])[] = [
      ['text that is not JSON', () => '{'],
      [
        'a message without its checksum',
        (attempt) => JSON.stringify({ kind: 'failed', attempt, error: errors.cancelled() }),
      ],
      ['an unknown kind', () => '{"kind":"gossip"}'],
      ['hello twice', () => sealedText({ ...hello, kind: 'hello' })],
      ['storage twice', () => sealedText({ kind: 'storage', exchangeMarker: null })],
      ['a malformed report', (attempt) => done(attempt, { rows: -1, bytes: 0 })],
      ['the end of a task without all of its rows', (attempt) => done(attempt, { rows: 1, bytes: 8 })],
      ['binary rubbish', () => Buffer.from('rubbish that is long enough')],
      ['a frame that is cut', (attempt) => encodeRowsFrame(attempt, 0, Buffer.alloc(100)).subarray(0, 90)],
      ['a frame out of order', (attempt) => encodeRowsFrame(attempt, 1, Buffer.alloc(8))],
      ['rows that are no Arrow', (attempt) => encodeRowsFrame(attempt, 0, Buffer.alloc(64, 7))],
      [
        'rows without credit',
        (attempt) => [0, 1, 2].map((sequence) => encodeRowsFrame(attempt, sequence, Buffer.alloc(600_000))),
      ],
    ];
    it.each(breaches)('ends the connection of one that sends %s', async (_what, make) => {
      const socket = dial();
      await opened(socket);
      const welcomed = nextText(socket);
      socket.send(JSON.stringify(hello));
      expect(JSON.parse(unsealedText(await welcomed))).toMatchObject({
        kind: 'welcome',
        heartbeatMs,
        exchangeDirectory,
      });
      expect(rig.fleet.workers()).toHaveLength(2);
      socket.send(sealedText({ kind: 'storage', exchangeMarker: 'guessed' }));
      await eventually(() => rig.fleet.workers().length === 3, 'the rogue is in');
      const rogue = rig.fleet.workers().find(({ name }) => name === 'rogue')!;
      expect(rogue).toMatchObject({ local: false, sharesExchange: false });
      const run = task('SELECT 1');
      socket.send(encodeRowsFrame('nobody.0.0.0', 0, Buffer.alloc(8)));
      const failed = failureOf(rogue.run(run, never));
      const messages = make(run.attempt);
      for (const message of Array.isArray(messages) ? messages : [messages]) socket.send(message as string | Buffer);
      expect(await failed).toMatchObject({ errorClass: 'infra' });
      await eventually(() => rogue.closed.aborted && rig.fleet.workers().length === 2, 'the rogue is out');
    });
  });

  it('leaves no process and no file behind', async () => {
    const running = rig.fleet.workers().map((link) => failureOf(link.run(task(endless), never)));
    await delay(50);
    await rig.stopOthers();
    await rig.fleet.stop();
    for (const error of await Promise.all(running)) expect(['infra', 'cancelled']).toContain(error.errorClass);
    expect(rig.fleet.workers()).toEqual([]);
    expect([...pids].filter(isAlive)).toEqual([]);
    expect(existsSync(join(root, kind)) ? readdirSync(join(root, kind)) : []).toEqual([]);
    // the workers are gone for good; the hook after each test waits for two
    rig = rigs[kind](2, () => `ws://127.0.0.1:${port}`);
    await http.close();
    http = new HttpServer({ host: '127.0.0.1', port: 0, door: rig.fleet, notReady: () => null });
    port = await http.listen();
    rig.startOthers(`ws://127.0.0.1:${port}`);
    await rig.fleet.start();
  });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));
