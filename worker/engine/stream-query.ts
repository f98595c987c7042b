import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import { errors, SluiceError } from '../../planner/errors.ts';
import { isFatal, toSluiceError } from './duckdb-error.ts';

/** A streaming result that can't end early unnoticed. */
export interface QueryStream {
  readonly result: DuckDBResult;
  /** The next chunk (1 to 2048 rows), or null at the true end. Rejects with SluiceError. */
  next(): Promise<DuckDBDataChunk | null>;
  /** Ends the transaction; to be called in any case, once. */
  close(): Promise<void>;
}

const analyzePrefix = 'EXPLAIN ANALYZE ';

/**
 * Streams the rows of one SELECT. DuckDB's bindings (1.5.5) don't tell an error that comes after a stream's first chunk, nor an interrupt, nor
 * that another statement ran on the connection: the stream just ends, with rows missing. So it runs in a transaction of its own, which such
 * an error aborts, and the end of the stream counts only if the transaction is sound. Then the error itself is found by running the
 * statement once more with its rows thrown away (EXPLAIN ANALYZE): `sql` must have no side effects.
 *
 * The connection must be in no transaction and used for nothing else until `close`. `setup` is run before, in the same round trip; its
 * errors have no position. `check` is run beside it and again beside the end of the transaction: before the statement starts, and before
 * its end is told, it must have succeeded; its errors come as they are.
 * `isCancelled` is asked when a stream broke: an interrupted statement isn't run again.
 */
export async function streamQuery(
  connection: DuckDBConnection,
  sql: string,
  isCancelled: () => boolean = () => false,
  setup: readonly string[] = [],
  check: () => Promise<void> = async () => undefined,
): Promise<QueryStream> {
  const [begun, checked] = await Promise.allSettled([begin(connection, setup), check()]);
  if (begun.status === 'rejected') throw begun.reason;
  let result: DuckDBResult;
  try {
    if (checked.status === 'rejected') throw checked.reason;
    result = await connection.stream(sql);
  } catch (error) {
    await rollBack(connection);
    throw toSluiceError(error, sql);
  }
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await rollBack(connection);
  };
  const next = async () => {
    const chunk = await fetch(result, sql);
    if (chunk !== null) return chunk;
    if (!open) return null;
    const [ended, checked] = await Promise.allSettled([endSoundly(connection), check()]);
    if (ended.status === 'rejected') throw ended.reason;
    if (ended.value) {
      open = false;
      if (checked.status === 'rejected') throw checked.reason;
      return null;
    }
    await close();
    throw isCancelled() ? errors.cancelled() : await findError(connection, sql);
  };
  return { result, next, close };
}

/** A failed engine has nothing left to roll back: its first error is the one to tell. */
async function rollBack(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run('ROLLBACK');
  } catch (error) {
    if (!isFatal(error)) throw error;
  }
}

async function fetch(result: DuckDBResult, sql: string): Promise<DuckDBDataChunk | null> {
  try {
    const chunk = await result.fetchChunk();
    return chunk === null || chunk.rowCount === 0 ? null : chunk;
  } catch (error) {
    throw toSluiceError(error, sql);
  }
}

async function begin(connection: DuckDBConnection, setup: readonly string[]): Promise<void> {
  try {
    await connection.run([...setup, 'BEGIN TRANSACTION'].join('; '));
  } catch (error) {
    const told = toSluiceError(error);
    throw new SluiceError(told.errorClass, told.sqlstate, told.message, { ...told, position: undefined, cause: error });
  }
}

/** Ends the transaction and gives true, or finds it aborted. */
async function endSoundly(connection: DuckDBConnection): Promise<boolean> {
  try {
    await connection.run('SELECT 1; ROLLBACK');
    return true;
  } catch (error) {
    const told = toSluiceError(error);
    if (told.sqlstate === '25P02' || told.errorClass === 'cancelled') return false;
    throw told;
  }
}

/** Why the stream of `sql` broke off. An error that does not come again was not the statement's fault. */
async function findError(connection: DuckDBConnection, sql: string): Promise<SluiceError> {
  const analyze = analyzePrefix + sql;
  try {
    await connection.run(analyze);
  } catch (error) {
    const told = toSluiceError(error, analyze);
    const position = told.position === undefined ? undefined : told.position - analyzePrefix.length;
    return new SluiceError(told.errorClass, told.sqlstate, told.message, { ...told, position, cause: error });
  }
  return errors.streamBroken();
}
