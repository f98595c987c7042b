import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { columnsText, errorOf, TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
beforeEach(async () => {
  files = await TestCatalog.make();
});
afterEach(() => files.close());

test('every folder and file of a data folder is a table', async () => {
  await files.copy('trades/1.parquet', 'SELECT 1 AS a');
  await files.copy('Daily Quotes.parquet', 'SELECT 1 AS a');
  files.write('rates.csv', 'id,v\n1,a\n');
  files.write('events.ndjson', '{"a":1}\n');
  files.write('2024.tsv', 'id\tv\n1\ta\n');
  files.write('packed.csv.gz', gzipSync('id,v\n1,a\n'));
  await files.copy('small.json', 'SELECT 1 AS a');
  await files.copy('dense.csv.zst', 'SELECT 1 AS a, 2 AS b', '(FORMAT csv, COMPRESSION zstd)');
  files.write('README.md', 'not data');
  files.write('_SUCCESS', '');
  files.write('.hidden.csv', 'a,b\n');
  files.write('notes/readme.txt', 'no data here');
  const snapshot = await (await files.open()).snapshot();
  expect([...snapshot.names()].sort()).toEqual(
    ['daily_quotes', 'dense', 'events', 'packed', 'rates', 'small', 't_2024', 'trades'].sort(),
  );
  expect(columnsText(snapshot.lookup(undefined, 'T_2024'))).toBe('id BIGINT, v VARCHAR');
  expect(columnsText(snapshot.lookup('public', 'packed'))).toBe('id BIGINT, v VARCHAR');
  expect(await files.scan(snapshot.lookup('PUBLIC', 'Dense'))).toEqual([['1', '2']]);
  expect(await files.scan(snapshot.lookup(undefined, 'events'))).toEqual([['1']]);
  expect(snapshot.lookup('other', 'trades')).toBeUndefined();
  expect(snapshot.lookup(undefined, 'nosuch')).toBeUndefined();
});

test('a name that several want goes to the folder, then to Parquet; the others add their format or a number', async () => {
  await files.copy('t/1.parquet', `SELECT 'folder' AS a`);
  await files.copy('t.parquet', `SELECT 'parquet' AS a`);
  files.write('t.csv', 'a,b\ncsv,1\n');
  files.write('T.json', '{"a":"json"}\n');
  files.write('t!.csv', 'a,b\nother,1\n');
  const snapshot = await (await files.open()).snapshot();
  expect([...snapshot.names()].sort()).toEqual(['t', 't_csv', 't_csv_2', 't_json', 't_parquet']);
  const value = async (name: string) => (await files.scan(snapshot.lookup(undefined, name), 'a'))[0]?.[0];
  expect(await Promise.all(['t', 't_parquet', 't_csv', 't_json', 't_csv_2'].map(value))).toEqual([
    'folder',
    'parquet',
    'csv',
    'json',
    'other',
  ]);
});

test('hive keys are columns with the types of their values, and a folder of them is one table', async () => {
  await files.copy('day=2024-01-01/n=1/s=01/f.parquet', `SELECT 1 AS v, 'lost' AS n`);
  await files.copy('day=2024-01-02/n=2/s=2/f.parquet', `SELECT 2 AS v, 'lost' AS n`);
  await files.copy('day=__HIVE_DEFAULT_PARTITION__/n=3/s=a%2Fb/f.parquet', `SELECT 3 AS v, 'lost' AS n`);
  await files.copy('n=4/f.parquet', `SELECT 4 AS v, 'lost' AS n`);
  const table = (await (await files.open()).snapshot()).lookup(undefined, 'data');
  expect(columnsText(table)).toBe('v INTEGER, n BIGINT*, day DATE*, s VARCHAR*');
  expect(await files.scan(table, 'v, n, day, s')).toEqual([
    [1, '1', '2024-01-01', '01'],
    [2, '2', '2024-01-02', '2'],
    [3, '3', null, 'a/b'],
    [4, '4', null, null],
  ]);
});

test('the order of files is that of DuckDB', async () => {
  for (const name of ['b/x', 'b/k/x', 'b/a/x', 'b/a/q/x', 'a10', 'a2', 'c/x', 'B0/x', 'b-1/x', 'é', 'b!', 'c.csv/x']) {
    await files.copy(`t/${name}.parquet`, 'SELECT 1 AS a');
  }
  const table = (await (await files.open()).snapshot()).lookup(undefined, 't');
  const expected = await files.rows(`SELECT file FROM glob('${files.data}/t/**/*.parquet')`);
  expect(table?.files.map(({ path }) => path)).toEqual(expected.map(([path]) => path));
});

test('Parquet columns are unified by name as DuckDB does it', async () => {
  await files.copy(
    't/1.parquet',
    `SELECT 1::TINYINT AS i, 1::INTEGER AS d, 1.5::FLOAT AS f, 7 AS v, DATE '2024-01-01' AS m, {a: 1} AS s, true AS b`,
  );
  await files.copy(
    't/2.parquet',
    `SELECT 2.25::DECIMAL(10,2) AS d, 3::BIGINT AS I, 2.5::DOUBLE AS f, 'x' AS v, TIMESTAMP '2024-01-02 03:04:05' AS m, {a: 2::BIGINT, b: 'y'} AS s, 9 AS extra`,
  );
  const table = (await (await files.open()).snapshot()).lookup(undefined, 't');
  const oracle = `read_parquet('${files.data}/t/*.parquet', union_by_name = true)`;
  const types = await files.rows(`SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM ${oracle})`);
  expect(columnsText(table)).toBe(types.flat().join(', '));
  expect(await files.scan(table)).toEqual(await files.rows(`FROM ${oracle}`));
  expect(table?.files[0]?.differs).toMatchObject({ i: 'TINYINT', extra: null });
  expect(table?.files[1]?.differs).toMatchObject({ b: null });
});

test('columns that can not be unified are told with table, column and files, and only to who asks', async () => {
  const first = await files.copy('bad/1.parquet', 'SELECT 1 AS a, 2 AS k');
  const second = await files.copy('bad/2.parquet', `SELECT DATE '2024-01-01' AS a, 2 AS k`);
  await files.copy('good.parquet', 'SELECT 1 AS a');
  const snapshot = await (await files.open()).snapshot();
  expect(columnsText(snapshot.lookup(undefined, 'good'))).toBe('a INTEGER');
  const error = await errorOf(() => snapshot.lookup(undefined, 'bad'));
  expect(error).toMatchObject({ sqlstate: '42804', errorClass: 'user' });
  expect(error.message).toContain('"a"');
  expect(error.message).toContain('"bad"');
  expect(error.detail).toContain(`INTEGER in "${first}"`);
  expect(error.detail).toContain(`DATE in "${second}"`);
});

test('a corrupt, cut or empty Parquet file is named, in a folder of good ones too; it heals', async () => {
  for (const name of ['1', '2', '3']) await files.copy(`t/${name}.parquet`, 'SELECT 1 AS a');
  files.write('cut.parquet', 'PAR1 not really PAR1');
  files.write('empty.parquet', '');
  const bad = files.write('t/2.parquet', 'PAR1garbagegarbagegarbage');
  const catalog = await files.open();
  const snapshot = await catalog.snapshot();
  for (const [name, path] of [
    ['t', bad],
    ['cut', files.path('cut.parquet')],
    ['empty', files.path('empty.parquet')],
  ] as const) {
    const error = await errorOf(() => snapshot.lookup(undefined, name));
    expect(error).toMatchObject({ sqlstate: '58030' });
    expect(error.message).toContain(path);
  }
  await files.copy('t/2.parquet', 'SELECT 2 AS a');
  expect(await files.scan((await catalog.snapshot()).lookup(undefined, 't'))).toEqual([[1], [2], [1]]);
});

test('the next snapshot sees new, replaced, changed and removed files, and is the same object when there are none', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  await files.copy('u.parquet', 'SELECT 1 AS a');
  const catalog = await files.open();
  const look = async () => {
    const snapshot = await catalog.snapshot();
    return { snapshot, version: snapshot.version, rows: await files.scan(snapshot.lookup(undefined, 't')) };
  };
  const first = await look();
  expect(await catalog.snapshot()).toBe(first.snapshot);
  await files.copy('t/2.parquet', `SELECT 2::BIGINT AS a, 'b' AS b`);
  const second = await look();
  expect(second.rows).toEqual([
    ['1', null],
    ['2', 'b'],
  ]);
  expect(second.version).not.toBe(first.version);
  expect(second.snapshot.lookup(undefined, 'u')).toBe(first.snapshot.lookup(undefined, 'u'));
  expect(columnsText(first.snapshot.lookup(undefined, 't'))).toBe('a INTEGER');
  const other = await files.copy('../other.parquet', 'SELECT 3 AS a');
  renameSync(other, files.path('t/1.parquet'));
  expect((await look()).rows).toEqual([
    ['3', null],
    ['2', 'b'],
  ]);
  rmSync(files.path('t/2.parquet'));
  expect((await look()).rows).toEqual([[3]]);
  const last = await look();
  utimesSync(files.path('t/1.parquet'), 1_000_000, 1_000_000);
  const touched = await look();
  expect(touched.version).not.toBe(last.version);
  expect(touched.snapshot.lookup(undefined, 't')?.files[0]?.mtimeMs).toBe(1_000_000_000);
  rmSync(join(files.data, 't'), { recursive: true });
  expect((await catalog.snapshot()).lookup(undefined, 't')).toBeUndefined();
});

test('statements that come at once share a listing that begins after they came', async () => {
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  const catalog = await files.open();
  const early = catalog.snapshot();
  await early;
  const running = catalog.snapshot();
  await files.copy('t/2.parquet', 'SELECT 2 AS a');
  const [, late, later] = await Promise.all([running, catalog.snapshot(), catalog.snapshot()]);
  expect(late).toBe(later);
  expect(late.lookup(undefined, 't')?.files).toHaveLength(2);
});

test('a folder with files of two formats is refused with an example of each', async () => {
  await files.copy('mixed/1.parquet', 'SELECT 1 AS a');
  files.write('mixed/2.csv', 'a\n1\n');
  const snapshot = await (await files.open()).snapshot();
  const error = await errorOf(() => snapshot.lookup(undefined, 'mixed'));
  expect(error).toMatchObject({ sqlstate: '42809' });
  expect(error.detail).toContain('1.parquet');
  expect(error.detail).toContain('2.csv');
});

test('named sources and globs; a named one without files gives an error that says so', async () => {
  await files.copy('a/1.parquet', 'SELECT 1 AS a');
  await files.copy('a/x2.parquet', 'SELECT 2 AS a');
  await files.copy('b.parquet', 'SELECT 3 AS a');
  const data = [
    `mine=${files.data}/a/x*.parquet`,
    `all=${files.data}/a`,
    `${files.data}/*.parquet`,
    `none=${files.data}/no/*.csv`,
  ];
  const snapshot = await (await files.open({ data })).snapshot();
  expect([...snapshot.names()].sort()).toEqual(['all', 'b', 'mine', 'none']);
  expect(await files.scan(snapshot.lookup(undefined, 'mine'))).toEqual([[2]]);
  expect(await files.scan(snapshot.lookup(undefined, 'all'))).toEqual([[1], [2]]);
  expect(await errorOf(() => snapshot.lookup(undefined, 'none'))).toMatchObject({ sqlstate: '58P01' });
});

test('symbolic links that lead out of the data folder are not followed', async () => {
  const outside = join(files.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.csv'), 'a,b\n1,2\n');
  files.write('t/1.csv', 'a,b\n3,4\n');
  files.write('real.csv', 'a,b\n5,6\n');
  symlinkSync(join(outside, 'secret.csv'), files.path('t/2.csv'));
  symlinkSync(outside, files.path('linked'));
  symlinkSync(join(outside, 'secret.csv'), files.path('secret.csv'));
  symlinkSync(files.path('real.csv'), files.path('inside.csv'));
  const snapshot = await (await files.open()).snapshot();
  expect([...snapshot.names()].sort()).toEqual(['inside', 'real', 't']);
  expect(await files.scan(snapshot.lookup(undefined, 't'))).toEqual([['3', '4']]);
});

test('an unreadable folder fails only its own table', async () => {
  if (process.getuid?.() === 0) return;
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  await files.copy('u/1.parquet', 'SELECT 1 AS a');
  chmodSync(files.path('t'), 0o000);
  try {
    const snapshot = await (await files.open()).snapshot();
    expect(await errorOf(() => snapshot.lookup(undefined, 't'))).toMatchObject({ sqlstate: '58030' });
    expect(columnsText(snapshot.lookup(undefined, 'u'))).toBe('a INTEGER');
  } finally {
    chmodSync(files.path('t'), 0o755);
  }
});

test('names with quotes and blanks are read; one that DuckDB would take for a pattern is refused, never read as another', async () => {
  const query = `SELECT 1 AS "it's", 2 AS "say ""x", 3 AS "a, b", 4 AS "sélect"`;
  await files.copy('it’s here/a "b" c;.parquet', query);
  await files.copy('plain/1.parquet', query);
  renameSync(files.path('plain'), files.path(`o'clock`));
  files.write('odd/a[1].csv', 'a,b\n1,2\n');
  files.write('odd/a1.csv', 'a,b\n3,4\n');
  const snapshot = await (await files.open()).snapshot();
  expect(await files.scan(snapshot.lookup(undefined, 'it_s_here'))).toEqual([[1, 2, 3, 4]]);
  expect(await files.scan(snapshot.lookup(undefined, 'o_clock'))).toEqual([[1, 2, 3, 4]]);
  const error = await errorOf(() => snapshot.lookup(undefined, 'odd'));
  expect(error).toMatchObject({ sqlstate: '0A000' });
  expect(error.message).toContain('a[1].csv');
});

test('files that are replaced while the catalog reads them never break a table', async () => {
  for (const name of ['1', '2', '3', '4']) await files.copy(`t/${name}.parquet`, 'SELECT 1 AS a');
  const wide = readFileSync(await files.copy('../wide.parquet', `SELECT 2::BIGINT AS a, 'x' AS b`));
  const narrow = readFileSync(await files.copy('../narrow.parquet', 'SELECT 1 AS a'));
  const catalog = await files.open();
  let isOver = false;
  const writer = (async () => {
    for (let run = 0; !isOver; run++) {
      const path = files.path(`t/${1 + (run % 4)}.parquet`);
      writeFileSync(`${path}.tmp`, run % 3 === 0 ? wide : narrow);
      renameSync(`${path}.tmp`, path);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  for (let run = 0; run < 40; run++) {
    const table = (await catalog.snapshot()).lookup(undefined, 't');
    expect(['a INTEGER', 'a BIGINT, b VARCHAR']).toContain(columnsText(table));
  }
  isOver = true;
  await writer;
});

test('a broken table is not read again for every statement, but again when its file changes', async () => {
  const bad = files.write('t/1.parquet', 'PAR1 garbage');
  const catalog = await files.open();
  const first = await catalog.snapshot();
  expect(await catalog.snapshot()).toBe(first);
  const error = await errorOf(() => first.lookup(undefined, 't'));
  writeFileSync(bad, 'PAR1 garbagE');
  expect(await errorOf(async () => (await catalog.snapshot()).lookup(undefined, 't'))).toEqual(error);
  await files.copy('t/1.parquet', 'SELECT 1 AS a');
  expect(columnsText((await catalog.snapshot()).lookup(undefined, 't'))).toBe('a INTEGER');
});

test('a start with a folder that is not there, or with the state in reach of SQL, is refused', async () => {
  const cases = [{ data: ['/no/such/folder'] }, { data: [''] }, { data: [files.folder] }, { allow: [files.state] }];
  for (const options of cases) expect(await errorOf(() => files.open(options))).toMatchObject({ sqlstate: 'F0000' });
});

test('time of a snapshot of 1,000 unchanged files, and of reading them first', async () => {
  for (let file = 0; file < 20; file++)
    await files.copy(`t/part=${file}/0.parquet`, `SELECT range AS a, 'x' AS b FROM range(10)`);
  const bytes = readFileSync(files.path('t/part=0/0.parquet'));
  for (let file = 20; file < 1000; file++) files.write(`t/part=${file % 50}/${file}.parquet`, bytes);
  const catalog = await files.open();
  const begin = performance.now();
  await catalog.snapshot();
  const first = performance.now() - begin;
  const times: number[] = [];
  for (let run = 0; run < 20; run++) {
    const start = performance.now();
    await catalog.snapshot();
    times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  console.log(`1,000 files: first ${first.toFixed(0)} ms, again ${times[10]?.toFixed(1)} ms (median of 20)`);
  const table = (await catalog.snapshot()).lookup(undefined, 't');
  expect(table?.files).toHaveLength(1000);
  const start = performance.now();
  const statistics = await catalog.statistics(table?.files ?? []);
  console.log(`statistics of 1,000 files: ${(performance.now() - start).toFixed(0)} ms`);
  expect(statistics[0]).toMatchObject({
    rowCount: 10,
    rowGroups: [{ columns: { a: { min: '0', max: '9', exact: true, nullCount: 0 } } }],
  });
});

test('a catalog that has rested sees each change', async () => {
  const past = new Date(Date.now() - 60_000);
  const rest = () => {
    for (const path of ['t/1.csv', 't', '']) utimesSync(join(files.data, path), past, past);
  };
  files.write('t/1.csv', 'a,b\n1,2\n');
  rest();
  const catalog = await files.open();
  const first = await catalog.snapshot();
  expect(await catalog.snapshot()).toBe(first);
  files.write('t/2.csv', 'a,b\n3,4\n');
  rest();
  const second = await catalog.snapshot();
  expect(await files.scan(second.lookup(undefined, 't'))).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  files.write('u.csv', 'x,y\n1,2\n');
  expect((await catalog.snapshot()).lookup(undefined, 'u')).toBeDefined();
  rest();
  rmSync(join(files.data, 't/1.csv'));
  expect(await files.scan((await catalog.snapshot()).lookup(undefined, 't'))).toEqual([['3', '4']]);
  rmSync(join(files.data, 'u.csv'));
  expect((await catalog.snapshot()).lookup(undefined, 'u')).toBeUndefined();
});
