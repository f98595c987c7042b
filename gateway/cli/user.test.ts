import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SluiceError } from '../../planner/errors.ts';
import { schemaObject } from '../catalog/roles/acl.ts';
import { RoleStore } from '../catalog/roles/role-store.ts';
import { checkPassword } from '../catalog/roles/verifier.ts';
import { runCommandLine } from './main.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-user-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Runs `sluice user ...` with a password on standard input; gives what it prints, or the error's message. */
async function user(password: string, ...args: readonly string[]): Promise<string> {
  const input = new PassThrough();
  input.end(`${password}\n`);
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin);
  const lines: string[] = [];
  const terminal = { env: {}, print: (line: string) => lines.push(line), stop: new AbortController().signal };
  try {
    await runCommandLine(['user', ...args, '--state', folder], terminal);
    return lines.join('\n');
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return `${error.sqlstate} ${error.message}`;
  }
}

it('adds users, changes them, lists and removes them', async () => {
  expect(await user('one', 'add', 'ann', '--role', 'writer')).toBe('user "ann" added as writer');
  expect(await user('two', 'add', 'bob')).toBe('user "bob" added as reader');
  const book = () => new RoleStore(folder).now();
  expect(book().get('ann')).toMatchObject({
    login: true,
    superuser: false,
    memberOf: ['pg_read_all_data', 'pg_write_all_data'],
  });
  expect(book().may('ann', schemaObject('public'), ['CREATE'])).toBe(true);
  expect(await checkPassword('bob', book().get('bob')!.secret!, 'two')).toBe(true);
  expect(await user('three', 'password', 'bob')).toBe('password of "bob" changed');
  expect(await checkPassword('bob', book().get('bob')!.secret!, 'three')).toBe(true);
  expect(await user('', 'role', 'ann', '--role', 'admin')).toBe('user "ann" is admin now');
  expect(book().get('ann')).toMatchObject({ superuser: true, memberOf: [] });
  expect(await user('', 'list')).toMatch(/ann +\| admin +\| yes +\| yes/);
  expect(readFileSync(join(folder, 'roles.json'), 'utf8')).not.toMatch(/one|two|three/);
  expect(await user('', 'remove', 'ann')).toBe('user "ann" removed');
  expect(book().get('ann')).toBeUndefined();
  expect(JSON.stringify(book().data)).not.toContain('ann');
});

it.each([
  [['add'], 'F0000 sluice user needs one name'],
  [['add', 'a', 'b'], 'F0000 sluice user needs one name'],
  [['add', 'pg_mine'], 'F0000 the name "pg_mine" is reserved'],
  [['add', 'sluice'], 'F0000 the name "sluice" is reserved'],
  [['add', 'a', '--role', 'king'], 'F0000 flag --role is "king", not one of reader, writer, admin'],
  [['password', 'nobody'], '42704 role "nobody" does not exist'],
  [['role', 'nobody', '--role', 'admin'], '42704 role "nobody" does not exist'],
  [['remove', 'nobody'], '42704 role "nobody" does not exist'],
  [['list', 'x'], 'F0000 sluice user list takes no name'],
])('refuses %j', async (args, message) => {
  expect(await user('x', ...args)).toBe(message);
});

it('refuses an empty password and a name that is taken', async () => {
  expect(await user('', 'add', 'ann')).toBe('F0000 the password is empty');
  await user('one', 'add', 'ann');
  expect(await user('two', 'add', 'ann')).toBe('42710 role "ann" already exists');
});
