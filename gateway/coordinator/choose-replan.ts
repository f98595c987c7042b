/** Whether a query goes on with another plan, and what of its stages that goes on with. Pure. */
import type { Plan, Stage, StageExchange, StageInput } from '../../planner/plan/plan.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { stageKeys } from './stage-key.ts';

/** How far a stage of the plan that runs is. */
export interface Progress {
  readonly ended: boolean;
  /** What its tasks read of files and stages, and how much of it those read that have ended. */
  readonly totalBytes: number;
  readonly doneBytes: number;
}

export interface ReplanRules {
  readonly slots: number;
  /** Work that may be lost: this part of a stage's ... */
  readonly wasteShare: number;
  /** ... or so many bytes read. */
  readonly wasteBytes: number;
}

export type Replan =
  | {
      readonly adopt: true;
      readonly plan: Plan;
      /** By id in the new plan, the id of the stage that runs or has run. */
      readonly kept: ReadonlyMap<number, number>;
    }
  | { readonly adopt: false; readonly reason: string };

/** The relation of rows that are divided once more. */
const againRelation = '__again';

/**
 * Compares a new plan with the one that runs. `begun`: stages of the old plan whose tasks have begun. A stage of the new plan that has the same rows as one that has
 * begun takes its place: as it is, where rows are left in the same way (or divided, where order means nothing to any reader and nobody asks for
 * partitions); divided once more, where they lie as they came and are asked for by hash. The new plan is taken when it is another one and little
 * of what has been done is lost.
 */
export function chooseReplan(old: Plan, begun: ReadonlyMap<number, Progress>, next: Plan, rules: ReplanRules): Replan {
  const refuse = (reason: string): Replan => ({ adopt: false, reason });
  if (next.strategy !== 'stages' || next.exchange?.adaptive !== true) return refuse('it is no plan of stages');
  const [oldKeys, newKeys] = [stageKeys(old, null), stageKeys(next, null)];
  if (isSame(old, oldKeys, next, newKeys)) return refuse('it is the same');
  const kept = new Map<number, number>();
  const again = new Map<number, number>();
  const used = new Set<number>();
  for (const how of ['same', 'divided', 'again'] as const) {
    for (const stage of next.stages) {
      if (kept.has(stage.id) || again.has(stage.id)) continue;
      const found = [...begun.keys()].find(
        (id) => !used.has(id) && oldKeys[id] === newKeys[stage.id] && serves(old, id, begun, next, stage) === how,
      );
      if (found === undefined) continue;
      used.add(found);
      if (how === 'again') again.set(stage.id, found);
      else kept.set(stage.id, found);
    }
  }
  for (const [id, { totalBytes, doneBytes }] of begun)
    if (!used.has(id) && doneBytes > Math.max(rules.wasteBytes, totalBytes * rules.wasteShare))
      return refuse(`stage ${id} would be lost`);
  for (const id of used)
    if (!begun.get(id)!.ended && !readsOf(old.stages[id]!).every((source) => used.has(source)))
      return refuse(`stage ${id} reads a stage that would be lost`);
  return { adopt: true as const, ...withAgain(old, next, kept, again, rules.slots) };
}

/** The same stages with the same exchanges, in any order. */
function isSame(old: Plan, oldKeys: readonly string[], next: Plan, newKeys: readonly string[]): boolean {
  const list = ({ stages }: Plan, keys: readonly string[]) =>
    stages.map(({ id, exchange }) => `${keys[id]} ${wayOf(exchange)}`).sort();
  return list(old, oldKeys).join() === list(next, newKeys).join();
}

function wayOf(exchange: StageExchange | undefined): string {
  return exchange === undefined
    ? 'result'
    : JSON.stringify([exchange.hashBy, exchange.rangeBy ?? null, exchange.partitions]);
}

function readsOf({ inputs = [] }: Stage): readonly number[] {
  return inputs.flatMap(({ stages }) => stages);
}

/** How the rows that a stage of the old plan left can be those of the new stage, which has the same. */
function serves(
  old: Plan,
  id: number,
  begun: ReadonlyMap<number, Progress>,
  next: Plan,
  { id: newId, exchange: wanted }: Stage,
): 'same' | 'divided' | 'again' | undefined {
  const { exchange } = old.stages[id]!;
  if (exchange === undefined || wanted === undefined) return undefined;
  if (wayOf(exchange) === wayOf(wanted)) return 'same';
  // Rows that did not come in order have no ranges.
  if (wanted.rangeBy !== undefined) return undefined;
  if (wanted.hashBy.length === 0) return readersOf(next, newId).every(isOrderless) ? 'divided' : undefined;
  return exchange.hashBy.length === 0 && begun.get(id)!.ended ? 'again' : undefined;
}

function readersOf({ stages }: Plan, id: number): readonly StageInput[] {
  return stages.flatMap(({ inputs = [] }) => inputs.filter((input) => input.stages.includes(id)));
}

/** Files and frames of one input must be of one kind to keep an order; this one has none to keep. */
function isOrderless({ mode, stages, orderless }: StageInput): boolean {
  return mode !== 'partition' && stages.length === 1 && orderless === true;
}

/** The new plan with stages that divide what has been computed, in place of those that would compute it again. */
function withAgain(
  old: Plan,
  next: Plan,
  kept: ReadonlyMap<number, number>,
  again: ReadonlyMap<number, number>,
  slots: number,
): { readonly plan: Plan; readonly kept: ReadonlyMap<number, number> } {
  const stages = [...next.stages];
  const all = new Map(kept);
  for (const [id, oldId] of again) {
    const source = stages.length;
    stages.push({ ...old.stages[oldId]!, id: source, inputs: [] });
    all.set(source, oldId);
    const { columns, exchange, expected, why } = next.stages[id]!;
    const list = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
    stages[id] = {
      id,
      sql: `SELECT ${list} FROM ${againRelation}`,
      columns,
      tasks: Array.from({ length: Math.max(1, slots) }, (_, partition) => ({ partition, scans: [] })),
      replayable: false,
      why: `divides what was computed already: ${why}`,
      inputs: [{ relation: againRelation, stages: [source], mode: 'share', required: true, orderless: true }],
      ...(exchange === undefined ? {} : { exchange }),
      ...(expected === undefined ? {} : { expected }),
    };
  }
  return { plan: { ...next, stages }, kept: all };
}
