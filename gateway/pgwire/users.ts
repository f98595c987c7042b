/**
 * Who may log in, and how they prove who they are. The users file: one `name:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey[:kind]`
 * per line, the verifier as PostgreSQL stores it in pg_authid (RFC 5802, RFC 7677; salt and keys in base64). Empty lines and lines that
 * begin with `#` are ignored.
 */
import { readFile } from 'node:fs/promises';
import { errors } from '../../planner/errors.ts';
import { membershipsOf, plainRole, type Role, type RoleKind, roleKinds } from '../catalog/roles/role.ts';
import type { RoleStore } from '../catalog/roles/role-store.ts';
import { isVerifier, makeVerifier } from '../catalog/roles/verifier.ts';

/** As in PostgreSQL's pg_hba.conf. With `md5` those are asked by SCRAM whose verifier is of that kind. */
export const authMethods = ['trust', 'password', 'md5', 'scram-sha-256', 'cert'] as const;
export type AuthMethod = (typeof authMethods)[number];

/** What logging in needs of a role. */
export type Account = Pick<Role, 'name' | 'login' | 'secret' | 'validUntil' | 'connectionLimit'>;

/** Those who may log in. */
export interface Users {
  readonly method: AuthMethod;
  find(name: string): Account | undefined;
}

/** The roles of a store, as they are when somebody logs in. */
export function usersOf(method: AuthMethod, roles: RoleStore): Users {
  return { method, find: (name) => roles.now().get(name) };
}

const linePattern = new RegExp(`^(.+?):(SCRAM-SHA-256\\$[^:]+:[^:]+:[^:]+?)(?::(${roleKinds.join('|')}))?$`);

/** Users who may do everything, unless the line says `reader` or `writer`. Raises 22023 that names the line. */
export function parseUsers(text: string): readonly Role[] {
  const users = new Map<string, Role>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    const match = linePattern.exec(line);
    if (match === null || !isVerifier(match[2]!)) {
      throw errors.invalidUsersFile(
        index + 1,
        `expected name:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, and perhaps :${roleKinds.join(' or :')}`,
      );
    }
    const name = match[1]!;
    if (users.has(name)) {
      throw errors.invalidUsersFile(index + 1, `user "${name}" is there twice`);
    }
    const kind = (match[3] ?? 'admin') as RoleKind;
    const superuser = kind === 'admin';
    users.set(name, { ...plainRole, name, login: true, superuser, secret: match[2]!, memberOf: membershipsOf[kind] });
  }
  return [...users.values()];
}

/** Raises 58030 when it can't be read, 22023 when a line is malformed. */
export async function loadUsers(path: string): Promise<readonly Role[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw errors.unreadableFile(path, error instanceof Error ? error.message : String(error));
  }
  return parseUsers(text);
}

/** The line of the users file for this name and password. */
export async function makeUserLine(name: string, password: string): Promise<string> {
  return `${name}:${await makeVerifier(password)}`;
}
