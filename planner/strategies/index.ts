/** The ladder: strategies in the order in which they are tried. The first that gives a plan wins. */
import { direct } from './direct.ts';
import { gather } from './gather.ts';
import { local } from './local.ts';
import { metadata } from './metadata.ts';
import { pushdown } from './pushdown.ts';
import { router } from './router.ts';
import type { Strategy } from './strategy.ts';
import { twoPhase } from './two-phase.ts';

/** `stages` has its place before `gather`; it is not in the table as long as workers don't exchange rows with each other. */
export const ladder: readonly Strategy[] = [local, metadata, direct, router, pushdown, twoPhase, gather];
