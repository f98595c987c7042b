/** psql against a real gateway: testdata/clients/psql and single commands. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsFolder, hasProgram } from '../testdata/harness/client-tools.ts';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';

const execute = promisify(execFile);

describe.skipIf(!hasProgram('psql'))('psql', () => {
  let gateway: GatewayProcess;
  let flags: readonly string[];
  const psql = (...args: string[]) => execute('psql', [...flags, ...args], { timeout: 60_000 });

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('small')], workers: 1 });
    flags = ['-X', `host=127.0.0.1 port=${gateway.port} user=test dbname=sluice`];
  });
  afterAll(() => gateway?.stop());

  it('runs a script', async () => {
    const { stdout } = await psql('-f', join(clientsFolder, 'psql/statements.sql'));
    expect(stdout.split('\n')).toEqual([
      ...['Output format is unaligned.', '20000|3'],
      ...['CREATE TABLE', '1', '2', 'INSERT 0 2', 'BEGIN', 'DELETE 2', 'ROLLBACK', '1|one', '2|'],
      ...['1', 'DROP TABLE', 'SET', '2024-05-01 09:00:00+09', ''],
    ]);
  });

  it('runs several statements of one -c in one transaction', async () => {
    const text = 'CREATE TABLE gone (i INTEGER); INSERT INTO gone VALUES (1); SELECT * FROM nothing';
    await expect(psql('-c', text)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('nothing') });
    const { stdout } = await psql('-Atc', 'SELECT 1; SELECT 2; SELECT count(*) FROM users');
    expect(stdout).toBe('1\n2\n97\n');
    await expect(psql('-c', 'SELECT * FROM gone')).rejects.toMatchObject({ stderr: expect.stringContaining('gone') });
  });

  it('shows where an error is', async () => {
    const failed = psql('-v', 'VERBOSITY=verbose', '-c', 'SELECT idd FROM events');
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(/42703[\s\S]*LINE 1: SELECT idd[\s\S]*\^/),
    });
  });

  it('copies to and from files of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-psql-'));
    try {
      const file = join(folder, 'users.csv');
      await psql('-c', `\\copy users to '${file}' csv header`);
      expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(99);
      await psql('-c', 'CREATE TABLE copied AS SELECT * FROM users WHERE false');
      const { stdout } = await psql('-c', `\\copy copied from '${file}' with (format csv, header match)`);
      expect(stdout).toBe('COPY 97\n');
      const same = 'SELECT count(*) FROM (TABLE copied EXCEPT TABLE users)';
      expect((await psql('-Atc', same)).stdout).toBe('0\n');
      const query = await psql('-Atc', '\\copy (SELECT count(*) FROM events) to stdout');
      expect(query.stdout).toBe('20000\n');
      await writeFile(file, '1,2\n');
      const failed = psql('-v', 'VERBOSITY=verbose', '-c', `\\copy copied from '${file}' csv`);
      await expect(failed).rejects.toMatchObject({
        stderr: expect.stringMatching(/22P04[\s\S]*COPY copied, line 1: "1,2"/),
      });
    } finally {
      await psql('-c', 'DROP TABLE IF EXISTS copied');
      await rm(folder, { recursive: true });
    }
  });

  it('cancels with Ctrl-C', async () => {
    const child = spawn('psql', [...flags, '-At', '-v', 'VERBOSITY=verbose'], { stdio: 'pipe' });
    const ended = once(child, 'exit');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    const until = async (word: string) => {
      for (let waited = 0; !said.includes(word); waited += 10) {
        if (waited > 30_000) throw new Error(`psql did not say ${word}: ${said}`);
        await delay(10);
      }
    };
    // \\warn, since psql keeps back what it writes to a pipe.
    child.stdin.write('\\warn ready\nSELECT count(*) FROM range(10000000000) a, range(1000) b;\n');
    await until('ready');
    await delay(500);
    const started = performance.now();
    child.kill('SIGINT');
    await until('57014');
    expect(performance.now() - started).toBeLessThan(2_000);
    // It ends a script at Ctrl-C; nothing of it stays at the gateway.
    await ended;
    expect((await psql('-Atc', "SELECT 'after'")).stdout).toBe('after\n');
  });
});
