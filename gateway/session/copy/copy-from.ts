import { setImmediate as giveWay } from 'node:timers/promises';
import type { DatasetTable } from '../../../planner/catalog.ts';
import { errors, SluiceError } from '../../../planner/errors.ts';
import type { RowStyle } from '../../../worker/rows/style.ts';
import { timeZone } from '../../../worker/rows/time-zone.ts';
import { parseType, typeText } from '../../../worker/rows/types.ts';
import type { SessionContext } from '../context.ts';
import { BatchSink, type SinkColumn } from './batch-sink.ts';
import { BinaryRows } from './binary-rows.ts';
import { columnBuilder } from './column-builders.ts';
import { type CopyFormat, chosen } from './copy-format.ts';
import { CopyPieces } from './copy-input.ts';
import type { CopyStatement } from './copy-statement.ts';
import { type CopyTarget, listedColumns, type TargetColumn } from './copy-target.ts';
import { offsetOfLocal } from './datetime-values.ts';
import type { ZoneOffset } from './fixed-values.ts';
import { LineRows } from './line-rows.ts';
import type { CopyCounters } from './progress.ts';
import { placed, type RowReader } from './row-reader.ts';
import { Appended, type BatchWriter, insertStaged, Staged } from './table-writer.ts';

export interface CopyFromRequest {
  readonly statement: CopyStatement;
  readonly format: CopyFormat;
  readonly style: RowStyle;
  readonly target: CopyTarget;
  /** Runs an INSERT into a data set; gives the number of rows. */
  readonly insertIntoDataSet: (sql: string) => Promise<number>;
}

/** What a COPY FROM is put together of. */
interface Parts {
  readonly relation: string;
  /** Names of the fields of a row. */
  readonly fields: readonly string[];
  readonly all: readonly TargetColumn[];
  readonly sink: BatchSink;
  readonly writer: BatchWriter;
}

/**
 * Reads the client's rows into a table, within the transaction that is open. Gives their number. Raises 42809 for a view, 22P04 and what the
 * input of the columns' types raises with the place in its CONTEXT, what constraints raise, 57014 when the client breaks off.
 */
export async function copyFrom(context: SessionContext, request: CopyFromRequest): Promise<number> {
  const parts = await prepare(context, request);
  const { format } = request;
  const { table } = request.statement;
  const { counters, done } = context.options.hub.copies.begin({
    pid: context.pid,
    database: context.database,
    table: { schema: table!.schema ?? 'public', name: parts.relation },
    command: 'COPY FROM',
  });
  let finished = false;
  try {
    context.client.copyResponse('in', format.kind === 'binary' ? 1 : 0, parts.fields.length);
    await feed(context, reader(request, parts), parts, format, counters);
    const rows = await atTable(parts.relation, () => parts.writer.finish());
    finished = true;
    return rows;
  } finally {
    done();
    if (!finished) {
      parts.writer.abandon();
    }
  }
}

async function prepare(context: SessionContext, request: CopyFromRequest): Promise<Parts> {
  const { statement, target, format, style } = request;
  if (target.kind === 'view') {
    throw errors.wrongObjectType(`cannot copy to view "${target.name}"`, 'Copy into the table that it shows.');
  }
  const dataSet = target.kind === 'dataset' ? target.table : undefined;
  const relation = target.kind === 'dataset' ? target.table.name : target.name;
  const all = target.kind === 'dataset' ? dataSetColumns(target.table) : target.columns;
  const listed = listedColumns(relation, all, statement.columns);
  const stored = all.filter(({ generated }) => !generated);
  const zones = zoneOffsets(style);
  const builders = new Map(stored.map((column) => [column, columnBuilder(column.type, zones)]));
  const unlisted = stored.filter((column) => !listed.includes(column));
  const direct =
    dataSet === undefined &&
    statement.where === null &&
    stored.every((column) => builders.get(column)!.type === column.type) &&
    !unlisted.some(({ hasDefault }) => hasDefault);
  const used = direct ? stored : listed;
  const columns: SinkColumn[] = used.map((column) => ({
    name: column.name,
    builder: builders.get(column)!,
    notNull: column.notNull,
    field: listed.includes(column) ? listed.indexOf(column) : null,
  }));
  const sink = new BatchSink({
    ...{ relation, columns, style, binary: format.kind === 'binary' },
    missing: direct ? undefined : unlisted.find(({ notNull, hasDefault }) => notNull && !hasDefault)?.name,
    whole: used.length === all.length && used.every((column, index) => column === all[index]),
  });
  const writer = await openWriter(context, request, { columns, listed, direct });
  return { relation, fields: listed.map(({ name }) => name), all, sink, writer };
}

function dataSetColumns({ columns }: DatasetTable): readonly TargetColumn[] {
  return columns.map(({ name, type }) => ({
    ...{ name, type: parseType(type) },
    ...{ notNull: false, hasDefault: false, generated: false },
  }));
}

interface WriterColumns {
  readonly columns: readonly SinkColumn[];
  readonly listed: readonly TargetColumn[];
  /** Batches are rows of the table as they are. */
  readonly direct: boolean;
}

async function openWriter(
  context: SessionContext,
  { statement, target, insertIntoDataSet }: CopyFromRequest,
  { columns, listed, direct }: WriterColumns,
): Promise<BatchWriter> {
  if (direct && target.kind === 'table') {
    return Appended.open(context, target);
  }
  const types = columns.map(({ builder }) => typeText(builder.type));
  const casts = listed.map(({ name, type }) => ({ name, type: typeText(type) }));
  if (target.kind === 'dataset') {
    if (statement.where !== null) {
      throw errors.featureNotSupported('COPY FROM with WHERE into a data set', 'Copy into a local table first.');
    }
    const { schema, name } = target.table;
    const insert = (from: string) => insertStaged([schema, name], casts, null, from);
    // Their files are written at once, when all rows are there.
    const limits = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
    return new Staged(context, types, (from) => insertIntoDataSet(insert(from)), limits);
  }
  const insert = (from: string) =>
    insertStaged([target.database, target.schema, target.name], casts, statement.where, from);
  return new Staged(context, types, async (from) => (await context.connection.run(insert(from))).rowsChanged);
}

function zoneOffsets({ timeZone: own }: RowStyle): (name: string | null) => ZoneOffset {
  return (name) => {
    const zone = timeZone(name ?? own);
    return (local) => offsetOfLocal((seconds) => zone.offsetAt(seconds), local);
  };
}

function reader({ format }: CopyFromRequest, { relation, fields, all, sink }: Parts): RowReader {
  if (format.kind === 'binary') {
    return new BinaryRows({ relation, columns: fields, sink });
  }
  const known = (name: string) =>
    all.some((column) => column.name.toLowerCase() === name.toLowerCase())
      ? undefined
      : errors.undefinedColumnOf(name, relation);
  const forceNotNull = chosen(format.forceNotNull, 'FORCE_NOT_NULL', fields, known);
  const forceNull = chosen(format.forceNull, 'FORCE_NULL', fields, known);
  return new LineRows({ format, relation, columns: fields, forceNotNull, forceNull, sink });
}

async function feed(
  context: SessionContext,
  rows: RowReader,
  { sink, writer, relation }: Parts,
  format: CopyFormat,
  counters: CopyCounters,
): Promise<void> {
  const pieces = new CopyPieces(context.client.copyInput, context.signal());
  const decode = format.kind === 'binary' ? undefined : format.encoding.convert?.decoder();
  let written = 0;
  const flush = async () => {
    written += sink.rows;
    const { bytes } = sink;
    const batch = sink.take();
    if (batch.rowCount > 0) {
      await atTable(relation, () => writer.write(batch, bytes));
    }
    await giveWay();
    context.signal().throwIfAborted();
  };
  for (;;) {
    const piece = await nextPiece(pieces, rows, relation);
    if (piece === null) {
      rows.end();
    } else {
      counters.bytesProcessed += piece.length;
      rows.push(decode === undefined ? piece : decode(piece, false));
    }
    while (rows.run() === 'full') {
      counters.tuplesProcessed = written + sink.rows;
      await flush();
    }
    counters.tuplesProcessed = written + sink.rows;
    if (piece === null) {
      await flush();
      return;
    }
    await giveWay();
  }
}

/** Where the client broke off is told too. */
async function nextPiece(pieces: CopyPieces, rows: RowReader, relation: string): Promise<Buffer | null> {
  try {
    return await pieces.next();
  } catch (error) {
    const ours = error instanceof SluiceError && error.sqlstate === '57014';
    throw ours ? placed(error, { relation, line: rows.line }) : error;
  }
}

/** Errors of the table tell which COPY met them; the line is not known any more. */
async function atTable<T>(relation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const ours = error instanceof SluiceError && error.errorClass === 'user';
    throw ours ? errors.inContext(error, `COPY ${relation}`) : error;
  }
}
