import { describe, expect, it } from 'vitest';
import { errors, type SluiceError } from '../../planner/errors.ts';
import { defaultLimits } from './limits.ts';
import type { Lease } from './slot-pool.ts';
import { TaskFailures } from './task-failures.ts';

const limits = { ...defaultLimits, taskThreads: 4, taskAttempts: 4, workersLostPerTask: 3 };
const noMemory = errors.outOfMemory('1 GiB');
const lost = errors.workerLost('w', 'gone');

function lease(id: number, memoryBytes: number, gone = false): Lease {
  const closed = gone ? AbortSignal.abort(lost) : new AbortController().signal;
  const worker = { id, name: `w${id}`, memoryBytes: 1000, slots: 2, closed } as Lease['worker'];
  return { worker, memoryBytes, park: () => undefined, unpark: () => undefined, release: () => undefined };
}

const state = ({ threads, exclusive, spill, avoid, memoryStep }: TaskFailures) => ({
  threads,
  exclusive,
  spill,
  avoid: [...avoid],
  memoryStep,
});

describe('a task without memory', () => {
  it('gets fewer threads, then more memory, then a disk, then another worker, then fails', () => {
    const failures = new TaskFailures(limits, undefined, '0.0');
    const seen = [state(failures)];
    for (const memory of [500, 500, 1000, 1000]) {
      failures.judge(noMemory, lease(1, memory), 2);
      seen.push(state(failures));
    }
    expect(seen).toEqual([
      { threads: 4, exclusive: false, spill: false, avoid: [], memoryStep: null },
      { threads: 1, exclusive: false, spill: false, avoid: [], memoryStep: 'with one thread' },
      { threads: 1, exclusive: true, spill: false, avoid: [], memoryStep: 'with the whole memory of a worker' },
      { threads: 1, exclusive: true, spill: true, avoid: [], memoryStep: 'with the disk from the start' },
      { threads: 1, exclusive: true, spill: true, avoid: [1], memoryStep: 'on another worker' },
    ]);
    expect(failures.waitMs).toBe(0);
    expect(() => failures.judge(noMemory, lease(2, 1000), 2)).toThrow(noMemory);
  });

  it('skips what would change nothing', () => {
    const failures = new TaskFailures({ ...limits, taskThreads: 1 }, undefined, '0.0');
    failures.judge(noMemory, lease(1, 1000), 1);
    expect(state(failures)).toMatchObject({ threads: 1, exclusive: true, spill: true, avoid: [] });
    expect(() => failures.judge(noMemory, lease(1, 1000), 1)).toThrow(noMemory);
  });

  it('begins with what its hint says', () => {
    const failures = new TaskFailures(limits, { memoryBytes: 300, threads: 2 }, '0.0');
    expect(failures.needs).toEqual({ memoryBytes: 300, threads: 2 });
    failures.judge(noMemory, lease(1, 300), 2);
    expect(failures.needs).toEqual({ memoryBytes: 300, threads: 1 });
    expect(failures.exclusive).toBe(false);
  });
});

describe('a task that fails otherwise', () => {
  const judge = (failures: TaskFailures, error: SluiceError, where: Lease) => () => failures.judge(error, where, 9);

  it('is poison after three workers, the last of which it had to itself', () => {
    const failures = new TaskFailures(limits, undefined, '7.8');
    judge(failures, lost, lease(1, 500, true))();
    expect(failures.exclusive).toBe(false);
    judge(failures, lost, lease(2, 500, true))();
    expect(state(failures)).toMatchObject({ exclusive: true, avoid: [1, 2] });
    expect(failures.waitMs).toBe(100);
    expect(judge(failures, lost, lease(3, 500, true))).toThrow('task 7.8 took down 3 workers');
  });

  it('fails with its last error after so many attempts, at once with that of a user', () => {
    const failures = new TaskFailures(limits, undefined, '0.0');
    const disk = errors.engine('infra', '58030', 'bad disk');
    for (const worker of [1, 2, 3]) judge(failures, disk, lease(worker, 500))();
    expect(judge(failures, disk, lease(4, 500))).toThrow('bad disk');
    const user = errors.engine('user', '22012', 'division by zero');
    expect(judge(new TaskFailures(limits, undefined, '0.0'), user, lease(1, 500))).toThrow('division by zero');
  });

  it('counts workers that an attempt beside it has lost', () => {
    const failures = new TaskFailures(limits, undefined, '0.0');
    failures.note(lease(1, 500, true));
    failures.note(lease(2, 500, true));
    expect(judge(failures, lost, lease(3, 500, true))).toThrow('took down 3 workers');
  });
});
