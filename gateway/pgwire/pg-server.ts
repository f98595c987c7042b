import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { errors } from '../../planner/errors.ts';
import type { Client } from '../session/client.ts';
import type { Login, Session } from '../session/session.ts';
import { CancelRegistry } from './cancel-registry.ts';
import { Connection, type ConnectionHost } from './connection.ts';
import { FailedLogins } from './failed-logins.ts';
import { closeGraceMs, reserveSockets } from './limits.ts';
import { checkListenAddress } from './listen-address.ts';
import { type TlsFiles, TlsServer } from './tls-server.ts';
import { Turnstile } from './turnstile.ts';
import type { Users } from './users.ts';

/** How clients log in and what they get. */
export interface LoginOptions {
  readonly maxConnections: number;
  /** Of these, so many are for these users alone; absent: none. */
  readonly reserved?: { readonly connections: number; readonly users: ReadonlySet<string> };
  /** From the first byte to ReadyForQuery. */
  readonly authTimeoutMs: number;
  /** Largest message after the log-in. */
  readonly maxMessageBytes: number;
  /** How long the first wrong password of an address waits for its answer; see `FailedLogins`. */
  readonly failedLoginDelayMs: number;
  /** Null: everybody is trusted. */
  readonly users: Users | null;
  /** Allows what `checkListenAddress` refuses. */
  readonly insecure: boolean;
  /** Makes the session of a client that has logged in; sends its ParameterStatus messages. */
  readonly openSession: (login: Login, client: Client) => Promise<Session>;
}

export interface PgServerOptions extends LoginOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM texts. */
  readonly tls: TlsFiles | null;
  readonly log: Logger;
}

/** The Postgres listener. */
export class PgServer {
  readonly #options: PgServerOptions;
  readonly #server: Server;
  readonly #cancels = new CancelRegistry();
  readonly #turnstile = new Turnstile();
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #tls: TlsServer | null;
  readonly #failedLogins: FailedLogins;
  #sessions = 0;
  /** Those that are logged in, by user. */
  readonly #byUser = new Map<string, number>();

  /** @throws SluiceError 28000 when it would listen beyond loopback without passwords and TLS. */
  constructor(options: PgServerOptions) {
    if (!options.insecure) {
      const proved = options.users !== null && options.users.method !== 'trust';
      checkListenAddress(options.host, proved, options.tls !== null);
    }
    this.#options = options;
    this.#tls = options.tls === null ? null : new TlsServer(options.tls);
    this.#failedLogins = new FailedLogins(options.failedLoginDelayMs);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = options.maxConnections + reserveSockets;
  }

  /** Sessions that are logged in or logging in. */
  get sessions(): number {
    return this.#sessions;
  }

  /** Resolves with the address when clients can connect; rejects with Node's error (EADDRINUSE, ...) when they can't. */
  async listen(): Promise<AddressInfo> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  /**
   * Takes no more clients, ends idle ones, lets running statements finish for `graceMs`, then cancels them. A client that does not read
   * what it was sent is cut off `closeGraceMs` later. Resolves when all are gone.
   */
  async close(graceMs: number): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections.keys()) {
      connection.stop(errors.shuttingDown());
    }
    const cancelAll = setTimeout(() => {
      for (const connection of this.#connections.keys()) {
        connection.cancel(errors.shuttingDown());
      }
    }, graceMs);
    const cutOff = setTimeout(() => {
      for (const connection of this.#connections.keys()) {
        connection.cutOff();
      }
    }, graceMs + closeGraceMs);
    await Promise.all(this.#connections.values());
    clearTimeout(cancelAll);
    clearTimeout(cutOff);
  }

  #accept(socket: Socket): void {
    const host: ConnectionHost = {
      options: this.#options,
      tls: this.#tls,
      failedLogins: this.#failedLogins,
      cancels: this.#cancels,
      turnstile: this.#turnstile,
      log: this.#options.log,
      takePlace: (user) => {
        const { maxConnections, reserved } = this.#options;
        const kept = reserved === undefined || reserved.users.has(user) ? 0 : reserved.connections;
        const free = this.#sessions < maxConnections - kept;
        this.#sessions += free ? 1 : 0;
        return free;
      },
      freePlace: () => {
        this.#sessions--;
      },
      enter: (user, limit) => {
        const count = this.#byUser.get(user) ?? 0;
        if (limit >= 0 && count >= limit) {
          return false;
        }
        this.#byUser.set(user, count + 1);
        return true;
      },
      leave: (user) => {
        const count = (this.#byUser.get(user) ?? 0) - 1;
        if (count > 0) {
          this.#byUser.set(user, count);
        } else {
          this.#byUser.delete(user);
        }
      },
    };
    const connection = new Connection(socket, host);
    this.#connections.set(
      connection,
      connection.run().finally(() => this.#connections.delete(connection)),
    );
  }
}
