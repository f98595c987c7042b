/** TPC-H, all 22 queries, as stages: partitions, exchanges, broadcast and a killed worker pairwise, against one DuckDB. */
import { describeTpcStages } from '../testdata/harness/describe-tpc-stages.ts';

await describeTpcStages('tpch', 22);
