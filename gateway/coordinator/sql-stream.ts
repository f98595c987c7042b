import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { streamQuery } from '../../worker/engine/stream-query.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';
import { interruptible } from './interruptible.ts';

export interface SqlStreamOptions {
  readonly connection: DuckDBConnection;
  readonly sql: string;
  readonly signal: AbortSignal;
  readonly interruptEveryMs: number;
  /** Looks at the types of the result before its first row leaves. */
  readonly check: (types: readonly DuckDBType[]) => void;
}

/** What goes with the statement, see `streamQuery`. */
export interface SqlStreamFrame {
  readonly setup: readonly string[];
  readonly check: () => Promise<void>;
}

/**
 * The rows of one SELECT as DuckDB makes them, with bounded memory. The connection must be in no transaction; `sql` is run a second
 * time when it fails after its first rows (see `streamQuery`), so it must have no side effects.
 */
export async function* streamSql(
  options: SqlStreamOptions,
  frame?: SqlStreamFrame,
): AsyncGenerator<ColumnBatch, void, undefined> {
  const { connection, sql, signal, interruptEveryMs, check } = options;
  const guarded = <T>(work: () => Promise<T>) => interruptible(connection, signal, interruptEveryMs, work);
  let stream: Awaited<ReturnType<typeof streamQuery>> | undefined;
  try {
    stream = await guarded(async () => {
      stream = await streamQuery(connection, sql, () => signal.aborted, frame?.setup, frame?.check);
      return stream;
    });
    const { result, next } = stream;
    const types = result.columnTypes();
    check(types);
    // The chunk itself is let go before its rows leave: the next ones may be asked for much later.
    const read = async () => {
      const chunk = await guarded(next);
      return chunk === null ? null : readChunk(chunk, types);
    };
    for (let batch = await read(); batch !== null; batch = await read()) yield batch;
  } finally {
    await stream?.close();
  }
}

const answerTable = '__answer';

/**
 * As `streamSql`, for a connection with an open transaction or a statement with side effects: it runs once, into a temporary table that
 * is then read and dropped. The count of its rows tells whether the stream was cut short.
 */
export async function* streamThroughTable(options: SqlStreamOptions): AsyncGenerator<ColumnBatch, void, undefined> {
  const { connection, sql, signal, interruptEveryMs, check } = options;
  const guarded = <T>(work: () => Promise<T>) => interruptible(connection, signal, interruptEveryMs, work);
  const table = quoteIdentifier(answerTable);
  let made = false;
  try {
    await guarded(async () => {
      await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${sql}`);
      made = true;
    });
    const [counted] = await guarded(async () => (await connection.run(`SELECT count(*) FROM ${table}`)).getRows());
    const expected = Number(counted?.[0]);
    const result = await guarded(() => connection.stream(`FROM ${table}`));
    const types = result.columnTypes();
    check(types);
    let rows = 0;
    const read = async () => {
      const chunk = await guarded(() => result.fetchChunk());
      return chunk === null || chunk.rowCount === 0 ? null : readChunk(chunk, types);
    };
    for (let batch = await read(); batch !== null; batch = await read()) {
      rows += batch.rowCount;
      yield batch;
    }
    if (rows !== expected) throw errors.streamBroken();
  } finally {
    if (made) await dropInTransaction(connection, `DROP TABLE IF EXISTS ${table}`);
  }
}

/** Drops what a query has made. In a transaction that an error or interrupt has aborted it goes with the transaction. */
export async function dropInTransaction(connection: DuckDBConnection, sql: string): Promise<void> {
  try {
    await connection.run(sql);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('TransactionContext')) throw error;
  }
}
