/**
 * `SELECT f(...)` alone, for functions whose answer only the session knows. Drivers send these when they connect. In larger
 * queries DuckDB's functions of the same name answer.
 */
import { VARCHAR } from '@duckdb/node-api';
import { errors, SluiceError } from '../../../planner/errors.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, SessionContext, Shape } from '../context.ts';
import { serverVersion } from '../gucs.ts';
import { textOutcome } from './setting-commands.ts';

interface Call {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly column: string;
}

type SessionFunction = (context: SessionContext, given: readonly string[]) => string | null;

function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(t|true|on|1|yes)$/i.test(text);
}

function currentSetting(context: SessionContext, [name, missingOk]: readonly string[]): string | null {
  try {
    return context.settings.show(name!);
  } catch (error) {
    if (isTrue(missingOk) && error instanceof SluiceError && error.sqlstate === '42704') {
      return null;
    }
    throw error;
  }
}

function setConfig(context: SessionContext, [name, value, local]: readonly string[]): string {
  const inTransaction = context.transaction.inBlock;
  if (!isTrue(local) || inTransaction) {
    context.settings.set(name!, value!, isTrue(local));
  }
  return context.settings.show(name!);
}

/** By name: how many arguments, and the answer. */
const functions: ReadonlyMap<string, { readonly counts: readonly number[]; readonly run: SessionFunction }> = new Map([
  ['version', { counts: [0], run: () => `PostgreSQL ${serverVersion} (Sluice over DuckDB), 64-bit` }],
  ['current_setting', { counts: [1, 2], run: currentSetting }],
  ['set_config', { counts: [3], run: setConfig }],
  ['pg_backend_pid', { counts: [0], run: (context) => String(context.pid) }],
]);

/** The longest text that may be such a call. */
const maxLength = 400;

function parseCall(text: string): Call | undefined {
  const cursor = new TokenCursor(text);
  cursor.skip();
  let name = cursor.name();
  if (cursor.accept('.')) {
    if (name.toLowerCase() !== 'pg_catalog') {
      return undefined;
    }
    name = cursor.name();
  }
  name = name.toLowerCase();
  if (!functions.has(name) || !cursor.accept('(')) {
    return undefined;
  }
  const given: string[] = [];
  while (!cursor.accept(')')) {
    if (given.length > 0) {
      cursor.expect(',');
    }
    given.push(cursor.literal());
  }
  const column = cursor.accept('as') || !cursor.atEnd ? cursor.name() : name;
  cursor.end();
  return functions.get(name)!.counts.includes(given.length) ? { name, arguments: given, column } : undefined;
}

/** The call that a statement is, or undefined. */
export function sessionCall(statement: Statement): Call | undefined {
  const { kind, text, words, parameterCount } = statement;
  const first = words[1] ?? '';
  if (kind !== 'select' || parameterCount > 0 || text.length > maxLength) {
    return undefined;
  }
  if (first !== 'pg_catalog' && !functions.has(first)) {
    return undefined;
  }
  try {
    return parseCall(text);
  } catch (error) {
    if (error instanceof SluiceError && error.sqlstate === errors.syntax('').sqlstate) {
      // Not of this simple form: a query like any other.
      return undefined;
    }
    throw error;
  }
}

export function describeCall(call: Call): Shape {
  return { parameterTypes: [], columns: { names: [call.column], types: [VARCHAR] } };
}

export function runCall(context: SessionContext, call: Call): Outcome {
  const value = functions.get(call.name)!.run(context, call.arguments);
  return textOutcome([call.column], [[value]], (rows) => `SELECT ${rows}`);
}
