import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sink } from '../../worker/rows/sink.ts';
import { Turnstile } from './turnstile.ts';
import { WireClient } from './wire-client.ts';

const pieces = 500;
const pieceBytes = 100_000;

describe('WireClient', () => {
  let server: Server;
  let reader: Socket;
  let socket: Socket;
  let client: WireClient;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    [socket] = (await accepted) as [Socket];
    client = new WireClient(socket, new Turnstile());
  });
  afterEach(() => {
    reader.destroy();
    socket.destroy();
    server.close();
  });

  it('sends each piece as it was made, whether its memory is used again or not', async () => {
    for (let piece = 0; piece < pieces; piece++) {
      const { bytes } = new Sink(pieceBytes);
      client.rows(bytes.subarray(0, pieceBytes).fill(piece % 256), true);
      // Whoever does not wait for `room` gets the same bytes to the client.
      await client.turn();
    }
    client.flush();
    // More than the kernel's buffers hold, so that pieces of both kinds are among them.
    expect(socket.writableLength).toBeGreaterThan(0);
    socket.end();
    const chunks: Buffer[] = [];
    for await (const chunk of reader) chunks.push(chunk as Buffer);
    const received = Buffer.concat(chunks);
    expect(received.length).toBe(pieces * pieceBytes);
    for (let piece = 0; piece < pieces; piece++) {
      const got = received.subarray(piece * pieceBytes, (piece + 1) * pieceBytes);
      expect(got.equals(Buffer.alloc(pieceBytes, piece % 256)), `piece ${piece}`).toBe(true);
    }
  });

  it('gives memory back that had to wait, once it is sent', async () => {
    const given = new Set<ArrayBufferLike>();
    for (let piece = 0; piece < pieces; piece++) {
      const { bytes } = new Sink(pieceBytes);
      given.add(bytes.buffer);
      client.rows(bytes, true);
    }
    client.flush();
    expect(socket.writableLength).toBeGreaterThan(0);
    // Those that left at once are there already.
    const spares = Array.from({ length: pieces }, () => new Sink(pieceBytes));
    reader.resume();
    await client.room();
    expect(given.has(new Sink(pieceBytes).bytes.buffer)).toBe(true);
    expect(spares).toHaveLength(pieces);
  });

  it('refuses more when its client is gone', async () => {
    socket.destroy();
    client.rows(new Sink(pieceBytes).bytes, true);
    client.flush();
    await expect(client.room()).rejects.toMatchObject({ sqlstate: '08006' });
  });
});
