/** pg_cancel_backend and pg_terminate_backend. */
import { errors, type SluiceError } from '../../../planner/errors.ts';
import type { SessionActivity } from '../activity.ts';
import type { SessionContext } from '../context.ts';

/** The session of this number, if one may end what it does: one's own user's. Undefined, with a warning: there is none. */
function target(context: SessionContext, [pid]: readonly (string | null)[]): SessionActivity | undefined {
  const found = context.options.hub.sessions.get(Number(pid));
  if (found === undefined) {
    const message = `PID ${pid} is not a PostgreSQL server process`;
    context.notice({ severity: 'WARNING', sqlstate: '01000', message });
  } else if (found.identity.user !== context.user) {
    throw errors.accessDenied('the session belongs to another user');
  }
  return found;
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
