import { errors } from '../../../planner/errors.ts';
import { isQuery, type StatementKind } from '../../../planner/sql/statement-kind.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import type { Queries } from '../query.ts';
import { runAnalyze } from './analyze.ts';
import { describeExplain, runExplain } from './explain.ts';
import { createForeignTable, dropForeignTable, importForeignSchema } from './foreign-tables.ts';
import { deny, refuse, runCloseAll, runDeallocate, runDiscard } from './session-commands.ts';
import { describeCall, runCall, sessionCall } from './session-functions.ts';
import { describeShow, runReset, runSet, runShow } from './setting-commands.ts';
import { refuseSavepoint, runBegin, runEnd } from './transaction-commands.ts';
import { describeWrite, runWrite } from './writes.ts';

/** How a statement is described and run. */
interface Command {
  readonly describe: (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Shape>;
  readonly run: (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Outcome>;
}

const noRows = async (): Promise<Shape> => ({ parameterTypes: [], columns: null });
const command = (run: Command['run']): Command => ({ describe: noRows, run });
const write: Command = { describe: describeWrite, run: runWrite };
const query: Command = {
  describe: (_context, runnable, queries) => queries.describe(runnable),
  run: (_context, runnable, queries) => queries.run(runnable),
};
/** One that always fails, at Parse as well. */
const failing = (fail: (context: SessionContext, runnable: Runnable) => Promise<never>): Command => ({
  describe: fail,
  run: fail,
});
const denied = failing(deny);
const refused = failing(refuse);

/**
 * The allow-list: a statement reaches DuckDB only through `query`, `write` and `explain`. Kinds that DuckDB would run with effects
 * beyond the session (ATTACH, PRAGMA, INSTALL, SET of its own settings, ...) are answered here or denied.
 */
const commands: Readonly<Record<StatementKind, Command>> = {
  select: query,
  with: query,
  values: query,
  from: query,
  table: query,
  pivot: query,
  unpivot: query,
  describe: query,
  summarize: query,
  insert: write,
  update: write,
  delete: write,
  merge: write,
  truncate: write,
  create: write,
  alter: write,
  drop: write,
  comment: write,
  copy: write,
  vacuum: write,
  analyze: { describe: noRows, run: runAnalyze },
  checkpoint: denied,
  grant: refused,
  revoke: refused,
  set: command(runSet),
  reset: command(runReset),
  show: { describe: describeShow, run: runShow },
  begin: command(runBegin),
  commit: command(runEnd),
  rollback: command(runEnd),
  savepoint: failing(refuseSavepoint),
  release: failing(refuseSavepoint),
  explain: { describe: describeExplain, run: runExplain },
  prepare: refused,
  execute: refused,
  deallocate: command(runDeallocate),
  declare: refused,
  fetch: refused,
  move: refused,
  close: command(runCloseAll),
  listen: refused,
  unlisten: command(runCloseAll),
  notify: refused,
  discard: command(runDiscard),
  lock: refused,
  do: refused,
  call: denied,
  refresh: refused,
  reindex: refused,
  cluster: refused,
  security: refused,
  import: denied,
  export: denied,
  attach: denied,
  detach: denied,
  use: denied,
  pragma: denied,
  install: denied,
  load: denied,
  force: denied,
  other: failing(async (_context, { statement }) => {
    const word = statement.text.split(/\s/, 1)[0]!;
    throw errors.syntax(`syntax error at or near "${word}"`, statement.startCharacter + 1);
  }),
};

const foreign: Readonly<Record<string, Command['run']>> = {
  'create foreign table': createForeignTable,
  'drop foreign table': dropForeignTable,
  'import foreign schema': importForeignSchema,
};

/** Kinds that an aborted transaction still takes. */
export function endsTransaction(runnable: Runnable): boolean {
  return runnable.statement.kind === 'commit' || runnable.statement.kind === 'rollback';
}

function commandOf(runnable: Runnable): Command {
  const { statement } = runnable;
  const run = foreign[statement.words.slice(0, 3).join(' ')];
  if (run !== undefined) {
    return command(run);
  }
  const call = sessionCall(statement);
  if (call !== undefined) {
    return { describe: async () => describeCall(call), run: async (context) => runCall(context, call) };
  }
  return isQuery(statement) ? query : commands[statement.kind === 'with' ? statement.main : statement.kind];
}

export async function describe(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Shape> {
  return commandOf(runnable).describe(context, runnable, queries);
}

/** Runs a statement up to its first rows. Raises SluiceError. */
export async function run(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Outcome> {
  return commandOf(runnable).run(context, runnable, queries);
}
