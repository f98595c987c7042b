import type { Plan, Stage } from '../../planner/plan/plan.ts';
import type { TaskReport } from '../../worker/protocol/messages.ts';
import type { ExchangeWay, QueryReport, StageReport } from './coordinator.ts';
import { PhaseClock } from './phase-clock.ts';
import type { StageWork, TaskWork } from './stage-work.ts';
import type { TaskTotals } from './task-run.ts';

/** What one stage did so far. */
interface StageTrace {
  /** In the plan that runs. */
  id: number;
  readonly exchange: ExchangeWay | null;
  readonly skipped: number;
  readonly reused: number;
  adapted: readonly string[];
  readonly runs: TaskTrace[];
  retries: number;
}

/** A task that has ended well. */
export interface TaskTrace {
  readonly work: TaskWork;
  readonly worker: number;
  readonly totals: TaskTotals;
  readonly report: TaskReport;
  /** See `TaskFailures.memoryStep`. */
  readonly memoryStep: string | null;
}

/** What one query did, as it happens. */
export class QueryTrace {
  rows = 0;
  readonly clock: PhaseClock;
  /** When and why the query was planned again, in words. */
  readonly replans: string[] = [];
  /** The plan that took the place of the first one. */
  plan: Plan | undefined;
  /** By what names the stages' attempts: their ids, but for those of another plan. */
  readonly #stages = new Map<number, StageTrace>();

  /** `before`: milliseconds until now, see `QueryPhase`. */
  constructor(before: { readonly earlier: number; readonly plan: number } = { earlier: 0, plan: 0 }) {
    this.clock = new PhaseClock(before);
  }

  /** `id`: as the plan has it, where the stage's attempts go by another number. `reused`: tasks whose rows a checkpoint has. */
  stageBegins({ stage, skipped, adapted }: StageWork, exchange: ExchangeWay | null, id = stage.id, reused = 0): void {
    this.#stages.set(stage.id, { id, exchange, skipped, reused, adapted, runs: [], retries: 0 });
  }

  /** A stage is stopped, or will never begin. */
  stageStopped({ id, tasks }: Stage, number: number, why: string): void {
    const trace = this.#stages.get(number);
    if (trace !== undefined) trace.adapted = [...trace.adapted, why];
    else {
      const nothing = { runs: [], retries: 0, reused: 0 };
      this.#stages.set(number, { id, exchange: null, skipped: tasks.length, adapted: [why], ...nothing });
    }
  }

  /** Another plan runs from now on. `kept`: stages that go on, what names their attempts and their id in that plan. Those left out are forgotten. */
  planReplaced(plan: Plan, kept: ReadonlyMap<number, number>): void {
    this.plan = plan;
    for (const [number, trace] of this.#stages) {
      const id = kept.get(number);
      if (id === undefined) {
        this.#stages.delete(number);
        continue;
      }
      trace.id = id;
      trace.adapted = [...trace.adapted, 'begun by an earlier plan'];
    }
  }

  taskRetried(stage: number): void {
    const trace = this.#stages.get(stage);
    if (trace !== undefined) trace.retries++;
  }

  taskDone(stage: number, task: TaskTrace): void {
    this.#stages.get(stage)?.runs.push(task);
  }

  end(): void {
    this.clock.end();
  }

  report(): QueryReport {
    const stages = [...this.#stages.values()].sort((a, b) => a.id - b.id);
    const runs = stages.flatMap((stage) => stage.runs);
    const { phases, totalMs } = this.clock.read();
    return {
      workers: new Set(runs.map(({ worker }) => worker)).size,
      tasks: runs.length,
      retries: stages.reduce((sum, { retries }) => sum + retries, 0),
      rows: this.rows,
      elapsedMs: totalMs,
      phases,
      replans: this.replans,
      stages: stages.map(stageReport),
      taskRuns: stages.flatMap((stage) =>
        stage.runs.map(({ work, worker, totals, report }) => ({
          stage: stage.id,
          partition: work.task.partition,
          worker,
          rows: totals.rows,
          bytes: totals.bytes,
          elapsedMs: report.elapsedMs,
        })),
      ),
    };
  }
}

function stageReport({ id, exchange, skipped, reused, adapted, runs, retries }: StageTrace): StageReport {
  const total = (of: (run: TaskTrace) => number) => runs.reduce((sum, run) => sum + of(run), 0);
  const bySpeed = [...runs].sort((a, b) => a.report.elapsedMs - b.report.elapsedMs);
  const ms = (index: number) => bySpeed[index]?.report.elapsedMs ?? 0;
  return {
    id,
    exchange,
    tasks: runs.length,
    skipped,
    reused,
    adapted: [...adapted, ...memorySteps(runs)],
    inputRows: total(({ work }) => work.inputRows),
    inputBytes: total(({ work }) => work.inputBytes),
    rows: total(({ totals }) => totals.rows),
    bytes: total(({ totals }) => totals.bytes),
    partitionsWithRows: partitionsWithRows(runs),
    workers: [...new Set(runs.map(({ worker }) => worker))].sort((a, b) => a - b),
    retries,
    spooledBytes: total(({ totals }) => totals.spooledBytes),
    minMs: ms(0),
    medianMs: ms((runs.length - 1) >> 1),
    maxMs: ms(runs.length - 1),
    slowestWorker: bySpeed.at(-1)?.worker ?? null,
  };
}

/** What had to be done for tasks that ran out of memory. */
function memorySteps(runs: readonly TaskTrace[]): readonly string[] {
  const tasks = new Map<string, number>();
  for (const { memoryStep } of runs) if (memoryStep !== null) tasks.set(memoryStep, (tasks.get(memoryStep) ?? 0) + 1);
  return [...tasks].map(
    ([step, count]) => `${count === 1 ? '1 task' : `${count} tasks`} ran out of memory and ended well ${step}`,
  );
}

function partitionsWithRows(runs: readonly TaskTrace[]): number {
  const partitions = new Set<number>();
  for (const { work, totals, report } of runs) {
    if (report.exchange === undefined) {
      if (totals.rows > 0) partitions.add(work.task.partition);
      continue;
    }
    for (const [partition, rows] of report.exchange.partitionRows.entries()) if (rows > 0) partitions.add(partition);
  }
  return partitions.size;
}
