/** Goes down the ladder until a strategy gives a plan, and writes down every decision. */
import { errors } from '../errors.ts';
import type { Decision, StrategyName } from '../plan/plan.ts';
import { strategyNames } from '../plan/plan.ts';
import { runDirect } from './direct.ts';
import { UnboundFragment } from './fragment.ts';
import { ladder } from './index.ts';
import { declined, type Outcome, type PlanContext, type Strategy } from './strategy.ts';
import { wholeReason } from './whole.ts';

export type PlanOutcome = Extract<Outcome, { kind: 'plan' }>;

export interface Climb {
  readonly strategy: StrategyName;
  readonly outcome: PlanOutcome;
  readonly decisions: readonly Decision[];
}

/**
 * With `auto` every rung is tried in order. A forced strategy is tried first, then the rungs below it; when none of them can, the query
 * runs whole on the coordinator. A query without data sets is always `local`.
 */
export async function climb(context: PlanContext): Promise<Climb> {
  const { strategy: wanted, disabled } = context.settings;
  const first = wanted === 'auto' ? 0 : strategyNames.indexOf(wanted);
  const decisions: Decision[] = [];
  for (const [place, name] of strategyNames.entries()) {
    const outcome = await tryRung(context, name, place < first && name !== 'local', disabled);
    const taken = outcome.kind === 'plan';
    decisions.push({ strategy: name, taken, reason: outcome.reason });
    if (taken) return { strategy: name, outcome, decisions };
  }
  const whole = wholeReason(context);
  const outcome = await runDirect(context, whole, whole?.reason ?? 'no other strategy can give the answer');
  if (outcome.kind !== 'plan') throw errors.internal(outcome.reason);
  decisions.push({ strategy: 'direct', taken: true, reason: `as a last resort: ${outcome.reason}` });
  return { strategy: 'direct', outcome, decisions };
}

async function tryRung(
  context: PlanContext,
  name: StrategyName,
  above: boolean,
  disabled: readonly string[],
): Promise<Outcome> {
  const wanted = context.settings.strategy;
  if (above) return declined(`${wanted} is asked for`);
  if (disabled.includes(name)) return declined('it is switched off');
  return context.attempt(name);
}

/** Strategies by name, each run at most once. */
export function attempts(makeContext: () => PlanContext): PlanContext['attempt'] {
  const started = new Map<StrategyName, Promise<Outcome>>();
  return (name) => {
    const known = started.get(name);
    if (known !== undefined) return known;
    const strategy = ladder.find((rung) => rung.name === name);
    const outcome =
      strategy === undefined ? Promise.resolve(declined('it is not there')) : planOrDecline(strategy, makeContext());
    started.set(name, outcome);
    return outcome;
  };
}

/** The original query binds, so fragments that don't are the strategy's fault: it steps aside, and the decision says so. */
async function planOrDecline(strategy: Strategy, context: PlanContext): Promise<Outcome> {
  try {
    return await strategy.plan(context);
  } catch (error) {
    if (error instanceof UnboundFragment) return declined(error.message);
    throw error;
  }
}
