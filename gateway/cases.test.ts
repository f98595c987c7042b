/** Every third case of each file of `testdata/cases`, in one variant; `cases.slow.test.ts` runs all of them. */
import { oneVariant } from '../testdata/harness/case-variants.ts';
import { readCaseFiles } from '../testdata/harness/cases.ts';
import { describeCases } from '../testdata/harness/run-cases.ts';

describeCases(readCaseFiles(), (file, index) => (index % 3 === 0 ? [oneVariant(file, index)] : []));
