/** Many clients, slow clients, long answers: memory stays bounded and short queries stay short. Figures are printed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { readStream } from '../testdata/harness/read-slowly.ts';

const MiB = 1024 * 1024;

describe('limits', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('big')], workers: 2 });
  });
  afterAll(async () => {
    await gateway?.stop();
  });

  it.each(['direct', 'pushdown'])(
    'streams ten million rows to a slow reader on %s with bounded memory',
    async (strategy) => {
      const client = await RawClient.connect(gateway.port);
      await client.query(`SET sluice.strategy = ${strategy}`);
      client.socket.write(serialize.query('SELECT * FROM big LIMIT 100000'));
      await readStream(client, () => undefined);
      const before = await gateway.residentBytes();
      let most = before;
      client.socket.write(serialize.query('SELECT * FROM big'));
      const answer = await readStream(client, (row) => {
        if (row % 250_000 !== 0) return undefined;
        client.socket.pause();
        return delay(200).then(async () => {
          most = Math.max(most, await gateway.residentBytes());
          client.socket.resume();
        });
      });
      console.log(`${strategy}: gateway grew by ${((most - before) / MiB).toFixed(0)} MiB`);
      expect(answer.rows).toBe(10_000_000);
      expect(most - before).toBeLessThan(100 * MiB);
      await client.close();
    },
  );

  it('answers 200 connections at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const client = await RawClient.connect(gateway.port);
        const answer = await client.query(`SELECT count(*) + ${index} FROM big WHERE id < ${index}`);
        await client.close();
        return Number(answer.rows[0]![0]!.toString());
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => 2 * index));
  });

  it('keeps SELECT 1 and log-ins quick while 16 long queries run or queue', async () => {
    const long = 'SELECT count(*) FROM big a JOIN big b ON a.key % 1000 = b.key % 1000 AND a.id <> b.id';
    const busy = await Promise.all(Array.from({ length: 16 }, () => RawClient.connect(gateway.port)));
    const outcomes = busy.map((client) => client.query(long).catch((error: Error) => error));
    await delay(1000);
    const client = await RawClient.connect(gateway.port);
    const pings = await timesOf(200, () => client.query('SELECT 1'));
    const fresh = await timesOf(50, (run) => client.query(`SELECT 1 + ${run}`));
    const logins = await timesOf(20, async () => (await RawClient.connect(gateway.port)).close());
    console.log(
      `under 16 long queries: SELECT 1 ${summary(pings)}; SELECT 1 + n ${summary(fresh)}; log-in and out ${summary(logins)}`,
    );
    expect(at(pings, 0.99)).toBeLessThan(1000);
    expect(at(logins, 1)).toBeLessThan(2000);
    await Promise.all(busy.map((each) => each.cancel()));
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ code: '57014' });
    await Promise.all([...busy, client].map((each) => each.close()));
  });

  it('connects and disconnects 1,000 times without a leak', async () => {
    const round = async (count: number) => {
      for (let run = 0; run < count; run++) await visit(gateway, run);
    };
    await round(200);
    const before = await settled(gateway);
    await round(1000);
    const after = await settled(gateway);
    const grown = after.bytes - before.bytes;
    console.log(
      `1,000 connections: gateway grew by ${(grown / MiB).toFixed(1)} MiB, its workers by ` +
        `${((after.workerBytes - before.workerBytes) / MiB).toFixed(1)} MiB; open files ${before.files} -> ${after.files}`,
    );
    expect(grown).toBeLessThan(50 * MiB);
    expect(after.workerBytes - before.workerBytes).toBeLessThan(100 * MiB);
    expect(after.files).toBeLessThanOrEqual(before.files + 2);
    expect(after.spooled).toEqual([]);
  });
});

/** A client that reads five rows of ten million, has work at a worker every second time, and leaves without a word every other time. */
async function visit(gateway: GatewayProcess, run: number): Promise<void> {
  const client = await RawClient.connect(gateway.port);
  await client.query(`SET sluice.strategy = ${run % 4 < 2 ? 'direct' : 'pushdown'}`);
  await client.query('SELECT count(*) FROM big WHERE id < 10');
  client.socket.write(
    Buffer.concat([
      serialize.parse({ text: 'SELECT id FROM big' }),
      serialize.bind(),
      serialize.execute({ rows: 5 }),
      serialize.flush(),
    ]),
  );
  while ((await client.next()).type !== 's');
  if (run % 2 === 0) client.socket.destroy();
  else await client.close();
}

/** What the processes hold when nothing runs. */
async function settled(gateway: GatewayProcess) {
  await delay(2000);
  const workers = await gateway.workerPids();
  const workerBytes = workers.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const files = [gateway.process.pid!, ...workers].reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
  const names = readdirSync(join(gateway.state, 'tmp'), { recursive: true }).map(String);
  return {
    bytes: await gateway.residentBytes(),
    workerBytes,
    files,
    spooled: names.filter((name) => name.endsWith('.frames')),
  };
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** Milliseconds of each run, shortest first. */
async function timesOf(count: number, work: (run: number) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < count; run++) {
    const start = performance.now();
    await work(run);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

/** The value that `share` of the sorted values don't exceed. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

function summary(sorted: readonly number[]): string {
  return `p50 ${at(sorted, 0.5).toFixed(1)} ms, p99 ${at(sorted, 0.99).toFixed(1)} ms, worst ${at(sorted, 1).toFixed(1)} ms`;
}
