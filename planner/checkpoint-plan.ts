import type { Plan, ResultStep, Stage } from './plan/plan.ts';
import { stageRelation } from './plan/plan.ts';
import { exchangeable } from './stages/exchangeable.ts';

/** Tasks that read what was kept for the answer. */
const maxReaders = 16;
const keptRelation = '__kept';

/**
 * The plan with what its tasks leave kept under a name. Rows of a stage that the result step reads would be gone once they are read: they are left for
 * one more stage that hands them on. A stage that writes files, or has values that can't travel between stages, runs anew each time. A plan
 * without stages has nothing to keep.
 */
export function withCheckpoint(plan: Plan, name: string): Plan {
  if (plan.stages.length === 0) return plan;
  let result = plan.result;
  const stages: Stage[] = [...plan.stages];
  for (const stage of plan.stages) {
    const { exchange, write, columns, id, tasks } = stage;
    if (exchange !== undefined || write !== undefined || !columns.every(({ type }) => exchangeable(type))) continue;
    const bytes = plan.scans.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    stages[id] = { ...stage, exchange: { hashBy: [], partitions: 1, bytes } };
    const reader: Stage = {
      id: stages.length,
      sql: `SELECT * FROM ${keptRelation}`,
      columns,
      tasks: Array.from({ length: Math.min(maxReaders, tasks.length) }, (_, partition) => ({ partition, scans: [] })),
      replayable: false,
      why: 'reads what is kept',
      inputs: [{ relation: keptRelation, stages: [id], mode: 'share', required: false }],
    };
    stages.push(reader);
    result = readingInstead(result, id, reader.id);
  }
  return { ...plan, stages, result, checkpoint: name, exchange: { via: 'files', adaptive: false } };
}

function readingInstead(result: ResultStep, from: number, to: number): ResultStep {
  if (result.kind === 'concat') return result.stage === from ? { ...result, stage: to } : result;
  const stages = result.stages.map((id) => (id === from ? to : id));
  const sql = result.sql.replace(new RegExp(`\\b${stageRelation(from)}\\b`, 'g'), stageRelation(to));
  return { ...result, sql, stages };
}
