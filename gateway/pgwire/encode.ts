/** Backend messages, one function each (PostgreSQL documentation, "Message Formats"). Every one returns a whole message. */
import { Writer } from 'pg-protocol/dist/buffer-writer.js';
import type { SluiceError } from '../../planner/errors.ts';
import type { Notification } from '../session/channels.ts';
import type { Field, Notice, TransactionStatus } from '../session/client.ts';

const code = {
  backendKeyData: 0x4b,
  commandComplete: 0x43,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  errorResponse: 0x45,
  negotiateProtocolVersion: 0x76,
  noticeResponse: 0x4e,
  notificationResponse: 0x41,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** One writer for all: `flush` gives each message its own buffer. */
const writer = new Writer(128);

/** Zero bytes would end a string early and let a client see forged fields. */
function text(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '') : value;
}

function fixed(type: string): Buffer {
  return Buffer.from([type.charCodeAt(0), 0, 0, 0, 4]);
}

export const parseComplete = fixed('1');
export const bindComplete = fixed('2');
export const closeComplete = fixed('3');
export const noData = fixed('n');
export const emptyQueryResponse = fixed('I');
export const copyDone = fixed('c');
export const portalSuspended = fixed('s');

const ready: Readonly<Record<TransactionStatus, Buffer>> = {
  I: writer.addString('I').flush(code.readyForQuery),
  T: writer.addString('T').flush(code.readyForQuery),
  E: writer.addString('E').flush(code.readyForQuery),
};

export function readyForQuery(status: TransactionStatus): Buffer {
  return ready[status];
}

export function parameterStatus(name: string, value: string): Buffer {
  return writer.addCString(text(name)).addCString(text(value)).flush(code.parameterStatus);
}

export function backendKeyData(pid: number, secret: number): Buffer {
  return writer.addInt32(pid).addInt32(secret).flush(code.backendKeyData);
}

/** Offers 3.0 and lists the `_pq_.` options that are not known. */
export function negotiateProtocolVersion(unknownOptions: readonly string[]): Buffer {
  writer.addInt32(0).addInt32(unknownOptions.length);
  for (const option of unknownOptions) {
    writer.addCString(option);
  }
  return writer.flush(code.negotiateProtocolVersion);
}

export function rowDescription(fields: readonly Field[]): Buffer {
  writer.addInt16(fields.length);
  for (const field of fields) {
    writer
      .addCString(text(field.name))
      .addInt32(0)
      .addInt16(0)
      .addInt32(field.typeOid)
      .addInt16(field.typeLength)
      .addInt32(field.typeModifier)
      .addInt16(field.format);
  }
  return writer.flush(code.rowDescription);
}

export function parameterDescription(oids: readonly number[]): Buffer {
  writer.addInt16(oids.length);
  for (const oid of oids) {
    writer.addInt32(oid);
  }
  return writer.flush(code.parameterDescription);
}

export function copyResponse(direction: 'in' | 'out', format: 0 | 1, columns: number): Buffer {
  writer.addString(format === 1 ? '\x01' : '\0').addInt16(columns);
  for (let column = 0; column < columns; column++) {
    writer.addInt16(format);
  }
  return writer.flush(direction === 'in' ? code.copyInResponse : code.copyOutResponse);
}

export function commandComplete(tag: string): Buffer {
  return writer.addCString(tag).flush(code.commandComplete);
}

function fields(values: readonly (readonly [string, string | undefined])[]): void {
  for (const [type, value] of values) {
    if (value !== undefined) {
      writer.addString(type).addCString(text(value));
    }
  }
  writer.addCString('');
}

/** Fields: S and V severity, C SQLSTATE, M message, D detail, H hint, P position, W context, s t c n schema, table, column, constraint. */
export function errorResponse(error: SluiceError, severity: 'ERROR' | 'FATAL'): Buffer {
  fields([
    ['S', severity],
    ['V', severity],
    ['C', error.sqlstate],
    ['M', error.message],
    ['D', error.detail],
    ['H', error.hint],
    ['P', error.position?.toString()],
    ['W', error.context],
    ['s', error.object?.schema],
    ['t', error.object?.table],
    ['c', error.object?.column],
    ['n', error.object?.constraint],
  ]);
  return writer.flush(code.errorResponse);
}

export function notificationResponse({ pid, channel, payload }: Notification): Buffer {
  return writer.addInt32(pid).addCString(text(channel)).addCString(text(payload)).flush(code.notificationResponse);
}

export function noticeResponse(notice: Notice): Buffer {
  fields([
    ['S', notice.severity],
    ['V', notice.severity],
    ['C', notice.sqlstate],
    ['M', notice.message],
    ['D', notice.detail],
    ['H', notice.hint],
  ]);
  return writer.flush(code.noticeResponse);
}
