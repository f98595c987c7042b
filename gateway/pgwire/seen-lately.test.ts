import { afterEach, expect, it, vi } from 'vitest';
import { SeenLately } from './seen-lately.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('knows whom it saw of late, each once', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  const seen = new SeenLately(1_000);
  const counts: number[] = [];
  const first = {};
  seen.note(first);
  for (let second = 0; second < 5; second++) {
    clock.mockReturnValue(second * 1_000);
    seen.note({});
    counts.push(seen.size);
  }
  expect(counts).toEqual([2, 3, 2, 2, 2]);
  seen.note(first);
  seen.note(first);
  expect(seen.size).toBe(3);
  clock.mockReturnValue(10_000);
  expect(seen.size).toBe(0);
});
