import { describe, expect, it } from 'vitest';
import { batchBytes } from './batch-bytes.ts';
import { TaskQueue } from './task-queue.ts';

describe('task queue', () => {
  const report = { rows: 1, bytes: 5, elapsedMs: 1, spooledBytes: 7 };
  const batch = (count: number) => ({
    rowCount: count,
    columns: [
      { kind: 'fixed' as const, type: null as never, validity: null, width: 8, data: new Uint8Array(count * 8) },
    ],
  });

  it('frees what it held of a failed attempt', async () => {
    const held = { limitBytes: 1000, usedBytes: 0 };
    const queue = new TaskQueue(
      false,
      { aheadBytes: 100 },
      { held, spool: { directory: '/nowhere', limitBytes: 0, usedBytes: 0 } },
    );
    const lease = {
      worker: null as never,
      memoryBytes: 0,
      park: () => undefined,
      unpark: () => undefined,
      release: () => undefined,
    };
    const signal = new AbortController().signal;
    expect(await queue.begin(lease, signal)).toBe(0);
    await queue.push(batch(50));
    expect(held.usedBytes).toBe(batchBytes(batch(50)));
    expect(await queue.begin(lease, signal)).toBe(0);
    expect(held.usedBytes).toBe(0);
    await queue.push(batch(10));
    expect(await queue.end(report)).toEqual({ rows: 10, bytes: 5, spooledBytes: 7 });
    expect((await queue.take(signal))?.rowCount).toBe(10);
    expect(await queue.take(signal)).toBe(null);
    expect(held.usedBytes).toBe(0);
  });

  it('keeps what it has of a replayable task and asks for the rest', async () => {
    const queue = new TaskQueue(
      true,
      { aheadBytes: 1000 },
      { held: { limitBytes: 0, usedBytes: 0 }, spool: { directory: '/nowhere', limitBytes: 0, usedBytes: 0 } },
    );
    let parked = 0;
    const lease = {
      worker: null as never,
      memoryBytes: 0,
      park: () => parked++,
      unpark: () => parked--,
      release: () => undefined,
    };
    const signal = new AbortController().signal;
    expect(await queue.begin(lease, signal)).toBe(0);
    await queue.push(batch(50));
    const full = queue.push(batch(100));
    expect(queue.parked).toBe(true);
    expect(parked).toBe(1);
    expect((await queue.take(signal))?.rowCount).toBe(50);
    expect((await queue.take(signal))?.rowCount).toBe(100);
    await full;
    expect(parked).toBe(0);
    expect(await queue.begin(lease, signal)).toBe(150);
    const failure = new Error('x');
    queue.fail(failure);
    await expect(queue.take(signal)).rejects.toBe(failure);
  });

  it.each([0, 1, 2, 3, 4, 5])('wakes a reader whatever it is about to do (after %i turns)', async (turns) => {
    const budgets = {
      held: { limitBytes: 0, usedBytes: 0 },
      spool: { directory: '/nowhere', limitBytes: 0, usedBytes: 0 },
    };
    const queue = new TaskQueue(true, { aheadBytes: 1000 }, budgets);
    const taken = queue.take(AbortSignal.timeout(500));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await queue.end(report);
    expect(await taken).toBe(null);
  });
});
