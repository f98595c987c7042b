import type { DuckDBConnection } from '@duckdb/node-api';
import { SluiceError } from '../../planner/errors.ts';
import { type ResultStep, stageRelation } from '../../planner/plan/plan.ts';
import { checkFiles } from '../../worker/engine/check-files.ts';
import { isFatal, toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { createScanView } from '../../worker/engine/print-scan.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { partitionPlaceSql, statementTimeSql, wholePlace } from '../../worker/engine/session-settings.ts';
import { makeColumnCheck } from './check-columns.ts';
import { interruptible } from './interruptible.ts';
import { loadStage } from './load-stage.ts';
import { makeBudgets, makeStageRun, type QueryRun, type ResultStream, stageOf } from './query-run.ts';
import { Dag, PlanReplaced } from './run-dag.ts';
import type { StageRun } from './run-stage.ts';
import { dropInTransaction, streamSql, streamThroughTable } from './sql-stream.ts';

type SqlStep = Extract<ResultStep, { kind: 'sql' }>;

/**
 * The answer is what `step.sql` gives in one of the gateway's DuckDBs, over the step's files (views) and the rows of its stages (temporary
 * tables). On a connection of its own to the query engine, which ends with the answer, or on the session's, where everything made here is dropped again.
 */
export async function* runSql(run: QueryRun, step: SqlStep, dag?: Dag): ResultStream {
  const own = step.where === 'own';
  let stages: Stages | undefined;
  let connection: DuckDBConnection | undefined;
  try {
    // The tasks are on their way while the connection is made ready.
    stages = startStages(run, step, dag);
    connection = own ? await run.connections.open(run.context.settings) : run.context.connection;
    run.signal.throwIfAborted();
    if (own) yield* runOnOwn(run, step, connection, stages);
    else yield* runOnSession(run, step, connection, stages);
  } catch (error) {
    if (error instanceof PlanReplaced) throw error;
    if (own && connection !== undefined && isFatal(error)) run.connections.failed(connection);
    const told = run.signal.aborted ? run.signal.reason : await finalError(error, run, step);
    run.abort(told);
    throw told;
  } finally {
    await stages?.close();
    if (own && connection !== undefined) run.connections.close(connection);
  }
}

/** The connection is fresh and has the settings of the session. */
async function* runOnOwn(run: QueryRun, step: SqlStep, connection: DuckDBConnection, stages: Stages): ResultStream {
  await loadStages(run, step, connection, stages);
  run.trace.clock.setWork('merge');
  const time = statementTimeSql(run.context.settings, step.sql);
  const place = partitionPlaceSql(wholePlace, step.sql);
  yield* streamSql(streamOptions(run, step, connection), {
    setup: [time, place, ...step.scans.map(createScanView)].filter((sql) => sql !== ''),
    check: () => checkFiles(step.scans),
  });
}

/** The connection has its settings already, and may be in a transaction. */
async function* runOnSession(run: QueryRun, step: SqlStep, connection: DuckDBConnection, stages: Stages): ResultStream {
  try {
    await checkFiles(step.scans);
    const setup = step.scans.map(createScanView).join('; ');
    if (setup !== '') await guarded(run, connection, () => connection.run(setup));
    await loadStages(run, step, connection, stages);
    run.trace.clock.setWork('merge');
    const stream = (await mustRunOnce(run, step, connection)) ? streamThroughTable : streamSql;
    yield* stream(streamOptions(run, step, connection));
    await checkFiles(step.scans);
  } finally {
    await dropRelations(connection, step);
  }
}

function guarded<T>(run: QueryRun, connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  return interruptible(connection, run.signal, run.limits.interruptEveryMs, work);
}

function streamOptions({ signal, limits, plan }: QueryRun, step: SqlStep, connection: DuckDBConnection) {
  const check = makeColumnCheck(plan.columns, 'the answer');
  return { connection, sql: step.sql, signal, interruptEveryMs: limits.interruptEveryMs, check };
}

/** The stages of a step while they run. */
interface Stages {
  /** Those that the step reads, in its order, each once it has begun. */
  readonly runs: readonly Promise<StageRun>[];
  /** To be called in any case, after the run's signal was aborted or the last row was read; more than once does no harm. */
  readonly close: () => Promise<void>;
}

/** Begins all stages, each as soon as it can. */
function startStages(run: QueryRun, step: SqlStep, dag = new Dag(run)): Stages {
  const budgets = makeBudgets(run, run.limits.mergeHeldBytes);
  const mode = { aheadTasks: run.limits.mergeAheadTasks, failAtOnce: true, biggestFirst: true, budgets };
  dag.start();
  const runs = step.stages.map(async (id) => {
    const stageRun = makeStageRun(run, await dag.work(id), mode);
    stageRun.start();
    return stageRun;
  });
  const settled = Promise.allSettled(runs);
  const end = async () => {
    for (const outcome of await settled) if (outcome.status === 'fulfilled') await outcome.value.close();
    await dag.close();
  };
  let ended: Promise<void> | undefined;
  return {
    runs,
    close: () => {
      ended ??= end();
      return ended;
    },
  };
}

/** Loads one stage after the other. */
async function loadStages(run: QueryRun, step: SqlStep, connection: DuckDBConnection, stages: Stages): Promise<void> {
  for (const [index, id] of step.stages.entries()) {
    const rows = (await stages.runs[index]!).rows();
    await guarded(run, connection, () => loadStage(connection, stageOf(run.plan, id), rows, run.limits.appendSliceMs));
  }
  await stages.close();
}

const sideEffects = /\b(nextval|currval|setseed)\b/i;

/** See `streamThroughTable`. Outside a transaction every statement has a transaction number of its own. */
async function mustRunOnce(run: QueryRun, step: SqlStep, connection: DuckDBConnection): Promise<boolean> {
  if (step.where === 'own') return false;
  if (sideEffects.test(step.sql)) return true;
  const number = async () => (await connection.run('SELECT txid_current()')).getRows();
  const next = () => guarded(run, connection, number);
  const [[first], [second]] = [(await next())[0]!, (await next())[0]!];
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
