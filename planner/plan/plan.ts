/**
 * The Plan: plain JSON, the contract between planner, coordinator and workers.
 *
 * A plan is a list of stages that workers run (each one SQL text, run once per task) and a result step that the coordinator
 * runs. Relations that a SQL text reads are named: scans (files) by `Scan.name`, results of stages by `stageRelation(id)`.
 */
import type { Column, DataFile, FileFormat, ReaderOptions } from '../catalog.ts';

/** How a query runs, in the order in which they are tried. */
export const strategyNames = [
  'local',
  'metadata',
  'direct',
  'router',
  'pushdown',
  'two_phase',
  'stages',
  'gather',
] as const;
export type StrategyName = (typeof strategyNames)[number];

/** Those that send work to workers. */
export const scatteringStrategies: readonly StrategyName[] = ['router', 'pushdown', 'two_phase', 'stages', 'gather'];

/** A column of an answer. `type` is DuckDB's type text. */
export interface OutputColumn {
  readonly name: string;
  readonly type: string;
}

/** Part of a file that a task reads; `rows` is a half-open range of row numbers (`file_row_number`). */
export interface FileSlice extends DataFile {
  readonly rows?: readonly [from: number, to: number];
}

/**
 * A relation made of files: becomes a temporary view `name` where the SQL runs. Rows come in order of `files`.
 * An empty `files` is an empty relation with the right columns.
 */
export interface Scan {
  readonly name: string;
  readonly format: FileFormat;
  readonly columns: readonly Column[];
  readonly options: ReaderOptions;
  readonly files: readonly FileSlice[];
}

export interface Task {
  /** From 0. Results are concatenated in this order. */
  readonly partition: number;
  readonly scans: readonly Scan[];
}

export interface Stage {
  /** From 0; also its place in `Plan.stages`. */
  readonly id: number;
  /** SQL that every task runs; refers to its scans by name. */
  readonly sql: string;
  readonly columns: readonly OutputColumn[];
  /** A stage that reads hash partitions has one task for each. */
  readonly tasks: readonly Task[];
  /** Same input gives the same rows in the same order: a retry may skip the rows that were already delivered. */
  readonly replayable: boolean;
  /** One line for EXPLAIN. */
  readonly why: string;
  /** Results of earlier stages that the SQL reads. Absent: it reads only scans. */
  readonly inputs?: readonly StageInput[];
  /** Where the rows go when other stages read them. Absent: to the result step. */
  readonly exchange?: StageExchange;
  /** The tasks one after another give their rows in the order that the query asks for, rows that are equal in it are in one task. */
  readonly sorted?: true;
  /** The tasks leave their rows as files of a data set; the answer has no rows then. Only of the stage of a `concat` step. */
  readonly write?: StageWrite;
  /** Of each task; absent: what the worker gives. */
  readonly limits?: TaskLimits;
  /** What was thought of its rows, for planning again when that is far off (`PlanRequest.known`). Absent: a size that nothing else depends on. */
  readonly expected?: ExpectedRows;
}

/** What a task may use, as the hint `task` says. */
export interface TaskLimits {
  readonly memoryBytes?: number;
  readonly threads?: number;
}

/** Rows of a part of the query. `of`: names that part, the same in every plan of the same request. */
export interface ExpectedRows {
  readonly of: string;
  readonly rows: number;
}

/** A value of an option of DuckDB's COPY. */
export type CopyOption = string | number | boolean;

/** How the tasks of a stage write their rows: each into files of its own, so that a task's number is that of its partition. */
export interface StageWrite {
  /** Names in the files, in the order of the stage's columns; no two are equal in lower case. */
  readonly names: readonly string[];
  readonly format: FileFormat;
  /** Options of DuckDB's COPY beside the format, by lower-case name. */
  readonly options: Readonly<Record<string, CopyOption>>;
  /** Names whose values become folders `key=value`, in the order of the folders. */
  readonly partitionBy: readonly string[];
  /** DuckDB SQL over `names`: the order of the rows in each file. Null: as they come. */
  readonly orderBy: string | null;
  /**
   * One task cuts its rows into so many files: by the hash of `hashBy`, or, where that is empty, in the order of `orderBy` into files of about
   * equal size, equal rows in one. Null: it does not.
   */
  readonly ranges: number | null;
  /** DuckDB SQL over `names`. */
  readonly hashBy: readonly string[];
  /** Every task of the stage cuts its rows by `hashBy`, and the Parquet files of one number are made one by taking over their row groups. */
  readonly joined?: true;
  /** A file is ended when it has about so many bytes. Null: never. */
  readonly fileBytes: number | null;
}

/**
 * How tasks share what earlier stages gave:
 * - `partition`: task i reads partition i, by hash or by range;
 * - `all`: every task reads everything;
 * - `share`: task i reads the i-th of as many contiguous shares as there are tasks, in the order of the producing tasks.
 */
export type InputMode = 'partition' | 'all' | 'share';

/** A relation of a stage's SQL whose rows come from earlier stages. */
export interface StageInput {
  readonly relation: string;
  /** They have the same columns; their rows follow each other in this order. */
  readonly stages: readonly number[];
  readonly mode: InputMode;
  /** A task whose part of this input is empty gives no rows, so that it need not run. */
  readonly required: boolean;
  /**
   * A task's rows of this input may be dealt out to several, each of which has everything else of the task whole: what they give together is what the
   * task would have given, or is put together by a later stage. Only of inputs with mode `partition`.
   */
  readonly splittable?: true;
  /** Nothing depends on the order in which its rows come. Absent: it is not known. */
  readonly orderless?: true;
  /** Shares are cut to the row: their sizes differ by one at most. Only of inputs with mode `share`. */
  readonly even?: true;
}

/** A column of a stage that rows are ordered by; nothing is left to settings. */
export interface RangeKey {
  readonly column: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** What a stage leaves for other stages. */
export interface StageExchange {
  /** DuckDB SQL over the stage's columns: rows equal in all of them get the same partition. Empty: rows stay with their task, or see `rangeBy`. */
  readonly hashBy: readonly string[];
  /**
   * Partitions are ranges: in DuckDB's order by these columns every row of one comes before those of the next, rows equal in all of them are in one. Where
   * they are cut is told by the rows themselves, so that they are about equally large. Each task leaves its rows in this order. Not beside `hashBy`.
   */
  readonly rangeBy?: readonly RangeKey[];
  /** A column of the stage, INTEGER, from 0 to `partitions` - 1: the number of the row's partition. Not beside the others. */
  readonly numberBy?: string;
  /** Number of partitions; 1 when there is nothing to divide rows by. */
  readonly partitions: number;
  /** Expected size of the whole, for the choice between frames and files. */
  readonly bytes: number;
}

/** The relation that holds what stage `id` returned, all tasks concatenated in partition order. */
export function stageRelation(id: number): string {
  return `__stage${id}`;
}

/** The last step, on the coordinator. */
export type ResultStep =
  /**
   * Run `sql` in the coordinator's DuckDB over `scans` (views) and stages (temporary tables, see `stageRelation`).
   * `where`: 'session' = on the session's own connection (local tables, temporary objects, open transaction);
   * 'own' = on a connection of its own, so that the answer can stream while the session goes on.
   */
  | {
      readonly kind: 'sql';
      readonly sql: string;
      readonly scans: readonly Scan[];
      readonly stages: readonly number[];
      readonly where: 'session' | 'own';
    }
  /** Hand on the rows of the stage's tasks in partition order, without DuckDB. */
  | { readonly kind: 'concat'; readonly stage: number; readonly limit: number | null; readonly offset: number };

/** Why a strategy was taken or not: one line per strategy tried, in order. */
export interface Decision {
  readonly strategy: StrategyName;
  readonly taken: boolean;
  readonly reason: string;
}

/** What pruning did to one table of the query. */
export interface ScanSummary {
  readonly table: string;
  readonly filesTotal: number;
  readonly filesRead: number;
  readonly bytesTotal: number;
  readonly bytesRead: number;
}

/** How strictly a plan with exchanges is followed. */
export interface ExchangePolicy {
  /** How rows travel between stages; `auto`: by size. */
  readonly via: 'auto' | 'frames' | 'files';
  /**
   * Once sizes are known, small partitions may share a task, large ones be dealt out to several, empty ones need none, and the rest may be planned
   * again. False for plans whose strategy or number of partitions was asked for, unless `PlannerSettings.adaptive` says otherwise.
   */
  readonly adaptive: boolean;
}

/** A WARNING or NOTICE for the client (e.g. an unknown hint). */
export interface PlanNotice {
  readonly severity: 'WARNING' | 'NOTICE';
  readonly sqlstate: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface Plan {
  readonly strategy: StrategyName;
  /** Names as the dialect wants them, types as DuckDB gives for the original query. */
  readonly columns: readonly OutputColumn[];
  readonly stages: readonly Stage[];
  readonly result: ResultStep;
  readonly decisions: readonly Decision[];
  readonly scans: readonly ScanSummary[];
  readonly notices: readonly PlanNotice[];
  /** Only of plans with exchanges. */
  readonly exchange?: ExchangePolicy;
  /** What finished tasks leave is kept under this name (hint checkpoint). */
  readonly checkpoint?: string;
  /** Hints say what runs: an error of one of its tasks is that of the query, which is not run in another way. */
  readonly hinted?: true;
  /** Places where much data goes to one task as it is, each in words: none is the goal. Only of plans with exchanges. */
  readonly rawGathers?: readonly string[];
}

/**
 * Settings that an answer depends on. Every task carries them; slot and coordinator apply them with SET SESSION before the
 * SQL runs. `statementTime` is the statement's now() (microseconds since the epoch, UTC).
 */
export interface SessionSettings {
  readonly timeZone: string;
  /** DuckDB's default_null_order. */
  readonly nullOrder: 'nulls_last' | 'nulls_last_on_asc_first_on_desc';
  readonly integerDivision: boolean;
  readonly statementTimeMicros: string;
}
