/** Keeps owners and privileges in step with the objects that a statement has made, renamed or dropped. */
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { type Acl, type ObjectName, objectKey, schemaObject } from '../../catalog/roles/acl.ts';
import { bootstrapRole } from '../../catalog/roles/role.ts';
import type { RoleData } from '../../catalog/roles/role-book.ts';
import type { Write } from '../commands/write-target.ts';
import type { SessionContext } from '../context.ts';
import { meaningsOf } from './names.ts';
import type { RoleChange } from './session-access.ts';

const publicSchema = 'public';

/** What administrators make belongs to the bootstrap role. */
export function ownerOfNew({ access }: SessionContext): string {
  return access.isAdmin ? bootstrapRole : access.user;
}

/** To be called before a statement of DDL; what it gives, after it. */
export async function objectNotes(context: SessionContext, write: Write): Promise<() => Promise<void>> {
  const { book } = context.access;
  if (book === undefined || !write.definesObjects) return nothing;
  const { owners, acls } = book.data;
  const empty = Object.keys(owners).length + Object.keys(acls).length === 0;
  // Nothing is kept of what administrators make, and most gateways have nobody else.
  if (empty && ownerOfNew(context) === bootstrapRole) return nothing;
  const changes = (await isThere(context, write)) ? [] : changesOf(context, write);
  if (changes.length === 0) return nothing;
  return () => context.access.change((data) => changes.reduce((before, change) => change(before), data));
}

const nothing = async () => undefined;

/** CREATE ... IF NOT EXISTS leaves what is there, and whose it is; a view that takes the place of another one keeps what was granted on it. */
async function isThere(context: SessionContext, write: Write): Promise<boolean> {
  const { ifNotExists, orReplace, objects, object } = write;
  if (!(ifNotExists || (object === 'VIEW' && orReplace)) || object === 'SCHEMA') return false;
  const [made] = objects;
  if (made === undefined) return false;
  const { database, schema, name } = made;
  return (await meaningsOf(context, { catalog: database ?? '', schema: schema ?? publicSchema, name })).length > 0;
}

function changesOf(context: SessionContext, write: Write): readonly RoleChange[] {
  const lasting = write.objects.filter(({ database, schema }) => (database ?? schema)?.toLowerCase() !== 'temp');
  if (write.temporary) return [];
  const objects = lasting.filter(
    ({ schema, name }) => schema !== undefined || !context.temporary.has(name.toLowerCase()),
  );
  const relation = write.object === 'TABLE' || write.object === 'VIEW' || write.object === 'SEQUENCE';
  const known = relation || write.object === 'SCHEMA';
  switch (write.verb) {
    case 'create':
      if (!known) return [];
      return objects.map((name) => fresh(objectOf(name, write.object === 'SCHEMA'), ownerOfNew(context)));
    case 'drop':
      return known ? objects.map((name) => dropped(objectOf(name, write.object === 'SCHEMA'))) : [];
    case 'alter': {
      const [from] = objects;
      const [to] = write.made;
      return relation && from !== undefined && to !== undefined
        ? [moved(objectOf(from, false), objectOf(to, false))]
        : [];
    }
    default:
      return [];
  }
}

function objectOf({ schema, name }: TableName, isSchema: boolean): ObjectName {
  return isSchema ? schemaObject(name) : { kind: 'relation', schema: schema ?? publicSchema, name };
}

function without<T>(record: Readonly<Record<string, T>>, gone: (key: string) => boolean): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !gone(key)));
}

/** To be called after a table was made otherwise. */
export async function noteTable(context: SessionContext, schema: string, name: string): Promise<void> {
  const object: ObjectName = { kind: 'relation', schema, name };
  const { book } = context.access;
  const known = book !== undefined && (objectKey(object) in book.data.acls || objectKey(object) in book.data.owners);
  if (known || ownerOfNew(context) !== bootstrapRole) await context.access.change(fresh(object, ownerOfNew(context)));
}

/** To be called after a table was dropped otherwise. */
export async function noteDropped(context: SessionContext, schema: string, name: string): Promise<void> {
  const object: ObjectName = { kind: 'relation', schema, name };
  const data = context.access.book?.data;
  const known = data !== undefined && (objectKey(object) in data.acls || objectKey(object) in data.owners);
  if (known) await context.access.change(dropped(object));
}

/** A new object: what was known of one of its name counts no more. */
export function fresh(object: ObjectName, owner: string): RoleChange {
  return (data) => {
    const cleared = dropped(object)(data);
    return owner === bootstrapRole
      ? cleared
      : { ...cleared, owners: { ...cleared.owners, [objectKey(object)]: owner } };
  };
}

/** With a schema goes all that is in it. */
export function dropped(object: ObjectName): RoleChange {
  const key = objectKey(object);
  const inside = `relation\0${object.name.toLowerCase()}\0`;
  const gone = (one: string) => one === key || (object.kind === 'schema' && one.startsWith(inside));
  return (data) => ({ ...data, owners: without(data.owners, gone), acls: without(data.acls, gone) });
}

function moved(from: ObjectName, to: ObjectName): RoleChange {
  const [old, key] = [objectKey(from), objectKey(to)];
  return (data) => {
    const rename = <T>(record: Readonly<Record<string, T>>) =>
      Object.fromEntries(Object.entries(record).map(([one, value]) => [one === old ? key : one, value]));
    return { ...data, owners: rename(data.owners), acls: rename(data.acls) };
  };
}

/** Another owner; its privileges go with it. */
export function given(object: ObjectName, from: string, to: string): RoleChange {
  const key = objectKey(object);
  return (data: RoleData) => {
    const acl = data.acls[key];
    const acls = acl === undefined ? data.acls : { ...data.acls, [key]: renamed(acl, from, to) };
    return { ...data, acls, owners: { ...data.owners, [key]: to } };
  };
}

function renamed(acl: Acl, from: string, to: string): Acl {
  const { [from]: letters, ...others } = acl;
  return letters === undefined ? acl : { [to]: letters, ...others };
}
