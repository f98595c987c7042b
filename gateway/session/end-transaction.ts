/** What the end of a transaction, or of a statement that failed in one, does to all that a session holds. */
import type { SessionContext } from './context.ts';
import { checkDeferred } from './keys/checks.ts';

/** Ends the transaction: portals, cursors, DuckDB, settings, locks, notifications. Raises what the commit does; then it was rolled back. */
export async function endTransaction(context: SessionContext, how: 'commit' | 'rollback'): Promise<void> {
  const { transaction, connection, settings, cursors, mailbox, locks, access } = context;
  await context.dropPortals();
  try {
    if (how === 'commit') {
      await cursors.beforeCommit();
      mailbox.beforeCommit();
      await checkDeferred(context, true);
    }
    await connection[how]();
    settings[how]();
    if (how === 'commit') {
      await access.commit();
    }
  } catch (error) {
    await connection.rollback();
    settings.rollback();
    undoNames(context);
    throw error;
  } finally {
    if (how === 'rollback') {
      undoNames(context);
    }
    await cursors.endTransaction();
    context.savepoints.clear();
    locks.undoTo(0);
    transaction.end();
  }
  mailbox.commit();
}

/** A statement failed behind a savepoint. DuckDB's transaction waits for ROLLBACK TO, which can tell what has to be undone. */
export async function undoStatement(context: SessionContext): Promise<void> {
  const { level } = context.savepoints;
  await context.dropPortals(level);
  await context.cursors.dropFrom(level);
}

/** A statement failed elsewhere: all that its transaction did goes. */
export async function undoAll(context: SessionContext): Promise<void> {
  const { transaction, cursors } = context;
  await context.dropPortals();
  if (transaction.inBlock || transaction.implicit) {
    await cursors.endTransaction();
  }
  context.locks.undoTo(0);
  await context.connection.rollback();
  undoNames(context);
}

/** What was asked of others, and the names of temporary objects, as before the transaction. */
function undoNames({ transaction, temporary, mailbox, access }: SessionContext): void {
  mailbox.undoTo(0);
  access.undoTo(0);
  const before = transaction.temporaryBefore;
  if (before !== undefined) {
    temporary.clear();
    for (const name of before) {
      temporary.add(name);
    }
    transaction.temporaryBefore = undefined;
  }
}
