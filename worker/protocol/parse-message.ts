/** Control messages as they come from the wire: parsed once, here, and checked field by field; what passes is trusted further on. */
import { errors } from '../../planner/errors.ts';
import { maxAttemptIdBytes } from './frames.ts';
import type { BucketJoin, RunInput, ToGateway, ToWorker } from './messages.ts';

/** Longest text message before a worker has proved its token: a hello is far smaller. */
export const maxHelloBytes = 16 * 1024;
/** Relations that one task reads of earlier stages. */
export const maxInputs = 1024;
/** Files of all inputs of one task. */
export const maxInputFiles = 65_536;
/** Frames of all inputs of one task, and their bytes: the worker holds them until its slot reads them. */
export const maxInputFrames = 65_536;
export const maxInputFrameBytes = 1024 ** 3;
/** Partitions of one exchange. */
export const maxPartitions = 65_536;
/** Most rows of a task whose places it tells. */
export const maxPoints = 65_536;
/** Files of a data set that one task writes. */
export const maxWrittenFiles = 65_536;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const someText: Check = (value) => typeof value === 'string' && value !== '';
const shortText: Check = (value) => typeof value === 'string' && value.length <= 1024;
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const positive: Check = (value) => count(value) && (value as number) > 0;
const flag: Check = (value) => typeof value === 'boolean';
const milliseconds: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const record: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const recordOf =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    record(value) && Object.entries(shape).every(([name, check]) => check((value as Fields)[name]));
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const attempt: Check = (value) => typeof value === 'string' && value !== '' && value.length <= maxAttemptIdBytes;
const error = recordOf({
  errorClass: shortText,
  sqlstate: shortText,
  message: text,
  detail: optional(text),
  hint: optional(text),
});
const upTo =
  (most: number, check: Check): Check =>
  (value) =>
    check(value) && (Array.isArray(value) ? value.length : (value as number)) <= most;
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const writtenFile = recordOf({ path: someText, rows: nullable(count), bytes: count, range: nullable(count) });
const hexadecimal: Check = (value) => typeof value === 'string' && /^(?:[0-9A-F]{2})*$/.test(value);
const point = recordOf({ row: count, key: hexadecimal });
const exchangeReport = recordOf({
  partitionRows: upTo(maxPartitions, listOf(count)),
  fileBytes: count,
  points: optional(upTo(maxPoints, listOf(point))),
});
const report = recordOf({
  rows: count,
  bytes: count,
  elapsedMs: milliseconds,
  spooledBytes: count,
  exchange: optional(exchangeReport),
  files: optional(upTo(maxWrittenFiles, listOf(writtenFile))),
});
const column = recordOf({ name: text, type: text });
const file = recordOf({ path: text, bytes: count, mtimeMs: milliseconds, hive: record });
const scan = recordOf({ name: text, format: shortText, columns: listOf(column), options: record, files: listOf(file) });

const range: Check = (value) => {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(count)) return false;
  const [from, to] = value as [number, number];
  return from < to;
};
const boolean: Check = (value) => typeof value === 'boolean';
const rangeKeys = listOf(recordOf({ column: text, descending: boolean, nullsFirst: boolean }));
/** Of the rows of a file that are read: none may be sure. */
const rowPair: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(count);
const input = recordOf({
  relation: text,
  columns: listOf(column),
  files: listOf(recordOf({ path: text, bytes: count, rows: optional(range), sure: optional(rowPair) })),
  range: optional(recordOf({ by: rangeKeys, low: nullable(hexadecimal), high: nullable(hexadecimal) })),
  partitions: nullable(upTo(maxPartitions, listOf(count))),
  frameRows: optional(range),
  frames: count,
});
/** All inputs of a task together are limited. */
const inputs: Check = (value) => {
  if (!upTo(maxInputs, listOf(input))(value)) return false;
  const all = value as readonly RunInput[];
  const files = all.reduce((sum, input) => sum + input.files.length, 0);
  return files <= maxInputFiles && all.reduce((sum, input) => sum + input.frames, 0) <= maxInputFrames;
};
const exchange = recordOf({
  hashBy: listOf(text),
  partitions: upTo(maxPartitions, positive),
  rangeBy: optional(rangeKeys),
  numberBy: optional(someText),
  points: optional(upTo(maxPoints, positive)),
  path: nullable(someText),
});

const source = recordOf({ path: someText, bytes: positive, rows: positive });
const join = recordOf({ bucket: count, sources: listOf(source) });
/** The files of all buckets of a task together are limited. */
const joins: Check = (value) => {
  if (!upTo(maxPartitions, listOf(join))(value)) return false;
  const all = value as readonly BucketJoin[];
  return all.reduce((sum, { sources }) => sum + sources.length, 0) <= maxInputFiles;
};
const write = recordOf({
  directory: someText,
  unsynced: optional(flag),
  names: listOf(text),
  format: shortText,
  options: record,
  partitionBy: listOf(text),
  orderBy: nullable(someText),
  ranges: nullable(upTo(maxPartitions, positive)),
  hashBy: listOf(text),
  joined: optional(flag),
  fileBytes: nullable(positive),
  joins: optional(joins),
});

type Shapes<Message extends { readonly kind: string }> = {
  readonly [Kind in Message['kind']]: Readonly<Record<string, Check>>;
};

const toGateway: Shapes<ToGateway> = {
  hello: {
    protocolVersion: count,
    sluiceVersion: shortText,
    duckdbVersion: shortText,
    name: shortText,
    pid: count,
    host: shortText,
    cores: positive,
    memoryBytes: positive,
    slots: positive,
  },
  storage: { exchangeMarker: nullable(shortText) },
  done: { attempt, report },
  failed: { attempt, error },
};

const toWorker: Shapes<ToWorker> = {
  welcome: {
    workerId: count,
    allowedDirectories: listOf(text),
    tempDirectory: text,
    exchangeDirectory: someText,
    exchangeMarker: text,
    heartbeatMs: positive,
  },
  refused: { error },
  run: {
    attempt,
    sql: text,
    columns: listOf(column),
    scans: listOf(scan),
    settings: record,
    skipRows: count,
    threads: positive,
    memoryBytes: positive,
    spill: optional(flag),
    creditBytes: positive,
    inputs: optional(inputs),
    exchange: optional(exchange),
    write: optional(write),
    place: optional(recordOf({ index: count, count: positive })),
  },
  cancel: { attempt },
  credit: { attempt, bytes: count },
};

/** A message of a worker. Raises `badPeer`. */
export function parseToGateway(data: string): ToGateway {
  return parse<ToGateway>(data, toGateway);
}

/** A message of the gateway. Raises `badPeer`. */
export function parseToWorker(data: string): ToWorker {
  return parse<ToWorker>(data, toWorker);
}

function parse<Message extends { readonly kind: string }>(data: string, shapes: Shapes<Message>): Message {
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    throw errors.badPeer('not JSON');
  }
  if (!record(message)) throw errors.badPeer('not an object');
  const fields = message as Fields;
  const shape = Object.entries<Readonly<Record<string, Check>>>(shapes).find(([kind]) => kind === fields.kind)?.[1];
  if (shape === undefined) throw errors.badPeer(`unknown kind ${JSON.stringify(fields.kind)?.slice(0, 40)}`);
  for (const [name, check] of Object.entries(shape)) {
    if (!check(fields[name])) throw errors.badPeer(`${fields.kind}.${name} is missing or malformed`);
  }
  return message as Message;
}
