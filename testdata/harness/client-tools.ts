import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, makeOnce, repositoryRoot } from './cache.ts';

const execute = promisify(execFile);
const installTimeoutMs = 300_000;
const runTimeoutMs = 120_000;
const maxOutputBytes = 16 * 1024 * 1024;

/** Scripts of the client suites, a folder for each client. */
export const clientsFolder = join(repositoryRoot, 'testdata/clients');

/** Exact versions, so that a run can be repeated. */
const pythonPackages = ['psycopg[binary]==3.2.13', 'asyncpg==0.32.0', 'pg8000==1.31.6'];
const jdbcArtifact = 'org.postgresql:postgresql:42.7.4';

/** Can this program be started? */
export function hasProgram(name: string, versionFlag = '--version'): boolean {
  return spawnSync(name, [versionFlag], { stdio: 'ignore' }).status === 0;
}

async function makeIn(name: string, key: string, make: (directory: string) => Promise<void>): Promise<string> {
  await mkdir(join(cacheDirectory, 'clients'), { recursive: true });
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return makeOnce(`clients/${name}-${digest}`, make);
}

/** A Python with the drivers, made once: path of its executable. Rejects with pip's words. */
export async function pythonWithDrivers(): Promise<string> {
  const folder = await makeIn('python', pythonPackages.join(), async (directory) => {
    await execute('python3', ['-m', 'venv', directory], { timeout: installTimeoutMs });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...pythonPackages];
    await execute(join(directory, 'bin/python'), pip, { timeout: installTimeoutMs });
  });
  return join(folder, 'bin/python');
}

/** The JDBC driver, fetched once: a class path. Rejects with Maven's words. */
export async function jdbcClassPath(): Promise<string> {
  const folder = await makeIn('pgjdbc', jdbcArtifact, async (directory) => {
    const copy = ['-B', '-q', 'dependency:copy', `-Dartifact=${jdbcArtifact}`, `-DoutputDirectory=${directory}`];
    await execute('mvn', copy, { timeout: installTimeoutMs, cwd: directory });
  });
  return join(folder, '*');
}

/**
 * Runs a client's script, which prints `ok <check>` for each check and ends with an error at the first that fails. Gives the names of the
 * checks; rejects with the script's words.
 */
export async function runChecks(program: string, args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await execute(program, args, { timeout: runTimeoutMs, maxBuffer: maxOutputBytes });
  return stdout.split('\n').flatMap((line) => (line.startsWith('ok ') ? [line.slice(3)] : []));
}
