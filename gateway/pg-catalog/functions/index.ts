import { definitionFunctions } from './definition-functions.ts';
import type { Macro } from './macro.ts';
import { nameFunctions } from './name-functions.ts';
import { privilegeFunctions } from './privilege-functions.ts';

/** Counters that nothing here counts: they are 0 or NULL, by the type that PostgreSQL gives. */
const idleCounter = /^pg_stat_get_/;

/** Every function that is a macro here, by PostgreSQL's name. */
export const macros: ReadonlyMap<string, Macro> = new Map(
  Object.entries({ ...nameFunctions, ...definitionFunctions, ...privilegeFunctions }),
);

/** The macro of that name; counters are made as they are asked for. `type`: what PostgreSQL's function gives. */
export function macroOf(name: string, type: string | undefined): Macro | undefined {
  const found = macros.get(name);
  if (found !== undefined || !idleCounter.test(name)) return found;
  const value =
    type === 'int8' || type === 'float8'
      ? `CAST(0 AS ${type === 'int8' ? 'BIGINT' : 'DOUBLE'})`
      : 'CAST(NULL AS TIMESTAMPTZ)';
  return { bodies: { 0: value, 1: value } };
}
