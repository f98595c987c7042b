import { afterAll, beforeAll, expect, test } from 'vitest';
import { globPart, globParts, hasGlob, sortBytes, staticPrefix } from './glob.ts';
import { listFiles } from './list-files.ts';
import { Look } from './look.ts';
import { Roots } from './roots.ts';
import { TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
const names = [
  'a1.csv',
  'a2.csv',
  'b1.csv',
  'x/a1.csv',
  'x/y/a1.csv',
  'x-/a1.csv',
  'x/.h.csv',
  '_u/a1.csv',
  '[1].csv',
  'é😀.csv',
  '\uff5e.csv',
  'a+b.csv',
  'q.csv/z.csv',
];
beforeAll(async () => {
  files = await TestCatalog.make();
  for (const name of names) files.write(name, 'a\n1\n');
});
afterAll(() => files.close());

const patterns = [
  '*.csv',
  'a?.csv',
  '[ab]1.csv',
  '[!a]*.csv',
  '[a-z][0-9].csv',
  '**/*.csv',
  '*/*.csv',
  'x/**',
  '*/a[12].csv',
  'a+*.csv',
  'none*',
  '[[]1].csv',
  '*.csv/*',
  '**/y/*.csv',
  '[a',
  '?[!0-9].csv',
];

test.each(patterns)('%s gives the files of DuckDB in its order', async (pattern) => {
  const path = `${files.data}/${pattern}`;
  const expected = await files.rows(`SELECT file FROM glob('${path}')`);
  const found = await listFiles({ path, format: 'csv', hidden: true }, new Roots([files.data]), new Look());
  expect(found.map((file) => file.path)).toEqual(expected.map(([file]) => file));
});

test('folders that a pattern matches are in no certain order in DuckDB; here they are sorted', async () => {
  const path = `${files.data}/x*/**/a1.csv`;
  const expected = await files.rows(`SELECT file FROM glob('${path}') ORDER BY file`);
  const found = await listFiles({ path, format: 'csv', hidden: true }, new Roots([files.data]), new Look());
  expect(found.map((file) => file.path).sort()).toEqual(expected.map(([file]) => file));
  expect(found.map((file) => file.path.slice(files.data.length))).toEqual(['/x/a1.csv', '/x-/a1.csv', '/x/y/a1.csv']);
});

test('a data set leaves hidden names out', async () => {
  const found = await listFiles(
    { path: files.data, format: 'csv', hidden: false },
    new Roots([files.data]),
    new Look(),
  );
  expect(found.map(({ path }) => path).filter((path) => /\/[._]/.test(path.slice(files.data.length)))).toEqual([]);
  expect(found).toHaveLength(names.length - 2);
});

test('the parts of a pattern', () => {
  expect(staticPrefix('/a/b/c*/d')).toBe('/a/b');
  expect(staticPrefix('/a/b*')).toBe('/a');
  expect(staticPrefix('/*')).toBe('/');
  expect(globParts('/a/b/c*/d')).toEqual(['c*', 'd']);
  expect(hasGlob('/a/b.csv')).toBe(false);
  expect(globPart('a.c')('abc')).toBe(false);
});

test('names are sorted by bytes, not by UTF-16', () => {
  expect(sortBytes(['\u{1f600}', '\uff5e', 'z', 'Z', 'é'])).toEqual(['Z', 'z', 'é', '\uff5e', '\u{1f600}']);
});
