import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CatalogSnapshot, DatasetTable } from '../../planner/catalog.ts';
import type { PlannerSettings, PlanRequest } from '../../planner/index.ts';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { catalogOf, DuckdbWorld } from './duckdb-world.ts';
import { LocalExecutor } from './local-executor.ts';
import { plannerSettings } from './planner-settings.ts';

/** A number from 0 to `below` that row `i` always has. */
const random = (seed: number, below: string) => `CAST(hash(i, ${seed}) % ${below} AS BIGINT)`;
const sometimesNull = (seed: number, value: string) => `CASE WHEN ${random(seed, '9')} = 0 THEN NULL ELSE ${value} END`;

/** Columns of `facts`: a value of every type that an aggregate may meet, NULLs in most. */
const factColumns = `
  i AS id,
  CAST(${random(0, '5')} AS INTEGER) AS g,
  ${sometimesNull(1, `'s' || ${random(2, '40')}`)} AS s,
  ${sometimesNull(3, `CAST(${random(4, '200')} - 100 AS TINYINT)`)} AS i8,
  CAST(${random(5, '20000')} AS SMALLINT) AS i16,
  ${sometimesNull(6, `CAST(${random(7, '2000000')} - 1000000 AS INTEGER)`)} AS i32,
  ${random(8, '9000000000000000000')} - 4500000000000000000 AS i64,
  CAST(hash(i, 9) AS HUGEINT) * -1000 AS h,
  hash(i, 10) AS u64,
  CAST((${random(11, '2000')} - 1000) * 0.1 AS DECIMAL(4,1)) AS d4,
  ${sometimesNull(12, `CAST(${random(13, '1000000')} * 0.01 AS DECIMAL(9,2))`)} AS d9,
  CAST((${random(14, '1000000000')} - 300000000) * 0.000001 AS DECIMAL(18,6)) AS d18,
  CAST(${random(15, '1000000000')} - 500 AS DECIMAL(38,12)) AS d38,
  CAST(${random(16, '1000')} AS FLOAT) / 7 AS f,
  ${sometimesNull(17, `CAST(${random(18, '100000')} AS DOUBLE) / 7 + 1`)} AS x,
  CAST(${random(19, '1000')} AS DOUBLE) / 3 + 2 AS y,
  ${sometimesNull(20, `${random(21, '2')} = 0`)} AS b,
  DATE '2024-01-01' + CAST(i // 20 AS INTEGER) AS dt,
  TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i * 1000) AS ts`;

/** Rows per file of `facts`, in order; one file is empty. */
const factFiles = [120, 1, 300, 0, 77, 210, 5];

export interface PlanData {
  readonly world: DuckdbWorld;
  readonly executor: LocalExecutor;
  readonly tables: Readonly<Record<'facts' | 'regions' | 'dim', DatasetTable>>;
  readonly catalog: CatalogSnapshot;
  request(sql: string, settings?: Partial<PlannerSettings>, session?: Partial<SessionSettings>): PlanRequest;
  close(): Promise<void>;
}

export const testSession: SessionSettings = {
  timeZone: 'Europe/Berlin',
  nullOrder: 'nulls_last',
  integerDivision: false,
  statementTimeMicros: '1717200000123456',
};

const testSettings: PlannerSettings = { ...plannerSettings, verifyPasses: true };

/**
 * Small Parquet data sets on disk: `facts` (seven files), `regions` (the same rows, hive-partitioned by `region`, one of them NULL) and `dim`
 * (names for `g`; one value missing, one too many). `fixedBytes` replaces the real file sizes, for golden texts.
 */
export async function makePlanData(fixedBytes?: number): Promise<PlanData> {
  const folder = await mkdtemp(join(tmpdir(), 'plan-data-'));
  const maker = await LocalExecutor.open();
  const write = async (sql: string, path: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await maker.connection.run(`COPY (${sql}) TO '${join(folder, path)}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
    return path;
  };
  const facts: string[] = [];
  let from = 0;
  for (const [n, rows] of factFiles.entries()) {
    facts.push(
      await write(`SELECT ${factColumns} FROM range(${from}, ${from + rows}) r(i)`, `facts/part-${n}.parquet`),
    );
    from += rows;
  }
  const regions: string[] = [];
  for (const [n, region] of ['eu', 'us', 'us', null, 'ap'].entries()) {
    const path = `regions/region=${region ?? '__HIVE_DEFAULT_PARTITION__'}/part-${n}.parquet`;
    regions.push(await write(`SELECT ${factColumns} FROM range(${n * 90}, ${n * 90 + 90}) r(i)`, path));
  }
  const dim = await write(
    "FROM (VALUES (0, 'zero'), (1, 'one'), (2, 'two'), (3, 'three'), (9, 'nine')) d(g, name)",
    'dim/d.parquet',
  );
  const table = (name: string, paths: readonly string[], hive: boolean) =>
    makeTable(maker, folder, name, paths, hive, fixedBytes);
  const tables = {
    facts: await table('facts', facts, false),
    regions: await table('regions', regions, true),
    dim: await table('dim', [dim], false),
  };
  maker.close();
  const executor = await LocalExecutor.open(Object.values(tables));
  const world = await DuckdbWorld.open();
  const catalog = catalogOf(...Object.values(tables));
  return {
    world,
    executor,
    tables,
    catalog,
    request: (sql, settings = {}, session = {}) => ({
      sql,
      parameters: null,
      catalog,
      settings: { ...testSettings, ...settings },
      session: { ...testSession, ...session },
    }),
    close: async () => {
      world.close();
      executor.close();
      await rm(folder, { recursive: true });
    },
  };
}

export async function makeTable(
  maker: LocalExecutor,
  folder: string,
  name: string,
  paths: readonly string[],
  hive: boolean,
  fixedBytes: number | undefined,
): Promise<DatasetTable> {
  const list = paths.map((path) => `'${join(folder, path)}'`).join();
  const described = await maker.connection.runAndReadAll(
    `DESCRIBE FROM read_parquet([${list}], hive_partitioning = ${hive})`,
  );
  const columns = described.getRows().map(([column, type]) => ({
    name: String(column),
    type: String(type),
    hive: hive && column === 'region',
  }));
  const files = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(join(folder, path));
      const region = /region=([^/]*)/.exec(path)?.[1];
      const value = region === '__HIVE_DEFAULT_PARTITION__' ? null : region!;
      return {
        path: join(folder, path),
        bytes: fixedBytes ?? info.size,
        mtimeMs: fixedBytes === undefined ? info.mtimeMs : 0,
        hive: hive ? { region: value } : {},
      };
    }),
  );
  return { schema: 'public', name, format: 'parquet', columns, options: {}, files };
}
