/** pg_cancel_backend and pg_terminate_backend. */
import { errors, type SluiceError } from '../../../planner/errors.ts';
import type { SessionActivity } from '../activity.ts';
import type { SessionContext } from '../context.ts';

/**
 * The session of this number, if one may end what it does: one's own user's, for superusers everybody's, for members of pg_signal_backend
 * that of everybody but superusers. Undefined, with a warning: there is none.
 */
function target(context: SessionContext, [pid]: readonly (string | null)[]): SessionActivity | undefined {
  const found = context.options.hub.sessions.get(Number(pid));
  if (found === undefined) {
    const message = `PID ${pid} is not a PostgreSQL server process`;
    context.notice({ severity: 'WARNING', sqlstate: '01000', message });
  } else {
    checkSignal(context, found.identity.user);
  }
  return found;
}

function checkSignal({ access }: SessionContext, user: string): void {
  const mine =
    access.book === undefined ? user === access.user : access.isAdmin || access.isMember(access.user, user, false);
  if (mine) {
    return;
  }
  if (access.isSuperuser(user)) {
    throw errors.insufficientPrivilege('must be a superuser to cancel or terminate a session of a superuser');
  }
  if (!access.isMember(access.user, 'pg_signal_backend', false)) {
    throw errors.insufficientPrivilege(
      'must be a member of the role whose session is being ended or member of pg_signal_backend',
    );
  }
}

function ends(act: (session: SessionActivity, reason: SluiceError) => boolean, reason: () => SluiceError) {
  return (context: SessionContext, given: readonly (string | null)[]): string | null => {
    if (given.includes(null)) {
      return null;
    }
    const session = target(context, given);
    return session !== undefined && act(session, reason()) ? 't' : 'f';
  };
}

export const cancelBackend = ends((session, reason) => {
  session.cancel(reason);
  return true;
}, errors.cancelled);

export const terminateBackend = ends((session, reason) => session.terminate(reason), errors.shuttingDown);
