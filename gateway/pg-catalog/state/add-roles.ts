/** Roles, memberships, owners and privileges. */
import { type Acl, aclItems, aclName, type ObjectName, schemaObject } from '../../catalog/roles/acl.ts';
import { bootstrapRole, plainRole, type Role } from '../../catalog/roles/role.ts';
import type { StateBuilder, StateInput } from './build-state.ts';
import { type CatalogRow, wellKnown } from './dynamic-rows.ts';

/** OIDs of the roles that every PostgreSQL has; their rows are in the seed. */
const seededRoles: Readonly<Record<string, number>> = {
  [bootstrapRole]: wellKnown.owner,
  pg_monitor: 3373,
  pg_read_all_settings: 3374,
  pg_read_all_stats: 3375,
  pg_stat_scan_tables: 3377,
  pg_signal_backend: 4200,
  pg_checkpoint: 4544,
  pg_read_server_files: 4569,
  pg_write_server_files: 4570,
  pg_execute_server_program: 4571,
  pg_database_owner: 6171,
  pg_read_all_data: 6181,
  pg_write_all_data: 6182,
};

export function roleOid({ oids }: Pick<StateBuilder, 'oids'>, name: string): number {
  return seededRoles[name] ?? oids.of('role', name);
}

/** A user whom nobody knows as a role is trusted, and may do everything. */
function trusted(name: string): Role {
  return { ...plainRole, name, login: true, superuser: true };
}

/** Is the current user one? */
export function isSuperuser({ book, user }: Pick<StateInput, 'book' | 'user'>): boolean {
  return (book?.get(user) ?? trusted(user)).superuser;
}

/** All roles: pg_authid, pg_auth_members, and whose rights each has. */
export function addRoles(builder: StateBuilder): void {
  const { rows, input } = builder;
  const { book } = input;
  const known = book?.all() ?? [{ ...trusted(bootstrapRole) }];
  const names = new Set(known.map(({ name }) => name));
  const others = [input.user, input.sessionUser].filter((name) => !names.has(name));
  for (const role of [...known, ...[...new Set(others)].map(trusted)]) {
    const oid = roleOid(builder, role.name);
    rows.add('role_names', { oid, name: role.name, acl_name: aclName(role.name) });
    addClosure(builder, role.name, oid);
    if (Object.hasOwn(seededRoles, role.name)) continue;
    addRole(builder, role, oid);
  }
}

function addClosure({ rows, input, oids }: StateBuilder, name: string, member: number): void {
  const inherited = input.book?.closure(name) ?? new Set([name]);
  for (const role of input.book?.closure(name, true) ?? inherited) {
    rows.add('role_closure', { member, role: roleOid({ oids }, role), inherited: inherited.has(role) });
  }
}

function addRole({ rows, oids }: StateBuilder, role: Role, oid: number): void {
  rows.add('pg_authid', {
    oid,
    rolname: role.name,
    rolsuper: role.superuser,
    rolinherit: role.inherit,
    rolcanlogin: role.login,
    rolconnlimit: role.connectionLimit,
    ...(role.validUntil === null ? {} : { rolvaliduntil: role.validUntil }),
  });
  for (const of of role.memberOf) {
    const roleid = roleOid({ oids }, of);
    rows.add('pg_auth_members', { roleid, member: oid, grantor: wellKnown.owner, admin_option: false });
  }
}

/** `relowner` and `relacl` of a relation; of temporary ones the session's user is the owner. */
export function relationRights(builder: StateBuilder, database: string, object: ObjectName): CatalogRow {
  const { book, user } = builder.input;
  if (database === 'temp') return { relowner: roleOid(builder, user) };
  if (book === undefined) return {};
  const owner = book.ownerOf(object);
  return { relowner: roleOid(builder, owner), ...aclOf('relacl', book.storedAcl(object), owner) };
}

/** `nspowner` and `nspacl`. */
export function schemaRights(builder: Pick<StateBuilder, 'input' | 'oids'>, name: string): CatalogRow {
  const { book } = builder.input;
  if (book === undefined) return {};
  const owner = book.ownerOf(schemaObject(name));
  return { nspowner: roleOid(builder, owner), ...aclOf('nspacl', book.storedAcl(schemaObject(name)), owner) };
}

function aclOf(column: string, acl: Acl | undefined, owner: string): CatalogRow {
  return acl === undefined ? {} : { [column]: aclItems(acl, owner) };
}
