import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serialize } from 'pg-protocol';

/** Numbers below a limit, always the same for a seed. */
export type Draw = (limit: number) => number;

/** A connection that has not ended so long after the client ended its side hangs. */
const endMs = 20_000;
/** Messages of one connection. */
const maxMessages = 24;
/** Bytes of a reply that are looked at; a server that answers more to a handful of messages is not well. */
const maxReplyBytes = 32 * 1024 * 1024;

export function drawOf(seed: number): Draw {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function pick<T>(draw: Draw, from: readonly T[]): T {
  return from[draw(from.length)]!;
}

function request(code: number, ...rest: readonly number[]): Buffer {
  const words = [8 + 4 * rest.length, code, ...rest];
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, 4 * index);
  return bytes;
}

const startup = serialize.startup({ user: 'fuzz', database: 'db' });
const openings: readonly Buffer[] = [
  startup,
  startup,
  request(80877103),
  request(80877104),
  request(80877102, 1, 2),
  request(2 << 16),
  serialize.startup({ user: '', database: 'db' }),
  serialize.startup({ user: 'fuzz', replication: 'true' }),
  serialize.startup({ user: 'fuzz', options: '-c search_path=x -c broken', '_pq_.x': '1' }),
];

const nonce = 'n,,n=*,r=rOprNGfwEbeRWgbNEkqO';
const passwords: readonly Buffer[] = [
  serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', nonce),
  serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256-PLUS', nonce),
  serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', ''),
  serialize.sendSCRAMClientFinalMessage(`c=biws,r=rOprNGfwEbeRWgbNEkqO,p=${'A'.repeat(43)}=`),
  serialize.sendSCRAMClientFinalMessage('c=biws'),
  serialize.password('secret'),
  serialize.password(''),
];

const texts: readonly string[] = [
  'SELECT 1; SELECT 2',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT a',
  'ROLLBACK TO a',
  "SELECT 'unterminated",
  'SELECT 1/0',
  'SELECT * FROM no_such_table',
  'SELECT g, repeat($$x$$, 50) FROM generate_series(1, 500) AS s(g)',
  'CREATE TEMP TABLE IF NOT EXISTS f (a int, b text)',
  'COPY f FROM STDIN',
  'COPY f TO STDOUT (FORMAT binary)',
  'COPY (SELECT 1, NULL) TO STDOUT (FORMAT csv)',
  'INSERT INTO f VALUES (1, $$x$$) RETURNING a',
  'DECLARE c CURSOR FOR SELECT * FROM generate_series(1, 9)',
  'FETCH 3 FROM c',
  'CLOSE ALL',
  'PREPARE q AS SELECT $1::int',
  'EXECUTE q(1)',
  'DEALLOCATE ALL',
  'LISTEN x',
  'NOTIFY x, $$hello$$',
  'SHOW ALL',
  'SET statement_timeout = 100',
  "SET DateStyle = 'nonsense'",
  'DISCARD ALL',
  '',
  ';;;',
];

const fixed: readonly Buffer[] = [
  serialize.parse({ name: 's', text: 'SELECT $1::int', types: [23] }),
  serialize.parse({ name: 's2', text: 'SELECT $1 + $2' }),
  serialize.parse({ text: 'SELECT g FROM generate_series(1, 100) AS s(g)' }),
  serialize.parse({ text: 'SELECT (' }),
  serialize.bind({ portal: 'p', statement: 's', values: ['5'] }),
  serialize.bind({ statement: 's', values: ['x'] }),
  serialize.bind({ statement: 's', values: [Buffer.from([0, 0, 0, 5])], binary: true }),
  serialize.bind({ statement: 's', values: ['1', '2', '3'] }),
  serialize.bind({}),
  serialize.describe({ type: 'S', name: 's' }),
  serialize.describe({ type: 'P', name: 'p' }),
  serialize.describe({ type: 'P' }),
  serialize.execute({ portal: 'p', rows: 1 }),
  serialize.execute({ rows: 7 }),
  serialize.execute({}),
  serialize.close({ type: 'S', name: 's' }),
  serialize.close({ type: 'P', name: 'p' }),
  serialize.flush(),
  serialize.sync(),
  serialize.sync(),
  serialize.copyData(Buffer.from('1\tb\n')),
  serialize.copyData(Buffer.from('x\ty\tz')),
  serialize.copyDone(),
  serialize.copyFail('no'),
  serialize.password('secret'),
  // FunctionCall, and one that is not known.
  Buffer.from([0x46, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0]),
  Buffer.from([0x7a, 0, 0, 0, 4]),
];

/** Of every kind that a client sends after its log-in. */
function message(draw: Draw): Buffer {
  if (draw(40) === 0) return serialize.query(`SELECT '${'x'.repeat(draw(200_000))}'`);
  if (draw(60) === 0) return oversized(draw);
  return draw(5) < 2 ? serialize.query(pick(draw, texts)) : pick(draw, fixed);
}

/** Says that it is longer than any limit. */
function oversized(draw: Draw): Buffer {
  const head = Buffer.alloc(5 + draw(4000));
  head[0] = pick(draw, [0x51, 0x50, 0x64]);
  head.writeInt32BE(pick(draw, [0x7fffffff, 0x40000000, 2 * 1024 * 1024]), 1);
  return head;
}

/** Damages a message: bytes changed, its length wrong, its end cut, another type, or something else in its place. */
function damaged(sound: Buffer, draw: Draw, lengthAt: number): Buffer {
  const copy = Buffer.from(sound);
  switch (draw(5)) {
    case 0:
      for (let n = 0; n <= draw(4); n++) copy[draw(copy.length)] = draw(256);
      return copy;
    case 1:
      copy.writeInt32BE(pick(draw, [0, -1, 3, 5, copy.length + 7, 0x7fffffff]), lengthAt);
      return copy;
    case 2:
      return copy.subarray(0, draw(copy.length));
    case 3:
      copy[0] = draw(256);
      return copy;
    default:
      return Buffer.from(Array.from({ length: 1 + draw(60) }, () => draw(256)));
  }
}

/** What one connection sends. */
export interface FuzzCase {
  readonly messages: readonly Buffer[];
  /** It never proves a password, to a server that asks for one. */
  readonly stranger: boolean;
}

/** Half of all are strangers: they damage the opening or the log-in; the others have logged in. */
export function fuzzCase(seed: number): FuzzCase {
  const draw = drawOf(seed);
  const count = 8 + draw(maxMessages - 7);
  switch (seed % 4) {
    case 0: {
      const opening = Array.from({ length: 1 + draw(3) }, () => {
        const sound = pick(draw, openings);
        return draw(2) === 0 ? damaged(sound, draw, 0) : sound;
      });
      return { messages: [...opening, ...Array.from({ length: count }, () => message(draw))], stranger: true };
    }
    case 1: {
      const answers = Array.from({ length: count }, () => {
        const sound = draw(3) === 0 ? message(draw) : pick(draw, passwords);
        return draw(3) === 0 ? damaged(sound, draw, 1) : sound;
      });
      return { messages: [startup, ...answers], stranger: true };
    }
    default: {
      // One that damages nothing tests wrong states alone, the other ends at what breaks the stream.
      const breaks = seed % 4 === 3;
      const sent = Array.from({ length: count }, () => {
        const sound = message(draw);
        return breaks && draw(8) === 0 ? damaged(sound, draw, 1) : sound;
      });
      return { messages: [startup, ...sent], stranger: false };
    }
  }
}

/** Sends in pieces of any size, with pauses now and then, ends its side or breaks off; gives what came back, or null when it hangs. */
async function exchange(port: number, bytes: Buffer, draw: Draw): Promise<Buffer | null> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const chunks: Buffer[] = [];
  let received = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    received += chunk.length;
    if (received <= maxReplyBytes) chunks.push(chunk);
  });
  await once(socket, 'connect');
  const closed = once(socket, 'close').then(() => true as const);
  const pieces = 1 + draw(6);
  for (let n = 0; n < pieces && !socket.destroyed; n++) {
    const size = Math.ceil(bytes.length / pieces);
    socket.write(bytes.subarray(n * size, (n + 1) * size));
    if (draw(3) === 0) await delay(1);
  }
  if (!socket.destroyed) {
    if (draw(20) === 0) socket.resetAndDestroy();
    else socket.end();
  }
  const timeout = new AbortController();
  const ended = await Promise.race([closed, delay(endMs, false, { ref: false, signal: timeout.signal })]);
  timeout.abort();
  socket.destroy();
  return ended ? Buffer.concat(chunks) : null;
}

const strangerTypes = 'REv';
const sessionTypes = 'RSKZTDCENItns123GHAcdVv';
const authenticationOk = 0;

/** What is wrong with a reply; undefined when all is well. A reply may be cut where the connection broke. */
function wrongReply(reply: Buffer, stranger: boolean): string | undefined {
  let at = 0;
  // To requests for encryption.
  while (stranger && reply[at] === 0x4e && at < 3) at++;
  while (at + 5 <= reply.length) {
    const type = String.fromCharCode(reply[at]!);
    const length = reply.readInt32BE(at + 1);
    const known = (stranger ? strangerTypes : sessionTypes).includes(type);
    if (!known || length < 4) return `a message "${type}" of ${length} bytes`;
    if (stranger && type === 'R' && at + 9 <= reply.length && reply.readInt32BE(at + 5) === authenticationOk)
      return 'a log-in without a password';
    at += 1 + length;
  }
  return undefined;
}

export interface FuzzServers {
  /** Asks for a password that nobody has. */
  readonly strict: number;
  /** Trusts everybody. */
  readonly open: number;
}

/** Runs the cases of seeds `from` up to `to`, this many at a time. Gives how many messages were sent, and the failures. */
export async function runWireFuzz(
  servers: FuzzServers,
  from: number,
  to: number,
  atOnce: number,
): Promise<{ readonly messages: number; readonly failures: readonly string[] }> {
  const failures: string[] = [];
  let messages = 0;
  let next = from;
  const run = async () => {
    for (let seed = next++; seed < to; seed = next++) {
      const { messages: sent, stranger } = fuzzCase(seed);
      messages += sent.length;
      const reply = await exchange(stranger ? servers.strict : servers.open, Buffer.concat(sent), drawOf(seed + 7));
      const wrong = reply === null ? 'hangs' : wrongReply(reply, stranger);
      if (wrong !== undefined) failures.push(`${seed}: ${wrong}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return { messages, failures };
}
