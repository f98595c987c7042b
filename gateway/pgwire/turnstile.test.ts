import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Lane, Turnstile } from './turnstile.ts';

/** Who went through, and the turns between. */
async function order(given: readonly (readonly [Lane, string])[]): Promise<readonly string[]> {
  const turnstile = new Turnstile();
  const seen: string[] = [];
  expect(turnstile.pass('rows')).toBeUndefined();
  for (const [lane, name] of given) turnstile.pass(lane)?.then(() => seen.push(name));
  for (let turn = 0; turn < given.length + 2; turn++) {
    await nextTurn();
    seen.push('turn');
  }
  return seen;
}

describe('Turnstile', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('lets one through in a turn of the event loop, in the order of arrival', async () => {
    const seen = await order(['1', '2', '3'].map((name) => ['rows', name] as const));
    expect(seen.filter((each) => each !== 'turn')).toEqual(['1', '2', '3']);
    for (const name of ['1', '2']) expect(seen[seen.indexOf(name) + 1]).toBe('turn');
  });

  it('serves two clients for each piece of rows', async () => {
    const waiting = [
      ['rows', 'r1'],
      ['rows', 'r2'],
      ['rows', 'r3'],
      ['clients', 'c1'],
      ['clients', 'c2'],
      ['clients', 'c3'],
    ] as const;
    const seen = await order(waiting);
    expect(seen.filter((each) => each !== 'turn')).toEqual(['c1', 'c2', 'r1', 'c3', 'r2', 'r3']);
  });

  it('holds nobody up in another turn', async () => {
    const turnstile = new Turnstile();
    for (let turn = 0; turn < 3; turn++) {
      expect(turnstile.pass('clients')).toBeUndefined();
      expect(turnstile.pass('rows')).toBeInstanceOf(Promise);
      await nextTurn();
      await nextTurn();
      await nextTurn();
    }
  });

  /** Of a crowd whose first one takes 4 ms: how many have gone through by then, 3 ms later, and 4 ms later. */
  async function passedBy(others: boolean, waiting: number): Promise<readonly number[]> {
    vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout'] });
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    const turnstile = new Turnstile();
    if (others) turnstile.others();
    let passed = 0;
    turnstile.pass('clients');
    for (let index = 0; index < waiting; index++) turnstile.pass('clients')?.then(() => passed++);
    clock.mockReturnValue(4);
    const counts: number[] = [];
    for (const ms of [0, 3, 1]) {
      if (ms === 0) vi.advanceTimersToNextTimer();
      else vi.advanceTimersByTime(ms);
      await Promise.resolve();
      counts.push(passed);
    }
    return counts;
  }

  it('leaves others as much time as the crowd takes', async () => {
    expect(await passedBy(true, 2)).toEqual([0, 0, 1]);
  });

  it('leaves no time to nobody, and waits for no crowd of one', async () => {
    expect((await passedBy(false, 2))[0]).toBe(1);
    vi.useRealTimers();
    expect((await passedBy(true, 1))[0]).toBe(1);
  });
});
