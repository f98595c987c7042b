import { createHash } from 'node:crypto';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { LRUCache } from 'lru-cache';
import { errors, SluiceError } from '../../planner/errors.ts';
import { type Node, parsePostgres } from '../../planner/sql/postgres.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import { CatalogState, Seed } from './catalog-state.ts';
import { mayBeCatalog, type Subject, subjectOf } from './classify.ts';
import { type ConstantParts, constantParts } from './constant-parts.ts';
import { copyCatalog } from './copy-catalog.ts';
import { catalogMemoryBytes, catalogTempBytes, maxIdleConnections, maxStates, maxTranslations } from './limits.ts';
import { type CatalogShape, catalogShape, seedFolder } from './relations.ts';
import { makeSessionRelation, type SessionFacts, sessionRelationNames, unknownSession } from './session-relations.ts';
import { isSuperuser } from './state/add-roles.ts';
import { buildState, type StateInput } from './state/build-state.ts';
import type { ReadMetadata } from './state/read-metadata.ts';
import { reservedCharacters } from './translate/context.ts';
import { type TranslatedQuery, translate, translateView } from './translate/translate.ts';

/** A query that is to be answered here. */
export interface CatalogQuery extends TranslatedQuery {
  readonly subject: Exclude<Subject, 'other'>;
}

/** The objects that a session sees. `key` differs whenever `input` would. */
export interface CatalogView {
  readonly key: string;
  readonly input: () => StateInput;
}

/** A connection of the private DuckDB on which the text of a query can run as it is. */
export interface CatalogLease {
  readonly connection: DuckDBConnection;
  readonly sql: string;
  readonly state: CatalogState;
  release(): void;
}

export interface PgCatalogOptions {
  readonly tempDirectory: string;
  /** What `version()` says. */
  readonly version: string;
}

/** Another DuckDB's connection, on which an empty database of this name is attached. */
export interface CatalogCopy {
  readonly connection: DuckDBConnection;
  readonly name: string;
  close(): Promise<void>;
}

interface Known {
  readonly query: CatalogQuery | undefined;
  readonly constants: ConstantParts;
}

const nothing: Known = { query: undefined, constants: { parts: [], whole: false } };

const warmRelations = ['pg_namespace', 'pg_class', 'pg_type', 'pg_attribute', 'pg_description', 'pg_index', 'pg_proc'];

interface Opened {
  readonly instance: DuckDBInstance;
  readonly admin: DuckDBConnection;
  readonly shape: CatalogShape;
  readonly seed: Seed;
}

interface HeldState {
  readonly state: CatalogState;
  users: number;
  dropped: boolean;
}

/**
 * pg_catalog and information_schema: real tables in a DuckDB of their own, which is opened when it is first needed. Rows that every
 * database has come from the seed; the others are made of what a session sees, once for all sessions that see the same.
 */
export class PgCatalog {
  /** The local objects as of a moment (see `CommitClock`), for sessions that have none of their own. Kept here for all of them. */
  metadata: { readonly at: number; readonly read: ReadMetadata } | undefined;
  readonly #options: PgCatalogOptions;
  readonly #started = new Date().toISOString();
  readonly #queries = new LRUCache<string, Known>({ max: maxTranslations });
  readonly #views = new Map<string, string>();
  readonly #states = new LRUCache<string, HeldState>({ max: maxStates, dispose: (held) => this.#drop(held) });
  readonly #idle: DuckDBConnection[] = [];
  #opened: Promise<Opened> | undefined;
  #warming: Promise<void> = Promise.resolve();
  #dropping: Promise<unknown> = Promise.resolve();
  #closed = false;
  #number = 0;

  constructor(options: PgCatalogOptions) {
    this.#options = options;
  }

  /** The translation of a query on the catalogs; undefined for any other text. Raises 0A000 for what can't be translated. */
  async query(sql: string): Promise<CatalogQuery | undefined> {
    return (await this.#known(sql)).query;
  }

  /** The parts of a statement, also of one that writes, that are about the catalogs and the same for all rows. */
  async constants(sql: string): Promise<ConstantParts> {
    return (await this.#known(sql)).constants;
  }

  async #known(sql: string): Promise<Known> {
    if (!mayBeCatalog(sql) || reservedCharacters.test(sql)) return nothing;
    let known = this.#queries.get(sql);
    if (known === undefined) {
      known = await this.#read(sql);
      this.#queries.set(sql, known);
    }
    return known;
  }

  async #read(sql: string): Promise<Known> {
    const shape = await catalogShape();
    const statement = await parsePostgres(sql);
    if (statement === undefined) return nothing;
    const subject = subjectOf(shape, statement);
    if (subject === 'catalog') return { ...nothing, query: { ...translate(shape, statement), subject } };
    const constants = constantParts(shape, statement, sql);
    if (subject === 'other' || constants.whole) return { query: undefined, constants };
    return { query: mixed(shape, statement), constants };
  }

  /** Copies what a query reads into a database of another DuckDB; gives the text that runs there. */
  async copy<T extends CatalogCopy>(
    query: CatalogQuery,
    view: CatalogView,
    facts: SessionFacts,
    place: () => Promise<T>,
  ): Promise<{ readonly to: T; readonly sql: string }> {
    const lease = await this.lease(query, view, facts, true);
    try {
      const to = await place();
      try {
        return { to, sql: await copyCatalog(query, lease, to) };
      } catch (error) {
        await to.close();
        throw error;
      }
    } finally {
      lease.release();
    }
  }

  /** Makes what the query reads, and a connection ready for it. The lease has to be released. */
  async lease(
    query: CatalogQuery,
    view: CatalogView,
    facts: SessionFacts,
    /** The text runs elsewhere. */
    whole = false,
  ): Promise<CatalogLease> {
    const opened = await this.#open();
    const held = this.#hold(opened, view);
    held.users++;
    let connection: DuckDBConnection | undefined;
    const release = () => {
      held.users--;
      if (held.users === 0 && held.dropped) this.#dropNow(held);
      if (connection !== undefined) this.#giveBack(connection);
    };
    try {
      await held.state.ensure(query);
      connection = this.#idle.pop() ?? (await opened.instance.connect());
      const read = whole ? held.state.closure(query) : query;
      for (const key of held.state.sessionRelations(read)) {
        await makeSessionRelation(connection, opened.shape, key, facts);
      }
      return { connection, sql: held.state.fill(query.sql), state: held.state, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Opens it and reads the rows that most queries need, so that the first one does not wait for that. Rejects with what failed. */
  warm(): Promise<void> {
    const warming = this.#readMost();
    this.#warming = warming.catch(() => undefined); // the caller is told
    return warming;
  }

  /** Frees everything; leases have to be released before. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#warming, this.#dropping]); // a connection must not be closed while it computes
    const opened = await this.#opened;
    for (const connection of this.#idle.splice(0)) connection.closeSync();
    opened?.admin.closeSync();
    opened?.instance.closeSync();
  }

  async #readMost(): Promise<void> {
    if (this.#closed) return;
    const { seed } = await this.#open();
    for (const key of warmRelations) {
      if (!this.#closed) await seed.table(key);
    }
  }

  #open(): Promise<Opened> {
    if (this.#closed) throw errors.shuttingDown();
    if (this.#opened === undefined) {
      this.#opened = this.#openNow();
      this.#opened.catch(() => {
        this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  async #openNow(): Promise<Opened> {
    const [shape, instance] = await Promise.all([
      catalogShape(),
      openInstance({
        path: ':memory:',
        threads: 1,
        memoryBytes: catalogMemoryBytes,
        maxTempBytes: catalogTempBytes,
        tempDirectory: this.#options.tempDirectory,
        allowedDirectories: [seedFolder],
      }),
    ]);
    const admin = await instance.connect();
    await admin.run('CREATE SCHEMA seed');
    // Views are bound where they are made.
    for (const key of sessionRelationNames) await makeSessionRelation(admin, shape, key, unknownSession);
    return { instance, admin, shape, seed: new Seed(admin, shape) };
  }

  #hold(opened: Opened, view: CatalogView): HeldState {
    const key = createHash('sha256').update(view.key).digest('base64');
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const input = view.input();
    const rows = buildState(input);
    const roles = rows.of('role_names');
    const roleOid = roles.find(({ name }) => name === input.user)?.oid;
    const schema = `s${++this.#number}`;
    const made = opened.admin.run(`CREATE SCHEMA ${schema}`);
    const state = new CatalogState({
      schema,
      connection: opened.admin,
      shape: opened.shape,
      seed: opened.seed,
      rows,
      ready: made.then(() => undefined),
      constants: {
        database: quoteLiteral(input.database),
        user: quoteLiteral(input.user),
        version: quoteLiteral(this.#options.version),
        started: quoteLiteral(this.#started),
        session_user: quoteLiteral(input.sessionUser),
        role: String(roleOid ?? 0),
        superuser: String(isSuperuser(input)),
        role_oids: `map {${roles.map((role) => `${quoteLiteral(String(role.acl_name))}: ${role.oid}`).join(', ')}}`,
      },
      translateView: (name, definition) => this.#view(opened.shape, name, definition),
    });
    const held = { state, users: 0, dropped: false };
    this.#states.set(key, held);
    return held;
  }

  async #view(shape: CatalogShape, key: string, definition: string): Promise<string> {
    let text = this.#views.get(key);
    if (text === undefined) {
      const statement = await parsePostgres(definition);
      if (statement === undefined) throw errors.internal(`the definition of ${key} does not parse`);
      text = translateView(shape, key, statement);
      this.#views.set(key, text);
    }
    return text;
  }

  #giveBack(connection: DuckDBConnection): void {
    if (this.#closed || this.#idle.length >= maxIdleConnections) connection.closeSync();
    else this.#idle.push(connection);
  }

  #drop(held: HeldState): void {
    held.dropped = true;
    if (held.users === 0) this.#dropNow(held);
  }

  #dropNow(held: HeldState): void {
    // One after the other on one connection; only `close` waits for it.
    const dropped = held.state.drop();
    this.#dropping = Promise.all([this.#dropping, dropped]);
  }
}

/** Undefined for what can't be translated: DuckDB tells what it makes of it. */
function mixed(shape: CatalogShape, statement: Node): CatalogQuery | undefined {
  try {
    return { ...translate(shape, statement), subject: 'mixed' };
  } catch (error) {
    if (error instanceof SluiceError && error.sqlstate === '0A000') return undefined;
    throw error;
  }
}
