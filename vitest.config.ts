import { defineConfig } from 'vitest/config';

// Each running DuckDB call holds a thread of libuv's pool; test processes inherit the size that the executable sets (gateway/cli/bin.cts).
process.env.UV_THREADPOOL_SIZE ??= '128';

/** A file for a JSON report beside the usual output: what `.ci/run` counts. */
const report = process.env.VITEST_REPORT;

/** `*.test.ts` run in every check; `*.slow.test.ts` and `*.clients.test.ts` by their own scripts. */
export default defineConfig({
  test: {
    pool: 'forks',
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Machines of continuous integration are shared: a test that needs its second run is still reported as such.
    retry: process.env.CI === undefined ? 0 : 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          // Files share what they import: loading it anew for each takes as long as a fifth of the tests.
          isolate: false,
          include: ['{planner,worker,gateway,testdata}/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/*.clients.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          include: ['{planner,worker,gateway,testdata}/**/*.slow.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'clients',
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          include: ['{gateway,testdata}/**/*.clients.test.ts'],
        },
      },
    ],
  },
});
