import { LRUCache } from 'lru-cache';
import type { PlanRequest } from '../../planner/index.ts';
import type { Plan } from '../../planner/plan/plan.ts';
import { cachedPlanSlices, cachedPlans, cachedSlices } from './limits.ts';

/**
 * Plans of a session's repeated queries. A plan is pure in its request, so the key is all of it but the catalog, whose version stands for it,
 * and the statement's time; plans that hold that time (now() and its kin) are not kept.
 */
export class PlanCache {
  /** Made with the first plan: it takes its room at once, and many sessions ask for none. */
  #plans: LRUCache<string, Plan> | undefined;

  /** The plan of the request: the kept one, else what `make` gives. */
  async get(request: PlanRequest, make: () => Promise<Plan>): Promise<Plan> {
    const { statementTimeMicros, ...session } = request.session;
    const { sql, parameters, settings, catalog, definitions } = request;
    const key = JSON.stringify([catalog.version, definitions?.version, sql, parameters, settings, session]);
    const kept = this.#plans?.get(key);
    if (kept !== undefined) {
      return kept;
    }
    const plan = await make();
    const slices = sliceCount(plan);
    if (slices <= cachedPlanSlices && !names(plan, statementTimeMicros)) {
      this.#plans ??= new LRUCache({ max: cachedPlans, maxSize: cachedSlices });
      this.#plans.set(key, plan, { size: 1 + slices });
    }
    return plan;
  }

  /** After DDL. */
  clear(): void {
    this.#plans?.clear();
  }
}

/** Does the plan hold this text outside of its tasks, which are nothing but files? */
function names({ stages, result, ...plan }: Plan, text: string): boolean {
  const bare = stages.map(({ tasks: _, ...stage }) => stage);
  return JSON.stringify([bare, 'scans' in result ? { ...result, scans: [] } : result, plan.columns]).includes(text);
}

/** How many file slices the plan names: its size. */
function sliceCount(plan: Plan): number {
  const scans = [...plan.stages.flatMap((stage) => stage.tasks.flatMap((task) => task.scans))];
  if (plan.result.kind === 'sql') {
    scans.push(...plan.result.scans);
  }
  return scans.reduce((count, scan) => count + scan.files.length, 0);
}
