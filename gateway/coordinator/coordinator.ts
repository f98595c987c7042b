/**
 * The coordinator's face to the session: runs plans. See ARCHITECTURE.md for the life of a query.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { OutputColumn, Plan, SessionSettings } from '../../planner/plan/plan.ts';
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
  /** The client's text and name, for the query log. */
  readonly sql?: string | undefined;
  readonly user?: string | undefined;
}

/** What ran, told when the answer has ended (and so far as known when it failed). */
export interface QueryReport {
  readonly workers: number;
  readonly tasks: number;
  readonly retries: number;
  readonly rows: number;
  readonly elapsedMs: number;
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
}

export interface Coordinator {
  /** Starts a plan. Rejects or throws from the iteration with SluiceError. */
  run(plan: Plan, context: QueryContext): Promise<Answer>;
}
