/** GRANT and REVOKE on schemas, tables and sequences, and of memberships; ALTER ... OWNER TO. */
import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { Snapshot } from '../../catalog/catalog-snapshot.ts';
import {
  type Acl,
  granted,
  lettersOf,
  type ObjectName,
  objectKey,
  type Privilege,
  privilegeLetters,
  revoked,
  schemaObject,
  schemaPrivileges,
  sequencePrivileges,
  tablePrivileges,
} from '../../catalog/roles/acl.ts';
import { given } from '../access/after-write.ts';
import { checkOwner } from '../access/check-write.ts';
import { localObjects } from '../access/local-relations.ts';
import { meaningsOf } from '../access/names.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { alteredOwner } from './altered-owner.ts';
import { foldedName } from './names.ts';
import { joined, left } from './role-commands.ts';
import { existing, grantees, groupRoles, roleName, roleNames } from './role-names.ts';
import { isReadOnly } from './writes.ts';

const done = (tag: string): Outcome => ({ kind: 'complete', tag });
const columnHint = 'Grant on the table, or on a view that selects these columns.';
const optionHint = 'Only owners and superusers grant.';
const objectHint = 'Privileges are granted on tables, views, foreign tables, sequences and schemas.';

type Kind = 'table' | 'sequence' | 'schema';
const allowed: Readonly<Record<Kind, readonly Privilege[]>> = {
  table: tablePrivileges,
  sequence: sequencePrivileges,
  schema: schemaPrivileges,
};

/** An object with what PostgreSQL calls it. */
interface Target {
  readonly object: ObjectName;
  readonly kind: 'table' | 'view' | 'foreign table' | 'sequence' | 'schema';
}

/** GRANT and REVOKE. Raises 42704, 42P01, 3F000, 0LP01, 42501, and 0A000 for what there is not. */
export async function runGrant(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  const grants = statement.kind === 'grant';
  cursor.expect(statement.kind);
  if (isReadOnly(context)) throw errors.readOnlyTransaction(statement.kind.toUpperCase());
  if (!grants && ['grant', 'admin'].includes(cursor.word)) {
    throw errors.featureNotSupported('GRANT OPTION and ADMIN OPTION', optionHint);
  }
  const words = privilegeWords(cursor);
  const tag = grants ? 'GRANT' : 'REVOKE';
  if (cursor.accept('on')) {
    await changePrivileges(context, cursor, words, grants);
    return done(tag);
  }
  await changeMembers(context, cursor, words, grants);
  return done(`${tag} ROLE`);
}

/** Names of privileges or roles, as written but for the case of bare ones; ALL is one. */
function privilegeWords(cursor: TokenCursor): readonly string[] {
  if (cursor.accept('all')) {
    cursor.accept('privileges');
    if (cursor.value === '(') throw errors.featureNotSupported('privileges on columns', columnHint);
    return ['all'];
  }
  const names: string[] = [];
  do {
    names.push(foldedName(cursor));
    if (cursor.value === '(') throw errors.featureNotSupported('privileges on columns', columnHint);
  } while (cursor.accept(','));
  return names;
}

function readPrivileges(words: readonly string[], kind: Kind): readonly Privilege[] {
  if (words[0] === 'all') return allowed[kind];
  return words.map((word) => {
    const name = word.toUpperCase();
    if (!Object.hasOwn(privilegeLetters, name) && !['TEMP', 'TEMPORARY', 'CONNECT', 'EXECUTE'].includes(name)) {
      throw errors.syntax(`unrecognized privilege type "${word}"`);
    }
    const found = allowed[kind].find((privilege) => privilege === name);
    if (found === undefined) throw errors.invalidGrant(`invalid privilege type ${name} for ${kind}`);
    return found;
  });
}

async function changePrivileges(
  context: SessionContext,
  cursor: TokenCursor,
  words: readonly string[],
  grants: boolean,
): Promise<void> {
  const { kind, targets } = await readTargets(context, cursor);
  cursor.expect(grants ? 'to' : 'from');
  const roles = grantees(context, cursor);
  readEnd(cursor, grants);
  const privileges = readPrivileges(words, kind);
  const letters = lettersOf(privileges);
  const change = (acl: Acl) => roles.reduce((before, role) => (grants ? granted : revoked)(before, role, letters), acl);
  const mine = targets.filter((target) => mayGrant(context, target, grants));
  if (mine.length === 0) return;
  const { book } = context.access;
  const acls = Object.fromEntries(
    mine.map(({ object, kind: what }) => [objectKey(object), change(book!.aclOf(object, what === 'sequence'))]),
  );
  await context.access.change((data) => ({ ...data, acls: { ...data.acls, ...acls } }));
}

/** Superusers and owners may; whoever has other rights there is warned, others are refused. */
function mayGrant({ access, notice }: SessionContext, { object, kind }: Target, grants: boolean): boolean {
  if (access.isAdmin || access.book!.owns(access.user, object)) return true;
  if (access.book!.lettersFor(access.user, object) === '') throw errors.permissionDenied(kind, object.name);
  const message = grants ? 'no privileges were granted' : 'no privileges could be revoked';
  const sqlstate = grants ? '01007' : '01006';
  notice({ severity: 'WARNING', sqlstate, message: `${message} for "${object.name}"` });
  return false;
}

function readEnd(cursor: TokenCursor, grants: boolean): void {
  if (grants && cursor.accept('with')) throw errors.featureNotSupported('WITH GRANT OPTION', optionHint);
  if (cursor.accept('granted')) throw errors.featureNotSupported('GRANTED BY', 'The owner is always the grantor.');
  if (!grants) cursor.accept('cascade') || cursor.accept('restrict');
  cursor.end();
}

interface Targets {
  readonly kind: Kind;
  readonly targets: readonly Target[];
}

async function readTargets(context: SessionContext, cursor: TokenCursor): Promise<Targets> {
  if (cursor.accept('all')) {
    const sequences = cursor.accept('sequences');
    if (!sequences) {
      if (cursor.word !== 'tables') throw errors.featureNotSupported(`privileges on all ${cursor.word}`, objectHint);
      cursor.skip();
    }
    cursor.expect('in', 'schema');
    const schemas = nameList(cursor);
    for (const schema of schemas) await existingSchema(context, schema);
    const targets = await allIn(context, schemas, sequences);
    return { kind: sequences ? 'sequence' : 'table', targets };
  }
  if (cursor.accept('schema')) {
    const schemas = nameList(cursor);
    for (const schema of schemas) await existingSchema(context, schema);
    return { kind: 'schema', targets: schemas.map((name) => ({ object: schemaObject(name), kind: 'schema' })) };
  }
  const sequence = cursor.accept('sequence');
  if (!sequence && isOtherKind(cursor)) {
    throw errors.featureNotSupported(`privileges on ${cursor.word.toUpperCase()}`, objectHint);
  }
  const targets: Target[] = [];
  if (!sequence) cursor.accept('table');
  do targets.push(await namedTarget(context, cursor.qualifiedName()));
  while (cursor.accept(','));
  return { kind: sequence ? 'sequence' : 'table', targets };
}

const otherKinds: ReadonlySet<string> = new Set(
  'database domain foreign function procedure routine language large parameter tablespace type'.split(' '),
);

/** One of these words before a name is a kind, before TO or FROM a table's name. */
function isOtherKind(cursor: TokenCursor): boolean {
  if (!otherKinds.has(cursor.word)) return false;
  const next = new TokenCursor(cursor.rest());
  next.skip();
  return !(next.atEnd || [',', '.'].includes(next.value) || ['to', 'from'].includes(next.word));
}

function nameList(cursor: TokenCursor): readonly string[] {
  const names = [foldedName(cursor)];
  while (cursor.accept(',')) names.push(foldedName(cursor));
  return names;
}

/** Raises 3F000. */
async function existingSchema(context: SessionContext, name: string): Promise<void> {
  await context.connection.ready(context.sessionSettings(), false);
  const wanted = `'${name.toLowerCase().replaceAll("'", "''")}'`;
  const found = await context.connection.run(
    `SELECT 1 FROM duckdb_schemas() WHERE lower(schema_name) = ${wanted} AND database_name IN ('local', 'data') LIMIT 1`,
  );
  if (found.rowCount === 0) throw errors.noSuchSchema(name);
}

async function namedTarget(context: SessionContext, parts: readonly string[]): Promise<Target> {
  const needed = { catalog: parts.at(-3) ?? '', schema: parts.at(-2) ?? '', name: parts.at(-1)! };
  const [found] = await meaningsOf(context, needed);
  if (found === undefined) throw errors.undefinedTable(parts.join('.'));
  if (found.kind === 'temporary' || found.kind === 'system') {
    throw errors.featureNotSupported(
      `privileges on "${needed.name}"`,
      'Temporary objects are seen by one session alone.',
    );
  }
  return { object: found.object, kind: found.kind };
}

/** Every table (or sequence) of the schemas as it is now. */
async function allIn(
  context: SessionContext,
  schemas: readonly string[],
  sequences: boolean,
): Promise<readonly Target[]> {
  const wanted = new Set(schemas.map((schema) => schema.toLowerCase()));
  const { relations } = await localObjects(context);
  const local = [...relations.values()].flat().flatMap(({ database, schema, name, kind }): Target[] => {
    const fits = database === 'local' && wanted.has(schema.toLowerCase()) && (kind === 'sequence') === sequences;
    return fits ? [{ object: { kind: 'relation', schema, name }, kind }] : [];
  });
  if (sequences) return local;
  const known = new Set(local.map(({ object }) => objectKey(object)));
  const snapshot = await context.snapshot();
  const sets = snapshot instanceof Snapshot ? snapshot.tables() : [];
  const others = sets
    .filter(({ schema }) => wanted.has(schema.toLowerCase()))
    .map(({ schema, name }): Target => ({ object: { kind: 'relation', schema, name }, kind: 'foreign table' }));
  return [...local, ...others.filter(({ object }) => !known.has(objectKey(object)))];
}

async function changeMembers(
  context: SessionContext,
  cursor: TokenCursor,
  words: readonly string[],
  grants: boolean,
): Promise<void> {
  const { access } = context;
  cursor.expect(grants ? 'to' : 'from');
  const members = roleNames(context, cursor);
  if (grants && cursor.accept('with')) throw errors.featureNotSupported('WITH ADMIN OPTION', optionHint);
  readEnd(cursor, grants);
  const roles = words.flatMap((word) => groupRoles(context, word));
  for (const member of members) existing(context, member);
  if (!access.isAdmin) {
    throw errors.insufficientPrivilege(`must have admin option on role "${roles[0]}"`);
  }
  for (const member of members) checkMember(context, member, roles, grants);
  await access.change((data) => (grants ? joined : left)(data, members, roles));
}

function checkMember(context: SessionContext, member: string, roles: readonly string[], grants: boolean): void {
  const { access, notice } = context;
  const book = access.book!;
  if (book.isFixed(member)) throw errors.featureNotSupported(`changing the memberships of "${member}"`);
  for (const role of roles) {
    if (grants && book.closure(role, true).has(member)) {
      throw errors.invalidGrant(`role "${role}" is a member of role "${member}"`);
    }
    const has = book.get(member)!.memberOf.includes(role);
    if (has === grants) {
      const message = `role "${member}" is ${grants ? 'already' : 'not'} a member of role "${role}"`;
      notice({ severity: grants ? 'NOTICE' : 'WARNING', sqlstate: grants ? '42710' : '01000', message });
    }
  }
}

/** ALTER TABLE | VIEW | SEQUENCE | FOREIGN TABLE | SCHEMA name OWNER TO role. Raises 42P01, 3F000, 42501, 42704. */
export async function runAlterOwner(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const { cursor, kind, parts } = alteredOwner(statement.text)!;
  const role = roleName(context, cursor);
  cursor.end();
  const { access } = context;
  if (isReadOnly(context)) throw errors.readOnlyTransaction(`ALTER ${kind}`.toUpperCase());
  const schema = kind === 'schema';
  const name = { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! };
  if (schema) await existingSchema(context, name.name);
  await checkOwner(context, name, schema);
  existing(context, role);
  if (!access.isMember(access.user, role, true)) {
    throw errors.insufficientPrivilege(`must be member of role "${role}"`);
  }
  const { object } = schema ? { object: schemaObject(name.name) } : await namedTarget(context, parts);
  const from = access.book!.ownerOf(object);
  await access.change(given(object, from, role));
  return done(`ALTER ${kind.toUpperCase()}`);
}

/** What only PostgreSQL has. */
export async function refuseDefaultPrivileges(): Promise<never> {
  const hint =
    'GRANT ... ON ALL TABLES IN SCHEMA gives them on the tables that are there; pg_read_all_data on all to come.';
  throw errors.featureNotSupported('ALTER DEFAULT PRIVILEGES', hint);
}

export async function refuseOwned(): Promise<never> {
  throw errors.featureNotSupported('DROP OWNED', 'ALTER TABLE ... OWNER TO, and REVOKE.');
}
