/** From operators to stages: the table of what is done with each operator, and what all of them share. */
import type { ColumnId, Rel, RelOp, RelQuery, RelSubquery } from '../algebra/rel.ts';
import type { PlannerSettings } from '../index.ts';
import type { ResultStep, Stage } from '../plan/plan.ts';
import type { Expression } from '../sql/ast.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import type { Builder, Closed } from './builder.ts';
import type { ColumnRanges } from './column-ranges.ts';
import { compileAggregate } from './compile-aggregate.ts';
import { compileDistinct } from './compile-distinct.ts';
import { compileFilter } from './compile-filter.ts';
import { compileJoin } from './compile-join.ts';
import { compileLateral } from './compile-lateral.ts';
import { compileOrder } from './compile-order.ts';
import { compilePartial } from './compile-partial.ts';
import { compileProject } from './compile-project.ts';
import { compileRepartition } from './compile-repartition.ts';
import { compileRows } from './compile-rows.ts';
import { compileScan } from './compile-scan.ts';
import { compileSet } from './compile-set.ts';
import { compileShared } from './compile-shared.ts';
import { compileWindow } from './compile-window.ts';
import { StagesDeclined } from './declined.ts';
import type { Open } from './open.ts';

/** What the rows of a relation will probably be: never proof of anything. */
export interface Size {
  readonly rows: number;
  readonly bytes: number;
}

/** What every operator's compile function may use. One for each query. */
export interface Compiler {
  readonly context: PlanContext;
  readonly settings: PlannerSettings;
  /** The query as the rules left it: what `shared` and sub-queries refer to. */
  readonly query: RelQuery;
  readonly builder: Builder;
  readonly ranges: ColumnRanges;
  /** The sub-queries of `query`, and after them those whose trees read inputs. */
  readonly queries: readonly RelSubquery[];
  /** Any operator below this one: its `Open`, the same one each time. */
  compile(rel: Rel): Promise<Open>;
  /** A fragment as an operator of the query, so that others can be put on top of it before they are compiled. */
  placed(open: Open): Rel;
  /** Estimate of an operator of `query` (not of a tree over inputs: there `Open.rows` tells). */
  size(rel: Rel): Size;
  /** DuckDB's type text of a column. */
  typeOf(column: ColumnId): string;
  /** A column that is not in the query. */
  newColumn(type: string): ColumnId;
  /** DuckDB's types of expressions over the columns of `rel` (a tree over inputs or of the query). */
  typesOf(rel: Rel, expressions: readonly Expression[]): Promise<readonly string[]>;
  /** A sub-query whose tree reads inputs; gives the number for its placeholder (`queryRelation`). */
  addQuery(subquery: RelSubquery): number;
  /** The stage of a shared sub-tree, made at its first use: a plain exchange with all its columns. */
  shared(n: number): Promise<Closed>;
  /** How many hash partitions (or shares) a relation of so many bytes gets. With settings.partitions: exactly that many. */
  partitions(bytes: number): number;
  /** May a relation of this size be given whole to every task? */
  broadcastable(size: Size): boolean;
  /** May values that are hashed as this type be hashed at all? (Not VARCHAR where a collation is in the query.) */
  hashable(type: string): boolean;
  /** Notes a raw gather: much data that goes to one task as it is. */
  rawGather(sentence: string): void;
}

export type Compile<R extends Rel = Rel> = (rel: R, compiler: Compiler) => Promise<Open>;

type Table = { readonly [Op in RelOp]: Compile<Extract<Rel, { op: Op }>> };

const table: Table = {
  scan: compileScan,
  rows: compileRows,
  shared: compileShared,
  input: () => Promise.reject(new StagesDeclined('a tree of the query reads an input')),
  filter: compileFilter,
  project: compileProject,
  join: compileJoin,
  lateral: compileLateral,
  aggregate: compileAggregate,
  window: compileWindow,
  distinct: compileDistinct,
  set: compileSet,
  order: compileOrder,
  repartition: compileRepartition,
  partial: compilePartial,
};

/** Runs the compile function of the operator. */
export function compileRel(rel: Rel, compiler: Compiler): Promise<Open> {
  const compile = table[rel.op] as Compile;
  return compile(rel, compiler);
}

/** How the answer comes from the last stages: made by `compileFinal` (final.ts) for the root of the query. */
export interface Finale {
  /** Closed for `result`. */
  readonly closed: readonly Closed[];
  /** The result step, when the stages are finished: those of `closed`, in that order, with their ids and columns. */
  readonly result: (stages: readonly Stage[]) => Promise<ResultStep>;
  /** Does little leave the workers? */
  readonly reduces: boolean;
}

/** `compileFinal` compiles `compiler.query.root` and gives the answer's columns `compiler.query.output`. */
export type CompileFinal = (compiler: Compiler) => Promise<Finale>;
