import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sink } from '../../worker/rows/sink.ts';
import { Turnstile } from './turnstile.ts';
import { WireClient } from './wire-client.ts';

const pieces = 300;
const pieceBytes = 40_000;

describe('WireClient', () => {
  let server: Server;
  let reader: Socket;
  let socket: Socket;
  let client: WireClient;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [socket] = (await accepted) as [Socket];
    client = new WireClient(socket, new Turnstile());
  });
  afterEach(() => {
    reader.destroy();
    socket.destroy();
    server.close();
  });

  it('sends each piece as it was made, whether its memory is used again or not', async () => {
    reader.pause();
    const sent = (async () => {
      for (let piece = 0; piece < pieces; piece++) {
        const sink = new Sink(pieceBytes);
        while (sink.at < pieceBytes) sink.int32(piece);
        client.rows(sink.bytes.subarray(0, sink.at), true);
        await client.room();
        await client.turn();
      }
      client.flush();
      socket.end();
    })();
    // The kernel's buffers are full by now: the rest waits for the reader.
    await delay(20);
    const chunks: Buffer[] = [];
    for await (const chunk of reader) chunks.push(chunk as Buffer);
    await sent;
    const received = Buffer.concat(chunks);
    expect(received.length).toBe(pieces * pieceBytes);
    const wrong = Array.from({ length: pieces * (pieceBytes / 4) }, (_, index) => index).filter(
      (index) => received.readInt32BE(index * 4) !== Math.floor((index * 4) / pieceBytes),
    );
    expect(wrong).toEqual([]);
  });

  it('refuses more when its client is gone', async () => {
    socket.destroy();
    client.rows(new Sink(pieceBytes).bytes, true);
    client.flush();
    await expect(client.room()).rejects.toMatchObject({ sqlstate: '08006' });
  });
});
