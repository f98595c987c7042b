import { errors } from '../../../planner/errors.ts';
import type { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { membershipsOf, publicRole, roleKinds } from '../../catalog/roles/role.ts';
import type { SessionContext } from '../context.ts';
import { foldedName } from './names.ts';

const adminHint = 'ALTER ROLE name SUPERUSER makes an administrator.';

/** A role's name, or CURRENT_USER, CURRENT_ROLE and SESSION_USER, which stand for one. */
export function roleName(context: SessionContext, cursor: TokenCursor): string {
  const { word } = cursor;
  const name = foldedName(cursor);
  if (word === 'current_user' || word === 'current_role') return context.access.user;
  return word === 'session_user' ? context.access.sessionUser : name;
}

export function roleNames(context: SessionContext, cursor: TokenCursor): readonly string[] {
  const names = [roleName(context, cursor)];
  while (cursor.accept(',')) names.push(roleName(context, cursor));
  return names;
}

/** Those that privileges are given to: PUBLIC is everybody. Raises 42704. */
export function grantees(context: SessionContext, cursor: TokenCursor): readonly string[] {
  const names: string[] = [];
  do {
    const everybody = cursor.word === 'public';
    cursor.accept('group');
    const name = roleName(context, cursor);
    if (!everybody) existing(context, name);
    names.push(everybody ? publicRole : name);
  } while (cursor.accept(','));
  return names;
}

/** Raises 42704 unless there is such a role. */
export function existing(context: SessionContext, name: string): void {
  if (context.access.book?.get(name) === undefined) throw errors.undefinedRole(name);
}

/** `reader` and `writer` stand for PostgreSQL's roles, where no role has that name. Raises 42704. */
export function groupRoles(context: SessionContext, name: string): readonly string[] {
  const kind = roleKinds.find((one) => one === name);
  if (kind === undefined || context.access.book?.get(name) !== undefined) {
    existing(context, name);
    return [name];
  }
  if (kind === 'admin') throw errors.featureNotSupported('membership in "admin"', adminHint);
  return membershipsOf[kind];
}
