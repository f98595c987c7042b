import { errors } from '../../../planner/errors.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { isQuery, type StatementKind } from '../../../planner/sql/statement-kind.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { clientCopy, runClientCopy } from '../copy/run-copy.ts';
import type { Queries } from '../query.ts';
import { alteredOwner } from './altered-owner.ts';
import { runAnalyze } from './analyze.ts';
import { dropCheckpoint } from './checkpoint-commands.ts';
import { describeDeclare, describeFetch, runClose, runDeclare, runFetch, runMove } from './cursor-commands.ts';
import { runDo } from './do-command.ts';
import { describeExplain, runExplain } from './explain.ts';
import { alterForeignTable } from './foreign-keys.ts';
import { createForeignTable, dropForeignTable, importForeignSchema } from './foreign-tables.ts';
import { refuseDefaultPrivileges, refuseOwned, runAlterOwner, runGrant } from './grant-commands.ts';
import { runListen, runNotify, runUnlisten } from './notify-commands.ts';
import { describeExecute, runDeallocate, runExecute, runPrepare } from './prepare-commands.ts';
import { alterRole, createRole, dropRole } from './role-commands.ts';
import { runRelease, runSavepoint } from './savepoint-commands.ts';
import { deny, refuse, runDiscard } from './session-commands.ts';
import { describeCalls, runCalls, sessionCalls } from './session-functions.ts';
import { describeShow, runReset, runSet, runShow } from './setting-commands.ts';
import { runBegin, runEnd } from './transaction-commands.ts';
import { describeAnyWrite, runAnyWrite } from './write-data-sets.ts';
import { describeWrite, runWrite } from './writes.ts';

/** How a statement is described and run. */
interface Command {
  readonly describe: (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Shape>;
  readonly run: (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Outcome>;
}

const noRows = async (): Promise<Shape> => ({ parameterTypes: [], columns: null });
const command = (run: Command['run']): Command => ({ describe: noRows, run });
const write: Command = { describe: describeWrite, run: runWrite };
/** Of rows that may become files of a data set. */
const anyWrite: Command = { describe: describeAnyWrite, run: runAnyWrite };
/** With the client, or with files. */
const copyCommand: Command = {
  describe: async (context, runnable, queries) =>
    clientCopy(runnable.statement) === undefined ? describeAnyWrite(context, runnable, queries) : noRows(),
  run: async (context, runnable, queries) => {
    const copy = clientCopy(runnable.statement);
    return copy === undefined
      ? runAnyWrite(context, runnable, queries)
      : runClientCopy(context, runnable, copy, (inner) => run(context, inner, queries));
  },
};
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
  insert: anyWrite,
  update: write,
  delete: write,
  merge: write,
  truncate: write,
  create: anyWrite,
  alter: write,
  drop: write,
  comment: write,
  copy: copyCommand,
  vacuum: write,
  analyze: { describe: noRows, run: runAnalyze },
  checkpoint: denied,
  grant: command(runGrant),
  revoke: command(runGrant),
  set: command(runSet),
  reset: command(runReset),
  show: { describe: describeShow, run: runShow },
  begin: command(runBegin),
  commit: command(runEnd),
  rollback: command(runEnd),
  savepoint: command(runSavepoint),
  release: command(runRelease),
  explain: { describe: describeExplain, run: runExplain },
  prepare: command((context, runnable, queries) => runPrepare(context, runnable, queries, describe)),
  execute: {
    describe: describeExecute,
    run: (context, runnable, queries) => runExecute(context, runnable, queries, run),
  },
  deallocate: command(runDeallocate),
  declare: { describe: describeDeclare, run: runDeclare },
  fetch: { describe: describeFetch, run: runFetch },
  move: command(runMove),
  close: command(runClose),
  listen: command(runListen),
  unlisten: command(runUnlisten),
  notify: command(runNotify),
  discard: command(runDiscard),
  lock: refused,
  do: command((context, runnable, queries) => runDo(context, runnable, queries, run)),
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

/** Known by their first words. */
const byWords: Readonly<Record<string, Command['run']>> = {
  'create foreign table': createForeignTable,
  'alter foreign table': alterForeignTable,
  'drop foreign table': dropForeignTable,
  'import foreign schema': importForeignSchema,
  'alter default privileges': refuseDefaultPrivileges,
  'drop owned by': refuseOwned,
  'drop checkpoint': dropCheckpoint,
  ...Object.fromEntries(
    ['role', 'user', 'group'].flatMap((kind) => [
      [`create ${kind}`, createRole],
      [`alter ${kind}`, alterRole],
      [`drop ${kind}`, dropRole],
    ]),
  ),
};

/** Kinds that an aborted transaction still takes. */
export function endsTransaction(runnable: Runnable): boolean {
  return runnable.statement.kind === 'commit' || runnable.statement.kind === 'rollback';
}

/** Kinds whose columns are not known before a cursor or prepared statement of that moment is looked at. */
export function hasLateShape({ statement }: Runnable): boolean {
  return statement.kind === 'fetch' || statement.kind === 'execute';
}

/** Of statements that are run again and again. */
const found = new WeakMap<Statement, Command>();

function commandOf({ statement }: Runnable): Command {
  const known = found.get(statement) ?? findCommand(statement);
  found.set(statement, known);
  return known;
}

function findCommand(statement: Statement): Command {
  const { words } = statement;
  const run = byWords[words.slice(0, 3).join(' ')] ?? byWords[words.slice(0, 2).join(' ')];
  if (run !== undefined) {
    return command(run);
  }
  if (statement.kind === 'alter' && alteredOwner(statement.text) !== undefined) {
    return command(runAlterOwner);
  }
  const calls = sessionCalls(statement);
  if (calls !== undefined) {
    return {
      describe: (_context, asked, queries) => describeCalls(asked, queries, calls),
      run: (context, asked, queries) => runCalls(context, asked, queries, calls),
    };
  }
  return isQuery(statement) ? query : commands[statement.kind === 'with' ? statement.main : statement.kind];
}

/** Statements before which the modes of a transaction may still change. */
const keepsModes: ReadonlySet<StatementKind> = new Set([
  'begin',
  'commit',
  'rollback',
  'set',
  'reset',
  'show',
  'listen',
]);

export async function describe(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Shape> {
  return commandOf(runnable).describe(context, runnable, queries);
}

/** Runs a statement up to its first rows. Raises SluiceError. */
export async function run(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Outcome> {
  if (!keepsModes.has(runnable.statement.kind)) {
    context.transaction.queried = true;
  }
  return commandOf(runnable).run(context, runnable, queries);
}
