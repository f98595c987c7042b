import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turnstile } from './turnstile.ts';

describe('Turnstile', () => {
  it('lets one through in a turn of the event loop, in the order of arrival', async () => {
    const turnstile = new Turnstile();
    const seen: (number | 'turn')[] = [];
    expect(turnstile.pass()).toBeUndefined();
    for (const number of [1, 2, 3]) turnstile.pass()?.then(() => seen.push(number));
    for (let turn = 0; turn < 5; turn++) {
      await nextTurn();
      seen.push('turn');
    }
    expect(seen.filter((each) => each !== 'turn')).toEqual([1, 2, 3]);
    for (const number of [1, 2]) expect(seen[seen.indexOf(number) + 1]).toBe('turn');
  });

  it('holds nobody up in another turn', async () => {
    const turnstile = new Turnstile();
    for (let turn = 0; turn < 3; turn++) {
      expect(turnstile.pass()).toBeUndefined();
      expect(turnstile.pass()).toBeInstanceOf(Promise);
      await nextTurn();
      await nextTurn();
      await nextTurn();
    }
  });
});
