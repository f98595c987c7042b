import { describe, expect, it } from 'vitest';
import { simulateScheduler } from './simulate-scheduler.ts';

const options = { workers: 20, slots: 2, queriesOfSessions: [6, 1, 1, 1, 1], tasksPerQuery: 150 };

describe('many tasks over simulated workers', () => {
  it('run once each, on no more slots than there are, and no session waits for another', async () => {
    const { tasks, attempts, shares, mostAtOnce } = await simulateScheduler(options);
    expect(attempts).toBe(tasks);
    expect(tasks).toBe(1_510);
    expect(mostAtOnce).toBeLessThanOrEqual(2);
    for (const share of shares) expect(share).toBeCloseTo(0.2, 1);
  });

  it('run again when their worker has died', async () => {
    const { tasks, attempts, deaths, shares, mostAtOnce } = await simulateScheduler({
      ...options,
      deathEveryTasks: 60,
    });
    expect(deaths).toBeGreaterThan(tasks / 60 - 2);
    expect(attempts).toBeGreaterThan(tasks);
    expect(mostAtOnce).toBeLessThanOrEqual(2);
    for (const share of shares) expect(share).toBeCloseTo(0.2, 1);
  });
});
