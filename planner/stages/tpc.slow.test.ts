/** TPC-H and TPC-DS through forced stages, in process: the answers of one DuckDB, whatever moves and whatever does not. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogOf, DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { answerDifference, LocalExecutor } from '../../testdata/harness/local-executor.ts';
import { testSession } from '../../testdata/harness/plan-data.ts';
import { type Benchmark, type BenchmarkQuery, benchmarkData, benchmarkQueries } from '../../testdata/harness/tpc.ts';
import type { DatasetTable } from '../catalog.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

const scaleFactor = 0.01;

const settings: PlannerSettings = {
  dialect: 'duckdb',
  strategy: 'stages',
  partitions: 3,
  directMaxBytes: 0,
  workers: 2,
  slots: 2,
  localWorkers: false,
  broadcastMaxBytes: 64 * 1024 * 1024,
  exchange: 'auto',
  disabled: [],
};

const manyWays: readonly Partial<PlannerSettings>[] = [
  { partitions: null },
  { partitions: 1, broadcastMaxBytes: 0 },
  { partitions: 3, broadcastMaxBytes: 100_000 },
  { partitions: 7, broadcastMaxBytes: 0 },
];
const threeWays: readonly Partial<PlannerSettings>[] = [{}, { broadcastMaxBytes: 0 }, { partitions: null }];

describe.each([
  ['tpch', manyWays],
  ['tpcds', threeWays],
] as const)('%s', (benchmark: Benchmark, ways) => {
  let world: DuckdbWorld;
  let executor: LocalExecutor;
  let tables: readonly DatasetTable[];
  let queries: readonly BenchmarkQuery[];

  beforeAll(async () => {
    const folder = await benchmarkData(benchmark, scaleFactor);
    world = await DuckdbWorld.open();
    const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    tables = await Promise.all(names.map(({ name }) => readTable(world, join(folder, name), name)));
    executor = await LocalExecutor.open(tables);
    queries = await benchmarkQueries(benchmark);
  });
  afterAll(() => {
    world.close();
    executor.close();
  });

  test('every query is equal, distributed, and without raw gathers', async () => {
    const declined: string[] = [];
    const gathers: string[] = [];
    for (const { name, sql } of queries) {
      const expected = await executor.original(sql, testSession);
      for (const way of ways) {
        const request = { sql, parameters: null, catalog: catalogOf(...tables), settings: { ...settings, ...way } };
        const plan = await makePlan({ ...request, session: testSession }, world);
        if (plan.strategy !== 'stages') declined.push(name);
        gathers.push(...(plan.rawGathers ?? []).map((place) => `${name}: ${place}`));
        const difference = answerDifference(expected, await executor.run(plan, testSession), false);
        if (difference !== null)
          throw new Error(`${name} ${JSON.stringify(way)}: ${difference}\n${explainText(plan).join('\n')}`);
      }
    }
    expect(declined).toEqual([]);
    expect(gathers).toEqual([]);
  });
});

async function readTable(world: DuckdbWorld, folder: string, name: string): Promise<DatasetTable> {
  const paths = (await readdir(folder)).sort().map((file) => join(folder, file));
  const described = await world.rows(`DESCRIBE FROM read_parquet('${paths[0]}')`, []);
  const columns = described.map(([column, type]) => ({ name: String(column), type: String(type), hive: false }));
  const files = await Promise.all(
    paths.map(async (path) => ({ path, bytes: (await stat(path)).size, mtimeMs: 0, hive: {} })),
  );
  return { schema: 'public', name, format: 'parquet', columns, options: {}, files };
}
