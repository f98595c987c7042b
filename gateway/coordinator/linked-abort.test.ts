import { describe, expect, it } from 'vitest';
import { linkedController, unlink } from './linked-abort.ts';

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
});
