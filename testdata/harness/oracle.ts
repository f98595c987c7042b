import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBType } from '@duckdb/node-api';
import type { CatalogSnapshot, Column } from '../../planner/catalog.ts';
import { postgresDialect } from '../../planner/dialect/postgres-dialect.ts';
import { SluiceError } from '../../planner/errors.ts';
import { parseStatement } from '../../planner/sql/parse.ts';
import { printStatement } from '../../planner/sql/print.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';
import { typeText } from '../../worker/rows/types.ts';
import { DuckdbWorld } from './duckdb-world.ts';

export interface OracleAnswer {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly batches: readonly ColumnBatch[];
}

/** What a check needs of an oracle. */
export type Judge = Pick<Oracle, 'connection' | 'run' | 'runOnce'>;

/**
 * An oracle that remembers every answer: for queries that are asked again and again. `answers` may be shared by several; each serves one client, since
 * a connection has one stream at a time.
 */
export function remembering(oracle: Oracle, answers: Map<string, Promise<OracleAnswer>> = new Map()): Judge {
  return {
    connection: oracle.connection,
    run: (sql) => oracle.run(sql),
    runOnce: (sql) => {
      const known = answers.get(sql) ?? oracle.run(sql);
      answers.set(sql, known);
      return known;
    },
  };
}

/** Dialect and session settings of the query under test; the oracle must have the same. */
export interface OracleSettings {
  readonly dialect: 'postgres' | 'duckdb';
  readonly timeZone?: string;
}

const readers: Readonly<Record<string, string>> = {
  parquet: "read_parquet('$', hive_partitioning = true, union_by_name = true)",
  csv: "read_csv('$', hive_partitioning = true, union_by_name = true)",
  json: "read_json('$', hive_partitioning = true, union_by_name = true)",
  ndjson: "read_json('$', hive_partitioning = true, union_by_name = true)",
};

/**
 * One DuckDB over the same files: the judge of every answer. Its views are plain DuckDB (globs, nothing of ours), so that it also
 * judges how we list and print scans. Two optimizers are off, with which DuckDB 1.5.5 gives wrong rows: top-N (outer join on Parquet),
 * and the pushing of join filters (which then reach below ORDER BY and LIMIT of a sub-query).
 */
export class Oracle {
  readonly #instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  /** Of the dialect `postgres`: what DuckDB means otherwise is rewritten first; the rewrites are tested against PostgreSQL. */
  readonly #world: DuckdbWorld | null;
  #last: { readonly sql: string; readonly answer: OracleAnswer } | undefined;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, world: DuckdbWorld | null) {
    this.#instance = instance;
    this.#world = world;
    this.connection = connection;
  }

  /** Every sub-folder of `folder` and every file in it is a table. */
  static async open(folder: string, settings: OracleSettings, threads = 2): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      asof_loop_join_threshold: '0',
    });
    const connection = await instance.connect();
    await connection.run("SET disabled_optimizers = 'top_n, join_filter_pushdown, top_n_window_elimination'");
    await connection.run(`SET TimeZone = '${settings.timeZone ?? 'UTC'}'`);
    if (settings.dialect === 'postgres') {
      await connection.run("SET default_null_order = 'nulls_last_on_asc_first_on_desc'");
      await connection.run('SET integer_division = true');
    }
    for (const entry of readdirSync(folder).sort()) {
      const view = viewOf(join(folder, entry));
      if (view !== null) await connection.run(view);
    }
    return new Oracle(instance, connection, settings.dialect === 'postgres' ? await DuckdbWorld.open() : null);
  }

  /** Runs one query to its end. Rejects with DuckDB's error. */
  async run(sql: string): Promise<OracleAnswer> {
    const result = await this.connection.stream(await this.#inDialect(sql));
    const batches: ColumnBatch[] = [];
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      batches.push(readChunk(chunk));
    }
    return { names: result.columnNames(), types: result.columnTypes(), batches };
  }

  async #inDialect(sql: string): Promise<string> {
    const world = this.#world;
    if (world === null) return sql;
    try {
      const parsed = await parseStatement(world, sql);
      const localColumns = (_schema: string, name: string) => columnsOf(this.connection, name);
      const rewritten = await postgresDialect(world, parsed, sql, noTables, { localColumns });
      return rewritten === parsed ? sql : await printStatement(world, rewritten);
    } catch (error) {
      // What can't be parsed runs, or fails, as it is.
      if (error instanceof SluiceError) return sql;
      throw error;
    }
  }

  /** As `run`; when the text is that of the call before, so is the answer. */
  async runOnce(sql: string): Promise<OracleAnswer> {
    if (this.#last?.sql !== sql) this.#last = { sql, answer: await this.run(sql) };
    return this.#last.answer;
  }

  close(): void {
    this.#world?.close();
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

const noTables: CatalogSnapshot = { version: '', lookup: () => undefined, names: () => [] };

async function columnsOf(connection: DuckDBConnection, name: string): Promise<readonly Column[] | undefined> {
  const prepared = await connection.prepare(`SELECT * FROM "${name}"`).catch(() => undefined);
  if (prepared === undefined) return undefined;
  const columns = Array.from({ length: prepared.columnCount }, (_, index) => ({
    name: prepared.columnName(index),
    type: typeText(prepared.columnType(index)),
    hive: false,
  }));
  prepared.destroySync();
  return columns;
}

function viewOf(path: string): string | null {
  const name = parse(path).name.split('.')[0]!;
  if (name.startsWith('_') || name.startsWith('.') || name === '') return null;
  const extension = statSync(path).isDirectory() ? extensionIn(path) : kindOf(path);
  if (extension === null) return null;
  const glob = statSync(path).isDirectory() ? `${path}/**/*.${extension}*` : path;
  return `CREATE VIEW "${name}" AS SELECT * FROM ${readers[extension]!.replace('$', glob)}`;
}

function kindOf(file: string): string | null {
  return Object.keys(readers).find((kind) => new RegExp(`\\.${kind}(\\.gz|\\.zst)?$`).test(file)) ?? null;
}

function extensionIn(folder: string): string | null {
  if (!existsSync(folder)) return null;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const found = entry.isDirectory() ? extensionIn(join(folder, entry.name)) : kindOf(entry.name);
    if (found !== null) return found;
  }
  return null;
}
