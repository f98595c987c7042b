import type { QueryRun, ResultStream } from './query-run.ts';
import { runConcat } from './run-concat.ts';
import { Dag, PlanReplaced } from './run-dag.ts';
import { runSql } from './run-sql.ts';
import { runWrite } from './run-write.ts';

/** The answer of a plan, or of the plan that takes its place while its stages run (see `Dag`); rows leave only when the plan stays. */
export async function* runPlan(run: QueryRun): ResultStream {
  if (run.context.replan === undefined || run.plan.exchange?.adaptive !== true) {
    yield* resultOf(run);
    return;
  }
  const dag = new Dag(run);
  try {
    for (let current = run; ; ) {
      try {
        yield* resultOf(current, dag);
        return;
      } catch (error) {
        if (!(error instanceof PlanReplaced)) throw error;
        current = { ...run, plan: error.plan };
      }
    }
  } finally {
    await dag.close(true);
  }
}

function resultOf(run: QueryRun, dag?: Dag): ResultStream {
  const { result, stages } = run.plan;
  if (result.kind === 'sql') return runSql(run, result, dag);
  const stage = stages[result.stage];
  return stage?.write === undefined ? runConcat(run, result, dag) : runWrite(run, stage, stage.write);
}
