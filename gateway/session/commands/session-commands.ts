import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';

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

/** DISCARD ALL | PLANS | SEQUENCES | TEMP: what connection pools send between users. */
export async function runDiscard(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('discard');
  const what = cursor.word;
  cursor.skip();
  cursor.end();
  if (what === 'all') {
    if (context.transaction.open) {
      throw errors.activeTransaction('DISCARD ALL');
    }
    await context.dropPortals();
    context.dropStatements(undefined);
    context.settings.resetAll();
    context.forgetBindings();
    await context.connection.detachLive();
    await dropTemporary(context);
  } else if (what === 'temp' || what === 'temporary') {
    await context.connection.detachLive();
    await dropTemporary(context);
  } else if (what === 'plans') {
    context.forgetBindings();
  } else if (what !== 'sequences') {
    throw errors.syntax(`syntax error at or near "${what}"`);
  }
  return done(`DISCARD ${what === 'temporary' ? 'TEMP' : what.toUpperCase()}`);
}

/** DEALLOCATE [PREPARE] name | ALL. */
export async function runDeallocate(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('deallocate');
  cursor.accept('prepare');
  const all = cursor.accept('all');
  const name = all ? undefined : cursor.name();
  cursor.end();
  context.dropStatements(name);
  return done(all ? 'DEALLOCATE ALL' : 'DEALLOCATE');
}

/** CLOSE ALL and UNLISTEN * end what this session can't have; pools send them. */
export async function runCloseAll(_context: SessionContext, runnable: Runnable): Promise<Outcome> {
  const { statement } = runnable;
  const cursor = new TokenCursor(statement.text);
  cursor.skip();
  if (statement.kind === 'close' && cursor.accept('all')) {
    return done('CLOSE CURSOR ALL');
  }
  if (statement.kind === 'unlisten') {
    return done('UNLISTEN');
  }
  return refuse(_context, runnable);
}

const hints: Readonly<Record<string, string>> = {
  declare: 'Fetch in portions with a portal: setFetchSize in JDBC, a row limit in Execute.',
  fetch: 'Fetch in portions with a portal: setFetchSize in JDBC, a row limit in Execute.',
  move: 'Fetch in portions with a portal: setFetchSize in JDBC, a row limit in Execute.',
  close: 'Fetch in portions with a portal: setFetchSize in JDBC, a row limit in Execute.',
  prepare: "Prepare statements with the driver's prepared statements (the extended protocol).",
  execute: "Prepare statements with the driver's prepared statements (the extended protocol).",
};

/** A statement of PostgreSQL that is understood but not there. */
export async function refuse(_context: SessionContext, { statement }: Runnable): Promise<never> {
  throw errors.featureNotSupported(statement.kind.toUpperCase(), hints[statement.kind]);
}

/** A statement that could reach other files, databases or settings than the session's own: never handed to DuckDB. */
export async function deny(_context: SessionContext, { statement }: Runnable): Promise<never> {
  const name = (statement.words[0] ?? statement.kind).toUpperCase();
  throw errors.accessDenied(`${name} is not allowed`, 'Data sets are declared with --data or CREATE FOREIGN TABLE.');
}
