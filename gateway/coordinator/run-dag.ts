import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors, isStageRowsLost, SluiceError } from '../../planner/errors.ts';
import { totalBytes } from '../../planner/partitioning.ts';
import type { ExpectedRows, Plan, Stage } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { CheckpointJob } from './checkpoints.ts';
import { chooseReplan, type Progress } from './choose-replan.ts';
import type { ExchangeWay } from './coordinator.ts';
import { exchangeWays } from './exchange-ways.ts';
import type { QueueBudgets } from './held-frames.ts';
import type { StageOutput } from './input-parts.ts';
import { makeBudgets, type QueryRun, stageOf } from './query-run.ts';
import { StageNode } from './stage-node.ts';
import { type StageWork, stageWork, type WorkRules } from './stage-work.ts';
import { stagesWanted } from './stages-wanted.ts';

/** An attempt that was given up may write for a moment after its query: the folder is removed again. */
const removeTries = 5;
const removeRetryMs = 50;
/** More than the stages of any plan: what names the attempts and files of a stage is unique over all plans of a query. */
const planStride = 10_000;

/** The query goes on with another plan: told to whoever waits for the tasks of a stage of the old one. */
export class PlanReplaced {
  readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
  }
}

/**
 * The stages of one query whose rows other stages read. Each begins when those before it have ended, all its tasks at once (the slots say
 * how many really run); what it left is there until the last stage that reads it has ended. `close` has to be called in any case, after the
 * run's signal was aborted or everything has been read.
 *
 * Of an adaptive plan, stages that nobody can want any more (what they would be joined with is empty) are stopped; and when a stage leaves far more
 * or fewer rows than expected, those that read it wait until the query has been planned again. If that gives another plan that uses what has been
 * done, stages and tasks of the new plan are run from then on; not after the first rows may have left.
 */
export class Dag {
  readonly #run: QueryRun;
  readonly #budgets: QueueBudgets;
  readonly #folder: string;
  /** Of a query with a checkpoint. */
  readonly #job: CheckpointJob | undefined;
  #folderMade: Promise<unknown> | undefined;
  #plan: Plan;
  /** How many plans came before. */
  #replans = 0;
  /** By id in the plan. */
  #nodes: ReadonlyMap<number, StageNode>;
  readonly #retired: StageNode[] = [];
  /** The result step has begun to read: the plan stays. */
  #isRead = false;
  /** Set from the moment in which the plan is replaced until the new one's result step asks for its stages. */
  #replaced: PlanReplaced | undefined;
  #tellReplaced: () => void = () => undefined;
  #whenReplaced: Promise<void> = Promise.resolve();
  /** One stage at a time may make the query be planned again. */
  #planning: Promise<unknown> = Promise.resolve();
  #closing = false;

  /** Raises `exchangeNotShared` when files were asked for and can't be. */
  constructor(run: QueryRun) {
    this.#run = run;
    this.#plan = run.plan;
    this.#budgets = makeBudgets(run, run.limits.exchangeHeldBytes);
    this.#job = jobOf(run);
    this.#folder = this.#job?.folder ?? join(run.exchangeDirectory, run.context.queryId);
    this.#nodes = this.#makeNodes(run.plan, new Map());
    const outsider = run.pool.outsider();
    if (outsider !== undefined && [...this.#nodes.values()].some(({ way }) => way === 'files')) {
      void this.#job?.end('failed');
      throw errors.exchangeNotShared(outsider.name);
    }
  }

  /** Begins the stages that read no others; the rest follows by itself. */
  start(): void {
    this.#replaced = undefined;
    this.#whenReplaced = new Promise((resolve) => {
      this.#tellReplaced = resolve;
    });
    for (const id of this.#nodes.keys()) this.#output(id);
  }

  /**
   * The tasks of a stage that the result step reads, once everything is there that they read. Rejects with what ends the query, or with `PlanReplaced`:
   * then `start` and the result step of the new plan are to follow.
   */
  async work(id: number): Promise<StageWork> {
    const stage = stageOf(this.#plan, id);
    const outputs = await Promise.race([this.#outputs(stage), this.#whenReplaced]);
    if (this.#replaced !== undefined || outputs === undefined) throw this.#replaced;
    this.#isRead = true;
    const work = this.#workOf(stage, outputs);
    return this.#replans === 0 ? work : { ...work, stage: { ...stage, id: this.#number(id) } };
  }

  /**
   * Waits until no attempt runs any more, then frees memory and files; more than once does no harm. While a new plan waits to be run it does nothing,
   * unless that is `final`.
   */
  async close(final = false): Promise<void> {
    if (this.#replaced !== undefined && !final) return;
    this.#closing = true;
    const nodes = [...this.#nodes.values(), ...this.#retired];
    for (const node of nodes) if (node.left === undefined) node.stop();
    await Promise.allSettled(nodes.map(({ output }) => output));
    await Promise.allSettled([this.#planning]);
    for (const node of nodes) await node.free();
    if (this.#folderMade !== undefined) await this.#folderMade.catch(() => undefined); // told to the stage that asked for it
    if (this.#job !== undefined) {
      await this.#endJob(this.#job);
      return;
    }
    if (this.#folderMade === undefined) return;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: removeTries, retryDelay: removeRetryMs });
  }

  async #endJob(job: CheckpointJob): Promise<void> {
    const { signal } = this.#run;
    const lost = signal.reason instanceof SluiceError && isStageRowsLost(signal.reason);
    await job.end(lost ? 'lost' : signal.aborted || !this.#isRead ? 'failed' : 'well');
  }

  get #isAdaptive(): boolean {
    return this.#plan.exchange?.adaptive ?? false;
  }

  #number(id: number): number {
    return this.#replans * planStride + id;
  }

  /** A node for each stage that leaves rows for others; `kept`: those that run already. */
  #makeNodes(plan: Plan, kept: ReadonlyMap<number, StageNode>): ReadonlyMap<number, StageNode> {
    const { context, limits, pool } = this.#run;
    const frameBytes = context.exchangeFrameBytes ?? limits.exchangeFrameBytes;
    const ways = exchangeWays(plan, { shared: pool.outsider() === undefined, frameBytes });
    const places = placesOf(plan);
    const nodes = new Map<number, StageNode>();
    for (const [id, way] of ways) {
      const stage = stageOf(plan, id);
      const place = this.#number(places.get(id) ?? id);
      nodes.set(id, kept.get(id) ?? this.#makeNode(stage, way, place));
    }
    for (const stage of plan.stages) {
      if (nodes.get(stage.id)?.left !== undefined) continue;
      for (const id of sourcesOf(stage)) nodes.get(id)!.readers++;
    }
    return nodes;
  }

  #makeNode(stage: Stage, way: ExchangeWay, place: number): StageNode {
    const number = this.#number(stage.id);
    const { job, folder, budgets } = { job: this.#job, folder: this.#folder, budgets: this.#budgets };
    return new StageNode({ run: this.#run, stage, way, number, place, budgets, folder, job });
  }

  #output(id: number): Promise<StageOutput> {
    const node = this.#nodes.get(id);
    if (node === undefined) throw errors.internal(`stage ${id} is read by a stage and has no exchange`);
    if (node.output === undefined) {
      node.output = this.#runStage(node);
      node.output.catch(() => undefined); // the query ends with it, and whoever reads it is told
    }
    return node.output;
  }

  /** What the stages left that a stage reads. */
  async #outputs(stage: Stage): Promise<ReadonlyMap<number, StageOutput>> {
    const ids = sourcesOf(stage);
    const outputs = await Promise.all(ids.map(async (id) => this.#output(id)));
    return new Map(ids.map((id, index) => [id, outputs[index]!]));
  }

  #workOf(stage: Stage, outputs: ReadonlyMap<number, StageOutput>): StageWork {
    const { limits, pool } = this.#run;
    const rules: WorkRules = {
      adaptive: this.#isAdaptive,
      slots: pool.slots(),
      taskBytes: limits.exchangeTaskBytes,
      leastTaskBytes: limits.exchangeLeastTaskBytes,
      skewFactor: limits.skewFactor,
      skewLeastBytes: limits.skewLeastBytes,
    };
    return stageWork(stage, (id) => outputs.get(id)!, rules);
  }

  async #runStage(node: StageNode): Promise<StageOutput> {
    try {
      const { stage } = node;
      const sources = sourcesOf(stage).map((id) => this.#nodes.get(id)!);
      const outputs = await this.#outputs(stage);
      if (node.isStopped) return node.nothing();
      const work = this.#workOf(stage, outputs);
      if (node.way === 'files') await this.#makeFolder();
      const output = await node.run(work);
      if (!this.#retired.includes(node)) for (const source of sources) if (--source.readers === 0) await source.free();
      if (!this.#isAdaptive || node.left === undefined) return output;
      if (node.left.rows === 0) this.#stopUnwanted();
      await this.#planAgain(node);
      return output;
    } catch (error) {
      const told = this.#run.signal.aborted ? error : toSluiceError(error);
      this.#run.abort(told);
      throw told;
    }
  }

  /** Stops stages all of whose readers will give no rows, whatever these stages leave. */
  #stopUnwanted(): void {
    const wanted = stagesWanted(this.#plan, (id) => this.#nodes.get(id)?.left?.rows === 0);
    for (const [id, node] of this.#nodes) {
      if (wanted.has(id) || node.left !== undefined || node.isStopped) continue;
      node.stop();
      this.#run.trace.stageStopped(
        this.#plan.stages[id]!,
        node.number,
        'not wanted: what its rows would meet is empty',
      );
    }
  }

  /** Plans the query again when the stage left far more or fewer rows than expected. */
  async #planAgain(node: StageNode): Promise<void> {
    const surprise = this.#surprise(node);
    if (surprise === undefined) return;
    const planning = this.#planning.then(() => this.#replace(surprise));
    this.#planning = planning.catch(() => undefined); // told here
    await planning;
  }

  /** In words; undefined: as expected, or nothing follows from it. */
  #surprise({ stage, left }: StageNode): string | undefined {
    const { limits } = this.#run;
    const { expected, exchange } = stage;
    if (expected === undefined || left === undefined || exchange === undefined) return undefined;
    const [less, more] = [Math.min(expected.rows, left.rows), Math.max(expected.rows, left.rows)];
    if (more <= limits.replanFactor * Math.max(1, less)) return undefined;
    if (Math.max(exchange.bytes, left.bytes) < limits.replanLeastBytes) return undefined;
    return `stage ${stage.id} left ${left.rows} rows instead of about ${expected.rows}`;
  }

  async #replace(surprise: string): Promise<void> {
    const { context, limits, pool, trace, signal } = this.#run;
    const isOver = () => this.#isRead || this.#closing || this.#replaced !== undefined || signal.aborted;
    if (context.replan === undefined || this.#replans >= limits.replans || isOver()) return;
    const next = await context.replan(this.#known());
    if (isOver()) return;
    const rules = {
      slots: pool.slots(),
      wasteShare: limits.replanWasteShare,
      wasteBytes: limits.replanWasteBytes,
    };
    const choice = chooseReplan(this.#plan, this.#progress(), next, rules);
    if (choice.adopt) this.#adopt(choice.plan, choice.kept, surprise);
    else trace.replans.push(`${surprise}: the plan stays, ${choice.reason}`);
  }

  /** Sizes of everything that has ended. */
  #known(): readonly ExpectedRows[] {
    return [...this.#nodes.values()].flatMap(({ stage: { expected }, left }) =>
      expected === undefined || left === undefined ? [] : [{ of: expected.of, rows: left.rows }],
    );
  }

  #progress(): ReadonlyMap<number, Progress> {
    const progress = new Map<number, Progress>();
    for (const [id, { begun, left, isStopped }] of this.#nodes)
      if (begun !== undefined && !isStopped) progress.set(id, { ...begun, ended: left !== undefined });
    return progress;
  }

  #adopt(plan: Plan, kept: ReadonlyMap<number, number>, surprise: string): void {
    const { trace } = this.#run;
    const old = this.#nodes;
    const nodes = new Map([...kept].map(([id, oldId]) => [id, old.get(oldId)!]));
    const staying = new Set(nodes.values());
    this.#replans++;
    this.#plan = plan;
    for (const [id, node] of nodes) {
      node.stage = stageOf(plan, id);
      node.readers = 0;
    }
    this.#nodes = this.#makeNodes(plan, nodes);
    for (const node of old.values()) {
      if (staying.has(node)) continue;
      node.stop();
      this.#retired.push(node);
    }
    trace.planReplaced(plan, new Map([...nodes].map(([id, { number }]) => [number, id])));
    trace.replans.push(`${surprise}: another plan, which keeps ${nodes.size} of ${old.size} stages`);
    this.#replaced = new PlanReplaced(plan);
    this.#tellReplaced();
    for (const id of this.#nodes.keys()) this.#output(id);
  }

  async #makeFolder(): Promise<void> {
    this.#folderMade ??= this.#job === undefined ? mkdir(this.#folder, { recursive: true }) : this.#job.ready();
    await this.#folderMade;
  }
}

function jobOf({ plan, context, checkpoints }: QueryRun): CheckpointJob | undefined {
  return plan.checkpoint === undefined ? undefined : checkpoints?.begin(plan.checkpoint, plan, context.settings);
}

/** The stages that a stage reads, each once. */
function sourcesOf({ inputs = [] }: Stage): readonly number[] {
  return [...new Set(inputs.flatMap(({ stages }) => stages))];
}

/**
 * In which order stages get slots: as in the plan; of an adaptive one, those that read only files by the size of these, so that something is known before
 * the large ones are under way.
 */
function placesOf({ stages, exchange }: Plan): ReadonlyMap<number, number> {
  if (!exchange?.adaptive) return new Map();
  const bytes = ({ tasks }: Stage) => totalBytes(tasks.flatMap(({ scans }) => scans.flatMap(({ files }) => files)));
  const sources = stages.filter(({ inputs = [] }) => inputs.length === 0);
  const bySize = sources.map((stage) => ({ id: stage.id, bytes: bytes(stage) }));
  bySize.sort((a, b) => a.bytes - b.bytes || a.id - b.id);
  return new Map(bySize.map(({ id }, index) => [id, sources[index]!.id]));
}
