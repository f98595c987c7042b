import type { DuckDBConnection } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { Plan, Stage } from '../../planner/plan/plan.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import type { QueryContext } from './coordinator.ts';
import type { CoordinatorLimits } from './limits.ts';
import { StageRun } from './run-stage.ts';
import type { SlotPool } from './slot-pool.ts';
import type { QueueBudgets } from './task-queue.ts';
import type { QueryTrace } from './trace.ts';

/** Connections to the coordinator's DuckDB, counted. */
export interface Connections {
  open(): Promise<DuckDBConnection>;
  close(connection: DuckDBConnection): void;
}

/** What the result step of one running query works with. */
export interface QueryRun {
  readonly plan: Plan;
  readonly context: QueryContext;
  readonly limits: CoordinatorLimits;
  readonly pool: SlotPool;
  readonly connections: Connections;
  readonly tempDirectory: string;
  readonly trace: QueryTrace;
  /** Aborted with the error that ends the query: the context's signal, a failed task, or the answer's close. */
  readonly signal: AbortSignal;
  /** Ends the query. */
  readonly abort: (error: unknown) => void;
}

/** A result step as a stream of batches. Its `return` frees everything and resolves when nothing runs any more. */
export type ResultStream = AsyncGenerator<ColumnBatch, void, undefined>;

export function stageOf(plan: Plan, id: number): Stage {
  const stage = plan.stages[id];
  if (stage === undefined) throw errors.internal(`the plan has no stage ${id}`);
  return stage;
}

/** How the tasks of a stage may run ahead and fail, and how much they may hold. */
interface StageMode {
  readonly aheadTasks: number;
  readonly failAtOnce: boolean;
  readonly budgets: QueueBudgets;
}

export function makeBudgets(run: QueryRun, heldBytes: number): QueueBudgets {
  return {
    held: { limitBytes: heldBytes, usedBytes: 0 },
    spool: { directory: run.tempDirectory, limitBytes: run.limits.spoolBytes, usedBytes: 0 },
  };
}

export function makeStageRun(run: QueryRun, stage: Stage, mode: StageMode): StageRun {
  const { context, pool, limits, trace, signal, abort } = run;
  return new StageRun({
    stage,
    context: { queryId: context.queryId, settings: context.settings, pool, limits, trace, signal },
    abort,
    ...mode,
  });
}
