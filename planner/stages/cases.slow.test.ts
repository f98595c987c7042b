/** Every case of `testdata/cases` over Parquet data through forced stages, in process: the answer of one DuckDB, for every way to divide. */
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCaseFiles } from '../../testdata/harness/cases.ts';
import { type Comparable, difference } from '../../testdata/harness/compare.ts';
import { makeDataset } from '../../testdata/harness/dataset.ts';
import { catalogOf, DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { LocalExecutor, type TextAnswer } from '../../testdata/harness/local-executor.ts';
import { Oracle } from '../../testdata/harness/oracle.ts';
import { orderOf } from '../../testdata/harness/order-of.ts';
import { testSession } from '../../testdata/harness/plan-data.ts';
import type { DatasetTable } from '../catalog.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

const session = { ...testSession, timeZone: 'UTC' };
const tolerance = 1e-9;
/** Answers that depend on the time of day. */
const timeOfDay = /\b(now|today|current_\w+|transaction_timestamp)\b/i;
/** Data sets that take minutes in one process. */
const large: readonly string[] = ['hits', 'big'];
const files = readCaseFiles().filter(({ data }) => !large.includes(data));

const settings: PlannerSettings = {
  dialect: 'duckdb',
  strategy: 'stages',
  partitions: 1,
  directMaxBytes: 0,
  workers: 2,
  slots: 2,
  localWorkers: false,
  broadcastMaxBytes: 0,
  exchange: 'auto',
  disabled: [],
};

/** Every way to divide. */
const ways: readonly Partial<PlannerSettings>[] = [
  { partitions: 1, broadcastMaxBytes: 0 },
  { partitions: 2, broadcastMaxBytes: 64 * 1024 * 1024 },
  { partitions: 3, broadcastMaxBytes: 0 },
  { partitions: 7, broadcastMaxBytes: 64 * 1024 * 1024 },
  { partitions: 7, broadcastMaxBytes: 0 },
  { partitions: null, broadcastMaxBytes: 64 * 1024 * 1024 },
];

describe.each(files.map((file) => [file.name, file] as const))('cases/%s.sql', (_, file) => {
  let folder: string;
  let world: DuckdbWorld;
  let oracle: Oracle;
  let executor: LocalExecutor;
  let tables: readonly DatasetTable[];

  beforeAll(async () => {
    folder = await makeDataset(file.data);
    world = await DuckdbWorld.open();
    oracle = await Oracle.open(folder, { dialect: 'duckdb' });
    tables = await parquetTables(folder, world, oracle);
    executor = await LocalExecutor.open();
  });
  afterAll(() => {
    world.close();
    oracle.close();
    executor.close();
  });

  test('stages give the rows of one DuckDB', async () => {
    const wrong: string[] = [];
    const declined: string[] = [];
    let equal = 0;
    for (const [number, item] of file.cases.entries()) {
      if (item.settings.length > 0 || item.error !== undefined || item.oracleSql !== undefined) continue;
      // The planner's world of the tests knows nothing of the hive keys of files that a query names itself.
      if (timeOfDay.test(item.sql) || item.sql.includes('$DIR')) continue;
      const { sql } = item;
      for (const way of [ways[number % ways.length]!, ways[(number + 2) % ways.length]!]) {
        const problem = await check(sql, way, item.sequence);
        if (problem === 'skipped') break;
        if (problem === null) equal++;
        else if (problem.startsWith('declined')) declined.push(`${problem}: ${sql}`);
        else wrong.push(`${JSON.stringify(way)}\n${sql}\n${problem}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(declined.length, declined.join('\n')).toBeLessThanOrEqual(Math.max(12, equal / 4));
  });

  async function check(sql: string, way: Partial<PlannerSettings>, sequence: boolean): Promise<string | null> {
    const request = {
      sql,
      parameters: null,
      catalog: catalogOf(...tables),
      settings: { ...settings, ...way },
      session,
    };
    let expected: Comparable;
    try {
      expected = await oracleAnswer(sql);
    } catch {
      return 'skipped';
    }
    const plan = await makePlan(request, world).catch((error: unknown) => String(error));
    if (typeof plan === 'string') return plan.includes('SluiceError') ? 'skipped' : plan;
    const decision = plan.decisions.find(({ strategy }) => strategy === 'stages');
    if (plan.strategy !== 'stages') return decision === undefined ? 'skipped' : `declined ${decision.reason}`;
    const found = await compare(sql, expected, () => executor.run(plan, session), sequence);
    return found === null ? null : `${found}\n${explainText(plan).join('\n')}`;
  }

  async function compare(sql: string, expected: Comparable, run: () => Promise<TextAnswer>, sequence: boolean) {
    let answer: TextAnswer;
    try {
      answer = await run();
    } catch (error) {
      return String(error);
    }
    const actual = { names: expected.names, oids: answer.types.map(oidOf), rows: answer.rows };
    const options = { tolerance, binary: false, names: false };
    const { keys, unlimited } = await orderOf(oracle.connection, sql, expected.names);
    const found = difference(expected, actual, { ...options, order: sequence ? 'sequence' : keys });
    if (found === null || unlimited === null || sequence) return found;
    return difference(expected, actual, { ...options, order: keys, unlimited: (await oracleAnswer(unlimited)).rows });
  }

  async function oracleAnswer(sql: string): Promise<Comparable> {
    const reader = await oracle.connection.runAndReadAll(sql);
    return {
      names: reader.columnNames(),
      oids: reader.columnTypes().map((type) => oidOf(String(type))),
      rows: reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value)))),
    };
  }
});

const oids = new Map<string, number>([
  ['FLOAT', 700],
  ['DOUBLE', 701],
]);

/** A number for each type text; only those of floats mean anything to the comparison. */
function oidOf(type: string): number {
  const known = oids.get(type) ?? 10_000 + oids.size;
  oids.set(type, known);
  return known;
}

/** The folder's tables that are Parquet, hive keys and files that differ included. */
async function parquetTables(folder: string, world: DuckdbWorld, oracle: Oracle): Promise<readonly DatasetTable[]> {
  const tables: DatasetTable[] = [];
  const views = await oracle.connection.runAndReadAll(
    "SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'",
  );
  for (const [name] of views.getRows().map((row) => row.map(String))) {
    const at = join(folder, name!);
    const paths = statSync(at, { throwIfNoEntry: false })?.isDirectory() ? parquetIn(at) : [];
    if (paths.length === 0) continue;
    const described = (await oracle.connection.runAndReadAll(`DESCRIBE FROM "${name}"`)).getRows();
    const hiveOf = (path: string) =>
      Object.fromEntries(
        [...relative(at, path).matchAll(/([^/=]+)=([^/]*)\//g)].map(([, key, value]) => [
          key!,
          value === '__HIVE_DEFAULT_PARTITION__' || value === 'NULL' ? null : decodeURIComponent(value!),
        ]),
      );
    const keys = new Set(paths.flatMap((path) => Object.keys(hiveOf(path))));
    const columns = described.map(([column, type]) => ({
      name: String(column),
      type: String(type),
      hive: keys.has(String(column)),
    }));
    const listed = await Promise.all(
      paths.map(async (path) => {
        const own = new Map(
          (await world.rows(`DESCRIBE FROM read_parquet('${path}', hive_partitioning = false)`, [])).map(
            ([column, type]) => [String(column), String(type)],
          ),
        );
        const differs = Object.fromEntries(
          columns
            .filter((column) => !column.hive && own.get(column.name) !== column.type)
            .map((column) => [column.name, own.get(column.name) ?? null]),
        );
        const base = { path, bytes: statSync(path).size, mtimeMs: 0, hive: hiveOf(path) };
        return Object.keys(differs).length > 0 ? { ...base, differs } : base;
      }),
    );
    tables.push({ schema: 'public', name: name!, format: 'parquet', columns, options: {}, files: listed });
  }
  return tables;
}

function parquetIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
