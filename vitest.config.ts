import { defineConfig } from 'vitest/config';

/** `*.test.ts` run in every check; `*.slow.test.ts` and `*.clients.test.ts` by their own scripts. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
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
