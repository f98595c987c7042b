import { watchStragglers } from './stragglers.ts';
import type { TaskContext, TaskRunner } from './task-run.ts';

/** Tasks of a stage that wait for slots: others begin when these have theirs, since what waits costs memory. */
const mostWaiting = 256;

const doNothing = () => undefined;

/** Tasks of a stage on their way. */
export interface RunningTasks {
  /** Resolves when all have ended well; rejects with the error of the first that fails for good: then no more are begun. Handled. */
  readonly done: Promise<void>;
  /** Resolves when none runs any more. */
  readonly settled: Promise<void>;
}

/**
 * Runs tasks that nobody reads while they run, in their order as far as there are slots; stragglers twice. `onDone`: told of each that has
 * ended well, with its place in the list. `most`: no more than these run at a time.
 */
export function runTasks(
  runners: readonly TaskRunner[],
  { limits, pool }: Pick<TaskContext, 'limits' | 'pool'>,
  onDone: (runner: TaskRunner, place: number) => void = doNothing,
  most = Number.POSITIVE_INFINITY,
): RunningTasks {
  const watch = watchStragglers(runners, limits, pool);
  let next = 0;
  /** Begun and without a slot as yet; begun at all and not ended. */
  let waiting = 0;
  let running = 0;
  let failed = false;
  let end: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    end = () => {
      watch.stop();
      resolve();
    };
  });
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const begin = (runner: TaskRunner, place: number) => {
    let waits = true;
    const hasSlot = () => {
      if (!waits) return;
      waits = false;
      waiting--;
      fill();
    };
    waiting++;
    running++;
    const ended = () => {
      running--;
      hasSlot();
      fill();
      if (running === 0) end();
    };
    const onError = (error: unknown) => {
      failed = true;
      fail(error);
      ended();
    };
    const onEnd = () => {
      try {
        onDone(runner, place);
      } catch (error) {
        onError(error);
        return;
      }
      ended();
    };
    runner.run({ onWaiting: doNothing, onLease: hasSlot }).then(onEnd, onError);
  };
  const fill = () => {
    while (waiting < mostWaiting && running < most && next < runners.length && !failed) begin(runners[next]!, next++);
  };
  fill();
  if (running === 0) end();
  const done = Promise.race([failure, settled]);
  done.catch(() => undefined); // told to whoever waits for it
  return { done, settled };
}
