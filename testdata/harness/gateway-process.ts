import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repositoryRoot } from './cache.ts';

const bin = join(repositoryRoot, 'dist/gateway/cli/bin.cjs');
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const workerEndsMs = 5_000;
/** Worker ends in a row are followed by longer and longer waits. */
const workersBackMs = 60_000;

export interface GatewayOptions {
  /** Data folders. */
  readonly data: readonly string[];
  readonly workers?: number;
  /** Further command line. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Kept after stop when given; else a temporary folder. */
  readonly state?: string;
}

/** A real gateway with real workers: what `sluice serve` starts, in processes of its own. */
export class GatewayProcess {
  readonly process: ChildProcess;
  readonly port: number;
  readonly httpPort: number;
  readonly state: string;
  readonly #ownState: boolean;
  #log = '';

  private constructor(child: ChildProcess, port: number, httpPort: number, state: string, ownState: boolean) {
    this.process = child;
    this.port = port;
    this.httpPort = httpPort;
    this.state = state;
    this.#ownState = ownState;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString()).slice(-200_000);
      });
    }
  }

  /** Starts a gateway and waits until it is ready (`/readyz`). Rejects with its log when it ends before. */
  static async start(options: GatewayOptions): Promise<GatewayProcess> {
    const [port, httpPort] = [await freePort(), await freePort()];
    const state = options.state ?? (await mkdtemp(join(tmpdir(), 'sluice-test-')));
    const flags = options.data.flatMap((folder) => ['--data', folder]);
    flags.push('--listen', `127.0.0.1:${port}`, '--http', `127.0.0.1:${httpPort}`, '--state', state);
    flags.push('--workers', String(options.workers ?? 2), ...(options.flags ?? []));
    const child = spawn(process.execPath, [bin, 'serve', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { SLUICE_WARM_UP: 'off', ...process.env, ...options.env },
    });
    const gateway = new GatewayProcess(child, port, httpPort, state, options.state === undefined);
    await gateway.#ready();
    return gateway;
  }

  /** What it has written so far. */
  get log(): string {
    return this.#log;
  }

  /** Process ids of its live workers (its child processes with that title). */
  async workerPids(): Promise<readonly number[]> {
    const children = await readFile(`/proc/${this.process.pid}/task/${this.process.pid}/children`, 'utf8');
    return children.trim().split(/\s+/).filter(Boolean).map(Number);
  }

  /** Kills the worker that has lived the longest. */
  async killWorker(): Promise<void> {
    const ages = await Promise.all(
      (await this.workerPids()).map(async (pid) => ({ pid, started: await startOf(pid) })),
    );
    const oldest = ages.sort((a, b) => a.started - b.started)[0]?.pid;
    if (oldest === undefined) throw new Error('no worker to kill');
    process.kill(oldest, 'SIGKILL');
    for (const until = Date.now() + workerEndsMs; Date.now() < until; await delay(5))
      if (!(await this.workerPids()).includes(oldest)) return;
    throw new Error('the killed worker did not end');
  }

  /** Waits until so many workers live and have joined. */
  async workersJoined(count: number): Promise<void> {
    for (const until = Date.now() + workersBackMs; Date.now() < until; await delay(20)) {
      const pids = await this.workerPids();
      const joined = this.#log.split('\n').filter((line) => line.includes('worker joined'));
      if (pids.length === count && pids.every((pid) => joined.some((line) => line.includes(`"pid":${pid},`)))) return;
    }
    throw new Error(`there were not ${count} workers within ${workersBackMs} ms`);
  }

  /** Resident memory of the gateway process itself, bytes. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      const timeout = AbortSignal.timeout(stopTimeoutMs);
      timeout.addEventListener('abort', () => this.process.kill('SIGKILL'));
      await ended;
    }
    if (this.#ownState) await rm(this.state, { recursive: true, force: true });
    return this.process.exitCode;
  }

  async #ready(): Promise<void> {
    const until = Date.now() + readyTimeoutMs;
    while (Date.now() < until) {
      if (this.process.exitCode !== null) throw new Error(`gateway ended with ${this.process.exitCode}:\n${this.#log}`);
      const response = await fetch(`http://127.0.0.1:${this.httpPort}/readyz`).catch(() => undefined);
      if (response?.status === 200) return;
      await delay(50);
    }
    await this.stop();
    throw new Error(`gateway was not ready within ${readyTimeoutMs} ms:\n${this.#log}`);
  }
}

/** When a process was started, in ticks since the machine was. */
async function startOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)!.split(' ');
  return Number(fields[19]);
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
