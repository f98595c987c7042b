/**
 * The planner's one entry. Pure: SQL text + catalog snapshot in, Plan out; what it needs of the world it asks of PlannerWorld.
 */
import type { CatalogSnapshot } from './catalog.ts';
import type { Definitions } from './definitions.ts';
import type { LocalKey } from './dialect/group-by-key.ts';
import type { LocalColumns } from './dialect/postgres-dialect.ts';
import type { ExpectedRows, Plan, SessionSettings, StrategyName } from './plan/plan.ts';
import type { PlannerWorld } from './world.ts';

export type Dialect = 'postgres' | 'duckdb';

export interface PlannerSettings {
  readonly dialect: Dialect;
  /** `auto`: the ladder; else this rung is forced (where it can't give the answer: the next rung that can, said in the decisions). */
  readonly strategy: 'auto' | StrategyName;
  /** How many tasks a scattered stage has; null: chosen by size. */
  readonly partitions: number | null;
  /** Into how many ranges the rows of an answer go that is ordered and not cut; absent: as `partitions`. */
  readonly sortPartitions?: number | null;
  /** Memory that a task has, where workers tell. */
  readonly taskMemoryBytes?: number;
  /** Below this many bytes of pruned input the coordinator runs the whole query itself. */
  readonly directMaxBytes: number;
  /** Live workers and slots, and whether they share the gateway's host: for the estimate. */
  readonly workers: number;
  readonly slots: number;
  readonly localWorkers: boolean;
  /** A relation of up to so many bytes may be given whole to every task of a stage; 0: none. */
  readonly broadcastMaxBytes: number;
  /** How rows travel between stages. */
  readonly exchange: 'auto' | 'frames' | 'files';
  /** May a running query be changed by sizes that it finds (see `ExchangePolicy`)? `auto`: when neither strategy nor partitions are asked for. */
  readonly adaptive?: 'auto' | 'on' | 'off';
  /** Names of passes and strategies that are switched off. */
  readonly disabled: readonly string[];
  /** Prints and binds the query after every pass (tests; costs a round trip per pass). */
  readonly verifyPasses?: boolean;
}

export interface PlanRequest {
  /** One statement (SELECT, WITH, VALUES, FROM, TABLE), without the semicolon. */
  readonly sql: string;
  /** Values of $1, $2, ... as SQL literals with a cast (`CAST('7' AS INTEGER)`), or null when they are not known yet. */
  readonly parameters: readonly string[] | null;
  readonly catalog: CatalogSnapshot;
  readonly settings: PlannerSettings;
  readonly session: SessionSettings;
  /** Columns of tables that are no data sets: what `analyze` may ask when a rewrite of the dialect depends on a type. */
  readonly localColumns?: LocalColumns;
  /** Primary keys of tables that are no data sets: what `analyze` may ask where a SELECT groups by one. */
  readonly localKey?: LocalKey;
  /** Views and macros that the query may name; absent: there are none. */
  readonly definitions?: Definitions;
  /** Sizes that an earlier plan of the same request turned out to have, in place of estimates. */
  readonly known?: readonly ExpectedRows[];
}

/** What route needs to know of a query before it is planned; cached by the session by SQL text and catalog version. */
export interface Analysis {
  /**
   * local: names no data set (all relations, if any, are the coordinator's own); dataset: names only data sets and file
   * functions; mixed: both, runs whole on the session's connection.
   */
  readonly reach: 'local' | 'dataset' | 'mixed';
  /** The text as DuckDB is to run it: dialect operators rewritten, hints gone; the original text where nothing changed. */
  readonly sql: string;
  /** Highest $n in the text. */
  readonly parameterCount: number;
  /** It names views or macros. True: it is over data sets alone once these are put in place, and is to be planned with the definitions. */
  readonly defined?: boolean;
  /**
   * Output names in the dialect, given the names that DuckDB itself would use (which has stars expanded).
   */
  readonly outputNames: (duckdbNames: readonly string[]) => readonly string[];
}

export type Analyze = (request: Omit<PlanRequest, 'parameters' | 'session'>, world: PlannerWorld) => Promise<Analysis>;
export type MakePlan = (request: PlanRequest, world: PlannerWorld) => Promise<Plan>;
