import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { commitMail } from './notify-commands.ts';

const done = (tag: string): Outcome => ({ kind: 'complete', tag });

async function dropTemporary(context: SessionContext): Promise<void> {
  const { connection } = context;
  const found = await connection.run(
    "SELECT 'VIEW', view_name FROM duckdb_views() WHERE temporary AND NOT internal AND database_name = 'temp' " +
      "UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables() WHERE temporary AND NOT internal",
  );
  for (const [kind, name] of await found.getRows()) {
    if (context.temporary.has(String(name).toLowerCase())) {
      await connection.run(`DROP ${kind} IF EXISTS temp.${quoteIdentifier(String(name))}`);
    }
  }
  context.temporary.clear();
}

const discardable: ReadonlySet<string> = new Set(['all', 'plans', 'sequences', 'temp', 'temporary']);

/** DISCARD ALL | PLANS | SEQUENCES | TEMP: what connection pools send between users. */
export async function runDiscard(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('discard');
  const what = cursor.word;
  if (!discardable.has(what)) {
    throw cursor.unexpected();
  }
  cursor.skip();
  cursor.end();
  if (what === 'all') {
    if (context.transaction.open) {
      throw errors.activeTransaction('DISCARD ALL');
    }
    await context.cursors.closeAll();
    await context.dropPortals();
    context.dropStatements(undefined);
    context.mailbox.unlisten(undefined);
    commitMail(context);
    context.locks.unlockAll();
    context.settings.resetAll();
    context.forgetBindings();
    await context.connection.detachLive();
    await dropTemporary(context);
  } else if (what === 'temp' || what === 'temporary') {
    await context.connection.detachLive();
    await dropTemporary(context);
  } else if (what === 'plans') {
    context.forgetBindings();
  }
  return done(`DISCARD ${what === 'temporary' ? 'TEMP' : what.toUpperCase()}`);
}

/** A statement of PostgreSQL that is understood but not there. */
export async function refuse(_context: SessionContext, { statement }: Runnable): Promise<never> {
  throw errors.featureNotSupported(statement.kind.toUpperCase());
}

/** A statement that could reach other files, databases or settings than the session's own: never handed to DuckDB. */
export async function deny(_context: SessionContext, { statement }: Runnable): Promise<never> {
  const name = (statement.words[0] ?? statement.kind).toUpperCase();
  throw errors.accessDenied(`${name} is not allowed`, 'Data sets are declared with --data or CREATE FOREIGN TABLE.');
}
