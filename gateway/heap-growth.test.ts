import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { growthFlag } from './heap-growth.ts';

it.each([
  [growthFlag, 0],
  ['--heap-growing-pace=200', 9],
])('%s: Node.js ends with %i', (flag, status) => {
  expect(spawnSync(process.execPath, [flag, '-e', '']).status).toBe(status);
});
