/** Faults in the middle of queries: killed workers, cancels. Real processes, ten million rows. Measured times are printed. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
/** Minutes on any machine, on the coordinator; without a file the same on a worker. */
const longJoin = 'SELECT count(*), sum(a.amount) FROM big a JOIN big b ON a.key % 1000 = b.key % 1000 AND a.id <> b.id';
const longTexts = "regexp_replace(repeat(label, 100), '[0-9]+.*w', label)";
/** Worker ends in a row are followed by longer and longer waits, up to 10 s. */
const backWithinMs = 30_000;
const cancelledWithinMs = 2_000;
const stillWithinMs = 2_000;

function inMs(times: readonly number[]): string {
  return times.map((ms) => ms.toFixed(0)).join(', ');
}

/** One string for a whole answer: a diff of a thousand rows of bytes helps nobody. */
async function answerText(client: RawClient, sql: string): Promise<string> {
  const { rows } = await client.query(sql);
  return rows.map((row) => row.map(String).join()).join('\n');
}

/** Those that were killed are gone, and so many live again. */
async function workersAreBack(gateway: GatewayProcess, count: number, killed: readonly number[]): Promise<void> {
  let pids: readonly number[] = [];
  for (const until = Date.now() + backWithinMs; Date.now() < until; await delay(50)) {
    pids = await gateway.workerPids();
    if (pids.length === count && !pids.some((pid) => killed.includes(pid))) return;
  }
  throw new Error(`the killed workers ${killed.join()} did not come back: there are ${pids.join()}`);
}

/** Returns the process ids of those that were killed. */
async function killWorkers(gateway: GatewayProcess, which: (index: number) => boolean): Promise<readonly number[]> {
  const pids = (await gateway.workerPids()).filter((_, index) => which(index));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids;
}

/** Kills while `sql` runs, at a different moment each round; the answer must be `expected` each time. Returns the retries. */
async function killWhileRunning(
  gateway: GatewayProcess,
  client: RawClient,
  expected: string,
  rounds: readonly { readonly afterMs: number; readonly which: (index: number) => boolean }[],
): Promise<number> {
  let retries = 0;
  const workers = (await gateway.workerPids()).length;
  for (const { afterMs, which } of rounds) {
    const answer = answerText(client, aggregate);
    await delay(afterMs);
    const killed = await killWorkers(gateway, which);
    expect((await answer) === expected, `the answer after a kill at ${afterMs} ms is the right one`).toBe(true);
    retries += (await lastQuery(client)).retries;
    await workersAreBack(gateway, workers, killed);
  }
  return retries;
}

async function force(client: RawClient, strategy: string, partitions = 10): Promise<void> {
  await client.query(`SET sluice.strategy = ${strategy}`);
  await client.query(`SET sluice.partitions = ${partitions}`);
}

/** Reads all of `big`; all workers are killed when half of it was read, and come back. */
async function readAndKill(gateway: GatewayProcess, client: RawClient) {
  const workers = (await gateway.workerPids()).length;
  let killed: readonly number[] = [];
  const kill = async () => {
    killed = await killWorkers(gateway, () => true);
  };
  client.socket.write(serialize.query('SELECT * FROM big'));
  const answer = await readStream(client, (row) => (row === rowCount / 2 ? kill() : undefined));
  await workersAreBack(gateway, workers, killed);
  return answer;
}

describe('two workers', () => {
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

  it.each(['two_phase', 'gather'])('killed in the middle of a scattered aggregate on %s', async (strategy) => {
    await force(client, 'direct');
    const expected = await answerText(client, aggregate);
    await force(client, strategy);
    const one = [20, 80, 150, 300].map((afterMs, round) => ({
      afterMs,
      which: (index: number) => index === round % 2,
    }));
    const both = [50, 250].map((afterMs) => ({ afterMs, which: () => true }));
    const retries = await killWhileRunning(gateway, client, expected, [...one, ...both]);
    console.log(`${strategy}: ${retries} retries over ${one.length + both.length} kills`);
    expect(retries).toBeGreaterThan(0);
  });

  it('both killed after half of ten million rows were read', async () => {
    await force(client, 'direct');
    client.socket.write(serialize.query('SELECT * FROM big'));
    const expected = await readStream(client, () => undefined);
    expect(expected.rows).toBe(rowCount);
    await force(client, 'pushdown');
    expect(await readAndKill(gateway, client)).toEqual(expected);
    expect((await lastQuery(client)).retries).toBeGreaterThan(0);
  });

  it.each([
    ['direct', longJoin],
    ['two_phase', `SELECT key % 10, sum(length(${longTexts})) FROM big GROUP BY 1`],
    ['gather', longJoin],
    ['pushdown', `SELECT id FROM big WHERE length(${longTexts}) < 0`],
  ])('CancelRequest on %s: 57014, every DuckDB stops, the session goes on', async (strategy, sql) => {
    await force(client, strategy);
    const times: number[] = [];
    const still: number[] = [];
    for (let round = 0; round < 3; round++) {
      const outcome = client.query(sql).then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      );
      await delay(500 + round * 300);
      const start = performance.now();
      await client.cancel();
      expect(await outcome).toBe('57014');
      times.push(performance.now() - start);
      still.push(await stillAfter(gateway, start));
      expect((await client.query('SELECT 1')).rows).toHaveLength(1);
    }
    console.log(`${strategy}: cancelled after ${inMs(times)} ms, still after ${inMs(still)} ms`);
    expect(Math.max(...times)).toBeLessThan(cancelledWithinMs);
  });

  it('Ctrl-C in psql', async () => {
    const command = `psql -X -P pager=off -h 127.0.0.1 -p ${gateway.port} -U test -d sluice`;
    // On a terminal of its own: without one psql ends at Ctrl-C.
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
    let output = '';
    const seen = async (text: string) => {
      for (const until = Date.now() + 10_000; !output.includes(text) && Date.now() < until; ) await delay(2);
      expect(output).toContain(text);
    };
    for (const stream of [terminal.stdout, terminal.stderr]) stream.on('data', (chunk) => (output += chunk));
    terminal.stdin.write('SET sluice.strategy = direct;\n');
    await seen('SET\r\n');
    terminal.stdin.write(`${longJoin};\n`);
    await delay(1000);
    const start = performance.now();
    terminal.stdin.write('\x03');
    await seen('canceling statement due to user request');
    const answered = performance.now() - start;
    console.log(
      `Ctrl-C in psql: answered after ${inMs([answered])} ms, still after ${inMs([await stillAfter(gateway, start)])} ms`,
    );
    terminal.stdin.write("SELECT 'still ' || 'here' AS word;\n");
    await seen('still here');
    terminal.stdin.write('\\q\n');
    await new Promise((resolve) => terminal.once('exit', resolve));
  });
});

describe('one worker with one slot', () => {
  let gateway: GatewayProcess;
  let client: RawClient;

  beforeAll(async () => {
    const flags = ['--worker-slots', '1'];
    gateway = await GatewayProcess.start({ data: [await makeDataset('big')], workers: 1, flags });
    client = await RawClient.connect(gateway.port);
  });
  afterAll(async () => {
    await client?.close();
    await gateway?.stop();
  });

  it.each(['two_phase', 'gather'])('killed in the middle of a scattered aggregate on %s', async (strategy) => {
    await force(client, 'direct');
    const expected = await answerText(client, aggregate);
    await force(client, strategy);
    const rounds = [50, 200, 400].map((afterMs) => ({ afterMs, which: () => true }));
    const retries = await killWhileRunning(gateway, client, expected, rounds);
    console.log(`${strategy}, one slot: ${retries} retries over ${rounds.length} kills`);
    expect(retries).toBeGreaterThan(0);
  });

  it('killed after half of ten million rows were read', async () => {
    await force(client, 'pushdown');
    const answer = await readAndKill(gateway, client);
    expect((await lastQuery(client)).retries).toBeGreaterThan(0);
    await force(client, 'direct');
    client.socket.write(serialize.query('SELECT * FROM big'));
    expect(answer).toEqual(await readStream(client, () => undefined));
  });
});

/**
 * Waits until every DuckDB stands still: over a window of 50 ms the processes of the gateway's tree use next to no processor time. Returns
 * when that window began, in ms after `since`. DuckDB ends the build of a hash table before it looks at an interrupt.
 */
async function stillAfter(gateway: GatewayProcess, since: number): Promise<number> {
  const pids = [gateway.process.pid!, ...(await gateway.workerPids())];
  const used = () => pids.map((pid) => ticksOf(pid)).reduce((sum, ticks) => sum + ticks, 0);
  for (let start = performance.now(); start < since + stillWithinMs; start = performance.now()) {
    const before = used();
    await delay(50);
    if (used() - before <= 1) return start - since;
  }
  throw new Error(`a DuckDB still ran ${stillWithinMs} ms after the cancel`);
}

/** Processor time of a process so far, in ticks of 10 ms. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
