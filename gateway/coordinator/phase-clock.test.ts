import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PhaseClock } from './phase-clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('is in one phase at a time, and the phases add up', () => {
  const clock = new PhaseClock({ earlier: 5, plan: 7.0004 });
  vi.advanceTimersByTime(1);
  clock.enterWork();
  vi.advanceTimersByTime(2);
  clock.setWork('merge');
  vi.advanceTimersByTime(3);
  clock.enter('deliver');
  vi.advanceTimersByTime(4);
  clock.enter('admit');
  clock.enterWork();
  vi.advanceTimersByTime(10);
  const phases = { earlier: 5, plan: 7, admit: 1, scatter: 2, merge: 13, deliver: 4 };
  expect(clock.read()).toEqual({ phases, totalMs: 32 });
  clock.end();
  vi.advanceTimersByTime(100);
  expect(clock.read()).toEqual({ phases, totalMs: 32 });
});

it('merges without work that is under way only when it is pulled', () => {
  const clock = new PhaseClock({ earlier: 0, plan: 0 });
  clock.setWork('merge');
  vi.advanceTimersByTime(1);
  clock.enterWork();
  vi.advanceTimersByTime(2);
  expect(clock.read().phases).toMatchObject({ admit: 1, scatter: 0, merge: 2 });
});
