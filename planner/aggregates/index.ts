/** The table of aggregates that merge. Whatever is not in it runs over gathered rows. */
import { type Aggregate, type AggregateUse, type DistinctRule, type MergeRule, none } from './aggregate.ts';
import { avg } from './avg.ts';
import { count, countIf } from './count.ts';
import { bitXor, extremes } from './extremes.ts';
import { moments, stateCounts } from './states.ts';
import { sum } from './sum.ts';

export type { AggregateUse, DistinctRule, MergeRule } from './aggregate.ts';

const families: readonly Aggregate[] = [count, countIf, sum, extremes, bitXor, avg, moments, stateCounts];

const byName: Readonly<Record<string, Aggregate>> = Object.fromEntries(
  families.flatMap((family) => family.names.map((name) => [name, family])),
);

/** Names of all aggregates that merge, for tests and the self-test. */
export const mergeableNames: readonly string[] = families.flatMap((family) => family.names);

/** `PlannerSettings.disabled` entry that switches the merging of one aggregate off. */
export function disabledName(aggregate: string): string {
  return `aggregate:${aggregate}`;
}

/** How DISTINCT changes the aggregate `name`. */
export function distinctRule(name: string): DistinctRule {
  return byName[name]?.distinct ?? 'none';
}

/** How a call is computed in two steps, or why it is not. */
export function mergeRule(use: AggregateUse, disabled: readonly string[] = []): MergeRule {
  const family = byName[use.name];
  if (family === undefined) return none('it needs all rows of a group at once');
  if (disabled.includes(disabledName(use.name))) return none('its merge is switched off');
  return family.rule(use);
}

/** Can calls of this form be merged, as far as can be told without types? */
export function mayMerge(call: {
  readonly name: string;
  readonly distinct: boolean;
  readonly ordered: boolean;
}): boolean {
  return call.name in byName && !call.ordered && !(call.distinct && distinctRule(call.name) === 'none');
}
