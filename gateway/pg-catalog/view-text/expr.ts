/** A query after its names and types are known: what PostgreSQL keeps of a view, as far as its text depends on it. */

/** A type and its modifier; -1: none. */
export interface Typed {
  readonly type: number;
  readonly typmod: number;
}

export interface Column extends Typed {
  readonly name: string;
}

/** How a conversion was written: as a function, as a cast, not at all, or with words of SQL's own. */
export type Format = 'call' | 'explicit' | 'implicit' | 'sql';

/** What stands in FROM, and can be named. */
export interface RangeEntry {
  readonly source:
    | { readonly kind: 'relation'; readonly shown: string; readonly name: string }
    | { readonly kind: 'subquery'; readonly query: Query; readonly lateral: boolean }
    | { readonly kind: 'function'; readonly call: Expr; readonly lateral: boolean }
    | { readonly kind: 'cte'; readonly name: string };
  readonly columns: readonly Column[];
  /** As it was written. */
  readonly alias: string | undefined;
  /** The name that others use for it where nothing else has it. */
  readonly name: string;
  /** Its columns have names of their own, which have to be shown. */
  readonly renamed: boolean;
}

export interface SortItem {
  readonly expr: Expr;
  /** Its place in the select list, from 1; 0: it is not there. */
  readonly position: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface WindowSpec {
  /** Undefined: it stands where it is used. */
  readonly name: string | undefined;
  readonly base: string | undefined;
  readonly partition: readonly Expr[];
  readonly order: readonly SortItem[];
  /** Bits of PostgreSQL's frameOptions. */
  readonly frame: number;
  readonly start: Expr | undefined;
  readonly end: Expr | undefined;
}

export interface AggregateParts {
  readonly distinct: boolean;
  readonly star: boolean;
  readonly order: readonly SortItem[];
  readonly filter: Expr | undefined;
  readonly variadic: boolean;
}

export type Expr = Typed &
  (
    | { readonly kind: 'column'; readonly entry: RangeEntry; readonly index: number }
    | { readonly kind: 'merged'; readonly name: string }
    /** `text`: null is NULL. */
    | { readonly kind: 'constant'; readonly text: string | null }
    | {
        readonly kind: 'function';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly format: Format;
        readonly variadic: boolean;
      }
    | { readonly kind: 'relabel' | 'through'; readonly arg: Expr; readonly format: Format }
    | { readonly kind: 'operator'; readonly name: string; readonly args: readonly Expr[] }
    | {
        readonly kind: 'array operator';
        readonly name: string;
        readonly left: Expr;
        readonly right: Expr;
        readonly any: boolean;
      }
    | { readonly kind: 'distinct' | 'nullif'; readonly args: readonly Expr[] }
    | { readonly kind: 'logic'; readonly op: 'AND' | 'OR' | 'NOT'; readonly args: readonly Expr[] }
    | {
        readonly kind: 'sublink';
        readonly of: 'exists' | 'value' | 'array' | 'any' | 'all';
        readonly left: Expr | undefined;
        readonly name: string;
        readonly query: Query;
      }
    | {
        readonly kind: 'case';
        readonly arg: Expr | undefined;
        readonly whens: readonly { readonly when: Expr; readonly result: Expr }[];
        readonly otherwise: Expr;
      }
    | { readonly kind: 'case value' }
    | { readonly kind: 'parameter' }
    | { readonly kind: 'array' | 'coalesce' | 'grouping'; readonly args: readonly Expr[] }
    | { readonly kind: 'extreme'; readonly word: 'GREATEST' | 'LEAST'; readonly args: readonly Expr[] }
    | { readonly kind: 'value function'; readonly text: string }
    | { readonly kind: 'test'; readonly arg: Expr; readonly words: string }
    | { readonly kind: 'element'; readonly arg: Expr; readonly at: Expr }
    | {
        readonly kind: 'aggregate';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly parts: AggregateParts;
      }
    | {
        readonly kind: 'ordered set';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly parts: AggregateParts;
      }
    | {
        readonly kind: 'window';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly star: boolean;
        readonly filter: Expr | undefined;
        readonly over: WindowSpec;
      }
  );

export type ExprKind = Expr['kind'];
export type ExprOf<K extends ExprKind> = Expr & { readonly kind: K };

export type FromItem =
  | { readonly kind: 'entry'; readonly entry: RangeEntry }
  | {
      readonly kind: 'join';
      readonly type: 'JOIN' | 'LEFT JOIN' | 'RIGHT JOIN' | 'FULL JOIN';
      readonly left: FromItem;
      readonly right: FromItem;
      readonly using: readonly string[];
      readonly on: Expr | undefined;
    };

export interface Target {
  readonly name: string;
  readonly expr: Expr;
}

export interface CommonTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly materialized: '' | 'MATERIALIZED ' | 'NOT MATERIALIZED ';
  readonly query: Query;
}

/** Expressions to group by, or a set of such: `ROLLUP (a, (b, c))`. */
export type Grouping =
  | { readonly kind: 'exprs'; readonly exprs: readonly Expr[] }
  | {
      readonly kind: 'set';
      readonly word: 'ROLLUP(' | 'CUBE(' | 'GROUPING SETS (';
      readonly items: readonly Grouping[];
    };

export type SetTree =
  | { readonly kind: 'leaf'; readonly query: Query }
  | {
      readonly kind: 'set';
      readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT';
      readonly all: boolean;
      readonly left: SetTree;
      readonly right: SetTree;
    };

export type QueryBody =
  | {
      readonly kind: 'select';
      /** Undefined: not DISTINCT; empty: without ON. */
      readonly distinct: readonly Expr[] | undefined;
      readonly targets: readonly Target[];
      readonly from: readonly FromItem[];
      readonly where: Expr | undefined;
      readonly group: readonly Grouping[];
      readonly having: Expr | undefined;
      readonly windows: readonly WindowSpec[];
    }
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expr[])[] }
  | { readonly kind: 'sets'; readonly tree: SetTree };

export interface Query {
  readonly tables: readonly CommonTable[];
  readonly recursive: boolean;
  readonly body: QueryBody;
  /** Everything in FROM, in the order in which it is named. */
  readonly entries: readonly RangeEntry[];
  readonly order: readonly SortItem[];
  readonly limit: Expr | undefined;
  readonly offset: Expr | undefined;
  readonly columns: readonly Column[];
}
