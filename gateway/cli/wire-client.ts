/** A small Postgres client: `demo` and `bench` ask the gateway over the same wire as everybody. */
import { connect, type Socket } from 'node:net';
import { parse, serialize } from 'pg-protocol';
import type {
  BackendMessage,
  DatabaseError,
  DataRowMessage,
  NoticeMessage,
  RowDescriptionMessage,
} from 'pg-protocol/dist/messages.js';
import type { Address } from '../config/address.ts';

/** What one statement gave. NULL is null; everything else is Postgres' text. */
export interface WireAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly notices: readonly string[];
  /** From sending the statement to its last byte. */
  readonly elapsedMs: number;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly take: (message: BackendMessage) => void;
  failure: Error | null;
}

const logInTimeoutMs = 10_000;
const passwordRequests: ReadonlySet<string> = new Set([
  'authenticationCleartextPassword',
  'authenticationMD5Password',
  'authenticationSASL',
]);

/** One connection: text format, one statement at a time, no passwords (it talks to a gateway on the loopback interface). */
export class WireClient {
  readonly #socket: Socket;
  #pending: Pending | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error) => this.#pending?.reject(error));
    socket.on('close', () =>
      this.#pending?.reject(this.#pending.failure ?? new Error('the server closed the connection')),
    );
    void parse(socket, (message) => this.#receive(message));
  }

  /** Logs in. Rejects when nobody answers, when the server refuses or wants a password. */
  static async connect(address: Address, user = 'sluice', database = 'sluice'): Promise<WireClient> {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    socket.setTimeout(logInTimeoutMs, () => socket.destroy(new Error('no answer to the log-in')));
    const client = new WireClient(socket);
    await client.#exchange(serialize.startup({ user, database }), () => {});
    socket.setTimeout(0);
    return client;
  }

  /** Runs one statement. Rejects with the server's error (`code` is its SQLSTATE). */
  async query(sql: string): Promise<WireAnswer> {
    let columns: readonly string[] = [];
    const rows: (readonly (string | null)[])[] = [];
    const notices: string[] = [];
    const started = performance.now();
    await this.#exchange(serialize.query(sql), (message) => {
      if (message.name === 'rowDescription') {
        columns = (message as RowDescriptionMessage).fields.map((field) => field.name);
      } else if (message.name === 'dataRow') {
        rows.push((message as DataRowMessage).fields);
      } else if (message.name === 'notice') {
        notices.push((message as unknown as NoticeMessage).message ?? '');
      }
    });
    return { columns, rows, notices, elapsedMs: performance.now() - started };
  }

  close(): void {
    this.#socket.end(serialize.end());
  }

  /** Sends a message and resolves at ReadyForQuery. */
  #exchange(message: Buffer, take: Pending['take']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, take, failure: null };
      this.#socket.write(message);
    });
  }

  #receive(message: BackendMessage): void {
    const pending = this.#pending;
    if (pending === null) return;
    if (message.name === 'error') pending.failure = message as DatabaseError;
    else pending.take(message);
    if (passwordRequests.has(message.name)) pending.reject(new Error('the server asks for a password'));
    if (message.name !== 'readyForQuery') return;
    this.#pending = null;
    if (pending.failure === null) pending.resolve();
    else pending.reject(pending.failure);
  }
}
