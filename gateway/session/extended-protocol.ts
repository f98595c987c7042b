import { errors } from '../../planner/errors.ts';
import type { FrontendMessage } from './client.ts';
import { describe as describeStatement, endsTransaction, hasLateShape, run } from './commands/index.ts';
import type { Outcome, Runnable, SessionContext } from './context.ts';
import { statementsOf } from './known-texts.ts';
import { maxPortals } from './limits.ts';
import { columnFormats, type Delivery, fieldsOf, type Portal } from './portal.ts';
import { boundLiterals, type PreparedStatements, sameWireTypes } from './prepared-statements.ts';
import type { Queries } from './query.ts';
import type { Transaction } from './transaction.ts';

type MessageOf<K extends FrontendMessage['kind']> = Extract<FrontendMessage, { kind: K }>;

const emptyShape = { parameterTypes: [], columns: null };
/** Statements that leave nothing behind to be undone. */
const readKinds: ReadonlySet<string> = new Set([
  'select',
  'values',
  'from',
  'table',
  'show',
  'explain',
  'set',
  'reset',
]);
/** Statements that begin and end transactions themselves. */
const controlKinds: ReadonlySet<string> = new Set(['begin', 'commit', 'rollback']);

/** What the extended protocol needs of its session. */
export interface ExtendedHost {
  /** Opens a transaction that lasts until Sync, if none is open. */
  startImplicit(): void;
  deliver(outcome: Outcome & { kind: 'rows' }, formats: readonly (0 | 1)[]): Delivery;
}

/** @throws SluiceError 25P02 when the transaction block has failed and the statement does not end it */
export function checkNotFailed(transaction: Transaction, runnable: Runnable): void {
  if (transaction.failed && !endsTransaction(runnable)) {
    throw errors.inFailedTransaction();
  }
}

/**
 * Parse, Bind, Describe, Execute and Close over named and unnamed statements and portals. Every method answers its message or raises
 * SluiceError.
 */
export class ExtendedProtocol {
  readonly #context: SessionContext;
  readonly #queries: Queries;
  readonly #host: ExtendedHost;
  readonly #statements: PreparedStatements;
  readonly #portals = new Map<string, Portal>();

  constructor(context: SessionContext, queries: Queries, host: ExtendedHost) {
    this.#context = context;
    this.#queries = queries;
    this.#host = host;
    this.#statements = context.statements;
  }

  /** What cancels this portal. */
  abortOf(portal: string): AbortController | undefined {
    return this.#portals.get(portal)?.abort;
  }

  /** Of the statement that a portal runs. */
  textOf(portal: string): string {
    return this.#portals.get(portal)?.runnable?.statement.text ?? '';
  }

  async parse(message: MessageOf<'parse'>): Promise<void> {
    if (message.name === '') {
      this.#statements.delete('');
    }
    this.#statements.checkName(message.name);
    const statements = statementsOf(message.sql);
    if (statements.length > 1) {
      throw errors.syntax('cannot insert multiple commands into a prepared statement');
    }
    const statement = statements[0];
    if (statement === undefined) {
      this.#statements.set(message.name, undefined, emptyShape);
    } else {
      const runnable: Runnable = { statement, parameterOids: message.parameterTypes, parameters: null };
      checkNotFailed(this.#context.transaction, runnable);
      this.#statements.set(message.name, runnable, await describeStatement(this.#context, runnable, this.#queries));
    }
    this.#context.client.parseComplete();
  }

  async bind(message: MessageOf<'bind'>): Promise<void> {
    const statement = this.#statements.get(message.statement);
    const { runnable } = statement;
    if (runnable !== undefined) {
      checkNotFailed(this.#context.transaction, runnable);
    }
    if (message.portal !== '' && this.#portals.has(message.portal)) {
      throw errors.duplicatePortal(message.portal);
    }
    const parameters = boundLiterals(statement, message);
    const late = runnable !== undefined && hasLateShape(runnable);
    const shape = late ? await describeStatement(this.#context, runnable, this.#queries) : statement.shape;
    columnFormats(message.resultFormats, shape.columns?.types.length ?? message.resultFormats.length);
    await this.dropPortal(message.portal);
    if (this.#portals.size >= maxPortals) {
      throw errors.limitExceeded(`more than ${maxPortals} portals`);
    }
    this.#portals.set(message.portal, {
      name: message.portal,
      runnable: runnable && { ...runnable, parameters },
      resultFormats: message.resultFormats,
      shape,
      level: this.#context.transaction.level,
      abort: new AbortController(),
      state: { kind: 'new' },
    });
    this.#context.client.bindComplete();
  }

  async describe(message: MessageOf<'describe'>): Promise<void> {
    if (message.target === 'portal' && this.#describeCursor(message.name)) {
      return;
    }
    const portal = message.target === 'portal' ? this.#portal(message.name) : undefined;
    const statement = portal === undefined ? this.#statements.get(message.name) : undefined;
    const { columns } = (portal ?? statement!).shape;
    const { runnable } = portal ?? statement!;
    if (runnable !== undefined && columns !== null) {
      checkNotFailed(this.#context.transaction, runnable);
    }
    if (statement !== undefined) {
      this.#context.client.parameterDescription(statement.parameterOids);
    }
    if (columns === null) {
      this.#context.client.noData();
    } else {
      const formats = columnFormats(portal?.resultFormats ?? [], columns.types.length);
      this.#context.client.rowDescription(fieldsOf(columns.names, columns.types, formats));
    }
  }

  /** A cursor of SQL is a portal too: psycopg asks for the columns of the one that it has declared. */
  #describeCursor(name: string): boolean {
    const cursor = this.#portals.has(name) ? undefined : this.#context.cursors.find(name);
    if (cursor === undefined) {
      return false;
    }
    const formats = columnFormats([cursor.facts.binary ? 1 : 0], cursor.types.length);
    this.#context.client.rowDescription(fieldsOf(cursor.facts.names, cursor.types, formats));
    return true;
  }

  #portal(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal === undefined) {
      throw errors.undefinedPortal(name);
    }
    return portal;
  }

  async execute(message: MessageOf<'execute'>, syncFollows: boolean): Promise<void> {
    const portal = this.#portal(message.portal);
    if (portal.runnable === undefined) {
      this.#context.client.emptyQuery();
      return;
    }
    checkNotFailed(this.#context.transaction, portal.runnable);
    if (portal.state.kind === 'new' && !(await this.#start(portal, portal.runnable, syncFollows))) {
      return;
    }
    const { state } = portal;
    if (state.kind === 'rows') {
      const { rows, ended } = await state.delivery.send(this.#context.client, message.maxRows);
      if (ended) {
        portal.state = { kind: 'ended', tag: state.delivery.tag(0) };
        this.#context.client.commandComplete(state.delivery.tag(rows));
      } else {
        this.#context.client.portalSuspended();
      }
    } else if (state.kind === 'ended' && state.tag !== undefined) {
      this.#context.client.commandComplete(state.tag);
    } else {
      throw errors.portalNotRunnable(portal.name);
    }
  }

  /** True when there are rows to send. */
  async #start(portal: Portal, runnable: Runnable, syncFollows: boolean): Promise<boolean> {
    const { kind, main } = runnable.statement;
    if (!syncFollows && !readKinds.has(main) && !controlKinds.has(kind)) {
      this.#host.startImplicit();
    }
    portal.state = { kind: 'ended', tag: undefined };
    const outcome = await run(this.#context, runnable, this.#queries);
    if (outcome.kind === 'complete') {
      this.#context.client.commandComplete(outcome.tag);
      return false;
    }
    const { columns } = portal.shape;
    if (columns === null || !sameWireTypes(columns.types, outcome.types)) {
      await outcome.reader.close();
      this.#queries.forget();
      throw errors.planChanged();
    }
    const formats = columnFormats(portal.resultFormats, outcome.types.length);
    portal.state = { kind: 'rows', delivery: this.#host.deliver(outcome, formats) };
    return true;
  }

  async close(message: MessageOf<'close'>): Promise<void> {
    if (message.target === 'statement') {
      this.#statements.delete(message.name);
    } else {
      await this.dropPortal(message.name);
      if (this.#context.cursors.find(message.name) !== undefined) {
        await this.#context.cursors.close(message.name);
      }
    }
    this.#context.client.closeComplete();
  }

  async dropPortal(name: string): Promise<void> {
    const portal = this.#portals.get(name);
    this.#portals.delete(name);
    if (portal?.state.kind === 'rows') {
      await portal.state.delivery.close();
    }
  }

  /** Those made since a savepoint; left out: all. */
  async dropPortals(level = 0): Promise<void> {
    for (const portal of [...this.#portals.values()]) {
      if (portal.level >= level) {
        await this.dropPortal(portal.name);
      }
    }
  }

  /** Portals made since `level` belong to the savepoint `to`. */
  releasePortals(level: number, to: number): void {
    for (const portal of this.#portals.values()) {
      if (portal.level >= level) {
        portal.level = to;
      }
    }
  }

  dropStatement(name: string): void {
    this.#statements.delete(name);
  }

  /** DEALLOCATE; undefined: all. Raises 26000 for an unknown name. */
  deallocate(name: string | undefined): void {
    if (name !== undefined) {
      this.#statements.get(name);
    }
    this.#statements.delete(name);
  }
}
