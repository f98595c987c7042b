import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { joinToken } from './join-token.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'sluice-token-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const none = { token: null, tokenFile: null };

it('makes a secret once, for the owner alone', async () => {
  const made = await joinToken(none, state);
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect(await joinToken(none, state)).toBe(made);
  expect(statSync(join(state, 'token')).mode & 0o777).toBe(0o600);
});

it('prefers the setting over the file and the file over the made one', async () => {
  const tokenFile = join(state, 'mine');
  writeFileSync(tokenFile, ' of the file\n');
  expect(await joinToken({ token: 'of the setting', tokenFile }, state)).toBe('of the setting');
  expect(await joinToken({ token: null, tokenFile }, state)).toBe('of the file');
});

it.each([
  ['is not there', () => undefined],
  ['is empty', (path: string) => writeFileSync(path, '\n')],
])('refuses a file that %s and does not make it', async (_, make) => {
  const tokenFile = join(state, 'mine');
  make(tokenFile);
  await expect(joinToken({ token: null, tokenFile }, state)).rejects.toMatchObject({
    sqlstate: '58030',
    hint: 'Choose another with --token-file.',
  });
  if (_ === 'is empty') expect(readFileSync(tokenFile, 'utf8')).toBe('\n');
});
