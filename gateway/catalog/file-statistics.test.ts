import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
beforeEach(async () => {
  files = await TestCatalog.make();
});
afterEach(() => files.close());

test('row groups with min, max and NULL counts as DuckDB prints them', async () => {
  await files.copy(
    't/1.parquet',
    `SELECT range AS n, (range / 100)::DECIMAL(10,2) AS d, DATE '2024-01-01' + range::INTEGER AS day, 'k' || (range % 7) AS s,
      CASE WHEN range % 2 = 0 THEN range END AS half, range::DOUBLE AS f, CASE WHEN range = 3000 THEN 'nan'::DOUBLE ELSE range END AS nan, {x: range} AS nested, repeat('x', 300) || range AS long
      FROM range(5000) ORDER BY range`,
    '(ROW_GROUP_SIZE 2048)',
  );
  await files.copy('t/2.parquet', 'SELECT 1 AS n WHERE false');
  const catalog = await files.open();
  const table = (await catalog.snapshot()).lookup(undefined, 't');
  const [full, empty] = await catalog.statistics(table?.files ?? []);
  expect(empty).toEqual({ rowCount: 0, rowGroups: [] });
  expect(full?.rowCount).toBe(5000);
  expect(full?.rowGroups.map(({ rowCount }) => rowCount)).toEqual([2048, 2048, 904]);
  const columns = full?.rowGroups[1]?.columns ?? {};
  expect(columns.n).toEqual({ min: '2048', max: '4095', exact: true, nullCount: 0 });
  expect(columns.d).toMatchObject({ min: '20.48', max: '40.95', exact: true });
  expect(columns.day).toMatchObject({ min: '2029-08-10', max: '2035-03-19', exact: true });
  expect(columns.s).toMatchObject({ min: 'k0', max: 'k6', exact: true });
  expect(columns.half?.nullCount).toBe(1024);
  expect(columns.f).toMatchObject({ min: '2048.0', max: '4095.0', exact: true });
  expect(columns.nan).toMatchObject({ exact: false });
  expect(columns.nested).toBeUndefined();
  expect(columns.long).toMatchObject({ exact: false });
});

test('one entry per file in their order, again from the cache, and anew for a changed file', async () => {
  for (const rows of [1, 2, 3]) await files.copy(`t/${rows}.parquet`, `SELECT range AS a FROM range(${rows})`);
  const catalog = await files.open();
  const listed = async () => (await catalog.snapshot()).lookup(undefined, 't')?.files ?? [];
  const before = [...(await listed())].reverse();
  const first = await catalog.statistics(before);
  expect(first.map(({ rowCount }) => rowCount)).toEqual([3, 2, 1]);
  expect((await catalog.statistics(before))[0]).toBe(first[0]);
  await files.copy('t/1.parquet', 'SELECT range AS a FROM range(10)');
  expect((await catalog.statistics(await listed())).map(({ rowCount }) => rowCount)).toEqual([10, 2, 3]);
});

test('a corrupt file among good ones is named', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  await files.copy('t/2.parquet', 'SELECT 1 AS a');
  const catalog = await files.open();
  const listed = (await catalog.snapshot()).lookup(undefined, 't')?.files ?? [];
  const bad = files.write('t/2.parquet', 'PAR1 garbage');
  await expect(catalog.statistics(listed)).rejects.toMatchObject({
    sqlstate: '58030',
    message: expect.stringContaining(bad),
  });
});
