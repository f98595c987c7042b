/**
 * Fragments that are still being built. A tree of operators becomes stages bottom up: each operator is put on top of its input's
 * fragment as long as the fragment, run once per task, still gives a division of the operator's answer; where that is not so, the
 * fragment is closed (a stage with an exchange) and a new one begins that reads what it left.
 */
import type { ColumnId, Rel } from '../algebra/rel.ts';
import type { StageInput } from '../plan/plan.ts';

/** How the rows of a fragment lie over its tasks. Their union is the relation, but for `all`. */
export type Distribution =
  /** One task, which has every row. */
  | { readonly kind: 'one' }
  /** Every task has every row: computed by each, or read whole by each. Fits beside any other fragment. */
  | { readonly kind: 'all' }
  /**
   * Rows with equal keys are in one task. `keys[i]` are the columns that are equal to the i-th hashed expression in every row in which they are
   * not NULL-extended by an outer join; `types[i]` is the type it was cast to before hashing. NULL keys lie together too.
   */
  | {
      readonly kind: 'hash';
      readonly keys: readonly (readonly ColumnId[])[];
      readonly types: readonly string[];
      readonly partitions: number;
    }
  /**
   * Any division. `ordered`: the tasks one after another give DuckDB's own order of a scan. `keys`: rows equal in all of these are together; empty: no promise.
   * `apart`: rows equal in any one of these (NULLs are equal) are in one task; absent: none.
   * `buckets`: the files that the tasks read lie by hash, so that tasks could be made which do (see `inBuckets`).
   */
  | {
      readonly kind: 'split';
      readonly ordered: boolean;
      readonly keys: readonly ColumnId[];
      readonly apart?: readonly ColumnId[];
      readonly buckets?: Omit<Extract<Distribution, { readonly kind: 'hash' }>, 'kind'>;
    };

/** What makes the tasks of a fragment. */
export type TaskSource =
  | { readonly kind: 'one' }
  /** Divided along this occurrence; `division`: just so, as a hint says. */
  | {
      readonly kind: 'scan';
      readonly occurrence: number;
      readonly division?: { readonly way: 'files' | 'rows'; readonly partitions: number };
    }
  | { readonly kind: 'partitions'; readonly partitions: number }
  /** Shares of what stages left (`mode: 'share'`). */
  | { readonly kind: 'shares'; readonly tasks: number };

/**
 * An occurrence of which each task reads only files that can hold what the task's own rows of another occurrence have in a column: those whose
 * range of `column` meets the range of `along.column` in the task's files of `along.occurrence`, which the tasks are divided by, or which is
 * another such occurrence.
 */
export interface RangedScan {
  readonly occurrence: number;
  readonly column: string;
  readonly along: { readonly occurrence: number; readonly column: string };
}

export interface Open {
  /** Leaves are scans, rows and inputs. */
  readonly rel: Rel;
  readonly distribution: Distribution;
  readonly tasks: TaskSource;
  readonly inputs: readonly StageInput[];
  /** Occurrences that every task reads whole. */
  readonly wholeScans: readonly number[];
  readonly rangedScans: readonly RangedScan[];
  /** Occurrences of whose files task i reads those of bucket i; absent: none. Only with tasks that are partitions, as many as there are buckets. */
  readonly bucketScans?: readonly number[];
  /** Estimates of the whole relation, over all tasks. */
  readonly rows: number;
  readonly bytes: number;
  /** One line for EXPLAIN: what was decided, in words. */
  readonly why: readonly string[];
}
