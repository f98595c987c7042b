import type { BoundQuery } from '../bind/bound-query.ts';
import type { CteEntry, LogicalType, QueryNode } from '../sql/ast.ts';
import type { Ordering } from './lower-result.ts';
import type { ColumnId, Rel, RelSubquery } from './rel.ts';

/** Ends the lowering of a query; caught by `lower`, which gives the reason back. */
export class NotLowered extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotLowered';
  }
}

export function refuse(reason: string): never {
  throw new NotLowered(reason);
}

/** What has to be asked of the engine before lowering starts, by node of the bound statement. */
export interface Survey {
  /** How often each CTE that is needed is named; the body of a CTE counts once. */
  readonly uses: ReadonlyMap<CteEntry, number>;
  /** Output types of set operations, as text and as the AST has them; null where the operation can't be described alone. */
  readonly setTypes: ReadonlyMap<QueryNode, readonly SetColumnType[] | null>;
  /** Output names of SELECTs that have columns without a plain name. */
  readonly names: ReadonlyMap<QueryNode, readonly string[]>;
  /** Types of the columns of SELECTs under the hint `partial_sql`. */
  readonly partialTypes: ReadonlyMap<QueryNode, readonly string[]>;
}

export interface SetColumnType {
  readonly text: string;
  readonly type: LogicalType;
}

/** A CTE that is named more than once, once it is lowered. */
export interface SharedCte {
  readonly index: number;
  readonly columns: readonly { readonly name: string; readonly id: ColumnId }[];
  readonly order: Ordering;
}

/** What lowering collects on its way through the query. */
export interface Lowering {
  readonly bound: BoundQuery;
  readonly survey: Survey;
  readonly shared: Rel[];
  readonly sharedCtes: Map<CteEntry, SharedCte>;
  readonly queries: RelSubquery[];
  /** The operators that stand for FROM nothing. */
  readonly single: WeakSet<Rel>;
  /** What the columns of scans are. */
  readonly scanned: Map<ColumnId, { readonly occurrence: number; readonly name: string }>;
  /** Number of the next column id. */
  next: number;
}

export function startLowering(bound: BoundQuery, survey: Survey): Lowering {
  return {
    bound,
    survey,
    shared: [],
    sharedCtes: new Map(),
    queries: [],
    single: new WeakSet(),
    scanned: new Map(),
    next: 0,
  };
}

export function newId(lowering: Lowering): ColumnId {
  return `__c${lowering.next++}`;
}
