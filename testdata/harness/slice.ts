/**
 * Continuous integration runs a fixed slice of the slow suites (`TEST_SLICE=1`); people run them whole. Gives every `step`-th of the
 * variants in the slice, all of them otherwise.
 */
export function slice<T>(variants: readonly T[], step: number): readonly T[] {
  return process.env.TEST_SLICE === undefined ? variants : variants.filter((_, index) => index % step === 0);
}

/**
 * `many` of the ways to run the case at `place` of a list, taken in turn, so that every way comes about; all of them with `TEST_EVERY_WAY=1`. Keeps
 * the ordinary run of the tests short.
 */
export function inTurn<T>(ways: readonly T[], place: number, many: number): readonly T[] {
  if (process.env.TEST_EVERY_WAY !== undefined) return ways;
  return Array.from({ length: many }, (_, n) => ways[(place + 2 * n) % ways.length]!);
}
