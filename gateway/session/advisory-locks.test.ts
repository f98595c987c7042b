import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import { AdvisoryLocks, type LockMode, SessionLocks } from './advisory-locks.ts';
import { maxAdvisoryLocks } from './limits.ts';

const forever = () => ({ signal: new AbortController().signal, timeoutMs: 0 });

function sessions(count: number) {
  const locks = new AdvisoryLocks();
  return { locks, all: Array.from({ length: count }, (_, index) => new SessionLocks(index + 1, locks)) };
}

/** In the order in which they were granted. */
function waitAll(waits: readonly (readonly [SessionLocks, string, LockMode])[]) {
  const granted: number[] = [];
  const done = waits.map(([session, key, mode]) =>
    session.lock(key, mode, 'session', forever()).then(() => granted.push(session.pid)),
  );
  return { granted, done };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('advisory locks', () => {
  it('are given to those that wait in their order; readers together', async () => {
    const { all } = sessions(5);
    const [a, b, c, d, e] = all as [SessionLocks, SessionLocks, SessionLocks, SessionLocks, SessionLocks];
    await a.lock('1', 'exclusive', 'session', forever());
    const { granted } = waitAll([
      [b, '1', 'share'],
      [c, '1', 'share'],
      [d, '1', 'exclusive'],
      [e, '1', 'share'],
    ]);
    await settled();
    expect(granted).toEqual([]);
    a.unlock('1', 'exclusive');
    await settled();
    expect(granted).toEqual([2, 3]);
    // The one that comes next is not overtaken.
    expect(a.tryLock('1', 'share', 'session')).toBe(false);
    b.close();
    c.close();
    await settled();
    expect(granted).toEqual([2, 3, 4]);
    d.close();
    await settled();
    expect(granted).toEqual([2, 3, 4, 5]);
  });

  it('count, by mode and by how they were taken', () => {
    const { locks, all } = sessions(2);
    const [a, b] = all as [SessionLocks, SessionLocks];
    expect([a.tryLock('1', 'exclusive', 'session'), a.tryLock('1', 'exclusive', 'session')]).toEqual([true, true]);
    expect(a.tryLock('1', 'share', 'transaction')).toBe(true);
    expect([a.unlock('1', 'exclusive'), b.tryLock('1', 'share', 'session')]).toEqual([true, false]);
    expect([a.unlock('1', 'exclusive'), a.unlock('1', 'exclusive')]).toEqual([true, false]);
    expect(b.tryLock('1', 'share', 'session')).toBe(true);
    expect(a.unlock('1', 'share')).toBe(false);
    a.undoTo(0);
    expect(b.tryLock('1', 'exclusive', 'session')).toBe(true);
    b.close();
    expect(locks.rows()).toEqual([]);
  });

  it('of a transaction are given back from a savepoint on', () => {
    const { locks, all } = sessions(1);
    const [a] = all as [SessionLocks];
    a.tryLock('1', 'exclusive', 'transaction');
    const mark = a.mark();
    a.tryLock('2', 'share', 'transaction');
    a.tryLock('3', 'share', 'session');
    a.undoTo(mark);
    expect(locks.rows().map(({ key }) => key)).toEqual(['1', '3']);
  });

  it('that could never come are 40P01, and the others go on', async () => {
    const { all } = sessions(3);
    const [a, b, c] = all as [SessionLocks, SessionLocks, SessionLocks];
    a.tryLock('1', 'exclusive', 'session');
    b.tryLock('2', 'share', 'session');
    c.tryLock('3', 'exclusive', 'session');
    const first = a.lock('2', 'exclusive', 'session', forever());
    const second = b.lock('3', 'share', 'session', forever());
    const third = c.lock('1', 'share', 'session', forever());
    await expect(third).rejects.toMatchObject({
      sqlstate: '40P01',
      detail: expect.stringContaining('Process 3 waits for ShareLock on advisory lock [1]; blocked by process 1.'),
    });
    c.close();
    await second;
    b.close();
    await first;
  });

  it('are waited for no longer than wished', async () => {
    const { locks, all } = sessions(3);
    const [a, b, c] = all as [SessionLocks, SessionLocks, SessionLocks];
    a.tryLock('1', 'exclusive', 'session');
    const abort = new AbortController();
    const cancelled = b.lock('1', 'exclusive', 'session', { signal: abort.signal, timeoutMs: 0 });
    const late = c.lock('1', 'share', 'session', { signal: abort.signal, timeoutMs: 10 });
    await expect(late).rejects.toMatchObject({ sqlstate: '55P03' });
    abort.abort(errors.cancelled());
    await expect(cancelled).rejects.toMatchObject({ sqlstate: '57014' });
    expect(locks.rows()).toEqual([{ pid: 1, key: '1', mode: 'exclusive', granted: true }]);
    await expect(c.lock('1', 'share', 'session', { signal: abort.signal, timeoutMs: 0 })).rejects.toMatchObject({
      sqlstate: '57014',
    });
  });

  it('are limited in number', () => {
    const { all } = sessions(1);
    const [a] = all as [SessionLocks];
    for (let count = 0; count < maxAdvisoryLocks; count++) a.tryLock(String(count % 1000), 'share', 'session');
    expect(() => a.tryLock('1', 'share', 'session')).toThrow(expect.objectContaining({ sqlstate: '53200' }));
  });
});
