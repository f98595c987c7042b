import { type AggregateUse, type MergeRule, partialCall } from './aggregate.ts';

/** The aggregate that gives the value by which an `arg_` aggregate picks. */
const picksBy: Readonly<Record<string, 'min' | 'max'>> = {
  arg_max: 'max',
  argmax: 'max',
  max_by: 'max',
  arg_min: 'min',
  argmin: 'min',
  min_by: 'min',
};

/** Names of the aggregates that `pickRule` knows. */
export const pickNames: readonly string[] = ['any_value', 'arbitrary', ...Object.keys(picksBy)];

/**
 * Aggregates that give a value of one of the rows, where DuckDB itself may take any of several that are equally good. Partial values
 * come in the order of tasks, so that the first of them is DuckDB's own choice when it reads with one thread. undefined: another aggregate.
 */
export function pickRule({ name, argumentTypes }: AggregateUse): MergeRule | undefined {
  if (name === 'any_value' || name === 'arbitrary')
    return { kind: 'merge', partials: [partialCall(name, 1)], merge: `${name}(__p0)` };
  const by = picksBy[name];
  if (by === undefined || argumentTypes.length !== 2) return undefined;
  // Rows without a value to give do not count.
  const best = `${by}(CASE WHEN __arg0 IS NOT NULL THEN __arg1 END) FILTER (WHERE __filter)`;
  return { kind: 'merge', partials: [partialCall(name, 2), best], merge: `${name}(__p0, __p1)` };
}
