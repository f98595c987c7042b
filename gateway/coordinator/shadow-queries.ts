import { randomBytes } from 'node:crypto';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { LRUCache } from 'lru-cache';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import type { Description, ShadowRelation } from '../../planner/world.ts';
import { isFatal } from '../../worker/engine/duckdb-error.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { describeStatement } from './describe-statement.ts';
import { binderSettings, columnType } from './shadow-schemas.ts';

/** Texts bound at the same time, per way of integer division: one plan has several to bind at once. */
const maxConnections = 3;
/** A relation with more columns becomes a table, which is made once; fewer are quicker bound as a row of NULLs. */
const mostNullColumns = 12;
/** Empty tables kept. */
const maxTables = 1_000;

interface Binder {
  readonly connection: Promise<DuckDBConnection>;
  users: number;
}

/**
 * Binds texts over relations that stand in front of them as common table expressions: nothing has to be made for a text, so that it
 * costs a prepare and no more. What does not bind this way is left to ShadowSchemas, whose word counts: its errors have positions in
 * the text.
 */
export class ShadowQueries {
  readonly #instance: DuckDBInstance;
  readonly #binders = new Map<boolean, Binder[]>();
  readonly #tables = new LRUCache<string, Promise<string>>({
    max: maxTables,
    dispose: (name, _columns, reason) => {
      if (reason === 'evict') this.#drop(name);
    },
  });
  /** Of the tables; not to be guessed, for they are visible to the texts. */
  readonly #schema = `shadow_${randomBytes(8).toString('hex')}`;
  #maker: Promise<DuckDBConnection> | undefined;
  #made = 0;

  constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  /** Undefined when the text does not bind this way. Rejects only when the engine is gone. */
  async describe(
    sql: string,
    relations: readonly ShadowRelation[],
    integerDivision: boolean,
  ): Promise<Description | undefined> {
    const head = /^(?:select\b|\(|with\s+(?:recursive\s+)?(?=["\w]))/i.exec(sql)?.[0];
    if (head === undefined) return undefined;
    const binder = this.#binder(integerDivision);
    binder.users++;
    try {
      const entries = await Promise.all(relations.map((relation) => this.#entry(relation)));
      return await describeStatement(await binder.connection, withEntries(sql, head, entries));
    } catch (error) {
      if (isFatal(error)) throw error;
      return undefined;
    } finally {
      binder.users--;
    }
  }

  close(): void {
    const connections = [...this.#binders.values()].flat().map(({ connection }) => connection);
    this.#binders.clear();
    for (const connection of [...connections, this.#maker]) closeQuietly(connection);
  }

  /** The one with the least to do; a further one when all have something to do. */
  #binder(integerDivision: boolean): Binder {
    const binders = this.#binders.get(integerDivision) ?? [];
    this.#binders.set(integerDivision, binders);
    const [idlest] = [...binders].sort((a, b) => a.users - b.users);
    if (idlest !== undefined && (idlest.users === 0 || binders.length >= maxConnections)) return idlest;
    const binder: Binder = { connection: this.#connect(binderSettings(integerDivision)), users: 0 };
    binders.push(binder);
    binder.connection.catch(() => {
      binders.splice(binders.indexOf(binder), 1);
    });
    return binder;
  }

  async #connect(settings: readonly string[]): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    try {
      await connection.run(settings.join(';\n'));
      return connection;
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  }

  async #entry({ name, columns }: ShadowRelation): Promise<string> {
    const body =
      columns.length > mostNullColumns ? `FROM ${this.#schema}.${await this.#table(columns)}` : nulls(columns);
    return `${quoteIdentifier(name)} AS NOT MATERIALIZED (${body})`;
  }

  /** The name of an empty table with these columns. */
  #table(columns: readonly OutputColumn[]): Promise<string> {
    const items = columns.map((column) => `${quoteIdentifier(column.name)} ${columnType(column)}`).join(', ');
    const known = this.#tables.get(items);
    if (known !== undefined) return known;
    const table = this.#make(items);
    this.#tables.set(items, table);
    table.catch(() => this.#tables.delete(items));
    return table;
  }

  async #make(items: string): Promise<string> {
    const name = `t${this.#made++}`;
    this.#maker ??= this.#connect([`CREATE SCHEMA IF NOT EXISTS ${this.#schema}`]);
    const connection = await this.#maker;
    await connection.run(`CREATE TABLE ${this.#schema}.${name} (${items})`);
    return name;
  }

  #drop(table: Promise<string>): void {
    const dropped = Promise.all([table, this.#maker]).then(([name, connection]) =>
      connection?.run(`DROP TABLE IF EXISTS ${this.#schema}.${name}`),
    );
    dropped.catch(() => undefined); // it was never made, or the engine is gone: who wanted it got the error
  }
}

function nulls(columns: readonly OutputColumn[]): string {
  const items = columns.map((column) => `CAST(NULL AS ${columnType(column)}) AS ${quoteIdentifier(column.name)}`);
  return `SELECT ${items.join(', ')}`;
}

/** `head`: how the text begins. */
function withEntries(sql: string, head: string, entries: readonly string[]): string {
  if (entries.length === 0) return sql;
  const list = entries.join(', ');
  return /^with/i.test(head) ? `${head}${list}, ${sql.slice(head.length)}` : `WITH ${list} ${sql}`;
}

function closeQuietly(opening: Promise<DuckDBConnection> | undefined): void {
  opening?.then(
    (connection) => connection.closeSync(),
    () => undefined, // it never opened; who wanted it got the error
  );
}
