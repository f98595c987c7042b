/**
 * The coordinator's face to the session: runs plans. See ARCHITECTURE.md for the life of a query.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { ExpectedRows, OutputColumn, Plan, SessionSettings } from '../../planner/plan/plan.ts';
import type { WrittenFile } from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';

/** Who asks: what a plan needs of its session. */
export interface QueryContext {
  /** For logs, attempt ids and the query log. */
  readonly queryId: string;
  readonly settings: SessionSettings;
  /** The session's own connection, for `where: 'session'`. */
  readonly connection: DuckDBConnection;
  /** Aborted by CancelRequest, statement_timeout, a closed socket or shutdown; `signal.reason` is the SluiceError to give. */
  readonly signal: AbortSignal;
  /** Up to so many bytes go between stages as frames, where the plan leaves the choice. */
  readonly exchangeFrameBytes?: number | undefined;
  /** Plans the same request again, with sizes that are known by now; absent: the plan stays, whatever the sizes turn out to be. */
  readonly replan?: ((known: readonly ExpectedRows[]) => Promise<Plan>) | undefined;
  /** Of plans that write: where, and who is told. */
  readonly write?: WriteTarget | undefined;
  /** Milliseconds spent on the query before: on attempts that were given up, and on the plan. */
  readonly before?: { readonly earlier: number; readonly plan: number } | undefined;
  /** The client's text and name, for the query log. */
  readonly sql?: string | undefined;
  readonly user?: string | undefined;
}

/** Files of a data set that one task has written. */
export interface TaskFiles {
  /** The task's place: that of its bucket where rows were hashed. */
  readonly partition: number;
  /** The folder that the files' paths begin in. */
  readonly directory: string;
  readonly rows: number;
  readonly files: readonly WrittenFile[];
}

/** Where a plan with a stage that writes puts the files. */
export interface WriteTarget {
  /** A folder that every worker sees; each attempt makes one of its own there. */
  readonly staging: string;
  /** Called once, when every task has ended well: their files, in the order of the tasks. Nothing else in the folder counts. */
  readonly onWritten: (tasks: readonly TaskFiles[]) => void;
}

/** How rows go between stages: through the gateway, or in a folder that all workers share. */
export type ExchangeWay = 'frames' | 'files';

/**
 * What a query's time goes to, one after the other, often there and back:
 * - `earlier`: attempts that were given up, because a file changed or an error had to be judged by running the query whole;
 * - `plan`: analysis and plan;
 * - `admit`: waiting for a place;
 * - `scatter`: waiting for rows of the workers;
 * - `merge`: waiting for rows of the gateway's own DuckDB;
 * - `deliver`: encoding rows, and waiting for the client to take them.
 */
export type QueryPhase = 'earlier' | 'plan' | 'admit' | 'scatter' | 'merge' | 'deliver';

/** What a stage did. Only tasks that ended well count. */
export interface StageReport {
  readonly id: number;
  /** Null: the result step reads it. */
  readonly exchange: ExchangeWay | null;
  readonly tasks: number;
  /** Tasks that had nothing to read. */
  readonly skipped: number;
  /** Tasks that need not run, because a checkpoint has what they left. */
  readonly reused: number;
  /** What was done otherwise than the plan says, once sizes were known; each in words. */
  readonly adapted: readonly string[];
  /** Read of earlier stages, by all tasks together. */
  readonly inputRows: number;
  /** Read of earlier stages and of files; files count whole. */
  readonly inputBytes: number;
  readonly rows: number;
  readonly bytes: number;
  /** Hash partitions that got rows; of a stage that the result step reads: tasks that gave rows. */
  readonly partitionsWithRows: number;
  /** Ids of those that ran its tasks, ascending. */
  readonly workers: readonly number[];
  /** Attempts beyond the first of each task. */
  readonly retries: number;
  /** Rows that waited on a disk for their reader. */
  readonly spooledBytes: number;
  /** Times of its tasks, in the worker. */
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
  /** Which worker ran the slowest task. */
  readonly slowestWorker: number | null;
}

/** What ran, told when the answer has ended (and so far as known when it failed). */
export interface QueryReport {
  readonly workers: number;
  readonly tasks: number;
  readonly retries: number;
  readonly rows: number;
  /** The sum of `phases`. */
  readonly elapsedMs: number;
  /** Milliseconds. */
  readonly phases: Readonly<Record<QueryPhase, number>>;
  /** When and why the query was planned again while it ran, in words. */
  readonly replans: readonly string[];
  /** Those that have begun. */
  readonly stages: readonly StageReport[];
  /** One entry per task that ended well: which worker ran it and what came out. */
  readonly taskRuns: readonly {
    readonly stage: number;
    readonly partition: number;
    readonly worker: number;
    readonly rows: number;
    readonly bytes: number;
    readonly elapsedMs: number;
  }[];
}

/**
 * An answer on its way. Batches are pulled: nothing is computed ahead beyond the bounded buffers. `close()` may be called at any
 * time and more than once; it cancels what still runs and frees connections.
 */
export interface Answer extends AsyncIterable<ColumnBatch> {
  readonly columns: readonly OutputColumn[];
  close(): Promise<void>;
  report(): QueryReport;
  /** The plan that runs or has run, when another one took the place of the first. */
  replacedPlan(): Plan | undefined;
}

export interface Coordinator {
  /** Starts a plan. Rejects or throws from the iteration with SluiceError. */
  run(plan: Plan, context: QueryContext): Promise<Answer>;
}
