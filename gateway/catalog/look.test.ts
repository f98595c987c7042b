import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Look } from './look.ts';

let folder: string;
const past = new Date(Date.now() - 60_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-look-'));
  mkdirSync(join(folder, 't'));
  writeFileSync(join(folder, 't/a.csv'), 'a\n1\n');
  writeFileSync(join(folder, 't/b.csv'), 'a\n2\n');
  settle();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As if nothing had changed for a while. */
function settle(): void {
  for (const path of ['', 't']) utimesSync(join(folder, path), past, past);
}

function looked(): Look {
  const look = new Look();
  for (const { name } of look.entries(join(folder, 't'))) look.stat(join(folder, 't', name));
  look.stat(join(folder, 't/_sluice'));
  return look;
}

test('what has not changed is still true, as often as asked', async () => {
  const look = looked();
  expect(await look.isStillTrue()).toBe(true);
  expect(await look.isStillTrue()).toBe(true);
});

test.each<[string, () => void]>([
  ['a new file', () => writeFileSync(join(folder, 't/c.csv'), '')],
  ['a file that is gone', () => rmSync(join(folder, 't/a.csv'))],
  ['a file that has grown', () => writeFileSync(join(folder, 't/a.csv'), 'a\n1\n2\n')],
  ['a path that was not there', () => mkdirSync(join(folder, 't/_sluice'))],
  ['a folder that is gone', () => rmSync(join(folder, 't'), { recursive: true })],
  [
    'a file of the same size and time in the place of another',
    () => {
      const { atime, mtime } = statSync(join(folder, 't/a.csv'));
      writeFileSync(join(folder, 'new'), 'a\n9\n');
      utimesSync(join(folder, 'new'), atime, mtime);
      renameSync(join(folder, 'new'), join(folder, 't/a.csv'));
    },
  ],
  [
    'a link in the place of a file, all times set back',
    () => {
      const { atime, mtime } = statSync(join(folder, 't/a.csv'));
      renameSync(join(folder, 't/a.csv'), join(folder, 'elsewhere'));
      writeFileSync(join(folder, 'other'), 'a\n9\n');
      utimesSync(join(folder, 'other'), atime, mtime);
      symlinkSync(join(folder, 'other'), join(folder, 't/a.csv'));
      settle();
    },
  ],
])('%s is seen', async (_, change) => {
  const look = looked();
  change();
  expect(await look.isStillTrue()).toBe(false);
});

test('a folder that has just changed is not trusted: another change may have the same time', async () => {
  writeFileSync(join(folder, 't/c.csv'), '');
  const look = looked();
  expect(await look.isStillTrue()).toBe(false);
});

test('what changed between two glances of one look is not trusted', async () => {
  const look = looked();
  writeFileSync(join(folder, 't/a.csv'), 'a\n1\n2\n');
  look.stat(join(folder, 't/a.csv'));
  expect(await look.isStillTrue()).toBe(false);
});
