import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hiveType, hiveValues } from './hive.ts';
import { TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
beforeAll(async () => {
  files = await TestCatalog.make();
});
afterAll(() => files.close());

const valueSets = [
  ['0'],
  ['00'],
  ['-01'],
  ['+1'],
  ['1_000'],
  ['-5'],
  ['1e3'],
  ['1.0'],
  ['-0'],
  [' 1'],
  ['1', '02'],
  ['1', 'a'],
  ['9223372036854775807'],
  ['9223372036854775808'],
  ['-9223372036854775808'],
  ['2024-01-01'],
  ['2024-1-2'],
  ['2024-02-30'],
  ['2024-02-29', '2023-01-01'],
  ['2023-02-29'],
  ['24-01-01'],
  ['20240101'],
  ['2024-01'],
  ['2024-01-01 00:00:00'],
  ['2024-01-01 00:00:00', '2024-01-02'],
  ['2024-01-01T10:00'],
  ['2024-01-01 10'],
  ['2024-01-01 10:00:00+02'],
  ['2024-01-01 10:61:00'],
  ['2024-01-01Z'],
  ['12:00:00'],
  ['true'],
  [''],
  ['', '1'],
  ['__HIVE_DEFAULT_PARTITION__'],
  ['1', '__HIVE_DEFAULT_PARTITION__'],
  ['null', '1'],
  ['NULL'],
  ['a%2Fb%20c'],
  ['100%'],
  ['%C3%A9'],
]; // prettier-ignore

test.each(valueSets.map((values) => [values]))('type and values of %j are those of DuckDB', async (values) => {
  const root = join(files.data, 'h');
  rmSync(root, { recursive: true, force: true });
  const paths: string[] = [];
  for (const [index, value] of values.entries()) {
    mkdirSync(join(root, String(index), `k=${value}`), { recursive: true });
    const path = join(root, String(index), `k=${value}`, 'f.parquet');
    await files.rows(`COPY (SELECT 1 AS v) TO '${path}'`);
    paths.push(path);
  }
  const source = `read_parquet('${root}/*/*/f.parquet', hive_partitioning = true)`;
  const described = await files.rows(`SELECT column_type FROM (DESCRIBE FROM ${source}) WHERE column_name = 'k'`);
  const own = paths.map((path) => hiveValues(path, root).get('k') ?? null);
  expect(hiveType(own)).toBe(described[0]?.[0]);
  const text = await files.rows(`SELECT k FROM read_parquet('${root}/*/*/f.parquet', hive_types_autocast = false)`);
  expect(own).toEqual(text.map(([value]) => value));
});

test('only folders below the base are keys, and a part with two = is none', () => {
  expect([...hiveValues('/a/x=1/y=2/z=3=4/q=5.parquet', '/a/x=1')]).toEqual([['y', '2']]);
  expect([...hiveValues('/a/x=1/y=2/f', null)]).toEqual([
    ['x', '1'],
    ['y', '2'],
  ]);
});
