import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programs = '/usr/lib/postgresql/15/bin';

/** A private PostgreSQL 15 on a free port, for comparisons. */
export interface PostgresServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server in a temporary folder, or gives null where PostgreSQL 15 is not installed. */
export async function startPostgres(port: number): Promise<PostgresServer | null> {
  if (!existsSync(join(programs, 'initdb'))) return null;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-postgres-'));
  const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const call = (program: string, ...options: string[]) => {
    const [command, ...rest] = [...asUser, join(programs, program), ...options];
    return run(command!, rest);
  };
  if (asUser.length > 0) await run('chown', ['postgres', folder]);
  await chmod(folder, 0o700);
  await call('initdb', '-D', join(folder, 'data'), '-A', 'trust', '-U', 'test');
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c shared_buffers=512MB -c max_wal_size=4GB`;
  await call('pg_ctl', '-D', join(folder, 'data'), '-w', '-l', join(folder, 'log'), '-o', settings, 'start');
  return {
    port,
    stop: async () => {
      await call('pg_ctl', '-D', join(folder, 'data'), '-m', 'immediate', 'stop');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
