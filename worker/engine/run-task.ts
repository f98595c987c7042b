import type { DuckDBConnection } from '@duckdb/node-api';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { Run, TaskReport } from '../protocol/messages.ts';
import type { ColumnBatch } from '../rows/column-batch.ts';
import { readChunk } from '../rows/read-chunk.ts';
import { sliceBatch } from '../rows/slice.ts';
import { checkFiles } from './check-files.ts';
import { toSluiceError } from './duckdb-error.ts';
import { isUnnamedFile, nameUnreadableFile } from './find-unreadable-file.ts';
import { createScanView } from './print-scan.ts';
import { settingsSql, statementTimeSql } from './session-settings.ts';
import { type QueryStream, streamQuery } from './stream-query.ts';

/** What of a `run` message the engine needs. */
export type TaskSpec = Pick<Run, 'sql' | 'columns' | 'scans' | 'settings' | 'skipRows'>;

/** Takes the rows in order; the query waits for it. Returns the bytes that it made of them. */
export type RowSink = (batch: ColumnBatch) => Promise<number>;

/** An interrupt that comes between two statements is lost, so it is repeated until the task has ended. */
const interruptEveryMs = 20;

/**
 * Runs one task on a fresh connection: settings, statement time, views of the scans, then the SQL, whose rows go to `sink` without the
 * first `skipRows`. Rejects with SluiceError: `inputChanged` when a file is not (or, after the last row, no longer) the one that was
 * listed; the reason of `signal`, which stops DuckDB within milliseconds, also while `sink` is waited for (if that ends with the signal).
 * Positions in errors are dropped: they would refer to the fragment, not to the client's text.
 */
export async function runTask(
  connection: DuckDBConnection,
  task: TaskSpec,
  sink: RowSink,
  signal: AbortSignal,
): Promise<Omit<TaskReport, 'spooledBytes'>> {
  const started = performance.now();
  const stopInterrupts = interruptWhenAborted(connection, signal);
  try {
    await checkFiles(task.scans);
    signal.throwIfAborted();
    const sums = await streamRows(connection, task, sink, signal);
    await checkFiles(task.scans);
    return { ...sums, elapsedMs: performance.now() - started };
  } catch (error) {
    throw await finalError(error, connection, task, signal);
  } finally {
    stopInterrupts();
  }
}

/** What makes the connection ready, in one text. */
function setupSql(task: TaskSpec): readonly string[] {
  const time = statementTimeSql(task.settings, task.sql);
  return [settingsSql(task.settings), ...(time === '' ? [] : [time]), ...task.scans.map(createScanView)];
}

async function streamRows(connection: DuckDBConnection, task: TaskSpec, sink: RowSink, signal: AbortSignal) {
  const stream = await streamQuery(connection, task.sql, () => signal.aborted, setupSql(task));
  try {
    checkColumns(stream, task);
    const types = stream.result.columnTypes();
    let skip = task.skipRows;
    let rows = 0;
    let bytes = 0;
    for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
      signal.throwIfAborted();
      if (skip >= chunk.rowCount) {
        skip -= chunk.rowCount;
        continue;
      }
      const whole = readChunk(chunk, types);
      const batch = skip === 0 ? whole : sliceBatch(whole, skip, whole.rowCount);
      skip = 0;
      rows += batch.rowCount;
      bytes += await sink(batch);
    }
    if (skip > 0) throw errors.internal(`a retried task gave ${skip} rows fewer than its first attempt`);
    return { rows, bytes };
  } finally {
    await stream.close();
  }
}

function checkColumns(stream: QueryStream, task: TaskSpec): void {
  const given = stream.result.columnCount;
  if (given !== task.columns.length)
    throw errors.internal(`the plan says ${task.columns.length} columns, the fragment has ${given}`);
}

function interruptWhenAborted(connection: DuckDBConnection, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), interruptEveryMs);
  };
  if (signal.aborted) interrupt();
  else signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    signal.removeEventListener('abort', interrupt);
    clearInterval(timer);
  };
}

/** What the task failed of. A cancel hides what it brought about; so does a replaced file. */
async function finalError(
  error: unknown,
  connection: DuckDBConnection,
  task: TaskSpec,
  signal: AbortSignal,
): Promise<SluiceError> {
  let told = toSluiceError(error);
  try {
    signal.throwIfAborted();
    if (told.errorClass === 'user' || told.errorClass === 'infra') await checkFiles(task.scans);
    if (isUnnamedFile(told)) told = await nameUnreadableFile(connection, task.scans, told);
    signal.throwIfAborted();
  } catch (instead) {
    return instead instanceof SluiceError ? instead : errors.cancelled();
  }
  if (told.position === undefined) return told;
  return new SluiceError(told.errorClass, told.sqlstate, told.message, { ...told, position: undefined, cause: told });
}
