import { expect, it } from 'vitest';
import { runTasks } from './run-tasks.ts';
import type { TaskContext, TaskEvents, TaskRunner } from './task-run.ts';

const never = { stragglerEveryMs: 1e6 } as TaskContext['limits'];
const context = { limits: never, pool: { waiting: 0 } as TaskContext['pool'] };

/** Tasks that end when they are told to; `running` counts those that have begun and not ended. */
function makeTasks(count: number) {
  const state = { running: 0, most: 0, ends: [] as { readonly well: () => void; readonly badly: () => void }[] };
  const run = ({ onLease }: TaskEvents) => {
    state.most = Math.max(state.most, ++state.running);
    const ended = new Promise<void>((resolve, reject) => {
      const end = (then: () => void) => () => {
        state.running--;
        then();
      };
      state.ends.push({ well: end(resolve), badly: end(() => reject(new Error('failed'))) });
    });
    onLease(undefined as never);
    return ended;
  };
  return { state, runners: Array.from({ length: count }, () => ({ run }) as unknown as TaskRunner) };
}

const soon = () => new Promise(setImmediate);

it('begins no more tasks at a time than it is told, and all of them', async () => {
  const { state, runners } = makeTasks(7);
  const ended: number[] = [];
  const { done, settled } = runTasks(runners, context, (_, place) => void ended.push(place), 2);
  for (let i = 0; i < 7; i++) {
    expect(state.running).toBe(Math.min(2, 7 - i));
    state.ends[i]!.well();
    await soon();
  }
  await done;
  await settled;
  expect(state.most).toBe(2);
  expect(ended).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it('begins all at once when it is told nothing, and no more after one has failed', async () => {
  const all = makeTasks(5);
  const whole = runTasks(all.runners, context);
  expect(all.state.running).toBe(5);
  for (const { well } of all.state.ends) well();
  await whole.done;
  const { state, runners } = makeTasks(5);
  const failing = runTasks(runners, context, undefined, 2);
  state.ends[0]!.badly();
  await expect(failing.done).rejects.toThrow('failed');
  state.ends[1]!.well();
  await failing.settled;
  expect(state.ends).toHaveLength(2);
});
