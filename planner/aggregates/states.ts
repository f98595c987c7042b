import { type Aggregate, stateRule } from './aggregate.ts';

/** Aggregates of fixed-size state that DuckDB can export and combine. */
export const moments: Aggregate = {
  names: [
    'stddev',
    'stddev_samp',
    'stddev_pop',
    'variance',
    'var_samp',
    'var_pop',
    'covar_samp',
    'covar_pop',
    'corr',
    'regr_avgx',
    'regr_avgy',
    'regr_intercept',
    'regr_r2',
    'regr_slope',
    'regr_sxx',
    'regr_sxy',
    'regr_syy',
    'skewness',
    'kurtosis',
    'kurtosis_pop',
    'sem',
    'product',
    'fsum',
    'kahan_sum',
    'sumkahan',
    'favg',
  ],
  distinct: 'rows',
  rule: (use) => stateRule(use),
};

/** Counts, exact or not: 0 when there is no row. */
export const stateCounts: Aggregate = {
  names: ['approx_count_distinct', 'regr_count'],
  distinct: 'rows',
  rule: (use) => stateRule(use, `CAST(0 AS ${use.resultType})`),
};
