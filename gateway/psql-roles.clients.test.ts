/** Roles and privileges through psql: the same statements and commands on a real gateway and a real PostgreSQL 15. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { clientsFolder, hasProgram } from '../testdata/harness/client-tools.ts';
import { freePort, GatewayProcess } from '../testdata/harness/gateway-process.ts';

const execute = promisify(execFile);
const commands = readFileSync(join(clientsFolder, 'psql/roles-commands.txt'), 'utf8').trim().split('\n');
const schema = join(clientsFolder, 'psql/roles-schema.sql');

/** The superuser has another name, by which rows are sorted, and columns are as wide as names; places in the text are not told. */
function comparable(text: string): string {
  return text
    .replace(/^LINE 1: .*\n *\^\n/m, '')
    .replace(/\btest\b/g, 'sluice')
    .replace(/ {2,}/g, ' ')
    .replace(/-{2,}/g, '-')
    .replace(/\+ \|/g, '|')
    .replace(/^DETAIL: +/m, '')
    .split('\n')
    .sort()
    .join('\n');
}

describe.skipIf(!hasProgram('psql'))('psql on roles', () => {
  let gateway: GatewayProcess;
  let postgres: PostgresServer | null;
  const run = async (port: number, user: string, ...args: string[]) => {
    const connection = `host=127.0.0.1 port=${port} user=${user} dbname=roles`;
    const outcome = await execute('psql', ['-X', connection, ...args], { timeout: 60_000 }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return outcome.stdout + outcome.stderr;
  };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [], workers: 1 });
    postgres = await startPostgres(await freePort());
    expect(await run(gateway.port, 'sluice', '-q', '-v', 'ON_ERROR_STOP=1', '-f', schema)).toBe('');
    if (postgres === null) return;
    const base = `host=127.0.0.1 port=${postgres.port} user=test dbname=postgres`;
    await execute('psql', ['-X', base, '-c', 'CREATE DATABASE roles']);
    expect(await run(postgres.port, 'test', '-q', '-v', 'ON_ERROR_STOP=1', '-f', schema)).toBe('');
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });

  it.each(commands)('%s says what PostgreSQL says', async (command) => {
    const parts = command.split(/; (?=[A-Z])/).flatMap((part) => ['-c', part]);
    const told = comparable(await run(gateway.port, 'sluice', ...parts));
    expect(told).not.toBe('');
    if (postgres !== null) expect(told).toBe(comparable(await run(postgres.port, 'test', ...parts)));
  });
});
