import type { RawData, WebSocket } from 'ws';
import { errors, SluiceError } from '../../planner/errors.ts';
import { decodeRowsFrame } from '../../worker/protocol/frames.ts';
import { MessageCount } from '../../worker/protocol/message-count.ts';
import type { Hello, Run, TaskReport, ToWorker } from '../../worker/protocol/messages.ts';
import { parseToGateway } from '../../worker/protocol/parse-message.ts';
import { sealedText, unsealedText } from '../../worker/protocol/sealed-text.ts';
import { AttemptRows } from './attempt-rows.ts';
import type { TaskRun, WorkerLink } from './fleet.ts';
import { sendFrames } from './send-frames.ts';

export interface WorkerConnectionOptions {
  readonly id: number;
  readonly hello: Hello;
  readonly socket: WebSocket;
  /** Runs on this host and sees its files. */
  readonly local: boolean;
  /** Sees the exchange folder. */
  readonly sharesExchange: boolean;
  /** Told once, after every attempt has failed with the same reason. */
  readonly onClosed: (reason: SluiceError) => void;
}

/** WebSocket close code for a peer that breaks the protocol, and the room for words in a close frame. */
const protocolErrorCode = 1002;
const maxCloseReason = 100;

async function* noFrames(): AsyncGenerator<Uint8Array> {
  yield* [];
}

/** A worker that has been welcomed: runs attempts over its WebSocket. The same for every kind of fleet. */
export class WorkerConnection implements WorkerLink {
  readonly id: number;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly slots: number;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly local: boolean;
  readonly sharesExchange: boolean;
  readonly closed: AbortSignal;

  readonly #socket: WebSocket;
  readonly #messages: MessageCount;
  readonly #onClosed: (reason: SluiceError) => void;
  readonly #closing = new AbortController();
  readonly #attempts = new Map<string, AttemptRows>();
  #missedHeartbeats = 0;

  constructor(options: WorkerConnectionOptions) {
    const { hello, socket } = options;
    this.id = options.id;
    this.name = hello.name;
    this.host = hello.host;
    this.pid = hello.pid;
    this.slots = hello.slots;
    this.cores = hello.cores;
    this.memoryBytes = hello.memoryBytes;
    this.local = options.local;
    this.sharesExchange = options.sharesExchange;
    this.closed = this.#closing.signal;
    this.#socket = socket;
    this.#onClosed = options.onClosed;
    this.#messages = new MessageCount(socket, (error) => this.#breach(error));
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#missedHeartbeats = 0;
    });
    socket.once('close', (code) => this.#end(`the connection was closed (${code})`));
    socket.on('error', (error) => this.#end(error.message));
  }

  run(task: Run, signal: AbortSignal, frames?: AsyncIterable<Uint8Array>): TaskRun {
    const rows = new AttemptRows({
      creditBytes: task.creditBytes,
      grant: (bytes) => this.#send({ kind: 'credit', attempt: task.attempt, bytes }),
      cancel: () => abandon(),
      breach: (error) => this.#breach(error),
    });
    const onAbort = () => {
      rows.fail(signal.reason instanceof SluiceError ? signal.reason : errors.cancelled());
      abandon();
    };
    const abandon = () => {
      signal.removeEventListener('abort', onAbort);
      if (this.#attempts.delete(task.attempt)) this.#send({ kind: 'cancel', attempt: task.attempt });
    };
    if (this.closed.aborted) rows.fail(this.closed.reason as SluiceError);
    else if (signal.aborted) onAbort();
    else if (this.#attempts.has(task.attempt)) rows.fail(errors.internal(`attempt ${task.attempt} runs already`));
    else {
      this.#attempts.set(task.attempt, rows);
      signal.addEventListener('abort', onAbort, { once: true });
      rows.report.then(
        () => signal.removeEventListener('abort', onAbort),
        () => signal.removeEventListener('abort', onAbort),
      );
      this.#send({ ...task, kind: 'run' });
      if (task.inputs?.some((input) => input.frames > 0) ?? false) {
        const isWanted = () => this.#attempts.get(task.attempt) === rows;
        sendFrames(this.#socket, this.#messages, task, frames ?? noFrames(), isWanted).catch((error: unknown) => {
          rows.fail(error instanceof SluiceError ? error : errors.internal(String(error), error));
          abandon();
        });
      }
    }
    return rows;
  }

  /** Pings the worker, and tells it how many messages it should have; the number of pings in a row that it has not answered. */
  heartbeat(): number {
    this.#missedHeartbeats += 1;
    this.#messages.ping();
    return this.#missedHeartbeats - 1;
  }

  /** Ends the connection without waiting for the peer. */
  terminate(reason: string): void {
    this.#end(reason);
    this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.closed.aborted) return;
    this.#missedHeartbeats = 0;
    try {
      if (isBinary) this.#receiveRows(data as Buffer);
      else this.#receiveText(String(data));
    } catch (error) {
      this.#breach(error instanceof SluiceError ? error : errors.badPeer(String(error)));
    }
  }

  #receiveRows(message: Buffer): void {
    const frame = decodeRowsFrame(message);
    this.#attempts.get(frame.attempt)?.receive(frame, message.byteLength);
  }

  #receiveText(text: string): void {
    const message = parseToGateway(unsealedText(text));
    switch (message.kind) {
      case 'done':
        this.#conclude(message.attempt, (rows) => rows.finish(message.report satisfies TaskReport));
        return;
      case 'failed':
        this.#conclude(message.attempt, (rows) => rows.fail(SluiceError.fromJSON(message.error)));
        return;
      case 'hello':
      case 'storage':
        throw errors.badPeer(`${message.kind} twice`);
    }
  }

  /** Forgets the attempt once its end is in order; the end of the connection fails it otherwise, as all that are not forgotten. */
  #conclude(attempt: string, end: (rows: AttemptRows) => void): void {
    const rows = this.#attempts.get(attempt);
    if (rows !== undefined) end(rows);
    this.#attempts.delete(attempt);
  }

  #send(message: ToWorker): void {
    this.#messages.send(sealedText(message));
  }

  #breach(error: SluiceError): void {
    if (this.closed.aborted) return;
    this.#socket.close(protocolErrorCode, error.message.slice(0, maxCloseReason));
    this.terminate(error.message);
  }

  #end(reason: string): void {
    if (this.closed.aborted) return;
    const error = errors.workerLost(this.name, reason);
    this.#closing.abort(error);
    for (const rows of this.#attempts.values()) rows.fail(error);
    this.#attempts.clear();
    this.#onClosed(error);
  }
}
