import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FileSyncs } from './file-syncs.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-syncs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(index: number): string {
  const path = join(folder, String(index));
  writeFileSync(path, 'x');
  return path;
}

it('brings all files to the disk, and tells of one that is not there', async () => {
  const syncs = new FileSyncs();
  await syncs.done();
  syncs.add(Array.from({ length: 9 }, (_, index) => fileOf(index)));
  await syncs.done();
  syncs.add([join(folder, 'absent'), fileOf(10)]);
  await expect(syncs.done()).rejects.toMatchObject({ code: 'ENOENT' });
  await syncs.settled();
});
