import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { Session } from '../session/session.ts';
import { authenticate } from './authenticate.ts';
import type { BackendKey, CancelRegistry } from './cancel-registry.ts';
import { decodeFrame, frontendCode } from './decode.ts';
import { backendKeyData, negotiateProtocolVersion } from './encode.ts';
import type { FailedLogins } from './failed-logins.ts';
import type { Frame } from './frame-reader.ts';
import { closeGraceMs, keepAliveMs, maxAuthMessageBytes } from './limits.ts';
import { isLoopback } from './listen-address.ts';
import { MessageSource } from './message-source.ts';
import type { LoginOptions } from './pg-server.ts';
import { readOpening, type Startup } from './startup.ts';
import { clientName, type TlsServer } from './tls-server.ts';
import type { Turnstile } from './turnstile.ts';
import { WireClient } from './wire-client.ts';

/** What a connection shares with the server's others. */
export interface ConnectionHost {
  readonly options: LoginOptions;
  readonly tls: TlsServer | null;
  readonly failedLogins: FailedLogins;
  readonly cancels: CancelRegistry;
  /** So that many who come, go, or get rows, at once don't hold up the others. */
  readonly turnstile: Turnstile;
  readonly log: Logger;
  /** Takes one of the places for sessions, or says no. */
  takePlace(user: string): boolean;
  freePlace(): void;
  /** Counts a session of a user that has logged in, or says that it is beyond the limit (-1: none). */
  enter(user: string, limit: number): boolean;
  leave(user: string): void;
}

/** What a client asks first is looked at for the first time, and may be all that it ever asks: these wait their turn like a log-in. */
const starting: ReadonlySet<number> = new Set([frontendCode.query, frontendCode.parse, frontendCode.execute]);

/** One client, from its first byte to its last. */
export class Connection {
  readonly #host: ConnectionHost;
  readonly #raw: Socket;
  #socket: Socket;
  #client: WireClient;
  #session: Session | undefined;
  #key: BackendKey | undefined;
  #hasPlace = false;
  /** The user whose session counts. */
  #entered: string | undefined;
  #user = '';
  #authenticated = false;
  /** Set when the server wants the connection to end after the statement that runs. */
  #stop: SluiceError | undefined;
  /** Wakes the loop while it waits for a message. */
  #interruptIdle: (() => void) | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#host = host;
    this.#raw = socket;
    this.#socket = socket;
    this.#client = new WireClient(socket, host.turnstile);
  }

  /** Serves the client until it is gone. Never rejects. */
  async run(): Promise<void> {
    this.#adopt(this.#raw);
    this.#raw.setNoDelay(true);
    this.#raw.setKeepAlive(true, keepAliveMs);
    const { authTimeoutMs } = this.#host.options;
    const deadline = setTimeout(() => this.#raw.destroy(), authTimeoutMs);
    try {
      const source = await this.#logIn();
      clearTimeout(deadline);
      if (source !== undefined) {
        await this.#serve(source);
      }
    } catch (error) {
      await this.#fatal(error);
    } finally {
      clearTimeout(deadline);
      await this.#cleanUp();
      this.#host.turnstile.done(this.#client.ticket);
    }
  }

  /** Ends the connection with a FATAL error: at once when idle, else when the running statement is done. */
  stop(reason: SluiceError): void {
    this.#stop = reason;
    if (this.#authenticated) {
      this.#interruptIdle?.();
    } else {
      this.#raw.destroy();
    }
  }

  /** Cancels what runs. */
  cancel(reason: SluiceError): void {
    this.#session?.cancel(reason);
  }

  /** Ends the connection without a word. */
  cutOff(): void {
    this.#raw.destroy();
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    this.#client = new WireClient(socket, this.#host.turnstile);
    // A broken connection shows in 'close'; its reason is of use in the log only.
    socket.on('error', (error) => this.#host.log.debug({ error: error.message }, 'connection error'));
    socket.on('close', () => this.#session?.cancel(errors.connectionLost()));
  }

  /** Until ReadyForQuery. Undefined when there is nothing to serve. */
  async #logIn(): Promise<MessageSource | undefined> {
    const { cancels, tls, options } = this.#host;
    const opening = await readOpening(this.#raw, tls, (socket) => this.#adopt(socket));
    if (opening.kind !== 'start') {
      if (opening.kind === 'cancel') {
        cancels.cancel(opening.pid, opening.secret);
      }
      return undefined;
    }
    const { startup } = opening;
    if (startup.negotiate !== undefined) {
      this.#client.write(negotiateProtocolVersion(startup.negotiate));
    }
    this.#admit(startup);
    const source = new MessageSource(opening.socket, opening.rest, () =>
      this.#authenticated ? options.maxMessageBytes : maxAuthMessageBytes,
    );
    const send = (message: Buffer) => {
      this.#client.write(message);
      this.#client.flush();
    };
    const { turnstile } = this.#host;
    await turnstile.pass('clients', this.#client.ticket);
    if (this.#socket.destroyed) {
      return undefined;
    }
    await this.#authenticate(source, send, startup.user);
    await turnstile.pass('clients', this.#client.ticket);
    if (this.#socket.destroyed) {
      return undefined;
    }
    this.#authenticated = true;
    this.#client.listen(source);
    this.#key = cancels.register(() => this.cancel(errors.cancelled()));
    const { user, database, parameters } = startup;
    const { pid } = this.#key;
    const address = { host: this.#raw.remoteAddress ?? null, port: this.#raw.remotePort ?? null };
    const terminate = (reason: SluiceError) => {
      this.stop(reason);
      this.cancel(reason);
    };
    const login = { user, database, parameters, pid, address, terminate };
    this.#session = await options.openSession(login, this.#client);
    if (this.#socket.destroyed) {
      return undefined;
    }
    this.#client.write(backendKeyData(this.#key.pid, this.#key.secret));
    this.#client.ready('I');
    this.#client.flush();
    return source;
  }

  async #authenticate(source: MessageSource, send: (message: Buffer) => void, user: string): Promise<void> {
    const { tls, options } = this.#host;
    const socket = this.#socket;
    const encrypted =
      socket instanceof TLSSocket ? { endPoint: tls?.endPoint, clientName: clientName(socket) } : undefined;
    const next = () => {
      this.#client.waitFor();
      return source.next();
    };
    await authenticate({ next, send, tls: encrypted }, user, options.users);
    if (!this.#host.enter(user, options.users?.find(user)?.connectionLimit ?? -1)) {
      throw errors.tooManyRoleConnections(user);
    }
    this.#entered = user;
  }

  /** What must hold before a password is asked for. */
  #admit(startup: Startup): void {
    const { options } = this.#host;
    const replication = startup.parameters.get('replication');
    if (replication !== undefined && !/^(false|off|no|0)$/i.test(replication)) {
      throw errors.featureNotSupported('replication');
    }
    const encrypted = this.#socket !== this.#raw;
    if (!encrypted && !options.insecure && !isLoopback(this.#raw.remoteAddress ?? '')) {
      throw errors.encryptionRequired();
    }
    this.#user = startup.user;
    if (this.#host.failedLogins.isFlooding(this.#address)) {
      throw errors.tooManyFailures();
    }
    if (!this.#host.takePlace(startup.user)) {
      throw errors.tooManyConnections(options.maxConnections, options.reserved?.connections);
    }
    this.#hasPlace = true;
  }

  async #serve(source: MessageSource): Promise<void> {
    const session = this.#session!;
    const { turnstile } = this.#host;
    let isNew = true;
    for (;;) {
      if (this.#stop !== undefined) {
        throw this.#stop;
      }
      const frame = source.tryNext() ?? (await this.#nextMessage(source, session));
      if (frame === undefined || frame.code === frontendCode.terminate) {
        return;
      }
      if (!isNew) {
        turnstile.others();
      } else if (starting.has(frame.code)) {
        await turnstile.pass('clients', this.#client.ticket);
        if (this.#socket.destroyed) {
          return;
        }
      }
      const message = decodeFrame(frame);
      await session.handle(message, source.peek() === frontendCode.sync);
      isNew &&= message.kind !== 'query' && message.kind !== 'sync';
    }
  }

  /** Waits for a message, for the server's stop, or for an idle time-out. */
  async #nextMessage(source: MessageSource, session: Session): Promise<Frame | undefined> {
    this.#client.waitFor();
    const limit = session.idleLimit();
    const timer = limit && setTimeout(() => this.stop(limit.error), limit.ms);
    const stopped = new Promise<undefined>((_, reject) => {
      this.#interruptIdle = () => reject(this.#stop);
    });
    try {
      return await Promise.race([source.next(), stopped]);
    } finally {
      this.#interruptIdle = undefined;
      clearTimeout(timer ?? undefined);
    }
  }

  async #fatal(error: unknown): Promise<void> {
    const known = error instanceof SluiceError ? error : errors.internal('internal error', error);
    if (known.sqlstate === 'XX000') {
      this.#host.log.error({ err: error }, 'connection failed');
    }
    if (!this.#authenticated && known.sqlstate.startsWith('28')) {
      await this.#refuseLater(known);
    }
    this.#client.error(known, 'FATAL');
  }

  get #address(): string {
    return this.#raw.remoteAddress ?? '';
  }

  /** A refused log-in is told of, and holds nobody else up while it waits. */
  async #refuseLater({ sqlstate, message }: SluiceError): Promise<void> {
    const { failedLogins, log } = this.#host;
    const address = this.#address;
    log.warn({ address, user: this.#user, sqlstate, reason: message }, 'log-in refused');
    this.#freePlace();
    if (sqlstate !== '28P01') {
      return;
    }
    const wait = failedLogins.failed(address);
    try {
      await delay(wait);
    } finally {
      failedLogins.answered(address);
    }
  }

  #freePlace(): void {
    if (this.#hasPlace) {
      this.#hasPlace = false;
      this.#host.freePlace();
    }
  }

  async #cleanUp(): Promise<void> {
    this.#client.flush();
    const socket = this.#socket;
    socket.end();
    // Read on, or the end of a client that still sends would never be seen.
    socket.resume();
    setTimeout(() => socket.destroy(), closeGraceMs).unref();
    if (this.#key !== undefined) {
      this.#host.cancels.unregister(this.#key);
    }
    try {
      if (this.#session !== undefined) {
        await this.#host.turnstile.pass('clients', this.#client.ticket);
        await this.#session.close();
      }
    } catch (error) {
      this.#host.log.error({ err: error }, 'closing a session failed');
    }
    if (this.#entered !== undefined) {
      this.#host.leave(this.#entered);
    }
    this.#freePlace();
  }
}
