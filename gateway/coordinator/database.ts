import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { CatalogSnapshot, DatasetTable } from '../../planner/catalog.ts';
import { errors, SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { printScan } from '../../worker/engine/print-scan.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { Snapshot } from '../catalog/catalog-snapshot.ts';
import { Roots } from '../catalog/roots.ts';

/** How the coordinator's DuckDB is opened. */
export interface DatabaseOptions {
  /** Local tables are kept in `local.duckdb` there; null: in memory. The caller holds the lock of the folder. */
  readonly stateFolder: string | null;
  /**
   * Folders that SQL may read and write. The state folder is not one of them; DuckDB still lets SQL reach the one file that it has open and
   * its WAL: to read them is harmless (SQL reads their tables anyway), for writing see `ownsFile`.
   */
  readonly allowedDirectories: readonly string[];
  readonly tempDirectory: string;
  readonly maxTempBytes: number;
  readonly threads: number;
  readonly memoryBytes: number;
}

/** The attached database of local tables, and the in-memory one that holds a view for each data set. */
export const localDatabase = 'local';
export const dataDatabase = 'data';

/**
 * Where a name without database is looked up: local tables first, then data sets, both under the schema `public`; temporary
 * objects come before all of them, DuckDB's functions and catalogs after. Unqualified CREATE makes a local table. A local table hides a data set
 * of its name: the session refuses to make one (42P07).
 */
const searchPath = `${localDatabase}.public,${dataDatabase}.public,${localDatabase}.main`;

/**
 * The coordinator's DuckDB: local tables, merge queries and direct queries. Data sets are views in an attached in-memory database, never
 * in the user's file.
 */
export class Database {
  readonly #instance: DuckDBInstance;
  /** Makes the views; used by nothing else. */
  readonly #views: DuckDBConnection;
  #synced: { readonly version: string; readonly order: number } | null = null;
  #tables: ReadonlyMap<string, DatasetTable> = new Map();
  readonly #schemas = new Set(['public']);
  readonly #own: Roots;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(instance: DuckDBInstance, views: DuckDBConnection, own: Roots) {
    this.#own = own;
    this.#instance = instance;
    this.#views = views;
  }

  /** Raises 58030 (the gateway can't start) when the file is not a database of this DuckDB or is in use. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const path = options.stateFolder === null ? ':memory:' : join(options.stateFolder, `${localDatabase}.duckdb`);
    const instance = await openOrExplain(path, options);
    const views = await instance.connect();
    if (options.stateFolder === null) await views.run(`ATTACH ':memory:' AS ${localDatabase}`);
    await views.run(`ATTACH ':memory:' AS ${dataDatabase}`);
    await views.run(`CREATE SCHEMA IF NOT EXISTS ${localDatabase}.public`);
    await views.run(`CREATE SCHEMA ${dataDatabase}.public`);
    const own = new Roots(options.stateFolder === null ? [] : [options.stateFolder]);
    return new Database(instance, views, own);
  }

  /** A new connection with the search path of sessions. The caller closes it. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    try {
      await connection.run(`SET SESSION search_path = '${searchPath}'`);
    } catch (error) {
      connection.closeSync();
      throw error;
    }
    return connection;
  }

  /**
   * Makes the views of the snapshot's data sets: only what changed, nothing when it is the version that was synced last. Data sets that
   * can't be read have no view. An open transaction that has already read a view goes on seeing the old ones.
   */
  syncViews(snapshot: CatalogSnapshot): Promise<void> {
    const done = this.#last.then(() => this.#sync(snapshot));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /**
   * True when a path that COPY names lies in the state folder. DuckDB itself would let `COPY ... TO 'local.duckdb' (USE_TMP_FILE false)`
   * overwrite its own file: the session asks this of every COPY target (which has to be a plain string for it) and gives 42501.
   */
  ownsFile(path: string): boolean {
    return this.#own.contains(path.replace(/^file:(?:\/\/(?:localhost)?)?(?=\/)/i, ''));
  }

  /** Writes what is not yet in the file. Connections must be closed before. */
  async close(): Promise<void> {
    await this.#last;
    this.#views.closeSync();
    this.#instance.closeSync();
  }

  async #sync(snapshot: CatalogSnapshot): Promise<void> {
    const order = snapshot instanceof Snapshot ? snapshot.order : 0;
    if (this.#synced !== null && (this.#synced.version === snapshot.version || this.#synced.order > order)) return;
    const tables = new Map(tablesOf(snapshot).map((table) => [viewName(table), table]));
    const gone = [...this.#tables.keys()].filter((name) => !tables.has(name));
    for (const name of gone) await this.#views.run(`DROP VIEW IF EXISTS ${name}`);
    const made = new Map<string, DatasetTable>();
    for (const [name, table] of tables) {
      if (this.#tables.get(name) === table || (await this.#makeView(name, table))) made.set(name, table);
    }
    this.#tables = made;
    this.#synced = { version: snapshot.version, order };
  }

  /** False when a file changed since it was listed: the next snapshot has the new one. */
  async #makeView(name: string, table: DatasetTable): Promise<boolean> {
    try {
      if (!this.#schemas.has(table.schema)) {
        await this.#views.run(`CREATE SCHEMA IF NOT EXISTS ${dataDatabase}.${quoteIdentifier(table.schema)}`);
        this.#schemas.add(table.schema);
      }
      await this.#views.run(`CREATE OR REPLACE VIEW ${name} AS ${printScan(table)}`);
      return true;
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.errorClass === 'internal') throw error;
      await this.#views.run(`DROP VIEW IF EXISTS ${name}`);
      return false;
    }
  }
}

function viewName({ schema, name }: DatasetTable): string {
  return `${dataDatabase}.${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

function tablesOf(snapshot: CatalogSnapshot): readonly DatasetTable[] {
  if (snapshot instanceof Snapshot) return snapshot.tables();
  return snapshot.names().flatMap((name) => {
    try {
      return snapshot.lookup(undefined, name) ?? [];
    } catch (error) {
      if (error instanceof SluiceError) return [];
      throw error;
    }
  });
}

async function openOrExplain(path: string, options: DatabaseOptions): Promise<DuckDBInstance> {
  try {
    return await openInstance({ ...options, path });
  } catch (error) {
    throw errors.cannotStart(
      `could not open the database of local tables "${path}"`,
      'Choose another folder with --state, or move the file away to start without local tables.',
      toSluiceError(error).message,
    );
  }
}
