import { VARCHAR } from '@duckdb/node-api';
import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { isIdentity, setIdentity } from '../access/identity.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { gucs, parseGuc } from '../gucs.ts';
import { typedAnswer } from '../text-rows.ts';
import { foldedName } from './names.ts';
import { setConstraints } from './set-constraints.ts';
import { applyModes, type Modes, transactionModes } from './transaction-commands.ts';

const done = (tag: string): Outcome => ({ kind: 'complete', tag });

/** The text behind the current word: `role` is a command's word or a setting's name. */
function afterWord(cursor: TokenCursor): string {
  return cursor.rest().slice(cursor.value.length).trimStart();
}

/** `a`, `a.b`: the name of a setting. */
function settingName(cursor: TokenCursor): string {
  return cursor.qualifiedName().join('.');
}

/** `x`, `'x'`, `a, b`: undefined for DEFAULT. */
function settingValue(cursor: TokenCursor): string | undefined {
  if (cursor.accept('default')) {
    return undefined;
  }
  const values = [cursor.literal()];
  while (cursor.accept(',')) {
    values.push(cursor.literal());
  }
  return values.join(', ');
}

function apply(context: SessionContext, name: string, value: string | undefined, local: boolean): void {
  const { settings, transaction } = context;
  if (local && !transaction.inBlock) {
    const message = 'SET LOCAL can only be used in transaction blocks';
    context.notice({ severity: 'WARNING', sqlstate: '25P01', message });
    return;
  }
  if (isIdentity(name)) {
    setIdentity(context, name, value, local);
    return;
  }
  const mode = transactionModeSettings[name.toLowerCase()];
  if (mode !== undefined) {
    checkGuc(name, value);
    if (transaction.inBlock) {
      applyModes(context, mode(value ?? settings.show(`default_${name.toLowerCase()}`)));
    }
  } else if (value === undefined) {
    settings.reset(name, local);
  } else {
    settings.set(name, value, local);
  }
}

/** Settings that are modes of the transaction that is open, and mean nothing outside of one. */
const transactionModeSettings: Readonly<Record<string, (value: string) => Modes>> = {
  transaction_isolation: (value) => ({ isolation: value.toLowerCase() }),
  transaction_read_only: (value) => ({ readOnly: parseGuc(gucs.get('transaction_read_only')!, value, '') === 'on' }),
  transaction_deferrable: (value) => ({
    deferrable: parseGuc(gucs.get('transaction_deferrable')!, value, '') === 'on',
  }),
};

function checkGuc(name: string, value: string | undefined): void {
  if (value !== undefined) {
    parseGuc(gucs.get(name.toLowerCase())!, value, '');
  }
}

/** SET TIME ZONE x: a name, hours, LOCAL, DEFAULT, INTERVAL '+02:00' HOUR TO MINUTE. */
function timeZone(cursor: TokenCursor): string | undefined {
  if (cursor.accept('local') || cursor.accept('default')) {
    return undefined;
  }
  const interval = cursor.accept('interval');
  const value = cursor.literal();
  if (interval && cursor.accept('hour')) {
    cursor.expect('to', 'minute');
  }
  return value;
}

/** A role's name, with quotes or without; undefined for DEFAULT. */
function identityName(cursor: TokenCursor): string | undefined {
  if (cursor.accept('default')) {
    return undefined;
  }
  return cursor.string() ?? foldedName(cursor);
}

/** Outside of a transaction LOCAL has no effect, which `apply` tells. */
function setWho(context: SessionContext, name: string, value: string | undefined, local: boolean): void {
  if (local && !context.transaction.inBlock) {
    const message = 'SET LOCAL can only be used in transaction blocks';
    context.notice({ severity: 'WARNING', sqlstate: '25P01', message });
    return;
  }
  setIdentity(context, name, value, local);
}

export async function runSet(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('set');
  const local = cursor.accept('local');
  const session = !local && cursor.accept('session');
  if (cursor.accept('characteristics')) {
    cursor.expect('as', 'transaction');
    const modes = transactionModes(cursor);
    if (modes.isolation !== undefined) {
      context.settings.set('default_transaction_isolation', modes.isolation, false);
    }
    if (modes.readOnly !== undefined) {
      context.settings.set('default_transaction_read_only', modes.readOnly ? 'on' : 'off', false);
    }
    if (modes.deferrable !== undefined) {
      context.settings.set('default_transaction_deferrable', modes.deferrable ? 'on' : 'off', false);
    }
  } else if (!local && !session && cursor.accept('constraints')) {
    return setConstraints(context, cursor);
  } else if (session && cursor.accept('authorization')) {
    setWho(context, 'session_authorization', identityName(cursor), local);
  } else if (cursor.word === 'role' && !/^(?:=|to\b)/i.test(afterWord(cursor))) {
    cursor.skip();
    setWho(context, 'role', identityName(cursor), local);
  } else if (cursor.accept('transaction')) {
    if (cursor.word === 'snapshot') {
      throw errors.featureNotSupported('SET TRANSACTION SNAPSHOT');
    }
    const modes = transactionModes(cursor);
    if (context.transaction.inBlock) {
      applyModes(context, modes);
    } else {
      const message = 'SET TRANSACTION can only be used in transaction blocks';
      context.notice({ severity: 'WARNING', sqlstate: '25P01', message });
    }
  } else if (cursor.accept('time')) {
    cursor.expect('zone');
    apply(context, 'TimeZone', timeZone(cursor), local);
  } else if (cursor.accept('names')) {
    apply(context, 'client_encoding', cursor.atEnd ? undefined : settingValue(cursor), local);
  } else if (cursor.accept('schema')) {
    apply(context, 'search_path', cursor.literal(), local);
  } else {
    const name = settingName(cursor);
    if (!cursor.accept('to')) {
      cursor.expect('=');
    }
    apply(context, name, settingValue(cursor), local);
  }
  cursor.end();
  return done('SET');
}

export async function runReset(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('reset');
  if (cursor.accept('all')) {
    context.settings.resetAll();
  } else if (cursor.accept('session')) {
    cursor.expect('authorization');
    setIdentity(context, 'session_authorization', undefined, false);
  } else if (cursor.accept('time')) {
    cursor.expect('zone');
    context.settings.reset('TimeZone');
  } else {
    apply(context, settingName(cursor), undefined, false);
  }
  cursor.end();
  return done('RESET');
}

/** What SHOW asks for: a setting's name, or 'all'. */
function shownName(text: string): string {
  const cursor = new TokenCursor(text);
  cursor.expect('show');
  let name: string;
  if (cursor.accept('time')) {
    cursor.expect('zone');
    name = 'TimeZone';
  } else if (cursor.accept('transaction')) {
    cursor.expect('isolation', 'level');
    name = 'transaction_isolation';
  } else if (cursor.accept('session')) {
    cursor.expect('authorization');
    name = 'session_authorization';
  } else {
    name = settingName(cursor);
  }
  cursor.end();
  return name;
}

/** The column that PostgreSQL names as the setting's own spelling. */
function columnName(name: string): string {
  return gucs.get(name.toLowerCase())?.name ?? name.toLowerCase();
}

export async function describeShow(context: SessionContext, { statement }: Runnable): Promise<Shape> {
  const name = shownName(statement.text);
  if (name.toLowerCase() === 'all') {
    return {
      parameterTypes: [],
      columns: { names: ['name', 'setting', 'description'], types: [VARCHAR, VARCHAR, VARCHAR] },
    };
  }
  context.settings.show(name);
  return { parameterTypes: [], columns: { names: [columnName(name)], types: [VARCHAR] } };
}

export async function runShow(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const name = shownName(statement.text);
  const { settings } = context;
  if (name.toLowerCase() === 'all') {
    const rows = settings.all().map(([setting, value]) => [setting, value, '']);
    return textOutcome(['name', 'setting', 'description'], rows, 'SHOW');
  }
  return textOutcome([columnName(name)], [[settings.show(name)]], 'SHOW');
}

/** Rows of text as the outcome of a command. */
export function textOutcome(
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  tag: string | ((rows: number) => string),
): Outcome {
  const kinds = names.map(() => 'text' as const);
  return typedAnswer(names, kinds, rows, typeof tag === 'string' ? () => tag : tag);
}
