import type { DataFile, DatasetTable, FileStatistics } from './catalog.ts';
import type { OutputColumn, SessionSettings } from './plan/plan.ts';

/** A relation that a SQL text under `describe` may name. */
export interface ShadowRelation {
  readonly name: string;
  readonly columns: readonly OutputColumn[];
}

export interface Description {
  readonly columns: readonly OutputColumn[];
  /** DuckDB's type text of $1, $2, ...; null where it can't tell. */
  readonly parameters: readonly (string | null)[];
}

/**
 * What the planner needs of the world. The gateway passes an implementation in; the planner itself does no I/O.
 * All methods reject with SluiceError (user class) when the SQL is at fault; positions refer to the text passed in.
 */
export interface PlannerWorld {
  /** DuckDB's `json_serialize_sql`: the AST as JSON text (to be read losslessly). One SELECT statement. */
  serialize(sql: string): Promise<string>;
  /** DuckDB's `json_deserialize_sql`. */
  deserialize(json: string): Promise<string>;
  /**
   * Binds `sql` against empty relations, without running it. Used for output names and types, and to prove that each fragment
   * binds before anything runs. Relations not named are not visible.
   */
  describe(sql: string, relations: readonly ShadowRelation[]): Promise<Description>;
  /** Parquet footers, cached by path, size and mtime. Only for files that survive hive pruning. */
  statistics(files: readonly DataFile[]): Promise<readonly FileStatistics[]>;
  /**
   * `read_parquet('...')`, `read_csv`, `read_json` or `'file.parquet'` in FROM: the files and the schema that DuckDB finds for them,
   * sniffed once. `args` and `named` are SQL literals as written. Null: not a file function that can be scattered (an unusual
   * option, a non-constant argument); the query then runs whole on the coordinator. Outside the declared folders: 42501.
   */
  tableFunction(
    name: string,
    args: readonly string[],
    named: Readonly<Record<string, string>>,
  ): Promise<DatasetTable | null>;
  /**
   * The same world as a session with these settings sees it: types depend on integer division (`5 / 2`). Whoever plans for a session passes
   * this one on. Absent in worlds that have no settings.
   */
  forSession?(session: Pick<SessionSettings, 'integerDivision'>): PlannerWorld;
}
