import type { SessionPlanner } from '../../gateway/session/context.ts';
import { errors } from '../../planner/errors.ts';
import { splitStatements } from '../../planner/sql/lexer.ts';

/** Takes every query for a local one and changes nothing: for tests of the wire and the session alone. */
export const localPlanner: SessionPlanner = {
  analyze: async ({ sql }) => ({
    reach: 'local',
    sql,
    parameterCount: splitStatements(sql)[0]?.parameterCount ?? 0,
    outputNames: (names) => names,
  }),
  makePlan: async () => {
    throw errors.internal('nothing is planned here');
  },
  explainText: () => [],
  explainJson: () => ({}),
};
