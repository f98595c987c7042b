import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repositoryRoot } from './cache.ts';

const bin = join(repositoryRoot, 'dist/gateway/cli/bin.cjs');
const joinWithinMs = 60_000;
const stopGraceMs = 10_000;

export interface JoinedWorkerOptions {
  /** Where it dials: the gateway, or a proxy before it. */
  readonly port: number;
  readonly tokenFile: string;
  readonly tempDirectory: string;
  readonly allow: string;
}

/** A worker process that nobody but the test has started: `sluice worker --join`. */
export class JoinedWorker {
  /** Of every life that it has had. */
  readonly pids: number[] = [];
  readonly #options: JoinedWorkerOptions;
  #child: ChildProcess | undefined;
  #joined = false;

  constructor(options: JoinedWorkerOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, again when it was killed. */
  start(): void {
    const { port, tokenFile, tempDirectory, allow } = this.#options;
    const flags = ['--join', `ws://127.0.0.1:${port}`, '--token-file', tokenFile, '--temp-dir', tempDirectory];
    const limits = ['--allow', allow, '--worker-slots', '2', '--worker-memory', '512MB'];
    const child = spawn(process.execPath, [bin, 'worker', ...flags, ...limits], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#joined = false;
    this.pids.push(child.pid!);
    child.stderr.on('data', (text: Buffer) => {
      if (this.#child !== child) return;
      for (const line of text.toString().split('\n')) {
        if (line.includes('"msg":"joined ')) this.#joined = true;
        else if (line !== '') this.#joined = false;
      }
    });
  }

  /** Waits until it says that it is in. */
  async joined(): Promise<void> {
    for (const until = Date.now() + joinWithinMs; !this.#joined; await delay(20))
      if (Date.now() > until) throw new Error(`the worker did not join within ${joinWithinMs} ms`);
  }

  /** What `kill -9` does; it has ended when this resolves. */
  async kill(): Promise<void> {
    const child = this.#child!;
    const ended = once(child, 'exit');
    this.#joined = false;
    child.kill('SIGKILL');
    await ended;
  }

  /** It stands still, until `goOn`. */
  hang(): void {
    this.#child?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child?.kill('SIGCONT');
  }

  /** SIGTERM; rejects when it does not end. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
    await ended;
    clearTimeout(timer);
    if (child.signalCode === 'SIGKILL') throw new Error('the worker did not end by itself');
  }
}
