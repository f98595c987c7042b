import { describe, expect, it } from 'vitest';
import { linkedController, reuse, unlink } from './linked-abort.ts';

describe('linked controllers', () => {
  it('end with the signal, with its reason, but not the other way round', () => {
    const outer = new AbortController();
    const [one, two] = [linkedController(outer.signal), linkedController(outer.signal)];
    one.abort('own');
    expect([outer.signal.aborted, two.signal.aborted]).toEqual([false, false]);
    outer.abort('all');
    expect([one.signal.reason, two.signal.reason]).toEqual(['own', 'all']);
  });

  it('are aborted from the beginning when the signal is', () => {
    expect(linkedController(AbortSignal.abort('before')).signal.reason).toBe('before');
  });

  it('do not when they were unlinked', () => {
    const outer = new AbortController();
    const [one, two] = [linkedController(outer.signal), linkedController(outer.signal)];
    unlink(outer.signal, one);
    outer.abort();
    expect([one.signal.aborted, two.signal.aborted]).toEqual([false, true]);
  });

  it('serve again when they were handed over, but not when they were aborted or somebody still listens', () => {
    const outer = new AbortController();
    const [one, two, three] = [1, 2, 3].map(() => linkedController(outer.signal)) as [
      AbortController,
      AbortController,
      AbortController,
    ];
    two.abort('own');
    three.signal.addEventListener('abort', () => undefined);
    for (const each of [one, two, three]) {
      unlink(outer.signal, each);
      reuse(outer.signal, each);
    }
    const [again, other] = [linkedController(outer.signal), linkedController(outer.signal)];
    expect(again).toBe(one);
    expect([two, three]).not.toContain(other);
    outer.abort('all');
    expect([again.signal.reason, other.signal.reason]).toEqual(['all', 'all']);
    expect(three.signal.aborted).toBe(false);
  });
});
