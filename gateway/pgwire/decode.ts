import { errors, SluiceError } from '../../planner/errors.ts';
import type { FrontendMessage, Target } from '../session/client.ts';
import { CheckedReader } from './checked-reader.ts';
import type { Frame } from './frame-reader.ts';

/** Type bytes of frontend messages (PostgreSQL documentation, "Message Formats"). */
export const frontendCode = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

type Decoder = (reader: CheckedReader) => FrontendMessage;

function target(reader: CheckedReader): Target {
  const code = reader.byte();
  if (code === 0x53) {
    return 'statement';
  }
  if (code === 0x50) {
    return 'portal';
  }
  throw errors.protocolViolation(`invalid subtype ${code} of a Describe or Close message`);
}

function formats(reader: CheckedReader): number[] {
  const values: number[] = [];
  for (let left = reader.count(2); left > 0; left--) {
    const format = reader.int16();
    if (format !== 0 && format !== 1) {
      throw errors.protocolViolation(`unsupported format code: ${format}`);
    }
    values.push(format);
  }
  return values;
}

function parameterValues(reader: CheckedReader): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  for (let left = reader.count(4); left > 0; left--) {
    const length = reader.int32();
    values.push(length === -1 ? null : reader.bytes(length));
  }
  return values;
}

function decodeBind(reader: CheckedReader): FrontendMessage {
  const portal = reader.cstring();
  const statement = reader.cstring();
  const parameterFormats = formats(reader);
  const parameters = parameterValues(reader);
  const resultFormats = formats(reader);
  reader.end();
  if (parameterFormats.length > 1 && parameterFormats.length !== parameters.length) {
    throw errors.protocolViolation(
      `bind message has ${parameterFormats.length} parameter formats but ${parameters.length} parameters`,
    );
  }
  return { kind: 'bind', portal, statement, parameterFormats, parameters, resultFormats };
}

function decodeParse(reader: CheckedReader): FrontendMessage {
  const name = reader.cstring();
  const sql = reader.cstring();
  const parameterTypes: number[] = [];
  for (let left = reader.count(4); left > 0; left--) {
    parameterTypes.push(reader.uint32());
  }
  reader.end();
  return { kind: 'parse', name, sql, parameterTypes };
}

function ended<T>(reader: CheckedReader, message: T): T {
  reader.end();
  return message;
}

const decoders: Readonly<Record<number, Decoder>> = {
  [frontendCode.query]: (r) => ended(r, { kind: 'query', sql: r.cstring() }),
  [frontendCode.parse]: decodeParse,
  [frontendCode.bind]: decodeBind,
  [frontendCode.describe]: (r) => ended(r, { kind: 'describe', target: target(r), name: r.cstring() }),
  [frontendCode.execute]: (r) => ended(r, { kind: 'execute', portal: r.cstring(), maxRows: Math.max(0, r.int32()) }),
  [frontendCode.close]: (r) => ended(r, { kind: 'close', target: target(r), name: r.cstring() }),
  [frontendCode.flush]: (r) => ended(r, { kind: 'flush' }),
  [frontendCode.sync]: (r) => ended(r, { kind: 'sync' }),
  [frontendCode.functionCall]: () => ({ kind: 'function_call' }),
  [frontendCode.copyDone]: () => ({ kind: 'copy_done' }),
  [frontendCode.copyFail]: (r) => ({ kind: 'copy_fail', reason: r.cstring() }),
};

/** Messages after which, when they fail, everything is skipped until Sync. */
const extendedCodes: ReadonlySet<number> = new Set([
  frontendCode.parse,
  frontendCode.bind,
  frontendCode.describe,
  frontendCode.execute,
  frontendCode.close,
  frontendCode.flush,
]);

/**
 * Decodes the body of a message. A body that can't be read becomes `malformed`, which the session answers in the order of messages.
 * @throws SluiceError 08P01 for an unknown type byte: then the stream is not trusted further.
 */
export function decodeFrame(frame: Frame): FrontendMessage {
  if (frame.code === frontendCode.copyData) {
    return { kind: 'copy_data', bytes: frame.body };
  }
  const decoder = decoders[frame.code];
  if (decoder === undefined) {
    throw errors.protocolViolation(`invalid frontend message type ${frame.code}`);
  }
  try {
    return decoder(new CheckedReader(frame.body));
  } catch (error) {
    if (error instanceof SluiceError) {
      return { kind: 'malformed', error, extended: extendedCodes.has(frame.code) };
    }
    throw error;
  }
}
