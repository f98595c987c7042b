import type { Plan, Stage } from '../../planner/plan/plan.ts';

/**
 * Ids of the stages whose rows somebody may still need. `isEmpty`: the stage has ended without rows. A stage that can't give rows because something that
 * it requires is empty needs nothing of what else it reads. Pure.
 */
export function stagesWanted({ stages }: Plan, isEmpty: (id: number) => boolean): ReadonlySet<number> {
  const dead = new Set<number>();
  // Each comes after those that it reads, but for stages of earlier plans, which read none.
  for (const stage of stages)
    if (isEmpty(stage.id) || requiresOneOf(stage, (id) => isEmpty(id) || dead.has(id))) dead.add(stage.id);
  const wanted = new Set(stages.filter(({ exchange }) => exchange === undefined).map(({ id }) => id));
  for (const stage of [...stages].reverse()) {
    if (!wanted.has(stage.id) || dead.has(stage.id)) continue;
    for (const { stages: read } of stage.inputs ?? []) for (const id of read) wanted.add(id);
  }
  return wanted;
}

function requiresOneOf({ inputs = [] }: Stage, isEmpty: (id: number) => boolean): boolean {
  return inputs.some(({ required, stages }) => required && stages.every(isEmpty));
}
