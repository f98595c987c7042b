import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { errors, SluiceError } from '../planner/errors.ts';
import { bearerHeader } from './protocol/bearer.ts';
import { decodeRowsFrame, maxMessageBytes, type RowsFrame } from './protocol/frames.ts';
import { MessageCount } from './protocol/message-count.ts';
import type { Hello, Storage, ToWorker, Welcome } from './protocol/messages.ts';
import { parseToWorker } from './protocol/parse-message.ts';
import { isPlainText, sealedText, unsealedText } from './protocol/sealed-text.ts';

/** From dialling to `welcome`. */
const handshakeTimeoutMs = 10_000;
/** Heart-beats of the gateway that may be missed before the connection counts as lost: more than the gateway allows the worker. */
const missedHeartbeatsLimit = 10;
/** WebSocket close codes and the room for words in a close frame. */
const closeCodes = { protocolError: 1002 } as const;
const maxCloseReason = 100;
/** Longest explanation that is read from a gateway that refuses the upgrade. */
const maxRefusalBytes = 4096;
/** A marker is shorter. */
const maxMarkerBytes = 1024;

/** What comes from a gateway: messages, and frames of rows. */
export type FromGateway = ToWorker | { readonly kind: 'rows'; readonly frame: RowsFrame };

/** A connection that a gateway has welcomed. */
export interface GatewayLink {
  readonly socket: WebSocket;
  /** What is sent goes through it. */
  readonly messages: MessageCount;
  readonly welcome: Welcome;
  /** Hands over the messages after `welcome`, those that came already first. A handler that raises closes the connection. */
  readonly listen: (handler: (message: FromGateway) => void) => void;
  /** Resolves with the reason when the connection has ended, be it by silence of the gateway (the lease). */
  readonly closed: Promise<SluiceError>;
}

/** A refusal (wrong token, other version): there is no use in trying again. */
export class Refusal extends Error {
  readonly error: SluiceError;

  constructor(error: SluiceError) {
    super(error.message);
    this.error = error;
  }
}

/** Dials the gateway, says hello, and answers its welcome. Rejects with Refusal, or with SluiceError when it can't be reached. */
export async function dialGateway(url: string, token: string, hello: Hello, signal: AbortSignal): Promise<GatewayLink> {
  const socket = new WebSocket(fleetUrl(url), {
    headers: { authorization: bearerHeader(token) },
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    generateMask: noMask,
    handshakeTimeout: handshakeTimeoutMs,
  });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(abort, handshakeTimeoutMs);
  try {
    const closed = closedOf(socket, url);
    const inbox = new Inbox(socket);
    await opened(socket, url);
    socket.send(JSON.stringify(hello));
    const lost = closed.then((reason) => Promise.reject(reason));
    const message = await Promise.race([inbox.first, lost]);
    if (message.kind === 'refused') throw new Refusal(SluiceError.fromJSON(message.error));
    if (message.kind !== 'welcome') throw errors.badPeer(`${message.kind} instead of welcome`);
    const messages = new MessageCount(socket, (error) => breach(socket, error));
    keepLease(socket, messages, message.heartbeatMs);
    const storage: Storage = { kind: 'storage', exchangeMarker: await Promise.race([readMarker(message), lost]) };
    socket.send(sealedText(storage));
    return { socket, messages, welcome: message, closed, listen: (handler) => inbox.listen(handler) };
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/**
 * WebSocket clients mask what they send, so that scripts in a browser can't make proxies see what they like. There is no script here, and
 * masking costs a pass over every byte at either end: a mask of zeros, which the protocol allows, is none.
 */
function noMask(mask: Buffer): void {
  mask.fill(0);
}

function fleetUrl(url: string): URL {
  const full = new URL(url);
  if (full.pathname === '/' || full.pathname === '') full.pathname = '/fleet';
  return full;
}

function unreachable(url: string, reason: string): SluiceError {
  return errors.gatewayLost(new URL(url).host, reason);
}

function opened(socket: WebSocket, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (error) => reject(unreachable(url, error.message)));
    socket.once('close', () => reject(unreachable(url, 'the connection was closed')));
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        if (Buffer.concat(chunks).length < maxRefusalBytes) chunks.push(chunk);
      });
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8').trim().slice(0, maxRefusalBytes);
        const refused = response.statusCode === 401 || response.statusCode === 403;
        reject(
          refused ? new Refusal(errors.workerRefused(text)) : unreachable(url, `HTTP ${response.statusCode}: ${text}`),
        );
        socket.terminate();
      });
    });
  });
}

/** The content of the marker, if this worker can use the exchange folder. */
async function readMarker({ exchangeDirectory, exchangeMarker }: Welcome): Promise<string | null> {
  try {
    await access(exchangeDirectory, constants.R_OK | constants.W_OK | constants.X_OK);
    const { size } = await stat(exchangeMarker);
    return size > maxMarkerBytes ? null : await readFile(exchangeMarker, 'utf8');
  } catch {
    return null; // another machine, or another user's folder: rows come in frames
  }
}

/** A refusal may come from another version. */
function readText(text: string): ToWorker {
  if (!isPlainText(text)) return parseToWorker(unsealedText(text));
  const message = parseToWorker(text);
  if (message.kind !== 'refused') throw errors.badPeer(`${message.kind} without a checksum`);
  return message;
}

/** Parsed messages; those that come before there is a handler wait. */
class Inbox {
  readonly first: Promise<FromGateway>;
  readonly #waiting: FromGateway[] = [];
  #handler: (message: FromGateway) => void = (message) => this.#waiting.push(message);

  constructor(socket: WebSocket) {
    const later = this.#handler;
    this.first = new Promise((resolve, reject) => {
      this.#handler = (message) => {
        this.#handler = later;
        resolve(message);
      };
      socket.on('message', (data, isBinary) => {
        try {
          if (isBinary) this.#handler({ kind: 'rows', frame: decodeRowsFrame(data as Buffer) });
          else this.#handler(readText(String(data)));
        } catch (error) {
          reject(error);
          breach(socket, error);
        }
      });
    });
    this.first.catch(() => undefined); // told by the race in dialGateway, unless the connection ended before
  }

  listen(handler: (message: FromGateway) => void): void {
    for (const message of this.#waiting.splice(0)) handler(message);
    this.#handler = handler;
  }
}

/** The gateway has sent what it must not send, or not all has come. */
function breach(socket: WebSocket, error: unknown): void {
  socket.close(closeCodes.protocolError, error instanceof Error ? error.message.slice(0, maxCloseReason) : '');
}

function closedOf(socket: WebSocket, url: string): Promise<SluiceError> {
  let cause = 'the connection was closed';
  socket.on('error', (error) => {
    cause = error.message;
  });
  return new Promise((resolve) => {
    socket.once('close', () => resolve(unreachable(url, cause)));
  });
}

/**
 * The gateway pings, and gets a ping in return beside the answer; when it falls silent the connection is ended, and with it all tasks: nobody
 * waits for them any more.
 */
function keepLease(socket: WebSocket, messages: MessageCount, heartbeatMs: number): void {
  let lease: NodeJS.Timeout | undefined;
  const renew = () => {
    clearTimeout(lease);
    lease = setTimeout(() => socket.terminate(), heartbeatMs * missedHeartbeatsLimit);
  };
  renew();
  socket.on('ping', () => {
    renew();
    messages.ping();
  });
  socket.once('close', () => clearTimeout(lease));
}
