/** SET ROLE and SET SESSION AUTHORIZATION: whose rights count from now on. */
import { errors } from '../../../planner/errors.ts';
import type { SessionContext } from '../context.ts';

const identitySettings: ReadonlySet<string> = new Set(['role', 'session_authorization']);

/** True for the settings that SET and set_config must not change on their own. */
export function isIdentity(name: string): boolean {
  return identitySettings.has(name.toLowerCase());
}

/** Undefined: as after the log-in. Raises 22023, 42501. */
export function setIdentity(context: SessionContext, name: string, value: string | undefined, local: boolean): void {
  if (name.toLowerCase() === 'role') setRole(context, value ?? 'none', local);
  else setSessionAuthorization(context, value, local);
}

function setRole(context: SessionContext, role: string, local: boolean): void {
  const { access, settings } = context;
  const none = role.toLowerCase() === 'none';
  if (!none && role !== access.sessionUser) {
    if (access.book?.get(role) === undefined) throw errors.invalidArgument(`role "${role}" does not exist`);
    if (!access.isMember(access.sessionUser, role, true)) {
      throw errors.insufficientPrivilege(`permission denied to set role "${role}"`);
    }
  }
  settings.setIdentity('role', none ? 'none' : role, local);
  tellSuperuser(context, local);
}

function setSessionAuthorization(context: SessionContext, value: string | undefined, local: boolean): void {
  const { access, settings } = context;
  const user = value ?? access.loginUser;
  if (user !== access.loginUser) {
    if (access.book?.get(user) === undefined) throw errors.invalidArgument(`role "${user}" does not exist`);
    if (!access.isSuperuser(access.loginUser)) {
      throw errors.insufficientPrivilege(`permission denied to set session authorization "${user}"`);
    }
  }
  settings.setIdentity('session_authorization', user, local);
  settings.setIdentity('role', 'none', local);
  tellSuperuser(context, local);
}

/** psql's prompt and drivers go by it. */
function tellSuperuser({ access, settings }: SessionContext, local: boolean): void {
  settings.setIdentity('is_superuser', access.isAdmin ? 'on' : 'off', local);
}
