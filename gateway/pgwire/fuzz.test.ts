/** Malformed, cut and coalesced messages, before and after log-in: the server neither crashes nor hangs. Seeded. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

const cases = 150;
/** A connection that does not end within this hangs. */
const endMs = 8_000;

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ authTimeoutMs: 400, maxMessageBytes: 1024 * 1024 });
});
afterAll(() => server.stop());

/** Numbers below a limit, always the same for a seed. */
function randomOf(seed: number): (limit: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const startup = serialize.startup({ user: 'fuzz', database: 'db' });
const sound: readonly Buffer[] = [
  serialize.query('SELECT 1; SELECT 2'),
  serialize.query('BEGIN'),
  serialize.query("SELECT 'unterminated"),
  serialize.parse({ name: 's', text: 'SELECT $1::int', types: [23] }),
  serialize.bind({ portal: 'p', statement: 's', values: ['5'] }),
  serialize.bind({ statement: 's', values: ['x'] }),
  serialize.describe({ type: 'S', name: 's' }),
  serialize.describe({ type: 'P', name: 'p' }),
  serialize.execute({ portal: 'p', rows: 1 }),
  serialize.close({ type: 'S', name: 's' }),
  serialize.flush(),
  serialize.sync(),
  serialize.copyData(Buffer.from('a\tb\n')),
  serialize.copyDone(),
  serialize.copyFail('no'),
  serialize.password('secret'),
];

/** Damages a message: bytes changed, its length wrong, its end cut, or a type that does not exist. */
function damaged(message: Buffer, random: (limit: number) => number, lengthAt: number): Buffer {
  const copy = Buffer.from(message);
  switch (random(5)) {
    case 0:
      for (let n = 0; n <= random(4); n++) copy[random(copy.length)] = random(256);
      return copy;
    case 1:
      copy.writeInt32BE([0, -1, 3, 5, copy.length + 7, 0x7fffffff][random(6)]!, lengthAt);
      return copy;
    case 2:
      return copy.subarray(0, random(copy.length));
    case 3:
      copy[0] = random(256);
      return copy;
    default:
      return Buffer.from(Array.from({ length: 1 + random(60) }, () => random(256)));
  }
}

/** Writes in pieces of any size, with pauses now and then, and then ends its side; resolves when the server has ended its own. */
async function send(bytes: Buffer, random: (limit: number) => number): Promise<'closed' | 'hangs'> {
  const socket: Socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  const closed = once(socket, 'close').then(() => 'closed' as const);
  const pieces = 1 + random(5);
  for (let n = 0; n < pieces && !socket.destroyed; n++) {
    const size = Math.ceil(bytes.length / pieces);
    socket.write(bytes.subarray(n * size, (n + 1) * size));
    if (random(3) === 0) await delay(1);
  }
  if (!socket.destroyed) socket.end();
  const answer = await Promise.race([closed, delay(endMs, 'hangs' as const, { ref: false })]);
  socket.destroy();
  return answer;
}

async function isWell(): Promise<void> {
  const client = await RawClient.connect(server.port);
  expect((await client.query('SELECT 41 + 1', 'extended')).rows.map(String)).toEqual(['42']);
  await client.close();
}

/** Ten at a time. */
async function runAll(make: (random: (limit: number) => number) => Buffer, firstSeed: number): Promise<void> {
  for (let first = 0; first < cases; first += 10) {
    const seeds = Array.from({ length: 10 }, (_, index) => firstSeed + first + index);
    const ends = await Promise.all(
      seeds.map(async (seed) => {
        const random = randomOf(seed);
        return `${seed}: ${await send(make(random), random)}`;
      }),
    );
    expect(ends).toEqual(seeds.map((seed) => `${seed}: closed`));
  }
  await isWell();
}

describe('a server', () => {
  it('stands damaged start-ups', async () => {
    await runAll((random) => Buffer.concat([damaged(startup, random, 0), ...(random(2) === 0 ? sound : [])]), 1);
  });

  it('stands damaged messages after the log-in', async () => {
    await runAll((random) => {
      const messages = Array.from({ length: 1 + random(12) }, () => {
        const message = sound[random(sound.length)]!;
        return random(3) === 0 ? damaged(message, random, 1) : message;
      });
      return Buffer.concat([startup, ...messages]);
    }, 10_000);
  });

  it('stands connections that break in the middle of anything', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = randomOf(seed);
      const all = Buffer.concat([startup, ...sound]);
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(all.subarray(0, random(all.length)));
      if (random(2) === 0) await delay(random(5));
      socket.resetAndDestroy();
    }
    await isWell();
  });
});
