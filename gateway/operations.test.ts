/** Trouble from outside, against real processes: files that change or are broken, a reader that stands still, a strange worker. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient, type WireError } from '../testdata/harness/raw-client.ts';
import { bearerHeader } from '../worker/protocol/bearer.ts';
import { type Hello, protocolVersion } from '../worker/protocol/messages.ts';

/** Processes are started: machines may be busy. */
vi.setConfig({ testTimeout: 120_000 });

const parts = 4;
const rowsPerPart = 100_000;
const root = mkdtempSync(join(tmpdir(), 'sluice-operations-'));
const data = join(root, 'data');
const spare = join(root, 'spare');

/** Files of table `parts`: each has one `generation` in all its rows; the generations differ in their bytes. */
async function makeFiles(): Promise<void> {
  for (const folder of ['data/parts', 'data/broken', 'data/clash', 'data/wide', 'spare']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const copy = (path: string, sql: string) => connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  for (let part = 0; part < parts; part++) {
    for (const generation of [1, 2]) {
      const sql = `SELECT ${part} AS part, ${generation} AS generation, hash(i + ${generation}) AS h FROM range(${rowsPerPart}) r(i)`;
      await copy(join(spare, `${generation}-${part}.parquet`), sql);
    }
    replace(`parts/${part}.parquet`, `1-${part}.parquet`);
  }
  await copy(join(data, 'broken/good.parquet'), 'SELECT 1 AS n');
  writeFileSync(join(data, 'broken/bad.parquet'), 'PAR1 this is not Parquet PAR1');
  await copy(join(data, 'clash/1.parquet'), 'SELECT 1 AS n');
  await copy(join(data, 'clash/2.parquet'), "SELECT DATE '2024-01-01' AS n");
  for (const [generation, letter] of ['x', 'y'].entries()) {
    const sql = `SELECT i, repeat('${letter}', 200) AS text FROM range(300000) r(i)`;
    await copy(join(spare, `wide-${generation + 1}.parquet`), sql);
  }
  replace('wide/1.parquet', 'wide-1.parquet');
  connection.closeSync();
  instance.closeSync();
}

/** Puts a copy of a spare file in the place of a data file, as careful writers do: by one rename. */
function replace(path: string, by: string): void {
  copyFileSync(join(spare, by), join(root, 'copy'));
  renameSync(join(root, 'copy'), join(data, path));
}

beforeAll(makeFiles);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const failure = (work: Promise<unknown>): Promise<WireError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: WireError) => error,
  );

describe.runIf(process.platform === 'linux')('files', () => {
  let gateway: GatewayProcess;
  let client: RawClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [data], workers: 2 });
    client = await RawClient.connect(gateway.port);
  });
  afterAll(async () => {
    await client?.close();
    await gateway?.stop();
  });

  it.each(['direct', 'two_phase', 'gather'])(
    'replaced while a query reads them: planned anew, %s',
    async (strategy) => {
      await client.query(`SET sluice.strategy = ${strategy}`);
      const sql = 'SELECT part, min(generation), max(generation), count(*), count(DISTINCT h) FROM parts GROUP BY part';
      let changed = 0;
      for (const [round, afterMs] of [5, 20, 50, 100].entries()) {
        const answer = client.query(sql);
        await delay(afterMs);
        for (let part = 0; part < parts; part += 2)
          replace(`parts/${part}.parquet`, `${2 - (round % 2)}-${part}.parquet`);
        const rows = await answer.then(
          (all) => all.rows,
          (error: WireError) => {
            expect(error.code).toBe('40001');
            changed++;
            return null;
          },
        );
        if (rows === null) continue;
        expect(rows).toHaveLength(parts);
        for (const [, least, most, count] of rows.map((row) => row.map(String))) {
          expect([least, Number(count)]).toEqual([most, rowsPerPart]);
        }
      }
      // Rows of a machine that hardly moves may have left by the time that the change is seen.
      expect(changed).toBeLessThan(2);
    },
  );

  it.each(['direct', 'pushdown'])('replaced after rows have left: 40001, %s', async (strategy) => {
    await client.query(`SET sluice.strategy = ${strategy}`);
    client.socket.write(serialize.query('SELECT * FROM wide'));
    while ((await client.next()).type !== 'D');
    client.socket.pause();
    replace('wide/1.parquet', 'wide-2.parquet');
    client.socket.resume();
    expect(await failure(client.answer())).toMatchObject({ code: '40001' });
    expect((await client.query('SELECT min(text) FROM wide')).rows[0]![0]!.toString()).toBe('y'.repeat(200));
    replace('wide/1.parquet', 'wide-1.parquet');
  });

  it('that are no Parquet: named', async () => {
    const error = await failure(client.query('SELECT * FROM broken'));
    expect(error.code).toBe('58030');
    expect(error.message).toContain('broken/bad.parquet');
    expect((await client.query('SELECT count(*) FROM parts')).rows[0]![0]!.toString()).toBe(
      String(parts * rowsPerPart),
    );
  });

  it('whose columns clash: 42804 with the column and both files', async () => {
    const error = await failure(client.query('SELECT * FROM clash'));
    expect(error.code).toBe('42804');
    const text = [...error.fields.values()].join(' ');
    for (const word of ['1.parquet', '2.parquet', '"n"']) expect(text).toContain(word);
  });
});

describe.runIf(process.platform === 'linux')('the process', () => {
  it('ends in time although a client does not read its answer, and starts again at once', async () => {
    const state = join(root, 'state');
    const first = await GatewayProcess.start({ data: [data], state, flags: ['--shutdown-grace', '500ms'] });
    const client = await RawClient.connect(first.port);
    await client.query('SET sluice.strategy = pushdown');
    client.socket.write(serialize.query('SELECT * FROM wide'));
    while ((await client.next()).type !== 'D');
    client.socket.pause();
    await delay(300);
    const workers = await first.workerPids();
    const started = performance.now();
    expect(await first.stop()).toBe(0);
    console.log(`stopped after ${(performance.now() - started).toFixed(0)} ms with a reader that stood still`);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(workers.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(existsSync(join(state, 'lock'))).toBe(false);
    client.socket.destroy();
    const second = await GatewayProcess.start({ data: [data], state, workers: 1 });
    const left = join(state, 'tmp/coordinator/left-over.frames');
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(left, 'of an answer');
    second.process.kill('SIGKILL');
    await delay(100);
    const third = await GatewayProcess.start({ data: [data], state, workers: 1 });
    const again = await RawClient.connect(third.port);
    expect((await again.query('SELECT count(*) FROM parts')).rows).toHaveLength(1);
    await again.close();
    expect(await third.stop()).toBe(0);
    expect(existsSync(left)).toBe(false);
    expect(readdirSync(join(state, 'tmp/workers'))).toEqual([]);
  });

  it('refuses a worker with another DuckDB and logs why', async () => {
    const gateway = await GatewayProcess.start({
      data: [data],
      workers: 0,
      flags: ['--token-file', writeToken()],
    });
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.httpPort}/fleet`, {
      headers: { authorization: bearerHeader('the token of this test') },
    });
    const answer = new Promise<string>((resolve, reject) => {
      socket.once('message', (text) => resolve(String(text)));
      socket.once('error', reject);
    });
    const hello: Hello = {
      kind: 'hello',
      protocolVersion,
      sluiceVersion: '0.0.0',
      duckdbVersion: 'v1.4.0',
      name: 'stranger',
      pid: 1,
      host: 'elsewhere',
      cores: 1,
      memoryBytes: 1e9,
      slots: 1,
    };
    socket.once('open', () => socket.send(JSON.stringify(hello)));
    expect(JSON.parse(await answer)).toMatchObject({ kind: 'refused' });
    socket.terminate();
    // The log comes through another pipe than the answer.
    await expect.poll(() => gateway.log).toMatch(/worker stranger has DuckDB v1\.4\.0, the gateway has v/);
    await gateway.stop();
  });
});

function writeToken(): string {
  const path = join(root, 'token');
  writeFileSync(path, 'the token of this test\n', { mode: 0o600 });
  return path;
}
