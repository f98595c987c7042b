import { afterEach, beforeEach, expect, test } from 'vitest';
import { columnsText, errorOf, TestCatalog } from './test-catalog.ts';

let files: TestCatalog;
beforeEach(async () => {
  files = await TestCatalog.make();
});
afterEach(() => files.close());

async function lookup(name: string) {
  return (await (await files.open()).snapshot()).lookup(undefined, name);
}

test('CSV files with other columns, or the same in another order, are read by name', async () => {
  files.write('t/1.csv', 'id;v;day\n1;a;2024-01-01\n');
  files.write('t/2.csv', 'V;more;id\nb;x;2.5\n');
  files.write('t/3.csv', 'id;v;day\n');
  files.write('t/4.csv', '');
  const table = await lookup('t');
  expect(columnsText(table)).toBe('id DOUBLE, v VARCHAR, day DATE, more VARCHAR');
  expect(table?.options).toMatchObject({ delim: ';', header: true, quote: '"' });
  expect(table?.files.map(({ fields }) => fields)).toEqual([
    ['id', 'v', 'day'],
    ['v', 'more', 'id'],
    ['id', 'v', 'day'],
  ]);
  expect(await files.scan(table)).toEqual([
    [1, 'a', '2024-01-01', null],
    [2.5, 'b', null, 'x'],
  ]);
});

test('CSV values of different kinds are text; files of headers alone have text columns', async () => {
  files.write('t/1.csv', 'a,b,c\n1,2024-01-01,1\n');
  files.write('t/2.csv', 'a,b,c\n2.5,true,x\n');
  files.write('h.csv', 'a,b\n');
  const catalog = await files.open();
  const snapshot = await catalog.snapshot();
  expect(columnsText(snapshot.lookup(undefined, 't'))).toBe('a DOUBLE, b VARCHAR, c VARCHAR');
  expect(await files.scan(snapshot.lookup(undefined, 't'))).toEqual([
    [1, '2024-01-01', '1'],
    [2.5, 'true', 'x'],
  ]);
  expect(columnsText(snapshot.lookup(undefined, 'h'))).toBe('a VARCHAR, b VARCHAR');
  files.write('h.csv', 'a,b\n1,2\n');
  expect(columnsText((await catalog.snapshot()).lookup(undefined, 'h'))).toBe('a BIGINT, b BIGINT');
});

test('quotes that first come behind the sniffed rows are quotes', async () => {
  const plain = Array.from({ length: 30_000 }, (_, row) => `${row},x`).join('\n');
  files.write('t.csv', `a,b\n${plain}\n30000,"with, ""comma"""\n`);
  const table = await lookup('t');
  expect(await files.scan(table, 'count(*), max(b), max(length(b))')).toEqual([['30001', 'x', '13']]);
});

test('a CSV layout is sniffed once; the layout of a file written anew is sniffed again', async () => {
  files.write('t/1.csv', 'd,n\n25/02/2024,1\n26/02/2024,2\n');
  const catalog = await files.open();
  const first = (await catalog.snapshot()).lookup(undefined, 't');
  expect(columnsText(first)).toBe('d DATE, n BIGINT');
  expect(first?.options).toMatchObject({ dateformat: '%d/%m/%Y' });
  files.write('t/2.csv', 'd,n\n27/02/2024,3\n');
  const second = (await catalog.snapshot()).lookup(undefined, 't');
  expect(second?.options).toEqual(first?.options);
  expect(await files.scan(second, 'd')).toEqual([['2024-02-25'], ['2024-02-26'], ['2024-02-27']]);
  files.write('t/3.csv', 'd,n\nsoon,3\n');
  expect(columnsText((await catalog.snapshot()).lookup(undefined, 't'))).toBe('d VARCHAR, n BIGINT');
  for (const name of ['1', '2', '3']) files.write(`t/${name}.csv`, 'd|n\n2024-02-25|1\n2024-02-26|1\n');
  expect(columnsText((await catalog.snapshot()).lookup(undefined, 't'))).toBe('d DATE, n BIGINT');
});

test('JSON: arrays, lines and nested values; keys that only some files have', async () => {
  files.write('t/1.json', '[{"a":1,"s":{"x":1}},{"a":2,"l":[1,2]}]');
  files.write('t/2.ndjson', '{"a":2.5,"z":"x"}\n{"a":null}\n');
  files.write('t/3.json', '');
  const table = await lookup('t');
  expect(columnsText(table)).toBe('a DOUBLE, s STRUCT(x BIGINT), l BIGINT[], z VARCHAR');
  expect(await files.scan(table, 'a, s.x, l[2], z')).toEqual([
    [1, '1', null, null],
    [2, null, '2', null],
    [2.5, null, null, 'x'],
    [null, null, null, null],
  ]);
});

test('JSON dates and timestamps mean what DuckDB sniffs them to mean, or are text', async () => {
  files.write('zone.json', '{"t":"2024-01-02T03:04:05+02:00"}\n');
  files.write('utc.json', '{"t":"2024-01-02T03:04:05Z"}\n');
  files.write('fraction.json', '{"t":"2024-01-02T03:04:05.678Z"}\n{"t":"2024-01-02T03:04:05.1Z"}\n');
  files.write('iso.json', '{"t":"2024-01-02 03:04:05","d":"2024-01-02"}\n');
  files.write('us.json', '{"d":"25-02-2024"}\n');
  const snapshot = await (await files.open()).snapshot();
  for (const name of ['zone', 'utc', 'fraction', 'iso', 'us']) {
    const table = snapshot.lookup(undefined, name);
    const names = table?.columns.map((column) => `CAST(${column.name} AS VARCHAR)`).join(', ');
    const oracle = await files.rows(`SELECT ${names} FROM read_json('${files.data}/${name}.json')`);
    expect(await files.scan(table, names), name).toEqual(oracle);
    expect(columnsText(table), name).not.toContain('VARCHAR');
  }
  files.write('us/1.json', '{"d":"25-02-2024"}\n');
  files.write('us/2.json', '{"d":"2024-02-25"}\n');
  const both = (await (await files.open()).snapshot()).lookup(undefined, 'us');
  expect(columnsText(both)).toBe('d VARCHAR');
  expect(await files.scan(both)).toEqual([['25-02-2024'], ['2024-02-25']]);
});

test('a malformed text file is named', async () => {
  const json = files.write('j.json', '{"a":1}\n{{{\n');
  const csv = files.write('c.csv.gz', 'not gzip at all');
  const snapshot = await (await files.open()).snapshot();
  for (const [name, path] of [
    ['j', json],
    ['c', csv],
  ] as const) {
    const error = await errorOf(() => snapshot.lookup(undefined, name));
    expect(error, name).toMatchObject({ sqlstate: '58030', errorClass: 'user' });
    expect(error.message).toContain(path);
  }
});

const oddFiles: Readonly<Record<string, string>> = {
  'one_column.csv': 'name\nx\ny\n',
  'one_number.csv': '1\n2\n',
  'crlf.csv': 'a,b\r\n1,x\r\n2,y\r\n',
  'twice.csv': 'a,a,A\n1,2,3\n',
  'preamble.csv': 'made by hand\n\na;b;c\n1;2;3\n4;5;6\n',
  'comments.csv': '# note\na,b\n1,2\n# another\n3,4\n',
  'single_quotes.csv': "a,b\n'x, y',1\n'z',2\n",
  'backslash.csv': 'a,b\n"x \\"y\\"",1\n"z",2\n',
  'nulls.csv': 'a,b\n,1\nx,\n',
  'spaces in name.csv': 'first name,order\nx,1\n',
  'pipes.csv': 'a|b\n2024-01-01 10:11:12|1e3\n',
  'times.csv': 'a,b\n01:02:03,2024-01-02T03:04:05Z\n',
  'large.csv': 'a,b\n9223372036854775808,0.1\n',
  'scalars.json': '1\n2\n',
  'texts.json': '["a","b"]',
  'nested.json': '{"a":{"b":[{"c":1},{"c":null}]},"m":{"x":1}}\n',
  'clash.json': '{"a":1}\n{"a":"x"}\n{"a":[1]}\n',
  'null.json': '{"a":null}\n',
  'order.json': '{"order":1,"select":{"from":2}}\n',
  'json.json': '{"json":1}\n',
  'pretty.json': '{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
};

test('odd files are read as DuckDB reads them alone', async () => {
  for (const [name, text] of Object.entries(oddFiles)) files.write(`odd/${name}`, text);
  const catalog = await files.open({ data: [`${files.data}/odd`] });
  const snapshot = await catalog.snapshot();
  for (const name of Object.keys(oddFiles)) {
    const stem = name.replace(/\..*/, '').replaceAll(' ', '_');
    const path = `${files.data}/odd/${name}`;
    const table = snapshot.lookup(undefined, stem);
    const oracle = name.endsWith('csv') ? `read_csv('${path}')` : `read_json('${path}')`;
    const types = await files.rows(`SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM ${oracle})`);
    expect(columnsText(table), name).toBe(types.flat().join(', '));
    expect(await files.scan(table), name).toEqual(await files.rows(`FROM ${oracle}`));
  }
});
