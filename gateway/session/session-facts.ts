import type { LockInfo, SessionFacts } from '../pg-catalog/session-relations.ts';
import type { AdvisoryLockRow } from './advisory-locks.ts';
import type { SessionContext } from './context.ts';

/** What pg_settings, pg_prepared_statements, pg_cursors, pg_stat_activity and pg_locks are made of. */
export function sessionFacts({ pid, settings, statements, cursors, options }: SessionContext): SessionFacts {
  const { hub } = options;
  return {
    pid,
    settings: () => settings.all(),
    preparedStatements: () =>
      [...statements]
        .filter(({ name }) => name !== '')
        .map(({ name, runnable, created, prepareText }) => ({
          name,
          statement: prepareText ?? runnable?.statement.text ?? '',
          preparedAt: created.toISOString(),
          fromSql: prepareText !== undefined,
        })),
    cursors: () =>
      [...cursors].map(({ facts, created }) => ({
        name: facts.name,
        statement: facts.text,
        holdable: facts.hold,
        binary: facts.binary,
        scrollable: facts.scroll,
        createdAt: created.toISOString(),
      })),
    activity: () => [...hub.sessions.values()].map((session) => session.info()),
    locks: () => hub.locks.rows().map(lockInfo),
  };
}

const halfBits = 32n;

function lockInfo({ pid, key, mode, granted }: AdvisoryLockRow): LockInfo {
  const [first, second] = key.split(',').map(BigInt);
  const bits = second === undefined ? first! : (first! << halfBits) | BigInt.asUintN(32, second);
  return { pid, key: bits, shared: mode === 'share', granted };
}
