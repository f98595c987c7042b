import { type Aggregate, isNumeric, none, partialCall } from './aggregate.ts';

/**
 * sum of integers is HUGEINT and of DECIMAL(p,s) DECIMAL(38,s); their sums have the same types, so sums of sums are exact. Sums of
 * floating point add up in partition order (DuckDB itself gives another last digit from run to run).
 */
export const sum: Aggregate = {
  names: ['sum'],
  distinct: 'rows',
  rule: (use) => {
    if (!use.argumentTypes.every(isNumeric)) return none(`sum of ${use.argumentTypes.join(', ')} is not merged`);
    return { kind: 'merge', partials: [partialCall('sum', 1)], merge: 'sum(__p0)' };
  },
};
