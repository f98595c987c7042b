/**
 * The contract between gateway and worker, over one WebSocket that the worker dials. Control messages are JSON text frames;
 * rows are binary frames (see frames.ts). Every message about a task carries its attempt id; messages of an attempt that is no
 * longer wanted are dropped.
 *
 *   worker                        gateway
 *   HTTP upgrade of `/fleet` with `Authorization: Bearer <token>`   (401: wrong token; nothing is read before it is right)
 *   hello            ->
 *                    <-           welcome | refused (then closed)
 *                    <-           run
 *   rows (binary)*   ->           (only while it has credit)
 *                    <-           credit
 *   done | failed    ->
 *                    <-           cancel            (answered by failed with class `cancelled`, or done if it was faster)
 *   WebSocket ping/pong both ways: heart-beat.
 */
import type { ErrorJson } from '../../planner/errors.ts';
import type { OutputColumn, Scan, SessionSettings } from '../../planner/plan/plan.ts';

/** Raised when messages change in a way that old peers can't read. */
export const protocolVersion = 1;

export interface Hello {
  readonly kind: 'hello';
  readonly protocolVersion: number;
  readonly sluiceVersion: string;
  readonly duckdbVersion: string;
  readonly name: string;
  readonly pid: number;
  readonly host: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly slots: number;
}

export interface Welcome {
  readonly kind: 'welcome';
  readonly workerId: number;
  /** Folders that tasks may read. */
  readonly allowedDirectories: readonly string[];
  /** Where tasks spill and spool, for a worker that was given no folder of its own. */
  readonly tempDirectory: string;
  readonly heartbeatMs: number;
}

export interface Refused {
  readonly kind: 'refused';
  readonly error: ErrorJson;
}

/** `query.stage.partition.attempt`, unique in the life of a gateway. */
export type AttemptId = string;

export interface Run {
  readonly kind: 'run';
  readonly attempt: AttemptId;
  readonly sql: string;
  readonly columns: readonly OutputColumn[];
  readonly scans: readonly Scan[];
  readonly settings: SessionSettings;
  /** Rows that an earlier attempt already delivered: not sent again (replayable fragments only). */
  readonly skipRows: number;
  readonly threads: number;
  readonly memoryBytes: number;
  /** Bytes of row frames that may be in flight before the first credit. */
  readonly creditBytes: number;
}

export interface Cancel {
  readonly kind: 'cancel';
  readonly attempt: AttemptId;
}

export interface Credit {
  readonly kind: 'credit';
  readonly attempt: AttemptId;
  readonly bytes: number;
}

/** What one attempt did: shown by EXPLAIN ANALYZE and the query log. */
export interface TaskReport {
  readonly rows: number;
  readonly bytes: number;
  /** From the start of the SQL to its last row, ms. */
  readonly elapsedMs: number;
  readonly spooledBytes: number;
}

export interface Done {
  readonly kind: 'done';
  readonly attempt: AttemptId;
  readonly report: TaskReport;
}

export interface Failed {
  readonly kind: 'failed';
  readonly attempt: AttemptId;
  readonly error: ErrorJson;
}

export type ToGateway = Hello | Done | Failed;
export type ToWorker = Welcome | Refused | Run | Cancel | Credit;
