import { setMaxListeners } from 'node:events';
import type { Stage } from '../../planner/plan/plan.ts';
import type { CheckpointJob } from './checkpoints.ts';
import type { ExchangeWay } from './coordinator.ts';
import { ExchangeSink } from './exchange-sink.ts';
import type { QueueBudgets } from './held-frames.ts';
import type { StageOutput } from './input-parts.ts';
import { type QueryRun, taskContext } from './query-run.ts';
import { type RunningTasks, runTasks } from './run-tasks.ts';
import type { StageWork, TaskWork } from './stage-work.ts';
import { biggestFirst } from './stragglers.ts';
import { TaskRunner } from './task-run.ts';

/** Of so many rows of a range exchange it is known where they lie: of one task, and of all tasks of a stage as long as each tells the fewest. */
const mostPoints = 1024;
const mostPointsOfStage = 65_536;
const fewestPoints = 64;

/** Ends the tasks of a stage whose rows nobody wants any more, and not the query. */
const stopped = Symbol('stopped');

export interface StageNodeOptions {
  readonly run: QueryRun;
  readonly stage: Stage;
  readonly way: ExchangeWay;
  /** Names the stage's attempts and files: no other stage of the query ever has it. */
  readonly number: number;
  /** Its place among the stages that wait for slots. */
  readonly place: number;
  readonly budgets: QueueBudgets;
  readonly folder: string;
  /** What its tasks leave is kept, and what they left before is taken. */
  readonly job?: CheckpointJob | undefined;
}

/** A stage whose rows other stages read, from before its tasks begin until what it left is freed. */
export class StageNode {
  /** As the plan that runs has it: another plan may know it by another id. */
  stage: Stage;
  readonly way: ExchangeWay;
  readonly number: number;
  /** Set by whoever begins it. */
  output: Promise<StageOutput> | undefined;
  /** How many stages have still to read it. */
  readers = 0;
  /** Its tasks have begun; what they read of files and stages, and how much of it those read that have ended. */
  begun: { readonly totalBytes: number; doneBytes: number } | undefined;
  /** What it left, once all tasks have ended well. */
  left: { readonly rows: number; readonly bytes: number } | undefined;
  readonly #options: StageNodeOptions;
  readonly #stop = new AbortController();
  #sinks: readonly ExchangeSink[] = [];
  #running: Promise<unknown> = Promise.resolve();
  readonly #saves: Promise<void>[] = [];

  constructor(options: StageNodeOptions) {
    this.#options = options;
    this.stage = options.stage;
    this.way = options.way;
    this.number = options.number;
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Ends its tasks; from now on it is a stage without rows. */
  stop(): void {
    this.#stop.abort(stopped);
  }

  /** Runs the tasks. Rejects with what ends the query. */
  async run(work: StageWork): Promise<StageOutput> {
    const { run, way } = this.#options;
    const points = Math.max(fewestPoints, Math.min(mostPoints, Math.floor(mostPointsOfStage / work.tasks.length)));
    this.#sinks = work.tasks.map(({ task }) => this.#makeSink(task.partition, points));
    this.begun = { totalBytes: work.tasks.reduce((sum, { inputBytes }) => sum + inputBytes, 0), doneBytes: 0 };
    const named = { ...work, stage: { ...work.stage, id: this.number } };
    const kept = await this.#restore(work);
    run.trace.stageBegins(named, way, work.stage.id, kept.size);
    const running = this.#runTasks(named, kept);
    this.#running = running.settled;
    try {
      await running.done;
      await Promise.all(this.#saves);
    } catch (error) {
      if (!this.isStopped || run.signal.aborted) throw error;
      await this.#running;
      return this.nothing();
    }
    if (this.isStopped) return this.nothing();
    const tasks = this.#sinks.map(({ output }) => output);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    this.left = {
      rows: sum(tasks.map(({ partitionRows }) => sum(partitionRows))),
      bytes: sum(tasks.map(({ bytes }) => bytes)),
    };
    return { stage: work.stage, tasks };
  }

  /** The output of a stage that need not run. */
  nothing(): StageOutput {
    return { stage: this.stage, tasks: [] };
  }

  /** Waits until no attempt runs any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Frees memory and files. */
  async free(): Promise<void> {
    await this.#running;
    await Promise.allSettled(this.#saves);
    if (this.#options.job === undefined) for (const sink of this.#sinks) if (sink.holds) await sink.close();
  }

  /** Places of the tasks that need not run. */
  async #restore({ stage, tasks }: StageWork): Promise<ReadonlySet<number>> {
    const { job } = this.#options;
    const kept = new Set<number>();
    if (job === undefined) return kept;
    await Promise.all(
      tasks.map(async ({ task, inputs }, index) => {
        const output = await job.find(stage.id, task.partition, inputs);
        if (output === undefined) return;
        this.#sinks[index]!.restore(output);
        kept.add(index);
      }),
    );
    return kept;
  }

  #makeSink(task: number, points: number): ExchangeSink {
    const { folder, budgets, stage, way } = this.#options;
    const { job } = this.#options;
    const run = job === undefined ? '' : `${job.nonce}-`;
    const files = way === 'frames' ? null : { folder, prefix: `${run}${this.number}-${task}` };
    return new ExchangeSink({ exchange: stage.exchange!, files, points, budgets });
  }

  #runTasks({ stage, tasks }: StageWork, kept: ReadonlySet<number>): RunningTasks {
    const { run, place } = this.#options;
    const signal = AbortSignal.any([run.signal, this.#stop.signal]);
    setMaxListeners(0, signal);
    const context = { ...taskContext(run), signal };
    // The biggest first, so that none of them is left for the end.
    const bySize = biggestFirst(tasks).filter((index) => !kept.has(index));
    const runners = bySize.map(
      (index, rank) => new TaskRunner(stage, tasks[index]!, rank, this.#sinks[index]!, context, place),
    );
    return runTasks(runners, run, (runner, rank) => {
      this.begun!.doneBytes += runner.inputBytes;
      const index = bySize[rank]!;
      this.#save(tasks[index]!, this.#sinks[index]!);
    });
  }

  #save({ task, inputs }: TaskWork, { output }: ExchangeSink): void {
    const saved = this.#options.job?.save(this.stage.id, task.partition, inputs, output);
    if (saved === undefined) return;
    saved.catch(() => undefined); // told when all tasks have ended
    this.#saves.push(saved);
  }
}
