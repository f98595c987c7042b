/**
 * `SELECT f(...), g(...)` alone, for functions whose answer only the session knows: settings, advisory locks, NOTIFY. Drivers send
 * these when they connect. In larger queries DuckDB's functions of the same name answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errors, SluiceError } from '../../../planner/errors.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { isIdentity, setIdentity } from '../access/identity.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { serverVersion } from '../gucs.ts';
import type { Queries } from '../query.ts';
import { type AnswerKind, answerTypes, typedAnswer, typedBatch } from '../text-rows.ts';
import { cancelBackend, terminateBackend } from './backend-functions.ts';
import { argumentQuery, argumentTexts, evaluate } from './evaluate.ts';
import { withHashCalls } from './hash-calls.ts';
import { lockFunctions } from './lock-functions.ts';
import { notify } from './notify-commands.ts';

type Given = readonly (string | null)[];

interface SessionFunction {
  /** DuckDB's types of the arguments, in each way that it can be called. */
  readonly forms: readonly (readonly string[])[];
  readonly gives: AnswerKind;
  readonly run: (context: SessionContext, given: Given) => string | null | Promise<string | null>;
}

interface Call {
  readonly called: SessionFunction;
  readonly arguments: readonly string[];
  readonly types: readonly string[];
  readonly column: string;
}

function isTrue(text: string | null | undefined): boolean {
  return text !== undefined && text !== null && /^(t|true|on|1|yes)$/i.test(text);
}

function currentSetting(context: SessionContext, [name, missingOk]: Given): string | null {
  if (name === null) {
    return null;
  }
  try {
    return context.settings.show(name!);
  } catch (error) {
    if (isTrue(missingOk) && error instanceof SluiceError && error.sqlstate === '42704') {
      return null;
    }
    throw error;
  }
}

function setConfig(context: SessionContext, [name, value, local]: Given): string {
  if (name === null || name === undefined) {
    throw errors.invalidArgument('SET requires parameter name');
  }
  const inTransaction = context.transaction.inBlock;
  if (isIdentity(name)) {
    setIdentity(context, name, value ?? undefined, isTrue(local));
  } else if (!isTrue(local) || inTransaction) {
    context.settings.set(name, value ?? '', isTrue(local));
  }
  return context.settings.show(name);
}

/** The longest time that a timer takes. */
const maxSleepMs = 2_147_483_647;

async function pgSleep(context: SessionContext, [seconds]: Given): Promise<string | null> {
  const ms = Number(seconds) * 1000;
  if (seconds === null || Number.isNaN(ms)) {
    return seconds === null ? null : '';
  }
  const signal = context.signal();
  const waiting = sleep(Math.min(Math.max(0, ms), maxSleepMs), undefined, { signal });
  await waiting.catch(() => Promise.reject(signal.reason));
  return '';
}

const functions: ReadonlyMap<string, SessionFunction> = new Map<string, SessionFunction>([
  ['version', { forms: [[]], gives: 'text', run: () => `PostgreSQL ${serverVersion} (Sluice over DuckDB), 64-bit` }],
  ['current_setting', { forms: [['VARCHAR'], ['VARCHAR', 'BOOLEAN']], gives: 'text', run: currentSetting }],
  ['set_config', { forms: [['VARCHAR', 'VARCHAR', 'BOOLEAN']], gives: 'text', run: setConfig }],
  ['pg_backend_pid', { forms: [[]], gives: 'integer', run: ({ pid }) => String(pid) }],
  ['pg_cancel_backend', { forms: [['INTEGER']], gives: 'boolean', run: cancelBackend }],
  ['pg_terminate_backend', { forms: [['INTEGER']], gives: 'boolean', run: terminateBackend }],
  ['pg_sleep', { forms: [['DOUBLE']], gives: 'void', run: pgSleep }],
  [
    'pg_notify',
    {
      forms: [['VARCHAR', 'VARCHAR']],
      gives: 'void',
      run: (context, given) => {
        notify(context, given);
        return '';
      },
    },
  ],
  ...lockFunctions.map((lock) => [lock.name, lock] as const),
]);

/** A set-returning one: it stands alone. */
const listening = /^select\s+(?:pg_catalog\s*\.\s*)?pg_listening_channels\s*\(\s*\)$/i;

/** The longest text that may be such a statement; with two queries. */
const maxLength = 20_000;
const maxOrderedLength = 1_000;
const afterItem: ReadonlySet<string> = new Set(
  'from where group having window union intersect except order limit offset fetch for into'.split(' '),
);

function parseItem(cursor: TokenCursor, text: string): Call | undefined {
  let name = cursor.name();
  if (cursor.accept('.')) {
    if (name.toLowerCase() !== 'pg_catalog') {
      return undefined;
    }
    name = cursor.name();
  }
  name = name.toLowerCase();
  const called = functions.get(name);
  if (called === undefined || !cursor.accept('(')) {
    return undefined;
  }
  const given = argumentTexts(cursor, text).map(withHashCalls);
  const types = called.forms.find((form) => form.length === given.length);
  if (types === undefined || afterItem.has(cursor.word)) {
    return undefined;
  }
  const named = cursor.accept('as') || !(cursor.atEnd || cursor.value === ',');
  return { called, arguments: given, types, column: named ? cursor.name() : name };
}

/** `WITH a AS (SELECT f(...)) SELECT g(...) FROM a`: the calls of both, of which those of the last one are told. */
const afterAnother = /^with\s+(\w+)\s+as\s*\(\s*(select\s[^;]*?)\)\s*(select\s[^;]*?)\s+from\s+(\w+)\s*$/is;

function parseInOrder(text: string): SessionCalls | undefined {
  const [, name, first, last, from] = afterAnother.exec(text) ?? [];
  if (first === undefined || last === undefined || name !== from) {
    return undefined;
  }
  const [before, calls] = [parseCalls(first), parseCalls(last)];
  return before && calls && { kind: 'calls', calls: [...before, ...calls], untold: before.length };
}

function parseCalls(text: string): readonly Call[] | undefined {
  const cursor = new TokenCursor(text);
  cursor.skip();
  const calls: Call[] = [];
  do {
    const call = parseItem(cursor, text);
    if (call === undefined) {
      return undefined;
    }
    calls.push(call);
  } while (cursor.accept(','));
  cursor.end();
  return calls;
}

/** What a statement calls of the session, or undefined. */
export type SessionCalls =
  | {
      readonly kind: 'calls';
      readonly calls: readonly Call[] /** How many of the first ones have no column. */;
      readonly untold?: number;
    }
  | { readonly kind: 'listening' };

/** The calls that a statement is, or undefined. */
export function sessionCalls(statement: Statement): SessionCalls | undefined {
  const { kind, text, words } = statement;
  const first = words[1] ?? '';
  if (text.length > maxLength || (kind !== 'select' && kind !== 'with')) {
    return undefined;
  }
  if (kind === 'with') {
    return text.length > maxOrderedLength ? undefined : quietly(() => parseInOrder(text));
  }
  if (first !== 'pg_catalog' && first !== 'pg_listening_channels' && !functions.has(first)) {
    return undefined;
  }
  if (listening.test(text)) {
    return { kind: 'listening' };
  }
  return quietly(() => {
    const calls = parseCalls(text);
    return calls && { kind: 'calls', calls };
  });
}

/** Undefined where the text is not of the simple form. */
function quietly(parse: () => SessionCalls | undefined): SessionCalls | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SluiceError && error.sqlstate === errors.syntax('').sqlstate) {
      // Not of this simple form: a query like any other.
      return undefined;
    }
    throw error;
  }
}

function columnsOf(found: SessionCalls): NonNullable<Shape['columns']> {
  if (found.kind === 'listening') {
    return { names: ['pg_listening_channels'], types: [answerTypes.text] };
  }
  return {
    names: found.calls.slice(found.untold).map(({ column }) => column),
    types: found.calls.slice(found.untold).map(({ called }) => answerTypes[called.gives]),
  };
}

/** Types of the parameters: those of the arguments that they are; within expressions DuckDB's binder decides. */
export async function describeCalls(runnable: Runnable, queries: Queries, found: SessionCalls): Promise<Shape> {
  const columns = columnsOf(found);
  if (found.kind === 'listening' || runnable.statement.parameterCount === 0) {
    return { parameterTypes: [], columns };
  }
  const given = found.calls.flatMap((call) => call.arguments);
  const types = found.calls.flatMap((call) => call.types);
  const { parameterTypes } = await queries.describe(argumentQuery(runnable, given, types));
  const own = parameterTypes.map((type, index) => {
    const argument = given.indexOf(`$${index + 1}`);
    return argument < 0 || runnable.parameterOids[index] ? type : types[argument]!;
  });
  return { parameterTypes: own, columns };
}

/** Calls them from left to right. */
export async function runCalls(
  context: SessionContext,
  runnable: Runnable,
  queries: Queries,
  found: SessionCalls,
): Promise<Outcome> {
  const { names } = columnsOf(found);
  if (found.kind === 'listening') {
    const rows = context.mailbox.listening.map((channel) => [channel]);
    return typedAnswer(names, ['text'], rows, (count) => `SELECT ${count}`);
  }
  const given = found.calls.flatMap((call) => call.arguments);
  const types = found.calls.flatMap((call) => call.types);
  const values = [...(await evaluate(context, queries, runnable, given, types))];
  const kinds = found.calls.slice(found.untold).map(({ called }) => called.gives);
  let called = false;
  // The columns are told first, as with any query: a notice or an error of a call comes behind them.
  const next = async () => {
    if (called) {
      return null;
    }
    called = true;
    const row: (string | null)[] = [];
    for (const call of found.calls) {
      row.push(await call.called.run(context, values.splice(0, call.arguments.length)));
    }
    return typedBatch(kinds, [row.slice(found.untold)]);
  };
  const all = kinds.map((kind) => answerTypes[kind]);
  const reader = { types: all, next, close: async () => undefined };
  return { kind: 'rows', names, types: all, reader, live: false, tag: (count) => `SELECT ${count}` };
}
