import { hostname } from 'node:os';
import type { WebSocket } from 'ws';
import { errors, SluiceError } from '../../planner/errors.ts';
import { type Hello, protocolVersion, type ToWorker } from '../../worker/protocol/messages.ts';
import { maxHelloBytes, parseToGateway } from '../../worker/protocol/parse-message.ts';
import type { Log } from '../observe/log.ts';
import type { FleetEvent, WorkerLink } from './fleet.ts';
import { sameToken } from './token.ts';
import { WorkerConnection } from './worker-connection.ts';

/** From the end of the upgrade to `hello`. */
const helloTimeoutMs = 10_000;
/** Connections that have not said hello yet. */
const maxGreeting = 64;
/** Workers at a time. */
const maxWorkers = 1024;
const defaultHeartbeatMs = 2000;
/** Unanswered pings after which a worker counts as hung. */
const missedHeartbeatsLimit = 5;
/** WebSocket close code for a refused hello. */
const refusedCode = 4001;

/** Where the HTTP server hands the sockets of workers over. */
export interface WorkerDoor {
  /** False: the upgrade is answered with 401. */
  authorize(token: string | undefined): boolean;
  /** Takes a socket whose token was right. `remoteAddress` as the peer's. */
  accept(socket: WebSocket, remoteAddress: string): void;
}

export interface RosterOptions {
  /** Any of these proves a worker. */
  readonly tokens: readonly string[];
  readonly duckdbVersion: string;
  /** Told to workers: folders that tasks may use. */
  readonly allowedDirectories: readonly string[];
  /** Told to workers that have no temporary folder of their own. */
  readonly tempDirectory: string;
  readonly heartbeatMs?: number;
  readonly log: Log;
  /** A worker did not answer pings, or broke the protocol: whoever started its process may end it. */
  readonly onBroken?: (worker: WorkerLink) => void;
}

/** The workers that are connected: lets them in, keeps watch over them, tells who comes and goes. Shared by all fleets. */
export class Roster implements WorkerDoor {
  readonly #options: RosterOptions;
  readonly #heartbeatMs: number;
  readonly #workers = new Map<number, WorkerConnection>();
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  readonly #greeting = new Set<WebSocket>();
  #lastId = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? defaultHeartbeatMs;
  }

  authorize(token: string | undefined): boolean {
    return this.#options.tokens.map((secret) => sameToken(token, secret)).includes(true);
  }

  accept(socket: WebSocket, remoteAddress: string): void {
    socket.on('error', (error) => this.#options.log.warn({ remoteAddress, error }, 'worker connection failed'));
    if (this.#closed || this.#greeting.size >= maxGreeting || this.#workers.size >= maxWorkers) {
      this.#refuse(socket, errors.workerRefused('the gateway takes no more workers'));
      return;
    }
    this.#greeting.add(socket);
    const timer = setTimeout(() => socket.terminate(), helloTimeoutMs);
    const leave = () => {
      clearTimeout(timer);
      this.#greeting.delete(socket);
    };
    socket.once('close', leave);
    socket.once('message', (data, isBinary) => {
      leave();
      socket.off('close', leave);
      try {
        this.#welcome(socket, this.#readHello(data as Buffer, isBinary), remoteAddress);
      } catch (error) {
        this.#refuse(socket, error instanceof SluiceError ? error : errors.internal(String(error), error));
      }
    });
  }

  workers(): readonly WorkerLink[] {
    return [...this.#workers.values()];
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets nobody in any more and ends the connections. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const socket of this.#greeting) socket.terminate();
    for (const worker of this.#workers.values()) worker.terminate('the gateway stops');
  }

  /** Lets nobody in any more; connections stay. */
  shut(): void {
    this.#closed = true;
  }

  #readHello(data: Buffer, isBinary: boolean): Hello {
    if (isBinary || data.byteLength > maxHelloBytes) throw errors.badPeer('not a hello');
    const text = data.toString('utf8');
    checkVersion(text);
    const hello = parseToGateway(text);
    if (hello.kind !== 'hello') throw errors.badPeer(`${hello.kind} before hello`);
    const { duckdbVersion } = this.#options;
    if (hello.duckdbVersion !== duckdbVersion)
      throw errors.workerRefused(
        `worker ${hello.name} has DuckDB ${hello.duckdbVersion}, the gateway has ${duckdbVersion}`,
        'Install the same version of Sluice on both.',
      );
    return hello;
  }

  #welcome(socket: WebSocket, hello: Hello, remoteAddress: string): void {
    const { allowedDirectories, tempDirectory } = this.#options;
    this.#lastId += 1;
    const worker = new WorkerConnection({
      id: this.#lastId,
      hello,
      socket,
      local: hello.host === hostname() && isLoopback(remoteAddress),
      onClosed: (reason) => this.#remove(worker, reason),
    });
    send(socket, {
      kind: 'welcome',
      workerId: worker.id,
      allowedDirectories,
      tempDirectory,
      heartbeatMs: this.#heartbeatMs,
    });
    this.#workers.set(worker.id, worker);
    this.#timer ??= setInterval(() => this.#beat(), this.#heartbeatMs).unref();
    const { name, host, pid, slots } = worker;
    this.#options.log.info({ worker: worker.id, name, host, pid, slots }, 'worker joined');
    this.#emit({ kind: 'joined', worker });
  }

  #beat(): void {
    for (const worker of this.#workers.values()) {
      if (worker.heartbeat() < missedHeartbeatsLimit) continue;
      worker.terminate(`no answer to ${missedHeartbeatsLimit} heart-beats`);
      this.#options.onBroken?.(worker);
    }
  }

  #remove(worker: WorkerConnection, reason: SluiceError): void {
    if (!this.#workers.delete(worker.id)) return;
    this.#options.log[this.#closed ? 'info' : 'warn'](
      { worker: worker.id, name: worker.name, reason: reason.detail },
      'worker left',
    );
    this.#emit({ kind: 'left', worker, reason });
  }

  #refuse(socket: WebSocket, error: SluiceError): void {
    this.#options.log.warn({ reason: error.message }, 'worker refused');
    send(socket, { kind: 'refused', error: error.toJSON() });
    socket.close(refusedCode, 'refused');
  }

  #emit(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The version comes before the shape: another version may have another shape. */
function checkVersion(text: string): void {
  const theirs = /"protocolVersion"\s*:\s*(\d+)/.exec(text)?.[1];
  if (theirs !== undefined && theirs !== String(protocolVersion))
    throw errors.workerRefused(
      `it speaks protocol version ${theirs}, the gateway speaks ${protocolVersion}`,
      'Install the same version of Sluice on both.',
    );
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

function send(socket: WebSocket, message: ToWorker): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}
