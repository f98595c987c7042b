/** Plans with exchanges, written by hand, over the files of `makeFiles`. */
import type { ExchangePolicy, Plan, ResultStep, Scan, Stage, StageInput } from '../../planner/plan/plan.ts';
import { planOf } from './coordinator-bed.ts';

const keyed = [
  { name: 'a', type: 'BIGINT' },
  { name: 'k', type: 'BIGINT' },
];

/** Rows of files, by their key, for others. One task per scan. */
export function producer(id: number, scans: readonly Scan[], overrides: Partial<Stage> = {}): Stage {
  return {
    id,
    sql: 'SELECT a, a % 100 AS k FROM __scan0',
    columns: keyed,
    tasks: scans.map((scan, partition) => ({ partition, scans: [scan] })),
    replayable: true,
    why: 'test',
    exchange: { hashBy: ['"k"'], partitions: 4, bytes: 1 },
    ...overrides,
  };
}

/** Each task reads its partition of the stage. */
export function input(relation: string, stage: number, overrides: Partial<StageInput> = {}): StageInput {
  return { relation, stages: [stage], mode: 'partition', required: true, ...overrides };
}

/** A stage that reads only other stages. */
export function consumer(
  id: number,
  tasks: number,
  sql: string,
  inputs: readonly StageInput[],
  overrides: Partial<Stage> = {},
): Stage {
  return {
    id,
    sql,
    columns: keyed,
    tasks: Array.from({ length: tasks }, (_, partition) => ({ partition, scans: [] })),
    replayable: false,
    why: 'test',
    inputs,
    ...overrides,
  };
}

/** The answer is the rows of the last stage, unless `result` says otherwise. */
export function stagesPlan(stages: readonly Stage[], policy: Partial<ExchangePolicy> = {}, result?: ResultStep): Plan {
  return planOf({
    strategy: 'stages',
    columns: stages.at(-1)!.columns,
    stages,
    exchange: { via: 'auto', adaptive: false, ...policy },
    result: result ?? { kind: 'concat', stage: stages.length - 1, limit: null, offset: 0 },
  });
}

/** How often the rows of `left` meet rows of `right` with the same key (100 of them), counted in four tasks: rows of (key, count). */
export function joinPlan(left: Stage, right: Stage, policy: Partial<ExchangePolicy> = {}): Plan {
  const sql = 'SELECT l.k AS a, count(*) AS k FROM __in0 l JOIN __in1 r ON l.k = r.k GROUP BY l.k';
  return stagesPlan([left, right, consumer(2, 4, sql, [input('__in0', 0), input('__in1', 1)])], policy);
}
