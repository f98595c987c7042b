/** Start-up, log-in and the end of connections, as bytes on real sockets. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { formatMessage } from '../../testdata/harness/wire-script.ts';
import { WireServer, type WireServerOptions } from '../../testdata/harness/wire-server.ts';
import { RoleStore } from '../catalog/roles/role-store.ts';
import { PgServer } from './pg-server.ts';
import { type AuthMethod, makeUserLine, parseUsers, type Users, usersOf } from './users.ts';

const tlsFolder = join(import.meta.dirname, '../../testdata/tls');
const tls = { key: readFileSync(join(tlsFolder, 'key.pem')), cert: readFileSync(join(tlsFolder, 'cert.pem')) };

const servers: WireServer[] = [];
async function start(options: Partial<WireServerOptions> = {}): Promise<WireServer> {
  const server = await WireServer.start({ planner: localPlanner, ...options });
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function open(server: WireServer): Promise<Socket> {
  const socket = connectTcp({ port: server.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** All that a socket says until it ends. */
async function everything(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined);
  if (!socket.closed) {
    await once(socket, 'close');
  }
  return Buffer.concat(parts);
}

function messages(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    found.push(formatMessage(String.fromCharCode(bytes[at]!), bytes.subarray(at + 5, end)));
  }
  return found;
}

function request(code: number, ...words: number[]): Buffer {
  const buffer = Buffer.alloc(8 + 4 * words.length);
  buffer.writeInt32BE(buffer.length, 0);
  buffer.writeInt32BE(code, 4);
  for (const [index, word] of words.entries()) {
    buffer.writeInt32BE(word, 8 + 4 * index);
  }
  return buffer;
}
const sslRequest = request(80877103);
const gssRequest = request(80877104);
const startup = serialize.startup({ user: 'me', database: 'db' });
const query = serialize.query("SELECT 'x' AS a");

function startupOf(version: number, pairs: readonly string[]): Buffer {
  const body = Buffer.from(`${pairs.join('\0')}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(version, 4);
  return Buffer.concat([head, body]);
}

async function users(method: AuthMethod = 'scram-sha-256'): Promise<Users> {
  return usersOf(method, new RoleStore(null, parseUsers(await makeUserLine('ann', 'päss wörd'))));
}

describe('start-up', () => {
  it('tells all reported settings, a key and ReadyForQuery; also with the query in the same segment', async () => {
    const server = await start();
    const socket = await open(server);
    socket.write(Buffer.concat([startup, query, serialize.end()]));
    const got = messages(await everything(socket));
    expect(got[0]).toBe('R');
    expect(got.filter((line) => line.startsWith('S ')).map((line) => line.slice(2).split('=')[0])).toEqual([
      'application_name',
      'client_encoding',
      'DateStyle',
      'default_transaction_read_only',
      'in_hot_standby',
      'integer_datetimes',
      'IntervalStyle',
      'is_superuser',
      'server_encoding',
      'server_version',
      'session_authorization',
      'standard_conforming_strings',
      'TimeZone',
    ]);
    expect(got).toContain('S session_authorization=me');
    expect(got.slice(-6)).toEqual(['K', 'Z I', 'T a:25', 'D x', 'C SELECT 1', 'Z I']);
  });

  it('works byte by byte', async () => {
    const server = await start();
    const socket = await open(server);
    for (const byte of Buffer.concat([gssRequest, sslRequest])) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    const answers = Buffer.concat([(await once(socket, 'data'))[0] as Buffer]);
    expect(answers.toString()[0]).toBe('N');
    for (const byte of Buffer.concat([startup, query, serialize.end()])) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    const rest = await everything(socket);
    expect(messages(rest.subarray(rest.indexOf('R'))).at(-2)).toBe('C SELECT 1');
  });

  it('takes settings from the startup message and from options', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port, {
      TimeZone: 'Asia/Tokyo',
      options: '-c statement_timeout=5s --DateStyle=German -c application_name=my\\ app',
    });
    expect(client.parameters.get('TimeZone')).toBe('Asia/Tokyo');
    expect(client.parameters.get('DateStyle')).toBe('German, DMY');
    expect(client.parameters.get('application_name')).toBe('my app');
    expect((await client.query('SHOW statement_timeout')).rows[0]?.[0]?.toString()).toBe('5s');
    await expect(RawClient.connect(server.port, { no_such_setting: '1' })).rejects.toMatchObject({ code: '42704' });
    await client.close();
  });

  it('negotiates protocol 3.2 and unknown options down to 3.0', async () => {
    const server = await start();
    for (const [version, pairs, expected] of [
      [(3 << 16) + 2, ['user', 'me'], 0],
      [3 << 16, ['user', 'me', '_pq_.x', '1'], 1],
    ] as const) {
      const socket = await open(server);
      socket.write(Buffer.concat([startupOf(version, pairs), query, serialize.end()]));
      const bytes = await everything(socket);
      expect(String.fromCharCode(bytes[0]!)).toBe('v');
      expect([bytes.readInt32BE(5), bytes.readInt32BE(9)]).toEqual([0, expected]);
      expect(messages(bytes).at(-2)).toBe('C SELECT 1');
    }
  });

  it.each([
    ['protocol 2.0', startupOf(2 << 16, ['user', 'me']), '0A000'],
    ['no user', startupOf(3 << 16, ['database', 'x']), '28000'],
    ['no terminator', Buffer.from([0, 0, 0, 12, 0, 3, 0, 0, 117, 115, 101, 114]), '08P01'],
    ['a length that is too small', Buffer.from([0, 0, 0, 4]), '08P01'],
    ['a length that is too large', Buffer.from([0, 0, 39, 17, 0, 3, 0, 0]), '08P01'],
    ['a negative length', Buffer.from([255, 255, 255, 255]), '08P01'],
    ['replication', startupOf(3 << 16, ['user', 'me', 'replication', 'database']), '0A000'],
    ['endless encryption requests', Buffer.concat([gssRequest, gssRequest, gssRequest]), '08P01'],
    ['bytes that are not UTF-8', startupOf(3 << 16, ['user', 'me']).fill(0xff, 13, 15), '22021'],
  ])('refuses %s', async (_name, bytes, code) => {
    const server = await start();
    const socket = await open(server);
    socket.write(bytes);
    const answer = (await everything(socket)).toString().replace(/^N+/, '');
    expect(answer).toContain(`C${code}`);
    expect(answer).toContain('SFATAL');
  });

  it('drops who says nothing', async () => {
    const server = await start({ authTimeoutMs: 100 });
    const [silent, half] = [await open(server), await open(server)];
    half.write(startup.subarray(0, 6));
    await Promise.all([everything(silent), everything(half)]);
    expect(server.server.sessions).toBe(0);
  });

  it('refuses one client too many, and takes it when another has left', async () => {
    const server = await start({ maxConnections: 2 });
    const [first, second] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
    await expect(RawClient.connect(server.port)).rejects.toMatchObject({ code: '53300' });
    await first.close();
    await expect.poll(() => server.server.sessions).toBe(1);
    await (await RawClient.connect(server.port)).close();
    await second.close();
  });
});

describe('reserved connections', () => {
  it('are for the users named, and for nobody else', async () => {
    const reserved = { connections: 1, users: new Set(['admin']) };
    const server = await start({ maxConnections: 2, reserved });
    const first = await RawClient.connect(server.port);
    await expect(RawClient.connect(server.port)).rejects.toMatchObject({ code: '53300' });
    const second = await RawClient.connect(server.port, { user: 'admin' });
    await expect(RawClient.connect(server.port, { user: 'admin' })).rejects.toMatchObject({ code: '53300' });
    await first.close();
    await second.close();
  });
});

describe('log-in', () => {
  const connectAs = (port: number, user: string, password: string, ssl = false) =>
    new pg.Client({
      host: '127.0.0.1',
      port,
      user,
      password,
      database: 'x',
      ssl: ssl && { rejectUnauthorized: false },
    });

  it('takes the right password by SCRAM-SHA-256', async () => {
    const server = await start({ users: await users() });
    const client = connectAs(server.port, 'ann', 'päss wörd');
    await client.connect();
    expect((await client.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
    await client.end();
  });

  it('refuses a wrong password and an unknown user alike, after a delay', async () => {
    const server = await start({ users: await users(), failedLoginDelayMs: 150 });
    for (const [user, password] of [
      ['ann', 'wrong'],
      ['bob', 'päss wörd'],
    ] as const) {
      const started = performance.now();
      await expect(connectAs(server.port, user, password).connect()).rejects.toMatchObject({
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
      });
      expect(performance.now() - started).toBeGreaterThan(140);
    }
    await expect.poll(() => server.server.sessions).toBe(0);
  });

  it.each([
    ['a query in place of the password', serialize.query('SELECT 1'), '08P01'],
    ['an unknown mechanism', serialize.sendSASLInitialResponseMessage('MD5', 'x'), '28000'],
    ['a length beyond the message', Buffer.from('p\0\0\0\x16SCRAM-SHA-256\0\0\0\x00\x7f', 'latin1'), '08P01'],
    ['a message beyond the limit', Buffer.from('p\x00\x01\x00\x05', 'latin1'), '08P01'],
    ['nonsense as second step', 'second', '28000'],
  ])('refuses %s', async (_name, answer, code) => {
    const server = await start({ users: await users() });
    const socket = await open(server);
    socket.write(startupOf(3 << 16, ['user', 'ann']));
    await once(socket, 'data');
    if (typeof answer === 'string') {
      socket.write(serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', 'n,,n=*,r=abc'));
      await once(socket, 'data');
      socket.write(serialize.sendSCRAMClientFinalMessage('c=biws,r=wrong,p=AAAA'));
    } else {
      socket.write(answer);
    }
    expect((await everything(socket)).toString()).toContain(`C${code}`);
  });

  it('speaks TLS after SSLRequest, and answers N when it has no certificate', async () => {
    const server = await start({ users: await users(), tls });
    const client = connectAs(server.port, 'ann', 'päss wörd', true);
    await client.connect();
    expect((await client.query("SELECT repeat('x', 300000) AS a")).rows[0].a).toHaveLength(300_000);
    await client.end();
    const plain = await start();
    await expect(connectAs(plain.port, 'ann', '', true).connect()).rejects.toThrow(/does not support SSL/);
  });

  it('speaks TLS at once when the client names the protocol', async () => {
    const server = await start({ tls });
    const socket = connectTls({
      port: server.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['postgresql'],
    });
    await once(socket, 'secureConnect');
    socket.write(Buffer.concat([startup, query, serialize.end()]));
    expect(messages(await everything(socket)).at(-2)).toBe('C SELECT 1');
    const nameless = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    nameless.on('error', () => undefined);
    nameless.write(startup);
    expect(await everything(nameless)).toHaveLength(0);
  });

  it('closes on plain bytes behind SSLRequest', async () => {
    const server = await start({ tls });
    const socket = await open(server);
    socket.write(Buffer.concat([sslRequest, startup]));
    expect(await everything(socket)).toHaveLength(0);
    expect(server.server.sessions).toBe(0);
  });

  it('does not listen beyond loopback without passwords and TLS', async () => {
    const server = await start();
    const options = { ...basicOptions(server), host: '0.0.0.0' };
    const known = await users();
    for (const missing of [{}, { users: known }, { tls }]) {
      expect(() => new PgServer({ ...options, ...missing })).toThrow(
        expect.objectContaining({ sqlstate: '28000', message: expect.stringContaining('0.0.0.0') }),
      );
    }
    expect(() => new PgServer({ ...options, users: known, tls })).not.toThrow();
    expect(() => new PgServer({ ...options, host: '::1' })).not.toThrow();
  });

  it('rejects when the port is in use', async () => {
    const server = await start();
    const second = new PgServer({ ...basicOptions(server), port: server.port });
    await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

function basicOptions(server: WireServer) {
  return {
    host: '127.0.0.1',
    port: 0,
    maxConnections: 1,
    authTimeoutMs: 1000,
    maxMessageBytes: 1000,
    failedLoginDelayMs: 0,
    users: null,
    insecure: false,
    tls: null,
    openSession: () => Promise.reject(new Error('never')),
    log: server.session.log,
  };
}

describe('messages', () => {
  it.each([
    ['longer than the limit', Buffer.from('Q\x7f\xff\xff\xff', 'latin1'), /C08P01/],
    ['with an impossible length', Buffer.from('Q\0\0\0\x03', 'latin1'), /C08P01/],
    ['of an unknown type', Buffer.from('y\0\0\0\x04', 'latin1'), /C08P01/],
  ])('%s end the connection', async (_name, bytes, expected) => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    client.detach();
    client.socket.write(bytes);
    expect((await everything(client.socket)).toString()).toMatch(expected);
  });

  it('with a malformed body are an error, and the session goes on', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    const frame = (code: string, body: Buffer | string) => {
      const head = Buffer.alloc(5);
      head.write(code, 'latin1');
      head.writeInt32BE(4 + Buffer.byteLength(body), 1);
      return Buffer.concat([head, Buffer.from(body)]);
    };
    for (const [bytes, code] of [
      [frame('Q', 'SELECT 1'), '08P01'],
      [frame('Q', 'SELECT 1\0x'), '08P01'],
      [frame('Q', Buffer.from([0xff, 0xfe, 0])), '22021'],
      [Buffer.concat([frame('P', 'a\0SELECT 1\0\x00\x09'), serialize.sync()]), '08P01'],
      [Buffer.concat([frame('B', '\0\0\x00\x01\x00\x07\x00\x00\x00\x00'), serialize.sync()]), '08P01'],
      [Buffer.concat([frame('B', '\0\0\x00\x00\x00\x01\x7f\xff\xff\xff'), serialize.sync()]), '08P01'],
      [Buffer.concat([frame('D', 'X\0'), serialize.execute(), serialize.sync()]), '08P01'],
      [Buffer.concat([frame('E', '\0'), serialize.sync()]), '08P01'],
    ] as const) {
      client.socket.write(bytes);
      await expect(client.answer()).rejects.toMatchObject({ code });
    }
    expect((await client.query('SELECT 5 AS a')).rows[0]?.[0]?.toString()).toBe('5');
    await client.close();
  });

  it('sent as one piece are all answered', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    const count = 500;
    client.socket.write(Buffer.concat(Array.from({ length: count }, (_, n) => serialize.query(`SELECT ${n} AS n`))));
    for (let n = 0; n < count; n++) {
      expect((await client.answer()).rows[0]?.[0]?.toString()).toBe(String(n));
    }
    await client.close();
  });
});

describe('cancel', () => {
  const endless = 'SELECT count(*) FROM range(100000000000) t(a), range(1000) u(b) WHERE a + b = -1';

  it('stops the statement and leaves the session', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    for (const sql of [endless, 'SELECT * FROM range(100000000000)']) {
      client.detach();
      client.attach();
      const running = client.query(sql).then(
        () => undefined,
        (error: unknown) => error,
      );
      await delay(50);
      const asked = performance.now();
      await client.cancel();
      expect(await running).toMatchObject({ code: '57014', message: 'canceling statement due to user request' });
      expect(performance.now() - asked).toBeLessThan(1_000);
      expect((await client.query('SELECT 1 AS a')).rows).toHaveLength(1);
    }
    await client.close();
  });

  it('does nothing with a wrong secret or between statements', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    await client.cancel();
    expect((await client.query('SELECT 1 AS a')).rows).toHaveLength(1);
    const running = client.query('SELECT count(*) FROM range(300000000)');
    const stranger = await open(server);
    stranger.end(request(80877102, client.processId, client.secretKey.readInt32BE(0) ^ 1));
    await everything(stranger);
    expect((await running).rows).toHaveLength(1);
    await client.close();
  });

  it('is done by statement_timeout', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    await client.query('SET statement_timeout = 100');
    await expect(client.query(endless)).rejects.toMatchObject({
      code: '57014',
      message: 'canceling statement due to statement timeout',
    });
    await expect(client.query(endless, 'extended')).rejects.toMatchObject({ code: '57014' });
    expect((await client.query('SELECT 1 AS a')).rows).toHaveLength(1);
    await client.close();
  });

  it('is done by a closed socket', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    client.socket.write(serialize.query(endless));
    await delay(50);
    client.socket.destroy();
    await expect.poll(() => server.server.sessions, { timeout: 1_000 }).toBe(0);
  });
});

describe('the end', () => {
  it('waits for what runs, then cancels; idle sessions are told at once', async () => {
    const server = await start();
    const [idle, quick, slow] = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.port)));
    const done = quick!.query('SELECT count(*) AS n FROM range(20000000)');
    const failed = expect(
      slow!.query('SELECT count(*) FROM range(100000000000) t(a), range(9) u(b) WHERE a = -b'),
    ).rejects;
    await delay(20);
    const closed = server.server.close(2_000);
    expect(formatMessage(...(Object.values(await idle!.next()) as [string, Buffer]))).toMatch(/^E 57P01/);
    expect((await done).rows).toHaveLength(1);
    await failed.toThrow();
    await closed;
  });

  it('comes to sessions that are idle too long', async () => {
    const server = await start();
    const client = await RawClient.connect(server.port, { options: '-c idle_in_transaction_session_timeout=80' });
    await delay(150);
    await client.query('BEGIN');
    expect(formatMessage(...(Object.values(await client.next()) as [string, Buffer]))).toMatch(/^E 25P03/);
  });
});
