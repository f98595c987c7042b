/** Tasks that run for much longer than others of their stage: another attempt is begun beside each while workers have nothing else to do. */
import type { CoordinatorLimits } from './limits.ts';
import type { SlotPool } from './slot-pool.ts';
import type { TaskRunner } from './task-run.ts';

type StragglerLimits = Pick<
  CoordinatorLimits,
  'stragglerFactor' | 'stragglerLeastMs' | 'stragglerDoneShare' | 'stragglerEveryMs'
>;

/** What of a task tells whether it is one. */
export type Runner = Pick<TaskRunner, 'tookMs' | 'runningSince' | 'inputBytes' | 'speculate'>;

/** Of the times of tasks that have ended: so many of them are shorter than what a task may take. */
const usualShare = 0.95;
/** What is above the median counts so much more: where times differ much anyway, few tasks are late. */
const spreadWeight = 1.5;

/** Looks at the tasks of a stage every now and then, until `stop`. */
export function watchStragglers(
  runners: readonly Runner[],
  limits: StragglerLimits,
  pool: Pick<SlotPool, 'waiting'>,
): { readonly stop: () => void } {
  const look = () => {
    // While requests wait no worker has nothing else to do.
    if (pool.waiting === 0) speculate(runners, limits, performance.now());
  };
  const timer = setInterval(look, limits.stragglerEveryMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Begins other attempts beside those that are late. Returns how many. */
export function speculate(runners: readonly Runner[], limits: StragglerLimits, now: number): number {
  const done = runners.filter(({ tookMs }) => tookMs !== undefined);
  if (done.length === 0 || done.length < limits.stragglerDoneShare * runners.length) return 0;
  const times = done.map(({ tookMs }) => tookMs!).sort((a, b) => a - b);
  const sizes = done.map(({ inputBytes }) => inputBytes).sort((a, b) => a - b);
  const [middle, usual, size] = [quantile(times, 0.5), quantile(times, usualShare), quantile(sizes, 0.5)];
  const late = Math.max(limits.stragglerFactor * middle, middle + spreadWeight * (usual - middle));
  let begun = 0;
  for (const runner of runners) {
    if (runner.tookMs !== undefined || runner.runningSince === undefined) continue;
    // What has more to read may take longer.
    const share = Math.max(1, runner.inputBytes / Math.max(1, size));
    if (now - runner.runningSince < Math.max(limits.stragglerLeastMs, late * share)) continue;
    if (runner.speculate()) begun++;
  }
  return begun;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** Places of tasks, those that read the most first, so that none of them is left for the end. */
export function biggestFirst(tasks: readonly { readonly inputBytes: number }[]): readonly number[] {
  const places = tasks.map((_, index) => index);
  return places.sort((a, b) => tasks[b]!.inputBytes - tasks[a]!.inputBytes || a - b);
}
