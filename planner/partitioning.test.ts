import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataFile, FileStatistics } from './catalog.ts';
import { byFiles, byHiveKeys, byRows, cutEvenly, defaultTaskCount, maxTasks } from './partitioning.ts';

const file = (path: string, bytes: number, hive: Record<string, string | null> = {}): DataFile => ({
  path,
  bytes,
  mtimeMs: 1,
  hive,
});
const footer = (...rowGroups: number[]): FileStatistics => ({
  rowCount: rowGroups.reduce((a, b) => a + b, 0),
  rowGroups: rowGroups.map((rowCount) => ({ rowCount, bytes: rowCount, columns: {} })),
});

describe('byFiles', () => {
  test('keeps every file once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), fc.integer({ min: 1, max: 9 }), (sizes, n) => {
        const files = sizes.map((bytes, i) => file(`f${i}`, bytes));
        const { tasks, ordered } = byFiles(files, n);
        expect(tasks).toHaveLength(n);
        expect(ordered).toBe(true);
        expect(tasks.flat().map((slice) => slice.path)).toEqual(files.map((f) => f.path));
      }),
    );
  });
  test('gives every task a file while there are enough', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 7 }), fc.integer({ min: 1, max: 7 }), (sizes, n) => {
        const { tasks } = byFiles(
          sizes.map((bytes, i) => file(`f${i}`, bytes)),
          n,
        );
        expect(tasks.every((task) => task.length > 0)).toBe(true);
      }),
    );
  });
  test('balances by bytes', () => {
    const { tasks } = byFiles([file('a', 100), file('b', 10), file('c', 10), file('d', 80)], 2);
    expect(tasks.map((task) => task.map((s) => s.path))).toEqual([['a'], ['b', 'c', 'd']]);
  });
  test('more tasks than files: the rest is empty', () => {
    expect(byFiles([file('a', 1), file('b', 1)], 4).tasks.map((t) => t.length)).toEqual([1, 1, 0, 0]);
    expect(byFiles([], 3).tasks).toEqual([[], [], []]);
  });
});

describe('byRows', () => {
  test('covers every row exactly once and in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(50), { maxLength: 4 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (groups, n, aligned) => {
          const statistics = groups.map((g) => footer(...g));
          const files = groups.map((_, i) => file(`f${i}`, 10));
          const { tasks } = byRows(files, statistics, n, aligned);
          expect(tasks).toHaveLength(n);
          const seen = tasks.flat().flatMap((slice) => {
            const i = files.findIndex((f) => f.path === slice.path);
            const [from, to] = slice.rows ?? [0, statistics[i]!.rowCount];
            return Array.from({ length: to - from }, (_, k) => `${slice.path}:${from + k}`);
          });
          const all = files.flatMap((f, i) =>
            Array.from({ length: statistics[i]!.rowCount }, (_, k) => `${f.path}:${k}`),
          );
          expect(seen).toEqual(all);
        },
      ),
    );
  });
  test('cuts at row groups when asked to', () => {
    const { tasks } = byRows([file('a', 10)], [footer(60, 60, 60)], 2, true);
    expect(tasks.flat().map((slice) => slice.rows)).toEqual([
      [0, 120],
      [120, 180],
    ]);
    expect(byRows([file('a', 10)], [footer(60, 60, 60)], 2, false).tasks.flat()[0]!.rows).toEqual([0, 90]);
  });
});

describe('byHiveKeys', () => {
  const files = ['x', 'y', 'x', null, 'y'].map((k, i) => file(`f${i}`, 10, { k }));
  test('keeps the files of a value together, NULL too', () => {
    const { tasks, keys, ordered } = byHiveKeys(files, ['k'], 2);
    expect(ordered).toBe(false);
    expect(keys).toEqual(['k']);
    for (const value of ['x', 'y', null])
      expect(tasks.filter((task) => task.some((slice) => slice.hive.k === value))).toHaveLength(1);
    expect(tasks.flat()).toHaveLength(5);
  });
  test('one task per value when no number is given', () => {
    expect(byHiveKeys(files, ['k'], null).tasks).toHaveLength(3);
    expect(byHiveKeys([], ['k'], null).tasks).toEqual([[]]);
  });
  test('more tasks than values leaves some empty', () => {
    expect(byHiveKeys(files, ['k'], 7).tasks.filter((t) => t.length === 0)).toHaveLength(4);
  });
});

test('defaultTaskCount stays within its bounds', () => {
  const mib = 1024 * 1024;
  expect(defaultTaskCount({ bytes: mib, pieces: 10, workers: 2, slots: 4 })).toBe(2);
  expect(defaultTaskCount({ bytes: 640 * mib, pieces: 100, workers: 2, slots: 4 })).toBe(8);
  expect(defaultTaskCount({ bytes: 300 * mib, pieces: 100, workers: 2, slots: 4 })).toBe(4);
  expect(defaultTaskCount({ bytes: 200 * mib, pieces: 100, workers: 2, slots: 2 })).toBe(2);
  expect(defaultTaskCount({ bytes: 64_000 * mib, pieces: 5000, workers: 2, slots: 4 })).toBe(16);
  expect(defaultTaskCount({ bytes: 640 * mib, pieces: 3, workers: 2, slots: 4 })).toBe(3);
  expect(defaultTaskCount({ bytes: 0, pieces: 0, workers: 0, slots: 0 })).toBe(1);
  expect(defaultTaskCount({ bytes: 1e15, pieces: 1e6, workers: 1e4, slots: 1e4 })).toBe(maxTasks);
});

test('cutEvenly gives as many runs as asked for', () => {
  expect(cutEvenly([], 2)).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(cutEvenly([1, 1, 1, 1], 2)).toEqual([
    [0, 2],
    [2, 4],
  ]);
});
