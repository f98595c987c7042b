/** When a query can only run whole, and where. */
import type { PlanContext } from './strategy.ts';

/** Table functions that give the same rows everywhere. */
const pureTableFunctions: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest']);

export interface WholeReason {
  readonly reason: string;
  /** Only the session's own connection knows what it needs. */
  readonly session: boolean;
}

/** Why the statement has to run whole on the coordinator, or undefined when it may be divided. */
export function wholeReason({ bound }: PlanContext): WholeReason | undefined {
  const { facts, opaque } = bound;
  const list = (names: readonly string[]) => names.join(', ');
  if (facts.localTables.length > 0)
    return { reason: `it reads tables of the session: ${list(facts.localTables)}`, session: true };
  if (facts.unknownFunctions.length > 0)
    return { reason: `only the session knows the function ${list(facts.unknownFunctions)}`, session: true };
  if (facts.userTypes.length > 0)
    return { reason: `only the session knows the type ${list(facts.userTypes)}`, session: true };
  if (facts.sessionFunctions.length > 0)
    return { reason: `only the session can answer ${list(facts.sessionFunctions)}`, session: true };
  if (facts.volatileFunctions.length > 0)
    return { reason: `${list(facts.volatileFunctions)} has another value for each row or run`, session: true };
  if (opaque !== null) return { reason: opaque, session: false };
  if (bound.parameters) return { reason: 'the values of its parameters are not known yet', session: false };
  const functions = facts.tableFunctions.filter((name) => !pureTableFunctions.has(name));
  if (functions.length > 0)
    return { reason: `the table function ${list(functions)} runs on the coordinator`, session: false };
  if (facts.sample) return { reason: 'a sample is taken of the whole', session: false };
  return undefined;
}
