import type { DuckDBConnection } from '@duckdb/node-api';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { Run, RunExchange, RunWrite, TaskReport } from '../protocol/messages.ts';
import type { ColumnBatch } from '../rows/column-batch.ts';
import { readChunk } from '../rows/read-chunk.ts';
import { sliceBatch } from '../rows/slice.ts';
import { typeText } from '../rows/types.ts';
import { checkFiles } from './check-files.ts';
import { toSluiceError } from './duckdb-error.ts';
import { isUnnamedFile, nameUnreadableFile } from './find-unreadable-file.ts';
import { joinDataFiles } from './join-data-files.ts';
import { createScanView } from './print-scan.ts';
import { RangePoints } from './range-keys.ts';
import { checkInputFiles, findLostRows, loadInputs } from './read-inputs.ts';
import { partitionPlaceSql, settingsSql, statementTimeSql, wholePlace } from './session-settings.ts';
import { type QueryStream, streamQuery } from './stream-query.ts';
import { writeDataSet } from './write-data-set.ts';
import { checkTaskColumns, exchangeFramesSql, PartitionCounter, writeExchangeFile } from './write-exchange.ts';

/** What of a `run` message the engine needs. */
export type TaskSpec = Pick<
  Run,
  'sql' | 'columns' | 'scans' | 'settings' | 'skipRows' | 'spill' | 'inputs' | 'exchange' | 'write' | 'place'
>;

/** What a task did, as far as the engine knows. */
export type EngineReport = Omit<TaskReport, 'spooledBytes'>;

/** Takes the rows in order; the query waits for it. Returns the bytes that it made of them. */
export type RowSink = (batch: ColumnBatch) => Promise<number>;

/** An interrupt that comes between two statements is lost, so it is repeated until the task has ended. */
const interruptEveryMs = 20;

/**
 * Runs one task on a fresh connection: settings, statement time, views of scans and inputs, then the SQL, whose rows go to `sink` without the
 * first `skipRows`, or to the file of the exchange. `frames`: those of the inputs (see `loadInputs`). Rejects with SluiceError: `inputChanged`
 * when a file is not (or, after the last row, no longer) the one that was listed; `stageRowsLost` when one of an earlier stage is gone; the
 * reason of `signal`, which stops DuckDB within milliseconds, also while `sink` is waited for (if that ends with the signal).
 * Positions in errors are dropped: they would refer to the fragment, not to the client's text. `hasSettings`: the connection has those of the
 * task.
 */
export async function runTask(
  connection: DuckDBConnection,
  task: TaskSpec,
  sink: RowSink,
  signal: AbortSignal,
  frames: readonly Uint8Array[] = [],
  hasSettings = false,
): Promise<EngineReport> {
  const started = performance.now();
  const stopInterrupts = interruptWhenAborted(connection, signal);
  try {
    await checkInputFiles(task.inputs ?? []);
    signal.throwIfAborted();
    const views = await loadInputs(connection, task.inputs ?? [], frames, signal);
    const setup = [...setupSql(task, hasSettings), ...views];
    const sums =
      task.write !== undefined
        ? await writeFiles(connection, task, task.write, setup, signal)
        : typeof task.exchange?.path === 'string'
          ? await writeFile(connection, task, { ...task.exchange, path: task.exchange.path }, setup, signal)
          : await streamRows(connection, task, setup, sink, signal);
    return { ...sums, elapsedMs: performance.now() - started };
  } catch (error) {
    throw await finalError(error, connection, task, signal);
  } finally {
    stopInterrupts();
  }
}

/** What makes the connection ready, in one text. */
function setupSql(task: TaskSpec, hasSettings: boolean): readonly string[] {
  const settings = hasSettings ? '' : settingsSql(task.settings);
  const time = statementTimeSql(task.settings, task.sql);
  const place = partitionPlaceSql(task.place ?? wholePlace, task.sql);
  const spill = task.spill ? 'SET SESSION debug_force_external = true' : '';
  return [settings, time, place, spill, ...task.scans.map(createScanView)].filter((sql) => sql !== '');
}

async function writeFile(
  connection: DuckDBConnection,
  task: TaskSpec,
  exchange: RunExchange & { readonly path: string },
  setup: readonly string[],
  signal: AbortSignal,
) {
  const check = async () => {
    await checkFiles(task.scans);
    signal.throwIfAborted();
  };
  await check();
  const { path } = exchange;
  return { ...(await writeExchangeFile({ connection, task, exchange, path, setup, check })), bytes: 0 };
}

async function writeFiles(
  connection: DuckDBConnection,
  task: TaskSpec,
  write: RunWrite,
  setup: readonly string[],
  signal: AbortSignal,
) {
  const check = async () => {
    await checkFiles(task.scans);
    signal.throwIfAborted();
  };
  await check();
  const { joins } = write;
  const written =
    joins === undefined
      ? await writeDataSet({ connection, task, write, setup, check })
      : await joinDataFiles({ connection, columns: task.columns, write, joins, setup, signal });
  return { ...written, bytes: 0 };
}

async function streamRows(
  connection: DuckDBConnection,
  task: TaskSpec,
  setup: readonly string[],
  sink: RowSink,
  signal: AbortSignal,
) {
  const { exchange } = task;
  const sql = exchange === undefined ? task.sql : exchangeFramesSql(task.sql, exchange);
  const counter = exchange === undefined ? undefined : rowCounter(exchange);
  const check = () => checkFiles(task.scans);
  const stream = await streamQuery(connection, sql, () => signal.aborted, setup, check);
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
      const read = readChunk(chunk, types);
      counter?.add(read);
      const whole = exchange?.rangeBy === undefined ? read : { ...read, columns: read.columns.slice(0, -1) };
      const batch = skip === 0 ? whole : sliceBatch(whole, skip, whole.rowCount);
      skip = 0;
      rows += batch.rowCount;
      bytes += await sink(batch);
    }
    if (skip > 0) throw errors.internal(`a retried task gave ${skip} rows fewer than its first attempt`);
    return { rows, bytes, ...(counter && { exchange: { ...counter.report(), fileBytes: 0 } }) };
  } finally {
    await stream.close();
  }
}

/** Counts the rows that go to an exchange in frames. */
function rowCounter({ rangeBy, partitions, points }: RunExchange) {
  if (rangeBy === undefined) {
    const counter = new PartitionCounter(partitions);
    return { add: (batch: ColumnBatch) => counter.add(batch), report: () => ({ partitionRows: counter.rows }) };
  }
  const picked = new RangePoints(points ?? 1);
  const report = () => ({ partitionRows: [picked.rows], points: picked.points });
  return { add: (batch: ColumnBatch) => picked.add(batch), report };
}

function checkColumns({ result }: QueryStream, task: TaskSpec): void {
  if (task.exchange !== undefined) {
    const types = result.columnTypes().slice(0, -1);
    checkTaskColumns(
      task,
      result
        .columnNames()
        .slice(0, -1)
        .map((name, i) => ({ name, type: typeText(types[i]!) })),
    );
    return;
  }
  const given = result.columnCount;
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
    if (told.errorClass === 'user' || told.errorClass === 'infra') {
      await checkFiles(task.scans);
      await checkInputFiles(task.inputs ?? []);
    }
    if (told.sqlstate === '58030') told = (await findLostRows(connection, task.inputs ?? [])) ?? told;
    if (isUnnamedFile(told)) told = await nameUnreadableFile(connection, task.scans, told);
    signal.throwIfAborted();
  } catch (instead) {
    return instead instanceof SluiceError ? instead : errors.cancelled();
  }
  if (told.position === undefined) return told;
  return new SluiceError(told.errorClass, told.sqlstate, told.message, { ...told, position: undefined, cause: told });
}
