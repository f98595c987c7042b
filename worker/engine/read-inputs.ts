import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { errors, type SluiceError } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import { appendBatch } from '../exchange/append-batch.ts';
import { decodeFrame } from '../exchange/arrow-frames.ts';
import { type InputFile, partitionColumn, type RunInput, type RunRange } from '../protocol/messages.ts';
import { parseType, typeText } from '../rows/types.ts';
import { toSluiceError } from './duckdb-error.ts';
import { decodedItems, fileList } from './exchange-files.ts';
import { quoteIdentifier } from './quote.ts';
import { rangeConditions } from './range-keys.ts';

/**
 * Makes the frames of a task's inputs ready on the connection and gives the statements that create the inputs' relations (to be run with the rest of
 * the setup): temporary views over files, then frames, in their order, with the exact types of the plan.
 *
 * `frames`: of all inputs, one input after the other. Rejects with `badPeer` for frames that are too many, too few, unreadable or of other columns.
 */
export async function loadInputs(
  connection: DuckDBConnection,
  inputs: readonly RunInput[],
  frames: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const expected = inputs.reduce((sum, input) => sum + input.frames, 0);
  if (frames.length !== expected) throw errors.badPeer(`${frames.length} frames of inputs instead of ${expected}`);
  const views: string[] = [];
  let next = 0;
  for (const [number, input] of inputs.entries()) {
    const own = frames.slice(next, next + input.frames);
    next += input.frames;
    const table = own.length === 0 ? null : `__frames_${number}`;
    if (table !== null) await loadFrames(connection, table, input, own, signal);
    views.push(`CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(input.relation)} AS ${printInput(input, table)}`);
  }
  return views;
}

/** The SELECT of an input. `table`: the one with the rows of its frames, if there are any. */
export function printInput(input: RunInput, table: string | null): string {
  const range = input.range === undefined ? undefined : rangeConditions(input.range);
  const ranged = range === undefined ? [] : [...range.low, ...range.high];
  const { frameRows } = input;
  // Rows of a table that only grows are numbered from 0.
  const cut = frameRows === undefined ? [] : [`rowid >= ${frameRows[0]}`, `rowid < ${frameRows[1]}`];
  const wanted = [...ranged, ...cut];
  const frames = table === null ? null : `SELECT * FROM temp.main.${quoteIdentifier(table)}${where(wanted)}`;
  const parts = [printFiles(input), frames];
  const given = parts.filter((part) => part !== null);
  return given.length === 0 ? printEmpty(input.columns) : given.join(' UNION ALL ');
}

function printFiles({ columns, files, partitions, range }: RunInput): string | null {
  if (files.length === 0 || partitions?.length === 0) return null;
  const items = decodedItems(columns).join(', ');
  const wanted = partitions === null ? [] : [printPartitions(partitions)];
  const selects = runsOf(files).map((run) => {
    const [{ rows, sure }] = run;
    const list = fileList(run.map(({ path }) => path));
    const source = `read_parquet(${list}${rows === undefined ? '' : ', file_row_number = true'})`;
    const between = rows === undefined ? [] : [`file_row_number >= ${rows[0]}`, `file_row_number < ${rows[1]}`];
    const inRange = range === undefined || sure === undefined ? [] : uncertain(range, sure);
    // Sort keys are made of what the columns were: these are there under their names in a relation of their own.
    if (inRange.length === 0) return `SELECT ${items} FROM ${source}${where([...wanted, ...between])}`;
    const rowNumber = 'file_row_number';
    const decoded = `SELECT ${items}, ${rowNumber} AS "__row" FROM ${source}${where([...wanted, ...between])}`;
    const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
    return `SELECT ${names} FROM (${decoded}) AS "__slice"${where(inRange)}`;
  });
  return selects.join(' UNION ALL ');
}

/** Only rows outside of `sure` have to be compared with the ends of the range. */
function uncertain(range: RunRange, [from, to]: readonly [number, number]): readonly string[] {
  const { low, high } = rangeConditions(range);
  return [
    ...low.map((condition) => `("__row" >= ${from} OR ${condition})`),
    ...high.map((condition) => `("__row" < ${to} OR ${condition})`),
  ];
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** Neighbouring files that one reader reads: those that are read whole; of the others each has its own rows. */
function runsOf(files: readonly InputFile[]): readonly (readonly [InputFile, ...InputFile[]])[] {
  const runs: [InputFile, ...InputFile[]][] = [];
  for (const file of files) {
    const last = runs.at(-1);
    if (last !== undefined && file.rows === undefined && last[0].rows === undefined) last.push(file);
    else runs.push([file]);
  }
  return runs;
}

/** A range where it is one: ranges reach the reader as they are. */
function printPartitions(partitions: readonly number[]): string {
  const column = quoteIdentifier(partitionColumn);
  const sorted = [...new Set(partitions)].sort((a, b) => a - b);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  if (first === last) return `${column} = ${first}`;
  if (last - first === sorted.length - 1) return `${column} >= ${first} AND ${column} <= ${last}`;
  return `${column} IN (${sorted.join(', ')})`;
}

function printEmpty(columns: readonly OutputColumn[]): string {
  const items = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${items.join(', ')} WHERE false`;
}

async function loadFrames(
  connection: DuckDBConnection,
  table: string,
  { relation, columns }: RunInput,
  frames: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  const definitions = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${quoteIdentifier(table)} (${definitions.join(', ')})`);
  const types = columns.map(({ type }) => typeText(parseType(type)));
  const appender = await connection.createAppender(table, 'main', 'temp');
  try {
    for (const frame of frames) {
      signal.throwIfAborted();
      const batch = decodeFrame(frame);
      const given = batch.columns.map(({ type }) => typeText(type));
      if (given.length !== types.length || given.some((type, i) => type !== types[i]))
        throw errors.badPeer(`rows of ${relation} are (${given.join(', ')}) instead of (${types.join(', ')})`);
      appendBatch(appender, batch);
      await new Promise(setImmediate); // other tasks and cancels have their turn
    }
  } finally {
    appender.closeSync();
  }
}

/** `stat` calls at a time: each holds a thread of libuv's pool. */
const statsAtOnce = 8;

/** Checks that the files of the inputs are there, whole. Raises `stageRowsLost`: the stage that wrote them has to run again. */
export async function checkInputFiles(inputs: readonly RunInput[]): Promise<void> {
  const files = inputs.flatMap((input) => input.files);
  let next = 0;
  const worker = async () => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const { path, bytes } = file;
      const size = await stat(path).then(
        (found) => found.size,
        (error: NodeJS.ErrnoException) => {
          throw errors.stageRowsLost(path, error.message);
        },
      );
      if (size !== bytes) throw errors.stageRowsLost(path, `It has ${size} bytes instead of ${bytes}.`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(statsAtOnce, files.length) }, worker));
}

/** Reads the files of the inputs one by one and gives `stageRowsLost` for the first that can't be read; undefined when all can. */
export async function findLostRows(
  connection: DuckDBConnection,
  inputs: readonly RunInput[],
): Promise<SluiceError | undefined> {
  for (const { path } of inputs.flatMap((input) => input.files)) {
    try {
      await connection.run(`EXPLAIN ANALYZE SELECT * FROM read_parquet(${fileList([path])})`);
    } catch (failure) {
      const told = toSluiceError(failure);
      return told.errorClass === 'cancelled' ? told : errors.stageRowsLost(path, told.detail ?? told.message);
    }
  }
  return undefined;
}
