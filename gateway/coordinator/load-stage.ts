import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Stage, stageRelation } from '../../planner/plan/plan.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { appendBatch } from '../../worker/exchange/append-batch.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';

/**
 * Makes the temporary table of a stage on the connection and fills it with the rows, in their order. Gives the event loop its turn
 * every `sliceMs`.
 */
export async function loadStage(
  connection: DuckDBConnection,
  stage: Stage,
  rows: AsyncIterable<ColumnBatch>,
  sliceMs: number,
): Promise<void> {
  const name = stageRelation(stage.id);
  const columns = stage.columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${quoteIdentifier(name)} (${columns.join(', ')})`);
  const appender = await connection.createAppender(name, 'main', 'temp');
  let sliceEnd = performance.now() + sliceMs;
  try {
    for await (const batch of rows) {
      appendBatch(appender, batch);
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
  } catch (error) {
    appender.clear();
    appender.closeSync();
    throw error;
  }
  // Flushes as well.
  appender.closeSync();
}
