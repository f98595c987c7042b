import { availableParallelism, totalmem } from 'node:os';
import type { Machine } from './sizes.ts';

/** libuv's own default. */
const libuvThreads = 4;

/** The machine as this process sees it. `env` is the environment that the process started with. */
export function thisMachine(env: Readonly<Record<string, string | undefined>>): Machine {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    cores: availableParallelism(),
    // Without a limit it is 0 or a number beyond all memory.
    memoryBytes: limit > 0 && limit < total ? limit : total,
    poolThreads: Number(env.UV_THREADPOOL_SIZE ?? libuvThreads) || libuvThreads,
  };
}
