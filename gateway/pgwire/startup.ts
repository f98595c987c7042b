/**
 * What a client may send before messages have a type byte: SSLRequest, GSSENCRequest, CancelRequest, a direct TLS handshake,
 * and the startup message (PostgreSQL documentation, "Message Flow", "Start-up" and "SSL Session Encryption").
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { errors } from '../../planner/errors.ts';
import { CheckedReader } from './checked-reader.ts';
import { maxNegotiations, maxStartupBytes } from './limits.ts';
import { alpnProtocol, type TlsServer } from './tls-server.ts';

const cancelCode = 80877102;
const sslCode = 80877103;
const gssCode = 80877104;
/** First byte of a TLS handshake record. */
const tlsRecord = 0x16;

export interface Startup {
  readonly user: string;
  readonly database: string;
  /** Everything else but `_pq_.` options: settings, `options`, `replication`. Names as sent. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Set when the client asked for more than protocol 3.0: the `_pq_.` options to be listed in NegotiateProtocolVersion. */
  readonly negotiate: readonly string[] | undefined;
}

export type Opening =
  | { readonly kind: 'start'; readonly socket: Socket; readonly startup: Startup; readonly rest: Buffer }
  | { readonly kind: 'cancel'; readonly pid: number; readonly secret: number }
  /** The client went away, or did what gets no answer. */
  | { readonly kind: 'gone' };

/** Reads exact numbers of bytes from a socket. */
class ByteSource {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #onData = (segment: Buffer) => {
    this.#buffer = Buffer.concat([this.#buffer, segment]);
    // Nothing here is longer than a startup message: more is not read before it is wanted.
    if (this.#buffer.length > maxStartupBytes) {
      this.socket.pause();
    }
    this.#wake?.();
  };
  readonly #onEnd = () => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd);
  }

  get available(): number {
    return this.#buffer.length;
  }

  /** Waits for `count` bytes; undefined when the stream ends before. */
  async peek(count: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < count) {
      if (this.#ended) {
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#buffer.subarray(0, count);
  }

  async read(count: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(count);
    if (bytes !== undefined) {
      this.#buffer = this.#buffer.subarray(count);
    }
    return bytes;
  }

  /** Stops reading and gives what was read too far. */
  release(): Buffer {
    this.socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
    this.socket.pause();
    return this.#buffer;
  }
}

/** A client that began with TLS at once has to name the protocol. */
async function secure(socket: Socket, tls: TlsServer, direct: boolean): Promise<TLSSocket | undefined> {
  const secured = await tls.secure(socket);
  if (direct && secured !== undefined && secured.alpnProtocol !== alpnProtocol) {
    secured.destroy();
    return undefined;
  }
  return secured;
}

/** @throws SluiceError 08P01 (malformed), 0A000 (another major version), 28000 (no user). */
export function parseStartup(body: Buffer): Startup {
  const reader = new CheckedReader(body);
  const version = reader.uint32();
  const major = version >>> 16;
  const minor = version & 0xffff;
  if (major !== 3) {
    throw errors.featureNotSupported(`frontend protocol ${major}.${minor}`, 'The server speaks protocol 3.0.');
  }
  const parameters = new Map<string, string>();
  const unknown: string[] = [];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
    const value = reader.cstring();
    if (name.startsWith('_pq_.')) {
      unknown.push(name);
    } else {
      parameters.set(name, value);
    }
  }
  reader.end();
  const user = parameters.get('user') ?? '';
  if (user === '') {
    throw errors.invalidAuthorization('no PostgreSQL user name specified in startup packet');
  }
  const database = parameters.get('database') || user;
  parameters.delete('user');
  parameters.delete('database');
  const negotiate = minor > 0 || unknown.length > 0 ? unknown : undefined;
  return { user, database, parameters, negotiate };
}

/** The length word, checked, and the body. Undefined when the client went away. */
async function readPacket(source: ByteSource): Promise<Buffer | undefined> {
  const head = await source.read(4);
  if (head === undefined) {
    return undefined;
  }
  const length = head.readInt32BE(0);
  if (length < 8 || length > maxStartupBytes) {
    throw errors.protocolViolation('invalid length of startup packet');
  }
  return source.read(length - 4);
}

/**
 * Negotiates until a startup message or a cancel request comes. `onSocket` is told when TLS replaces the socket.
 * @throws SluiceError 08P01 and those of `parseStartup`, to be sent on the last socket told.
 */
export async function readOpening(
  raw: Socket,
  tls: TlsServer | null,
  onSocket: (socket: Socket) => void,
): Promise<Opening> {
  let source = new ByteSource(raw);
  let secured = false;
  const upgrade = async (direct: boolean): Promise<boolean> => {
    const ahead = source.release();
    if (ahead.length > 0) {
      raw.unshift(ahead);
    }
    const socket = await secure(raw, tls!, direct);
    if (socket === undefined) {
      return false;
    }
    secured = true;
    source = new ByteSource(socket);
    onSocket(socket);
    return true;
  };
  for (let round = 0; ; ) {
    const first = await source.peek(1);
    if (first !== undefined && first[0] === tlsRecord && !secured) {
      if (tls === null || !(await upgrade(true))) {
        return { kind: 'gone' };
      }
      continue;
    }
    const body = first === undefined ? undefined : await readPacket(source);
    if (body === undefined) {
      return { kind: 'gone' };
    }
    const code = body.readUInt32BE(0);
    if (code === cancelCode) {
      return body.length === 12
        ? { kind: 'cancel', pid: body.readInt32BE(4), secret: body.readInt32BE(8) }
        : { kind: 'gone' };
    }
    if (code !== sslCode && code !== gssCode) {
      const startup = parseStartup(body);
      return { kind: 'start', socket: source.socket, startup, rest: source.release() };
    }
    if (++round > maxNegotiations) {
      throw errors.protocolViolation('too many encryption requests');
    }
    if (code === gssCode || tls === null || secured) {
      source.socket.write('N');
      continue;
    }
    // Plain bytes behind the request would later be taken for encrypted ones (CVE-2021-23214).
    if (source.available > 0) {
      return { kind: 'gone' };
    }
    raw.write('S');
    if (!(await upgrade(false))) {
      return { kind: 'gone' };
    }
  }
}
