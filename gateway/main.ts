/** The composition root: the one place that builds the gateway's rooms from the configuration and takes them down again. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { selfTest } from '../planner/aggregates/self-test.ts';
import { analyze } from '../planner/analyze.ts';
import type { CatalogSnapshot } from '../planner/catalog.ts';
import { errors } from '../planner/errors.ts';
import type { PlannerSettings } from '../planner/index.ts';
import { makePlan } from '../planner/make-plan.ts';
import { explainJson } from '../planner/plan/explain-json.ts';
import { explainText } from '../planner/plan/explain-text.ts';
import { duckdbVersion } from '../worker/engine/duckdb-version.ts';
import { letEventLoopGoFirst } from '../worker/engine/thread-priority.ts';
import { Catalog } from './catalog/catalog.ts';
import type { Role } from './catalog/roles/role.ts';
import { RoleStore } from './catalog/roles/role-store.ts';
import { Closers } from './closers.ts';
import { type Address, parseAddress, printAddress } from './config/address.ts';
import { thisMachine } from './config/machine.ts';
import { packageRoot, packageVersion } from './config/package-info.ts';
import { type SluiceSettings, sessionDefaults } from './config/session-settings.ts';
import type { Config } from './config/settings.ts';
import { gatewaySizes, type Sizes } from './config/sizes.ts';
import { CheckpointStore } from './coordinator/checkpoints.ts';
import { Database } from './coordinator/database.ts';
import type { CoordinatorLimits } from './coordinator/limits.ts';
import { DuckdbPlannerWorld } from './coordinator/planner-world.ts';
import { QueryCoordinator } from './coordinator/query-coordinator.ts';
import { QueryEngine } from './coordinator/query-engine.ts';
import { WarmPlanner } from './coordinator/warm-planner.ts';
import type { Fleet } from './fleet/fleet.ts';
import { JoinFleet } from './fleet/join-fleet.ts';
import { LocalFleet } from './fleet/local-fleet.ts';
import type { WorkerDoor } from './fleet/roster.ts';
import { letHeapGrow } from './heap-growth.ts';
import { HttpServer } from './http/http-server.ts';
import { joinToken } from './join-token.ts';
import type { Log } from './observe/log.ts';
import { QueryLog, type QueryLogRow } from './observe/query-log.ts';
import { PgCatalog } from './pg-catalog/pg-catalog.ts';
import { checkListenAddress, isLoopback } from './pgwire/listen-address.ts';
import { PgServer } from './pgwire/pg-server.ts';
import type { TlsFiles } from './pgwire/tls-server.ts';
import { type AuthMethod, loadUsers, usersOf } from './pgwire/users.ts';
import type { SessionOptions } from './session/context.ts';
import { adoptForeignKeys } from './session/definitions/adopt-foreign-keys.ts';
import { versionText } from './session/gucs.ts';
import { SessionHub } from './session/hub.ts';
import { Session } from './session/session.ts';
import { lockState } from './state-lock.ts';
import { checkpointFolder, exchangeFolder, makeTempFolder } from './temp-folder.ts';

/** A gateway that runs. */
export interface Gateway {
  /** Where Postgres clients connect: the real port, also when 0 was asked for. */
  readonly listen: Address;
  /** Where workers join and health is served. */
  readonly http: Address;
  /** Connected workers, and how many there are meant to be. */
  workers(): { readonly connected: number; readonly expected: number };
  /** The data sets as they are now. */
  snapshot(): Promise<CatalogSnapshot>;
  /** The last queries: how they began and ended. Oldest first. */
  queries(): readonly QueryLogRow[];
  /**
   * Drains: not ready, no new connections; running queries go on for `shutdown_grace`, then they are cancelled; then workers end and the
   * state folder is free. May be called more than once.
   */
  close(): Promise<void>;
}

/** Rows of the query log that are kept. */
const queryLogRows = 2_000;
/** How long a wrong password waits for its answer. */
const failedLoginDelayMs = 500;
/**
 * Of the gateway's memory, for the DuckDB that runs queries over data sets; the other one, of sessions and their local tables, has the rest.
 * Together they stay within what the gateway was given.
 */
const queryMemoryShare = 0.75;
/** Of the gateway's memory, for each of the two small DuckDBs: one reads footers and samples, one parses and binds. */
const smallMemoryShare = 0.1;
const fewestSmallBytes = 64 * 1024 ** 2;

/** Why `/readyz` says no; null when it does not. */
interface Readiness {
  reason: string | null;
}

/**
 * Starts everything; resolves when clients can connect. Rejects with SluiceError, nothing left behind, when a port or the state folder is in
 * use (58030, 55006), when files of the configuration can't be read, or when no worker starts.
 */
export async function startGateway(config: Config, log: Log): Promise<Gateway> {
  letHeapGrow();
  const closers = new Closers();
  try {
    return await build(config, log, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function build(config: Config, log: Log, closers: Closers): Promise<Gateway> {
  const sizes = gatewaySizes(config, thisMachine(process.env));
  const door = await readDoor(config);
  const address = parseAddress(config.http, '--http');
  const state = resolve(config.state);
  const lock = await lockState(state);
  closers.add(() => lock.release());
  const tempDirectory = await makeTempFolder(state, config.tempDir === null ? null : resolve(config.tempDir));
  letEventLoopGoFirst();

  const engine = await openEngine(config, sizes, state, tempDirectory, log, closers);
  const readiness: Readiness = { reason: 'starting' };
  const queries = new QueryLog(queryLogRows);
  const fleetParts = { address, config, sizes, state, tempDirectory, log, readiness, closers };
  const [started, broken] = await Promise.allSettled([
    startFleet(fleetParts, engine.catalog),
    brokenAggregates(engine.database, log),
  ]);
  // Only now: what failed must not leave the other running.
  if (started.status === 'rejected') throw started.reason;
  if (broken.status === 'rejected') throw broken.reason;
  const { fleet, http } = started.value;
  const checkpoints = await openCheckpoints(config, tempDirectory);
  const coordinator = new QueryCoordinator({
    fleets: [fleet],
    engine: engine.queries,
    tempDirectory: join(tempDirectory, 'coordinator'),
    exchangeDirectory: join(tempDirectory, exchangeFolder),
    checkpoints,
    limits: coordinatorLimits(config, sizes),
    log: queries,
  });
  closers.add(() => coordinator.close());

  const hub = new SessionHub();
  const pgCatalog = openPgCatalog(tempDirectory, closers);
  const defaults = sessionDefaults(config);
  const warm = makeWarm({ broken: broken.value, world: engine.world, defaults, fleet, coordinator, log });
  closers.add(() => warm.close());
  const server = await listenForClients(config, door, log, closers, (login, client) =>
    Session.open(
      {
        catalog: engine.catalog,
        database: engine.database,
        coordinator,
        checkpoints,
        pgCatalog,
        roles: door.roles,
        planner: warm.planner,
        world: engine.world,
        hub,
        fleet: () => fleetNow(fleet),
        defaults,
        tempDirectory,
        log: log.child({ room: 'session' }),
      },
      login,
      client,
    ),
  );
  if (!isLoopback(http.host)) {
    log.warn({ http: printAddress(http) }, 'workers from other machines prove their token without TLS');
  }
  readiness.reason = null;
  closers.add(() => {
    readiness.reason = 'shutting down';
  });
  log.info({ listen: printAddress(server), http: printAddress(http), workers: fleet.target, state }, 'ready');
  if (config.warmUp) warmUp(warm, pgCatalog, log);
  return {
    listen: server,
    http,
    workers: () => ({ connected: fleet.workers().length, expected: fleet.target }),
    snapshot: () => engine.catalog.snapshot(),
    queries: () => queries.rows(),
    close: () => closers.close(),
  };
}

/** What named jobs have left for their next run, without what is too old. */
async function openCheckpoints(config: Config, tempDirectory: string): Promise<CheckpointStore> {
  const checkpoints = new CheckpointStore({
    folder: join(tempDirectory, exchangeFolder, checkpointFolder),
    version: `${packageVersion} ${duckdbVersion()}`,
    maxBytes: config.checkpointBytesMax,
    maxAgeMs: config.checkpointAge,
  });
  await checkpoints.sweep(Date.now());
  return checkpoints;
}

/** What the coordinator bounds by settings and by the machine. */
function coordinatorLimits(config: Config, sizes: Sizes): Partial<CoordinatorLimits> {
  return {
    runningQueries: sizes.maxConcurrentQueries,
    queryMemoryBytes: Math.floor(sizes.coordinatorMemoryBytes * queryMemoryShare),
    queuedQueries: config.maxQueuedQueries,
    queueTimeoutMs: config.queueTimeout,
    taskThreads: sizes.workerThreads,
  };
}

/** pg_catalog and information_schema for sessions: opened when they are first asked for. */
function openPgCatalog(tempDirectory: string, closers: Closers): PgCatalog {
  const pgCatalog = new PgCatalog({ tempDirectory: join(tempDirectory, 'pg-catalog'), version: versionText });
  closers.add(() => pgCatalog.close());
  return pgCatalog;
}

/** From `ready` to warming up: clients that wait for the start come first. */
const warmAfterMs = 2_000;

/** The planner of sessions, to be warmed up over what a session would be given. */
function makeWarm(parts: {
  readonly broken: readonly string[];
  readonly world: DuckdbPlannerWorld;
  readonly defaults: SluiceSettings;
  readonly fleet: Fleet;
  readonly coordinator: QueryCoordinator;
  readonly log: Log;
}): WarmPlanner<SessionOptions['planner']> {
  const { broken, world, defaults, fleet, coordinator, log } = parts;
  return new WarmPlanner({
    planner: plannerWithout(broken),
    world,
    settings: () => ({ ...defaults, ...fleetNow(fleet) }),
    isBusy: () => coordinator.openQueries > 0,
    log: log.child({ room: 'coordinator' }),
  });
}

/** Prepares in the background what the first statements would wait for. */
function warmUp(planner: { start(afterMs: number): Promise<void> }, pgCatalog: PgCatalog, log: Log): void {
  planner
    .start(warmAfterMs)
    .then(() => pgCatalog.warm())
    .catch((error: unknown) => log.error({ err: error }, 'the catalogs could not be prepared'));
}

/** The catalog and the DuckDBs of the gateway's process. */
async function openEngine(
  config: Config,
  sizes: Sizes,
  state: string,
  tempDirectory: string,
  log: Log,
  closers: Closers,
) {
  const smallShare = Math.max(fewestSmallBytes, Math.floor(sizes.coordinatorMemoryBytes * smallMemoryShare));
  const catalog = await Catalog.open({
    data: config.data,
    allow: config.allow,
    stateFolder: state,
    tempDirectory: join(tempDirectory, 'catalog'),
    threads: sizes.coordinatorThreads,
    memoryBytes: smallShare,
  });
  closers.add(() => catalog.close());
  const limits = {
    threads: sizes.coordinatorThreads,
    maxTempBytes: config.tempBytesMax,
    allowedDirectories: catalog.roots,
  };
  const queryMemory = Math.floor(sizes.coordinatorMemoryBytes * queryMemoryShare);
  const database = await Database.open({
    ...limits,
    stateFolder: state,
    memoryBytes: sizes.coordinatorMemoryBytes - queryMemory,
    tempDirectory: join(tempDirectory, 'database'),
  });
  closers.add(() => database.close());
  await adoptForeignKeys(database, log);
  const queries = await QueryEngine.open({
    ...limits,
    memoryBytes: queryMemory,
    tempDirectory: join(tempDirectory, 'queries'),
  });
  closers.add(() => queries.close());
  const world = await DuckdbPlannerWorld.open({
    catalog,
    allowedDirectories: catalog.roots,
    tempDirectory: join(tempDirectory, 'planner'),
    memoryBytes: smallShare,
  });
  closers.add(() => world.close());
  return { catalog, database, queries, world };
}

interface FleetParts {
  readonly address: Address;
  readonly config: Config;
  readonly sizes: Sizes;
  readonly state: string;
  readonly tempDirectory: string;
  readonly log: Log;
  readonly readiness: Readiness;
  readonly closers: Closers;
}

/** Listens for workers and starts those of this machine. */
async function startFleet(parts: FleetParts, catalog: Catalog): Promise<{ fleet: Fleet; http: Address }> {
  const { config, sizes, state, log, readiness, closers } = parts;
  const { host, port } = parts.address;
  let bound = port;
  const common = {
    duckdbVersion: duckdbVersion(),
    allowedDirectories: catalog.roots,
    tempDirectory: join(parts.tempDirectory, 'workers'),
    exchangeDirectory: join(parts.tempDirectory, exchangeFolder),
    heartbeatMs: config.heartbeat,
    log: log.child({ room: 'fleet' }),
  };
  const token = await joinToken(config, state);
  const fleet: Fleet & WorkerDoor =
    sizes.workers === 0
      ? new JoinFleet({ ...common, token, expected: 1 })
      : new LocalFleet({
          ...common,
          workers: sizes.workers,
          program: join(packageRoot, 'dist/worker/main.js'),
          env: process.env,
          url: () => `ws://${printAddress({ host: reachable(host), port: bound })}`,
          slots: sizes.workerSlots,
          memoryBytes: sizes.workerMemoryBytes,
          maxTempBytes: config.tempBytesMax,
          sluiceVersion: packageVersion,
          joinToken: token,
          faultPlan: config.faultPlan,
        });
  const http = new HttpServer({ host, port, door: fleet, notReady: () => readiness.reason });
  bound = await listening(http.listen(), config.http, '--http');
  closers.add(() => http.close());
  await fleet.start();
  closers.add(() => fleet.stop());
  return { fleet, http: { host, port: bound } };
}

/** The address by which this machine reaches a server that listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function fleetNow(fleet: Fleet) {
  const workers = fleet.workers();
  const memory = workers.map(({ memoryBytes, slots }) => Math.floor(memoryBytes / slots));
  return {
    workers: workers.length,
    slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
    localWorkers: workers.every((worker) => worker.local),
    ...(memory.length === 0 ? {} : { taskMemoryBytes: Math.min(...memory) }),
  };
}

/** Aggregates that this DuckDB does not merge as the rules say: the planner leaves them alone. */
async function brokenAggregates(database: Database, log: Log): Promise<readonly string[]> {
  const connection = await database.connect();
  try {
    return await selfTest(
      async (sql) => (await connection.runAndReadAll(sql)).getRows(),
      (aggregate, reason) => log.warn({ aggregate, reason }, 'aggregate is not merged'),
    );
  } finally {
    database.release(connection);
  }
}

/** The planner's functions, for sessions that may not switch on again what is broken. */
function plannerWithout(broken: readonly string[]): SessionOptions['planner'] {
  const withoutBroken = (settings: PlannerSettings): PlannerSettings => ({
    ...settings,
    disabled: [...settings.disabled, ...broken],
  });
  return {
    analyze: (request, world) => analyze({ ...request, settings: withoutBroken(request.settings) }, world),
    makePlan: (request, world) => makePlan({ ...request, settings: withoutBroken(request.settings) }, world),
    explainText,
    explainJson,
  };
}

async function readFileOf(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw errors.cannotStart(`could not read "${path}"`, `Check ${setting}.`, reason);
  }
}

async function readTls(config: Config): Promise<TlsFiles | null> {
  if (config.tlsCert === null && config.tlsKey === null) {
    if (config.clientCa === null) return null;
    throw errors.configConflict('certificates of clients need TLS', 'Give --tls-cert and --tls-key too.');
  }
  if (config.tlsCert === null || config.tlsKey === null) {
    throw errors.configConflict('TLS needs a certificate and its key', 'Give both --tls-cert and --tls-key.');
  }
  const [cert, key] = [await readFileOf('--tls-cert', config.tlsCert), await readFileOf('--tls-key', config.tlsKey)];
  const clientCa = config.clientCa === null ? {} : { clientCa: await readFileOf('--client-ca', config.clientCa) };
  return { cert, key, ...clientCa };
}

/** What clients are let in by, read and checked before anything is started. */
interface Door {
  readonly listen: Address;
  readonly tls: TlsFiles | null;
  readonly method: AuthMethod;
  readonly roles: RoleStore;
}

async function readDoor(config: Config): Promise<Door> {
  const listen = parseAddress(config.listen, '--listen');
  const tls = await readTls(config);
  const users = config.usersFile === null ? [] : await loadUsers(config.usersFile);
  const method = authMethod(config, listen);
  if (!config.insecure) checkListenAddress(listen.host, method !== 'trust', tls !== null);
  if (method === 'password' && tls === null) {
    throw errors.configConflict('--auth password needs TLS', 'Give --tls-cert and --tls-key, or --auth scram-sha-256.');
  }
  if (method === 'cert' && tls?.clientCa === undefined) {
    throw errors.configConflict(
      '--auth cert needs --client-ca',
      'Name the file of certificates that issue those of clients.',
    );
  }
  return { listen, tls, method, roles: openRoles(method, users, resolve(config.state)) };
}

function authMethod({ auth, usersFile, insecure }: Config, { host }: Address): AuthMethod {
  if (auth !== 'auto') return auth;
  return usersFile !== null || !(insecure || isLoopback(host)) ? 'scram-sha-256' : 'trust';
}

/** `users`: those of the users file. Raises F0000 when nobody could log in. */
function openRoles(method: AuthMethod, users: readonly Role[], state: string): RoleStore {
  const roles = new RoleStore(state, users);
  const anybody = roles
    .now()
    .all()
    .some(({ login, secret }) => login && (method === 'cert' || secret !== null));
  if (method !== 'trust' && !anybody) {
    throw errors.configConflict(
      `nobody could log in by ${method}: there are no users`,
      'Make one: sluice user add NAME --role admin.',
    );
  }
  return roles;
}

async function listenForClients(
  config: Config,
  { listen, tls, method, roles }: Door,
  log: Log,
  closers: Closers,
  openSession: ConstructorParameters<typeof PgServer>[0]['openSession'],
): Promise<Address> {
  const server = new PgServer({
    ...listen,
    tls,
    users: usersOf(method, roles),
    insecure: config.insecure,
    maxConnections: config.maxConnections,
    ...(config.reservedFor.length === 0
      ? {}
      : { reserved: { connections: config.reservedConnections, users: new Set(config.reservedFor) } }),
    authTimeoutMs: config.authTimeout,
    maxMessageBytes: config.messageBytesMax,
    failedLoginDelayMs,
    openSession,
    log: log.child({ room: 'pgwire' }),
  });
  const bound = await listening(server.listen(), config.listen, '--listen');
  closers.add(() => server.close(config.shutdownGrace));
  return { host: listen.host, port: bound.port };
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'may not be used by this user',
  EADDRNOTAVAIL: 'is no address of this machine',
  ENOTFOUND: 'is not known',
};

/** The outcome of `listen`, its failure in our words. */
async function listening<T>(outcome: Promise<T>, address: string, flag: string): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    const problem = listenProblems[(error as NodeJS.ErrnoException).code ?? ''];
    if (problem === undefined) throw error;
    throw errors.cannotStart(`${address} ${problem}`, `Choose another address with ${flag}.`);
  }
}
