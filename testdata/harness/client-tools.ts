import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, makeOnce, repositoryRoot } from './cache.ts';

const execute = promisify(execFile);
const installTimeoutMs = 300_000;
/** Rust from nothing, on a machine that does other things too. */
const compileTimeoutMs = 800_000;
const runTimeoutMs = 300_000;
const maxOutputBytes = 16 * 1024 * 1024;

/** Scripts of the client suites, a folder for each client. */
export const clientsFolder = join(repositoryRoot, 'testdata/clients');

/** Exact versions, so that a run can be repeated. */
const pythonPackages = [
  'psycopg[binary]==3.2.13',
  'asyncpg==0.32.0',
  'pg8000==1.31.6',
  'psycopg2-binary==2.9.13',
  'pyodbc==5.5.0',
  'SQLAlchemy==2.0.58',
  'Django==5.2.19',
  'pgcli==4.7.1',
];
const jdbcArtifact = 'org.postgresql:postgresql:42.7.4';

/** Can this program be started? */
export function hasProgram(name: string, versionFlag = '--version'): boolean {
  return spawnSync(name, [versionFlag], { stdio: 'ignore' }).status === 0;
}

/** Where Debian puts psqlODBC. */
const odbcDrivers = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => `/usr/lib/${machine}/odbc/psqlodbcw.so`);

/** The file of the ODBC driver, if it is installed. */
export function psqlOdbcDriver(): string | undefined {
  return odbcDrivers.find((path) => existsSync(path));
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

/** Files that come with a client's folder, with their texts. */
async function sourcesOf(folder: string, names: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const));
}

/** The npm packages of testdata/clients/node, installed once: the folder that holds node_modules. Rejects with npm's words. */
export async function nodePackages(): Promise<string> {
  const sources = await sourcesOf(join(clientsFolder, 'node'), ['package.json', 'package-lock.json']);
  return makeIn('node', JSON.stringify(sources), async (directory) => {
    for (const [name, text] of sources) await writeFile(join(directory, name), text);
    const command = ['ci', '--no-audit', '--no-fund', '--silent'];
    await execute('npm', command, { timeout: installTimeoutMs, cwd: directory });
  });
}

/** The program of testdata/clients/go, built. What it is built from is kept between runs. Rejects with the compiler's words. */
export async function goProgram(): Promise<string> {
  const folder = join(clientsFolder, 'go');
  const program = join(cacheDirectory, 'clients/go/program');
  await execute('go', ['build', '-o', program, '.'], {
    timeout: installTimeoutMs,
    cwd: folder,
    env: {
      ...process.env,
      GOFLAGS: '-modcacherw -buildvcs=false',
      GOMODCACHE: join(cacheDirectory, 'clients/go/modules'),
      GOCACHE: join(cacheDirectory, 'clients/go/build'),
    },
  });
  return program;
}

/** The program of testdata/clients/rust, built. What it is built from is kept between runs. Rejects with the compiler's words. */
export async function rustProgram(): Promise<string> {
  const target = join(cacheDirectory, 'clients/rust');
  await execute('cargo', ['build', '--quiet', '--locked'], {
    timeout: compileTimeoutMs,
    cwd: join(clientsFolder, 'rust'),
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
  return join(target, 'debug/rust-clients');
}

/**
 * Runs a client's script, which prints `ok <check>` for each check and ends with an error at the first that fails. Gives the names of the
 * checks; rejects with the script's words.
 */
export async function runChecks(program: string, args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await execute(program, args, { timeout: runTimeoutMs, maxBuffer: maxOutputBytes });
  return stdout.split('\n').flatMap((line) => (line.startsWith('ok ') ? [line.slice(3)] : []));
}

/** What a script that is run on two servers saw, by check: see testdata/clients/report.py. */
export interface Report {
  readonly seen: Readonly<Record<string, unknown>>;
  readonly failed: readonly string[];
}

/** Runs such a script to its end, failed checks or not. Rejects with its words when it breaks off. */
export async function runReport(program: string, args: readonly string[]): Promise<Report> {
  const { stdout } = await execute(program, args, {
    timeout: runTimeoutMs,
    maxBuffer: maxOutputBytes,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const seen: Record<string, unknown> = {};
  const failed: string[] = [];
  for (const line of stdout.split('\n')) {
    const [, not, name, value] = /^(not )?ok ([^\t]+)\t(.*)$/.exec(line) ?? [];
    if (not !== undefined) failed.push(`${name}: ${value}`);
    else if (name !== undefined) seen[name] = JSON.parse(value!);
  }
  return { seen, failed };
}
