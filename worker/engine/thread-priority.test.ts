import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { openInstance } from './instance.ts';
import { letEventLoopGoFirst } from './thread-priority.ts';

it.runIf(process.platform === 'linux')('puts every thread but the event loop behind, those of DuckDB too', async () => {
  await stat('.'); // starts the pool
  const loop = getPriority(process.pid);
  letEventLoopGoFirst();
  const earlier = new Set(readdirSync('/proc/self/task'));
  const instance = await openInstance({
    path: ':memory:',
    threads: 3,
    memoryBytes: 1e8,
    tempDirectory: '/tmp',
    maxTempBytes: 1e6,
    allowedDirectories: [],
  });
  const threads = readdirSync('/proc/self/task');
  const made = threads.filter((thread) => !earlier.has(thread));
  expect(made.length).toBeGreaterThan(0);
  const others = threads.map(Number).filter((thread) => thread !== process.pid);
  expect(new Set(others.map((thread) => getPriority(thread)))).toEqual(new Set([Math.min(19, loop + 3)]));
  expect(getPriority(process.pid)).toBe(loop);
  letEventLoopGoFirst();
  instance.closeSync();
});
