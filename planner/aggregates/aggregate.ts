/**
 * What it takes to compute an aggregate in two steps. Rules are SQL templates, so that they read like the SQL that runs:
 * - in `partials`: `__arg0`, `__arg1` … are the arguments, `FILTER (WHERE __filter)` the filter (left out when there is none);
 * - in `merge`: `__p0`, `__p1` … are the partial columns. Evaluated over all partial rows of a group, in partition order.
 */

/** One call of an aggregate as the query has it. */
export interface AggregateUse {
  /** Lower case; `count_star` for count(*). */
  readonly name: string;
  /** DuckDB's type text of each argument. */
  readonly argumentTypes: readonly string[];
  /** DuckDB's type text of the call. */
  readonly resultType: string;
}

export type MergeRule =
  | { readonly kind: 'merge'; readonly partials: readonly string[]; readonly merge: string }
  /** Can't be merged; `reason` completes "median(x): …". */
  | { readonly kind: 'none'; readonly reason: string };

/** How DISTINCT changes an aggregate. */
export type DistinctRule =
  /** Doubles make no difference: as without DISTINCT. */
  | 'ignored'
  /** The distinct values travel as rows and the original call runs over them. */
  | 'rows'
  /** Depends on the order of rows or more. */
  | 'none';

/** A family of aggregates that merge alike. */
export interface Aggregate {
  readonly names: readonly string[];
  readonly distinct: DistinctRule;
  rule(use: AggregateUse): MergeRule;
}

const filter = 'FILTER (WHERE __filter)';

/** `name(__arg0, …) FILTER (WHERE __filter)`. */
export function partialCall(name: string, argumentCount: number): string {
  const list = Array.from({ length: argumentCount }, (_, i) => `__arg${i}`).join(', ');
  return `${name}(${list}) ${filter}`;
}

/**
 * Merge through DuckDB's exported aggregate states: the partial is the state as BLOB; the merge adds every state to an empty
 * state of the same function and types (that is what gives the BLOB its meaning), then adds those up. `whenNoRows`: the value
 * when there is no partial row at all.
 */
export function stateRule(use: AggregateUse, whenNoRows?: string): MergeRule {
  const empty = use.argumentTypes.map((type) => `CAST(NULL AS ${type})`).join(', ');
  const states = `list_transform(list(__p0), lambda __s: combine(${use.name}(${empty}) EXPORT_STATE, __s))`;
  const merged = `finalize(list_reduce(${states}, lambda __a, __b: combine(__a, __b)))`;
  return {
    kind: 'merge',
    partials: [`CAST((${partialCall(use.name, use.argumentTypes.length)} EXPORT_STATE) AS BLOB)`],
    merge: whenNoRows === undefined ? merged : `coalesce(${merged}, ${whenNoRows})`,
  };
}

export function none(reason: string): MergeRule {
  return { kind: 'none', reason };
}

const numericTypes =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BOOLEAN|BIGNUM|DECIMAL\(\d+,\s*\d+\))$/;

export function isNumeric(type: string): boolean {
  return numericTypes.test(type);
}
