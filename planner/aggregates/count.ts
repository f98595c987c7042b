import { type Aggregate, partialCall } from './aggregate.ts';

/** count(*), count(x): the counts add up; none at all is 0, not NULL. */
export const count: Aggregate = {
  names: ['count', 'count_star'],
  distinct: 'rows',
  rule: (use) => {
    const star = use.name === 'count_star' || use.argumentTypes.length === 0;
    return {
      kind: 'merge',
      partials: [star ? 'count(*) FILTER (WHERE __filter)' : partialCall(use.name, use.argumentTypes.length)],
      merge: `CAST(coalesce(sum(__p0), 0) AS ${use.resultType})`,
    };
  },
};

/** count_if is a sum inside DuckDB: HUGEINT, and NULL when there is no row. */
export const countIf: Aggregate = {
  names: ['count_if', 'countif'],
  distinct: 'rows',
  rule: (use) => ({ kind: 'merge', partials: [partialCall(use.name, 1)], merge: 'sum(__p0)' }),
};
