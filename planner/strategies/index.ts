/** The ladder: strategies in the order in which they are tried. The first that gives a plan wins. */
import { direct } from './direct.ts';
import { gather } from './gather.ts';
import { local } from './local.ts';
import { metadata } from './metadata.ts';
import { pushdown } from './pushdown.ts';
import { router } from './router.ts';
import { stages } from './stages.ts';
import type { Strategy } from './strategy.ts';
import { twoPhase } from './two-phase.ts';

export const ladder: readonly Strategy[] = [local, metadata, direct, router, pushdown, twoPhase, stages, gather];
