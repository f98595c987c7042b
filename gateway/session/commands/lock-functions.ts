/** The pg_advisory_ family of functions. */
import { errors } from '../../../planner/errors.ts';
import type { LockMode, LockScope } from '../advisory-locks.ts';
import type { SessionContext } from '../context.ts';
import { parseMilliseconds } from '../gucs.ts';

/** What a function of the family does. */
type Deed =
  | { readonly kind: 'lock' | 'try'; readonly mode: LockMode; readonly scope: LockScope }
  | { readonly kind: 'unlock'; readonly mode: LockMode }
  | { readonly kind: 'unlock_all' };

const [int8Min, int8Max] = [-(2n ** 63n), 2n ** 63n - 1n];
const [int4Min, int4Max] = [-(2n ** 31n), 2n ** 31n - 1n];

function integer(text: string, min: bigint, max: bigint, type: string): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    throw errors.invalidText(type, text);
  }
  const value = BigInt(text.trim());
  if (value < min || value > max) {
    throw errors.numericOutOfRange(type, text);
  }
  return value;
}

/** One bigint and two integers are different keys, also when their bits are the same. */
function keyOf(values: readonly string[]): string {
  const [first, second] = values;
  return second === undefined
    ? String(integer(first!, int8Min, int8Max, 'bigint'))
    : `${integer(first!, int4Min, int4Max, 'integer')},${integer(second, int4Min, int4Max, 'integer')}`;
}

function modeName(mode: LockMode): string {
  return mode === 'exclusive' ? 'ExclusiveLock' : 'ShareLock';
}

async function run(context: SessionContext, deed: Deed, given: readonly (string | null)[]): Promise<string | null> {
  const { locks } = context;
  if (deed.kind === 'unlock_all') {
    locks.unlockAll();
    return '';
  }
  if (given.includes(null)) {
    return null;
  }
  const key = keyOf(given as readonly string[]);
  switch (deed.kind) {
    case 'lock': {
      const timeoutMs = parseMilliseconds(context.settings.show('lock_timeout')) ?? 0;
      await locks.lock(key, deed.mode, deed.scope, { signal: context.signal(), timeoutMs });
      return '';
    }
    case 'try':
      return locks.tryLock(key, deed.mode, deed.scope) ? 't' : 'f';
    case 'unlock': {
      const done = locks.unlock(key, deed.mode);
      if (!done) {
        const message = `you don't own a lock of type ${modeName(deed.mode)}`;
        context.notice({ severity: 'WARNING', sqlstate: '01000', message });
      }
      return done ? 't' : 'f';
    }
  }
}

/** A function of the family: the types of its arguments, in each way that it can be called, and of its answer. */
export interface LockFunction {
  readonly name: string;
  readonly forms: readonly (readonly string[])[];
  readonly gives: 'void' | 'boolean';
  readonly run: (context: SessionContext, given: readonly (string | null)[]) => Promise<string | null>;
}

const keyForms = [['BIGINT'], ['INTEGER', 'INTEGER']];

function make(name: string, deed: Deed): LockFunction {
  const gives = deed.kind === 'try' || deed.kind === 'unlock' ? 'boolean' : 'void';
  const forms = deed.kind === 'unlock_all' ? [[]] : keyForms;
  return { name, forms, gives, run: (context, given) => run(context, deed, given) };
}

export const lockFunctions: readonly LockFunction[] = [
  ...(['exclusive', 'share'] as const).flatMap((mode) => {
    const suffix = mode === 'share' ? '_shared' : '';
    return [
      make(`pg_advisory_lock${suffix}`, { kind: 'lock', mode, scope: 'session' }),
      make(`pg_advisory_xact_lock${suffix}`, { kind: 'lock', mode, scope: 'transaction' }),
      make(`pg_try_advisory_lock${suffix}`, { kind: 'try', mode, scope: 'session' }),
      make(`pg_try_advisory_xact_lock${suffix}`, { kind: 'try', mode, scope: 'transaction' }),
      make(`pg_advisory_unlock${suffix}`, { kind: 'unlock', mode }),
    ];
  }),
  make('pg_advisory_unlock_all', { kind: 'unlock_all' }),
];
