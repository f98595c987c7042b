import type { DuckDBConnection } from '@duckdb/node-api';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { isFatal } from '../../worker/engine/duckdb-error.ts';
import { settingsSql } from '../../worker/engine/session-settings.ts';
import type { QueryEngine } from './query-engine.ts';
import type { Connections } from './query-run.ts';

/** Connections that wait, each with other settings than the others. */
const maxSpares = 4;

/** Where connections come from and go to. */
export type ConnectionSource = Pick<QueryEngine, 'connect' | 'release' | 'replace'>;

/**
 * Connections to the query engine, each for one query: nothing is left of another. When one is closed, a fresh one with the same
 * settings is made, so that the next query of the kind need not wait for it.
 */
export class QueryConnections implements Connections {
  /** Connections of queries that run. */
  count = 0;
  readonly #engine: ConnectionSource;
  readonly #settings = new WeakMap<DuckDBConnection, string>();
  /** By their settings, oldest first. */
  readonly #spares = new Map<string, Promise<DuckDBConnection | null>>();
  #evicted: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(engine: ConnectionSource) {
    this.#engine = engine;
  }

  async open(settings: SessionSettings): Promise<DuckDBConnection> {
    const sql = settingsSql(settings);
    const spare = this.#spares.get(sql);
    this.#spares.delete(sql);
    const connection = (await spare) ?? (await this.#make(sql));
    this.count++;
    return connection;
  }

  close(connection: DuckDBConnection): void {
    const sql = this.#settings.get(connection);
    this.#engine.release(connection);
    this.count--;
    if (this.#closed || sql === undefined || this.#spares.has(sql)) return;
    // Whoever needs it makes another and learns why.
    this.#spares.set(
      sql,
      this.#make(sql).catch(() => null),
    );
    for (const [oldest, spare] of this.#spares) {
      if (this.#spares.size <= maxSpares) break;
      this.#drop(oldest, spare);
    }
  }

  /** A fatal error was met on the connection, which is still to be closed: those that wait are of the same engine. */
  failed(connection: DuckDBConnection): void {
    if (!this.#engine.replace(connection)) return;
    for (const [sql, spare] of this.#spares) this.#drop(sql, spare);
  }

  /** Closes those that wait. */
  async end(): Promise<void> {
    this.#closed = true;
    for (const [sql, spare] of this.#spares) this.#drop(sql, spare);
    await this.#evicted;
  }

  #drop(sql: string, spare: Promise<DuckDBConnection | null>): void {
    this.#spares.delete(sql);
    const closed = spare.then((unused) => unused !== null && this.#engine.release(unused));
    this.#evicted = Promise.all([this.#evicted, closed]);
  }

  async #make(sql: string): Promise<DuckDBConnection> {
    const connection = await this.#engine.connect();
    try {
      await connection.run(sql);
    } catch (error) {
      if (isFatal(error)) this.failed(connection);
      this.#engine.release(connection);
      throw error;
    }
    this.#settings.set(connection, sql);
    return connection;
  }
}
