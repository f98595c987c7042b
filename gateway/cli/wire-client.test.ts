import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WireClient } from './wire-client.ts';

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A server that answers the first message with these bytes. */
async function answering(reply: Buffer | null): Promise<{ readonly host: string; readonly port: number }> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => (reply === null ? socket.destroy() : socket.write(reply)));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

function message(code: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(code);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

it('tells that nobody listens', async () => {
  const address = await answering(null);
  server?.close();
  await expect(WireClient.connect(address)).rejects.toThrow('ECONNREFUSED');
});

it('tells that the server hung up', async () => {
  await expect(WireClient.connect(await answering(null))).rejects.toThrow('the server closed the connection');
});

it('tells that it wants a password', async () => {
  const sasl = message('R', Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')]));
  await expect(WireClient.connect(await answering(sasl))).rejects.toThrow('the server asks for a password');
});

it("tells the server's error when it refuses the log-in", async () => {
  const fields = 'SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0';
  const address = await answering(message('E', Buffer.from(fields)));
  const refused = WireClient.connect(address);
  setTimeout(() => sockets.at(-1)?.end(), 50);
  await expect(refused).rejects.toMatchObject({ code: '53300', message: 'sorry, too many clients already' });
});
