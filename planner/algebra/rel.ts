/**
 * A query as a tree of relational operators: what the strategy `stages` divides.
 *
 * Every column of every operator has an id that is unique in the whole query (`__c12`) and is also its SQL name. Expressions are DuckDB's
 * AST whose column references are exactly one such id (`column_names: ['__c12']`; fields of structs are calls of struct_extract), so
 * they mean the same wherever the column is visible: an operator may be moved, cut off and printed without renaming anything, and a
 * correlated sub-query simply names an id that its own tree does not make.
 *
 * Sub-queries in expressions are AST nodes (`class: 'SUBQUERY'`) over the placeholder table `queryRelation(n)`, which stands for
 * `RelQuery.queries[n]`. All of it is immutable plain data.
 */
import type { Expression, FunctionCall, OrderByNode, SelectNode, WindowCall } from '../sql/ast.ts';

/** A column id, `__c0`, `__c1`, ... */
export type ColumnId = string;

/** An expression with the id of the column that holds its value. */
export interface RelColumn {
  readonly id: ColumnId;
  readonly expression: Expression;
}

/** One appearance of a data set: `BoundQuery.occurrences[occurrence]`. */
export interface RelScan {
  readonly op: 'scan';
  readonly occurrence: number;
  /** `name` is the table's own spelling. */
  readonly columns: readonly { readonly id: ColumnId; readonly name: string }[];
}

/** Rows that need no data set and are the same wherever they are computed: VALUES, no FROM, `range(...)`. */
export interface RelRows {
  readonly op: 'rows';
  /** Without WITH; its select list has the ids as aliases, or is a star over `FROM ... AS t(ids)`. May name ids of outer operators (lateral unnest). */
  readonly node: SelectNode;
  readonly columns: readonly ColumnId[];
}

/** A use of a shared sub-tree (a CTE named more than once): `RelQuery.shared[shared]`, with ids of its own for each use. */
export interface RelShared {
  readonly op: 'shared';
  readonly shared: number;
  readonly columns: readonly { readonly id: ColumnId; readonly from: ColumnId }[];
}

/** What earlier stages gave; only in trees that a stage runs. Printed as a base table `relation`, whose columns have the ids as names. */
export interface RelInput {
  readonly op: 'input';
  readonly relation: string;
  readonly columns: readonly ColumnId[];
}

export interface RelFilter {
  readonly op: 'filter';
  readonly input: Rel;
  /** Conjuncts. */
  readonly conditions: readonly Expression[];
}

/** Replaces the columns. `many`: an expression holds unnest(...), so one row may give several. */
export interface RelProject {
  readonly op: 'project';
  readonly input: Rel;
  readonly columns: readonly RelColumn[];
  readonly many: boolean;
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'asof' | 'asof_left';

/** Columns of both sides (only the left for semi and anti). `conditions` are conjuncts; none at all is a cross join. */
export interface RelJoin {
  readonly op: 'join';
  readonly kind: JoinKind;
  readonly left: Rel;
  readonly right: Rel;
  readonly conditions: readonly Expression[];
}

/** `right` names columns of `left`. */
export interface RelLateral {
  readonly op: 'lateral';
  readonly kind: 'inner' | 'left';
  readonly left: Rel;
  readonly right: Rel;
  readonly conditions: readonly Expression[];
}

/** One row per group. Columns: keys, then aggregates, then groupings. */
export interface RelAggregate {
  readonly op: 'aggregate';
  readonly input: Rel;
  readonly keys: readonly RelColumn[];
  /** Grouping sets as indexes into `keys`; null: one set of all keys (no keys: one row, also over no input). */
  readonly sets: readonly (readonly number[])[] | null;
  readonly aggregates: readonly { readonly id: ColumnId; readonly call: FunctionCall }[];
  /** GROUPING(a, b): indexes into `keys`. */
  readonly groupings: readonly { readonly id: ColumnId; readonly keys: readonly number[] }[];
  /** Any division of the rows over tasks will do: a later stage puts together what they give. */
  readonly partial?: true;
}

/** Adds columns to those of the input. */
export interface RelWindow {
  readonly op: 'window';
  readonly input: Rel;
  readonly windows: readonly { readonly id: ColumnId; readonly call: WindowCall }[];
}

/** Columns of the input. `on` null: whole rows; else the first row of each `on` in the order of `orders`. */
export interface RelDistinct {
  readonly op: 'distinct';
  readonly input: Rel;
  readonly on: readonly Expression[] | null;
  readonly orders: readonly OrderByNode[];
  /** As of an aggregate. */
  readonly partial?: true;
}

export type SetKind = 'union_all' | 'union' | 'intersect' | 'intersect_all' | 'except' | 'except_all';

/** `columns[i]` is the i-th column of each input (by place). Inputs have the columns in `inputColumns`, already of one common type. */
export interface RelSet {
  readonly op: 'set';
  readonly kind: SetKind;
  readonly inputs: readonly Rel[];
  readonly inputColumns: readonly (readonly ColumnId[])[];
  readonly columns: readonly ColumnId[];
}

/** ORDER BY, LIMIT, OFFSET in one. Order is kept only to the top of the query and for the cut itself. */
export interface RelOrder {
  readonly op: 'order';
  readonly input: Rel;
  readonly orders: readonly OrderByNode[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
  /** LIMIT n %. */
  readonly percent: boolean;
  /** As of an aggregate. */
  readonly partial?: true;
}

/** One step of dividing rows into partitions. Later steps divide the partitions of earlier ones, in their order. */
export type Division =
  /** The files of a data set as they are, in runs of about equal size; rows of everything else evenly. */
  | { readonly kind: 'files'; readonly partitions: number }
  /** Evenly by number of rows, in their order. */
  | { readonly kind: 'rows'; readonly partitions: number }
  | { readonly kind: 'hash'; readonly partitions: number; readonly keys: readonly Expression[] }
  /** Values follow each other over the partitions, equal ones are in one. */
  | { readonly kind: 'range'; readonly partitions: number; readonly key: Expression }
  /** At random and evenly. The same rows and seed give the same partitions, in the same order. */
  | { readonly kind: 'shuffle'; readonly partitions: number; readonly seed: number }
  /** The value is the number of the partition. `name`: the column, for the error of a value that is none. */
  | { readonly kind: 'number'; readonly partitions: number; readonly value: Expression; readonly name: string };

/** The rows of the input in as many partitions as the steps' multiply to, each a task of what is above. */
export interface RelRepartition {
  readonly op: 'repartition';
  readonly input: Rel;
  readonly steps: readonly Division[];
}

/**
 * A SELECT that runs once for each partition of its inputs that are divided (`RelRepartition`, or what is made of one partition by partition), and
 * over the whole of the others; the answers follow each other.
 */
export interface RelPartial {
  readonly op: 'partial';
  readonly inputs: readonly Rel[];
  /** Names that the columns of each input have in the text. */
  readonly fields: readonly (readonly { readonly name: string; readonly expression: Expression }[])[];
  /** Names its inputs as tables `partialRelation(i)`. */
  readonly node: SelectNode;
  readonly columns: readonly { readonly id: ColumnId; readonly type: string }[];
  readonly partitions: number;
}

export type Rel =
  | RelRepartition
  | RelPartial
  | RelScan
  | RelRows
  | RelShared
  | RelInput
  | RelFilter
  | RelProject
  | RelJoin
  | RelLateral
  | RelAggregate
  | RelWindow
  | RelDistinct
  | RelSet
  | RelOrder;

export type RelOp = Rel['op'];

/** A sub-query of an expression. */
export interface RelSubquery {
  readonly rel: Rel;
  /** Its columns in order (one, but for EXISTS). */
  readonly columns: readonly ColumnId[];
  /** Ids that it names but does not make; empty: uncorrelated. */
  readonly outer: readonly ColumnId[];
}

/** A whole query. */
export interface RelQuery {
  readonly root: Rel;
  /** Ids of the answer's columns, in order. */
  readonly output: readonly ColumnId[];
  readonly shared: readonly Rel[];
  readonly queries: readonly RelSubquery[];
  /** DuckDB's type text by column id, of every column that some operator makes. */
  readonly types: ReadonlyMap<ColumnId, string>;
}

/** The placeholder table of `RelQuery.queries[n]` in an expression. */
export function queryRelation(n: number): string {
  return `__query${n}`;
}

/** The table of a partial SELECT that stands for its n-th input. */
export function partialRelation(n: number): string {
  return `__part${n}`;
}

/** `n` of a placeholder table, undefined for other names. */
export function queryNumber(relation: string): number | undefined {
  const digits = /^__query(\d+)$/.exec(relation)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A query that has no such tree (yet): `reason` goes to EXPLAIN. */
export interface NoRel {
  readonly reason: string;
}
