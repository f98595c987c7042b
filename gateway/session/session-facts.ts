import type { ActivityInfo, LockInfo, SessionFacts } from '../pg-catalog/session-relations.ts';
import type { AdvisoryLockRow } from './advisory-locks.ts';
import type { SessionContext } from './context.ts';
import { redacted } from './redact.ts';

/** What pg_settings, pg_prepared_statements, pg_cursors, pg_stat_activity, pg_stat_progress_copy and pg_locks are made of. */
export function sessionFacts(context: SessionContext): SessionFacts {
  const { pid, settings, statements, cursors, options } = context;
  const { hub } = options;
  return {
    pid,
    settings: () => settings.all(),
    preparedStatements: () =>
      [...statements]
        .filter(({ name }) => name !== '')
        .map(({ name, runnable, created, prepareText }) => ({
          name,
          statement: redacted(prepareText ?? runnable?.statement.text ?? ''),
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
    activity: () => [...hub.sessions.values()].map((session) => shownTo(context, session.info())),
    copies: () => hub.copies.list(),
    locks: () => hub.locks.rows().map(lockInfo),
  };
}

/** What others run is for superusers and members of pg_read_all_stats. */
function shownTo({ access }: SessionContext, session: ActivityInfo): ActivityInfo {
  const { user, isAdmin } = access;
  const shown =
    isAdmin || access.isMember(user, session.user, false) || access.isMember(user, 'pg_read_all_stats', false);
  return shown ? session : { ...session, query: '<insufficient privilege>', clientAddress: null, clientPort: null };
}

const halfBits = 32n;

function lockInfo({ pid, key, mode, granted }: AdvisoryLockRow): LockInfo {
  const [first, second] = key.split(',').map(BigInt);
  const bits = second === undefined ? first! : (first! << halfBits) | BigInt.asUintN(32, second);
  return { pid, key: bits, shared: mode === 'share', granted };
}
