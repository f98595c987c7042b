import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';
import type { Stage } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { ExchangeWay } from './coordinator.ts';
import { ExchangeSink } from './exchange-sink.ts';
import { exchangeWays } from './exchange-ways.ts';
import type { QueueBudgets } from './held-frames.ts';
import type { StageOutput } from './input-parts.ts';
import { makeBudgets, type QueryRun, stageOf, taskContext } from './query-run.ts';
import { type StageWork, stageWork, type WorkRules } from './stage-work.ts';
import { TaskRunner } from './task-run.ts';

/** An attempt that was given up may write for a moment after its query: the folder is removed again. */
const removeTries = 5;
const removeRetryMs = 50;

/**
 * The stages of one query whose rows other stages read. Each begins when those before it have ended, all its tasks at once (the slots say
 * how many really run); what it left is there until the last stage that reads it has ended. `close` has to be called in any case, after the
 * run's signal was aborted or everything has been read.
 */
export class Dag {
  readonly #run: QueryRun;
  readonly #ways: ReadonlyMap<number, ExchangeWay>;
  readonly #budgets: QueueBudgets;
  readonly #folder: string;
  #folderMade: Promise<unknown> | undefined;
  readonly #outputs = new Map<number, Promise<StageOutput>>();
  readonly #sinks = new Map<number, readonly ExchangeSink[]>();
  /** How many stages have still to read it. */
  readonly #readers = new Map<number, number>();
  readonly #running: Promise<unknown>[] = [];

  /** Raises `exchangeNotShared` when files were asked for and can't be. */
  constructor(run: QueryRun) {
    const { plan, context, limits, pool } = run;
    this.#run = run;
    const frameBytes = context.exchangeFrameBytes ?? limits.exchangeFrameBytes;
    const outsider = pool.outsider();
    this.#ways = exchangeWays(plan, { shared: outsider === undefined, frameBytes });
    if (outsider !== undefined && [...this.#ways.values()].includes('files'))
      throw errors.exchangeNotShared(outsider.name);
    this.#budgets = makeBudgets(run, limits.exchangeHeldBytes);
    this.#folder = join(run.exchangeDirectory, context.queryId);
    for (const id of plan.stages.flatMap(sourcesOf)) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
  }

  /** Begins the stages that read no others; the rest follows by itself. */
  start(): void {
    for (const { id, exchange } of this.#run.plan.stages) if (exchange !== undefined) this.#output(id);
  }

  /** The tasks of a stage that the result step reads, once everything is there that they read. Rejects with what ends the query. */
  async work(id: number): Promise<StageWork> {
    return await this.#workOf(stageOf(this.#run.plan, id));
  }

  /** Waits until no attempt runs any more, then frees memory and files. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#outputs.values());
    await Promise.all(this.#running);
    for (const id of this.#sinks.keys()) await this.#free(id);
    if (this.#folderMade === undefined) return;
    await this.#folderMade.catch(() => undefined); // told to the stage that asked for it
    await rm(this.#folder, { recursive: true, force: true, maxRetries: removeTries, retryDelay: removeRetryMs });
  }

  #output(id: number): Promise<StageOutput> {
    const known = this.#outputs.get(id);
    if (known !== undefined) return known;
    const output = this.#runStage(stageOf(this.#run.plan, id));
    output.catch(() => undefined); // the query ends with it, and whoever reads it is told
    this.#outputs.set(id, output);
    return output;
  }

  async #workOf(stage: Stage): Promise<StageWork> {
    const { plan, limits, pool } = this.#run;
    const outputs = new Map<number, StageOutput>();
    const ids = sourcesOf(stage);
    for (const [index, output] of (await Promise.all(ids.map((id) => this.#output(id)))).entries())
      outputs.set(ids[index]!, output);
    const rules: WorkRules = {
      adaptive: plan.exchange?.adaptive ?? false,
      slots: pool.slots(),
      taskBytes: limits.exchangeTaskBytes,
      leastTaskBytes: limits.exchangeLeastTaskBytes,
    };
    return stageWork(stage, (id) => outputs.get(id)!, rules);
  }

  async #runStage(stage: Stage): Promise<StageOutput> {
    const way = this.#ways.get(stage.id);
    if (stage.exchange === undefined || way === undefined)
      throw errors.internal(`stage ${stage.id} is read by a stage and has no exchange`);
    try {
      const work = await this.#workOf(stage);
      if (way === 'files') await this.#makeFolder();
      const sinks = work.tasks.map(({ task }) => this.#makeSink(stage, task.partition, way));
      this.#sinks.set(stage.id, sinks);
      this.#run.trace.stageBegins(work, way);
      await this.#runTasks(work, sinks);
      for (const id of sourcesOf(stage)) await this.#release(id);
      return { stage, tasks: sinks.map(({ output }) => output) };
    } catch (error) {
      const told = this.#run.signal.aborted ? error : toSluiceError(error);
      this.#run.abort(told);
      throw told;
    }
  }

  #makeSink(stage: Stage, task: number, way: ExchangeWay): ExchangeSink {
    const files = way === 'frames' ? null : { folder: this.#folder, prefix: `${stage.id}-${task}` };
    return new ExchangeSink({ exchange: stage.exchange!, files, budgets: this.#budgets });
  }

  async #runTasks({ stage, tasks }: StageWork, sinks: readonly ExchangeSink[]): Promise<void> {
    const context = taskContext(this.#run);
    // The biggest first, so that none of them is left for the end.
    const bySize = tasks.map((_, index) => index).sort((a, b) => tasks[b]!.inputBytes - tasks[a]!.inputBytes || a - b);
    const ran = bySize.map((index, rank) => {
      const runner = new TaskRunner(stage, tasks[index]!, rank, sinks[index]!, context);
      const running = runner.run({ onWaiting: () => undefined, onLease: () => undefined });
      this.#running.push(running.catch(() => undefined)); // told below
      return running;
    });
    await Promise.all(ran);
  }

  /** A stage has read what `id` left. */
  async #release(id: number): Promise<void> {
    const left = this.#readers.get(id)! - 1;
    this.#readers.set(id, left);
    if (left === 0) await this.#free(id);
  }

  async #free(id: number): Promise<void> {
    for (const sink of this.#sinks.get(id) ?? []) await sink.close();
  }

  async #makeFolder(): Promise<void> {
    this.#folderMade ??= mkdir(this.#folder, { recursive: true });
    await this.#folderMade;
  }
}

/** The stages that a stage reads, each once. */
function sourcesOf({ inputs = [] }: Stage): readonly number[] {
  return [...new Set(inputs.flatMap(({ stages }) => stages))];
}
