import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { rollBackTo } from './savepoint-commands.ts';

/** Of a transaction; what is absent stays as it is. */
export interface Modes {
  readonly isolation?: string;
  readonly readOnly?: boolean;
  readonly deferrable?: boolean;
}

function isolationLevel(cursor: TokenCursor): string {
  if (cursor.accept('serializable')) {
    return 'serializable';
  }
  if (cursor.accept('repeatable')) {
    cursor.expect('read');
    return 'repeatable read';
  }
  cursor.expect('read');
  if (cursor.accept('committed')) {
    return 'read committed';
  }
  cursor.expect('uncommitted');
  return 'read uncommitted';
}

/** ISOLATION LEVEL x, READ ONLY, READ WRITE, [NOT] DEFERRABLE: any of them, with or without commas, to the end. */
export function transactionModes(cursor: TokenCursor): Modes {
  let modes: Modes = {};
  while (!cursor.atEnd) {
    if (cursor.accept('isolation')) {
      cursor.expect('level');
      modes = { ...modes, isolation: isolationLevel(cursor) };
    } else if (cursor.accept('read')) {
      const readOnly = cursor.accept('only');
      if (!readOnly) {
        cursor.expect('write');
      }
      modes = { ...modes, readOnly };
    } else {
      const deferrable = !cursor.accept('not');
      cursor.expect('deferrable');
      modes = { ...modes, deferrable };
    }
    cursor.accept(',');
  }
  return modes;
}

/** Applies modes to the transaction that is open. Raises 25001 for what has to be said before its first query. */
export function applyModes(context: SessionContext, modes: Modes): void {
  const { transaction, settings } = context;
  const changes = modes.isolation !== undefined && modes.isolation !== settings.show('transaction_isolation');
  if (transaction.queried && changes) {
    throw errors.modeAfterQuery('SET TRANSACTION ISOLATION LEVEL must be called');
  }
  if (transaction.queried && transaction.readOnly && modes.readOnly === false) {
    throw errors.modeAfterQuery('transaction read-write mode must be set');
  }
  if (modes.deferrable !== undefined) {
    settings.set('transaction_deferrable', modes.deferrable ? 'on' : 'off', true);
  }
  if (modes.isolation !== undefined) {
    context.settings.set('transaction_isolation', modes.isolation, true);
  }
  if (modes.readOnly !== undefined) {
    context.transaction.readOnly = modes.readOnly;
    context.settings.set('transaction_read_only', modes.readOnly ? 'on' : 'off', true);
  }
}

function begin(context: SessionContext, modes: Modes): void {
  const { settings, transaction } = context;
  settings.begin();
  transaction.begin(false);
  applyModes(context, {
    isolation: modes.isolation ?? settings.show('default_transaction_isolation'),
    readOnly: modes.readOnly ?? settings.show('default_transaction_read_only') === 'on',
    deferrable: modes.deferrable ?? settings.show('default_transaction_deferrable') === 'on',
  });
}

export async function runBegin(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  const start = cursor.accept('start');
  if (start) {
    cursor.expect('transaction');
  } else {
    cursor.expect('begin');
    cursor.accept('work') || cursor.accept('transaction');
  }
  const modes = transactionModes(cursor);
  if (context.transaction.inBlock) {
    context.notice({ severity: 'WARNING', sqlstate: '25001', message: 'there is already a transaction in progress' });
  } else {
    begin(context, modes);
  }
  return { kind: 'complete', tag: start ? 'START TRANSACTION' : 'BEGIN' };
}

/** COMMIT, END, ROLLBACK, ABORT, with [WORK | TRANSACTION] and [AND [NO] CHAIN]. */
export async function runEnd(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const { transaction } = context;
  const cursor = new TokenCursor(statement.text);
  const verb = statement.kind === 'commit' ? 'commit' : 'rollback';
  cursor.skip();
  if (cursor.accept('prepared')) {
    throw errors.featureNotSupported('two-phase commit');
  }
  cursor.accept('work') || cursor.accept('transaction');
  if (verb === 'rollback' && cursor.accept('to')) {
    return rollBackTo(context, cursor);
  }
  let chain = false;
  if (cursor.accept('and')) {
    chain = !cursor.accept('no');
    cursor.expect('chain');
  }
  cursor.end();
  const tag = verb === 'commit' && !transaction.failed ? 'COMMIT' : 'ROLLBACK';
  if (!transaction.inBlock) {
    if (chain) {
      throw errors.noActiveTransaction(`${tag} AND CHAIN`);
    }
    context.notice({ severity: 'WARNING', sqlstate: '25P01', message: 'there is no transaction in progress' });
  }
  const modes = {
    isolation: context.settings.show('transaction_isolation'),
    readOnly: transaction.readOnly,
    deferrable: context.settings.show('transaction_deferrable') === 'on',
  };
  await context.endTransaction(tag === 'COMMIT' ? 'commit' : 'rollback');
  if (chain) {
    begin(context, modes);
  }
  return { kind: 'complete', tag };
}
