/** psql's \d family, each command against a real gateway and a real PostgreSQL 15 with the same schema. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { clientsFolder, hasProgram, runReport } from '../testdata/harness/client-tools.ts';
import { freePort, GatewayProcess } from '../testdata/harness/gateway-process.ts';

const execute = promisify(execFile);
const commands = readFileSync(join(clientsFolder, 'psql/catalog-commands.txt'), 'utf8').trim().split('\n');
const schema = join(clientsFolder, 'psql/catalog-schema.sql');

/** The one entry of the catalogs that PostgreSQL 15.20 has and 15.18 has not: its line in `\dfS`, and the count of lines. */
const newFunction = /^.*\| binary_upgrade_set_next_attribute_versions \|.*\n/m;
const rowCount = /^\((\d+) rows\)$/m;

function withoutNewFunction(text: string): string {
  if (!newFunction.test(text)) return text;
  return text.replace(newFunction, '').replace(rowCount, (_, count) => `(${Number(count) - 1} rows)`);
}

/**
 * What is the same on both servers: not who owns things, nor how wide columns are for that, nor casts that only PostgreSQL writes, nor what
 * its minor releases add.
 */
function comparable(text: string): string {
  return withoutNewFunction(text.replace(/ {2,}/g, ' '))
    .replace(/\btest\b/g, 'sluice')
    .replace(/::(?:numeric|text|boolean)\b/g, '')
    .replace(/\(\((.*?)\)\)/g, '($1)')
    .replace(/-{2,}/g, '-')
    .replace(/\+ \|/g, '|');
}

describe.skipIf(!hasProgram('psql'))('psql on the catalogs', () => {
  let gateway: GatewayProcess;
  let postgres: PostgresServer | null;
  const run = async (port: number, user: string, input: string, ...args: string[]) => {
    const connection = `host=127.0.0.1 port=${port} user=${user} dbname=catalogs`;
    const running = execute('psql', ['-X', connection, ...args], {
      timeout: 60_000,
      // What is to be edited is shown.
      env: { ...process.env, PSQL_EDITOR: 'cat' },
      maxBuffer: 32 * 1024 * 1024,
    });
    running.child.stdin?.end(`${input}\n`);
    const { stdout, stderr } = await running;
    return stdout + stderr;
  };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [], workers: 1 });
    postgres = await startPostgres(await freePort());
    await run(gateway.port, 'sluice', '', '-q', '-v', 'ON_ERROR_STOP=1', '-f', schema);
    if (postgres === null) return;
    const base = `host=127.0.0.1 port=${postgres.port} user=test dbname=postgres`;
    await execute('psql', ['-X', base, '-c', 'CREATE DATABASE catalogs']);
    await run(postgres.port, 'test', '', '-q', '-v', 'ON_ERROR_STOP=1', '-f', schema);
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });

  it.each(commands)('%s says what PostgreSQL says', async (command) => {
    const told = comparable(await run(gateway.port, 'sluice', command));
    expect(told).not.toBe('');
    if (postgres !== null) expect(told).toBe(comparable(await run(postgres.port, 'test', command)));
  });

  it.skipIf(!hasProgram('python3'))('completes what is typed as PostgreSQL does', async () => {
    const script = join(clientsFolder, 'psql/completion.py');
    const typed = async (port: number, user: string) => {
      const { seen, failed } = await runReport('python3', [script, String(port), user, 'catalogs']);
      expect(failed).toEqual([]);
      return seen;
    };
    const ours = await typed(gateway.port, 'sluice');
    expect(ours['SELECT * FROM cust']).toEqual(['SELECT * FROM customers']);
    if (postgres !== null) expect(ours).toEqual(await typed(postgres.port, 'test'));
  });
});
