import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockState } from './state-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('makes the folder, refuses a second owner and is free after release', async () => {
  const state = join(folder, 'a/b');
  const lock = await lockState(state);
  await expect(lockState(state)).rejects.toMatchObject({
    sqlstate: '55006',
    message: expect.stringContaining(String(process.pid)),
  });
  lock.release();
  expect(existsSync(join(state, 'lock'))).toBe(false);
  (await lockState(state)).release();
});

it('is given to one of many that ask at once', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockState(folder)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

it('takes over the lock of a process that has died', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const pid = child.pid;
  await new Promise((resolve) => child.on('exit', resolve));
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, started: '1' }));
  (await lockState(folder)).release();
});

it.runIf(process.platform === 'linux')('takes over the lock of an earlier process with the same number', async () => {
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started: '1' }));
  (await lockState(folder)).release();
});

it.each(['', '{', '{"pid": "x"}', 'null'])('takes over a lock file that holds %s', async (content) => {
  writeFileSync(join(folder, 'lock'), content);
  (await lockState(folder)).release();
});

it('says so when the folder can not be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(lockState(join(folder, 'file/state'))).rejects.toMatchObject({
    sqlstate: '58030',
    hint: 'Choose another with --state.',
  });
});
