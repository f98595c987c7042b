import type { DuckDBConnection } from '@duckdb/node-api';
import { SluiceError } from '../../planner/errors.ts';
import { type ResultStep, stageRelation } from '../../planner/plan/plan.ts';
import { checkFiles } from '../../worker/engine/check-files.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { createScanView } from '../../worker/engine/print-scan.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { settingsSql, statementTimeSql } from '../../worker/engine/session-settings.ts';
import { makeColumnCheck } from './check-columns.ts';
import { interruptible } from './interruptible.ts';
import { loadStage } from './load-stage.ts';
import { makeBudgets, makeStageRun, type QueryRun, type ResultStream, stageOf } from './query-run.ts';
import type { StageRun } from './run-stage.ts';
import { dropInTransaction, streamSql, streamThroughTable } from './sql-stream.ts';

type SqlStep = Extract<ResultStep, { kind: 'sql' }>;

/**
 * The answer is what `step.sql` gives in the coordinator's DuckDB, over the step's files (views) and the rows of its stages (temporary
 * tables). On a connection of its own, which ends with the answer, or on the session's, where everything made here is dropped again.
 */
export async function* runSql(run: QueryRun, step: SqlStep): ResultStream {
  const own = step.where === 'own';
  const connection = own ? await run.connections.open() : run.context.connection;
  try {
    run.signal.throwIfAborted();
    yield* runOn(run, step, connection);
  } catch (error) {
    run.signal.throwIfAborted();
    throw await finalError(error, run, step);
  } finally {
    if (own) run.connections.close(connection);
  }
}

async function* runOn(run: QueryRun, step: SqlStep, connection: DuckDBConnection): ResultStream {
  const { signal, limits, plan } = run;
  const guarded = <T>(work: () => Promise<T>) => interruptible(connection, signal, limits.interruptEveryMs, work);
  try {
    await checkFiles(step.scans);
    const setup = setupSql(run, step);
    if (setup !== '') await guarded(() => connection.run(setup));
    await loadStages(run, step, connection);
    const stream = (await mustRunOnce(run, step, connection)) ? streamThroughTable : streamSql;
    yield* stream({
      connection,
      sql: step.sql,
      signal,
      interruptEveryMs: limits.interruptEveryMs,
      check: makeColumnCheck(plan.columns, 'the answer'),
    });
    await checkFiles(step.scans);
  } finally {
    if (step.where === 'session') await dropRelations(connection, step);
  }
}

/** The settings of the session, which its own connection has already, and the views. */
function setupSql(run: QueryRun, step: SqlStep): string {
  const { settings } = run.context;
  const own = step.where === 'own' ? [settingsSql(settings), statementTimeSql(settings, step.sql)] : [];
  return [...own, ...step.scans.map(createScanView)].filter((sql) => sql !== '').join('; ');
}

/** Runs all stages at the same time and loads one after the other. */
async function loadStages(run: QueryRun, step: SqlStep, connection: DuckDBConnection): Promise<void> {
  const { limits, signal, abort } = run;
  const budgets = makeBudgets(run, limits.mergeHeldBytes);
  const mode = { aheadTasks: limits.mergeAheadTasks, failAtOnce: true, budgets };
  const stageRuns: StageRun[] = [];
  try {
    for (const id of step.stages) stageRuns.push(makeStageRun(run, stageOf(run.plan, id), mode));
    for (const stageRun of stageRuns) stageRun.start();
    for (const [index, id] of step.stages.entries()) {
      const rows = stageRuns[index]!.rows();
      await interruptible(connection, signal, limits.interruptEveryMs, () =>
        loadStage(connection, stageOf(run.plan, id), rows, limits.appendSliceMs),
      );
    }
  } catch (error) {
    abort(error);
    throw error;
  } finally {
    await Promise.all(stageRuns.map((stageRun) => stageRun.close()));
  }
}

const sideEffects = /\b(nextval|currval|setseed)\b/i;

/** See `streamThroughTable`. Outside a transaction every statement has a transaction number of its own. */
async function mustRunOnce(run: QueryRun, step: SqlStep, connection: DuckDBConnection): Promise<boolean> {
  if (step.where === 'own') return false;
  if (sideEffects.test(step.sql)) return true;
  const number = async () => (await connection.run('SELECT txid_current()')).getRows();
  const guarded = () => interruptible(connection, run.signal, run.limits.interruptEveryMs, number);
  const [[first], [second]] = [(await guarded())[0]!, (await guarded())[0]!];
  return first === second;
}

async function dropRelations(connection: DuckDBConnection, step: SqlStep): Promise<void> {
  const drops = [
    ...step.scans.map(({ name }) => `DROP VIEW IF EXISTS temp.${quoteIdentifier(name)}`),
    ...step.stages.map((id) => `DROP TABLE IF EXISTS temp.${quoteIdentifier(stageRelation(id))}`),
  ];
  if (drops.length > 0) await dropInTransaction(connection, drops.join('; '));
}

/**
 * What the step failed of: a file that was replaced hides what that brought about. Positions are told only where the text that ran is
 * the client's.
 */
async function finalError(error: unknown, run: QueryRun, step: SqlStep): Promise<SluiceError> {
  const told = toSluiceError(error, step.sql);
  if (step.scans.length > 0 && (told.errorClass === 'user' || told.errorClass === 'infra')) {
    try {
      await checkFiles(step.scans);
    } catch (changed) {
      return toSluiceError(changed);
    }
  }
  if (told.position === undefined || run.plan.strategy === 'local') return told;
  return new SluiceError(told.errorClass, told.sqlstate, told.message, { ...told, position: undefined, cause: told });
}
