/** TPC-DS, all 99 queries, as stages and as `auto`, against one DuckDB. */
import { describeTpcStages } from '../testdata/harness/describe-tpc-stages.ts';

await describeTpcStages('tpcds', 90);
