import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeTempFolder } from './temp-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-temp-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('is in the state folder, or one of its own in a shared folder', async () => {
  expect(await makeTempFolder(join(root, 'a'), null)).toBe(join(root, 'a/tmp'));
  const [a, b] = [
    await makeTempFolder(join(root, 'a'), join(root, 'shared')),
    await makeTempFolder(join(root, 'b'), join(root, 'shared')),
  ];
  expect(a).not.toBe(b);
  expect(await makeTempFolder(join(root, 'a'), join(root, 'shared'))).toBe(a);
});

it('loses what a killed gateway left, but nothing of workers and of others', async () => {
  const folder = await makeTempFolder(join(root, 'c'), null);
  const paths = ['coordinator/x', 'exchange/x', 'workers/x', 'something/x'].map((path) => join(folder, path));
  for (const path of paths) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '');
  }
  await makeTempFolder(join(root, 'c'), null);
  expect(paths.map((path) => existsSync(path))).toEqual([false, false, true, true]);
  expect(existsSync(join(folder, 'exchange'))).toBe(true);
});

it('names the folder and the flag when it can not be made', async () => {
  writeFileSync(join(root, 'file'), '');
  const failed = makeTempFolder(join(root, 'a'), join(root, 'file'));
  await expect(failed).rejects.toMatchObject({ sqlstate: '58030', hint: 'Choose another with --temp-dir.' });
});
