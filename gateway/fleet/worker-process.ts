import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerOptions } from '../../worker/protocol/worker-options.ts';
import type { Log } from '../observe/log.ts';
import { atUsualPriority } from './event-loop-priority.ts';

/** When a worker that ended is started again. */
export interface RestartPolicy {
  /** The first wait; doubled each time up to the limit, and from the start again after a stable run. */
  readonly firstMs: number;
  readonly limitMs: number;
  readonly stableAfterMs: number;
  /** Ends in a row, each before the stable time, after which its owner is told; it goes on being started, after the longest wait. */
  readonly quickEnds: number;
}

const defaultRestart: RestartPolicy = { firstMs: 100, limitMs: 10_000, stableAfterMs: 10_000, quickEnds: 12 };
/** Longest line of a worker's standard error that is logged whole. */
const maxLineLength = 2_000;

export interface WorkerProcessOptions {
  /** worker/main.js, compiled. */
  readonly program: string;
  /** The environment of the process, with UV_THREADPOOL_SIZE large enough for its slots. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Made anew for each start. */
  readonly worker: () => Omit<WorkerOptions, 'onEvent'>;
  readonly restart?: RestartPolicy;
  readonly log: Log;
  /** It has ended `quickEnds` times in a row: something is wrong that another start may not mend. */
  readonly onKeepsEnding: (lastWords: string) => void;
}

/** One worker process on this host, started again when it ends. It ends when this process does: its standard input is a pipe from here. */
export class WorkerProcess {
  readonly #options: WorkerProcessOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #lastWords = '';

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#ended = this.#supervise();
  }

  /** Ends a process that hangs; it is started again. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** SIGTERM, then SIGKILL after the grace time. Resolves when the process is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), graceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  async #supervise(): Promise<void> {
    const { firstMs, limitMs, stableAfterMs, quickEnds: quickEndsLimit } = this.#options.restart ?? defaultRestart;
    let wait = firstMs;
    let quickEnds = 0;
    while (!this.#stopping.signal.aborted) {
      const started = performance.now();
      const how = await this.#runOnce();
      if (this.#stopping.signal.aborted) return;
      const stable = performance.now() - started >= stableAfterMs;
      quickEnds = stable ? 0 : quickEnds + 1;
      wait = stable ? firstMs : wait;
      this.#options.log.warn({ how, lastWords: this.#lastWords, restartInMs: wait }, 'worker process ended');
      if (quickEnds === quickEndsLimit) {
        this.#options.log.error({ ends: quickEnds, lastWords: this.#lastWords }, 'worker process keeps ending');
        this.#options.onKeepsEnding(this.#lastWords);
      }
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined); // stop ends the loop
      wait = Math.min(wait * 2, limitMs);
    }
  }

  /** Resolves when the process has ended, with how. */
  #runOnce(): Promise<string> {
    const { program, env } = this.#options;
    const options = this.#options.worker();
    const child = atUsualPriority(() =>
      spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'pipe'], env: { ...env } }),
    );
    this.#child = child;
    child.stdin.on('error', () => undefined); // EPIPE when it ended before it read its options; told by 'exit'
    child.stdin.write(`${JSON.stringify(options)}\n`);
    child.stderr.setEncoding('utf8');
    let rest = '';
    child.stderr.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-maxLineLength);
      for (const line of lines) this.#heard(options.name, line.slice(0, maxLineLength));
    });
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => {
        if (rest !== '') this.#heard(options.name, rest);
        resolve(signal ?? `exit code ${code}`);
      });
    });
  }

  #heard(name: string, line: string): void {
    this.#lastWords = line;
    this.#options.log.info({ name, line }, 'worker says');
  }
}
