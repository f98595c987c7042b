import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { restore } from '../restore.ts';
import { foldedName } from './names.ts';

function inBlock({ transaction }: SessionContext, command: string): void {
  if (!transaction.inBlock) {
    throw errors.noActiveTransaction(command);
  }
}

/** SAVEPOINT name. DuckDB has none: it is only remembered how far the transaction has come. */
export async function runSavepoint(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('savepoint');
  const name = foldedName(cursor);
  cursor.end();
  inBlock(context, 'SAVEPOINT');
  const { transaction, savepoints, settings, mailbox, locks, temporary, access } = context;
  const made = savepoints.push({
    name,
    writes: transaction.writes.count,
    settings: settings.mark(),
    temporary: new Set(temporary),
    mailbox: mailbox.mark(),
    locks: locks.mark(),
    access: access.mark(),
    constraints: transaction.keys.mark(),
    readOnly: transaction.readOnly,
  });
  transaction.level = made.level;
  return { kind: 'complete', tag: 'SAVEPOINT' };
}

/** RELEASE [SAVEPOINT] name. */
export async function runRelease(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('release');
  cursor.accept('savepoint');
  const name = foldedName(cursor);
  cursor.end();
  inBlock(context, 'RELEASE SAVEPOINT');
  const { transaction, savepoints, cursors } = context;
  const released = savepoints.get(name);
  savepoints.release(released);
  transaction.level = savepoints.level;
  cursors.release(released.level, savepoints.level);
  context.releasePortals(released.level, savepoints.level);
  return { kind: 'complete', tag: 'RELEASE' };
}

/** ROLLBACK TO [SAVEPOINT] name, with the cursor on what follows TO. Raises 3B001, and what `restore` does. */
export async function rollBackTo(context: SessionContext, cursor: TokenCursor): Promise<Outcome> {
  cursor.accept('savepoint');
  const name = foldedName(cursor);
  cursor.end();
  inBlock(context, 'ROLLBACK TO SAVEPOINT');
  const { transaction, savepoints, cursors } = context;
  const savepoint = savepoints.get(name);
  await cursors.dropFrom(savepoint.level);
  await context.dropPortals(savepoint.level);
  savepoints.backTo(savepoint);
  transaction.level = savepoint.level;
  await restore(context, savepoint);
  context.settings.undoTo(savepoint.settings);
  context.mailbox.undoTo(savepoint.mailbox);
  context.locks.undoTo(savepoint.locks);
  context.access.undoTo(savepoint.access);
  transaction.keys.undoTo(savepoint.constraints);
  transaction.readOnly = savepoint.readOnly;
  return { kind: 'complete', tag: 'ROLLBACK' };
}
