/** What is kept of a password (RFC 5802, RFC 7677, and PostgreSQL's md5): enough to check it, not enough to log in with. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export interface Verifier {
  readonly iterations: number;
  /** In base64, as the keys. */
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
}

/** PostgreSQL's default. */
const iterations = 4096;
const keyBytes = 32;
const saltBytes = 16;
const scramPattern =
  /^SCRAM-SHA-256\$([1-9]\d{0,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
const md5Pattern = /^md5[0-9a-f]{32}$/;

const derive = promisify(pbkdf2);

/** NFKC is the part of SASLprep that matters for typed passwords; clients do the same. */
function prepared(password: string): string {
  return password.normalize('NFKC');
}

async function keysOf(
  password: string,
  salt: Buffer,
  rounds: number,
): Promise<Pick<Verifier, 'storedKey' | 'serverKey'>> {
  const salted = await derive(prepared(password), salt, rounds, keyBytes, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return {
    storedKey: createHash('sha256').update(clientKey).digest('base64'),
    serverKey: createHmac('sha256', salted).update('Server Key').digest('base64'),
  };
}

/** The verifier of a new password, with a salt of its own. */
export async function makeVerifier(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const { storedKey, serverKey } = await keysOf(password, salt, iterations);
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** Undefined when the text is no SCRAM verifier. */
export function parseVerifier(text: string): Verifier | undefined {
  const match = scramPattern.exec(text);
  if (match === null) return undefined;
  return { iterations: Number(match[1]), salt: match[2]!, storedKey: match[3]!, serverKey: match[4]! };
}

/** True for a text that PostgreSQL takes for a verifier rather than for a password. */
export function isVerifier(text: string): boolean {
  return md5Pattern.test(text) || parseVerifier(text) !== undefined;
}

/** What PASSWORD '...' keeps: verifiers as they are, `md5` for `SET password_encryption = md5`. */
export async function secretOf(user: string, password: string, encryption: string): Promise<string> {
  if (isVerifier(password)) return password;
  return encryption === 'md5' ? md5Secret(user, password) : makeVerifier(password);
}

export function md5Secret(user: string, password: string): string {
  return `md5${md5(password + user)}`;
}

function md5(text: string | Buffer): string {
  return createHash('md5').update(text).digest('hex');
}

/** What a client answers to a salt when it knows the password. */
export function md5Response(secret: string, salt: Uint8Array): string {
  return `md5${md5(Buffer.concat([Buffer.from(secret.slice(3)), salt]))}`;
}

/** True when two texts are the same; takes as long when they are not. */
export function isSame(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** Checks a password that came as it is. */
export async function checkPassword(user: string, secret: string, password: string): Promise<boolean> {
  const verifier = parseVerifier(secret);
  if (verifier === undefined) return isSame(secret, md5Secret(user, password));
  const { storedKey } = await keysOf(password, Buffer.from(verifier.salt, 'base64'), verifier.iterations);
  return isSame(storedKey, verifier.storedKey);
}

const decoySecret = randomBytes(keyBytes);

/** For a user that does not exist: looks like a verifier, the same for the same name, and no password fits. */
export function decoyVerifier(name: string): Verifier {
  const bytes = (label: string) => createHmac('sha256', decoySecret).update(`${label}:${name}`).digest();
  return {
    iterations,
    salt: bytes('salt').subarray(0, saltBytes).toString('base64'),
    storedKey: bytes('stored').toString('base64'),
    serverKey: bytes('server').toString('base64'),
  };
}
