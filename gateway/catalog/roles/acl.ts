/** Access privileges of schemas and tables, as PostgreSQL's `aclitem` has them. */
import { bootstrapRole, databaseOwner, publicRole } from './role.ts';

/** What privileges are granted on. Sequences are relations too. */
export type ObjectKind = 'relation' | 'schema';

/** An object of a schema, or a schema itself (then `name` is its name and `schema` the same). Names are compared without regard to case. */
export interface ObjectName {
  readonly kind: ObjectKind;
  readonly schema: string;
  readonly name: string;
}

export const privilegeLetters = {
  INSERT: 'a',
  SELECT: 'r',
  UPDATE: 'w',
  DELETE: 'd',
  TRUNCATE: 'D',
  REFERENCES: 'x',
  TRIGGER: 't',
  USAGE: 'U',
  CREATE: 'C',
} as const;
export type Privilege = keyof typeof privilegeLetters;

/** In the order in which PostgreSQL prints them. */
const letterOrder = 'arwdDxtXUCcT';

export const tablePrivileges = [
  'INSERT',
  'SELECT',
  'UPDATE',
  'DELETE',
  'TRUNCATE',
  'REFERENCES',
  'TRIGGER',
] as const satisfies readonly Privilege[];
export const schemaPrivileges = ['USAGE', 'CREATE'] as const satisfies readonly Privilege[];
export const sequencePrivileges = ['SELECT', 'UPDATE', 'USAGE'] as const satisfies readonly Privilege[];

/** Letters by grantee, `publicRole` for everybody; in the order in which they were granted first. */
export type Acl = Readonly<Record<string, string>>;

export function lettersOf(privileges: readonly Privilege[]): string {
  return sorted(privileges.map((privilege) => privilegeLetters[privilege]).join(''));
}

function sorted(letters: string): string {
  return [...letterOrder].filter((letter) => letters.includes(letter)).join('');
}

/** The key of an object in the store. */
export function objectKey({ kind, schema, name }: ObjectName): string {
  return (kind === 'schema' ? [kind, name] : [kind, schema, name]).join('\0').toLowerCase();
}

export function schemaObject(name: string): ObjectName {
  return { kind: 'schema', schema: name, name };
}

/** Before the first GRANT or REVOKE. */
export function defaultAcl(object: ObjectName, owner: string, sequence = false): Acl {
  if (object.kind === 'relation') return { [owner]: lettersOf(sequence ? sequencePrivileges : tablePrivileges) };
  return isPublicSchema(object) ? { [databaseOwner]: 'UC', [publicRole]: 'U' } : { [owner]: 'UC' };
}

function isPublicSchema({ kind, name }: ObjectName): boolean {
  return kind === 'schema' && name.toLowerCase() === 'public';
}

/** Who owns what nobody is known to own. */
export function defaultOwner(object: ObjectName): string {
  return isPublicSchema(object) ? databaseOwner : bootstrapRole;
}

export function granted(acl: Acl, grantee: string, letters: string): Acl {
  return { ...acl, [grantee]: sorted((acl[grantee] ?? '') + letters) };
}

export function revoked(acl: Acl, grantee: string, letters: string): Acl {
  const left = [...(acl[grantee] ?? '')].filter((letter) => !letters.includes(letter)).join('');
  const { [grantee]: _, ...others } = acl;
  return left === '' ? others : { ...acl, [grantee]: left };
}

/** A role's name within an aclitem. */
export function aclName(role: string): string {
  return role === publicRole || /^\w+$/.test(role) ? role : `"${role.replaceAll('"', '""')}"`;
}

/** As `relacl` and `nspacl` have them; the owner is always the grantor. */
export function aclItems(acl: Acl, owner: string): readonly string[] {
  return Object.entries(acl).map(([grantee, letters]) => `${aclName(grantee)}=${letters}/${aclName(owner)}`);
}
