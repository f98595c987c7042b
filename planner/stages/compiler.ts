/** What the compile functions of one query share. */
import { makeEstimator } from '../algebra/estimate.ts';
import type { ColumnId, Rel, RelQuery, RelSubquery } from '../algebra/rel.ts';
import type { ScanFacts } from '../algebra/scan-facts.ts';
import { maxTasks, maxTasksPerSlot } from '../partitioning.ts';
import type { Expression } from '../sql/ast.ts';
import { hasCollation } from '../strategies/order.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import { Builder, type Closed } from './builder.ts';
import { ColumnRanges } from './column-ranges.ts';
import { type Compiler, compileRel, type Size } from './compile.ts';
import { StagesDeclined } from './declined.ts';
import { describeTypes } from './describe-types.ts';
import type { Open } from './open.ts';
import { QueryParts } from './query-parts.ts';

/** Bytes that one partition of an exchange should have. */
const targetPartitionBytes = 16 * 1024 * 1024;
/** Up to so many bytes are not worth a second task. */
const onePartitionBytes = 1024 * 1024;

export class QueryCompiler implements Compiler {
  readonly context: PlanContext;
  readonly settings: PlanContext['settings'];
  readonly query: RelQuery;
  readonly builder = new Builder();
  readonly ranges: ColumnRanges;
  /** Sub-queries whose trees read inputs, after those of the query. */
  readonly queries: RelSubquery[];
  readonly rawGathers: string[] = [];
  readonly parts: QueryParts;
  readonly #types: Map<ColumnId, string>;
  readonly #estimate: (rel: Rel) => Size;
  /** Sizes of fragments that were put into trees of the query. */
  readonly #inputs = new Map<string, Size>();
  readonly #placed = new WeakMap<Rel, Open>();
  readonly #compiled = new WeakMap<Rel, Promise<Open>>();
  readonly #shared = new Map<number, Promise<Closed>>();
  readonly #collations: boolean;
  #next: number;

  /** `scans`: by occurrence, for estimates. */
  constructor(context: PlanContext, query: RelQuery, scans: readonly ScanFacts[]) {
    this.context = context;
    this.settings = context.settings;
    this.ranges = new ColumnRanges(context);
    this.query = query;
    this.queries = [...query.queries];
    this.#types = new Map(query.types);
    this.#collations = hasCollation(context.bound.statement);
    this.#next = 1 + Math.max(-1, ...[...query.types.keys()].map((id) => Number(id.slice('__c'.length))));
    this.parts = new QueryParts(query, context.request.known ?? []);
    this.#estimate = makeEstimator({
      query: { ...query, types: this.#types },
      scans,
      inputs: this.#inputs,
      knownRows: (rel) => this.parts.knownRows(rel),
    });
  }

  compile(rel: Rel): Promise<Open> {
    const placed = this.#placed.get(rel);
    if (placed !== undefined) return Promise.resolve(placed);
    const compiled = this.#compiled.get(rel) ?? this.#compileRel(rel);
    this.#compiled.set(rel, compiled);
    return compiled;
  }

  async #compileRel(rel: Rel): Promise<Open> {
    const open = await compileRel(rel, this);
    this.parts.compiled(rel, open);
    return open;
  }

  placed(open: Open): Rel {
    this.#placed.set(open.rel, open);
    if (open.rel.op === 'input') this.#inputs.set(open.rel.relation, { rows: open.rows, bytes: open.bytes });
    return open.rel;
  }

  size(rel: Rel): Size {
    return this.#estimate(rel);
  }

  typeOf(column: ColumnId): string {
    const type = this.#types.get(column);
    if (type === undefined) throw new StagesDeclined(`the type of ${column} is not known`);
    return type;
  }

  newColumn(type: string): ColumnId {
    const id = `__c${this.#next++}`;
    this.#types.set(id, type);
    return id;
  }

  typesOf(rel: Rel, expressions: readonly Expression[]): Promise<readonly string[]> {
    const { context, queries } = this;
    return describeTypes({ context, queries, typeOf: (column) => this.typeOf(column) }, rel, expressions);
  }

  addQuery(subquery: RelSubquery): number {
    this.queries.push(subquery);
    return this.queries.length - 1;
  }

  shared(n: number): Promise<Closed> {
    const known = this.#shared.get(n);
    if (known !== undefined) return known;
    const closed = this.compile(this.query.shared[n]!).then((open) => this.builder.close(open, { kind: 'plain' }));
    this.#shared.set(n, closed);
    return closed;
  }

  partitions(bytes: number): number {
    const { partitions, slots } = this.settings;
    if (partitions !== null) return Math.min(Math.max(1, partitions), maxTasks);
    if (bytes <= onePartitionBytes) return 1;
    // Whole rounds of all slots: three tasks on two slots take as long as four.
    const round = Math.max(1, slots);
    const wanted = Math.ceil(bytes / targetPartitionBytes);
    return Math.min(round * maxTasksPerSlot, Math.ceil(wanted / round) * round);
  }

  broadcastable({ bytes }: Size): boolean {
    return bytes <= this.settings.broadcastMaxBytes && this.settings.broadcastMaxBytes > 0;
  }

  hashable(type: string): boolean {
    return type !== 'VARCHAR' || !this.#collations;
  }

  rawGather(sentence: string): void {
    if (!this.rawGathers.includes(sentence)) this.rawGathers.push(sentence);
  }
}
