import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { CatalogSnapshot, DatasetTable } from '../../planner/catalog.ts';
import { errors, isEngineFailure, SluiceError } from '../../planner/errors.ts';
import { isFatal, toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { printScan } from '../../worker/engine/print-scan.ts';
import { quoteIdentifier, quoteLiteral } from '../../worker/engine/quote.ts';
import { wholePartitionSql } from '../../worker/engine/session-settings.ts';
import { Snapshot } from '../catalog/catalog-snapshot.ts';
import { Roots } from '../catalog/roots.ts';
import type { CheckpointRow } from './checkpoints.ts';

/** How the DuckDB of sessions is opened. */
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
/** Views and macros of `data.sluice` are found by their schema only: nothing else has its names. */
export const searchPath = `${localDatabase}.public,${dataDatabase}.public,${localDatabase}.main,${dataDatabase}.sluice`;

/** How long statements on a failed instance may take to end before it is given up to open it anew, for now, */
const quietWaitMs = 30_000;
/** and how often they are interrupted and looked at. */
const quietEveryMs = 20;

const checkpointsTable = `${dataDatabase}.sluice.checkpoints`;
const checkpointColumns =
  'name VARCHAR, stage INTEGER, tasks INTEGER, of_tasks INTEGER, rows BIGINT, bytes BIGINT, created TIMESTAMPTZ, sql VARCHAR';

/** Who has a connection. */
export interface ConnectionHolder {
  /** A call is under way there: the file must not be opened a second time beside one that may write. */
  readonly busy: () => boolean;
}

const neverBusy: ConnectionHolder = { busy: () => false };

/** Names of databases that are attached for one statement begin so. */
const attachedPrefix = 'catalogs_';

/** A database beside that of the local tables. */
export interface AttachedDatabase {
  readonly connection: DuckDBConnection;
  readonly name: string;
  close(): Promise<void>;
}

/** An instance with its file. */
interface Opened {
  readonly instance: DuckDBInstance;
  /** Makes the views; used by nothing else. */
  readonly views: DuckDBConnection;
  readonly connections: Map<DuckDBConnection, ConnectionHolder>;
}

/**
 * The DuckDB of sessions and their local tables. Data sets are views in an attached in-memory database, never in the user's file.
 *
 * A fatal error makes the whole instance unusable. It is then opened anew (see `recover`) with all rows that were committed; connections of
 * before are of no use any more (see `isCurrent`), their transactions and temporary objects are gone.
 */
export class Database {
  readonly #options: DatabaseOptions;
  /** Null: it failed, and could not be opened anew yet. */
  #opened: Opened | null;
  #recovery: Promise<void> | undefined;
  #synced: { readonly version: string; readonly order: number } | null = null;
  #tables: ReadonlyMap<string, DatasetTable> = new Map();
  #schemas = new Set(['public']);
  #attached = 0;
  readonly #own: Roots;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: DatabaseOptions, opened: Opened) {
    this.#options = options;
    this.#own = new Roots(options.stateFolder === null ? [] : [options.stateFolder]);
    this.#opened = opened;
  }

  /** Raises 58030 (the gateway can't start) when the file is not a database of this DuckDB or is in use. */
  static async open(options: DatabaseOptions): Promise<Database> {
    return new Database(options, await openWhole(options));
  }

  /** A new connection with the search path of sessions, to be given back to `release`. Waits while the database is opened anew. */
  async connect(holder: ConnectionHolder = neverBusy): Promise<DuckDBConnection> {
    try {
      return await this.#connect(holder);
    } catch (error) {
      if (!isFatal(error)) throw error;
      await this.recover();
      return await this.#connect(holder);
    }
  }

  async #connect(holder: ConnectionHolder): Promise<DuckDBConnection> {
    await this.#recovery;
    if (this.#opened === null) await this.recover();
    const { instance, connections } = this.#whole();
    const connection = await instance.connect();
    connections.set(connection, holder);
    try {
      await connection.run(`SET SESSION search_path = '${searchPath}'`);
    } catch (error) {
      connections.delete(connection);
      connection.closeSync();
      throw error;
    }
    return connection;
  }

  /** Attaches an empty database in memory that every connection may read from now on; `close` frees it when nobody does any more. */
  async attach(): Promise<AttachedDatabase> {
    await this.#recovery;
    const { instance } = this.#whole();
    const connection = await instance.connect();
    const name = `${attachedPrefix}${++this.#attached}`;
    try {
      await connection.run(`ATTACH ':memory:' AS ${name}`);
    } catch (error) {
      connection.closeSync();
      throw toSluiceError(error);
    }
    const close = async () => {
      try {
        await connection.run(`DETACH ${name}`);
      } finally {
        connection.closeSync();
      }
    };
    return { connection, name, close };
  }

  /** Closes a connection, whether it is current or not. */
  release(connection: DuckDBConnection): void {
    this.#opened?.connections.delete(connection);
    connection.closeSync();
  }

  /** False when the instance of the connection has failed: it is to be released, and another one made. */
  isCurrent(connection: DuckDBConnection): boolean {
    return this.#opened?.connections.has(connection) === true;
  }

  /**
   * To be called after a fatal error: opens the database anew if it can't be used any more. What still runs there is interrupted, and
   * waited for. Rejects when that takes too long, or when the file can't be opened; then the next call tries again.
   */
  recover(): Promise<void> {
    if (this.#recovery === undefined) {
      this.#recovery = this.#last.then(() => this.#recover());
      this.#last = this.#recovery.catch(() => undefined);
      this.#last = this.#last.then(() => {
        this.#recovery = undefined;
      });
    }
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    const failed = this.#opened;
    if (failed !== null) {
      if (await isUsable(failed.views)) return;
      await becomeQuiet(failed.connections);
      this.#opened = null;
      failed.views.closeSync();
      failed.instance.closeSync();
    }
    this.#opened = await openWhole(this.#options);
    this.#synced = null;
    this.#tables = new Map();
    this.#schemas = new Set(['public']);
  }

  #whole(): Opened {
    if (this.#opened === null) throw errors.engineFailed('the database of local tables is not open');
    return this.#opened;
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

  /** Fills the relation `sluice.checkpoints`. */
  showCheckpoints(rows: readonly CheckpointRow[]): Promise<void> {
    const done = this.#last.then(async () => {
      const values = rows.map(
        ({ name, stage, tasks, ofTasks, rows: count, bytes, createdMs, sql }) =>
          `(${quoteLiteral(name)}, ${stage}, ${tasks}, ${ofTasks}, ${count}, ${bytes}, make_timestamptz(${createdMs * 1000}), ${quoteLiteral(sql)})`,
      );
      const insert = values.length === 0 ? '' : `INSERT INTO ${checkpointsTable} VALUES ${values.join(', ')};`;
      await this.#whole().views.run(`BEGIN; DELETE FROM ${checkpointsTable}; ${insert} COMMIT`);
    });
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
    this.#opened?.views.closeSync();
    this.#opened?.instance.closeSync();
  }

  async #sync(snapshot: CatalogSnapshot): Promise<void> {
    const order = snapshot instanceof Snapshot ? snapshot.order : 0;
    if (this.#synced !== null && (this.#synced.version === snapshot.version || this.#synced.order > order)) return;
    const tables = new Map(tablesOf(snapshot).map((table) => [viewName(table), table]));
    const gone = [...this.#tables.keys()].filter((name) => !tables.has(name));
    const { views } = this.#whole();
    for (const name of gone) await views.run(`DROP VIEW IF EXISTS ${name}`);
    const made = new Map<string, DatasetTable>();
    for (const [name, table] of tables) {
      if (this.#tables.get(name) === table || (await this.#makeView(views, name, table))) made.set(name, table);
    }
    this.#tables = made;
    this.#synced = { version: snapshot.version, order };
  }

  /** False when a file changed since it was listed: the next snapshot has the new one. */
  async #makeView(views: DuckDBConnection, name: string, table: DatasetTable): Promise<boolean> {
    try {
      if (!this.#schemas.has(table.schema)) {
        await views.run(`CREATE SCHEMA IF NOT EXISTS ${dataDatabase}.${quoteIdentifier(table.schema)}`);
        this.#schemas.add(table.schema);
      }
      await views.run(`CREATE OR REPLACE VIEW ${name} AS ${printScan(table)}`);
      return true;
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.errorClass === 'internal' || isEngineFailure(error)) throw error;
      await views.run(`DROP VIEW IF EXISTS ${name}`);
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

async function openWhole(options: DatabaseOptions): Promise<Opened> {
  const path = options.stateFolder === null ? ':memory:' : join(options.stateFolder, `${localDatabase}.duckdb`);
  const instance = await openOrExplain(path, options);
  const views = await instance.connect();
  if (options.stateFolder === null) await views.run(`ATTACH ':memory:' AS ${localDatabase}`);
  await views.run(`ATTACH ':memory:' AS ${dataDatabase}`);
  await views.run(`CREATE SCHEMA IF NOT EXISTS ${localDatabase}.public`);
  await views.run(`CREATE SCHEMA ${dataDatabase}.public`);
  await views.run(wholePartitionSql(`${dataDatabase}.public`));
  await views.run(`CREATE SCHEMA ${dataDatabase}.sluice`);
  await views.run(`CREATE TABLE ${checkpointsTable} (${checkpointColumns})`);
  return { instance, views, connections: new Map() };
}

async function isUsable(connection: DuckDBConnection): Promise<boolean> {
  try {
    await connection.run('SELECT 1');
    return true;
  } catch (error) {
    if (isFatal(error)) return false;
    throw error;
  }
}

/**
 * Resolves when no call is under way any more. Idle connections may stay: an instance that has failed runs no statement, and leaves
 * its file alone when it is closed.
 */
async function becomeQuiet(connections: ReadonlyMap<DuckDBConnection, ConnectionHolder>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += quietEveryMs) {
    const busy = [...connections].filter(([, { busy }]) => busy());
    if (busy.length === 0) return;
    if (waitedMs >= quietWaitMs) throw errors.engineFailed('statements still run in the database of local tables');
    for (const [connection] of busy) connection.interrupt();
    await sleep(quietEveryMs);
  }
}

async function openOrExplain(path: string, options: DatabaseOptions): Promise<DuckDBInstance> {
  try {
    return await openInstance({ ...options, path });
  } catch (error) {
    const { message, detail } = toSluiceError(error);
    throw errors.cannotStart(
      `could not open the database of local tables "${path}"`,
      'Choose another folder with --state, or move the file away to start without local tables.',
      detail === undefined ? message : `${message}: ${detail}`,
    );
  }
}
