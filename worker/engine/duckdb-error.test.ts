import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errors, type SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from './duckdb-error.ts';
import { openInstance } from './instance.ts';

const root = mkdtempSync(join(tmpdir(), 'errors-'));
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await openInstance({
    path: ':memory:',
    threads: 1,
    memoryBytes: 64 * 1024 * 1024,
    tempDirectory: join(root, 'temp'),
    maxTempBytes: 1024 * 1024,
    allowedDirectories: [root],
  });
  connection = await instance.connect();
  await connection.run(
    'CREATE TABLE items (a INTEGER PRIMARY KEY, b INTEGER NOT NULL, c INTEGER CHECK (c > 0));' +
      'CREATE TABLE orders (a INTEGER REFERENCES items (a)); INSERT INTO items VALUES (1, 1, 1); CREATE SCHEMA s1; CREATE TABLE s1.t (a INTEGER)',
  );
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(root, { recursive: true });
});

async function failure(sql: string): Promise<SluiceError> {
  try {
    await connection.run(sql);
  } catch (error) {
    return toSluiceError(error, sql);
  }
  throw new Error(`it ran: ${sql}`);
}

const cases: readonly (readonly [sql: string, sqlstate: string, more?: Partial<SluiceError>])[] = [
  ['selec 1', '42601', { position: 1, message: 'syntax error at or near "selec"' }],
  ['select 1 +', '42601', { position: 11 }],
  ['select * from', '42601'],
  ['values (1), (1, 2)', '42601'],
  ['select nope from items', '42703', { position: 8, message: 'column "nope" does not exist' }],
  ['select items.nope from items', '42703'],
  ['update items set zz = 1', '42703'],
  ['insert into items (zz) values (1)', '42703'],
  ["select struct_extract({'a': 1}, 'b')", '42703'],
  [
    'select * from itemz',
    '42P01',
    { position: 15, message: 'relation "itemz" does not exist', hint: 'Did you mean "items"?' },
  ],
  ['select * from qqqqqqqqqq', '42P01', { hint: undefined }],
  ['select x.a from items', '42P01'],
  ['select * from nosch.t', '42P01'],
  ['drop schema nosch', '3F000'],
  ['select nofunc(1)', '42883'],
  ["select abs('x'::varchar)", '42883'],
  ['select * from nofunc()', '42883'],
  ["select 'a'::notype", '42704'],
  ["select abs('x')", '42725'],
  ['select a from items x, items y', '42702'],
  ['select a, count(*) from items', '42803'],
  ['select 1 where sum(1) > 1', '42803'],
  ['select 1 from items where lag(1) over () = 1', '42P20'],
  ['select 1 order by 5', '42P10'],
  ['select 1 union select 1, 2', '42601'],
  ["select 'x'::integer", '22P02', { position: 8, message: 'invalid input syntax for type integer: "x"' }],
  ["select 'ä', 'x'::boolean", '22P02', { position: 13 }],
  ["select date 'x'", '22007', { position: 13 }],
  ["select cast(s as integer) from (select 'x' || 'y' as s)", '22P02', { position: undefined }],
  ["select '99999999999'::integer", '22003', { message: 'value "99999999999" is out of range for type integer' }],
  ["select 'x'::interval", '22007'],
  ['select 12345.678::decimal(4,2)', '22003'],
  ['select make_date(2023, 2, 29)', '22008'],
  ["select date_trunc('foo', date '2020-01-01')", '22023'],
  ["select cast('[22012] division by zero|' || 0 as boolean)", '22012', { message: 'division by zero' }],
  ['select 1 limit -1', '2201W'],
  ["select ''::boolean", '22P02'],
  ["select 'x'::date", '22007'],
  ["select '2020-02-30'::date", '22008'],
  ["select strptime('x', '%Y')", '22007'],
  ['select cast(300 as tinyint)', '22003'],
  ['select 12345::decimal(3,1)', '22003'],
  ['select 9223372036854775807 + 1', '22003'],
  ['select 2147483647::int + 1::int', '22003'],
  ['select sqrt(-1)', '2201F'],
  ['select ln(0)', '2201E'],
  ["select regexp_matches('a', '(')", '2201B'],
  ["select '{'::json", '22P02'],
  ["select 'a' like 'b' escape 'cc'", '22025'],
  ['select (select unnest([1, 2]))', '21000'],
  ['insert into items values (1, 1, 1)', '23505', { message: 'duplicate key value violates unique constraint' }],
  ['insert into items values (2, null, 1)', '23502'],
  ['insert into items values (2, 1, -1)', '23514'],
  ['insert into orders values (99)', '23503'],
  ['create table items (a int)', '42P07', { message: 'relation "items" already exists' }],
  ['create schema s1', '42P06'],
  ['alter table items add column a int', '42701'],
  ['drop schema s1', '2BP01'],
  ['set nope = 1', '42704'],
  ["set session TimeZone = 'Mars/Olympus'", '22023'],
  ['commit', '25P01'],
  ['select $1', '08P01'],
  ["select * from read_text('/etc/passwd')", '42501'],
  ["select * from read_csv('nothing.csv')", '42501'],
  [`select * from read_parquet('${root}/nothing.parquet')`, '58P01'],
  [`select ${'1 + '.repeat(2000)} 1`, '54001'],
  ["select repeat('x', 1000000000000)", '54000'],
];

describe('toSluiceError', () => {
  it.each(cases.map(([sql, sqlstate, more]) => ({ sql, sqlstate, more })))(
    '$sql is $sqlstate',
    async ({ sql, sqlstate, more }) => {
      const error = await failure(sql);
      expect(error).toMatchObject({ sqlstate, errorClass: 'user', ...more });
      expect(error.message).not.toMatch(/exception_type|^\w+ Error:|\n|[.!]$/);
    },
  );

  it.each([
    ["select '😀é' as x, foo from items", 18 + 1],
    ["select '😀é' as x, * frm items", 26 - 1],
    ["\n\nselect\n  'é',\n zz from items", 18],
  ])('counts positions in characters: %s', async (sql, position) => {
    const error = await failure(sql);
    expect(error.position).toBe(position);
  });

  it('tells out of memory apart, with its limit on the disk', async () => {
    const error = await failure('select list(i) from range(30000000) t(i)');
    expect(error).toMatchObject({ errorClass: 'oom', message: 'out of memory' });
    const full = await failure(
      'create temp table big as select i, hash(i) h, md5(i::varchar) m from range(3000000) t(i)',
    );
    expect(full).toMatchObject({ errorClass: 'oom', sqlstate: '53100' });
  });

  it('makes an interrupt a cancel', async () => {
    const query = failure('select count(*) from range(1000000000) a, range(1000) b');
    const timer = setInterval(() => connection.interrupt(), 20); // one that comes before the query starts is lost
    expect(await query).toMatchObject({ errorClass: 'cancelled', sqlstate: '57014' });
    clearInterval(timer);
  });

  it('makes a write conflict 40001 and an aborted transaction 25P02', async () => {
    const [first, second] = [await instance.connect(), await instance.connect()];
    await first.run('create table counter (n int); insert into counter values (1); begin; update counter set n = 2');
    await second.run('begin');
    const conflict = await second.run('update counter set n = 3').catch((error: unknown) => toSluiceError(error));
    expect(conflict).toMatchObject({ sqlstate: '40001' });
    const aborted = await second.run('select 1').catch((error: unknown) => toSluiceError(error));
    expect(aborted).toMatchObject({ sqlstate: '25P02' });
    const nested = await first.run('begin').catch((error: unknown) => toSluiceError(error));
    expect(nested).toMatchObject({ sqlstate: '25001' });
    first.closeSync();
    second.closeSync();
  });

  it.each([
    ['short.parquet', 'x'],
    ['no-magic.parquet', 'PAR1'.padEnd(200, 'x')],
    ['footer.parquet', `PAR1${'x'.repeat(40)}PAR1`],
    ['bad.json', '{"a": 1}\n{"a":\n'],
  ])('names the file that can not be read: %s', async (name, content) => {
    const path = join(root, name);
    writeFileSync(path, content);
    const reader = name.endsWith('json') ? `read_json('${path}', columns = {a: 'INTEGER'})` : `read_parquet('${path}')`;
    expect(await failure(`select * from ${reader}`)).toMatchObject({
      sqlstate: '58030',
      message: `could not read file "${path}"`,
      errorClass: 'user',
    });
  });

  it('reads errors that are not JSON too', async () => {
    const plain = await DuckDBInstance.create(':memory:');
    const other = await plain.connect();
    const error = await other.run('select * from nope').catch((reason: unknown) => toSluiceError(reason));
    expect(error).toMatchObject({ errorClass: 'user' });
    expect((error as SluiceError).message).not.toContain('Catalog Error');
    const syntax = await other.run('selec 1').catch((reason: unknown) => toSluiceError(reason));
    expect(syntax).toMatchObject({ sqlstate: '42601', message: 'syntax error at or near "selec"' });
    plain.closeSync();
  });

  it('hands our own errors on and takes foreign ones for internal', () => {
    const own = errors.inputChanged('/a');
    expect(toSluiceError(own)).toBe(own);
    expect(toSluiceError(new Error('boom'))).toMatchObject({ sqlstate: 'XX000', errorClass: 'internal' });
    expect(toSluiceError('boom')).toMatchObject({ sqlstate: 'XX000' });
    const full = Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', syscall: 'write' });
    expect(toSluiceError(full)).toMatchObject({ sqlstate: '53100', errorClass: 'infra' });
    expect(toSluiceError(new Error('{"exception_type": broken'))).toMatchObject({ sqlstate: 'XX000' });
    expect(toSluiceError(new Error('{"exception_type":"New","exception_message":"x"}'))).toMatchObject({
      sqlstate: 'XX000',
    });
  });
});
