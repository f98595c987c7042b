/** Some cases of each file of `testdata/cases`, in one variant; `cases.slow.test.ts` runs all of them. */
import { inOrdinaryRun, oneVariant } from '../testdata/harness/case-variants.ts';
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases } from '../testdata/harness/run-cases.ts';

describeCases(readCaseFiles(), (file, index) => (inOrdinaryRun(index) ? [oneVariant(file, index)] : []));
