#!/usr/bin/env node
/**
 * The executable. Each DuckDB call that runs holds a thread of libuv's pool, whose size is read once, when the pool is first used; the
 * module loader uses it. So this file is CommonJS, imports nothing, sets the size and only then loads the program.
 * The number is `runningQueriesLimit + threadReserve` of gateway/config/settings.ts (a test compares them). Idle threads cost no CPU.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`sluice: Node.js 20.19 or later is needed, this is ${process.versions.node}\n`);
  process.exit(3);
}
process.env.UV_THREADPOOL_SIZE ??= '128';

import('./main.js').then(
  (module) => module.main(),
  (error: unknown) => {
    process.stderr.write(
      `sluice: could not load the program: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  },
);
