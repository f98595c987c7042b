import type { DuckDBConnection } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { Plan, SessionSettings, Stage } from '../../planner/plan/plan.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import type { CheckpointStore } from './checkpoints.ts';
import type { QueryContext } from './coordinator.ts';
import type { QueueBudgets } from './held-frames.ts';
import type { CoordinatorLimits } from './limits.ts';
import type { Locality } from './locality.ts';
import { StageRun } from './run-stage.ts';
import type { SlotPool } from './slot-pool.ts';
import type { StageWork } from './stage-work.ts';
import type { TaskContext } from './task-run.ts';
import type { QueryTrace } from './trace.ts';

/** Connections to the query engine, counted. */
export interface Connections {
  /** A fresh one with these settings. */
  open(settings: SessionSettings): Promise<DuckDBConnection>;
  close(connection: DuckDBConnection): void;
  /** A fatal error was met on the connection: its engine serves no other query. The connection has to be closed as well. */
  failed(connection: DuckDBConnection): void;
}

/** What the result step of one running query works with. */
export interface QueryRun {
  readonly plan: Plan;
  readonly context: QueryContext;
  readonly limits: CoordinatorLimits;
  readonly pool: SlotPool;
  readonly locality: Locality;
  readonly connections: Connections;
  readonly tempDirectory: string;
  /** Where stages leave files for each other, each query in a folder of its own. */
  readonly exchangeDirectory: string;
  /** Absent: nothing is kept. */
  readonly checkpoints?: CheckpointStore | undefined;
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
  readonly biggestFirst: boolean;
  readonly budgets: QueueBudgets;
}

export function makeBudgets(run: QueryRun, heldBytes: number): QueueBudgets {
  return {
    held: { limitBytes: heldBytes, usedBytes: 0 },
    spool: { directory: run.tempDirectory, limitBytes: run.limits.spoolBytes, usedBytes: 0 },
  };
}

/** What all tasks of the query share. */
export function taskContext({ context, pool, locality, limits, trace, signal }: QueryRun): TaskContext {
  const { queryId, settings, connection: session } = context;
  return { queryId, session, settings, pool, locality, limits, trace, signal };
}

export function makeStageRun(run: QueryRun, work: StageWork, mode: StageMode): StageRun {
  return new StageRun({ work, context: taskContext(run), abort: run.abort, ...mode });
}
