import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { serialize } from 'pg-protocol';

export type Protocol = 'simple' | 'extended' | 'binary';

export interface RawField {
  readonly name: string;
  readonly oid: number;
}

/** An answer as bytes: nothing is interpreted. */
export interface RawAnswer {
  readonly fields: readonly RawField[];
  readonly rows: readonly (Buffer | null)[][];
  readonly tags: readonly string[];
  readonly notices: readonly string[];
}

/** An ErrorResponse. */
export class WireError extends Error {
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get('M') ?? 'error without a message');
    this.code = fields.get('C') ?? '';
    this.fields = fields;
  }
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * A client of the raw protocol (v3), which sees bytes: binary cells, pacing and back-pressure are in the test's hands.
 * Trust authentication only.
 */
export class RawClient {
  readonly socket: Socket;
  readonly parameters = new Map<string, string>();
  processId = 0;
  secretKey: Buffer = Buffer.alloc(0);
  #buffer: Buffer = Buffer.alloc(0);
  #waiting: (() => void) | undefined;
  #ended = false;
  readonly #read = (chunk: Buffer) => {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    this.#wake();
  };

  private constructor(socket: Socket) {
    this.socket = socket;
    this.attach();
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
  }

  static async connect(port: number, options: Readonly<Record<string, string>> = {}): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const client = new RawClient(socket);
    socket.write(serialize.startup({ user: 'test', database: 'sluice', ...options }));
    for (;;) {
      const message = await client.next();
      if (message.type === 'E') throw new WireError(errorFields(message.body));
      if (message.type === 'S') {
        const [name, value] = message.body.toString().split('\0');
        client.parameters.set(name!, value!);
      }
      if (message.type === 'K') {
        client.processId = message.body.readInt32BE(0);
        client.secretKey = message.body.subarray(4);
      }
      if (message.type === 'Z') return client;
    }
  }

  /** The next message; rejects when the connection ended. */
  async next(): Promise<Message> {
    for (;;) {
      if (this.#buffer.length >= 5) {
        const end = 1 + this.#buffer.readInt32BE(1);
        if (this.#buffer.length >= end) {
          const message = { type: String.fromCharCode(this.#buffer[0]!), body: this.#buffer.subarray(5, end) };
          this.#buffer = this.#buffer.subarray(end);
          return message;
        }
      }
      if (this.#ended) throw new Error('connection ended');
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** Runs one text to ReadyForQuery. Rejects with the WireError after ReadyForQuery came. */
  async query(sql: string, protocol: Protocol = 'simple'): Promise<RawAnswer> {
    this.socket.write(protocol === 'simple' ? serialize.query(sql) : extendedMessages(sql, protocol === 'binary'));
    return this.answer();
  }

  /** Reads messages up to ReadyForQuery. */
  async answer(): Promise<RawAnswer> {
    let fields: readonly RawField[] = [];
    const rows: (Buffer | null)[][] = [];
    const tags: string[] = [];
    const notices: string[] = [];
    let error: WireError | undefined;
    for (;;) {
      const { type, body } = await this.next();
      if (type === 'D') rows.push(cells(body));
      else if (type === 'T') fields = rowDescription(body);
      else if (type === 'C') tags.push(body.toString('utf8', 0, body.length - 1));
      else if (type === 'N') notices.push(errorFields(body).get('M') ?? '');
      else if (type === 'E') error ??= new WireError(errorFields(body));
      else if (type === 'Z') {
        if (error !== undefined) throw error;
        return { fields, rows, tags, notices };
      }
    }
  }

  /** Sends CancelRequest on a connection of its own. */
  async cancel(): Promise<void> {
    const port = this.socket.remotePort!;
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const head = Buffer.alloc(12);
    head.writeInt32BE(12 + this.secretKey.length, 0);
    head.writeInt32BE(80877102, 4);
    head.writeInt32BE(this.processId, 8);
    socket.end(Buffer.concat([head, this.secretKey]));
    socket.resume();
    await once(socket, 'close');
  }

  /** Leaves the socket to another reader, until `attach`. */
  detach(): void {
    this.socket.off('data', this.#read);
  }

  attach(): void {
    this.socket.on('data', this.#read);
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.socket.end(serialize.end());
    await once(this.socket, 'close');
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

function extendedMessages(sql: string, binary: boolean): Buffer {
  return Buffer.concat([
    serialize.parse({ text: sql }),
    serialize.bind({ binary }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    serialize.sync(),
  ]);
}

function cells(body: Buffer): (Buffer | null)[] {
  const row: (Buffer | null)[] = [];
  let offset = 2;
  for (let column = body.readInt16BE(0); column > 0; column--) {
    const length = body.readInt32BE(offset);
    offset += 4;
    row.push(length < 0 ? null : body.subarray(offset, offset + length));
    offset += Math.max(length, 0);
  }
  return row;
}

function rowDescription(body: Buffer): RawField[] {
  const fields: RawField[] = [];
  let offset = 2;
  for (let column = body.readInt16BE(0); column > 0; column--) {
    const end = body.indexOf(0, offset);
    fields.push({ name: body.toString('utf8', offset, end), oid: body.readInt32BE(end + 7) });
    offset = end + 19;
  }
  return fields;
}

/** Fields of ErrorResponse and NoticeResponse by their letters. */
export function errorFields(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of body.toString().split('\0')) if (part !== '') fields.set(part[0]!, part.slice(1));
  return fields;
}
