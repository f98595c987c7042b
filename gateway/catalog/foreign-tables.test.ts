import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ForeignTable } from './foreign-tables.ts';
import { columnsText, errorOf, TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
beforeEach(async () => {
  files = await TestCatalog.make();
});
afterEach(() => files.close());

function foreign(name: string, location: string, more: Partial<ForeignTable> = {}): ForeignTable {
  return {
    schema: undefined,
    name,
    location,
    columns: null,
    format: undefined,
    options: {},
    ifNotExists: false,
    ...more,
  };
}

/** A catalog that may read the data folder but finds no tables in it. */
const open = () => files.open({ data: [], allow: [files.data] });

test('a foreign table survives a restart, with columns and options, and goes with DROP', async () => {
  await files.copy('t/k=1/1.parquet', 'SELECT 1 AS a');
  files.write('c.csv', 'x|y\n1|NA\n');
  const catalog = await open();
  await catalog.createForeignTable(foreign('Plain', join(files.data, 't')));
  await catalog.createForeignTable(
    foreign('c', join(files.data, 'c.csv'), { options: { delimiter: '|', null: 'NA', header: 'true' } }),
  );
  await catalog.createForeignTable(
    foreign('later', join(files.data, 'not-yet'), {
      schema: 's',
      columns: [
        { name: 'id', type: 'int4' },
        { name: 'n', type: 'numeric(10,2)' },
      ],
    }),
  );
  await files.closeCatalog(catalog);
  const again = await open();
  const snapshot = await again.snapshot();
  expect(columnsText(snapshot.lookup(undefined, 'plain'))).toBe('a INTEGER, k BIGINT*');
  expect(await files.scan(snapshot.lookup(undefined, 'c'))).toEqual([['1', null]]);
  expect(columnsText(snapshot.lookup('s', 'later'))).toBe('id INTEGER, n DECIMAL(10,2)');
  expect(await files.scan(snapshot.lookup('s', 'later'))).toEqual([]);
  expect(snapshot.lookup(undefined, 'later')).toBeUndefined();
  await files.copy('not-yet/1.parquet', `SELECT 7::BIGINT AS id, 1.255 AS n, 'not declared' AS x`);
  expect(await files.scan((await again.snapshot()).lookup('s', 'later'))).toEqual([[7, '1.26']]);
  expect(await again.dropForeignTable('S', 'LATER', false)).toBe(true);
  expect((await again.snapshot()).lookup('s', 'later')).toBeUndefined();
  expect(await again.dropForeignTable('s', 'later', true)).toBe(false);
  expect(await errorOf(() => again.dropForeignTable('s', 'later', false))).toMatchObject({ sqlstate: '42P01' });
  expect(readdirSync(files.state)).toEqual(['catalog.json']);
});

test('places outside the declared folders are refused, by whatever road', async () => {
  const catalog = await open();
  const outside = [
    '/etc/passwd',
    '/etc',
    `${files.data}/../state`,
    `${files.data}/../../*/x.csv`,
    '/*/passwd',
    `${files.data}x`,
    '.',
  ];
  for (const location of outside) {
    const error = await errorOf(() => catalog.createForeignTable(foreign('x', location, { format: 'csv' })));
    expect(error, location).toMatchObject({ sqlstate: '42501', errorClass: 'user' });
    expect(
      await errorOf(() =>
        catalog.importForeignSchema({ directory: location, schema: 'public', limitTo: undefined, except: undefined }),
      ),
    ).toMatchObject({ sqlstate: '42501' });
  }
  expect((await catalog.snapshot()).names()).toEqual([]);
});

test('a name that is taken, no files and no columns, bad options and types', async () => {
  await files.copy('t.parquet', 'SELECT 1 AS a');
  const catalog = await files.open();
  const there = join(files.data, 't.parquet');
  const cases: readonly (readonly [ForeignTable, string])[] = [
    [foreign('T', there), '42P07'],
    [foreign('x', join(files.data, 'nothing')), '58P01'],
    [foreign('x', there, { options: { nosuch: '1' } }), 'HV00D'],
    [foreign('x', there, { options: { delim: ',' } }), 'HV00D'],
    [
      foreign('x', join(files.data, 'x.csv'), { columns: [{ name: 'a', type: 'int' }], options: { header: 'maybe' } }),
      'HV024',
    ],
    [foreign('x', there, { columns: [{ name: 'a', type: 'nosuchtype' }] }), '42704'],
    [foreign('x', there, { columns: [{ name: 'a', type: 'int); DROP TABLE x; --' }] }), '42704'],
    [
      foreign('x', there, {
        columns: [
          { name: 'a', type: 'int' },
          { name: 'A', type: 'int' },
        ],
      }),
      '42701',
    ],
  ];
  for (const [table, sqlstate] of cases) {
    expect(await errorOf(() => catalog.createForeignTable(table)), sqlstate).toMatchObject({ sqlstate });
  }
  expect(await catalog.createForeignTable(foreign('t', there, { ifNotExists: true }))).toBe(false);
  expect(
    await catalog.createForeignTable(foreign('x', there, { columns: [{ name: 'a', type: 'double precision' }] })),
  ).toBe(true);
  const snapshot = await catalog.snapshot();
  expect(columnsText(snapshot.lookup(undefined, 'x'))).toBe('a DOUBLE');
  expect(await files.scan(snapshot.lookup(undefined, 'x'))).toEqual([[1]]);
  expect(await errorOf(() => catalog.dropForeignTable(undefined, 't', true))).toMatchObject({ sqlstate: '42809' });
});

test('declared columns of CSV files are matched by header, or by place where no name fits', async () => {
  files.write('named.csv', 'b,c,a\n1,2,3\n');
  files.write('bare.csv', '1,x\n2,y\n');
  files.write('wide.csv', '1,x,z\n2,y,z\n');
  const catalog = await open();
  const columns = [
    { name: 'a', type: 'bigint' },
    { name: 'b', type: 'text' },
  ];
  for (const name of ['named', 'bare']) {
    await catalog.createForeignTable(foreign(name, join(files.data, `${name}.csv`), { columns }));
  }
  const snapshot = await catalog.snapshot();
  expect(await files.scan(snapshot.lookup(undefined, 'named'))).toEqual([['3', '1']]);
  expect(await files.scan(snapshot.lookup(undefined, 'bare'))).toEqual([
    ['1', 'x'],
    ['2', 'y'],
  ]);
  const wide = await errorOf(() =>
    catalog.createForeignTable(foreign('wide', join(files.data, 'wide.csv'), { columns })),
  );
  expect(wide).toMatchObject({ sqlstate: '58030' });
  expect(wide.detail).toContain('3 columns');
});

test('IMPORT FOREIGN SCHEMA makes a table of every folder and file, or of those named', async () => {
  await files.copy('lake/t/1.parquet', 'SELECT 1 AS a');
  files.write('lake/u.csv', 'a,b\n1,2\n');
  files.write('lake/v.json', '{"a":1}\n');
  const catalog = await open();
  const directory = join(files.data, 'lake');
  const request = { directory, schema: 'public', limitTo: undefined, except: undefined };
  expect(await errorOf(() => catalog.importForeignSchema({ ...request, limitTo: ['nosuch'] }))).toMatchObject({
    sqlstate: '42P01',
  });
  expect(await catalog.importForeignSchema({ ...request, except: ['U', 'v'] })).toEqual(['t']);
  expect(await errorOf(() => catalog.importForeignSchema(request))).toMatchObject({ sqlstate: '42P07' });
  expect([...(await catalog.snapshot()).names()]).toEqual(['t']);
  expect([...(await catalog.importForeignSchema({ ...request, limitTo: ['u', 'v'] }))].sort()).toEqual(['u', 'v']);
});

test('a catalog file that is not whole, or of a later version, stops the start and stays as it is', async () => {
  for (const text of [
    '{"version":1,"tables":[',
    '{"version":2,"tables":[]}',
    '{"version":1,"tables":[{"name":""}]}',
    'null',
  ]) {
    writeFileSync(join(files.state, 'catalog.json'), text);
    const error = await errorOf(() => open());
    expect(error, text).toMatchObject({ sqlstate: '58030' });
    expect(error.message).toContain('catalog.json');
    expect(readFileSync(join(files.state, 'catalog.json'), 'utf8')).toBe(text);
  }
  expect(existsSync(join(files.state, 'catalog.json.tmp'))).toBe(false);
});

test('without a state folder tables last as long as the catalog', async () => {
  await files.copy('t.parquet', 'SELECT 1 AS a');
  const catalog = await files.open({ data: [], allow: [files.data], stateFolder: null });
  await catalog.createForeignTable(foreign('t', join(files.data, 't.parquet')));
  expect((await catalog.snapshot()).names()).toEqual(['t']);
  expect(catalog.isForeignTable('public', 'T')).toBe(true);
  expect(readdirSync(files.state)).toEqual([]);
});

test('counts of different values survive a restart, and change the version of the catalog', async () => {
  await files.copy('t.parquet', 'SELECT 1 AS a, 2 AS b');
  const catalog = await files.open();
  const before = (await catalog.snapshot()).version;
  await catalog.recordDistinct('public', 'T', { a: 1 });
  await catalog.recordDistinct('public', 't', { b: 1 });
  expect((await catalog.snapshot()).version).not.toBe(before);
  await catalog.close();
  const again = await files.open();
  expect((await again.snapshot()).lookup(undefined, 't')?.distinct).toEqual({ a: 1, b: 1 });
  await again.close();
  writeFileSync(join(files.state, 'statistics.json'), '{"version": 2}');
  expect(await errorOf(() => files.open())).toMatchObject({ sqlstate: '58030' });
});
