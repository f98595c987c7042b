/** COPY with the client at the level of messages, for tests that compare servers. */
import { serialize } from 'pg-protocol';
import { type RawClient, WireError } from './raw-client.ts';

export interface CopyAnswer {
  /** Tags of all statements. */
  readonly tags: readonly string[];
  /** SQLSTATE, message, detail, hint, position, context: what the server told, without what it did not. */
  readonly error: Readonly<Record<string, string>> | null;
  /** Bodies of CopyData messages. */
  readonly data: readonly Buffer[];
  /** `in 0 3`: direction, format, columns of each CopyInResponse and CopyOutResponse. */
  readonly responses: readonly string[];
  readonly status: string;
}

const told = { C: 'sqlstate', M: 'message', D: 'detail', H: 'hint', P: 'position', W: 'context' } as const;

/** Sends a text and answers each CopyInResponse with these pieces and CopyDone; `fail`: with CopyFail and this reason. */
export async function runCopy(
  client: RawClient,
  sql: string | Buffer,
  pieces: readonly Buffer[] = [],
  fail?: string,
): Promise<CopyAnswer> {
  client.socket.write(typeof sql === 'string' ? serialize.query(sql) : sql);
  const tags: string[] = [];
  const data: Buffer[] = [];
  const responses: string[] = [];
  let error: Record<string, string> | null = null;
  for (;;) {
    const { type, body } = await client.next();
    if (type === 'G' || type === 'H') {
      responses.push(`${type === 'G' ? 'in' : 'out'} ${body[0]} ${body.readInt16BE(1)}`);
    }
    if (type === 'G') {
      for (const piece of pieces) client.socket.write(serialize.copyData(piece));
      client.socket.write(fail === undefined ? serialize.copyDone() : serialize.copyFail(fail));
      // Of the extended protocol: the Sync before was swallowed.
      if (typeof sql !== 'string') client.socket.write(serialize.sync());
    } else if (type === 'd') data.push(body);
    else if (type === 'C') tags.push(body.toString('utf8', 0, body.length - 1));
    else if (type === 'E') error = errorOf(body);
    else if (type === 'Z') return { tags, error, data, responses, status: body.toString() };
  }
}

function errorOf(body: Buffer): Record<string, string> {
  const error: Record<string, string> = {};
  for (const part of body.toString().split('\0')) {
    const name = told[part[0] as keyof typeof told];
    if (name !== undefined) error[name] = part.slice(1);
  }
  return error;
}

/** As `runCopy`, but an error of the server rejects with it. */
export async function mustCopy(client: RawClient, sql: string, pieces: readonly Buffer[] = []): Promise<CopyAnswer> {
  const answer = await runCopy(client, sql, pieces);
  if (answer.error !== null) {
    const { sqlstate = '', message = '' } = answer.error;
    throw new WireError(
      new Map([
        ['C', sqlstate],
        ['M', `${message} ${answer.error.context ?? ''}`],
      ]),
    );
  }
  return answer;
}
