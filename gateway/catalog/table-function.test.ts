import { afterEach, beforeEach, expect, test } from 'vitest';
import { columnsText, errorOf, TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
beforeEach(async () => {
  files = await TestCatalog.make();
});
afterEach(() => files.close());

test('file functions have the columns and rows of DuckDB', async () => {
  for (const key of [1, 2]) await files.copy(`t/k=${key}/1.parquet`, `SELECT ${key} AS a, 'x' AS b`);
  await files.copy('t/k=2/.hidden.parquet', `SELECT 9 AS a, 'h' AS b`);
  files.write('c.csv', 'x;y\n1;2024-01-01\n');
  files.write('j.json', '[{"a":1},{"b":"x"}]');
  files.write('j.ndjson', '{"a":1}\n{"b":"x"}\n');
  const catalog = await files.open();
  const d = files.data;
  const calls: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['read_parquet', `'${d}/t/*/*.parquet'`, {}],
    ['READ_PARQUET', `['${d}/t/k=2/1.parquet', '${d}/t/k=1/1.parquet']`, {}],
    ['parquet_scan', `list_value('${d}/t/k=1/1.parquet')`, { hive_partitioning: 'false' }],
    ['read_parquet', `'${d}/t/**/*.parquet'`, { union_by_name: 'true', hive_partitioning: 'true' }],
    ['read_csv', `'${d}/c.csv'`, {}],
    ['read_csv_auto', `'${d}/c.csv'`, { delim: `';'`, header: 'true' }],
    ['read_csv', `'${d}/c.csv'`, { sep: `';'`, header: 'false', skip: '1' }],
    ['read_json', `'${d}/j.json'`, {}],
    ['read_json_auto', `'${d}/j.ndjson'`, { format: `'newline_delimited'` }],
    ['read_ndjson', `'${d}/j.ndjson'`, {}],
  ];
  for (const [name, argument, named] of calls) {
    const table = await catalog.tableFunction(name, [argument], named);
    const parameters = [argument, ...Object.entries(named).map(([key, value]) => `${key} = ${value}`)].join(', ');
    const types = await files.rows(`SELECT column_name, column_type FROM (DESCRIBE FROM ${name}(${parameters}))`);
    expect(
      table?.columns.map((column) => [column.name, column.type]),
      parameters,
    ).toEqual(types);
    expect(await files.scan(table ?? undefined), parameters).toEqual(await files.rows(`FROM ${name}(${parameters})`));
  }
  expect(await catalog.tableFunction('read_csv', [`'${d}/c.csv'`], {})).toBe(
    await catalog.tableFunction('read_csv', [`'${d}/c.csv'`], {}),
  );
});

test('what means something else by name, or is unusual, is left to DuckDB', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a, 2 AS b');
  await files.copy('t/2.parquet', 'SELECT 1::BIGINT AS a, 2 AS b');
  await files.copy('clash/1.parquet', 'SELECT 1 AS a');
  await files.copy('clash/2.parquet', `SELECT DATE '2024-01-01' AS a`);
  const catalog = await files.open();
  files.write('odd/a[1].csv', 'a,b\n1,2\n');
  expect(await catalog.tableFunction('read_csv', [`'${files.data}/odd/*.csv'`], {})).toBeNull();
  const all = `'${files.data}/t/*.parquet'`;
  expect(
    columnsText((await catalog.tableFunction('read_parquet', [all], { union_by_name: 'true' })) ?? undefined),
  ).toBe('a BIGINT, b INTEGER');
  const others: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
    ['read_parquet', [all], {}],
    ['read_parquet', [`'${files.data}/clash/*.parquet'`], { union_by_name: 'true' }],
    ['read_parquet', [all], { filename: 'true' }],
    ['read_parquet', [all], { union_by_name: '1 = 1' }],
    ['read_parquet', [`'a' || 'b'`], {}],
    ['read_parquet', ['$1'], {}],
    ['read_parquet', [`['${files.data}/t/1.parquet', '${files.data}/t/1.parquet']`], {}],
    ['read_parquet', [`'s3://bucket/x.parquet'`], {}],
    ['read_text', [all], {}],
    ['range', ['10'], {}],
  ];
  for (const [name, args, named] of others) expect(await catalog.tableFunction(name, args, named), args[0]).toBeNull();
});

test('places outside the roots, missing and corrupt files', async () => {
  const bad = files.write('bad.parquet', 'PAR1garbagegarbage');
  const catalog = await files.open();
  const call = (path: string) => errorOf(() => catalog.tableFunction('read_parquet', [`'${path}'`], {}));
  for (const path of ['/etc/passwd', `${files.data}/../state/catalog.json`, '/**/*.parquet']) {
    expect(await call(path), path).toMatchObject({ sqlstate: '42501' });
  }
  expect(await call(`${files.data}/none*.parquet`)).toMatchObject({ sqlstate: '58P01' });
  expect(await call(`${files.data}/none.parquet`)).toMatchObject({ sqlstate: '58P01' });
  const error = await call(bad);
  expect(error).toMatchObject({ sqlstate: '58030' });
  expect(error.message).toContain(bad);
});

test('new files of a call are seen', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  const catalog = await files.open();
  const read = async () =>
    (await catalog.tableFunction('read_parquet', [`'${files.data}/t/*.parquet'`], {}))?.files.length;
  expect(await read()).toBe(1);
  await files.copy('t/2.parquet', 'SELECT 2 AS a');
  expect(await read()).toBe(2);
  await files.copy('t/3.parquet', `SELECT 'x' AS a`);
  expect(await read()).toBeUndefined();
});
