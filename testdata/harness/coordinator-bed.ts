/** A coordinator over its own DuckDB and workers in this process, with files to read: what the coordinator's tests share. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { expect, vi } from 'vitest';
import type { Answer, QueryContext } from '../../gateway/coordinator/coordinator.ts';
import type { CoordinatorLimits } from '../../gateway/coordinator/limits.ts';
import { QueryCoordinator } from '../../gateway/coordinator/query-coordinator.ts';
import { QueryEngine } from '../../gateway/coordinator/query-engine.ts';
import type { Fleet } from '../../gateway/fleet/fleet.ts';
import type { Plan, ResultStep, Scan, SessionSettings, Stage } from '../../planner/plan/plan.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { InProcessFleet, type InProcessFleetOptions } from './in-process-fleet.ts';

export const settings: SessionSettings = {
  timeZone: 'UTC',
  nullOrder: 'nulls_last',
  integerDivision: false,
  statementTimeMicros: '1700000000000000',
};

/** Row groups and batches of the test files are small enough for faults in their middle. */
export const rowsPerFile = 20_000;

/** `count` Parquet files: a BIGINT `a` that counts on from file to file and a VARCHAR `b`. */
export async function makeFiles(count: number, rows = rowsPerFile) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-coordinator-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (let file = 0; file < count; file++) {
    const select = `SELECT ${file * rows} + range AS a, 'row ' || range AS b FROM range(${rows})`;
    await connection.run(`COPY (${select}) TO '${folder}/${file}.parquet' (ROW_GROUP_SIZE 4096)`);
  }
  connection.closeSync();
  instance.closeSync();
  const scans: Scan[] = [];
  for (let file = 0; file < count; file++) scans.push(await scanOf([`${folder}/${file}.parquet`]));
  return { folder, scans, remove: () => rm(folder, { recursive: true, force: true }) };
}

export async function scanOf(paths: readonly string[]): Promise<Scan> {
  const files = await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { path, bytes: size, mtimeMs, hive: {} };
    }),
  );
  const columns = [
    { name: 'a', type: 'BIGINT', hive: false },
    { name: 'b', type: 'VARCHAR', hive: false },
  ];
  return { name: '__scan0', format: 'parquet', columns, options: {}, files };
}

export const fileColumns = [
  { name: 'a', type: 'BIGINT' },
  { name: 'b', type: 'VARCHAR' },
];

/** One task per scan. */
export function stageOver(scans: readonly Scan[], overrides: Partial<Stage> = {}): Stage {
  return {
    id: 0,
    sql: 'SELECT a, b FROM __scan0',
    columns: fileColumns,
    tasks: scans.map((scan, partition) => ({ partition, scans: [scan] })),
    replayable: true,
    why: 'test',
    ...overrides,
  };
}

export function planOf(overrides: Partial<Plan> & { readonly result: ResultStep }): Plan {
  return {
    strategy: 'pushdown',
    columns: fileColumns,
    stages: [],
    decisions: [],
    scans: [],
    notices: [],
    ...overrides,
  };
}

export const concat: ResultStep = { kind: 'concat', stage: 0, limit: null, offset: 0 };

export interface TestBed {
  readonly coordinator: QueryCoordinator;
  readonly engine: QueryEngine;
  readonly connect: () => Promise<DuckDBConnection>;
  readonly context: (overrides?: Partial<QueryContext>) => Promise<QueryContext>;
  /** Checks that nothing is left. */
  readonly close: () => Promise<void>;
}

/** A coordinator over its own DuckDB and the given workers. `exchange`: the folder of exchange files, which workers may use. */
export async function makeBed(
  fleet: Fleet,
  allowedDirectories: readonly string[],
  limits: Partial<CoordinatorLimits>,
  exchange?: string,
): Promise<TestBed> {
  const tempDirectory = await mkdtemp(join(tmpdir(), 'sluice-spool-'));
  const exchangeDirectory = exchange ?? join(tempDirectory, 'exchange');
  const duckdb = { threads: 2, memoryBytes: 1 << 30, maxTempBytes: 1 << 30, allowedDirectories };
  const instance = await openInstance({ ...duckdb, path: ':memory:', tempDirectory: `${tempDirectory}/duckdb` });
  const engine = await QueryEngine.open({ ...duckdb, tempDirectory: `${tempDirectory}/queries` });
  const coordinator = new QueryCoordinator({
    fleets: [fleet],
    engine,
    tempDirectory,
    exchangeDirectory,
    limits,
  });
  let queries = 0;
  const sessions: DuckDBConnection[] = [];
  return {
    coordinator,
    engine,
    connect: () => instance.connect(),
    context: async (overrides = {}) => {
      const connection = overrides.connection ?? (await instance.connect());
      sessions.push(connection);
      return { queryId: `q${++queries}`, settings, signal: new AbortController().signal, ...overrides, connection };
    },
    close: async () => {
      await coordinator.close();
      expect(coordinator.openConnections).toBe(0);
      expect(coordinator.openQueries).toBe(0);
      expect((await readdir(tempDirectory)).filter((name) => name.endsWith('.frames'))).toEqual([]);
      const left = existsSync(exchangeDirectory) ? await readdir(exchangeDirectory) : [];
      expect(left.filter((name) => !name.startsWith('marker-'))).toEqual([]);
      for (const connection of sessions) connection.closeSync();
      instance.closeSync();
      await engine.close();
      await rm(tempDirectory, { recursive: true, force: true });
    },
  };
}

export interface InProcessBed extends TestBed {
  readonly fleet: InProcessFleet;
}

/** As `makeBed`, with workers in this process. */
export async function makeTestBed(
  fleetOptions: Partial<InProcessFleetOptions> & { readonly allowedDirectories: readonly string[] },
  limits: Partial<CoordinatorLimits> = {},
): Promise<InProcessBed> {
  const exchange = await mkdtemp(join(tmpdir(), 'sluice-exchange-'));
  const allowedDirectories = [...fleetOptions.allowedDirectories, exchange];
  const fleet = new InProcessFleet({ workers: 2, slots: 2, ...fleetOptions, allowedDirectories });
  await fleet.start();
  const quick = { backoffMs: 5, noWorkerWaitMs: 2000, ...limits };
  const bed = await makeBed(fleet, fleetOptions.allowedDirectories, quick, exchange);
  const close = async () => {
    await bed.close();
    await vi.waitFor(() => expect(fleet.running).toBe(0));
    await fleet.stop();
    await rm(exchange, { recursive: true, force: true });
  };
  return { ...bed, fleet, close };
}

/** The values of BIGINT columns, row by row. */
export function bigints(batch: ColumnBatch, column = 0): bigint[] {
  const data = batch.columns[column];
  if (data?.kind !== 'fixed' || data.width !== 8) throw new Error('not a BIGINT column');
  const view = new DataView(data.data.buffer, data.data.byteOffset, data.data.byteLength);
  return Array.from({ length: batch.rowCount }, (_, row) => view.getBigInt64(row * 8, true));
}

/** Reads an answer to its end: the first column of all rows. */
export async function readBigints(answer: Answer): Promise<bigint[]> {
  const all: bigint[] = [];
  for await (const batch of answer) all.push(...bigints(batch));
  return all;
}

/** 0, 1, 2, ... */
export function counting(count: number, from = 0): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt(index + from));
}

/** Checks that rows are `from`, `from` + 1, ... without a gap, faster than `toEqual` does for millions. */
export function expectCounting(rows: readonly bigint[], count: number, from = 0): void {
  expect(rows.length).toBe(count);
  expect(rows.findIndex((row, index) => row !== BigInt(index + from))).toBe(-1);
}
