import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Lane, Turnstile } from './turnstile.ts';

/** Who went through, and the turns between. */
async function order(given: readonly (readonly [Lane, string])[]): Promise<readonly string[]> {
  const turnstile = new Turnstile();
  const seen: string[] = [];
  expect(turnstile.pass('rows', {})).toBeUndefined();
  for (const [lane, name] of given) turnstile.pass(lane, {})?.then(() => seen.push(name));
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

  it('serves four clients for each piece of rows', async () => {
    const waiting = [
      ['rows', 'r1'],
      ['rows', 'r2'],
      ['rows', 'r3'],
      ['clients', 'c1'],
      ['clients', 'c2'],
      ['clients', 'c3'],
      ['clients', 'c4'],
      ['clients', 'c5'],
    ] as const;
    const seen = await order(waiting);
    expect(seen.filter((each) => each !== 'turn')).toEqual(['c1', 'c2', 'c3', 'c4', 'r1', 'c5', 'r2', 'r3']);
  });

  it('holds nobody up in another turn', async () => {
    const turnstile = new Turnstile();
    for (let turn = 0; turn < 3; turn++) {
      expect(turnstile.pass('clients', {})).toBeUndefined();
      expect(turnstile.pass('rows', {})).toBeInstanceOf(Promise);
      await nextTurn();
      await nextTurn();
      await nextTurn();
    }
  });

  interface Crowd {
    readonly lane: Lane;
    readonly waiting: number;
    readonly others?: boolean;
    /** Streams of which nobody knows whether they are read; the first one that passes is one of them. */
    readonly unproven?: number;
    /** When the first one has done what it passed for; Infinity: it never says so. */
    readonly doneAfterMs?: number;
  }

  /** After the first one of a crowd has kept the event loop busy for 2 ms: ms until the next one goes through. */
  async function pauseOf({ lane, waiting, others = true, unproven = 0, doneAfterMs = 0 }: Crowd): Promise<number> {
    vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'clearTimeout'] });
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    let busyMs = 0;
    const turnstile = new Turnstile(() => busyMs);
    if (others) turnstile.others();
    let passed = 0;
    const first = {};
    turnstile.pass(lane, first, unproven > 0);
    for (let index = 0; index < waiting; index++) {
      turnstile.pass(lane, {}, index + 1 < unproven)?.then(() => passed++);
    }
    if (doneAfterMs === 0) turnstile.done(first);
    clock.mockReturnValue(2);
    busyMs = 2;
    vi.advanceTimersToNextTimer();
    for (let ms = 0; ms < 100; ms++) {
      await Promise.resolve();
      if (passed > 0) return ms;
      if (ms === doneAfterMs) turnstile.done(first);
      vi.advanceTimersByTime(1);
    }
    throw new Error('nobody goes through');
  }

  it('leaves others as much time as pieces of rows take', async () => {
    expect(await pauseOf({ lane: 'rows', waiting: 2 })).toBe(2);
  });

  it('leaves others three times the time that clients take, and four times that of streams that may be read by nobody', async () => {
    expect(await pauseOf({ lane: 'clients', waiting: 2 })).toBe(6);
    expect(await pauseOf({ lane: 'rows', waiting: 3, unproven: 4 })).toBe(8);
    expect(await pauseOf({ lane: 'rows', waiting: 3, unproven: 3 })).toBe(2);
  });

  it('waits for what one of a crowd has done for it, up to 10 ms, and pauses then', async () => {
    expect(await pauseOf({ lane: 'clients', waiting: 2, doneAfterMs: 4 })).toBe(4 + 6);
    expect(await pauseOf({ lane: 'clients', waiting: 2, doneAfterMs: Infinity })).toBe(8 + 6);
    expect(await pauseOf({ lane: 'clients', waiting: 2, doneAfterMs: Infinity, others: false })).toBe(0);
  });

  it('counts who passes again as done', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'clearTimeout'] });
    const turnstile = new Turnstile(() => 0);
    turnstile.others();
    const [first, second] = [{}, {}];
    const seen: string[] = [];
    turnstile.pass('clients', first);
    turnstile.pass('clients', second)?.then(() => seen.push('second'));
    turnstile.pass('clients', {})?.then(() => seen.push('third'));
    vi.advanceTimersToNextTimer();
    await Promise.resolve();
    expect(seen).toEqual([]);
    turnstile.pass('clients', first)?.then(() => seen.push('first'));
    await Promise.resolve();
    expect(seen).toEqual(['second']);
  });

  it('pauses after each of many clients that came of late, though none of them waits', async () => {
    for (const [come, pauseMs] of [
      [7, 0],
      [8, 6],
    ] as const) {
      vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'clearTimeout'] });
      let busyMs = 0;
      const turnstile = new Turnstile(() => busyMs);
      turnstile.others();
      for (let client = 0; client < come; client++) {
        const ticket = {};
        expect(turnstile.pass('clients', ticket)).toBeUndefined();
        turnstile.done(ticket);
        if (client === come - 1) busyMs = 2;
        vi.advanceTimersToNextTimer();
      }
      const passes = () => turnstile.pass('rows', {}) === undefined;
      vi.advanceTimersByTime(Math.max(0, pauseMs - 1));
      expect(passes()).toBe(pauseMs === 0);
      vi.useRealTimers();
    }
  });

  it('leaves no time to nobody, and pauses for no crowd of one', async () => {
    expect(await pauseOf({ lane: 'rows', waiting: 2, others: false })).toBe(0);
    expect(await pauseOf({ lane: 'rows', waiting: 1 })).toBe(0);
  });

  it('pauses after streams that nobody may read, also while none of them waits', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'clearTimeout'] });
    let busyMs = 0;
    const turnstile = new Turnstile(() => busyMs);
    const streams = [{}, {}, {}, {}];
    turnstile.others();
    for (const stream of streams) {
      expect(turnstile.pass('rows', stream, true)).toBeUndefined();
      turnstile.done(stream);
      vi.advanceTimersToNextTimer();
    }
    expect(turnstile.pass('rows', streams[0]!, true)).toBeUndefined();
    turnstile.done(streams[0]!);
    busyMs = 2.25;
    vi.advanceTimersToNextTimer();
    let passed = false;
    turnstile.pass('clients', {})?.then(() => {
      passed = true;
    });
    for (const [ms, expected] of [
      [8, false],
      [1, true],
    ] as const) {
      vi.advanceTimersByTime(ms);
      await Promise.resolve();
      expect(passed).toBe(expected);
    }
  });
});
