import { describe, expect, it } from 'vitest';
import { defaultLimits } from './limits.ts';
import { biggestFirst, type Runner, speculate } from './stragglers.ts';

const now = 100_000;
const done = (tookMs: number, inputBytes = 10): Runner => runner({ tookMs, inputBytes });
const running = (forMs: number, inputBytes = 10, took: number[] = []): Runner =>
  runner({ runningSince: now - forMs, inputBytes, speculate: () => took.push(forMs) > 0 });

function runner(parts: Partial<Runner>): Runner {
  return { tookMs: undefined, runningSince: undefined, inputBytes: 10, speculate: () => false, ...parts };
}

describe('stragglers', () => {
  it('get another attempt beside them when they take much longer than others', () => {
    const begun: number[] = [];
    const tasks = [done(1500), done(1600), done(1700), running(3300, 10, begun), running(3000, 10, begun)];
    expect(speculate(tasks, defaultLimits, now)).toBe(1);
    expect(begun).toEqual([3300]);
  });

  it.each([
    ['too few have ended', [done(100), running(9000), running(9000)]],
    ['none has ended', [running(9000)]],
    ['all are quick', [done(10), done(10), running(1900)]],
    ['times differ much anyway', [done(100), done(100), done(4000), running(5000)]],
    ['it has more to read', [done(2000, 10), done(2000, 10), running(9000, 30)]],
    ['it has not begun', [done(10), done(10), runner({})]],
    ['no worker is free', [done(10), done(10), runner({ runningSince: 0 })]],
  ])('do not when %s', (_, tasks) => {
    expect(speculate(tasks, defaultLimits, now)).toBe(0);
  });
});

describe('biggest first', () => {
  it('keeps the order of those that are equal', () => {
    expect(biggestFirst([1, 5, 5, 9].map((inputBytes) => ({ inputBytes })))).toEqual([3, 1, 2, 0]);
    expect(biggestFirst([])).toEqual([]);
  });
});
