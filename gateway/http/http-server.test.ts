import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { bearerHeader } from '../../worker/protocol/bearer.ts';
import { HttpServer } from './http-server.ts';

let reason: string | null = null;
const accepted: { readonly address: string; readonly socket: WebSocket }[] = [];
const door = {
  authorize: (token: string | undefined) => token === 'geheim µ',
  accept: (socket: WebSocket, address: string) => void accepted.push({ socket, address }),
};
const server = new HttpServer({
  host: '127.0.0.1',
  port: 0,
  door,
  notReady: () => reason,
  pages: {
    '/metrics': async () => ({ status: 200, type: 'text/plain', body: 'up 1' }),
    '/broken': () => {
      throw new Error('out of order');
    },
  },
});
let port = 0;
let base = '';
beforeAll(async () => {
  port = await server.listen();
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => server.close());

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.once('close', () => resolve(answer));
    socket.once('error', reject);
  });
}

describe('HttpServer', () => {
  it('answers /livez always and /readyz when it takes queries', async () => {
    expect((await fetch(`${base}/livez`)).status).toBe(200);
    expect((await fetch(`${base}/readyz?x=1`)).status).toBe(200);
    reason = 'no worker';
    const response = await fetch(`${base}/readyz`);
    expect([response.status, await response.text()]).toEqual([503, 'no worker\n']);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
    reason = null;
  });

  it('serves pages, and 500 for one that fails', async () => {
    expect(await (await fetch(`${base}/metrics`)).text()).toBe('up 1');
    const head = await fetch(`${base}/metrics`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '4', '']);
    expect((await fetch(`${base}/broken`)).status).toBe(500);
  });

  it('refuses other paths, methods and bodies', async () => {
    expect((await fetch(`${base}/`)).status).toBe(404);
    expect((await fetch(`${base}/fleet`)).status).toBe(404);
    expect((await fetch(`${base}/constructor`)).status).toBe(404);
    const post = await fetch(`${base}/livez`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${base}/livez`, { method: 'GET', headers: { 'content-length': '5' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once('error', reject);
      sent.end('12345');
    });
    expect(status).toBe(413);
  });

  it('bounds the headers', async () => {
    expect(await raw(`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
  });

  it('hands over sockets of workers with the token, and of nobody else', async () => {
    const dial = (path: string, headers: Record<string, string>) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
        socket.once('open', () => resolve('open'));
        socket.once('error', (error) => resolve(error.message));
      });
    expect(await dial('/fleet', { authorization: bearerHeader('geheim µ') })).toBe('open');
    expect(accepted).toMatchObject([{ address: '127.0.0.1' }]);
    expect(await dial('/other', { authorization: bearerHeader('geheim µ') })).toContain('404');
    for (const headers of [
      {},
      { authorization: bearerHeader('x') },
      { authorization: 'Basic abc' },
      { authorization: 'Bearer ?' },
    ])
      expect(await dial('/fleet', headers as Record<string, string>)).toContain('401');
    expect(accepted).toHaveLength(1);
  });

  it('tells when the port is taken', async () => {
    const second = new HttpServer({ host: '127.0.0.1', port, door, notReady: () => null });
    await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close();
  });

  it('ends the sockets of workers when it is closed', async () => {
    const closed = new Promise((resolve) => accepted[0]?.socket.once('close', resolve));
    await server.close();
    await closed;
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
  });
});
