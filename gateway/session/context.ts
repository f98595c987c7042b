import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import type { Logger } from 'pino';
import type { CatalogSnapshot } from '../../planner/catalog.ts';
import type { Analyze, MakePlan, PlannerSettings } from '../../planner/index.ts';
import type { Plan, SessionSettings } from '../../planner/plan/plan.ts';
import type { Statement } from '../../planner/sql/lexer.ts';
import type { PlannerWorld } from '../../planner/world.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { RoleStore } from '../catalog/roles/role-store.ts';
import type { SluiceSettings } from '../config/session-settings.ts';
import type { CheckpointRow, CheckpointStore } from '../coordinator/checkpoints.ts';
import type { Coordinator, QueryReport } from '../coordinator/coordinator.ts';
import type { AttachedDatabase, ConnectionHolder } from '../coordinator/database.ts';
import type { PgCatalog } from '../pg-catalog/pg-catalog.ts';
import type { SessionAccess } from './access/session-access.ts';
import type { SessionLocks } from './advisory-locks.ts';
import type { Client, Notice } from './client.ts';
import type { Cursors } from './cursors.ts';
import type { SessionHub } from './hub.ts';
import type { Mailbox } from './mailbox.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { BatchReader } from './row-source.ts';
import type { Savepoints } from './savepoints.ts';
import type { SearchPath } from './search-path.ts';
import type { SessionConnection } from './session-connection.ts';
import type { SettingsState } from './settings-state.ts';
import type { Transaction } from './transaction.ts';

/** What a session needs of the catalog. */
export type SessionCatalog = Pick<
  Catalog,
  | 'snapshot'
  | 'createForeignTable'
  | 'importForeignSchema'
  | 'dropForeignTable'
  | 'recordDistinct'
  | 'changeKeys'
  | 'beginWrite'
  | 'appendTarget'
>;

/** What a session needs of the DuckDB of sessions and local tables. */
export interface SessionDatabase {
  connect(holder: ConnectionHolder): Promise<DuckDBConnection>;
  release(connection: DuckDBConnection): void;
  /** False when the connection is of no use any more; see `Database`. */
  isCurrent(connection: DuckDBConnection): boolean;
  /** An empty database that its connections can read, until it is closed. */
  attach(): Promise<AttachedDatabase>;
  /** Opens it anew when it can't be used any more. */
  recover(): Promise<void>;
  /** Makes the data sets of the snapshot visible as views on every connection. Cheap when nothing changed. */
  syncViews(snapshot: CatalogSnapshot): Promise<void>;
  /** Fills the relation `sluice.checkpoints`. */
  showCheckpoints(rows: readonly CheckpointRow[]): Promise<void>;
  /** True when the path lies in the gateway's own folder, however it is written. */
  ownsFile(path: string): boolean;
}

/** The planner's functions. */
export interface SessionPlanner {
  readonly analyze: Analyze;
  readonly makePlan: MakePlan;
  /** Lines of EXPLAIN. */
  readonly explainText: (plan: Plan) => readonly string[];
  readonly explainJson: (plan: Plan) => unknown;
}

/** The world of a session: the same for all sessions of a gateway. */
export interface SessionOptions {
  readonly catalog: SessionCatalog;
  readonly database: SessionDatabase;
  readonly coordinator: Coordinator;
  /** What named jobs have left. Absent: nothing is kept. */
  readonly checkpoints?: Pick<CheckpointStore, 'list' | 'drop'>;
  /** Absent: queries on catalogs get what DuckDB has. */
  readonly pgCatalog?: PgCatalog;
  /** Absent: everybody may do everything. */
  readonly roles?: RoleStore;
  readonly planner: SessionPlanner;
  readonly world: PlannerWorld;
  readonly hub: SessionHub;
  /** Live workers and slots. */
  readonly fleet: () => Pick<PlannerSettings, 'workers' | 'slots' | 'localWorkers' | 'taskMemoryBytes'>;
  readonly defaults: SluiceSettings;
  /** For suspended answers; exists. */
  readonly tempDirectory: string;
  readonly log: Logger;
}

/** One session's own things, shared by the commands. */
export interface SessionContext {
  readonly options: SessionOptions;
  readonly pid: number;
  /** Who has logged in; for whose rights count see `access`. */
  readonly user: string;
  readonly access: SessionAccess;
  readonly database: string;
  readonly client: Client;
  readonly settings: SettingsState;
  readonly transaction: Transaction;
  readonly connection: SessionConnection;
  readonly searchPath: SearchPath;
  readonly savepoints: Savepoints;
  readonly cursors: Cursors;
  readonly statements: PreparedStatements;
  readonly mailbox: Mailbox;
  readonly locks: SessionLocks;
  /** Lower-case names of temporary tables and views: they hide data sets of the same name. */
  readonly temporary: Set<string>;
  /** Of the message that is handled. */
  signal(): AbortSignal;
  /** Runs work whose queries `abort` cancels, and so does whatever cancels the message that is handled. */
  under<T>(abort: AbortController, work: () => Promise<T>): Promise<T>;
  /** The catalog as of the statement that runs: asked once for each. */
  snapshot(): Promise<CatalogSnapshot>;
  /** Forgets it, so that the next call asks again. */
  refreshSnapshot(): void;
  /** What answers depend on, as of now. */
  sessionSettings(): SessionSettings;
  nextQueryId(): string;
  notice(notice: Notice): void;
  /** Ends the transaction: portals, settings, DuckDB. */
  endTransaction(how: 'commit' | 'rollback'): Promise<void>;
  /** DISCARD ALL, DEALLOCATE. Undefined: all. */
  dropStatements(name: string | undefined): void;
  /** Those made since a savepoint; left out: all. */
  dropPortals(level?: number): Promise<void>;
  /** RELEASE: portals made since `level` belong to the savepoint `to`. */
  releasePortals(level: number, to: number): void;
  /** After DDL: what was bound may mean something else now. */
  forgetBindings(): void;
}

/** A statement that is to run. */
export interface Runnable {
  readonly statement: Statement;
  /** Type OIDs that the client gave; 0 or absent: not given. */
  readonly parameterOids: readonly number[];
  /** SQL literals of $1, $2, ...; null in the simple protocol. */
  readonly parameters: readonly string[] | null;
}

/** What running a statement gives. */
export type Outcome =
  | { readonly kind: 'complete'; readonly tag: string }
  | {
      readonly kind: 'rows';
      readonly names: readonly string[];
      readonly types: readonly DuckDBType[];
      readonly reader: BatchReader;
      /** It streams from the session's connection. */
      readonly live: boolean;
      /** The simple protocol gets them in binary form: FETCH from a BINARY cursor. */
      readonly binary?: boolean;
      readonly tag: (rows: number) => string;
      /** What runs, for EXPLAIN ANALYZE; only of planned queries. */
      readonly ran?: { readonly plan: () => Plan; readonly report: () => QueryReport };
    };

/** What a statement will give, told without running it. */
export interface Shape {
  /** DuckDB's types of $1, $2, ... */
  readonly parameterTypes: readonly string[];
  /** OIDs of parameters where they are not those of these types. */
  readonly parameterOids?: ReadonlyMap<number, number>;
  /** Null: no rows. */
  readonly columns: { readonly names: readonly string[]; readonly types: readonly DuckDBType[] } | null;
}
