/** Data sets whose files lie by a hash or in an order: nothing is exchanged for it, and the answer is that of one DuckDB. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogOf, DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { answerDifference, LocalExecutor } from '../../testdata/harness/local-executor.ts';
import { makePlanData, makeTable, type PlanData } from '../../testdata/harness/plan-data.ts';
import { partitionSql } from '../../worker/engine/write-exchange.ts';
import type { CatalogSnapshot, DatasetTable, FileLayout } from '../catalog.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

const buckets = 4;
let folder: string;
let data: PlanData;
let world: DuckdbWorld;
let executor: LocalExecutor;
let catalog: CatalogSnapshot;

/** A table in four files, those of rows for which `bucket` is 0, 1, ... */
async function write(
  maker: LocalExecutor,
  name: string,
  rows: string,
  bucket: string,
  layout: FileLayout,
): Promise<DatasetTable> {
  const paths = Array.from({ length: buckets }, (_, i) => `${name}-${i}.parquet`);
  const numbered = `SELECT *, ${bucket} AS __bucket FROM (${rows})`;
  for (const [i, path] of paths.entries())
    await maker.connection.run(
      `COPY (SELECT * EXCLUDE (__bucket) FROM (${numbered}) WHERE __bucket = ${i} ORDER BY ALL) TO '${join(folder, path)}'`,
    );
  const table = await makeTable(maker, folder, name, paths, false, undefined);
  const files = layout.kind === 'hash' ? table.files.map((file, i) => ({ ...file, bucket: i })) : table.files;
  return { ...table, files, layout };
}

const bucketOf = (column: string) => partitionSql({ hashBy: [column], partitions: buckets });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-layouts-'));
  data = await makePlanData();
  const maker = await LocalExecutor.open();
  const some = 'SELECT CASE WHEN i % 7 > 0 THEN i % 60 END';
  const hash = (column: string, type: string): FileLayout => ({ kind: 'hash', by: [{ column, type }], buckets });
  const tables = [
    await write(
      maker,
      'a',
      `${some}::INTEGER AS n, i AS id, 's' || i % 9 AS s FROM range(400) t(i)`,
      bucketOf('n'),
      hash('n', 'INTEGER'),
    ),
    await write(maker, 'b', `${some}::BIGINT AS m, i AS x FROM range(90) t(i)`, bucketOf('m'), hash('m', 'BIGINT')),
    await write(maker, 'c', `${some}::DOUBLE AS m, i AS x FROM range(90) t(i)`, bucketOf('m'), hash('m', 'DOUBLE')),
    await write(maker, 'o', 'SELECT i // 30 AS k, i AS id FROM range(200) t(i)', '(k // 2)', {
      kind: 'range',
      by: ['k', 'id'].map((column) => ({ column, descending: false, nullsFirst: false })),
    }),
  ];
  maker.close();
  executor = await LocalExecutor.open(tables);
  world = await DuckdbWorld.open();
  catalog = catalogOf(...tables);
});
afterAll(async () => {
  world.close();
  executor.close();
  await data.close();
  await rm(folder, { recursive: true });
});

/** The plan as text, once its answer was compared. */
async function planOf(sql: string, settings: Partial<PlannerSettings> = {}, ordered = false): Promise<string> {
  const own = { strategy: 'stages', verifyPasses: false, broadcastMaxBytes: 0, ...settings } as const;
  const request = { ...data.request(sql, own), catalog };
  const plan = await makePlan(request, world);
  const text = explainText(plan).join('\n');
  expect(plan.strategy, text).toBe('stages');
  const expected = await executor.original(sql, request.session);
  expect(answerDifference(expected, await executor.run(plan, request.session), ordered), text).toBeNull();
  return text;
}

const moves = /in \d+ partitions by (hash|range)/;

test.each([
  'SELECT a.n, a.id, b.x FROM a JOIN b ON a.n = b.m',
  'SELECT a.n, a.id, b.x FROM a LEFT JOIN b ON a.n = b.m AND b.x > 50 WHERE a.id % 2 = 0',
  'SELECT a.n, a.id, b.x FROM a FULL JOIN b ON a.n = b.m',
  'SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE m = n AND x < 40)',
  'SELECT n, count(*), count(DISTINCT s), list(id ORDER BY id) FROM a GROUP BY n',
  'SELECT a.n, count(*), median(b.x) FROM a JOIN b ON a.n = b.m GROUP BY a.n',
  'SELECT DISTINCT n, s FROM a',
  'SELECT n, id, rank() OVER (PARTITION BY n ORDER BY id) FROM a',
])('nothing moves: %s', async (sql) => {
  expect(await planOf(sql)).not.toMatch(moves);
});

test.each([
  ['other columns', 'SELECT a.id, b.x FROM a JOIN b ON a.id = b.m'],
  ['another type', 'SELECT a.id, c.x FROM a JOIN c ON a.n = c.m'],
])('rows move for %s', async (_, sql) => {
  expect(await planOf(sql)).toMatch(moves);
});

test('rows move as ever where a number of partitions is asked for', async () => {
  expect(await planOf('SELECT a.id, b.x FROM a JOIN b ON a.n = b.m', { partitions: 3 })).toMatch(moves);
});

test('a side that lies otherwise goes to where the other lies', async () => {
  const text = await planOf('SELECT a.id, o.id AS other FROM a JOIN o ON a.n = o.k');
  expect(text).toContain('in 4 partitions by hash');
  expect(text).toContain('a lies by hash');
});

test('what was written in order is sorted where it lies, by that order and by what it begins with', async () => {
  for (const order of ['k, id', 'k', 'k ASC NULLS LAST']) {
    const text = await planOf(
      `SELECT k, ${order === 'k, id' ? 'id' : 'k + 1'} FROM o WHERE id % 3 > 0 ORDER BY ${order}`,
      {},
      true,
    );
    expect(text).toContain('files lie in this order');
    expect(text).not.toMatch(moves);
  }
  for (const order of ['id', 'k DESC, id DESC', 'k NULLS FIRST, id', 'k, id, k % 2', 'k + 1, id'])
    expect(await planOf(`SELECT k, id FROM o ORDER BY ${order}`, {}, true)).not.toContain('files lie in this order');
  const cut = await planOf('SELECT id FROM o ORDER BY k, id LIMIT 5', {}, true);
  expect(cut).not.toContain('files lie in this order');
});
