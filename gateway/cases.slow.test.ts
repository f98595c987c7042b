/** Every case of `testdata/cases`: in the slice of continuous integration those that `cases.test.ts` leaves out, in one variant; else all, in every variant. */
import { allVariants, inOrdinaryRun, oneVariant } from '../testdata/harness/case-variants.ts';
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases } from '../testdata/harness/run-cases.ts';

const inSlice = process.env.TEST_SLICE !== undefined;

describeCases(readCaseFiles(), (file, index) => {
  if (!inSlice) return allVariants;
  return inOrdinaryRun(index) ? [] : [oneVariant(file, index)];
});
