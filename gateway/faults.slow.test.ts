/** Faults in the middle of queries: killed workers, cancels. Real processes, ten million rows. */
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { readStream } from '../testdata/harness/read-slowly.ts';
import { lastQuery } from '../testdata/harness/run-cases.ts';

const rowCount = 10_000_000;
const aggregate = 'SELECT key % 1000 AS k, count(*), sum(amount), avg(amount) FROM big GROUP BY k ORDER BY k';

describe('faults', () => {
  let gateway: GatewayProcess;
  let client: RawClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('big')], workers: 2 });
    client = await RawClient.connect(gateway.port);
  });
  afterAll(async () => {
    await client?.close();
    await gateway?.stop();
  });

  async function workersAreBack(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if ((await gateway.workerPids()).length === 2) return;
      await delay(100);
    }
    throw new Error('the killed worker did not come back');
  }

  it('answers right when a worker is killed in the middle of a scattered aggregate', async () => {
    await client.query('SET sluice.strategy = direct');
    const expected = await client.query(aggregate);
    await client.query('SET sluice.strategy = two_phase');
    await client.query('SET sluice.partitions = 10');
    let retries = 0;
    for (let round = 0; round < 5; round++) {
      const answer = client.query(aggregate);
      await delay(20 + round * 30);
      process.kill((await gateway.workerPids())[round % 2]!, 'SIGKILL');
      expect((await answer).rows).toEqual(expected.rows);
      retries += (await lastQuery(client)).retries;
      await workersAreBack();
    }
    expect(retries).toBeGreaterThan(0);
  });

  it('goes on with the right rows when a worker is killed after half of ten million rows were read', async () => {
    await client.query('SET sluice.strategy = direct');
    client.socket.write(serialize.query('SELECT * FROM big'));
    const expected = await readStream(client, () => undefined);
    expect(expected.rows).toBe(rowCount);
    await client.query('SET sluice.strategy = pushdown');
    await client.query('SET sluice.partitions = 10');
    client.socket.write(serialize.query('SELECT * FROM big'));
    const answer = await readStream(client, (row) => {
      if (row !== rowCount / 2) return undefined;
      return gateway.workerPids().then((pids) => {
        for (const pid of pids) process.kill(pid, 'SIGKILL');
      });
    });
    expect(answer).toEqual(expected);
    expect((await lastQuery(client)).retries).toBeGreaterThan(0);
    await workersAreBack();
  });

  it.each(['direct', 'two_phase', 'gather'])(
    'a CancelRequest ends a long query on %s within 100 ms, and the session goes on',
    async (strategy) => {
      await client.query(`SET sluice.strategy = ${strategy}`);
      const long =
        'SELECT count(*), sum(a.amount) FROM big a JOIN big b ON a.key % 1000 = b.key % 1000 AND a.id <> b.id';
      const single = "SELECT sum(length(regexp_replace(repeat(label, 100), '[0-9]+.*w', label))) FROM big";
      const answer = client.query(strategy === 'two_phase' ? single : long);
      const outcome = answer.then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      );
      await delay(1000);
      const start = performance.now();
      await client.cancel();
      expect(await outcome).toBe('57014');
      const elapsed = performance.now() - start;
      console.log(`cancelled on ${strategy} after ${elapsed.toFixed(0)} ms`);
      expect((await client.query('SELECT 1')).rows).toHaveLength(1);
      await expectIdle(gateway);
    },
  );

  it('Ctrl-C in psql', async () => {
    const psql = spawn('psql', ['-X', '-h', '127.0.0.1', '-p', String(gateway.port), '-U', 'test', '-d', 'sluice'], {
      stdio: 'pipe',
    });
    let output = '';
    for (const stream of [psql.stdout, psql.stderr]) stream.on('data', (chunk) => (output += chunk));
    psql.stdin.write(
      'SET sluice.strategy = direct; SELECT count(*) FROM big a JOIN big b ON a.key % 1000 = b.key % 1000 AND a.id <> b.id;\n',
    );
    await delay(1500);
    psql.kill('SIGINT');
    psql.stdin.end("SELECT 'still here' AS word;\n");
    await new Promise((resolve) => psql.once('exit', resolve));
    expect(output).toContain('canceling statement due to user request');
    expect(output).toContain('still here');
    await expectIdle(gateway);
  });
});

/** Every DuckDB stands still: no process of the gateway's tree uses processor time over 300 ms. */
async function expectIdle(gateway: GatewayProcess): Promise<void> {
  const pids = [gateway.process.pid!, ...(await gateway.workerPids())];
  const used = () => pids.map((pid) => ticksOf(pid)).reduce((sum, ticks) => sum + ticks, 0);
  await delay(100);
  const before = used();
  await delay(300);
  expect(used() - before, 'processor time after the cancel, in ticks of 10 ms').toBeLessThan(15);
}

function ticksOf(pid: number): number {
  const fields = execFileSync('cat', [`/proc/${pid}/stat`])
    .toString()
    .split(') ')[1]!
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
