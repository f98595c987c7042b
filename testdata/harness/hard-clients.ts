import { connect, type Socket } from 'node:net';
import { serialize } from 'pg-protocol';

/** `slow`: reads a large answer a few bytes at a time. `silent`: says nothing more. `vanishing`: is gone in the midst, and comes again. */
export type HardKind = 'slow' | 'silent' | 'vanishing';

/** What the server needs for them: the data set `big`, and a table `taken (i INTEGER, s TEXT)`. */
export const hardClientsTable = 'CREATE TABLE taken (i INTEGER, s TEXT)';

const slowBytes = 512;
const slowEveryMs = 100;
/** A client that vanishes stays up to so long after it has asked, and is away for so long. */
const stayMs = 40;
const awayMs = 3_000;

const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const startup = serialize.startup({ user: 'test', database: 'sluice' });
const line = serialize.copyData(Buffer.from('1\tone\n2\ttw'));
const copyIn = serialize.query('COPY taken FROM STDIN');

function portal(sql: string, rows: number): Buffer {
  return Buffer.concat([
    serialize.parse({ text: sql }),
    serialize.bind(),
    serialize.describe({ type: 'P' }),
    serialize.execute({ rows }),
    serialize.flush(),
  ]);
}

/** What a client sends after its log-in; null: it does not even log in, and sends only `before`. */
interface Way {
  readonly before?: Buffer;
  readonly asks: Buffer | null;
}

const long = 'SELECT count(*) FROM big a JOIN big b ON a.key % 1000 = b.key % 1000 AND a.id <> b.id';
const held = "BEGIN; INSERT INTO taken VALUES (3, 'three'); SELECT pg_advisory_lock_shared(7)";

const ways: Readonly<Record<HardKind, readonly Way[]>> = {
  slow: [
    { asks: serialize.query('SELECT * FROM big') },
    { asks: serialize.query('SELECT i, i * 2 AS j FROM generate_series(1, 100000000) AS g(i)') },
    { asks: serialize.query('COPY (SELECT * FROM big) TO STDOUT') },
    { asks: portal('SELECT id, key FROM big', 0) },
  ],
  silent: [
    { asks: null, before: Buffer.alloc(0) },
    { asks: null, before: startup.subarray(0, 9) },
    { asks: null, before: sslRequest },
    { asks: Buffer.alloc(0) },
    { asks: Buffer.concat([copyIn, line]) },
    { asks: serialize.query(held) },
    { asks: serialize.query('SELECT 1').subarray(0, 7) },
    { asks: portal('SELECT id FROM big', 5) },
  ],
  vanishing: [
    { asks: serialize.query(long) },
    { asks: Buffer.concat([copyIn, line]) },
    { asks: serialize.query('SELECT * FROM big') },
    { asks: serialize.query('COPY (SELECT * FROM big) TO STDOUT') },
    { asks: serialize.query(held) },
    { asks: portal('SELECT id FROM big', 5) },
    { asks: null, before: startup },
    { asks: serialize.query('SELECT count(*) FROM generate_series(1, 100000000000)') },
  ],
};

/** Of so many clients of a kind, those that never log in. */
export function strangersOf(kind: HardKind, count: number): number {
  return Array.from({ length: count }, (_, index) => wayOf(kind, index)).filter(({ asks }) => asks === null).length;
}

function wayOf(kind: HardKind, index: number): Way {
  const of = ways[kind];
  return of[index % of.length]!;
}

/** So many clients of each kind, all at once, until they are stopped. */
export class HardClients {
  readonly #port: number;
  readonly #sockets = new Map<HardKind, Set<Socket>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;
  /** Clients that were vanishing and went. */
  vanished = 0;
  /** Messages of errors that clients were told; a refused one is among them. */
  readonly told: string[] = [];

  private constructor(port: number) {
    this.#port = port;
  }

  static start(port: number, counts: Readonly<Partial<Record<HardKind, number>>>): HardClients {
    const clients = new HardClients(port);
    for (const [kind, count] of Object.entries(counts) as [HardKind, number][]) {
      clients.#sockets.set(kind, new Set());
      for (let index = 0; index < count; index++) clients.#come(kind, index);
    }
    return clients;
  }

  /** Of a kind, those that hold a connection now. */
  connected(kind: HardKind): number {
    return this.#sockets.get(kind)?.size ?? 0;
  }

  /** All leave without a word. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.destroy();
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  #come(kind: HardKind, index: number): void {
    const way = wayOf(kind, index);
    const slow = kind === 'slow';
    let head: Buffer | undefined = Buffer.alloc(0);
    const take = (bytes: Buffer) => {
      if (head === undefined) return true;
      head = Buffer.concat([head, bytes]);
      const ended = loggedIn(head, this.told);
      if (!ended) return true;
      head = undefined;
      if (way.asks === null) return true;
      socket.write(way.asks);
      if (kind === 'vanishing') this.#later((index * 7) % stayMs, () => this.#vanish(socket, index));
      return true;
    };
    const buffer = Buffer.alloc(slow ? slowBytes : 64 * 1024);
    const callback = (length: number) => {
      take(buffer.subarray(0, length));
      if (!slow || head !== undefined) return true;
      // `false` stops reading: what the client does not take stays with the server.
      this.#later(slowEveryMs, () => socket.resume());
      return false;
    };
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
    const sockets = this.#sockets.get(kind)!;
    sockets.add(socket);
    // The server may end it as well: that shows in what it told and in `connected`.
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    socket.on('connect', () => socket.write(way.before ?? startup));
    if (way.asks === null && kind === 'vanishing') this.#later((index * 7) % stayMs, () => this.#vanish(socket, index));
  }

  /** Half of them send FIN, the others RST. */
  #vanish(socket: Socket, index: number): void {
    if (index % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
    this.vanished++;
    if (!this.#stopped) this.#later(awayMs, () => this.#come('vanishing', index));
  }
}

/** Has ReadyForQuery come? Errors are noted. */
function loggedIn(head: Buffer, told: string[]): boolean {
  for (let at = 0; at + 5 <= head.length; at += 1 + head.readInt32BE(at + 1)) {
    const type = String.fromCharCode(head[at]!);
    if (type === 'E') told.push(head.subarray(at + 5).toString());
    if (type === 'Z') return true;
  }
  return false;
}
