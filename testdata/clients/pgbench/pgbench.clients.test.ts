/** pgbench on a real gateway: its tables, its transaction, several clients at once, scripts of its own, in each protocol. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsFolder, hasProgram } from '../../harness/client-tools.ts';
import { makeDataset } from '../../harness/dataset.ts';
import { GatewayProcess } from '../../harness/gateway-process.ts';
import { RawClient } from '../../harness/raw-client.ts';

const execute = promisify(execFile);
/** Debian has it beside the server, not on the path. */
const program = ['/usr/lib/postgresql/15/bin/pgbench'].find((path) => existsSync(path)) ?? 'pgbench';
const transactions = 25;
const runTimeoutMs = 300_000;

const sumsSql = `SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers),
  (SELECT sum(bbalance) FROM pgbench_branches), sum(delta), count(*) FROM pgbench_history`;

describe.skipIf(!hasProgram(program))('pgbench', () => {
  let gateway: GatewayProcess;
  let client: RawClient;
  let done = 0;

  const run = async (...options: string[]) => {
    const connection = ['-h', '127.0.0.1', '-p', String(gateway.port), '-U', 'test'];
    const { stdout, stderr } = await execute(program, [...connection, ...options, 'sluice'], { timeout: runTimeoutMs });
    return stdout + stderr;
  };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('small')], workers: 1 });
    client = await RawClient.connect(gateway.port);
    await run('-i', '-I', 'dtgvpf', '-s', '1');
  });
  afterAll(async () => {
    await client?.close();
    await gateway?.stop();
  });

  it('makes its tables in the server, with foreign keys, and again', async () => {
    expect(await run('-i', '-I', 'dtGvpf', '-s', '1')).toContain('creating foreign keys');
    const { rows } = await client.query('SELECT count(*), count(DISTINCT aid) FROM pgbench_accounts');
    expect(rows[0]!.map(String)).toEqual(['100000', '100000']);
  });

  it.each(['simple', 'extended', 'prepared'])('keeps its balances in the protocol: %s', async (protocol) => {
    const told = await run(
      '-n',
      '-M',
      protocol,
      '-c',
      '3',
      '-j',
      '2',
      '-t',
      String(transactions),
      '--max-tries',
      '100',
    );
    expect(told).toContain(`processed: ${3 * transactions}/${3 * transactions}`);
    done += 3 * transactions;
    const { rows } = await client.query(sumsSql);
    const [accounts, tellers, branches, history, count] = rows[0]!.map(String);
    expect([tellers, branches, history]).toEqual([accounts, accounts, accounts]);
    expect(Number(count)).toBe(done);
  });

  it.each(['simple', 'extended', 'prepared'])('reads in the protocol: %s', async (protocol) => {
    expect(await run('-n', '-S', '-M', protocol, '-c', '4', '-t', '50')).toContain('processed: 200/200');
    for (const name of protocol === 'simple' ? ['events'] : ['events', 'pipeline']) {
      const script = join(clientsFolder, `pgbench/${name}.sql`);
      expect(await run('-n', '-f', script, '-M', protocol, '-c', '2', '-t', '20')).toContain('processed: 40/40');
    }
  });
});
