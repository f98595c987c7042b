/** Which aggregates depend on the order in which rows come, and on nothing but the set of rows. */
import type { FunctionCall } from '../sql/ast.ts';
import { mergeableNames } from './index.ts';
import { pickNames } from './picks.ts';

/**
 * Aggregates whose value is the same in whatever order the rows come (the last digits of floating point aside). Of arg_min, arg_max and mode
 * DuckDB itself does not say which of several equally good values it takes, nor does any_value say which one.
 */
const anyOrder: ReadonlySet<string> = new Set([
  ...mergeableNames,
  ...pickNames,
  'arg_max_null',
  'arg_max_nulls_last',
  'arg_min_null',
  'arg_min_nulls_last',
  'bitstring_agg',
  'entropy',
  'histogram',
  'histogram_exact',
  'mad',
  'median',
  'mode',
  'quantile',
  'quantile_cont',
  'quantile_disc',
  'sum_no_overflow',
]);

/** Does the value of the call depend on the order of its rows, beyond what its own ORDER BY says? */
export function dependsOnOrder(call: Pick<FunctionCall, 'function_name' | 'order_bys'>): boolean {
  return call.order_bys.orders.length === 0 && !anyOrder.has(call.function_name);
}

/** As `dependsOnOrder`, by name alone: an unknown aggregate may. */
export function nameDependsOnOrder(name: string): boolean {
  return !anyOrder.has(name);
}
