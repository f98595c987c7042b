/** The life of the processes: what starts, what is refused, what is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../config/package-info.ts';
import { WireClient } from './wire-client.ts';

/** Each test starts processes, some of them several: machines may be busy. */
vi.setConfig({ testTimeout: 120_000 });
const readyLimitMs = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-serve-'));
const data = join(folder, 'data');
const started = new Set<Running>();

beforeAll(() => {
  mkdirSync(data);
  writeFileSync(join(data, 'numbers.csv'), 'n\n1\n2\n3\n');
});
afterAll(async () => {
  for (const running of started) running.child.kill('SIGKILL');
  await Promise.all([...started].map((running) => running.ended));
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  /** Exit code. */
  readonly ended: Promise<number | null>;
  output(): string;
  errors(): string;
}

function run(...argv: readonly string[]): Running {
  const env = { SLUICE_WARM_UP: 'off', ...process.env };
  const child = spawn(process.execPath, [join(packageRoot, 'dist/gateway/cli/bin.cjs'), ...argv], { cwd: folder, env });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const running: Running = { child, ended, output: () => output, errors: () => errors };
  started.add(running);
  return running;
}

function serve(state: string, ...more: readonly string[]): Running {
  const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  return run('serve', '--data', data, '--state', join(folder, state), '--workers', '1', ...ports, ...more);
}

async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + readyLimitMs;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(20);
  }
  throw new Error(`${what} did not happen`);
}

/** The `ready` line of the log. */
function ready(running: Running): Promise<{ readonly listen: string; readonly http: string }> {
  return until(`ready: ${running.errors()}`, () => {
    if (running.child.exitCode !== null) throw new Error(`it ended: ${running.errors()}`);
    const line = running
      .errors()
      .split('\n')
      .find((text) => text.includes('"msg":"ready"'));
    return line === undefined ? undefined : JSON.parse(line);
  });
}

function port(address: string): number {
  return Number(address.split(':').at(-1));
}

async function query(address: string, sql: string) {
  const client = await WireClient.connect({ host: '127.0.0.1', port: port(address) });
  try {
    return (await client.query(sql)).rows;
  } finally {
    client.close();
  }
}

/** Sends a query and gives it time to begin. Its outcome is `done` or the SQLSTATE of its error. */
async function begin(address: string, sql: string): Promise<{ readonly outcome: Promise<string | undefined> }> {
  const client = await WireClient.connect({ host: '127.0.0.1', port: port(address) });
  const outcome = client.query(sql).then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  );
  await delay(1_000);
  return { outcome };
}

function children(running: Running): readonly number[] {
  const text = readFileSync(`/proc/${running.child.pid}/task/${running.child.pid}/children`, 'utf8');
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

async function occupy(): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `127.0.0.1:${(server.address() as { port: number }).port}` };
}

describe.runIf(process.platform === 'linux')('sluice serve', () => {
  it('serves, says so, and leaves nothing behind after SIGTERM', async () => {
    const running = serve('one', '--workers', '2');
    const { listen, http } = await ready(running);
    expect(await query(listen, 'SELECT sum(n) FROM numbers')).toEqual([['6']]);
    expect((await fetch(`http://${http}/readyz`)).status).toBe(200);
    expect(statSync(join(folder, 'one/token')).mode & 0o777).toBe(0o600);
    const workers = children(running);
    expect(workers).toHaveLength(2);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(workers.filter(isAlive)).toEqual([]);
    expect(existsSync(join(folder, 'one/lock'))).toBe(false);
  });

  it('goes before other programs where it may, and its workers do not, those that are started again neither', async () => {
    const running = serve('nice');
    await ready(running);
    const [first = 0] = children(running);
    process.kill(first, 'SIGKILL');
    const again = await until('the worker is back', () => children(running).find((pid) => pid !== first));
    const usual = getPriority(process.pid);
    expect([usual - 10, usual]).toContain(getPriority(running.child.pid));
    expect(getPriority(again)).toBe(usual);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
  });

  it('lets a running query finish and takes no new client meanwhile', async () => {
    const running = serve('two', '--warm-up', '--shutdown-grace', '60s');
    const { listen, http } = await ready(running);
    const finished = await begin(listen, 'SELECT count(*) FROM range(500000000) a(x) WHERE x % 7 = 3');
    running.child.kill('SIGTERM');
    await until('not ready', async () => (await fetch(`http://${http}/readyz`)).status === 503);
    await expect(query(listen, 'SELECT 1')).rejects.toThrow();
    expect(await finished.outcome).toBe('done');
    expect(await running.ended).toBe(0);
  });

  it('cancels what still runs after the grace time', async () => {
    const running = serve('grace', '--shutdown-grace', '500ms');
    const endless = await begin(
      (await ready(running)).listen,
      'SELECT count(*) FROM range(100000000000) a(x) WHERE x % 7 = 3',
    );
    running.child.kill('SIGTERM');
    expect(await endless.outcome).toBe('57P01');
    expect(await running.ended).toBe(0);
  });

  it('keeps its tables over a restart, also after kill -9, whose workers end by themselves', async () => {
    const first = serve('three');
    const { listen } = await ready(first);
    await query(listen, 'CREATE TABLE kept (n integer)');
    await query(listen, 'INSERT INTO kept VALUES (42)');
    const workers = children(first);
    first.child.kill('SIGKILL');
    await first.ended;
    await until('workers end', () => !workers.some(isAlive));
    const second = serve('three');
    expect(await query((await ready(second)).listen, 'SELECT n FROM kept')).toEqual([['42']]);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  it('refuses a state folder in use and tells by whom', async () => {
    const first = serve('four');
    await ready(first);
    const second = serve('four');
    expect(await second.ended).toBe(3);
    expect(second.errors()).toContain(`is in use by process ${first.child.pid}`);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
  });

  it.each(['--listen', '--http'])('names the port in use and the flag %s', async (flag) => {
    const { server, address } = await occupy();
    const running = serve(`five${flag}`, flag, address);
    expect(await running.ended).toBe(3);
    server.close();
    expect(running.errors()).toMatch(
      new RegExp(`^sluice: ${address} is in use\n  Choose another address with ${flag}\\.\n$`, 'm'),
    );
    expect(existsSync(join(folder, `five${flag}`, 'lock'))).toBe(false);
  });

  it('refuses to be open to everybody, and half a TLS configuration', async () => {
    const open = serve('six', '--listen', '0.0.0.0:0');
    expect(await open.ended).toBe(3);
    expect(open.errors()).toContain('without passwords and TLS');
    const half = serve('six', '--tls-cert', join(data, 'numbers.csv'));
    expect(await half.ended).toBe(2);
    expect(half.errors()).toContain('Give both --tls-cert and --tls-key.');
  });
});

describe('sluice worker', () => {
  it('says what is missing', async () => {
    const alone = run('worker');
    expect(await alone.ended).toBe(2);
    expect(alone.errors()).toContain('Add --join ws://HOST:PORT.');
    const wrong = run('worker', '--join', 'http://127.0.0.1:1', '--token-file', 'x');
    expect(await wrong.ended).toBe(2);
    const unreadable = run('worker', '--join', 'ws://127.0.0.1:1', '--token-file', 'x');
    expect(await unreadable.ended).toBe(3);
  });

  it('joins a gateway with its token, and is refused with another', async () => {
    const gateway = serve('seven', '--workers', '0');
    const { http } = await ready(gateway);
    const token = join(folder, 'seven/token');
    const joined = run('worker', '--join', `ws://${http}`, '--token-file', token);
    await until('joined', () => joined.errors().includes('joined ws://'));
    writeFileSync(join(folder, 'wrong'), 'wrong');
    const refused = run('worker', '--join', `ws://${http}`, '--token-file', join(folder, 'wrong'));
    expect(await refused.ended).toBe(3);
    expect(refused.errors()).toContain('sluice:');
    joined.child.kill('SIGTERM');
    expect(await joined.ended).toBe(0);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });
});

describe('sluice user', () => {
  it('makes a line of the users file from standard input', async () => {
    const running = run('user', 'alice');
    running.child.stdin?.end('secret\n');
    expect(await running.ended).toBe(0);
    expect(running.output()).toMatch(/^alice:SCRAM-SHA-256\$4096:/);
    expect(running.output()).not.toContain('secret');
  });

  it.each([[[]], [['a', 'b']], [['a:b']]])('refuses the names %j', async (names) => {
    expect(await run('user', ...names).ended).toBe(2);
  });
});
