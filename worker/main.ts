/**
 * A worker process: dials a gateway, runs its tasks, and comes back when the connection is lost. Two ways in:
 * - `runWorker`, for `sluice worker --join`; libuv's pool must have been sized before (UV_THREADPOOL_SIZE, see gateway/cli/bin.cts);
 * - as a program, started by a gateway, which writes the options as one line of JSON to standard input (so that no token shows in `ps`
 *   or in the environment) and keeps that pipe open: when it ends, the gateway is gone and so is the worker.
 */
import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errors, SluiceError } from '../planner/errors.ts';
import { duckdbVersion } from './engine/duckdb-version.ts';
import { letEventLoopGoFirst } from './engine/thread-priority.ts';
import { FaultDealer, readFaultPlan } from './fault-plan.ts';
import { dialGateway, type GatewayLink, Refusal } from './gateway-link.ts';
import { type Hello, protocolVersion } from './protocol/messages.ts';
import type { WorkerOptions } from './protocol/worker-options.ts';
import { WorkerService } from './service.ts';

export type { WorkerOptions };

/** Waits between attempts to reach the gateway: doubled each time up to the limit. */
const reconnectFirstMs = 100;
const reconnectLimitMs = 10_000;
/** Longest line of options on standard input. */
const maxOptionsBytes = 1024 * 1024;
/** From losing the parent to being gone, whatever DuckDB does. */
const orphanExitMs = 1000;

/**
 * Serves the gateway until `stop`; then running tasks may finish within the grace time. Rejects with SluiceError when the gateway refuses the
 * worker (wrong token, another version). A gateway that can't be reached is tried again for ever.
 */
export async function runWorker(options: WorkerOptions, stop: AbortSignal): Promise<void> {
  process.title = `sluice worker ${options.name}`;
  letEventLoopGoFirst();
  const { faultPlan = null, name } = options;
  const faults = faultPlan === null ? null : new FaultDealer(readFaultPlan(faultPlan), name);
  let wait = reconnectFirstMs;
  while (!stop.aborted) {
    try {
      const link = await dialGateway(options.url, options.token, helloOf(options), stop);
      wait = reconnectFirstMs;
      options.onEvent?.(`joined ${options.url} as worker ${link.welcome.workerId}`);
      const reason = await serve(link, options, faults, stop);
      if (!stop.aborted) options.onEvent?.(reason.detail ?? reason.message);
    } catch (error) {
      if (error instanceof Refusal) throw error.error;
      if (stop.aborted) return;
      options.onEvent?.(error instanceof SluiceError ? `${error.message}: ${error.detail}` : String(error));
    }
    await delay(wait, undefined, { signal: stop }).catch(() => undefined); // stop ends the loop
    wait = Math.min(wait * 2, reconnectLimitMs);
  }
}

function helloOf(options: WorkerOptions): Hello {
  return {
    kind: 'hello',
    protocolVersion,
    sluiceVersion: options.sluiceVersion,
    duckdbVersion: duckdbVersion(),
    name: options.name,
    pid: process.pid,
    host: hostname(),
    cores: availableParallelism(),
    memoryBytes: options.memoryBytes,
    slots: options.slots,
  };
}

/** One connection from `welcome` to its end. */
async function serve(
  link: GatewayLink,
  options: WorkerOptions,
  faults: FaultDealer | null,
  stop: AbortSignal,
): Promise<SluiceError> {
  const base = options.tempDirectory ?? link.welcome.tempDirectory;
  await removeLeftOvers(base);
  const tempDirectory = join(base, `${folderPrefix()}${process.pid}`);
  const { slots, maxTempBytes, allow } = options;
  const service = await WorkerService.start({ slots, maxTempBytes, tempDirectory, allow, faults }, link);
  link.listen((message) => service.handle(message));
  const drain = () => void finish(service, link, options.graceMs);
  if (stop.aborted) drain();
  else stop.addEventListener('abort', drain, { once: true });
  try {
    const reason = await link.closed;
    await service.end(reason);
    return reason;
  } finally {
    stop.removeEventListener('abort', drain);
    await rm(tempDirectory, { recursive: true, force: true });
  }
}

async function finish(service: WorkerService, link: GatewayLink, graceMs: number): Promise<void> {
  const grace = new AbortController();
  await Promise.race([service.idle(), delay(graceMs, undefined, { signal: grace.signal })]);
  grace.abort();
  link.socket.close(1001, 'worker stops');
}

function folderPrefix(): string {
  return `sluice-worker-${hostname()}-`;
}

/** Removes the folders of workers of this host that were killed. */
async function removeLeftOvers(base: string): Promise<void> {
  const prefix = folderPrefix();
  const names = await readdir(base).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw errors.accessDenied(`temporary folder ${base}: ${error.message}`);
  });
  for (const name of names) {
    const pid = Number(name.slice(prefix.length));
    if (!name.startsWith(prefix) || !Number.isSafeInteger(pid) || pid <= 0 || isAlive(pid)) continue;
    await rm(join(base, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  return !isZombie(pid);
}

/** Has it ended, but nobody has waited for it? Told by Linux alone. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Reads the options from standard input and watches it: its end is the end of the parent. */
async function readOptions(onParentGone: () => void): Promise<WorkerOptions> {
  process.stdin.setEncoding('utf8');
  let text = '';
  return await new Promise((resolve, reject) => {
    process.stdin.on('data', (chunk: string) => {
      if (text.includes('\n')) return;
      text += chunk;
      if (text.length > maxOptionsBytes) reject(errors.badPeer('options are too long'));
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as WorkerOptions);
    });
    process.stdin.once('end', onParentGone);
    process.stdin.once('error', onParentGone);
  });
}

async function main(): Promise<void> {
  const stop = new AbortController();
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole terminal group; the gateway decides what it means
  process.once('SIGTERM', () => stop.abort());
  const orphaned = () => {
    stop.abort(); // the connection ends too, which cancels the tasks
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), orphanExitMs);
  };
  const log = (text: string) => process.stderr.write(`${text}\n`);
  try {
    const options = await readOptions(orphaned);
    await runWorker({ ...options, onEvent: log }, stop.signal);
    process.exit(0);
  } catch (error) {
    log(error instanceof SluiceError ? error.message : String(error instanceof Error ? error.stack : error));
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
