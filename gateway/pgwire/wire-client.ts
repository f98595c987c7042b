import type { Socket } from 'node:net';
import { errors, type SluiceError } from '../../planner/errors.ts';
import { giveBack } from '../../worker/rows/spare-memory.ts';
import type { Notification } from '../session/channels.ts';
import type { Client, CopyInput, Field, Notice, TransactionStatus } from '../session/client.ts';
import { WireCopyInput } from './copy-input.ts';
import * as encode from './encode.ts';
import { copiedPartBytes, outputFlushBytes, provenBytes } from './limits.ts';
import type { MessageSource } from './message-source.ts';
import type { Turnstile } from './turnstile.ts';

/** Says what a session says to a socket. Holds at most `outputFlushBytes` plus one message of its own, beside the socket's buffer. */
export class WireClient implements Client {
  readonly #socket: Socket;
  #parts: Buffer[] = [];
  /** Of the parts, those whose memory is given back when they are sent. */
  #own: Buffer[] = [];
  #bytes = 0;
  /** Set while the socket's own buffer is above its mark. */
  #full: Promise<void> | undefined;
  readonly #turnstile: Turnstile;
  /** Of the answers since the last ReadyForQuery. */
  #answered = 0;
  /** Stands for it at the turnstile, and holds nothing. */
  readonly ticket: object = {};
  #copyInput: CopyInput | undefined;

  /** `turnstile`: what all clients of a server pass before more of a long answer is made for them. */
  constructor(socket: Socket, turnstile: Turnstile) {
    this.#socket = socket;
    this.#turnstile = turnstile;
  }

  /** Where the client's messages come from, once it has logged in. */
  listen(source: MessageSource): void {
    this.#copyInput = new WireCopyInput(source, () => this.waitFor());
  }

  get copyInput(): CopyInput {
    if (this.#copyInput === undefined) {
      throw errors.internal('COPY before the log-in is done');
    }
    return this.#copyInput;
  }

  write(message: Buffer, own = false): void {
    this.#parts.push(message);
    if (own) {
      this.#own.push(message);
    }
    this.#bytes += message.length;
    this.#answered += message.length;
    if (this.#bytes >= outputFlushBytes) {
      this.flush();
    }
  }

  flush(): void {
    if (this.#bytes === 0) {
      return;
    }
    const [parts, own, bytes] = [this.#parts, this.#own, this.#bytes];
    this.#parts = [];
    this.#own = [];
    this.#bytes = 0;
    const release = () => {
      for (const part of own.splice(0)) {
        giveBack(part);
      }
    };
    if (this.#socket.destroyed || this.#send(parts, bytes, release)) {
      release();
    }
    if (this.#socket.writableLength > 0 && this.#socket.writableNeedDrain && this.#full === undefined) {
      this.#full = this.#drained();
    }
  }

  /** Before it is the client that is to say something. */
  waitFor(): void {
    this.flush();
    this.#turnstile.done(this.ticket);
  }

  /** True when nothing refers to the parts any more: the kernel has them, or a copy is sent. Else `sent` is called when that is so. */
  #send(parts: readonly Buffer[], bytes: number, sent: () => void): boolean {
    const socket = this.#socket;
    if (parts.length > 1 && bytes / parts.length < copiedPartBytes) {
      socket.write(Buffer.concat(parts, bytes));
      return true;
    }
    if (parts.length > 1) {
      socket.cork();
    }
    for (const part of parts.slice(0, -1)) {
      socket.write(part);
    }
    // They leave in their order. Where the connection is lost before, who knows what still refers to them.
    socket.write(parts.at(-1)!, (error) => {
      if (!error) {
        sent();
      }
    });
    if (parts.length > 1) {
      socket.uncork();
    }
    return socket.writableLength === 0;
  }

  room(): Promise<void> | undefined {
    if (this.#socket.destroyed) {
      return Promise.reject(errors.connectionLost());
    }
    if (this.#full !== undefined) {
      this.#turnstile.done(this.ticket);
    }
    return this.#full;
  }

  turn(): Promise<boolean> | boolean {
    if (this.#answered < outputFlushBytes) return false;
    const unproven = this.#answered < provenBytes;
    return this.#turnstile.pass('rows', this.ticket, unproven) ?? this.#turnstile.hasOthers;
  }

  #drained(): Promise<void> {
    const drained = new Promise<void>((resolve, reject) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', lost);
        this.#full = undefined;
        resolve();
      };
      const lost = () => {
        this.#socket.off('drain', done).off('close', lost);
        this.#full = undefined;
        reject(errors.connectionLost());
      };
      this.#socket.on('drain', done).on('close', lost);
    });
    // Nobody may be waiting when the socket closes; whoever asks later gets `connectionLost` from `room`.
    drained.catch(() => undefined);
    return drained;
  }

  parseComplete(): void {
    this.write(encode.parseComplete);
  }
  bindComplete(): void {
    this.write(encode.bindComplete);
  }
  closeComplete(): void {
    this.write(encode.closeComplete);
  }
  noData(): void {
    this.write(encode.noData);
  }
  emptyQuery(): void {
    this.write(encode.emptyQueryResponse);
  }
  portalSuspended(): void {
    this.write(encode.portalSuspended);
  }
  parameterDescription(oids: readonly number[]): void {
    this.write(encode.parameterDescription(oids));
  }
  rowDescription(fields: readonly Field[]): void {
    this.write(encode.rowDescription(fields));
  }
  rows(messages: Buffer, own?: boolean): void {
    this.write(messages, own);
  }
  copyResponse(direction: 'in' | 'out', format: 0 | 1, columns: number): void {
    this.write(encode.copyResponse(direction, format, columns));
  }
  copyData(messages: Buffer, own?: boolean): void {
    this.write(messages, own);
  }
  copyDone(): void {
    this.write(encode.copyDone);
  }
  commandComplete(tag: string): void {
    this.write(encode.commandComplete(tag));
  }
  error(error: SluiceError, severity: 'ERROR' | 'FATAL'): void {
    this.write(encode.errorResponse(error, severity));
  }
  notice(notice: Notice): void {
    this.write(encode.noticeResponse(notice));
  }
  notification(notification: Notification): void {
    this.write(encode.notificationResponse(notification));
  }
  parameterStatus(name: string, value: string): void {
    this.write(encode.parameterStatus(name, value));
  }
  ready(status: TransactionStatus): void {
    this.write(encode.readyForQuery(status));
    this.#answered = 0;
  }
}
