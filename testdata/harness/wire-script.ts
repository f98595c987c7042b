/**
 * Golden scripts of the wire protocol. A script is lines:
 *
 *   > what the client sends; lines in a row go out as one segment
 *   < what it must get next
 *   # comment
 *
 * `2> ` and `2< ` are those of a second client, and so on. A script may be run on PostgreSQL too: `<s ` is what only Sluice answers, `<p ` what
 * only PostgreSQL does (`2<s `, `2<p `).
 *
 * Sends: `Q sql`, `P name | sql | oid oid`, `B portal | statement | value | value` (`\N` is NULL), `D S name`, `D P name`, `E portal rows`,
 * `C S name`, `C P name`, `H`, `S`, `X`, `raw hex`.
 * Answers: `T name:oid ...`, `D value|value`, `C tag`, `Z I`, `E sqlstate message`, `N sqlstate message`, `S name=value`, `t oid ...`, `A channel|payload`,
 * and the bare type letter of all others. A message text may end with `...`: anything may follow.
 */
import { serialize } from 'pg-protocol';
import type { RawClient } from './raw-client.ts';

export interface WireStep {
  readonly line: number;
  /** Counts from 1. */
  readonly client: number;
  readonly send: readonly string[];
  readonly expect: readonly string[];
}

export type WireServerKind = 'sluice' | 'postgres';

const linePattern = /^(?<client>\d?)(?:(?<send>>)|<(?<only>[sp]?)) (?<text>.*)$/;

export function parseScript(text: string, server: WireServerKind = 'sluice'): readonly WireStep[] {
  const steps: { line: number; client: number; send: string[]; expect: string[] }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.trim() === '' || raw.startsWith('#')) {
      continue;
    }
    const parts = linePattern.exec(raw)?.groups;
    if (parts === undefined) {
      throw new Error(`line ${index + 1}: ${raw}`);
    }
    const client = Number(parts.client || 1);
    const last = steps.at(-1);
    if (last?.client !== client || (parts.send !== undefined && last.expect.length > 0)) {
      steps.push({ line: index + 1, client, send: [], expect: [] });
    }
    const { send, expect } = steps.at(-1)!;
    if (parts.send !== undefined) {
      send.push(parts.text!);
    } else if (parts.only === '' || parts.only === server[0]) {
      expect.push(parts.text!.trimEnd());
    }
  }
  return steps;
}

function fields(text: string): string[] {
  return text.split('|').map((part) => part.trim());
}

/** Bytes of one line. */
export function encodeSend(line: string): Buffer {
  const [kind, ...rest] = line.split(' ');
  const text = rest.join(' ');
  switch (kind) {
    case 'Q':
      return serialize.query(text);
    case 'P': {
      const [name, sql, oids] = fields(text);
      return serialize.parse({ name: name!, text: sql!, types: oids ? oids.split(' ').map(Number) : [] });
    }
    case 'B': {
      const [portal, statement, ...values] = fields(text);
      const given = values.map((value) => (value === '\\N' ? null : value));
      return serialize.bind({ portal: portal!, statement: statement!, values: given });
    }
    case 'D':
    case 'C': {
      const target = { type: rest[0] as 'S' | 'P', name: rest[1] ?? '' };
      return kind === 'D' ? serialize.describe(target) : serialize.close(target);
    }
    case 'E': {
      const [portal, rows] = text.includes(' ') ? text.split(' ') : ['', text];
      return serialize.execute({ portal: portal!, rows: Number(rows || 0) });
    }
    case 'H':
      return serialize.flush();
    case 'S':
      return serialize.sync();
    case 'X':
      return serialize.end();
    case 'raw':
      return Buffer.from(text.replaceAll(' ', ''), 'hex');
    default:
      throw new Error(`unknown line: ${line}`);
  }
}

function errorText(body: Buffer): string {
  const parts = new Map<string, string>();
  for (const part of body.toString().split('\0')) {
    if (part !== '') {
      parts.set(part[0]!, part.slice(1));
    }
  }
  const position = parts.has('P') ? ` @${parts.get('P')}` : '';
  return `${parts.get('C')}${position} ${parts.get('M')}`;
}

function rowText(body: Buffer): string {
  const cells: string[] = [];
  let offset = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(offset);
    offset += 4;
    cells.push(length < 0 ? '\\N' : body.toString('utf8', offset, offset + length));
    offset += Math.max(0, length);
  }
  return cells.join('|');
}

function fieldsText(body: Buffer): string {
  const out: string[] = [];
  let offset = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, offset);
    out.push(`${body.toString('utf8', offset, end)}:${body.readInt32BE(end + 7)}`);
    offset = end + 19;
  }
  return out.join(' ');
}

/** A message as a script writes it. */
export function formatMessage(type: string, body: Buffer): string {
  switch (type) {
    case 'T':
      return `T ${fieldsText(body)}`;
    case 'D':
      return `D ${rowText(body)}`.trimEnd();
    case 'C':
      return `C ${body.toString('utf8', 0, body.length - 1)}`;
    case 'Z':
      return `Z ${body.toString()}`;
    case 'E':
    case 'N':
      return `${type} ${errorText(body)}`;
    case 'S':
      return `S ${body.toString().replace('\0', '=').replace('\0', '')}`;
    case 't':
      return `t ${Array.from({ length: body.readInt16BE(0) }, (_, i) => body.readUInt32BE(2 + 4 * i)).join(' ')}`.trimEnd();
    case 'A':
      return `A ${body.toString('utf8', 4, body.length - 1).replace('\0', '|')}`;
    default:
      return type;
  }
}

/** What came does or does not begin as it should. */
function fits(expected: string, got: string): boolean {
  return expected.endsWith('...') ? got.startsWith(expected.slice(0, -3)) : expected === got;
}

/**
 * Runs a script, each of its clients on a connection of its own. Throws at the first difference, with the line. `write` decides how bytes
 * are cut into segments.
 */
export async function runScript(
  connect: () => Promise<RawClient>,
  steps: readonly WireStep[],
  write: (client: RawClient, bytes: Buffer) => Promise<void>,
): Promise<void> {
  const clients = new Map<number, RawClient>();
  for (const { line, client: number, send, expect } of steps) {
    const client = clients.get(number) ?? (await connect());
    clients.set(number, client);
    await write(client, Buffer.concat(send.map(encodeSend)));
    for (const expected of expect) {
      const { type, body } = await client.next();
      const got = formatMessage(type, body);
      if (!fits(expected, got)) {
        throw new Error(`step at line ${line}: expected "${expected}", got "${got}"`);
      }
    }
  }
  for (const client of clients.values()) {
    await client.close();
  }
}
