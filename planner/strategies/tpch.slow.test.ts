/** TPC-H in each forced strategy: the answer of one DuckDB, through plans alone. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogOf, DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { answerDifference, LocalExecutor } from '../../testdata/harness/local-executor.ts';
import { testSession } from '../../testdata/harness/plan-data.ts';
import { benchmarkData, benchmarkQueries } from '../../testdata/harness/tpc.ts';
import type { CatalogSnapshot, DatasetTable } from '../catalog.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

const scaleFactor = 0.01;
const twoPhaseAtLeast = 8;

let world: DuckdbWorld;
let executor: LocalExecutor;
let catalog: CatalogSnapshot;
let queries: ReadonlyMap<string, string>;

beforeAll(async () => {
  const folder = await benchmarkData('tpch', scaleFactor);
  world = await DuckdbWorld.open();
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const tables = await Promise.all(names.map(({ name }) => readTable(join(folder, name), name)));
  executor = await LocalExecutor.open(tables);
  catalog = catalogOf(...tables);
  queries = new Map((await benchmarkQueries('tpch')).map(({ name, sql }) => [name, sql]));
});
afterAll(() => {
  world.close();
  executor.close();
});

async function readTable(folder: string, name: string): Promise<DatasetTable> {
  const paths = (await readdir(folder)).sort().map((file) => join(folder, file));
  const described = await world.rows(`DESCRIBE FROM read_parquet('${paths[0]}')`, []);
  const columns = described.map(([column, type]) => ({ name: String(column), type: String(type), hive: false }));
  const files = await Promise.all(
    paths.map(async (path) => ({ path, bytes: (await stat(path)).size, mtimeMs: 0, hive: {} })),
  );
  return { schema: 'public', name, format: 'parquet', columns, options: {}, files };
}

async function run(name: string, strategy: 'auto' | 'direct' | 'two_phase' | 'gather', partitions: number) {
  const sql = queries.get(name)!;
  const settings = {
    dialect: 'duckdb',
    strategy,
    partitions,
    directMaxBytes: 0,
    workers: 2,
    slots: 2,
    localWorkers: false,
    broadcastMaxBytes: 64 * 1024 * 1024,
    exchange: 'auto',
    disabled: [],
  } as const;
  const plan = await makePlan({ sql, parameters: null, catalog, settings, session: testSession }, world);
  const expected = await executor.original(sql, testSession);
  const difference = answerDifference(expected, await executor.run(plan, testSession), false);
  if (difference !== null) throw new Error(`${difference}\n${explainText(plan).join('\n')}`);
  return plan.strategy;
}

const names = Array.from({ length: 22 }, (_, i) => `q${String(i + 1).padStart(2, '0')}`);

describe.each(['auto', 'direct', 'two_phase', 'gather'] as const)('%s', (strategy) => {
  test('22 of 22 equal', async () => {
    const taken: string[] = [];
    for (const name of names)
      for (const partitions of strategy === 'direct' ? [1] : [2, 7]) {
        try {
          taken.push(`${name} ${await run(name, strategy, partitions)}`);
        } catch (error) {
          throw new Error(`${name}, ${partitions} partitions`, { cause: error });
        }
      }
    if (strategy === 'two_phase')
      expect(new Set(taken.filter((line) => line.endsWith('two_phase'))).size).toBeGreaterThanOrEqual(twoPhaseAtLeast);
  });
});
