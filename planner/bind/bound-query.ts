/**
 * What `bindQuery` gives: the one normalised form that every strategy runs. All of it is immutable plain data but for the
 * identity of AST nodes: `Block.node` is the very object inside `statement`, so a strategy may find it there by `===`.
 */
import type { DatasetTable } from '../catalog.ts';
import type { PlanNotice } from '../plan/plan.ts';
import type { ColumnRef, Expression, SelectNode, Statement, TableRef } from '../sql/ast.ts';
import type { PlacedHint } from '../sql/hints.ts';

/** One appearance of a data set (or of a file function) in the query. The same table twice is two occurrences. */
export interface Occurrence {
  /** From 0; its place in `BoundQuery.occurrences`. */
  readonly id: number;
  /** The relation name in the normalised SQL: `__scan0`, `__scan1`, … Unique per occurrence. */
  readonly scanName: string;
  readonly table: DatasetTable;
  /**
   * The name by which columns are qualified in the normalised SQL (the user's alias or the table's name). Column names of an
   * occurrence with a column alias list (`t(a, b)`) are those of the list in the SQL, and of the table in `columns`.
   */
  readonly alias: string;
  /** `Block.id` of the SELECT whose FROM holds it. */
  readonly block: number;
  /** Columns of `table` that the query needs, in the table's order. All of them when a star covers it or when in doubt. */
  readonly columns: readonly string[];
  /**
   * Conjuncts of WHERE and of inner-join ON that read nothing but this occurrence and that every row of it must pass to
   * matter: a scan may leave out rows for which one of them is not true, as long as the original clause is run too. Never on
   * the null-supplying side of an outer join, never volatile, never with a sub-query. Column references are
   * `[alias, column, ...fields]`.
   */
  readonly filters: readonly Expression[];
  /** True when it has TABLESAMPLE. */
  readonly sampled: boolean;
  /** True when a column alias list renames its columns. */
  readonly renamed: boolean;
  /** True when it stands inside a recursive CTE or a correlated (lateral) sub-query, so that it may be read many times. */
  readonly repeated: boolean;
}

/** Where a SELECT stands. */
export type BlockRole =
  /** The statement itself, or an arm of its set operations. */
  | 'top'
  /** Body of a CTE. */
  | 'cte'
  /** Sub-query in FROM. */
  | 'from'
  /** Scalar, IN, ANY, EXISTS sub-query in an expression. */
  | 'expression';

/** What a column reference of the normalised SQL means. */
export type Resolution =
  /** A column of a data set occurrence; `fields` are struct fields below it. `name` is the table's own spelling. */
  | {
      readonly kind: 'column';
      readonly occurrence: number;
      readonly name: string;
      readonly type: string;
      readonly fields: readonly string[];
      /** How many SELECTs further out the relation stands: 0 = own FROM, more = correlated. */
      readonly depth: number;
    }
  /** A column of a CTE, sub-query, VALUES or table function in scope; `relation` is its alias. */
  | { readonly kind: 'derived'; readonly relation: string; readonly name: string; readonly depth: number }
  /** An alias of the SELECT list (ORDER BY, GROUP BY, HAVING, QUALIFY, WHERE): index into `select_list`. */
  | { readonly kind: 'alias'; readonly index: number }
  /** The merged column of USING / NATURAL: belongs to both sides. */
  | { readonly kind: 'merged'; readonly name: string; readonly occurrences: readonly number[] }
  /** `current_date` and kin, a lambda parameter, a relation's row (`SELECT t FROM t`). */
  | { readonly kind: 'other' };

/** One SELECT_NODE of the query with what it contains itself (nested SELECTs have blocks of their own). */
export interface Block {
  /** From 0, outer before inner; also its place in `BoundQuery.blocks`. */
  readonly id: number;
  readonly node: SelectNode;
  readonly role: BlockRole;
  /** Enclosing block, null for `top`. */
  readonly parent: number | null;
  /** Data set occurrences in its own FROM, left to right. */
  readonly occurrences: readonly number[];
  /** How many other relations its own FROM has: sub-queries, CTE references, VALUES, table functions, local tables. */
  readonly otherRelations: number;
  /** Reads columns of an outer SELECT. */
  readonly correlated: boolean;
  /** Calls of aggregates outside windows, anywhere in this SELECT's own expressions. */
  readonly aggregates: readonly AggregateCall[];
  /** Has GROUP BY, HAVING or an aggregate: one row per group. */
  readonly grouped: boolean;
  readonly windows: boolean;
  readonly distinct: 'no' | 'all' | 'on';
  /** More than one grouping set (ROLLUP, CUBE, GROUPING SETS), or an empty one beside keys. */
  readonly groupingSets: boolean;
  /** GROUP BY ALL. */
  readonly groupByAll: boolean;
  readonly having: boolean;
  readonly qualify: boolean;
  readonly sample: boolean;
  readonly orderBy: boolean;
  readonly orderByAll: boolean;
  readonly limit: LimitFacts | null;
  /** Its own expressions call something that may differ from row to row or run to run (random, uuid, nextval …). */
  readonly volatile: boolean;
  /** `SELECT *`, `t.*`, COLUMNS(…) in the SELECT list. */
  readonly stars: boolean;
  /** unnest(…) in the SELECT list: one input row may give many. */
  readonly unnest: boolean;
}

export interface AggregateCall {
  /** Lower case, e.g. `count_star`, `sum`. */
  readonly name: string;
  readonly distinct: boolean;
  readonly ordered: boolean;
  readonly filtered: boolean;
}

/** LIMIT and OFFSET; a number when constant, 'expression' otherwise (LIMIT n %, a sub-query, an unknown parameter). */
export interface LimitFacts {
  readonly limit: number | 'expression' | null;
  readonly offset: number | 'expression' | null;
}

/** What the whole query contains, nested parts included. Every list is sorted and without doubles; names in lower case. */
export interface QueryFacts {
  readonly subqueries: boolean;
  readonly correlated: boolean;
  readonly ctes: boolean;
  readonly recursive: boolean;
  readonly setOperations: readonly string[];
  readonly windows: boolean;
  readonly aggregates: readonly string[];
  readonly distinct: boolean;
  readonly groupingSets: boolean;
  readonly qualify: boolean;
  readonly sample: boolean;
  readonly orderBy: boolean;
  readonly limit: boolean;
  readonly positionalJoin: boolean;
  readonly asofJoin: boolean;
  readonly lateralJoin: boolean;
  /** random(), uuid(), nextval() …: another value for each row or run. */
  readonly volatileFunctions: readonly string[];
  /** now(), current_date, today() …: one value for the statement; equal everywhere when the session settings travel. */
  readonly statementTimeFunctions: readonly string[];
  /** current_user, current_setting(), getvariable(), version(), current_schema …: the coordinator's session knows, a worker does not. */
  readonly sessionFunctions: readonly string[];
  /** Functions that DuckDB's core does not have: user-defined macros and the like. Coordinator only. */
  readonly unknownFunctions: readonly string[];
  /** Table functions in FROM that are not scans (range, generate_series, unnest, or a file function that can't be scattered). */
  readonly tableFunctions: readonly string[];
  /** Types named in casts that are not built in. */
  readonly userTypes: readonly string[];
  /** Relations that are neither data sets nor CTEs: local and temporary tables, system catalogs, as written. */
  readonly localTables: readonly string[];
}

/** The form of the whole statement, for choosing a strategy. */
export type QueryShape =
  /** One SELECT, its FROM is exactly one data set occurrence; no sub-query anywhere. What two_phase and pushdown want. */
  | { readonly kind: 'single'; readonly block: Block; readonly occurrence: Occurrence }
  /** One SELECT over one or more data set occurrences and nothing else, joined; no sub-query anywhere. */
  | { readonly kind: 'join'; readonly block: Block; readonly from: TableRef }
  /** No data set at all. */
  | { readonly kind: 'local' }
  | { readonly kind: 'other' };

export interface BoundQuery {
  /**
   * Hints that only stages obey: `divided`: relations go into partitions as asked for; `partial`: a SELECT runs once for each, so that nothing else gives
   * the answer.
   */
  readonly hinted: 'divided' | 'partial' | null;
  /**
   * Dialect operators rewritten, parameter values put in, data sets replaced by scans, DOUBLE constants wrapped in CAST,
   * column references to data sets qualified as `[alias, column, ...fields]` where that can't change the meaning. Stars stay.
   * Named parameters are left only where `PlanRequest.parameters` was null.
   */
  readonly statement: Statement;
  readonly occurrences: readonly Occurrence[];
  readonly blocks: readonly Block[];
  readonly facts: QueryFacts;
  readonly shape: QueryShape;
  /** Why only strategies that run the statement whole may be used (a name could not be resolved …), or null. */
  readonly opaque: string | null;
  /** Meaning of the column references inside `statement`, by node identity. Nodes that are not in it were not resolved. */
  readonly resolutions: ReadonlyMap<ColumnRef, Resolution>;
  /** Does the text still hold parameters ($n)? */
  readonly parameters: boolean;
  readonly hints: readonly PlacedHint[];
  /** Unknown and malformed hints, hints that have no effect yet. */
  readonly notices: readonly PlanNotice[];
  /** As `Analysis.outputNames`. */
  readonly outputNames: (duckdbNames: readonly string[]) => readonly string[];
  /**
   * The text to describe for the engine's own output names and types: the query as DuckDB would have it before names were
   * touched, over the scan names. Equal to printing `statement` but for the names of columns without alias.
   */
  readonly describeSql: string;
}

/** Everything of a PlanRequest that binding needs. */
export type { PlanRequest as BindRequest } from '../index.ts';
