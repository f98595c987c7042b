import { setMaxListeners } from 'node:events';
import { errors } from '../../planner/errors.ts';
import type { ResultStep } from '../../planner/plan/plan.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { sliceBatch } from '../../worker/rows/slice.ts';
import { parseType } from '../../worker/rows/types.ts';
import { makeColumnCheck } from './check-columns.ts';
import { makeBudgets, makeStageRun, type QueryRun, type ResultStream, stageOf } from './query-run.ts';
import { Dag } from './run-dag.ts';
import type { StageRun } from './run-stage.ts';

/** The answer is the rows of one stage, in partition order, from `offset` on and not more than `limit`. */
export async function* runConcat(
  run: QueryRun,
  step: Extract<ResultStep, { kind: 'concat' }>,
  given?: Dag,
): ResultStream {
  const stage = stageOf(run.plan, step.stage);
  makeColumnCheck(run.plan.columns, `stage ${stage.id}`)(stage.columns.map(({ type }) => parseType(type)));
  if (step.limit === 0) return;
  // Its end is not the query's: whoever reads the answer waits for the cleaning up, and does not take it for a cancel.
  const enough = new AbortController();
  const signal = AbortSignal.any([run.signal, enough.signal]);
  setMaxListeners(0, signal);
  const wanted: QueryRun = { ...run, signal };
  const dag = given ?? new Dag(run);
  let stageRun: StageRun | undefined;
  try {
    dag.start();
    stageRun = makeStageRun(wanted, await dag.work(stage.id), {
      aheadTasks: run.limits.aheadTasks,
      failAtOnce: step.limit === null,
      biggestFirst: false,
      budgets: makeBudgets(run, run.limits.heldBytes),
    });
    stageRun.start();
    yield* cutRows(stageRun.rows(), step.offset, step.limit ?? Number.POSITIVE_INFINITY);
  } finally {
    // Whatever still runs is not wanted any more: all rows have been read, or the limit is reached, or the reader has left.
    enough.abort(errors.cancelled());
    await stageRun?.close();
    await dag.close();
  }
}

/** Rows `offset` to `offset + limit`; does not ask for more than it needs. */
export async function* cutRows(rows: AsyncIterable<ColumnBatch>, offset: number, limit: number): ResultStream {
  let skip = offset;
  let left = limit;
  for await (const batch of rows) {
    if (skip >= batch.rowCount) {
      skip -= batch.rowCount;
      continue;
    }
    const part = sliceBatch(batch, skip, Math.min(batch.rowCount, skip + left));
    skip = 0;
    left -= part.rowCount;
    if (part.rowCount > 0) yield part;
    if (left <= 0) return;
  }
}
