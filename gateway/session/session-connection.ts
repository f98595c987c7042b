import { setTimeout as sleep } from 'node:timers/promises';
import type {
  DuckDBConnection,
  DuckDBMaterializedResult,
  DuckDBPreparedStatement,
  DuckDBResult,
} from '@duckdb/node-api';
import { errors, isEngineFailure } from '../../planner/errors.ts';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { settingsSql } from '../../worker/engine/session-settings.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';
import { interruptible } from '../coordinator/interruptible.ts';
import type { SessionDatabase } from './context.ts';
import { committing } from './keys/committing.ts';
import { interruptEveryMs } from './limits.ts';
import { withPosition } from './parameters.ts';
import type { BatchReader } from './row-source.ts';
import type { SearchPath } from './search-path.ts';
import type { Transaction } from './transaction.ts';

/** An answer that still streams from the session's connection. */
export interface LiveAnswer {
  /** Puts the rest aside, so that the connection is free. */
  detach(): Promise<void>;
}

const analyzePrefix = 'EXPLAIN ANALYZE ';

export interface StreamedAnswer {
  readonly reader: BatchReader;
  readonly names: readonly string[];
}

type Values = Omit<SessionSettings, 'statementTimeMicros'>;

/**
 * The session's own DuckDB connection: local tables, temporary objects and the transaction. One statement at a time; an answer
 * that streams from it is put aside before the next statement runs, because DuckDB ends the first of two streams early
 * and without an error. Errors come as SluiceError with positions in the text that ran.
 */
export class SessionConnection {
  readonly #database: SessionDatabase;
  #duckdb: DuckDBConnection | undefined;
  /** Calls of DuckDB that are under way. */
  #calls = 0;
  readonly #transaction: Transaction;
  readonly #signal: () => AbortSignal;
  readonly #path: SearchPath;
  #applied: Values | undefined;
  #live: LiveAnswer | undefined;
  #alone = false;

  /** `signal`: of the message that is being handled. `connect` comes next. */
  constructor(database: SessionDatabase, transaction: Transaction, signal: () => AbortSignal, path: SearchPath) {
    this.#database = database;
    this.#path = path;
    this.#transaction = transaction;
    this.#signal = signal;
  }

  get duckdb(): DuckDBConnection {
    if (this.#duckdb === undefined) throw errors.engineFailed('the database of local tables is not open');
    return this.#duckdb;
  }

  /** True when the database was opened anew since `connect`: nothing runs here until `connect` was called again. */
  get isLost(): boolean {
    return this.#duckdb === undefined || !this.#database.isCurrent(this.#duckdb);
  }

  /** Opens it, instead of the one of before. Its transaction, temporary objects and prepared statements are gone then. */
  async connect(): Promise<void> {
    await this.close();
    this.#applied = undefined;
    this.#path.forget();
    this.#transaction.begun = false;
    this.#transaction.writes.restart(undefined);
    this.#duckdb = await this.#database.connect({ busy: () => this.#calls > 0 });
  }

  /** What others do with the connection counts as a call of its own. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#calls++;
    try {
      return await work();
    } finally {
      this.#calls--;
    }
  }

  /** Must be called before anything runs here. */
  async ready(settings: Values, transactional: boolean): Promise<void> {
    await this.detachLive();
    const applied = this.#applied;
    if (
      applied === undefined ||
      applied.timeZone !== settings.timeZone ||
      applied.nullOrder !== settings.nullOrder ||
      applied.integerDivision !== settings.integerDivision
    ) {
      await this.#run(settingsSql({ ...settings, statementTimeMicros: '0' }));
      this.#applied = settings;
    }
    if (transactional && this.#transaction.open && !this.#transaction.begun) {
      this.#transaction.keys.begin();
      await this.#run('BEGIN TRANSACTION');
      this.#transaction.begun = true;
    }
    const path = await this.#path.change(async (sql) => (await this.run(sql)).getRows());
    if (path !== undefined) {
      await this.#run(path);
    }
  }

  /** What the coordinator ran here may have changed the settings. */
  forgetSettings(): void {
    this.#applied = undefined;
  }

  async detachLive(): Promise<void> {
    const live = this.#live;
    this.#live = undefined;
    await live?.detach();
  }

  attachLive(live: LiveAnswer): void {
    this.#live = live;
  }

  dropLive(live: LiveAnswer): void {
    if (this.#live === live) {
      this.#live = undefined;
    }
  }

  async commit(): Promise<void> {
    if (this.#transaction.begun) {
      await this.detachLive();
      const commit = () => {
        this.#transaction.begun = false;
        return this.#run('COMMIT');
      };
      await (this.#transaction.writes.any ? committing(this.#transaction, commit) : commit());
    }
  }

  async rollback(): Promise<void> {
    if (this.#transaction.begun) {
      this.#live = undefined;
      this.#transaction.begun = false;
      await this.#rollBack();
    }
  }

  /**
   * Binds a statement, without running it. A PIVOT that lists no values is several statements to DuckDB: the first ones collect the
   * values into a temporary type and have to run before the last one binds.
   */
  async prepare(sql: string): Promise<DuckDBPreparedStatement> {
    return this.during(() => this.#prepare(sql));
  }

  async #prepare(sql: string): Promise<DuckDBPreparedStatement> {
    try {
      const extracted = await this.duckdb.extractStatements(sql);
      for (let index = 0; index < extracted.count - 1; index++) {
        const first = await extracted.prepare(index);
        await first.run();
        first.destroySync();
      }
      return await extracted.prepare(Math.max(0, extracted.count - 1));
    } catch (error) {
      throw toSluiceError(error, sql);
    }
  }

  /** Runs to the end and keeps the answer in memory: for DML, DDL and answers that are small by their form. */
  async run(sql: string, statement?: DuckDBPreparedStatement): Promise<DuckDBMaterializedResult> {
    return this.#interruptible(sql, () => (statement === undefined ? this.duckdb.run(sql) : statement.run()));
  }

  /** True while `alone` does its work. */
  get isAlone(): boolean {
    return this.#alone;
  }

  /** Does work in a transaction of its own, outside of the session's. Raises 40001 as well. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    await this.#run('BEGIN TRANSACTION');
    this.#alone = true;
    let open = true;
    try {
      const result = await work();
      await committing(this.#transaction, () => {
        open = false;
        return this.#run('COMMIT');
      });
      return result;
    } catch (error) {
      if (open) await this.#rollBack();
      throw error;
    } finally {
      this.#alone = false;
    }
  }

  /**
   * Starts a SELECT whose rows are pulled. DuckDB's bindings (1.5.5) don't tell an error after a stream's first chunk: the stream just
   * ends. Such an error aborts the transaction, so the end of a stream counts only if its transaction is sound; outside a block
   * the stream gets one of its own.
   */
  async stream(sql: string, statement: DuckDBPreparedStatement): Promise<StreamedAnswer> {
    const own = !this.#transaction.begun;
    if (own) {
      await this.#run('BEGIN TRANSACTION');
    }
    let open = own;
    const finish = async (how: 'COMMIT' | 'ROLLBACK') => {
      if (open) {
        open = false;
        await (how === 'COMMIT' ? this.#run(how) : this.#rollBack());
      }
    };
    let result: DuckDBResult;
    try {
      result = await this.#interruptible(sql, () => statement.stream());
    } catch (error) {
      await finish('ROLLBACK');
      throw error;
    }
    const types = result.columnTypes();
    let ended = false;
    const next = async () => {
      if (ended) {
        return null;
      }
      const chunk = await this.#interruptible(sql, () => result.fetchChunk());
      if (chunk !== null && chunk.rowCount > 0) {
        return readChunk(chunk, types);
      }
      ended = true;
      if (!(await this.#isSound())) {
        open = false;
        throw await this.#brokenStream(sql, own);
      }
      await finish('COMMIT');
      return null;
    };
    // Within a block the next statement, or the block's end, ends a stream that was not read to its end.
    return {
      reader: { types, givesAway: true, next, close: () => finish('ROLLBACK') },
      names: result.columnNames(),
    };
  }

  /** False when DuckDB's transaction was aborted by an error: nothing but a rollback is possible. */
  async isSound(): Promise<boolean> {
    return this.during(() => this.#isSound());
  }

  async #isSound(): Promise<boolean> {
    try {
      await this.duckdb.run('SELECT 1');
      return true;
    } catch (error) {
      const told = toSluiceError(error);
      if (told.sqlstate === '25P02' || told.errorClass === 'cancelled') {
        return false;
      }
      throw told;
    }
  }

  /** Why a stream broke off: found by running the statement once more, with its rows thrown away. */
  async #brokenStream(sql: string, own: boolean): Promise<unknown> {
    this.#transaction.begun = false;
    await this.#rollBack();
    const signal = this.#signal();
    if (signal.aborted) {
      return signal.reason;
    }
    try {
      await this.duckdb.run(analyzePrefix + sql);
    } catch (error) {
      const told = toSluiceError(error, analyzePrefix + sql);
      // What the block had made is gone: then a missing table is not the reason.
      if (own || !told.sqlstate.startsWith('42')) {
        return withPosition(told, told.position === undefined ? undefined : told.position - analyzePrefix.length);
      }
    }
    return errors.streamBroken();
  }

  async close(): Promise<void> {
    this.#live = undefined;
    const duckdb = this.#duckdb;
    if (duckdb === undefined) return;
    this.#duckdb = undefined;
    // One that was pulled ahead, at most.
    while (this.#calls > 0) {
      duckdb.interrupt();
      await sleep(interruptEveryMs);
    }
    this.#database.release(duckdb);
  }

  /** A failed engine has nothing left to roll back. */
  async #rollBack(): Promise<void> {
    try {
      await this.#run('ROLLBACK');
    } catch (error) {
      if (!isEngineFailure(toSluiceError(error))) throw error;
    }
  }

  async #run(sql: string): Promise<void> {
    try {
      await this.during(() => this.duckdb.run(sql));
    } catch (error) {
      throw toSluiceError(error, sql);
    }
  }

  async #interruptible<T>(sql: string, work: () => Promise<T>): Promise<T> {
    const signal = this.#signal();
    try {
      return await this.during(() => interruptible(this.duckdb, signal, interruptEveryMs, work));
    } catch (error) {
      signal.throwIfAborted();
      const told = toSluiceError(error, sql);
      // Not by the client: the database waits to be opened anew.
      throw told.errorClass === 'cancelled' ? errors.engineFailed('under a statement beside this one', told) : told;
    }
  }
}
