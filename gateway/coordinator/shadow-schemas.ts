import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { LRUCache } from 'lru-cache';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import type { ShadowRelation } from '../../planner/world.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';

/** Connections with a set of empty tables that are kept for the next text over the same tables. */
const maxKeptSchemas = 64;

/** A connection that sees the relations of one set, all empty. Several texts may be prepared on it at once. */
class ShadowSchema {
  readonly connection: Promise<DuckDBConnection>;
  #users = 0;
  #isDropped = false;

  constructor(connection: Promise<DuckDBConnection>) {
    this.connection = connection;
  }

  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work(await this.connection);
    } finally {
      this.#users--;
      this.#closeIfUnused();
    }
  }

  /** Closed when the last one that uses it is done. */
  drop(): void {
    this.#isDropped = true;
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (!this.#isDropped || this.#users > 0) return;
    this.connection.then(
      (connection) => connection.closeSync(),
      () => undefined, // it never opened; who wanted it got the error
    );
  }
}

/** What a set of relations looks like, and how its connection is set. */
export interface ShadowKey {
  readonly relations: readonly ShadowRelation[];
  readonly integerDivision: boolean;
}

/** Keeps connections with empty temporary tables, so that most texts need a prepare and nothing else. */
export class ShadowSchemas {
  readonly #instance: DuckDBInstance;
  readonly #kept = new LRUCache<string, ShadowSchema>({ max: maxKeptSchemas, dispose: (schema) => schema.drop() });

  constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  /** Runs `work` on a connection that sees the relations. Rejects with DuckDB's error when they can't be made. */
  use<T>(key: string, { relations, integerDivision }: ShadowKey, work: (connection: DuckDBConnection) => Promise<T>) {
    const schema = this.#kept.get(key) ?? new ShadowSchema(this.#make(relations, integerDivision));
    if (!this.#kept.has(key)) {
      this.#kept.set(key, schema);
      schema.connection.catch(() => this.#kept.delete(key));
    }
    return schema.use(work);
  }

  close(): void {
    this.#kept.clear();
  }

  async #make(relations: readonly ShadowRelation[], integerDivision: boolean): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    try {
      const setup = [...binderSettings(integerDivision), ...relations.map(emptyTable)];
      await connection.run(setup.join(';\n'));
      return connection;
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  }
}

/**
 * How a connection that only binds is set. Only names and types are wanted: without the optimizer a join of eight tables takes 1 ms to
 * prepare, not 20, and constants are not computed. An ASOF join whose left side is a join kills the process then (DuckDB 1.5.5), unless it
 * is never planned as a loop.
 */
export function binderSettings(integerDivision: boolean): readonly string[] {
  return [
    'PRAGMA disable_optimizer',
    'SET GLOBAL asof_loop_join_threshold = 0',
    `SET SESSION integer_division = ${integerDivision}`,
  ];
}

/** The type of a column of a shadow: that of a bare NULL can't be a column's; DuckDB's own tables make it INTEGER. */
export function columnType({ type }: OutputColumn): string {
  return type === '"NULL"' ? 'INTEGER' : type;
}

function emptyTable({ name, columns }: ShadowRelation): string {
  const items = columns.map((column) => `${quoteIdentifier(column.name)} ${columnType(column)}`);
  return `CREATE TEMP TABLE ${quoteIdentifier(name)} (${items.join(', ')})`;
}
