/** Roles, owners and privileges at one moment: plain questions, no files. */
import { type Acl, defaultAcl, defaultOwner, lettersOf, type ObjectName, objectKey, type Privilege } from './acl.ts';
import {
  bootstrapRole,
  databaseOwner,
  predefinedRoles,
  publicRole,
  type Role,
  readAllData,
  writeAllData,
} from './role.ts';

/** What the store keeps. */
export interface RoleData {
  readonly roles: readonly Role[];
  /** By `objectKey`; absent: `defaultOwner`. */
  readonly owners: Readonly<Record<string, string>>;
  /** By `objectKey`; absent: `defaultAcl`. */
  readonly acls: Readonly<Record<string, Acl>>;
}

export const noRoles: RoleData = { roles: [], owners: {}, acls: {} };

const readLetters = 'r';
const writeLetters = 'awd';

/** Names of roles are compared as written, as PostgreSQL does; names of objects without regard to case. */
export class RoleBook {
  readonly data: RoleData;
  /** Differs whenever `data` does. */
  readonly version: string;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #fixed: ReadonlySet<string>;
  readonly #fromFile: readonly Role[];
  readonly #closures = new Map<string, ReadonlySet<string>>();

  /** `fromFile`: users of the users file, which SQL can't change; roles of the store come before them. */
  constructor(data: RoleData, version: string, fromFile: readonly Role[]) {
    this.data = data;
    this.version = version;
    this.#fromFile = fromFile;
    const kept = new Set(data.roles.map(({ name }) => name));
    const others = [...predefinedRoles, ...fromFile.filter(({ name }) => !kept.has(name))];
    this.#roles = new Map([...others, ...data.roles].map((role) => [role.name, role]));
    this.#fixed = new Set(others.map(({ name }) => name).filter((name) => !kept.has(name)));
  }

  /** The same with other data. */
  with(data: RoleData, version: string): RoleBook {
    return new RoleBook(data, version, this.#fromFile);
  }

  get(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  all(): readonly Role[] {
    return [...this.#roles.values()];
  }

  /** It comes from the users file, or is there by itself. */
  isFixed(name: string): boolean {
    return this.#fixed.has(name);
  }

  /** The role and those whose rights it has; with `all`, also those that it has to change to. */
  closure(name: string, all = false): ReadonlySet<string> {
    const key = `${all}\0${name}`;
    const known = this.#closures.get(key);
    if (known !== undefined) return known;
    const found = new Set([name]);
    // A set goes on to give what is added while it is walked through.
    for (const one of found) {
      const role = this.#roles.get(one);
      if (role === undefined || !(all || role.inherit)) continue;
      for (const of of role.memberOf) found.add(of);
    }
    if (found.has(bootstrapRole)) found.add(databaseOwner);
    this.#closures.set(key, found);
    return found;
  }

  ownerOf(object: ObjectName): string {
    return this.data.owners[objectKey(object)] ?? defaultOwner(object);
  }

  /** Undefined: never granted or revoked anything. */
  storedAcl(object: ObjectName): Acl | undefined {
    return this.data.acls[objectKey(object)];
  }

  aclOf(object: ObjectName, sequence = false): Acl {
    return this.storedAcl(object) ?? defaultAcl(object, this.ownerOf(object), sequence);
  }

  /** Has the role, which is no superuser, all of these privileges? */
  may(role: string, object: ObjectName, privileges: readonly Privilege[]): boolean {
    const letters = this.lettersFor(role, object);
    return [...lettersOf(privileges)].every((letter) => letters.includes(letter));
  }

  owns(role: string, object: ObjectName): boolean {
    return this.closure(role).has(this.ownerOf(object));
  }

  /** All that a role, which is no superuser, may do with an object. */
  lettersFor(role: string, object: ObjectName): string {
    const roles = this.closure(role);
    const acl = this.aclOf(object);
    let letters = acl[publicRole] ?? '';
    for (const one of roles) letters += acl[one] ?? '';
    const all = roles.has(readAllData) || roles.has(writeAllData);
    if (object.kind === 'schema') return all ? `${letters}U` : letters;
    return letters + (roles.has(readAllData) ? readLetters : '') + (roles.has(writeAllData) ? writeLetters : '');
  }
}
