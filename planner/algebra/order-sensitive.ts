import type { FunctionCall, WindowCall } from '../sql/ast.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Aggregates that give the same over rows in any order (last digits of DOUBLE sums aside). */
const unordered = words(
  `count count_star count_if countif sum sum_no_overflow fsum kahan_sum sumkahan avg mean favg product min max bool_and bool_or bit_and
   bit_or bit_xor every stddev stddev_samp stddev_pop variance var_samp var_pop sem corr covar_pop covar_samp regr_avgx regr_avgy
   regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness kurtosis kurtosis_pop median quantile quantile_cont
   quantile_disc mad entropy approx_count_distinct geomean geometric_mean wavg weighted_avg histogram bitstring_agg`,
);

/** May the aggregate give something else when its rows come in another order? */
export function dependsOnOrder({ function_name }: Pick<FunctionCall, 'function_name'>): boolean {
  return !unordered.has(function_name.toLowerCase());
}

/** The same of a window function, where its own ORDER BY leaves rows without order. */
export function windowDependsOnOrder(call: WindowCall): boolean {
  if (call.orders.length > 0) return false;
  const name = call.function_name.toLowerCase();
  if (name === 'rank' || name === 'dense_rank' || name === 'percent_rank' || name === 'cume_dist') return false;
  const all = call.start === 'UNBOUNDED_PRECEDING' && !/ROWS|GROUPS/.test(call.end);
  return !all || !unordered.has(name);
}
