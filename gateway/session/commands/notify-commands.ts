import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { foldedName } from './names.ts';

/** What was asked for comes true with the commit; outside a transaction at once. */
export function commitMail({ transaction, mailbox }: SessionContext): void {
  if (!transaction.open) {
    try {
      mailbox.beforeCommit();
    } catch (error) {
      mailbox.undoTo(0);
      throw error;
    }
    mailbox.commit();
  }
}

/** LISTEN channel. */
export async function runListen(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('listen');
  context.mailbox.listen(foldedName(cursor));
  cursor.end();
  commitMail(context);
  return { kind: 'complete', tag: 'LISTEN' };
}

/** UNLISTEN channel | *. */
export async function runUnlisten(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('unlisten');
  context.mailbox.unlisten(cursor.accept('*') ? undefined : foldedName(cursor));
  cursor.end();
  commitMail(context);
  return { kind: 'complete', tag: 'UNLISTEN' };
}

/** NOTIFY channel [, 'payload']. Raises 22023. */
export async function runNotify(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('notify');
  const channel = foldedName(cursor);
  const payload = cursor.accept(',') ? cursor.string() : '';
  if (payload === undefined) {
    throw cursor.unexpected();
  }
  cursor.end();
  context.mailbox.notify(channel, payload);
  commitMail(context);
  return { kind: 'complete', tag: 'NOTIFY' };
}

/** pg_notify(channel, payload). @throws SluiceError 22023 */
export function notify(context: SessionContext, [channel, payload]: readonly (string | null)[]): void {
  if (channel === null || channel === undefined) {
    throw errors.invalidArgument('channel name cannot be empty');
  }
  context.mailbox.notify(channel, payload ?? '');
  commitMail(context);
}
