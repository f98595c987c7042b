import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decoyVerifier, parseVerifier } from '../catalog/roles/verifier.ts';
import { checkListenAddress, isLoopback } from './listen-address.ts';
import { loadUsers, makeUserLine, parseUsers } from './users.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const line = `ann:SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$${key}:${key}`;

describe('users file', () => {
  it('has a verifier per line, in the form that PostgreSQL keeps', async () => {
    const users = parseUsers(`# people\n\n${line}\r\n${await makeUserLine('b:b', 'x')}\n`);
    expect(users.map(({ name }) => name)).toEqual(['ann', 'b:b']);
    expect(parseVerifier(users[0]!.secret!)).toEqual({
      iterations: 4096,
      salt: 'c2FsdHNhbHRzYWx0c2FsdA==',
      storedKey: key,
      serverKey: key,
    });
  });

  it.each([
    ['ann:secret', 1],
    [`${line}\n${line}`, 2],
    ['\n:SCRAM-SHA-256$4096:cw==$a:b', 2],
    [line.replace('4096', '0'), 1],
    [line.replace('SCRAM-SHA-256', 'md5'), 1],
  ])('names the line that is wrong', (text, at) => {
    expect(() => parseUsers(text)).toThrow(
      expect.objectContaining({ sqlstate: '22023', message: expect.stringContaining(`line ${at}`) }),
    );
  });

  it('is read from disk; a missing file is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-users-'));
    await writeFile(join(folder, 'users'), line);
    expect((await loadUsers(join(folder, 'users'))).length).toBe(1);
    await expect(loadUsers(join(folder, 'none'))).rejects.toMatchObject({ sqlstate: '58030' });
    await rm(folder, { recursive: true });
  });

  it('gives unknown users the same salt each time, and different ones to each', () => {
    expect(decoyVerifier('a')).toEqual(decoyVerifier('a'));
    expect(decoyVerifier('a').salt).not.toBe(decoyVerifier('b').salt);
  });
});

describe('listen address', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost', '::ffff:127.0.0.1'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(() => checkListenAddress(host, false, false)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', 'example.org', '', '::ffff:10.0.0.1', '128.0.0.1'])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(() => checkListenAddress(host, true, false)).toThrow();
    expect(() => checkListenAddress(host, false, true)).toThrow();
    expect(() => checkListenAddress(host, true, true)).not.toThrow();
  });
});
