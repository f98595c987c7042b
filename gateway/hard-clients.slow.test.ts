/**
 * A hundred clients each that read slowly, say nothing, or vanish, all at once: the others are served, memory is bounded, and nothing is left
 * of them. How long the others' `SELECT 1` takes meanwhile is what `npm run bench clients` prints.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { HardClients, type HardKind, hardClientsTable, strangersOf } from '../testdata/harness/hard-clients.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';

const each = 100;
const mebibyte = 1024 * 1024;
const waitMs = 60_000;
/** What a session with a scan under way and full buffers may take. */
const bytesOfSession = 12 * mebibyte;
const authTimeoutMs = 3_000;
const strangers = strangersOf('silent', each);

describe('hard clients', () => {
  let gateway: GatewayProcess;
  let client: RawClient;

  beforeEach(async () => {
    const flags = ['--auth-timeout', `${authTimeoutMs}ms`, '--max-connections', String(3 * each + 20)];
    gateway = await GatewayProcess.start({ data: [await makeDataset('big')], workers: 2, flags });
    client = await RawClient.connect(gateway.port);
    await client.query(hardClientsTable);
    await client.query("INSERT INTO taken VALUES (0, 'mine')");
    await client.query('SELECT count(*) FROM big WHERE id < 1000');
  });
  afterEach(async () => {
    await client?.close();
    await gateway?.stop();
  });

  const counted = async (sql: string) => Number((await client.query(sql)).rows[0]![0]!.toString());
  const others = () =>
    counted(
      'SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IS NOT NULL AND client_port IS NOT NULL',
    );
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (const end = Date.now() + waitMs; Date.now() < end; await delay(100)) if (await holds()) return;
    throw new Error(`not within ${waitMs} ms: ${what}`);
  };

  /** What must hold when they are gone. */
  const nothingLeft = async (filesBefore: number) => {
    await until('the sessions are gone', async () => (await others()) === 0);
    expect(await counted('SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()')).toBe(0);
    expect(await counted('SELECT count(*) FROM pg_stat_progress_copy')).toBe(0);
    // Nobody committed.
    expect((await client.query('SELECT i, s FROM taken')).rows.map(String)).toEqual(['0,mine']);
    await until('the files are closed', async () => filesOf(await processes(gateway)) <= filesBefore + 4);
    const names = readdirSync(join(gateway.state, 'tmp'), { recursive: true }).map(String);
    expect(names.filter((name) => name.endsWith('.frames') || name.endsWith('.spool'))).toEqual([]);
  };

  /** As many queries over files at once as there are places, and more: none waits for one of those that are gone. */
  const placesFree = async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(gateway.port)));
    const answers = await Promise.all(clients.map((one) => one.query('SELECT count(*) FROM big WHERE id < 5000000')));
    for (const { rows } of answers) expect(rows[0]![0]!.toString()).toBe('5000000');
    await Promise.all(clients.map((one) => one.close()));
  };

  const run = async (
    counts: Readonly<Partial<Record<HardKind, number>>>,
    during: (hard: HardClients) => Promise<void>,
  ) => {
    const files = filesOf(await processes(gateway));
    const before = await gateway.residentBytes();
    const hard = HardClients.start(gateway.port, counts);
    try {
      await during(hard);
      const grown = (await gateway.residentBytes()) - before;
      console.log(`${JSON.stringify(counts)}: gateway grew by ${(grown / mebibyte).toFixed(0)} MiB`);
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(grown).toBeLessThan(total * bytesOfSession);
      expect(hard.told).toEqual([]);
    } finally {
      hard.stop();
    }
    await nothingLeft(files);
    await placesFree();
  };

  it('that read slowly hold back their queries and nobody else', async () => {
    await run({ slow: each }, async (hard) => {
      await until('all ask', async () => (await others()) === each);
      // What is not read is not made: it comes to an end.
      await until('the buffers are full', async () => {
        const early = await gateway.residentBytes();
        await delay(2_000);
        return (await gateway.residentBytes()) - early < 10 * mebibyte;
      });
      expect(hard.connected('slow')).toBe(each);
      await placesFree();
    });
  });

  it('that are silent before the log-in are sent away, and later ones stay', async () => {
    await run({ silent: each }, async (hard) => {
      await until('all who can have logged in', async () => (await others()) === each - strangers);
      await until('strangers are gone', async () => hard.connected('silent') === each - strangers);
      await delay(1_000);
      expect(hard.connected('silent')).toBe(each - strangers);
      await placesFree();
    });
  });

  it('that vanish leave nothing, again and again', async () => {
    await run({ vanishing: each }, async (hard) => {
      await until('all have vanished twice', async () => hard.vanished >= 2 * each);
      expect((await client.query('SELECT 1')).rows).toHaveLength(1);
    });
    await until('their queries have stopped', async () => {
      const before = ticksOf(await processes(gateway));
      await delay(1_000);
      return ticksOf(await processes(gateway)) - before < 20;
    });
  });

  it('of all three kinds at once', async () => {
    await run({ slow: each, silent: each, vanishing: each }, async (hard) => {
      await until('all have vanished', async () => hard.vanished >= each);
      expect((await client.query('SELECT count(*) FROM big WHERE id < 1000')).rows[0]![0]!.toString()).toBe('1000');
    });
  });
});

async function processes(gateway: GatewayProcess): Promise<readonly number[]> {
  return [gateway.process.pid!, ...(await gateway.workerPids())];
}

function filesOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}

/** Hundredths of a second of processor time. */
function ticksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}
