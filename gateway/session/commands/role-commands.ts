/** CREATE, ALTER and DROP of ROLE, USER and GROUP. Passwords are kept as verifiers, and told to nobody. */
import { errors, SluiceError } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { bootstrapRole, plainRole, type Role } from '../../catalog/roles/role.ts';
import type { RoleData } from '../../catalog/roles/role-book.ts';
import { secretOf } from '../../catalog/roles/verifier.ts';
import { meaningsOf } from '../access/names.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { foldedName } from './names.ts';
import { existing, groupRoles, roleName, roleNames } from './role-names.ts';
import { isReadOnly } from './writes.ts';

const done = (tag: string): Outcome => ({ kind: 'complete', tag });
const kinds: ReadonlySet<string> = new Set(['role', 'user', 'group']);
const maxConnectionLimit = 2_147_483_647;

/** What the options of CREATE and ALTER ROLE say; what they leave out is absent. */
interface Asked extends Partial<Omit<Role, 'name' | 'secret'>> {
  /** Null: none. */
  readonly password?: string | null;
  /** Roles that become members of it. */
  readonly members?: readonly string[];
}

type Change = { -readonly [K in keyof Asked]: Asked[K] };

/** Rights of PostgreSQL that are not there; to say that a role has them not changes nothing. */
const absent: Readonly<Record<string, string>> = {
  createdb: 'There is one database.',
  createrole: 'Only superusers make roles: SUPERUSER.',
  createuser: 'Only superusers make roles: SUPERUSER.',
  replication: 'There is no replication.',
  bypassrls: 'There is no row security.',
};
const noAdminHint = 'GRANT role TO member makes plain members.';

const flags: Readonly<Record<string, Change>> = {
  login: { login: true },
  nologin: { login: false },
  superuser: { superuser: true },
  nosuperuser: { superuser: false },
  inherit: { inherit: true },
  noinherit: { inherit: false },
};

function readOption(context: SessionContext, cursor: TokenCursor, change: Change): void {
  const { word } = cursor;
  const flag = flags[word];
  if (flag !== undefined) {
    cursor.skip();
    Object.assign(change, flag);
  } else if (word in absent || (word.startsWith('no') && word.slice(2) in absent)) {
    if (word in absent) throw errors.featureNotSupported(`the role attribute ${word.toUpperCase()}`, absent[word]);
    cursor.skip();
  } else {
    readValue(context, cursor, word, change);
  }
}

function readValue(context: SessionContext, cursor: TokenCursor, word: string, change: Change): void {
  switch (word) {
    case 'encrypted':
    case 'password': {
      if (cursor.accept('encrypted') && cursor.word !== 'password') throw cursor.unexpected();
      cursor.skip();
      const password = cursor.accept('null') ? null : cursor.string();
      if (password === undefined) throw cursor.unexpected();
      change.password = password;
      return;
    }
    case 'valid':
      cursor.expect('valid', 'until');
      change.validUntil = validUntil(cursor);
      return;
    case 'connection':
      cursor.expect('connection', 'limit');
      change.connectionLimit = connectionLimit(cursor.literal());
      return;
    case 'in':
      cursor.skip();
      cursor.accept('role') || cursor.expect('group');
      change.memberOf = [
        ...(change.memberOf ?? []),
        ...roleNames(context, cursor).flatMap((name) => groupRoles(context, name)),
      ];
      return;
    case 'role':
    case 'user':
      cursor.skip();
      change.members = [...(change.members ?? []), ...roleNames(context, cursor)];
      return;
    case 'admin':
      throw errors.featureNotSupported('ADMIN of a role', noAdminHint);
    case 'sysid':
      cursor.skip();
      cursor.literal();
      return;
    default:
      throw cursor.unexpected();
  }
}

function validUntil(cursor: TokenCursor): string | null {
  const text = cursor.accept('null') ? null : cursor.string();
  if (text === undefined) throw cursor.unexpected();
  if (text === null || text.trim().toLowerCase() === 'infinity') return text === null ? null : 'infinity';
  const zoned = /(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(text.trim()) ? text : `${text} UTC`;
  const time = new Date(/^\d{4}-\d\d-\d\d$/.test(text.trim()) ? text.trim() : zoned);
  if (Number.isNaN(time.getTime())) throw errors.invalidDatetime('timestamp with time zone', text);
  return time.toISOString();
}

function connectionLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < -1 || limit > maxConnectionLimit) {
    throw errors.invalidArgument(`invalid connection limit: ${text}`);
  }
  return limit;
}

/** A syntax error must not repeat a password that stands in the wrong place. */
function options(context: SessionContext, cursor: TokenCursor): Asked {
  const change: Change = {};
  cursor.accept('with');
  try {
    while (!cursor.atEnd) readOption(context, cursor, change);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.sqlstate !== '42601') throw error;
    if (!/^[eEuU]?&?['$]/.test(cursor.value)) throw error;
    throw errors.syntax('syntax error at or near a string', error.position);
  }
  return change;
}

function begin(context: SessionContext, text: string, verb: string): TokenCursor {
  const cursor = new TokenCursor(text);
  cursor.expect(verb);
  if (!kinds.has(cursor.word)) throw cursor.unexpected();
  if (isReadOnly(context)) throw errors.readOnlyTransaction(`${verb} role`.toUpperCase());
  return cursor;
}

function onlySuperusers(context: SessionContext, what: string): void {
  if (!context.access.isAdmin) throw errors.insufficientPrivilege(`permission denied to ${what}`);
}

function checkName(name: string): void {
  if (['public', 'none', ''].includes(name)) throw errors.reservedRole(`role name "${name}" is reserved`);
  if (name.startsWith('pg_')) {
    const detail = 'Role names starting with "pg_" are reserved.';
    throw errors.reservedRole(`role name "${name}" is reserved`, detail);
  }
}

/** CREATE ROLE | USER | GROUP name [[WITH] option ...]. Raises 42710, 42939, 42704. */
export async function createRole(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = begin(context, statement.text, 'create');
  const login = cursor.word === 'user';
  cursor.skip();
  const name = foldedName(cursor);
  const { password, members = [], ...asked } = options(context, cursor);
  onlySuperusers(context, 'create role');
  checkName(name);
  if (context.access.book?.get(name) !== undefined) throw errors.duplicateRole(name);
  for (const member of members) changeable(context, member);
  const secret = await secretFor(context, name, password ?? null);
  const role: Role = { ...plainRole, login, ...asked, name, secret };
  await context.access.change((data) => {
    const others = data.roles.filter((one) => one.name !== name);
    return joined({ ...data, roles: [...others, role] }, members, [name]);
  });
  return done('CREATE ROLE');
}

async function secretFor({ settings }: SessionContext, name: string, password: string | null): Promise<string | null> {
  if (password === null || password === '') return null;
  return secretOf(name, password, settings.show('password_encryption'));
}

/** Raises 42704, and 0A000 for a role that is not of the store. */
function changeable(context: SessionContext, name: string): void {
  existing(context, name);
  if (!context.access.book!.isFixed(name)) return;
  if (name === bootstrapRole || name.startsWith('pg_')) throw errors.reservedRole(`role name "${name}" is reserved`);
  throw errors.featureNotSupported(`changing user "${name}" of the users file`, 'Change the file, and start again.');
}

export function withRole(data: RoleData, name: string, change: (role: Role) => Role): RoleData {
  return { ...data, roles: data.roles.map((role) => (role.name === name ? change(role) : role)) };
}

/** Makes members of roles. */
export function joined(data: RoleData, members: readonly string[], roles: readonly string[]): RoleData {
  return members.reduce(
    (before, member) =>
      withRole(before, member, (role) => ({ ...role, memberOf: [...new Set([...role.memberOf, ...roles])] })),
    data,
  );
}

/** ALTER ROLE | USER name [[WITH] option ...] | RENAME TO name; ALTER GROUP name ADD | DROP USER ... */
export async function alterRole(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = begin(context, statement.text, 'alter');
  cursor.skip();
  if (cursor.word === 'all') throw errors.featureNotSupported('ALTER ROLE ALL', 'Settings are set by the client.');
  const name = roleName(context, cursor);
  if (cursor.accept('rename')) return renameRole(context, cursor, name);
  if (['set', 'reset', 'in'].includes(cursor.word)) {
    throw errors.featureNotSupported('settings of a role', 'Set them in the connection string: options=-c name=value.');
  }
  const adds = cursor.accept('add');
  if (adds || cursor.accept('drop')) return alterGroup(context, cursor, name, adds);
  const { password, members: _, memberOf: __, ...asked } = options(context, cursor);
  const own = name === context.access.user && Object.keys(asked).length === 0;
  if (!own) onlySuperusers(context, 'alter role');
  changeable(context, name);
  const secret = password === undefined ? undefined : await secretFor(context, name, password);
  await context.access.change((data) =>
    withRole(data, name, (role) => ({ ...role, ...asked, secret: secret === undefined ? role.secret : secret })),
  );
  return done('ALTER ROLE');
}

async function renameRole(context: SessionContext, cursor: TokenCursor, name: string): Promise<Outcome> {
  cursor.expect('to');
  const to = foldedName(cursor);
  cursor.end();
  onlySuperusers(context, 'rename role');
  changeable(context, name);
  checkName(to);
  const { access } = context;
  if (access.book!.get(to) !== undefined) throw errors.duplicateRole(to);
  if (name === access.sessionUser) throw errors.unsupported('session user cannot be renamed');
  if (name === access.user) throw errors.unsupported('current user cannot be renamed');
  const md5 = access.book!.get(name)!.secret?.startsWith('md5') === true;
  if (md5)
    context.notice({ severity: 'NOTICE', sqlstate: '00000', message: 'MD5 password cleared because of role rename' });
  const put = (one: string) => (one === name ? to : one);
  await access.change((data) => ({
    roles: data.roles.map((role) => ({
      ...role,
      name: put(role.name),
      memberOf: role.memberOf.map(put),
      secret: role.name === name && md5 ? null : role.secret,
    })),
    owners: Object.fromEntries(Object.entries(data.owners).map(([key, owner]) => [key, put(owner)])),
    acls: Object.fromEntries(
      Object.entries(data.acls).map(([key, acl]) => [
        key,
        Object.fromEntries(Object.entries(acl).map(([grantee, letters]) => [put(grantee), letters])),
      ]),
    ),
  }));
  return done('ALTER ROLE');
}

async function alterGroup(
  context: SessionContext,
  cursor: TokenCursor,
  group: string,
  adds: boolean,
): Promise<Outcome> {
  cursor.expect('user');
  const members = roleNames(context, cursor);
  cursor.end();
  onlySuperusers(context, 'alter role');
  existing(context, group);
  for (const member of members) changeable(context, member);
  await context.access.change((data) => (adds ? joined(data, members, [group]) : left(data, members, [group])));
  return done('ALTER ROLE');
}

export function left(data: RoleData, members: readonly string[], roles: readonly string[]): RoleData {
  return members.reduce(
    (before, member) =>
      withRole(before, member, (role) => ({ ...role, memberOf: role.memberOf.filter((one) => !roles.includes(one)) })),
    data,
  );
}

/** DROP ROLE | USER | GROUP [IF EXISTS] name [, ...]. Raises 2BP01 for one that owns something or that something was granted to, 55006 for oneself. */
export async function dropRole(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = begin(context, statement.text, 'drop');
  cursor.skip();
  const ifExists = cursor.accept('if');
  if (ifExists) cursor.expect('exists');
  const names = roleNames(context, cursor);
  cursor.end();
  onlySuperusers(context, 'drop role');
  const { access } = context;
  const there = names.filter((name) => {
    if (!ifExists || access.book?.get(name) !== undefined) return true;
    const message = `role "${name}" does not exist, skipping`;
    context.notice({ severity: 'NOTICE', sqlstate: '42704', message });
    return false;
  });
  for (const name of there) await checkDrop(context, name);
  await access.change((data) =>
    left(
      { ...data, roles: data.roles.filter((role) => !there.includes(role.name)) },
      data.roles.map(({ name }) => name),
      there,
    ),
  );
  return done('DROP ROLE');
}

async function checkDrop(context: SessionContext, name: string): Promise<void> {
  changeable(context, name);
  const { access } = context;
  if (name === access.user) throw errors.roleInUse('current user cannot be dropped');
  if (name === access.sessionUser) throw errors.roleInUse('session user cannot be dropped');
  const { owners, acls } = access.book!.data;
  const lines: string[] = [];
  for (const [key, acl] of Object.entries(acls)) {
    if (Object.hasOwn(acl, name) && owners[key] !== name) lines.push(`privileges for ${await described(context, key)}`);
  }
  for (const [key, owner] of Object.entries(owners)) {
    if (owner === name) lines.push(`owner of ${await described(context, key)}`);
  }
  if (lines.length > 0) throw errors.dependentObjects(name, lines.join('\n'));
}

/** `table t`, `schema s`: what a key of the store stands for. */
async function described(context: SessionContext, key: string): Promise<string> {
  const [kind, schema = '', name] = key.split('\0');
  if (kind === 'schema' || name === undefined) return `schema ${schema}`;
  const [found] = await meaningsOf(context, { catalog: '', schema, name });
  return `${found === undefined || found.kind === 'system' ? 'table' : found.kind} ${schema === 'public' ? name : `${schema}.${name}`}`;
}
