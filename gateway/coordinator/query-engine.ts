import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { type InstanceOptions, openInstance } from '../../worker/engine/instance.ts';

/** How each instance is opened; each spills in a sub-folder of its own. */
export type QueryEngineOptions = Omit<InstanceOptions, 'path'>;

/** One DuckDB instance, from its opening to the end of its last connection. */
interface Generation {
  readonly instance: Promise<DuckDBInstance>;
  /** Connections that are open or being made. */
  connections: number;
  retired: boolean;
  /** Resolves when a retired instance is closed. */
  readonly closed: Promise<void>;
  readonly close: () => void;
}

/**
 * The DuckDB of queries that run on connections of their own: direct queries and merges. It is in memory and apart from the one of local
 * tables: an INTERNAL or FATAL error of DuckDB makes its whole instance unusable, which must not take sessions down. Such an instance is
 * replaced: new connections are made on a fresh one, and the old one is closed with its last connection. Until then both may hold memory;
 * queries on the old one fail at their next step.
 */
export class QueryEngine {
  readonly #options: QueryEngineOptions;
  readonly #generations = new WeakMap<DuckDBConnection, Generation>();
  /** Not yet closed. */
  readonly #alive = new Set<Generation>();
  #current: Generation | undefined;
  #opened = 0;
  #closed = false;

  private constructor(options: QueryEngineOptions) {
    this.#options = options;
  }

  /** Rejects when DuckDB can't be opened with these limits. */
  static async open(options: QueryEngineOptions): Promise<QueryEngine> {
    const engine = new QueryEngine(options);
    await engine.#open().instance;
    return engine;
  }

  /** How many instances were opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Instances that are not closed: more than one while queries of a failed one wind down. */
  get instances(): number {
    return this.#alive.size;
  }

  /** A new connection, to be given back to `release`. */
  async connect(): Promise<DuckDBConnection> {
    if (this.#closed) throw errors.shuttingDown();
    const generation = this.#current ?? this.#open();
    generation.connections++;
    try {
      const connection = await (await generation.instance).connect();
      this.#generations.set(connection, generation);
      return connection;
    } catch (error) {
      this.#leave(generation);
      throw error;
    }
  }

  /** Closes a connection. */
  release(connection: DuckDBConnection): void {
    const generation = this.#generations.get(connection);
    if (generation === undefined) throw errors.internal('a connection of another engine, or released before');
    this.#generations.delete(connection);
    connection.closeSync();
    this.#leave(generation);
  }

  /** A fatal error was met on the connection: its instance serves nobody else. False when it was replaced before. */
  replace(connection: DuckDBConnection): boolean {
    const generation = this.#generations.get(connection);
    return generation !== undefined && this.#retire(generation);
  }

  /** Resolves when everything is closed: connections have to be released before. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#current !== undefined) this.#retire(this.#current);
    await Promise.all([...this.#alive].map(({ closed }) => closed));
  }

  #open(): Generation {
    const tempDirectory = join(this.#options.tempDirectory, String(this.#opened++));
    const { promise: closed, resolve: close } = withResolvers();
    const instance = openInstance({ ...this.#options, path: ':memory:', tempDirectory });
    const generation: Generation = { instance, connections: 0, retired: false, closed, close };
    // Whoever needs it learns why, and the next one tries again.
    instance.catch(() => this.#retire(generation));
    this.#current = generation;
    this.#alive.add(generation);
    return generation;
  }

  #retire(generation: Generation): boolean {
    if (generation.retired) return false;
    generation.retired = true;
    if (this.#current === generation) this.#current = undefined;
    this.#endIfUnused(generation);
    return true;
  }

  #leave(generation: Generation): void {
    generation.connections--;
    this.#endIfUnused(generation);
  }

  #endIfUnused(generation: Generation): void {
    if (!generation.retired || generation.connections > 0) return;
    const end = () => {
      this.#alive.delete(generation);
      generation.close();
    };
    generation.instance.then((instance) => instance.closeSync()).then(end, end);
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
