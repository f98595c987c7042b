import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { errors } from '../../planner/errors.ts';
import type { Log } from '../observe/log.ts';
import type { Fleet, FleetEvent, WorkerLink } from './fleet.ts';
import { Roster, type WorkerDoor } from './roster.ts';
import { type RestartPolicy, WorkerProcess } from './worker-process.ts';

/** From the start of the fleet to its first worker. */
const firstWorkerTimeoutMs = 30_000;
/** What a worker's tasks get at the end (the coordinator has ended them before), and what it gets beyond that to tidy up. */
const defaultStopGraceMs = 2000;
const tidyMs = 2000;
const tokenBytes = 32;

export interface LocalFleetOptions {
  /** Processes to start; 0: only workers that join. */
  readonly workers: number;
  /** worker/main.js, compiled. */
  readonly program: string;
  /** Environment of the processes, with UV_THREADPOOL_SIZE. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `ws://127.0.0.1:port` of the HTTP server, asked for when a worker is started. */
  readonly url: () => string;
  /** Of each worker. */
  readonly slots: number;
  readonly memoryBytes: number;
  readonly maxTempBytes: number;
  /** Where workers spill, each in a folder of its own. */
  readonly tempDirectory: string;
  /** Where stages leave rows for each other; made on demand. */
  readonly exchangeDirectory: string;
  /** Folders that tasks may use. */
  readonly allowedDirectories: readonly string[];
  readonly sluiceVersion: string;
  readonly duckdbVersion: string;
  /** Further workers may join with this token; null: none may. */
  readonly joinToken: string | null;
  readonly heartbeatMs?: number;
  readonly stopGraceMs?: number;
  /** A file with faults for them to bring about; see worker/fault-plan.ts. */
  readonly faultPlan?: string | null;
  /** When a process that ended is started again; else the default of WorkerProcess. */
  readonly restart?: RestartPolicy;
  readonly log: Log;
}

/** Worker processes on this host, started, watched and restarted by the gateway; workers elsewhere may join them. */
export class LocalFleet implements Fleet, WorkerDoor {
  readonly kind = 'local';
  readonly target: number;
  readonly #options: LocalFleetOptions;
  readonly #roster: Roster;
  readonly #processes: readonly WorkerProcess[];
  #keepEnding = 0;
  #onKeepsEnding: (lastWords: string) => void = () => undefined;

  constructor(options: LocalFleetOptions) {
    this.#options = options;
    this.target = options.workers;
    const token = randomBytes(tokenBytes).toString('hex');
    const { joinToken, duckdbVersion, allowedDirectories, tempDirectory, exchangeDirectory, heartbeatMs, log } =
      options;
    this.#roster = new Roster({
      tokens: joinToken === null ? [token] : [token, joinToken],
      duckdbVersion,
      allowedDirectories,
      tempDirectory,
      exchangeDirectory,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      log,
      onBroken: (worker) => this.#processes.find(({ pid }) => worker.local && pid === worker.pid)?.kill(),
    });
    this.#processes = Array.from({ length: options.workers }, (_, index) => this.#makeProcess(index + 1, token));
  }

  workers(): readonly WorkerLink[] {
    return this.#roster.workers();
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    return this.#roster.subscribe(listener);
  }

  authorize(token: string | undefined): boolean {
    return this.#roster.authorize(token);
  }

  accept(socket: WebSocket, remoteAddress: string): void {
    this.#roster.accept(socket, remoteAddress);
  }

  /** Rejects with `noWorkers` when no process gets as far as joining; what was started is stopped then. */
  async start(): Promise<void> {
    if (this.#processes.length === 0) return;
    const first = this.#firstWorker();
    for (const process of this.#processes) process.start();
    try {
      await first;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#roster.shut();
    const graceMs = this.#options.stopGraceMs ?? defaultStopGraceMs;
    await Promise.all(this.#processes.map((process) => process.stop(graceMs + tidyMs)));
    this.#roster.close();
  }

  #firstWorker(): Promise<void> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        clearTimeout(timer);
        unsubscribe();
        outcome();
      };
      const fail = () => reject(errors.noWorkers(Math.round(performance.now() - started)));
      const timer = setTimeout(() => settle(fail), firstWorkerTimeoutMs);
      const unsubscribe = this.subscribe(({ kind }) => {
        if (kind === 'joined') settle(resolve);
      });
      this.#onKeepsEnding = (lastWords) => {
        this.#keepEnding += 1;
        if (this.#keepEnding === this.#processes.length) settle(() => reject(errors.workerLost('local', lastWords)));
      };
    });
  }

  #makeProcess(number: number, token: string): WorkerProcess {
    const { program, env, url, slots, memoryBytes, maxTempBytes, tempDirectory, sluiceVersion, restart, log } =
      this.#options;
    const name = `local-${number}`;
    const graceMs = this.#options.stopGraceMs ?? defaultStopGraceMs;
    return new WorkerProcess({
      program,
      env,
      log,
      ...(restart === undefined ? {} : { restart }),
      onKeepsEnding: (lastWords) => this.#onKeepsEnding(lastWords),
      worker: () => ({
        url: url(),
        token,
        name,
        sluiceVersion,
        slots,
        memoryBytes,
        maxTempBytes,
        tempDirectory,
        allow: [],
        faultPlan: this.#options.faultPlan ?? null,
        graceMs,
      }),
    });
  }
}
