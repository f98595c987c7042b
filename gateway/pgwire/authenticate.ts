/**
 * Log-in through pg-gateway. It is given one whole message per chunk, as a fresh array, and is detached between AuthenticationOk
 * and its own ReadyForQuery; from then on the socket is the session's. Its error messages are replaced by ours.
 */
import { PostgresConnection, verifyScramSha256Password } from 'pg-gateway';
import { errors, type SluiceError } from '../../planner/errors.ts';
import { CheckedReader } from './checked-reader.ts';
import { frontendCode } from './decode.ts';
import type { Frame } from './frame-reader.ts';
import { decoyVerifier, type Users } from './users.ts';

/** What the log-in needs of the connection. */
export interface LoginChannel {
  /** Next message of the client; undefined when it is gone. */
  next(): Promise<Frame | undefined>;
  /** Sends at once. */
  send(message: Buffer): void;
}

const errorCode = 0x45;
const authenticationCode = 0x52;
/** Subtypes of Authentication messages that the client answers: SASL, SASLContinue. */
const answered: ReadonlySet<number> = new Set([10, 11]);
const saslInitial = 10;
/** `n,,` and `y,,` in base64: no channel binding, since none is offered. */
const channelBindingPattern = /,c=(biws|eSws),r=[^,]+$/;

function startupMessage(user: string): Uint8Array {
  const body = Buffer.from(`user\0${user}\0\0`);
  const message = new Uint8Array(8 + body.length);
  const view = new DataView(message.buffer);
  view.setInt32(0, message.length);
  view.setInt32(4, 3 << 16);
  message.set(body, 8);
  return message;
}

/** Checks what pg-gateway would read without bounds, and copies the message. */
function passwordMessage(frame: Frame, initial: boolean): Uint8Array {
  if (frame.code !== frontendCode.password) {
    throw errors.protocolViolation(`expected a password response, got message type ${frame.code}`);
  }
  if (initial) {
    const reader = new CheckedReader(frame.body);
    reader.cstring();
    reader.bytes(reader.int32());
    reader.end();
  }
  const message = new Uint8Array(5 + frame.body.length);
  message[0] = frame.code;
  new DataView(message.buffer).setInt32(1, frame.body.length + 4);
  message.set(frame.body, 5);
  return message;
}

function scram(user: string, users: Users, failed: (error: SluiceError) => void) {
  const known = users.get(user);
  return {
    method: 'scram-sha-256' as const,
    getScramSha256Data: () => known ?? decoyVerifier(user),
    validateCredentials: async (given: { authMessage: string; clientProof: string }) => {
      const wellBound = channelBindingPattern.test(given.authMessage);
      const proof = Buffer.from(given.clientProof, 'base64');
      const valid =
        known !== undefined &&
        wellBound &&
        proof.length === 32 &&
        (await verifyScramSha256Password({ ...given, storedKey: known.storedKey }));
      if (!valid) {
        failed(errors.authenticationFailed(user));
      }
      return valid;
    },
  };
}

/**
 * Resolves when AuthenticationOk has been sent. `users` null: everybody is trusted.
 * @throws SluiceError 28P01 (wrong password or unknown user), 28000 or 08P01 (malformed exchange), 08006 (client gone)
 */
export async function authenticate(channel: LoginChannel, user: string, users: Users | null): Promise<void> {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => {
      feed = controller;
    },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const answer = async (initial: boolean) => {
        const frame = await channel.next();
        if (frame === undefined) {
          throw errors.connectionLost();
        }
        feed?.enqueue(passwordMessage(frame, initial));
      };
      const writable = new WritableStream<Uint8Array>({
        write: (chunk) => {
          const message = Buffer.from(chunk);
          if (message[0] === errorCode) {
            reject(errors.invalidAuthorization('malformed SCRAM exchange'));
            return;
          }
          channel.send(message);
          const subtype = message[0] === authenticationCode ? message.readInt32BE(5) : -1;
          if (answered.has(subtype)) {
            answer(subtype === saslInitial).catch(reject);
          }
        },
      });
      const connection = new PostgresConnection(
        { readable, writable },
        {
          auth: users === null ? { method: 'trust' } : scram(user, users, reject),
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
