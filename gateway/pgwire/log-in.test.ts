/** Every way to prove who one is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { WireServer, type WireServerOptions } from '../../testdata/harness/wire-server.ts';
import { plainRole, type Role } from '../catalog/roles/role.ts';
import { RoleStore } from '../catalog/roles/role-store.ts';
import { makeVerifier, md5Secret } from '../catalog/roles/verifier.ts';
import { FailedLogins } from './failed-logins.ts';
import { signatureHash } from './signature-hash.ts';
import { TlsServer } from './tls-server.ts';
import { type AuthMethod, usersOf } from './users.ts';

const folder = join(import.meta.dirname, '../../testdata/tls');
const file = (name: string) => readFileSync(join(folder, name));
const tls = { key: file('key.pem'), cert: file('cert.pem') };
const ownCertificate = { key: file('client-ann.key'), cert: file('client-ann.pem') };

let server: WireServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(method: AuthMethod, roles: readonly Partial<Role>[], options: Partial<WireServerOptions> = {}) {
  const store = new RoleStore(
    null,
    roles.map((role) => ({ ...plainRole, name: 'ann', login: true, ...role })),
  );
  server = await WireServer.start({ roles: store, users: usersOf(method, store), failedLoginDelayMs: 1, ...options });
  return server;
}

type ClientOptions = ConstructorParameters<typeof pg.Client>[0];

/** What a session says of its user, or the code that refuses it. */
async function logIn(user: string, password: string, ssl: object | false = false, more: object = {}): Promise<string> {
  const secure = ssl && { rejectUnauthorized: false, ...ssl };
  const options = { host: '127.0.0.1', port: server!.port, user, password, database: 'x', ssl: secure, ...more };
  const client = new pg.Client(options as ClientOptions);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query('SELECT current_user AS u')).rows[0].u;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code ?? ''} ${message}`;
  } finally {
    await client.end();
  }
}

const wrong = (user: string) => `28P01 password authentication failed for user "${user}"`;

describe('password', () => {
  it('goes over TLS only, whatever verifier is kept', async () => {
    await start('password', [{ secret: await makeVerifier('one') }, { name: 'bob', secret: md5Secret('bob', 'two') }], {
      tls,
    });
    expect(await logIn('ann', 'one', {})).toBe('ann');
    expect(await logIn('bob', 'two', {})).toBe('bob');
    expect(await logIn('ann', 'two', {})).toBe(wrong('ann'));
    expect(await logIn('eve', 'one', {})).toBe(wrong('eve'));
    expect(await logIn('ann', 'one')).toBe('28000 log-ins with a password must use TLS');
  });
});

describe('md5', () => {
  it('asks by the kind of verifier that is kept', async () => {
    await start('md5', [{ secret: await makeVerifier('one') }, { name: 'bob', secret: md5Secret('bob', 'two') }]);
    expect(await logIn('bob', 'two')).toBe('bob');
    expect(await logIn('bob', 'one')).toBe(wrong('bob'));
    expect(await logIn('ann', 'one')).toBe('ann');
    expect(await logIn('eve', 'one')).toBe(wrong('eve'));
  });
});

describe('scram-sha-256', () => {
  it('binds to the channel when the client wants it', async () => {
    await start(
      'scram-sha-256',
      [{ secret: await makeVerifier('one') }, { name: 'bob', secret: md5Secret('bob', 'two') }],
      { tls },
    );
    const bound = { enableChannelBinding: true };
    expect(await logIn('ann', 'one', {}, bound)).toBe('ann');
    expect(await logIn('ann', 'two', {}, bound)).toBe(wrong('ann'));
    expect(await logIn('ann', 'one', {})).toBe('ann');
    expect(await logIn('ann', 'one')).toBe('ann');
    expect(await logIn('bob', 'two')).toBe(wrong('bob'));
  });

  it.each([
    ['a binding that was not offered', 'SCRAM-SHA-256', 'p=tls-unique,,n=,r=abc'],
    ['binding by the plain mechanism', 'SCRAM-SHA-256', 'p=tls-server-end-point,,n=,r=abc'],
    ['the bound mechanism without binding', 'SCRAM-SHA-256-PLUS', 'n,,n=,r=abc'],
    ['a client that believes that nothing was offered', 'SCRAM-SHA-256', 'y,,n=,r=abc'],
    ['another user', 'SCRAM-SHA-256', 'n,a=bob,n=,r=abc'],
  ])('refuses %s', async (_name, mechanism, first) => {
    const { port } = await start('scram-sha-256', [{ secret: await makeVerifier('one') }], { tls });
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['postgresql'] });
    const got: Buffer[] = [];
    socket.on('data', (bytes) => got.push(bytes));
    socket.write(serialize.startup({ user: 'ann', database: 'x' }));
    await expect.poll(() => Buffer.concat(got).toString('latin1')).toContain('SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0');
    socket.write(serialize.sendSASLInitialResponseMessage(mechanism, first));
    await expect.poll(() => Buffer.concat(got).toString('latin1')).toContain('C28000');
    socket.destroy();
  });

  it('knows the hash of the certificate, and offers nothing where there is none', () => {
    expect(new TlsServer(tls).endPoint).toHaveLength(32);
    for (const bytes of ['', '30', '3003020101', '308401', '30820003300130']) {
      expect(signatureHash(Buffer.from(bytes, 'hex'))).toBeUndefined();
    }
  });
});

describe('cert', () => {
  it('takes the common name of a certificate that the CA has issued', async () => {
    await start('cert', [{}, { name: 'bob' }], { tls: { ...tls, clientCa: file('client-ca.pem') } });
    expect(await logIn('ann', '', ownCertificate)).toBe('ann');
    expect(await logIn('bob', '', ownCertificate)).toBe('28000 certificate authentication failed for user "bob"');
    expect(await logIn('ann', '', {})).toBe('28000 connection requires a valid client certificate');
    expect(await logIn('ann', '', tls)).not.toBe('ann');
    expect(await logIn('ann', '')).toBe('28000 connection requires a valid client certificate');
  });
});

describe('a role', () => {
  it('that may not log in, whose password is over or that has too many sessions is refused', async () => {
    const secret = await makeVerifier('one');
    await start('scram-sha-256', [
      { name: 'group', login: false, secret },
      { name: 'old', secret, validUntil: '2001-01-01T00:00:00.000Z' },
      { name: 'later', secret, validUntil: '2999-01-01T00:00:00.000Z' },
      { name: 'none', secret: null },
      { name: 'single', secret, connectionLimit: 1 },
    ]);
    expect(await logIn('group', 'one')).toBe('28000 role "group" is not permitted to log in');
    expect(await logIn('group', 'two')).toBe(wrong('group'));
    expect(await logIn('old', 'one')).toBe(wrong('old'));
    expect(await logIn('later', 'one')).toBe('later');
    expect(await logIn('none', '')).toMatch(/^28P01|^ SASL/);
    const held = new pg.Client({
      host: '127.0.0.1',
      port: server!.port,
      user: 'single',
      password: 'one',
      database: 'x',
    });
    await held.connect();
    expect(await logIn('single', 'one')).toBe('53300 too many connections for role "single"');
    await held.end();
    await expect.poll(() => logIn('single', 'one')).toBe('single');
  });

  it('can not take another name or role by start-up parameters', async () => {
    await start('trust', [{}, { name: 'boss', superuser: true }]);
    const asks = (options: string) => logIn('ann', '', false, { options });
    expect(await asks('-c session_authorization=boss')).toMatch(/^55P02/);
    expect(await asks('-c is_superuser=on')).toMatch(/^55P02/);
    expect(await asks('-c role=boss')).toBe('42501 permission denied to set role "boss"');
    expect(await asks('-c role=ann')).toBe('ann');
  });
});

describe('a refused log-in', () => {
  it('is logged, without what was typed, and is answered later each time', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
    await start('md5', [{ secret: md5Secret('ann', 'one') }], { log });
    expect(await logIn('ann', 'hunter2')).toBe(wrong('ann'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      msg: 'log-in refused',
      user: 'ann',
      address: '127.0.0.1',
      sqlstate: '28P01',
    });
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).not.toContain('md5');
  });

  it('waits twice as long as the one before, up to a limit, for each address', () => {
    const failed = new FailedLogins(10);
    const waits = Array.from({ length: 7 }, () => failed.failed('a'));
    expect(waits).toEqual([10, 20, 40, 80, 160, 160, 160]);
    expect(failed.failed('b')).toBe(10);
    expect(failed.isFlooding('a')).toBe(false);
    for (let i = 0; i < 9; i++) failed.failed('a');
    expect(failed.isFlooding('a')).toBe(true);
    failed.answered('a');
    expect([failed.isFlooding('a'), failed.isFlooding('b')]).toEqual([false, false]);
  });
});
