import { errors } from '../../planner/errors.ts';
import type { Stage, StageWrite } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { FileSyncs } from './file-syncs.ts';
import { type QueryRun, type ResultStream, taskContext } from './query-run.ts';
import { Dag } from './run-dag.ts';
import { type RunningTasks, runTasks } from './run-tasks.ts';
import { biggestFirst } from './stragglers.ts';
import { TaskRunner } from './task-run.ts';
import { WriteSink } from './write-sink.ts';

/**
 * The tasks of the stage write files; the answer has no rows. The context's `onWritten` is called before the answer ends, and not at all when
 * it fails; then files of the attempts are left for the caller to remove.
 */
export async function* runWrite(run: QueryRun, stage: Stage, write: StageWrite): ResultStream {
  const { context, plan } = run;
  const target = context.write;
  if (target === undefined) throw errors.internal('a plan that writes, and no folder for it');
  const dag = new Dag(run);
  const syncs = new FileSyncs();
  let running: RunningTasks | undefined;
  try {
    dag.start();
    const work = await dag.work(plan.stages.indexOf(stage));
    run.trace.stageBegins(work, null);
    const prefix = `${context.queryId}-${stage.id}`;
    const { staging } = target;
    const sinks = work.tasks.map(
      ({ task: { partition } }) => new WriteSink({ staging, write, prefix, partition, syncs }),
    );
    const shared = taskContext(run);
    // The biggest first, so that none of them is left for the end.
    const runners = biggestFirst(work.tasks).map(
      (index, rank) => new TaskRunner(stage, work.tasks[index]!, rank, sinks[index]!, shared),
    );
    running = runTasks(runners, run);
    await running.done;
    await syncs.done();
    target.onWritten(sinks.map(({ output }) => output));
  } catch (error) {
    const told = run.signal.aborted ? run.signal.reason : toSluiceError(error);
    run.abort(told);
    throw told;
  } finally {
    await running?.settled;
    await syncs.settled();
    await dag.close();
  }
}
