/**
 * Hints: `/*+ strategy(two_phase) partitions(4) *\/` anywhere in a statement, several allowed, in the style of pg_hint_plan.
 */
import type { StrategyName } from '../plan/plan.ts';

/** How `repartition` divides a table. */
export type RepartitionBy =
  | { readonly kind: 'files' }
  | { readonly kind: 'rows' }
  | { readonly kind: 'hash'; readonly columns: readonly string[] }
  | { readonly kind: 'range'; readonly column: string }
  /** At random; the same seed gives the same partitions. */
  | { readonly kind: 'shuffle'; readonly seed: number }
  /** With a number of partitions the column holds the number of each row's partition, from 0; without one each value has its own. */
  | { readonly kind: 'column'; readonly column: string };

export type Hint =
  | { readonly kind: 'strategy'; readonly strategy: 'auto' | StrategyName }
  | { readonly kind: 'partitions'; readonly partitions: number }
  /** `partitions` is null for `by => column` alone: one partition per value. */
  | {
      readonly kind: 'repartition';
      readonly table: string;
      readonly partitions: number | null;
      readonly by: RepartitionBy;
    }
  | { readonly kind: 'partial_sql' }
  | { readonly kind: 'broadcast'; readonly table: string }
  | { readonly kind: 'colocate'; readonly tables: readonly string[] }
  | { readonly kind: 'task'; readonly memoryBytes: number | null; readonly threads: number | null }
  | { readonly kind: 'checkpoint'; readonly name: string };

/** A hint with its place: JavaScript index in the statement's text; undefined when it came from a view. */
export type PlacedHint = Hint & { readonly at?: number };
