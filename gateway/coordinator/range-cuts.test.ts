import { expect, test } from 'vitest';
import type { TaskOutput } from './exchange-sink.ts';
import { cutRanges, rowsInRange } from './range-cuts.ts';

/** A task whose rows have these keys (two hexadecimal digits each), in their order; every `step`-th is told. */
function task(keys: readonly string[], step = 1): TaskOutput {
  const points = keys.map((key, row) => ({ row, key })).filter(({ row }) => row % step === 0);
  return { partitionRows: [keys.length], points, file: null, frames: [], bytes: keys.length };
}

const hex = (number: number) => number.toString(16).toUpperCase().padStart(2, '0');

test('ranges have as many rows each', () => {
  const even = task(Array.from({ length: 100 }, (_, i) => hex(2 * i)));
  const odd = task(Array.from({ length: 100 }, (_, i) => hex(2 * i + 1)));
  expect(cutRanges([even, odd], 4)).toEqual([hex(50), hex(100), hex(150)]);
});

test('a key that many rows have begins several ranges, of which one has rows', () => {
  const tasks = [task(['01', ...Array<string>(20).fill('05'), '09'])];
  const cuts = cutRanges(tasks, 4);
  expect(cuts).toEqual(['05', '05', '05']);
  const bounds = [null, ...cuts, null];
  const rows = cuts.concat('').map((_, i) => rowsInRange(tasks[0]!, bounds[i]!, bounds[i + 1]!).rows);
  expect(rows).toEqual([1, 0, 0, 21]);
});

test('without rows, and with fewer rows than ranges', () => {
  expect(cutRanges([task([])], 3)).toEqual(['', '']);
  expect(cutRanges([], 2)).toEqual(['']);
  const few = task(['01', '02']);
  const cuts = cutRanges([few], 5);
  const bounds = [null, ...cuts, null];
  const rows = bounds.slice(1).map((high, i) => rowsInRange(few, bounds[i]!, high).rows);
  expect(rows.reduce((sum, some) => sum + some, 0)).toBe(2);
});

test('every row is in one range, whatever is told of the rows', () => {
  const all = Array.from({ length: 97 }, (_, i) => hex((i * 37) % 64)).sort();
  for (const step of [1, 4, 10, 96]) {
    const one = task(all, step);
    for (const ranges of [1, 2, 7, 64]) {
      const bounds = [null, ...cutRanges([one], ranges), null];
      const seen = Array<number>(all.length).fill(0);
      for (const [i, low] of bounds.slice(0, -1).entries()) {
        const high = bounds[i + 1]!;
        const found = rowsInRange(one, low!, high);
        for (let row = found.from; row < found.to; row++) {
          const inside = (low === null || all[row]! >= low!) && (high === null || all[row]! < high);
          if (row >= found.sure[0] && row < found.sure[1]) expect(inside).toBe(true);
          if (inside) seen[row]!++;
        }
      }
      expect(new Set(seen)).toEqual(new Set([1]));
    }
  }
});
