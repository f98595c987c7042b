import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { Catalog } from '../../gateway/catalog/catalog.ts';
import type { RoleStore } from '../../gateway/catalog/roles/role-store.ts';
import { loadConfig } from '../../gateway/config/load.ts';
import { type SluiceSettings, sessionDefaults } from '../../gateway/config/session-settings.ts';
import { Database } from '../../gateway/coordinator/database.ts';
import { DuckdbPlannerWorld } from '../../gateway/coordinator/planner-world.ts';
import { QueryCoordinator } from '../../gateway/coordinator/query-coordinator.ts';
import { QueryEngine } from '../../gateway/coordinator/query-engine.ts';
import type { Fleet } from '../../gateway/fleet/fleet.ts';
import { PgCatalog } from '../../gateway/pg-catalog/pg-catalog.ts';
import { PgServer, type PgServerOptions } from '../../gateway/pgwire/pg-server.ts';
import type { SessionOptions, SessionPlanner } from '../../gateway/session/context.ts';
import { adoptForeignKeys } from '../../gateway/session/definitions/adopt-foreign-keys.ts';
import { versionText } from '../../gateway/session/gucs.ts';
import { SessionHub } from '../../gateway/session/hub.ts';
import { Session } from '../../gateway/session/session.ts';
import { analyze } from '../../planner/analyze.ts';
import { makePlan } from '../../planner/make-plan.ts';
import { explainJson } from '../../planner/plan/explain-json.ts';
import { explainText } from '../../planner/plan/explain-text.ts';

const MiB = 1024 * 1024;

export interface WireServerOptions extends Partial<PgServerOptions> {
  readonly data?: readonly string[];
  /** For local tables; left out: they are in memory. */
  readonly stateFolder?: string;
  /** Left out: the real one. */
  readonly planner?: SessionPlanner;
  readonly log?: Logger;
  /** Workers, which have been started; left out: there are none. */
  readonly fleet?: Fleet;
  /** Left out: everybody may do everything. */
  readonly roles?: RoleStore;
  /** Which those workers may use. */
  readonly exchangeDirectory?: string;
}

/** A Postgres listener over a real catalog, DuckDB and coordinator, in this process; without workers, unless some are given. */
export class WireServer {
  readonly port: number;
  readonly server: PgServer;
  readonly folder: string;
  readonly session: SessionOptions;
  readonly engine: QueryEngine;
  readonly #closers: readonly (() => Promise<unknown>)[];

  private constructor(
    port: number,
    server: PgServer,
    folder: string,
    session: SessionOptions,
    engine: QueryEngine,
    closers: readonly (() => Promise<unknown>)[],
  ) {
    this.port = port;
    this.server = server;
    this.folder = folder;
    this.session = session;
    this.engine = engine;
    this.#closers = closers;
  }

  static async start(options: WireServerOptions): Promise<WireServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-wire-'));
    const limits = { threads: 2, memoryBytes: 512 * MiB, tempDirectory: folder, maxTempBytes: 1024 * MiB };
    const data = options.data ?? [];
    const catalog = await Catalog.open({ ...limits, data, allow: [folder], stateFolder: null });
    const allowedDirectories = [...catalog.roots];
    const database = await Database.open({ ...limits, stateFolder: options.stateFolder ?? null, allowedDirectories });
    const log = options.log ?? pino({ level: 'silent' });
    await adoptForeignKeys(database, log);
    const world = await DuckdbPlannerWorld.open({ ...limits, catalog, allowedDirectories });
    const engine = await QueryEngine.open({ ...limits, tempDirectory: join(folder, 'queries'), allowedDirectories });
    const coordinator = new QueryCoordinator({
      fleets: options.fleet === undefined ? [] : [options.fleet],
      engine,
      tempDirectory: folder,
      exchangeDirectory: options.exchangeDirectory ?? join(folder, 'exchange'),
    });
    const defaults: SluiceSettings = sessionDefaults(
      loadConfig({ argv: [], env: {}, command: 'serve', users: [] }).config,
    );
    const pgCatalog = new PgCatalog({ tempDirectory: join(folder, 'pg-catalog'), version: versionText });
    const session: SessionOptions = {
      pgCatalog,
      catalog,
      database,
      world,
      hub: new SessionHub(),
      coordinator,
      planner: options.planner ?? { analyze, makePlan, explainText, explainJson },
      fleet: () => {
        const workers = options.fleet?.workers() ?? [];
        return {
          workers: workers.length,
          slots: workers.reduce((sum, { slots }) => sum + slots, 0),
          localWorkers: true,
        };
      },
      defaults,
      tempDirectory: folder,
      log,
      ...(options.roles === undefined ? {} : { roles: options.roles }),
    };
    const server = new PgServer({
      host: '127.0.0.1',
      port: 0,
      maxConnections: 300,
      authTimeoutMs: 5_000,
      maxMessageBytes: 16 * MiB,
      failedLoginDelayMs: 20,
      users: null,
      insecure: false,
      tls: null,
      openSession: (login, client) => Session.open(session, login, client),
      ...options,
      log,
    });
    const { port } = await server.listen();
    const closers = [
      () => server.close(0),
      () => pgCatalog.close(),
      () => coordinator.close(),
      () => world.close(),
      () => engine.close(),
      () => database.close(),
      () => catalog.close(),
      () => rm(folder, { recursive: true }),
    ];
    return new WireServer(port, server, folder, session, engine, closers);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers) {
      await close();
    }
  }
}
