import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Terminal } from './command.ts';
import { runCommandLine } from './main.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-sort-'));
afterAll(() => rmSync(folder, { recursive: true }));

const terminal: Terminal = { env: {}, print: () => undefined, stop: new AbortController().signal };
const sort = (...flags: readonly string[]) => runCommandLine(['bench', 'sort', '--folder', folder, ...flags], terminal);

it('refuses a sort for which the disk is too small before anything is written', async () => {
  await expect(sort('--size', '900TB')).rejects.toMatchObject({
    sqlstate: '58030',
    message: expect.stringMatching(/has [\d.]+ GB free, a sort of 900000\.00 GB needs 2700000\.00 GB/),
  });
  expect(readdirSync(folder)).toEqual([]);
});

it.each([
  [['--size', 'much'], '22023'],
  [['--size', '10'], '22023'],
  [['--seed', '-1'], '22023'],
  [['--seed', 'x'], '22023'],
  [['--runs', '3'], 'F0000'],
  [['more'], 'F0000'],
] as const)('refuses %j', async (flags, sqlstate) => {
  await expect(sort(...flags)).rejects.toMatchObject({ sqlstate });
});

it('refuses a folder that is not there', async () => {
  const missing = join(folder, 'missing');
  await expect(sort('--folder', missing)).rejects.toMatchObject({ sqlstate: '58030' });
  expect(existsSync(missing)).toBe(false);
});

it('is told by the help of bench', async () => {
  const lines: string[] = [];
  await runCommandLine(['bench', '--help'], { ...terminal, print: (line) => void lines.push(line) });
  const help = lines.join('\n');
  for (const word of ['bench sort', '--size BYTES', '--folder DIR', '--seed N']) expect(help).toContain(word);
});
