import { lower } from '../algebra/lower.ts';
import { applyRules } from '../algebra/rules/index.ts';
import { scanFacts } from '../algebra/scan-facts.ts';
import type { PlannerSettings } from '../index.ts';
import { QueryCompiler } from '../stages/compiler.ts';
import { StagesDeclined } from '../stages/declined.ts';
import { decorrelate } from '../stages/decorrelate.ts';
import { compileFinal } from '../stages/final.ts';
import { finishStages } from '../stages/finish-stages.ts';
import { declined, type Outcome, type PlanContext, type Strategy } from './strategy.ts';
import { wholeReason } from './whole.ts';

/** Any query as a graph of stages: workers join, group and sort, and exchange rows with each other. */
export const stages: Strategy = {
  name: 'stages',
  async plan(context) {
    const whole = wholeReason(context);
    if (whole !== undefined) return declined(whole.reason);
    const { bound, world, settings } = context;
    const facts = scanFacts(context);
    facts.catch(() => undefined); // told below, where they are needed
    const lowered = await lower({ bound, world });
    if ('reason' in lowered) return declined(lowered.reason);
    try {
      const ruled = applyRules(lowered, settings.disabled);
      const joined = await decorrelate(context, ruled);
      // Conditions of outer SELECTs come further down in a second round.
      const isDone = joined === ruled && bound.blocks.length === 1;
      const query = isDone ? ruled : applyRules(joined, settings.disabled);
      return await staged(new QueryCompiler(context, query, await facts));
    } catch (error) {
      if (error instanceof StagesDeclined) return declined(error.message);
      throw error;
    }
  },
};

/** On one host, at most one byte in so many may move between stages for scattering to pay. */
const movedShare = 8;

async function staged(compiler: QueryCompiler): Promise<Outcome> {
  const { context, rawGathers } = compiler;
  const finale = await compileFinal(compiler);
  const { stages: made, stageOf } = await finishStages(compiler, finale.closed);
  const result = await finale.result(finale.closed.map(stageOf));
  const moved = made.reduce((sum, { exchange }) => sum + (exchange?.bytes ?? 0), 0);
  return {
    kind: 'plan',
    stages: made,
    result,
    reason: `${made.length} ${made.length === 1 ? 'stage' : 'stages'}, about ${moved} bytes between them`,
    reduces: finale.reduces && moved * movedShare <= scannedBytes(context),
    exchange: { via: context.settings.exchange, adaptive: isAdaptive(context.settings) },
    rawGathers,
  };
}

function isAdaptive({ adaptive = 'auto', strategy, partitions }: PlannerSettings): boolean {
  return adaptive === 'auto' ? strategy === 'auto' && partitions === null : adaptive === 'on';
}

function scannedBytes({ files }: PlanContext): number {
  return files.flat().reduce((sum, { bytes }) => sum + bytes, 0);
}
