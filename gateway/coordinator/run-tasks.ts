import { watchStragglers } from './stragglers.ts';
import type { TaskContext, TaskRunner } from './task-run.ts';

/** Tasks that wait for slots beyond those that could all be had at once: what waits costs memory. */
const tasksBeyondSlots = 64;

/** Tasks of a stage on their way. */
export interface RunningTasks {
  /** Resolves when all have ended well; rejects with the error of the first that fails for good: then no more are begun. Handled. */
  readonly done: Promise<void>;
  /** Resolves when none runs any more. */
  readonly settled: Promise<void>;
}

/**
 * Runs tasks that nobody reads while they run, in their order as far as there are slots; stragglers twice. `onDone`: told of each that has
 * ended well, with its place in the list.
 */
export function runTasks(
  runners: readonly TaskRunner[],
  { limits, pool }: Pick<TaskContext, 'limits' | 'pool'>,
  onDone: (runner: TaskRunner, place: number) => void = () => undefined,
): RunningTasks {
  const watch = watchStragglers(runners, limits, pool);
  let next = 0;
  let failed: { readonly error: unknown } | undefined;
  let fail: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const events = { onWaiting: () => undefined, onLease: () => undefined };
  /** Runs one task after another; as many of these run as there may be tasks that run or wait. */
  const lane = async () => {
    while (next < runners.length && failed === undefined) {
      const place = next++;
      const runner = runners[place]!;
      try {
        await runner.run(events);
        onDone(runner, place);
      } catch (error) {
        failed ??= { error };
        fail(error);
      }
    }
  };
  const lanes = Math.min(runners.length, pool.slots() + tasksBeyondSlots);
  const settled = Promise.all(Array.from({ length: lanes }, lane)).then(watch.stop);
  const done = Promise.race([failure, settled]);
  done.catch(() => undefined); // told to whoever waits for it
  return { done, settled };
}
