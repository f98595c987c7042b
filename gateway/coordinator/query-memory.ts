/** What a query is expected to need of the gateway's own memory. Pure. */
import { totalBytes } from '../../planner/partitioning.ts';
import type { Plan } from '../../planner/plan/plan.ts';
import type { CoordinatorLimits } from './limits.ts';

/** Bytes in memory for each byte of the files that a query reads in the gateway: they are compressed, but seldom held whole. */
const memoryPerFileByte = 2;
/** No query counts for more than this part of all memory: DuckDB spills, and some others run beside it. */
const mostOfAll = 0.5;

/** An estimate, in bytes: of the files that the gateway reads itself, and of rows that come from workers and are held. */
export function memoryFor(
  { result, stages }: Plan,
  limits: Pick<CoordinatorLimits, 'queryMemoryBytes' | 'heldBytes' | 'mergeHeldBytes' | 'exchangeHeldBytes'>,
): number {
  const files = result.kind === 'sql' ? totalBytes(result.scans.flatMap((scan) => scan.files)) : 0;
  const merged = result.kind === 'sql' && stages.length > 0 ? limits.mergeHeldBytes : 0;
  const exchanged = stages.some(({ exchange }) => exchange !== undefined) ? limits.exchangeHeldBytes : 0;
  const held = result.kind === 'concat' ? limits.heldBytes : 0;
  const most = limits.queryMemoryBytes * mostOfAll;
  return Math.min(most, files * memoryPerFileByte + merged + exchanged + held);
}
