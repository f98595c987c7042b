import { errors } from '../../../planner/errors.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { RowStyle } from '../../../worker/rows/style.ts';
import type { Outcome, SessionContext } from '../context.ts';
import { EncodingSource } from '../row-source.ts';
import { type CopyEncoder, copyEncoder } from './copy-encoder.ts';
import { type CopyFormat, chosen } from './copy-format.ts';
import type { CopyStatement } from './copy-statement.ts';
import { findTarget, listedColumns } from './copy-target.ts';
import type { CopyCounters } from './progress.ts';

type RowsOutcome = Outcome & { readonly kind: 'rows' };

export interface CopyToRequest {
  readonly statement: CopyStatement;
  readonly format: CopyFormat;
  readonly style: RowStyle;
  /** Runs the query of the statement, or one over its table. */
  readonly run: (source: { readonly sql: string } | { readonly inner: true }) => Promise<Outcome>;
}

/** Sends the rows of a table or query to the client. Gives their number. Raises 42809 for a view, and what the query raises. */
export async function copyTo(context: SessionContext, request: CopyToRequest): Promise<number> {
  const { statement, format } = request;
  const source = statement.table === null ? { inner: true as const } : { sql: await tableQuery(context, statement) };
  const outcome = await request.run(source);
  if (outcome.kind !== 'rows') {
    throw errors.unsupported('COPY query must have a RETURNING clause');
  }
  const { table } = statement;
  const { counters, done } = context.options.hub.copies.begin({
    pid: context.pid,
    database: context.database,
    table: table === null ? null : { schema: table.schema ?? 'public', name: table.name },
    command: 'COPY TO',
  });
  try {
    const missing = (name: string) =>
      outcome.names.some((one) => one.toLowerCase() === name.toLowerCase())
        ? undefined
        : errors.undefinedColumnOf(name, table?.name ?? 'query');
    const quoted = chosen(format.forceQuote, 'FORCE_QUOTE', outcome.names, missing);
    const columns = outcome.types.map((type, index) => ({
      type,
      name: outcome.names[index] ?? '',
      forceQuote: quoted[index]!,
    }));
    const encoder = copyEncoder(columns, format, request.style);
    context.client.copyResponse('out', format.kind === 'binary' ? 1 : 0, columns.length);
    return await send(context, outcome, encoder, counters);
  } finally {
    done();
    await outcome.reader.close();
  }
}

async function tableQuery(context: SessionContext, { table, columns }: CopyStatement): Promise<string> {
  const { database, schema, name } = table!;
  const target = await findTarget(context, table!);
  if (target.kind === 'view') {
    throw errors.wrongObjectType(`cannot copy from view "${target.name}"`, 'Try the COPY (SELECT ...) TO variant.');
  }
  const listed: readonly { readonly name: string }[] =
    target.kind === 'dataset'
      ? listedColumns(target.table.name, target.table.columns, columns)
      : listedColumns(target.name, target.columns, columns);
  const from = target.kind === 'dataset' ? [database, schema, name] : [target.database, target.schema, target.name];
  const path = from.filter((part) => part !== undefined).map(quoteIdentifier);
  return `SELECT ${listed.map((column) => quoteIdentifier(column.name)).join(', ')} FROM ${path.join('.')}`;
}

async function send(
  context: SessionContext,
  { reader }: RowsOutcome,
  encoder: CopyEncoder,
  counters: CopyCounters,
): Promise<number> {
  const { client } = context;
  const put = (messages: Buffer, rows: number) => {
    counters.bytesProcessed += dataBytes(messages);
    counters.tuplesProcessed += rows;
    client.copyData(messages, true);
  };
  const source = new EncodingSource(reader, encoder);
  const turn = () => client.turn();
  for (let piece = await source.next(Infinity, turn); piece !== null; piece = await source.next(Infinity, turn)) {
    context.signal().throwIfAborted();
    put(piece.bytes, piece.rows);
    await (piece.more ? undefined : client.room());
    context.signal().throwIfAborted();
  }
  const rest = encoder.end();
  if (rest.length > 0) {
    put(rest, 0);
  }
  client.copyDone();
  return counters.tuplesProcessed;
}

/** Of CopyData messages: a byte that names each and its length don't count. */
function dataBytes(messages: Buffer): number {
  let bytes = 0;
  for (let at = 0; at < messages.length; ) {
    const length = messages.readInt32BE(at + 1);
    bytes += length - 4;
    at += 1 + length;
  }
  return bytes;
}
