/**
 * The contract between gateway and worker, over one WebSocket that the worker dials. Control messages are JSON text frames (see sealed-text.ts);
 * rows are binary frames (see frames.ts). Every message about a task carries its attempt id; messages of an attempt that is no
 * longer wanted are dropped.
 *
 *   worker                        gateway
 *   HTTP upgrade of `/fleet` with `Authorization: Bearer <token>`   (401: wrong token; nothing is read before it is right)
 *   hello            ->
 *                    <-           welcome | refused (then closed)
 *   storage          ->           (now the worker has joined)
 *                    <-           run
 *                    <-           rows (binary)*    (the frames of its inputs, see `RunInput.frames`)
 *   rows (binary)*   ->           (only while it has credit)
 *                    <-           credit
 *   done | failed    ->
 *                    <-           cancel            (answered by failed with class `cancelled`, or done if it was faster)
 *   WebSocket ping/pong both ways: heart-beat; pings carry how many messages were sent (see message-count.ts).
 */
import type { ErrorJson } from '../../planner/errors.ts';
import type { OutputColumn, RangeKey, Scan, SessionSettings, StageWrite } from '../../planner/plan/plan.ts';

/** Raised when messages change in a way that old peers can't read. */
export const protocolVersion = 6;

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
  /** Where stages leave rows for each other; one of `allowedDirectories` when the worker sees it. */
  readonly exchangeDirectory: string;
  /** A file in `exchangeDirectory`, whose content only those know who see the folder. */
  readonly exchangeMarker: string;
  readonly heartbeatMs: number;
}

/** The answer to `welcome`. */
export interface Storage {
  readonly kind: 'storage';
  /** The content of `Welcome.exchangeMarker`; null when the worker can't read it, or can't write to the folder. */
  readonly exchangeMarker: string | null;
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
  /** Operators that can work with a disk do so from the start: an earlier attempt ran out of memory. */
  readonly spill?: boolean;
  /** Bytes of row frames that may be in flight before the first credit. */
  readonly creditBytes: number;
  /** Relations of the SQL whose rows come from earlier stages. */
  readonly inputs?: readonly RunInput[];
  /** Absent: rows go to the gateway as the answer. */
  readonly exchange?: RunExchange;
  /** The rows become files of a data set; no rows go to the gateway. */
  readonly write?: RunWrite;
  /** What partition_index() and partition_count() give. Absent: 0 and 1. */
  readonly place?: { readonly index: number; readonly count: number };
}

/** Where and how a task writes files of a data set. */
export interface RunWrite extends StageWrite {
  /** A folder that the task makes, for this attempt alone, in one that is there. */
  readonly directory: string;
  /** The gateway, on the same host, brings the files to the disk: the slot need not wait for that. */
  readonly unsynced?: boolean;
  /** In place of SQL: the task makes one file for each of these buckets, as its `range` says. */
  readonly joins?: readonly BucketJoin[];
}

/** Files of one bucket that tasks with `joined` have left and that are to be one, in this order. */
export interface BucketJoin {
  readonly bucket: number;
  readonly sources: readonly SourceFile[];
}

/** A Parquet file that becomes a part of another. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
}

/** A file of a data set that a task has written. */
export interface WrittenFile {
  /** In `RunWrite.directory`, with its `key=value` folders. */
  readonly path: string;
  /** Null where DuckDB does not tell. */
  readonly rows: number | null;
  readonly bytes: number;
  /** Of tasks with `RunWrite.ranges`: which of them it is. */
  readonly range: number | null;
}

/** What a task reads of earlier stages. */
export interface RunInput {
  readonly relation: string;
  readonly columns: readonly OutputColumn[];
  /** Parquet files in their order: the columns, and `partitionColumn` when `partitions` is not null. */
  readonly files: readonly InputFile[];
  /** Rows of `files` in these partitions only; null: all rows. */
  readonly partitions: readonly number[] | null;
  /** Only rows in this range; absent: all. */
  readonly range?: RunRange;
  /** Of the rows of its frames, one after another, only those from the first to before the last; absent: all. */
  readonly frameRows?: readonly [from: number, to: number];
  /** Frames of rows (just `columns`) that the gateway sends right after this message, all inputs in their order; they follow the files. */
  readonly frames: number;
}

/** A file of an input. `bytes`: of the whole file. */
export interface InputFile {
  readonly path: string;
  readonly bytes: number;
  /** Only these rows (`file_row_number`), from the first to before the last; absent: all. */
  readonly rows?: readonly [from: number, to: number];
  /** Of inputs with a range: of `rows` those from the first on are not before it, and those before the last not behind it. Absent: no row is. */
  readonly sure?: readonly [from: number, to: number];
}

/** Rows from one place in an order to before another, each told by the first bytes of a sort key (hexadecimal). */
export interface RunRange {
  readonly by: readonly RangeKey[];
  /** Null: from the first row on. */
  readonly low: string | null;
  /** Null: to the last row. */
  readonly high: string | null;
}

/** Where a row of a task lies in the order of its range exchange. */
export interface RangePoint {
  /** Its number among the rows of the task, in that order. */
  readonly row: number;
  /** The first bytes of its sort key, hexadecimal. */
  readonly key: string;
}

/** Where a task leaves its rows. */
export interface RunExchange {
  /** As in `StageExchange`; empty: every row has partition 0. */
  readonly hashBy: readonly string[];
  /** As in `StageExchange`. */
  readonly numberBy?: string | undefined;
  readonly partitions: number;
  /** As in `StageExchange`: rows are left in this order and without a partition, which their readers find out. */
  readonly rangeBy?: readonly RangeKey[];
  /** With `rangeBy`: of about so many rows the report tells where they lie. */
  readonly points?: number;
  /**
   * The Parquet file to write, sorted by `partitionColumn`, under a temporary name and renamed at the end (no file when there are no rows).
   * null: rows go to the gateway as frames, sorted by `partitionColumn`, which is then their last column.
   */
  readonly path: string | null;
}

/** The INTEGER column that says which partition a row belongs to, in exchange files and frames. */
export const partitionColumn = '__partition';

/** What a task left for other stages. */
export interface ExchangeReport {
  /** Rows of each partition, as many as `RunExchange.partitions`; with `rangeBy` only the number of all. */
  readonly partitionRows: readonly number[];
  /** With `rangeBy`: the first row and others at about equal distances, in their order. */
  readonly points?: readonly RangePoint[];
  /** Size of the file; 0 when none was written. */
  readonly fileBytes: number;
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
  /** Of tasks with `Run.exchange`. */
  readonly exchange?: ExchangeReport;
  /** Of tasks with `Run.write`: the files, all of them whole. */
  readonly files?: readonly WrittenFile[];
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

export type ToGateway = Hello | Storage | Done | Failed;
export type ToWorker = Welcome | Refused | Run | Cancel | Credit;
