/** What a stage's rows depend on, as a key: stages of two plans with the same key give the same rows. */
import { createHash } from 'node:crypto';
import type { Plan, Stage, StageInput } from '../../planner/plan/plan.ts';

/**
 * A key for each stage of a plan: its SQL and columns, the files of its tasks (path, size, time, ranges of rows), how it reads which other stages (by their
 * keys), and `context`: whatever else rows depend on (settings, versions). How it leaves its rows is no part of it. Texts must not be compared
 * over plans of different requests unless `context` tells these apart.
 */
export function stageKeys(plan: Plan, context: unknown): readonly string[] {
  const keys: string[] = [];
  for (const stage of plan.stages) keys.push(stageKey(stage, plan, keys, context));
  return keys;
}

/** Constants and quoted names, which are left alone, and names of inputs, which are given per plan. */
const inputNames = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\b__in\d+\b/g;

function stageKey(stage: Stage, plan: Plan, keys: readonly string[], context: unknown): string {
  const { sql, columns, tasks, inputs = [], write } = stage;
  const places = new Map<string, number>();
  const text = sql.replace(inputNames, (name) => {
    if (!inputs.some(({ relation }) => relation === name)) return name;
    if (!places.has(name)) places.set(name, places.size);
    return `__in#${places.get(name)}`;
  });
  const place = ({ relation }: StageInput) => places.get(relation) ?? relation;
  const read = [...inputs]
    .sort((a, b) => (places.get(a.relation) ?? 0) - (places.get(b.relation) ?? 0))
    .map((input) => [
      place(input),
      input.even ? 'even' : input.mode,
      input.stages.map((id) => [keys[id], partitionsOf(input, id, plan)]),
    ]);
  const scans = tasks.map((task) => task.scans);
  return createHash('sha256')
    .update(JSON.stringify([text, columns, scans, read, write ?? null, context]))
    .digest('hex');
}

/** Where rows are read by partitions, a task's rows depend on what these are. */
function partitionsOf({ mode }: StageInput, id: number, { stages }: Plan): unknown {
  if (mode !== 'partition') return null;
  const { hashBy, rangeBy, numberBy, partitions } = stages[id]!.exchange ?? {};
  return [hashBy, rangeBy ?? null, numberBy ?? null, partitions];
}
