import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy, type ProxyFault } from './fault-proxy.ts';

let server: Server;
let proxy: FaultProxy | undefined;
const clients: Socket[] = [];

/** Sends back what it gets. */
beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy?.stop();
  server.close();
});

async function open(faults: readonly ProxyFault[] = [], webSockets = false): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  proxy = await FaultProxy.start({ port, seed: 7, faultsOf: () => faults, webSockets });
  const client = connect({ port: proxy.port, host: '127.0.0.1' });
  clients.push(client);
  await once(client, 'connect');
  return client;
}

/** What comes back until so many bytes are there, or the connection has ended. */
async function echo(client: Socket, bytes: Buffer, expected = bytes.length): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const enough = new Promise<void>((resolve) => {
    client.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length >= expected) resolve();
    });
    client.once('close', () => resolve());
  });
  client.on('error', () => undefined);
  client.write(bytes);
  await enough;
  client.removeAllListeners('data');
  return Buffer.concat(chunks);
}

const text = Buffer.from('0123456789'.repeat(100));
const fault = (kind: ProxyFault['kind'], more: Partial<ProxyFault> = {}): ProxyFault => ({
  kind,
  direction: 'up',
  afterBytes: 0,
  ms: 60,
  ...more,
});

describe('fault proxy', () => {
  it('hands on megabytes both ways, whole and in order', async () => {
    const client = await open();
    const large = Buffer.alloc(5_000_000, text);
    expect((await echo(client, large)).equals(large)).toBe(true);
    expect(proxy!.struck).toEqual([]);
  });

  it.each(['delay', 'stall'] as const)('%s: the same bytes, later', async (kind) => {
    const client = await open([fault(kind)]);
    const started = performance.now();
    expect((await echo(client, text)).equals(text)).toBe(true);
    expect(performance.now() - started).toBeGreaterThan(50);
    expect(proxy!.struck).toHaveLength(1);
  });

  it.each(['up', 'down'] as const)('corrupt %s: one bit', async (direction) => {
    const client = await open([fault('corrupt', { direction })]);
    const back = await echo(client, text);
    const different = [...back].filter((byte, index) => byte !== text[index]);
    expect(back).toHaveLength(text.length);
    expect(different).toHaveLength(1);
  });

  it('drop: nothing arrives any more, then the end', async () => {
    const client = await open([fault('drop')]);
    client.write(text);
    expect(await echo(client, Buffer.from('after'))).toHaveLength(0);
    expect(client.destroyed).toBe(true);
  });

  it('cut: part of the bytes, then the end; after a number of bytes', async () => {
    const client = await open([fault('cut', { afterBytes: text.length })]);
    expect((await echo(client, text)).equals(text)).toBe(true);
    expect((await echo(client, text, text.length)).length).toBeLessThan(text.length);
    expect(client.destroyed).toBe(true);
    expect(proxy!.open).toBe(0);
  });

  it('lose: one message of a WebSocket, those before and after it arrive', async () => {
    const head = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    const message = (letter: string) => Buffer.from([0x81, 2, ...Buffer.from(letter.repeat(2))]);
    const ping = Buffer.from([0x89, 0]);
    const client = await open([fault('lose', { afterBytes: head.length + 5 })], true);
    const kept = Buffer.concat([head, message('a'), ping, message('c')]);
    const sent = Buffer.concat([head, message('a'), message('b'), ping, message('c')]);
    expect((await echo(client, sent, kept.length)).equals(kept)).toBe(true);
    expect(proxy!.struck).toHaveLength(1);
  });

  it('strikes connections that are open', async () => {
    const client = await open();
    await echo(client, text);
    proxy!.strike({ kind: 'cut', direction: 'down', ms: 0 });
    await echo(client, text);
    expect(client.destroyed).toBe(true);
  });
});
