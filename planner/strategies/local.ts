import { printFragment } from './fragment.ts';
import { declined, type Strategy } from './strategy.ts';

/** No data set in the query: the session's own DuckDB answers. */
export const local: Strategy = {
  name: 'local',
  async plan(context) {
    const { occurrences } = context.bound;
    if (occurrences.length > 0) return declined('it reads data sets');
    const sql = await printFragment(context, context.bound.statement);
    return {
      kind: 'plan',
      stages: [],
      result: { kind: 'sql', sql, scans: [], stages: [], where: 'session' },
      reason: 'it reads no data set',
      reduces: true,
    };
  },
};
