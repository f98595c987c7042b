import type { Plan } from '../../planner/plan/plan.ts';
import type { ExchangeWay } from './coordinator.ts';

export interface WayRules {
  /** Every worker sees the exchange folder. */
  readonly shared: boolean;
  /** Up to so many expected bytes go as frames. */
  readonly frameBytes: number;
}

/**
 * How each stage with an exchange leaves its rows. Frames that every task of a stage reads are sent as often. Stages that are read as one relation go the same way, because a task reads files before
 * frames. `files` that were asked for are given also when they are not shared: whoever runs the plan refuses that.
 */
export function exchangeWays(plan: Plan, rules: WayRules): ReadonlyMap<number, ExchangeWay> {
  const via = plan.exchange?.via ?? 'auto';
  const large = (id: number, bytes: number) => rules.shared && bytes * timesRead(plan, id) > rules.frameBytes;
  const ways = new Map<number, ExchangeWay>();
  for (const { id, exchange } of plan.stages)
    if (exchange !== undefined) ways.set(id, via === 'auto' ? (large(id, exchange.bytes) ? 'files' : 'frames') : via);
  const together = plan.stages.flatMap(({ inputs = [] }) => inputs.map(({ stages }) => stages));
  for (let changed = true; changed; ) {
    changed = false;
    for (const ids of together) {
      if (!ids.some((id) => ways.get(id) === 'files')) continue;
      for (const id of ids) {
        if (ways.get(id) === 'files') continue;
        ways.set(id, 'files');
        changed = true;
      }
    }
  }
  return ways;
}

function timesRead({ stages }: Plan, id: number): number {
  let times = 0;
  for (const { inputs = [], tasks } of stages)
    for (const input of inputs) if (input.stages.includes(id)) times += input.mode === 'all' ? tasks.length : 1;
  return times;
}
