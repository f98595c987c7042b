/**
 * Continuous integration runs a fixed slice of the slow suites (`TEST_SLICE=1`); people run them whole. Gives every `step`-th of the
 * variants in the slice, all of them otherwise.
 */
export function slice<T>(variants: readonly T[], step: number): readonly T[] {
  return process.env.TEST_SLICE === undefined ? variants : variants.filter((_, index) => index % step === 0);
}
