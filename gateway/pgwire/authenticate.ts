/**
 * Log-in. SCRAM goes through pg-gateway: it is given one whole message per chunk, as a fresh array, and is detached between
 * AuthenticationOk and its own ReadyForQuery; from then on the socket is the session's. Its error messages are replaced by ours. It
 * knows no channel binding: that is offered, taken out of the messages that it sees, and checked here.
 */
import { randomBytes } from 'node:crypto';
import { PostgresConnection, verifyScramSha256Password } from 'pg-gateway';
import { errors, type SluiceError } from '../../planner/errors.ts';
import {
  checkPassword,
  decoyVerifier,
  isSame,
  md5Response,
  parseVerifier,
  type Verifier,
} from '../catalog/roles/verifier.ts';
import { CheckedReader } from './checked-reader.ts';
import { frontendCode } from './decode.ts';
import type { Frame } from './frame-reader.ts';
import type { Account, Users } from './users.ts';

/** What the log-in needs of the connection. */
export interface LoginChannel {
  /** Next message of the client; undefined when it is gone. */
  next(): Promise<Frame | undefined>;
  /** Sends at once. */
  send(message: Buffer): void;
  /** Undefined: the connection is not encrypted. */
  readonly tls: LoginTls | undefined;
}

export interface LoginTls {
  /** What channel binding binds to (RFC 5929); undefined: it is not offered. */
  readonly endPoint: Buffer | undefined;
  /** Of the client's certificate, if it has shown a good one. */
  readonly clientName: string | undefined;
}

const errorCode = 0x45;
const authenticationCode = 0x52;
const subtypes = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11 } as const;
/** Subtypes of Authentication messages that the client answers. */
const answered: ReadonlySet<number> = new Set([subtypes.sasl, subtypes.saslContinue]);
const mechanism = 'SCRAM-SHA-256';
const boundMechanism = `${mechanism}-PLUS`;
const bindingHeader = 'p=tls-server-end-point,,';
const unboundHeader = 'n,,';
const md5SaltBytes = 4;

function startupMessage(user: string): Uint8Array {
  const body = Buffer.from(`user\0${user}\0\0`);
  const message = new Uint8Array(8 + body.length);
  const view = new DataView(message.buffer);
  view.setInt32(0, message.length);
  view.setInt32(4, 3 << 16);
  message.set(body, 8);
  return message;
}

function authentication(subtype: number, body: Uint8Array = new Uint8Array()): Buffer {
  const message = Buffer.alloc(9);
  message[0] = authenticationCode;
  message.writeInt32BE(8 + body.length, 1);
  message.writeInt32BE(subtype, 5);
  return Buffer.concat([message, body]);
}

async function passwordFrame(channel: LoginChannel): Promise<Buffer> {
  const frame = await channel.next();
  if (frame === undefined) {
    throw errors.connectionLost();
  }
  if (frame.code !== frontendCode.password) {
    throw errors.protocolViolation(`expected a password response, got message type ${frame.code}`);
  }
  return frame.body;
}

/** The text of a PasswordMessage. */
async function passwordText(channel: LoginChannel): Promise<string> {
  const reader = new CheckedReader(await passwordFrame(channel));
  const text = reader.cstring();
  reader.end();
  return text;
}

function passwordMessage(body: Uint8Array): Uint8Array {
  const message = new Uint8Array(5 + body.length);
  message[0] = frontendCode.password;
  new DataView(message.buffer).setInt32(1, body.length + 4);
  message.set(body, 5);
  return message;
}

/** Which channel binding the client has chosen, and what it says of it. */
interface Binding {
  /** `c=` of the last message, in base64. */
  expected: string;
}

/** The first message of SCRAM as pg-gateway knows it. Checks what it would read without bounds. Raises 28000, 08P01. */
function firstMessage(body: Buffer, endPoint: Buffer | undefined, binding: Binding): Uint8Array {
  const reader = new CheckedReader(body);
  const chosen = reader.cstring();
  const text = Buffer.from(reader.bytes(reader.int32())).toString();
  reader.end();
  const bound = chosen === boundMechanism && endPoint !== undefined;
  const header = /^[^,]*,[^,]*,/.exec(text)?.[0] ?? '';
  const fits = bound ? header === bindingHeader : chosen === mechanism && /^[ny],,$/.test(header);
  if (!fits) {
    throw errors.invalidAuthorization('malformed SCRAM exchange');
  }
  // It could have bound the channel and believes that it was not offered: somebody took the offer away.
  if (header === 'y,,' && endPoint !== undefined) {
    throw errors.invalidAuthorization('SCRAM channel binding negotiation error');
  }
  const bytes = bound ? Buffer.concat([Buffer.from(bindingHeader), endPoint]) : Buffer.from(header);
  binding.expected = bytes.toString('base64');
  const rest = Buffer.from(unboundHeader + text.slice(header.length));
  const length = Buffer.alloc(4);
  length.writeInt32BE(rest.length);
  return Buffer.concat([Buffer.from(`${mechanism}\0`), length, rest]);
}

/** Which mechanisms there are, best first. */
function offer(endPoint: Buffer | undefined): Buffer {
  const names = endPoint === undefined ? [mechanism] : [boundMechanism, mechanism];
  return authentication(subtypes.sasl, Buffer.from(`${names.map((name) => `${name}\0`).join('')}\0`));
}

function scram(user: string, known: Verifier | undefined, binding: Binding, failed: (error: SluiceError) => void) {
  return {
    method: 'scram-sha-256' as const,
    getScramSha256Data: () => known ?? decoyVerifier(user),
    validateCredentials: async (given: { authMessage: string; clientProof: string }) => {
      const bound = /,c=([^,]*),r=[^,]+$/.exec(given.authMessage)?.[1];
      const proof = Buffer.from(given.clientProof, 'base64');
      const valid =
        known !== undefined &&
        bound !== undefined &&
        bound === binding.expected &&
        proof.length === 32 &&
        (await verifyScramSha256Password({ ...given, storedKey: known.storedKey }));
      if (!valid) {
        failed(errors.authenticationFailed(user));
      }
      return valid;
    },
  };
}

/** SCRAM, through pg-gateway. */
async function throughGateway(channel: LoginChannel, user: string, known: Verifier | undefined): Promise<void> {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => {
      feed = controller;
    },
  });
  const binding: Binding = { expected: '' };
  const endPoint = channel.tls?.endPoint;
  try {
    await new Promise<void>((resolve, reject) => {
      const answer = async (initial: boolean) => {
        const body = await passwordFrame(channel);
        feed?.enqueue(passwordMessage(initial ? firstMessage(body, endPoint, binding) : body));
      };
      const writable = new WritableStream<Uint8Array>({
        write: (chunk) => {
          const message = Buffer.from(chunk);
          if (message[0] === errorCode) {
            reject(errors.invalidAuthorization('malformed SCRAM exchange'));
            return;
          }
          const subtype = message[0] === authenticationCode ? message.readInt32BE(5) : -1;
          channel.send(subtype === subtypes.sasl ? offer(endPoint) : message);
          if (answered.has(subtype)) {
            answer(subtype === subtypes.sasl).catch(reject);
          }
        },
      });
      const connection = new PostgresConnection(
        { readable, writable },
        {
          auth: scram(user, known, binding, reject),
          onAuthenticated: async () => {
            await connection.detach();
            resolve();
          },
        },
      );
      feed?.enqueue(startupMessage(user));
    });
  } finally {
    feed?.close();
  }
}

async function byPassword(channel: LoginChannel, user: string, secret: string | null): Promise<boolean> {
  if (channel.tls === undefined) {
    throw errors.encryptionRequired('log-ins with a password');
  }
  channel.send(authentication(subtypes.cleartext));
  const given = await passwordText(channel);
  const { iterations, salt, storedKey, serverKey } = decoyVerifier(user);
  const decoy = `${mechanism}$${iterations}:${salt}$${storedKey}:${serverKey}`;
  // An unknown user takes as long as a known one.
  const fits = await checkPassword(user, secret ?? decoy, given);
  return fits && secret !== null;
}

async function byMd5(channel: LoginChannel, secret: string): Promise<boolean> {
  const salt = randomBytes(md5SaltBytes);
  channel.send(authentication(subtypes.md5, salt));
  return isSame(await passwordText(channel), md5Response(secret, salt));
}

function byCertificate({ tls }: LoginChannel, user: string): void {
  if (tls?.clientName === undefined) {
    throw errors.invalidAuthorization('connection requires a valid client certificate');
  }
  if (tls.clientName !== user) {
    throw errors.certificateRefused(user);
  }
}

/** A password that is of use now. */
function secretOf(account: Account | undefined): string | null {
  const until = account?.validUntil ?? null;
  const over = until !== null && until !== 'infinity' && Date.parse(until) <= Date.now();
  return over ? null : (account?.secret ?? null);
}

/**
 * Resolves when AuthenticationOk has been sent. `users` null: everybody is trusted.
 * @throws SluiceError 28P01 (wrong password or unknown user), 28000 or 08P01 (malformed exchange, no certificate, may not log in), 08006 (client gone)
 */
export async function authenticate(channel: LoginChannel, user: string, users: Users | null): Promise<void> {
  const account = users?.find(user);
  switch (users?.method ?? 'trust') {
    case 'trust':
      checkLogin(user, account);
      channel.send(authentication(subtypes.ok));
      return;
    case 'cert':
      byCertificate(channel, user);
      break;
    case 'password':
      if (!(await byPassword(channel, user, secretOf(account)))) throw errors.authenticationFailed(user);
      break;
    case 'md5':
    case 'scram-sha-256': {
      const secret = secretOf(account);
      if (users!.method === 'md5' && secret?.startsWith('md5') === true) {
        if (!(await byMd5(channel, secret))) throw errors.authenticationFailed(user);
        break;
      }
      const ok = new DeferredOk(channel);
      await throughGateway(ok, user, parseVerifier(secret ?? ''));
      break;
    }
  }
  if (account === undefined) {
    throw errors.undefinedLogin(user);
  }
  checkLogin(user, account);
  channel.send(authentication(subtypes.ok));
}

/** Whoever has proved who they are may still be told that they may not log in. */
function checkLogin(user: string, account: Account | undefined): void {
  if (account?.login === false) {
    throw errors.invalidAuthorization(`role "${user}" is not permitted to log in`);
  }
}

/** Holds AuthenticationOk back. */
class DeferredOk implements LoginChannel {
  readonly #channel: LoginChannel;

  constructor(channel: LoginChannel) {
    this.#channel = channel;
  }

  get tls(): LoginTls | undefined {
    return this.#channel.tls;
  }

  next(): Promise<Frame | undefined> {
    return this.#channel.next();
  }

  send(message: Buffer): void {
    const isOk = message[0] === authenticationCode && message.readInt32BE(5) === subtypes.ok;
    if (!isOk) {
      this.#channel.send(message);
    }
  }
}
