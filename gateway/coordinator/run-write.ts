import { errors } from '../../planner/errors.ts';
import type { Stage, StageWrite } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { TaskFiles } from './coordinator.ts';
import { FileSyncs } from './file-syncs.ts';
import { bucketJoins, joinedWrite, joinWork, shareJoins } from './join-work.ts';
import { type QueryRun, type ResultStream, taskContext } from './query-run.ts';
import { Dag } from './run-dag.ts';
import { type RunningTasks, runTasks } from './run-tasks.ts';
import type { StageWork } from './stage-work.ts';
import { biggestFirst } from './stragglers.ts';
import { TaskRunner } from './task-run.ts';
import { WriteSink, type WriteSinkOptions } from './write-sink.ts';

/** Tasks that copy files are short: one for each bucket would cost more than what it copies, one for each slot would have others wait for the last. */
const joinsPerSlot = 2;

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
  const writer = new StageWriter(run, target.staging);
  try {
    dag.start();
    const work = await dag.work(plan.stages.indexOf(stage));
    const written =
      write.joined === true
        ? await writeJoined(writer, work, write, plan.stages.length, syncs)
        : await writer.write(work, (partition) => ({ write, partition, syncs }));
    await syncs.done();
    target.onWritten(written);
  } catch (error) {
    const told = run.signal.aborted ? run.signal.reason : toSluiceError(error);
    run.abort(told);
    throw told;
  } finally {
    await writer.settled();
    await syncs.settled();
    await dag.close();
  }
}

/** Every task leaves a file for each bucket; then one is made of those of each. `joinId`: of a stage that no other has. */
async function writeJoined(
  writer: StageWriter,
  work: StageWork,
  write: StageWrite,
  joinId: number,
  syncs: FileSyncs,
): Promise<readonly TaskFiles[]> {
  const parts = await writer.write(work, (partition) => ({ write, partition }), { coresOnly: true });
  const shares = shareJoins(bucketJoins(parts, write.ranges ?? 1), joinsPerSlot * writer.slots);
  if (shares.length === 0) return [];
  const plain = joinedWrite(write);
  return await writer.write(joinWork(work.stage, joinId, shares), (partition) => ({
    write: plain,
    partition,
    syncs,
    joins: shares[partition]!,
  }));
}

/** Runs tasks that write files below a folder, stage after stage. */
class StageWriter {
  readonly #run: QueryRun;
  readonly #staging: string;
  readonly #begun: { readonly running: RunningTasks; readonly sinks: readonly WriteSink[] }[] = [];

  constructor(run: QueryRun, staging: string) {
    this.#run = run;
    this.#staging = staging;
  }

  get slots(): number {
    return Math.max(1, this.#run.pool.slots());
  }

  /**
   * What the tasks have written, in their order. Rejects with what ends the query. `coresOnly`: no more at a time than there are cores. Tasks that deal
   * rows out to many buckets keep the caches of their cores to themselves: four on two cores took 15 % more processor time than two.
   */
  async write(
    work: StageWork,
    optionsOf: (partition: number) => Omit<WriteSinkOptions, 'staging' | 'prefix'>,
    { coresOnly = false } = {},
  ): Promise<readonly TaskFiles[]> {
    const { stage, tasks } = work;
    const run = this.#run;
    const threads = stage.limits?.threads ?? run.limits.taskThreads;
    const most = coresOnly ? Math.max(1, Math.floor(run.pool.cores() / threads)) : undefined;
    run.trace.stageBegins(work, null);
    const at = { staging: this.#staging, prefix: `${run.context.queryId}-${stage.id}` };
    const sinks = tasks.map(({ task }) => new WriteSink({ ...at, ...optionsOf(task.partition) }));
    const shared = taskContext(run);
    // The biggest first, so that none of them is left for the end.
    const runners = biggestFirst(tasks).map(
      (index, rank) => new TaskRunner(stage, tasks[index]!, rank, sinks[index]!, shared),
    );
    const running = runTasks(runners, run, undefined, most);
    this.#begun.push({ running, sinks });
    await running.done;
    return sinks.map(({ output }) => output);
  }

  /** Resolves when no attempt runs any more. */
  async settled(): Promise<void> {
    for (const { running, sinks } of this.#begun) {
      await running.settled;
      for (const sink of sinks) await sink.settled();
    }
  }
}
