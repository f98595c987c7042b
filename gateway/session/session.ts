import type { CatalogSnapshot } from '../../planner/catalog.ts';
import { errors, isEngineFailure, type SluiceError } from '../../planner/errors.ts';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { RowStyle } from '../../worker/rows/style.ts';
import { setIdentity } from './access/identity.ts';
import { SessionAccess } from './access/session-access.ts';
import { SessionActivity } from './activity.ts';
import { SessionLocks } from './advisory-locks.ts';
import type { Client, FrontendMessage, Notice } from './client.ts';
import { run } from './commands/index.ts';
import type { Outcome, Runnable, SessionContext, SessionOptions } from './context.ts';
import { Cursors } from './cursors.ts';
import { endTransaction, undoAll, undoStatement } from './end-transaction.ts';
import { checkNotFailed, ExtendedProtocol } from './extended-protocol.ts';
import { parseMilliseconds } from './gucs.ts';
import { statementsOf } from './known-texts.ts';
import { Mailbox } from './mailbox.ts';
import { columnFormats, Delivery, fieldsOf } from './portal.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { Queries } from './query.ts';
import { Savepoints } from './savepoints.ts';
import { SearchPath } from './search-path.ts';
import { SessionConnection } from './session-connection.ts';
import { SettingsState } from './settings-state.ts';
import { applyStartup } from './startup-settings.ts';
import { Transaction } from './transaction.ts';

/** Who has logged in, and with what start-up parameters. */
export interface Login {
  readonly user: string;
  readonly database: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly pid: number;
  readonly address?: { readonly host: string | null; readonly port: number | null };
  /** Ends the connection, after the statement that runs. */
  readonly terminate?: (reason: SluiceError) => void;
}

const noticeRanks: Readonly<Record<string, number>> = { DEBUG: 0, LOG: 1, NOTICE: 2, INFO: 5, WARNING: 3 };
const levelRanks: Readonly<Record<string, number>> = { log: 1, notice: 2, warning: 3, error: 4 };
/**
 * One client's session: answers its messages one after the other. `handle` must not be called again before it has resolved. It
 * rejects only when the connection has to end: the client is gone (08006), or the server ends it (57P01).
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #client: Client;
  readonly #settings: SettingsState;
  readonly #transaction: Transaction;
  readonly #access: SessionAccess;
  readonly #mailbox: Mailbox;
  readonly #locks: SessionLocks;
  readonly #work: SessionActivity;
  readonly #connection: SessionConnection;
  readonly #context: SessionContext;
  readonly #queries: Queries;
  readonly #extended: ExtendedProtocol;
  #active = new AbortController();
  #busy = false;
  /** A message is being handled. */
  #handling = true;
  /** In place of that of the message; see `SessionContext.under`. */
  #signal: AbortSignal | undefined;
  #skipUntilSync = false;
  readonly #path: SearchPath;
  #snapshot: Promise<CatalogSnapshot> | undefined;
  #time: string | undefined;
  #queryNumber = 0;
  #style: { readonly version: number; readonly style: RowStyle } | undefined;
  #timeout = { version: -1, ms: 0 };

  /** Opens a session and tells the client its settings. Raises 42704 and 22023 for bad start-up parameters. */
  static async open(options: SessionOptions, login: Login, client: Client): Promise<Session> {
    const settings = new SettingsState(options.defaults);
    const role = applyStartup(settings, login.parameters);
    settings.initialize('session_authorization', login.user);
    const session = new Session(options, login, client, settings);
    settings.initialize('is_superuser', session.#access.isAdmin ? 'on' : 'off');
    if (role !== undefined) {
      setIdentity(session.#context, 'role', role, false);
    }
    await session.#connection.connect();
    session.#reportSettings();
    session.#handling = false;
    options.hub.sessions.set(login.pid, session.#work);
    return session;
  }

  private constructor(options: SessionOptions, login: Login, client: Client, settings: SettingsState) {
    this.#options = options;
    this.#client = client;
    this.#settings = settings;
    const { locks, channels, commits } = options.hub;
    this.#transaction = new Transaction(commits);
    this.#access = new SessionAccess(options.roles, settings, this.#transaction, login.user);
    this.#locks = new SessionLocks(login.pid, locks);
    this.#mailbox = new Mailbox(channels, client, login.pid, () => !this.#handling && !this.#transaction.inBlock);
    const signal = () => this.#signal ?? this.#active.signal;
    this.#path = new SearchPath(() => settings.show('search_path'), login.user, this.#transaction);
    this.#connection = new SessionConnection(options.database, this.#transaction, signal, this.#path);
    const { pid, user, database, address, terminate } = login;
    const identity = { pid, user, database, clientAddress: address?.host ?? null, clientPort: address?.port ?? null };
    const name = () => settings.show('application_name');
    this.#work = new SessionActivity(identity, this.#transaction, name, (reason) => this.cancel(reason), terminate);
    this.#context = this.#makeContext(login);
    this.#queries = new Queries(this.#context);
    this.#extended = new ExtendedProtocol(this.#context, this.#queries, {
      startImplicit: () => this.#startImplicit(),
      deliver: (outcome, formats) => this.#deliver(outcome, formats),
    });
  }

  #makeContext({ pid, user, database }: Login): SessionContext {
    return {
      options: this.#options,
      pid,
      user,
      access: this.#access,
      database,
      client: this.#client,
      settings: this.#settings,
      transaction: this.#transaction,
      connection: this.#connection,
      searchPath: this.#path,
      savepoints: new Savepoints(),
      cursors: new Cursors(),
      statements: new PreparedStatements(),
      mailbox: this.#mailbox,
      locks: this.#locks,
      temporary: new Set(),
      signal: () => this.#signal ?? this.#active.signal,
      under: (abort, work) => this.#under(abort, work),
      snapshot: () => {
        this.#snapshot ??= this.#options.catalog.snapshot();
        return this.#snapshot;
      },
      refreshSnapshot: () => {
        this.#snapshot = undefined;
      },
      sessionSettings: () => this.#sessionSettings(),
      nextQueryId: () => `${pid}.${++this.#queryNumber}`,
      notice: (notice) => this.#notice(notice),
      endTransaction: (how) => this.#endTransaction(how),
      dropStatements: (name) => this.#extended.deallocate(name),
      dropPortals: (level) => this.#extended.dropPortals(level),
      releasePortals: (level, to) => this.#extended.releasePortals(level, to),
      forgetBindings: () => this.#queries.forget(),
    };
  }

  /** Cancels what runs; no effect between statements. */
  cancel(reason: SluiceError): void {
    if (this.#busy) {
      this.#active.abort(reason);
    }
  }

  /** How long the client may say nothing, and the error that ends it; undefined: for ever. */
  idleLimit(): { readonly ms: number; readonly error: SluiceError } | undefined {
    const setting = this.#transaction.inBlock ? 'idle_in_transaction_session_timeout' : 'idle_session_timeout';
    const ms = parseMilliseconds(this.#settings.show(setting)) ?? 0;
    return ms === 0 ? undefined : { ms, error: errors.idleTimeout(setting) };
  }

  /** Frees everything; open work is rolled back. */
  async close(): Promise<void> {
    this.#options.hub.sessions.delete(this.#context.pid);
    this.#mailbox.close();
    this.#locks.close();
    try {
      await this.#extended.dropPortals();
      await this.#context.cursors.closeAll();
      await this.#connection.rollback();
    } finally {
      this.#queries.forget();
      await this.#connection.close();
    }
  }

  /** `syncFollows`: the next message is known to be Sync, so that an Execute needs no transaction around it. */
  async handle(message: FrontendMessage, syncFollows: boolean): Promise<void> {
    this.#handling = true;
    try {
      await this.#handle(message, syncFollows);
    } finally {
      // Within a pipeline nothing but answers may come.
      this.#handling = message.kind !== 'sync' && message.kind !== 'query';
    }
  }

  async #handle(message: FrontendMessage, syncFollows: boolean): Promise<void> {
    if (this.#skipUntilSync && message.kind !== 'sync') {
      return;
    }
    switch (message.kind) {
      case 'query':
        return this.#query(message.sql);
      case 'parse':
        return this.#part(() => this.#extended.parse(message));
      case 'bind':
        return this.#part(() => this.#extended.bind(message));
      case 'describe':
        return this.#part(() => this.#extended.describe(message));
      case 'execute':
        this.#work.begin(this.#extended.textOf(message.portal));
        return this.#part(() => this.#extended.execute(message, syncFollows), this.#extended.abortOf(message.portal));
      case 'close':
        return this.#part(() => this.#extended.close(message));
      case 'flush':
        this.#client.flush();
        return;
      case 'sync':
        return this.#sync();
      case 'malformed':
        return this.#refuse(message.error, message.extended);
      case 'function_call':
        return this.#refuse(errors.featureNotSupported('the function call message', 'Use SELECT.'), false);
      case 'copy_data':
      case 'copy_done':
      case 'copy_fail':
        return;
    }
  }

  // ---- errors, activity

  /** Runs work that may be cancelled, within statement_timeout. */
  async #activity(work: () => Promise<void>, abort = new AbortController()): Promise<void> {
    this.#active = abort;
    this.#busy = true;
    const ms = this.#statementTimeout();
    const timer = ms === 0 ? undefined : setTimeout(() => this.#active.abort(errors.statementTimeout()), ms);
    try {
      await this.#reconnectIfLost();
      await work();
    } finally {
      this.#busy = false;
      clearTimeout(timer);
    }
  }

  /** See `SessionContext.under`. */
  async #under<T>(abort: AbortController, work: () => Promise<T>): Promise<T> {
    const outer = this.#signal;
    const message = this.#active.signal;
    const forward = () => abort.abort(message.reason);
    message.addEventListener('abort', forward);
    this.#signal = abort.signal;
    try {
      message.throwIfAborted();
      return await work();
    } finally {
      this.#signal = outer;
      message.removeEventListener('abort', forward);
    }
  }

  /** One message of the extended protocol. */
  async #part(work: () => Promise<void>, abort?: AbortController): Promise<void> {
    try {
      await this.#activity(work, abort);
    } catch (error) {
      await this.#failed(error);
      this.#skipUntilSync = true;
    }
  }

  async #refuse(error: SluiceError, extended: boolean): Promise<void> {
    await this.#failed(error);
    if (extended) {
      this.#skipUntilSync = true;
    } else {
      this.#ready();
    }
  }

  /** Tells the client, and undoes what the statement's transaction did. */
  async #failed(thrown: unknown): Promise<void> {
    const error = toSluiceError(thrown);
    if (error.sqlstate === '08006' || error.sqlstate === '57P01') {
      throw error;
    }
    if (error.sqlstate === 'XX000') {
      this.#options.log.error({ err: thrown }, 'statement failed');
    }
    this.#client.error(error, 'ERROR');
    const { inBlock } = this.#transaction;
    this.#transaction.fail();
    try {
      await (inBlock && this.#context.savepoints.any ? undoStatement : undoAll)(this.#context);
    } catch (second) {
      this.#options.log.error({ err: second }, 'rollback failed');
    }
    if (isEngineFailure(error)) {
      await this.#recover();
    }
    if (!inBlock) {
      if (this.#transaction.implicit) {
        this.#settings.rollback();
      }
      this.#transaction.end();
    }
  }

  /** The engine failed under another session. Raises 57P02 when this one had something to lose. */
  async #reconnectIfLost(): Promise<void> {
    if (!this.#connection.isLost) {
      return;
    }
    const hadState = this.#transaction.begun || this.#context.temporary.size > 0;
    await this.#reconnect();
    if (hadState) {
      throw errors.sessionStateLost();
    }
  }

  async #reconnect(): Promise<void> {
    await this.#extended.dropPortals();
    this.#queries.forget();
    await this.#connection.connect();
    this.#context.temporary.clear();
  }

  /** After an error of the engine, this session's or another: when the next statement comes, the session can go on. */
  async #recover(): Promise<void> {
    try {
      await this.#options.database.recover();
      if (this.#connection.isLost) {
        await this.#reconnect();
      }
    } catch (error) {
      this.#options.log.error({ err: error }, 'the database of local tables could not be opened anew');
    }
  }

  #statementTimeout(): number {
    if (this.#timeout.version !== this.#settings.version) {
      const ms = parseMilliseconds(this.#settings.show('statement_timeout')) ?? 0;
      this.#timeout = { version: this.#settings.version, ms };
    }
    return this.#timeout.ms;
  }

  #startImplicit(): void {
    if (!this.#transaction.open && !this.#transaction.inBlock) {
      this.#transaction.implicit = true;
      this.#settings.begin();
    }
  }

  // ---- simple protocol

  async #query(sql: string): Promise<void> {
    this.#work.begin(sql);
    try {
      await this.#extended.dropPortal('');
      this.#extended.dropStatement('');
      await this.#activity(() => this.#runAll(sql));
    } catch (error) {
      await this.#failed(error);
    }
    this.#ready();
  }

  async #runAll(sql: string): Promise<void> {
    const statements = statementsOf(sql);
    if (statements.length === 0) {
      this.#client.emptyQuery();
    }
    for (const statement of statements) {
      const runnable: Runnable = { statement, parameterOids: [], parameters: null };
      checkNotFailed(this.#transaction, runnable);
      if (statements.length > 1) {
        this.#startImplicit();
      }
      this.#forgetStatement();
      const outcome = await run(this.#context, runnable, this.#queries);
      this.#client.commandComplete(outcome.kind === 'complete' ? outcome.tag : await this.#sendAll(outcome));
    }
    if (this.#transaction.implicit) {
      await this.#endTransaction('commit');
    }
  }

  /** RowDescription and all rows; gives the tag. */
  async #sendAll(outcome: Outcome & { kind: 'rows' }): Promise<string> {
    const formats = columnFormats(outcome.binary ? [1] : [], outcome.types.length);
    this.#client.rowDescription(fieldsOf(outcome.names, outcome.types, formats));
    const delivery = this.#deliver(outcome, formats);
    try {
      const { rows } = await delivery.send(this.#client, 0);
      return outcome.tag(rows);
    } catch (error) {
      await delivery.close();
      throw error;
    }
  }

  #deliver(outcome: Outcome & { kind: 'rows' }, formats: readonly (0 | 1)[]): Delivery {
    return new Delivery(outcome, formats, this.#rowStyle(), this.#connection, this.#options.tempDirectory);
  }

  async #sync(): Promise<void> {
    this.#skipUntilSync = false;
    try {
      if (this.#transaction.implicit) {
        await this.#endTransaction('commit');
      } else if (!this.#transaction.inBlock) {
        await this.#extended.dropPortals();
      }
    } catch (error) {
      await this.#failed(error);
    }
    this.#ready();
  }

  // ---- transaction, portals, settings

  async #endTransaction(how: 'commit' | 'rollback'): Promise<void> {
    try {
      await endTransaction(this.#context, how);
    } finally {
      this.#time = undefined;
    }
  }

  #ready(): void {
    this.#forgetStatement();
    this.#reportSettings();
    if (!this.#transaction.inBlock) {
      this.#locks.undoTo(0);
      this.#mailbox.flush();
    }
    this.#work.rest();
    this.#client.ready(this.#transaction.status);
  }

  /** What was fixed for one statement. */
  #forgetStatement(): void {
    this.#snapshot = undefined;
    if (!this.#transaction.inBlock) {
      this.#time = undefined;
    }
  }

  #reportSettings(): void {
    for (const [name, value] of this.#settings.changes()) {
      this.#client.parameterStatus(name, value);
    }
  }

  #notice(notice: Notice): void {
    const level = levelRanks[this.#settings.show('client_min_messages')] ?? 0;
    if ((noticeRanks[notice.severity] ?? 0) >= level) {
      this.#client.notice(notice);
    }
  }

  #sessionSettings(): SessionSettings {
    const postgres = this.#settings.sluice.dialect === 'postgres';
    this.#time ??= String(Date.now() * 1000);
    return {
      timeZone: this.#settings.show('TimeZone'),
      nullOrder: postgres ? 'nulls_last_on_asc_first_on_desc' : 'nulls_last',
      integerDivision: postgres,
      statementTimeMicros: this.#time,
    };
  }

  #rowStyle(): RowStyle {
    const settings = this.#settings;
    if (this.#style?.version !== settings.version) {
      const style: RowStyle = {
        timeZone: settings.show('TimeZone'),
        dateStyle: settings.show('DateStyle'),
        intervalStyle: settings.show('IntervalStyle'),
        byteaOutput: settings.show('bytea_output'),
        extraFloatDigits: Number(settings.show('extra_float_digits')),
        dialect: settings.sluice.dialect,
      };
      this.#style = { version: settings.version, style };
    }
    return this.#style.style;
  }
}
