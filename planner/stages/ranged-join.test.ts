/** Data sets that lie in the same order are joined and grouped where they lie: the answers of one DuckDB, however files are cut. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogOf, DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { answerDifference, LocalExecutor, type TextAnswer } from '../../testdata/harness/local-executor.ts';
import { testSession } from '../../testdata/harness/plan-data.ts';
import { plannerSettings } from '../../testdata/harness/planner-settings.ts';
import { inTurn } from '../../testdata/harness/slice.ts';
import type { DatasetTable } from '../catalog.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

/** For each table, the rows of each of its files. All have a key, mostly in order, and a value. */
const files: Readonly<Record<string, readonly string[]>> = {
  // Neighbours share a key; keys repeat; some are NULL.
  orders: [
    'SELECT CAST(i // 2 AS BIGINT) AS k, i % 7 AS v, i AS n FROM range(0, 60) r(i)',
    'SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE CAST(i // 2 AS BIGINT) END, i % 7, i FROM range(59, 120) r(i)',
    'SELECT CAST(i // 2 AS BIGINT), i % 7, i FROM range(120, 170) r(i)',
    'SELECT CAST(i // 2 AS BIGINT), i % 7, i FROM range(172, 240) r(i)',
  ],
  // Another type of integer, other cuts, an empty file, one of NULLs alone, keys that the other lacks.
  items: [
    'SELECT CAST(i // 4 AS INTEGER) AS k, i % 5 AS v, i AS n FROM range(0, 100) r(i)',
    'SELECT CAST(i AS INTEGER), i, i FROM range(0) r(i)',
    'SELECT CAST(i // 4 AS INTEGER), i % 5, i FROM range(100, 250) r(i)',
    'SELECT CAST(NULL AS INTEGER), i % 5, i FROM range(3) r(i)',
    'SELECT CAST(i // 4 AS INTEGER), i % 5, i FROM range(250, 400) r(i)',
    'SELECT CAST(i // 4 AS INTEGER), i % 5, i FROM range(420, 640) r(i)',
  ],
  // Strictly apart, no NULLs.
  days: [0, 1, 2, 3].map(
    (n) =>
      `SELECT CAST(i AS BIGINT) AS k, DATE '2024-01-01' + CAST(i AS INTEGER) AS d, CAST(i * 0.5 AS DECIMAL(9,2)) AS v, CAST(i AS DOUBLE) AS x FROM range(${n * 30}, ${n * 30 + 30}) r(i)`,
  ),
  // In no order at all.
  mixed: [0, 1, 2].map(
    (n) => `SELECT CAST(hash(i) % 130 AS BIGINT) AS k, i % 3 AS v FROM range(${n * 50}, ${n * 50 + 50}) r(i)`,
  ),
};

let folder: string;
let world: DuckdbWorld;
let executor: LocalExecutor;
let tables: readonly DatasetTable[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ranged-join-'));
  const maker = await LocalExecutor.open();
  tables = await Promise.all(Object.entries(files).map(([name, texts]) => writeTable(maker, name, texts)));
  maker.close();
  world = await DuckdbWorld.open();
  executor = await LocalExecutor.open(tables);
});
afterAll(async () => {
  world.close();
  executor.close();
  await rm(folder, { recursive: true });
});

async function writeTable(maker: LocalExecutor, name: string, texts: readonly string[]): Promise<DatasetTable> {
  const written = texts.map((sql, n) => ({ sql, path: join(folder, `${name}-${n}.parquet`) }));
  const described = await maker.connection.runAndReadAll(`DESCRIBE ${texts[0]}`);
  const columns = described
    .getRows()
    .map(([column, type]) => ({ name: String(column), type: String(type), hive: false }));
  const names = columns.map((column) => column.name).join();
  for (const { sql, path } of written)
    await maker.connection.run(`COPY (FROM (${sql}) rows(${names})) TO '${path}' (FORMAT parquet)`);
  const listed = await Promise.all(
    written.map(async ({ path }) => ({ path, bytes: (await stat(path)).size, mtimeMs: 0, hive: {} })),
  );
  return { schema: 'public', name, format: 'parquet', columns, options: {}, files: listed };
}

const ranged = /the files in each task's range/;

async function plan(sql: string, settings: Partial<PlannerSettings>) {
  const request = {
    sql,
    parameters: null,
    catalog: catalogOf(...tables),
    session: testSession,
    settings: { ...plannerSettings, strategy: 'stages', ...settings } satisfies PlannerSettings,
  };
  const made = await makePlan(request, world);
  return { made, said: explainText(made).join('\n') };
}

/** What one DuckDB answers to each query, asked once. */
const originals = new Map<string, Promise<TextAnswer>>();

function original(sql: string): Promise<TextAnswer> {
  const known = originals.get(sql) ?? executor.original(sql, testSession);
  originals.set(sql, known);
  return known;
}

async function checkAnswer(sql: string, settings: Partial<PlannerSettings>): Promise<string> {
  const { made, said } = await plan(sql, settings);
  expect(made.strategy, said).toBe('stages');
  const difference = answerDifference(await original(sql), await executor.run(made, testSession), false);
  if (difference !== null) throw new Error(`${JSON.stringify(settings)}: ${difference}\n${said}`);
  return said;
}

const all = 'count(*), sum(a.n), sum(b.n), count(a.k), count(b.k)';

const beside: readonly string[] = [
  `SELECT ${all} FROM orders a JOIN items b ON a.k = b.k`,
  `SELECT ${all} FROM items b JOIN orders a ON a.k = b.k AND a.v < b.v`,
  `SELECT ${all} FROM orders a LEFT JOIN items b ON a.k = b.k`,
  `SELECT ${all} FROM orders a LEFT JOIN items b ON a.k = b.k AND b.v = 3`,
  `SELECT ${all} FROM orders a RIGHT JOIN items b ON a.k = b.k AND a.v = 1`,
  'SELECT count(*), sum(n) FROM orders a SEMI JOIN items b ON a.k = b.k AND b.v = 2',
  'SELECT count(*), sum(n), count(k) FROM orders a ANTI JOIN items b ON a.k = b.k AND b.v <> 2',
  'SELECT count(*), sum(n), count(k) FROM items a WHERE NOT EXISTS (SELECT 1 FROM orders b WHERE a.k = b.k)',
  'SELECT count(*), sum(a.n) FROM orders a WHERE EXISTS (SELECT 1 FROM orders b WHERE b.k = a.k AND b.v <> a.v)',
  'SELECT a.k, count(*), sum(b.v) FROM orders a JOIN items b ON a.k = b.k GROUP BY a.k',
  'SELECT count(*), sum(m) FROM orders a JOIN (SELECT k, max(n) AS m FROM items GROUP BY k HAVING count(*) > 3) q ON q.k = a.k',
  'SELECT count(*) FROM orders a WHERE n > (SELECT avg(n) FROM items b WHERE b.k = a.k)',
  'SELECT count(*), sum(c.v) FROM orders a JOIN items b ON a.k = b.k JOIN days c ON c.k = b.k',
  'SELECT count(*), sum(c.v) FROM days c JOIN orders a ON c.k = a.k LEFT JOIN items b ON b.k = a.k AND b.v = 1',
  'SELECT count(*), sum(c.v) FROM days c LEFT JOIN orders a ON c.k = a.k LEFT JOIN items b ON b.k = c.k',
  'SELECT a.d, count(*), sum(b.v) FROM days a JOIN days b ON a.d = b.d GROUP BY a.d',
  'SELECT count(*), sum(a.v) FROM days a JOIN days b ON a.v = b.v WHERE b.k % 3 = 0',
  'SELECT count(*) FROM (SELECT k + 0 AS j, k FROM orders) a JOIN items b ON a.k = b.k AND a.j = b.k',
  'SELECT count(*), sum(b.n) FROM orders a JOIN items b ON a.k = b.k WHERE a.k BETWEEN 20 AND 31',
];

/** Not by ranges: no order, another type that rounds, values that are computed, sides whose rows appear on their own, groups of something else. */
const apart: readonly string[] = [
  'SELECT count(*), sum(n) FROM orders a JOIN mixed b ON a.k = b.k',
  'SELECT count(*) FROM days a JOIN orders b ON a.x = b.k',
  'SELECT count(*) FROM days a JOIN orders b ON a.v = b.k',
  'SELECT count(*) FROM orders a JOIN items b ON a.k + 1 = b.k',
  'SELECT count(*), count(a.k), count(b.k) FROM orders a FULL JOIN items b ON a.k = b.k',
  'SELECT count(*), count(a.k), sum(b.n) FROM orders a JOIN items b ON a.k IS NOT DISTINCT FROM b.k',
  'SELECT count(*) FROM orders a JOIN (SELECT max(k) AS k FROM items GROUP BY v) q ON q.k = a.k',
  'SELECT count(*) FROM orders a JOIN (SELECT DISTINCT k FROM items ORDER BY k LIMIT 7) q ON q.k = a.k',
  'SELECT count(*) FROM orders a JOIN (SELECT k, row_number() OVER (ORDER BY n) AS r FROM items) q ON q.k = a.k AND q.r < 9',
];

const fleets: readonly Partial<PlannerSettings>[] = [1, 2, 3, 4].map((workers) => ({ workers, slots: workers }));
const asked: readonly Partial<PlannerSettings>[] = [{ partitions: 3 }, { broadcastMaxBytes: 0 }];

describe('by ranges', () => {
  test.each(beside.map((sql, place) => [sql, place] as const))('%s', async (sql, place) => {
    for (const fleet of inTurn(fleets, place, 2)) await checkAnswer(sql, fleet);
    const said: string[] = [];
    for (const fleet of fleets) said.push((await plan(sql, fleet)).said);
    expect(
      said.some((text) => ranged.test(text)),
      said[1],
    ).toBe(true);
    // Who asks for exchanges gets them.
    for (const asking of asked) expect((await plan(sql, asking)).said).not.toMatch(ranged);
    for (const asking of inTurn(asked, place, 1)) await checkAnswer(sql, asking);
  });
});

describe('not by ranges', () => {
  test.each(apart.map((sql, place) => [sql, place] as const))('%s', async (sql, place) => {
    for (const fleet of inTurn(fleets, place, 2)) await checkAnswer(sql, fleet);
    expect((await plan(sql, fleets[1]!)).said).not.toMatch(ranged);
  });
});

/** Number of stages on two workers: one where whole groups are in one task. */
const groups: readonly (readonly [sql: string, inPlace: boolean])[] = [
  ['SELECT k, count(*), avg(x) FROM days GROUP BY k', true],
  ['SELECT d, v, count(DISTINCT x) FROM days GROUP BY d, v', true],
  ['SELECT k, d FROM days GROUP BY ROLLUP (k, d)', false],
  // NULLs are in one of the two tasks.
  ['SELECT k, count(*) FROM orders GROUP BY k', true],
  ['SELECT k, count(*) FROM items GROUP BY k', false],
  ['SELECT x, count(*) FROM days GROUP BY x', false],
  ['SELECT k % 7 AS m, count(*) FROM days GROUP BY m', false],
  ['SELECT k, sum(v) OVER (PARTITION BY k, d) FROM days', true],
  ['SELECT DISTINCT d, v FROM days', true],
  ['SELECT o.k, max(o.n), sum(d.v) FROM orders o LEFT JOIN days d ON o.k = d.k GROUP BY o.k', true],
  ['SELECT d.k, max(o.n), sum(d.v) FROM days d LEFT JOIN orders o ON o.k = d.k GROUP BY d.k', true],
  ['SELECT o.k, max(o.n) FROM days d LEFT JOIN orders o ON o.k = d.k GROUP BY o.k', false],
  ['SELECT o.k, max(o.n) FROM days d JOIN orders o ON o.k = d.k GROUP BY o.k', true],
  // Compared as floating point: what is equal to an integer need not be the same one.
  ['SELECT d.x, max(o.n) FROM days d JOIN orders o ON o.k = d.x GROUP BY d.x', false],
];

test.each(groups.map((one, place) => [...one, place] as const))(
  'groups where they lie: %s',
  async (sql, inPlace, place) => {
    for (const fleet of inTurn(fleets, place, 2)) await checkAnswer(sql, fleet);
    const { made, said } = await plan(sql, { partitions: null });
    const merged = made.stages.length > 1 || /GROUP BY|DISTINCT|OVER/.test('sql' in made.result ? made.result.sql : '');
    expect(merged, said).toBe(!inPlace);
  },
);
