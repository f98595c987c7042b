import { hostname } from 'node:os';
import type { WebSocket } from 'ws';
import { errors, SluiceError } from '../../planner/errors.ts';
import { type Hello, protocolVersion, type ToWorker } from '../../worker/protocol/messages.ts';
import { maxHelloBytes, parseToGateway } from '../../worker/protocol/parse-message.ts';
import { sealedText, unsealedText } from '../../worker/protocol/sealed-text.ts';
import type { Log } from '../observe/log.ts';
import { type ExchangeMarker, writeExchangeMarker } from './exchange-marker.ts';
import type { FleetEvent, WorkerLink } from './fleet.ts';
import { sameToken } from './token.ts';
import { WorkerConnection } from './worker-connection.ts';

/** From the end of the upgrade to `storage`. */
const handshakeTimeoutMs = 10_000;
/** Connections that have not joined yet. */
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
  /** Where stages leave rows for each other; made on demand. */
  readonly exchangeDirectory: string;
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
  #marker: Promise<ExchangeMarker | null> | undefined;
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
    const timer = setTimeout(() => socket.terminate(), handshakeTimeoutMs);
    const leave = () => {
      clearTimeout(timer);
      this.#greeting.delete(socket);
    };
    socket.once('close', leave);
    this.#greet(socket, remoteAddress)
      .catch((error: unknown) => {
        this.#refuse(socket, error instanceof SluiceError ? error : errors.internal(String(error), error));
      })
      .finally(() => {
        socket.off('close', leave);
        leave();
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

  /** From `hello` to `storage`; then the worker has joined. */
  async #greet(socket: WebSocket, remoteAddress: string): Promise<void> {
    const first = await nextText(socket);
    if (first === undefined) return;
    const hello = this.#readHello(first);
    this.#marker ??= this.#makeMarker();
    const marker = await this.#marker;
    if (this.#closed) throw errors.workerRefused('the gateway takes no more workers');
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = nextText(socket);
    const { allowedDirectories, tempDirectory, exchangeDirectory } = this.#options;
    send(socket, {
      kind: 'welcome',
      workerId: id,
      allowedDirectories,
      tempDirectory,
      exchangeDirectory,
      exchangeMarker: marker?.path ?? '',
      heartbeatMs: this.#heartbeatMs,
    });
    const second = await answer;
    if (second === undefined) return;
    const storage = parseToGateway(unsealedText(second));
    if (storage.kind !== 'storage') throw errors.badPeer(`${storage.kind} before storage`);
    const sharesExchange = marker !== null && storage.exchangeMarker === marker.content;
    this.#join(socket, { id, hello, remoteAddress, sharesExchange });
  }

  /** Null when there can't be one: then no worker shares the folder, and rows go in frames. */
  async #makeMarker(): Promise<ExchangeMarker | null> {
    try {
      return await writeExchangeMarker(this.#options.exchangeDirectory);
    } catch (error) {
      this.#options.log.error({ folder: this.#options.exchangeDirectory, error }, 'could not use the exchange folder');
      return null;
    }
  }

  #readHello(text: string): Hello {
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

  #join(socket: WebSocket, greeted: Greeted): void {
    if (this.#closed) throw errors.workerRefused('the gateway takes no more workers');
    if (socket.readyState !== socket.OPEN) return;
    const { id, hello, remoteAddress, sharesExchange } = greeted;
    const worker = new WorkerConnection({
      id,
      hello,
      socket,
      local: hello.host === hostname() && isLoopback(remoteAddress),
      sharesExchange,
      onClosed: (reason) => this.#remove(worker, reason),
    });
    this.#workers.set(worker.id, worker);
    this.#timer ??= setInterval(() => this.#beat(), this.#heartbeatMs).unref();
    const { name, host, pid, slots } = worker;
    this.#options.log.info({ worker: worker.id, name, host, pid, slots, sharesExchange }, 'worker joined');
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

/** What is known of a worker after the handshake. */
interface Greeted {
  readonly id: number;
  readonly hello: Hello;
  readonly remoteAddress: string;
  readonly sharesExchange: boolean;
}

/** The next message of a handshake; undefined when the connection ends first. Rejects with `badPeer` for what is too long or no text. */
function nextText(socket: WebSocket): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const onClose = () => resolve(undefined);
    socket.once('close', onClose);
    socket.once('message', (data, isBinary) => {
      socket.off('close', onClose);
      const bytes = data as Buffer;
      if (isBinary || bytes.byteLength > maxHelloBytes) reject(errors.badPeer('not a message of the handshake'));
      else resolve(bytes.toString('utf8'));
    });
  });
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
  const text = message.kind === 'refused' ? JSON.stringify(message) : sealedText(message);
  if (socket.readyState === socket.OPEN) socket.send(text);
}
