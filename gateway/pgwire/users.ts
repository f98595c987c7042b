/**
 * The users file: one `name:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey` per line, the verifier as PostgreSQL stores it in
 * pg_authid (RFC 5802, RFC 7677; salt and keys in base64). Empty lines and lines that begin with `#` are ignored.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createScramSha256Data } from 'pg-gateway';
import { errors } from '../../planner/errors.ts';

export interface Verifier {
  readonly iterations: number;
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
}

export type Users = ReadonlyMap<string, Verifier>;

/** PostgreSQL's default. */
const iterations = 4096;
const linePattern = /^(.+):SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]{44}):([A-Za-z0-9+/=]{44})$/;

/** @throws SluiceError 22023 that names the line. */
export function parseUsers(text: string): Users {
  const users = new Map<string, Verifier>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    const match = linePattern.exec(line);
    const count = Number(match?.[2]);
    if (match === null || count < 1) {
      throw errors.invalidUsersFile(index + 1, 'expected name:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey');
    }
    const name = match[1]!;
    if (users.has(name)) {
      throw errors.invalidUsersFile(index + 1, `user "${name}" is there twice`);
    }
    users.set(name, { iterations: count, salt: match[3]!, storedKey: match[4]!, serverKey: match[5]! });
  }
  return users;
}

/** @throws SluiceError 58030 when it can't be read, 22023 when a line is malformed. */
export async function loadUsers(path: string): Promise<Users> {
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
  // NFKC is the part of SASLprep that matters for typed passwords; clients do the same.
  const data = await createScramSha256Data(password.normalize('NFKC'), iterations);
  return `${name}:SCRAM-SHA-256$${data.iterations}:${data.salt}$${data.storedKey}:${data.serverKey}`;
}

const decoySecret = randomBytes(32);

/** For a user that does not exist: looks like a verifier, the same for the same name, and no password fits. */
export function decoyVerifier(name: string): Verifier {
  const bytes = (label: string) => createHmac('sha256', decoySecret).update(`${label}:${name}`).digest();
  return {
    iterations,
    salt: bytes('salt').subarray(0, 16).toString('base64'),
    storedKey: bytes('stored').toString('base64'),
    serverKey: bytes('server').toString('base64'),
  };
}
