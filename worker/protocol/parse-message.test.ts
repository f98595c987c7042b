import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import type { Hello, Run, RunInput, ToGateway, ToWorker } from './messages.ts';
import { maxInputFiles, maxInputFrames, maxPartitions, parseToGateway, parseToWorker } from './parse-message.ts';

const hello: Hello = {
  kind: 'hello',
  protocolVersion: 1,
  sluiceVersion: '0.1.0',
  duckdbVersion: 'v1.5.5',
  name: 'w',
  pid: 1,
  host: 'h',
  cores: 2,
  memoryBytes: 1e9,
  slots: 2,
};
const run: Run = {
  kind: 'run',
  attempt: 'q.0.0.0',
  sql: 'SELECT 1',
  columns: [{ name: 'x', type: 'INTEGER' }],
  scans: [
    {
      name: 't',
      format: 'csv',
      columns: [{ name: 'x', type: 'INTEGER', hive: false }],
      options: { header: true },
      files: [{ path: '/a.csv', bytes: 1, mtimeMs: 1.5, hive: {}, differs: { x: null }, rows: [0, 1] }],
    },
  ],
  settings: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
  skipRows: 0,
  threads: 1,
  memoryBytes: 1e9,
  creditBytes: 1,
};
const toGateway: readonly ToGateway[] = [
  hello,
  { kind: 'storage', exchangeMarker: 'abc' },
  { kind: 'storage', exchangeMarker: null },
  { kind: 'done', attempt: 'a', report: { rows: 1, bytes: 2, elapsedMs: 0.5, spooledBytes: 0 } },
  {
    kind: 'done',
    attempt: 'a',
    report: { rows: 1, bytes: 0, elapsedMs: 1, spooledBytes: 0, exchange: { partitionRows: [0, 1], fileBytes: 9 } },
  },
  { kind: 'failed', attempt: 'a', error: errors.undefinedColumn('x', 'y').toJSON() },
];
const input: RunInput = {
  relation: '__in0',
  columns: [{ name: 'x', type: 'INTEGER' }],
  files: [{ path: '/e/1.parquet', bytes: 10 }],
  partitions: [0, 3],
  frames: 2,
};
const staged: Run = {
  ...run,
  inputs: [
    input,
    { ...input, partitions: null, files: [] },
    { ...input, files: [{ ...input.files[0]!, rows: [3, 9] }] },
  ],
  exchange: { hashBy: ['x', 'y + 1'], partitions: 7, path: null },
};
const source = { path: '/d/.staging/1.parquet', bytes: 10, rows: 3 };
const write = {
  directory: '/d/.staging/2',
  names: ['x'],
  format: 'parquet',
  options: {},
  partitionBy: [],
  orderBy: null,
  ranges: null,
  hashBy: [],
  fileBytes: null,
} as const;
const joining: Run = { ...run, write: { ...write, joins: [{ bucket: 0, sources: [source, source] }] } };
const toWorker: readonly ToWorker[] = [
  run,
  {
    kind: 'welcome',
    workerId: 1,
    allowedDirectories: ['/d'],
    tempDirectory: '/t',
    exchangeDirectory: '/e',
    exchangeMarker: '/e/marker',
    heartbeatMs: 2000,
  },
  { kind: 'refused', error: errors.workerRefused('no').toJSON() },
  { kind: 'cancel', attempt: 'a' },
  { kind: 'credit', attempt: 'a', bytes: 5 },
];

describe('messages', () => {
  it.each(toGateway)('of a worker pass: $kind', (message) => {
    expect(parseToGateway(JSON.stringify(message))).toEqual(JSON.parse(JSON.stringify(message)));
  });
  it.each(toWorker)('of the gateway pass: $kind', (message) => {
    expect(parseToWorker(JSON.stringify(message))).toEqual(JSON.parse(JSON.stringify(message)));
  });

  it('of the gateway pass with inputs and an exchange', () => {
    expect(parseToWorker(JSON.stringify(staged))).toEqual(staged);
  });

  it('of the gateway pass with files to be joined', () => {
    expect(parseToWorker(JSON.stringify(joining))).toEqual(joining);
  });

  it('are refused without any one of their fields', () => {
    for (const message of [...toGateway, ...toWorker]) {
      const parse = toGateway.includes(message as ToGateway) ? parseToGateway : parseToWorker;
      for (const field of Object.keys(message)) {
        const { [field]: _, ...rest } = message as unknown as Record<string, unknown>;
        expect(() => parse(JSON.stringify(rest)), `${message.kind}.${field}`).toThrow(/invalid message/);
      }
    }
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '1',
    '{}',
    '{"kind":"gossip"}',
    '{"kind":"__proto__"}',
    '{"kind":"constructor"}',
    JSON.stringify(run),
    JSON.stringify({ ...hello, slots: 0 }),
    JSON.stringify({ ...hello, pid: 1.5 }),
    JSON.stringify({ ...hello, name: 'x'.repeat(2000) }),
    JSON.stringify({ kind: 'done', attempt: 'a', report: { rows: -1, bytes: 0, elapsedMs: 0, spooledBytes: 0 } }),
    JSON.stringify({ kind: 'storage', exchangeMarker: 1 }),
    JSON.stringify({
      kind: 'done',
      attempt: 'a',
      report: { rows: 1, bytes: 0, elapsedMs: 0, spooledBytes: 0, exchange: { partitionRows: [-1], fileBytes: 0 } },
    }),
    JSON.stringify({ kind: 'failed', attempt: 'x'.repeat(500), error: errors.cancelled().toJSON() }),
    JSON.stringify({ kind: 'failed', attempt: 'a', error: {} }),
  ])('of a worker are refused: %s', (text) => {
    expect(() => parseToGateway(text)).toThrow(/invalid message/);
  });

  it.each([
    { ...run, creditBytes: 0 },
    { ...run, scans: [{ ...run.scans[0], files: [{}] }] },
    { ...run, columns: [{ name: 1 }] },
    { ...run, inputs: {} },
    { ...run, inputs: [{ ...input, partitions: [-1] }] },
    { ...run, inputs: [{ ...input, partitions: undefined }] },
    { ...run, inputs: [{ ...input, files: [{ path: '/e' }] }] },
    ...[[3, 3], [-1, 3], [1], 4, null].map((rows) => ({
      ...run,
      inputs: [{ ...input, files: [{ ...input.files[0], rows }] }],
    })),
    { ...run, inputs: [{ ...input, frames: 1.5 }] },
    { ...run, inputs: [{ ...input, frames: maxInputFrames }, input] },
    { ...run, exchange: { hashBy: [1], partitions: 1, path: null } },
    { ...run, exchange: { hashBy: [], partitions: 0, path: null } },
    { ...run, exchange: { hashBy: [], partitions: maxPartitions + 1, path: null } },
    { ...run, exchange: { hashBy: [], partitions: 1 } },
    { ...run, write: { ...write, joined: 1 } },
    ...[{ path: '' }, { bytes: -1 }, { rows: 0 }].map((change) => ({
      ...run,
      write: { ...write, joins: [{ bucket: 0, sources: [{ ...source, ...change }] }] },
    })),
    { ...run, write: { ...write, joins: [{ bucket: -1, sources: [source] }] } },
    { ...run, write: { ...write, joins: [{ bucket: 0, sources: new Array(maxInputFiles + 1).fill(source) }] } },
    { kind: 'credit', attempt: 'a', bytes: -1 },
    hello,
  ])('of the gateway are refused: %j', (message) => {
    expect(() => parseToWorker(JSON.stringify(message))).toThrow(/invalid message/);
  });
});
