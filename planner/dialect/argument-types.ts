/**
 * Types that PostgreSQL's functions ask of arguments whose type nothing else tells (pg_proc of version 15), where DuckDB has several functions of
 * the name or another integer. What is left out is told by DuckDB, or a text.
 */

type ArgumentTypes = readonly (string | undefined)[];

const text = 'VARCHAR';
const int = 'INTEGER';
const double = 'DOUBLE';
const open = undefined;

/** Functions of one number: of those that fit, double precision is preferred. */
const ofDouble =
  'abs acos asin atan cbrt ceil ceiling cos cot degrees exp floor ln log radians round setseed sign sin sqrt tan to_timestamp trunc pg_sleep';

const byNumber: Readonly<Record<string, ArgumentTypes>> = {
  ...Object.fromEntries(ofDouble.split(' ').map((name) => [`${name}/1`, [double]])),
  'array_length/2': [open, int],
  'array_lower/2': [open, int],
  'array_upper/2': [open, int],
  'atan2/2': [double, double],
  'btrim/2': [text, text],
  'chr/1': [int],
  'factorial/1': ['BIGINT'],
  'left/2': [text, int],
  'log/2': ['DECIMAL(18,3)', 'DECIMAL(18,3)'],
  'lpad/2': [text, int],
  'lpad/3': [text, int, text],
  'make_date/3': [int, int, int],
  'make_timestamp/6': [int, int, int, int, int, double],
  'nth_value/2': [open, int],
  'ntile/1': [int],
  'pow/2': [double, double],
  'power/2': [double, double],
  'regexp_replace/5': [text, text, text, int, int],
  'repeat/2': [text, int],
  'right/2': [text, int],
  'round/2': ['DECIMAL(18,3)', int],
  'rpad/2': [text, int],
  'rpad/3': [text, int, text],
  'split_part/3': [text, text, int],
  'substr/2': [text, int],
  'substr/3': [text, int, int],
  'trunc/2': ['DECIMAL(18,3)', int],
};

/** By place; undefined: nothing is known of the function. */
export function argumentTypes(name: string, count: number): ArgumentTypes | undefined {
  const key = `${name}/${count}`;
  return Object.hasOwn(byNumber, key) ? byNumber[key] : undefined;
}

/** Functions of two arguments of one type. */
export const sharedArguments: ReadonlySet<string> = new Set(['mod', 'gcd', 'lcm', 'div']);
