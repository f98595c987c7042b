import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOf } from '../testdata/harness/bind-request.ts';
import { catalogOf, DuckdbWorld, fakeTable } from '../testdata/harness/duckdb-world.ts';
import { analyze } from './analyze.ts';
import type { Dialect } from './index.ts';

const catalog = catalogOf(fakeTable('trades', { ticker: 'VARCHAR', price: 'DECIMAL(12,2)', qty: 'BIGINT' }));
let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

const run = (sql: string, dialect: Dialect = 'postgres') => analyze(requestOf(sql, catalog, { dialect }), world);

describe('analyze', () => {
  test.each([
    ['select 1', 'local'],
    ['select * from my_table, range(3)', 'local'],
    ['select x from a, b', 'local'],
    ['show tables', 'local'],
    ['select * from trades', 'dataset'],
    ['describe trades', 'dataset'],
    ['with trades as (select 1) select * from trades', 'local'],
    ["select * from read_csv('/x.csv', header = true)", 'dataset'],
    ['select * from PUBLIC.Trades', 'dataset'],
    ['select * from other.trades', 'local'],
    ['select * from trades join my_table using (ticker)', 'mixed'],
    ["select * from query('select * from trades'), trades", 'mixed'],
    ['pivot trades on ticker using sum(qty)', 'mixed'],
    ['pivot my_table on ticker using sum(qty)', 'local'],
  ])('%s reaches %s', async (sql, reach) => {
    expect((await run(sql)).reach).toBe(reach);
  });

  test('keeps the text where nothing has to change, and rewrites operators of the dialect', async () => {
    const sql = "SELECT  'a' ~ $1, $3";
    expect(await run(sql, 'duckdb')).toMatchObject({ sql, parameterCount: 3 });
    const { sql: rewritten, parameterCount } = await run(sql);
    expect([rewritten, parameterCount]).toEqual(["SELECT regexp_matches('a', $1, 's'), $3", 3]);
    expect((await run('SELECT  1')).sql).toBe('SELECT  1');
  });

  test.each([
    ['selec 1', '42601', 1],
    ["select 'é😀' frm b c", '42601', 17],
    ['select prise from trades', '42703', 8],
  ])('refuses %s', async (sql, sqlstate, position) => {
    await expect(run(sql)).rejects.toMatchObject({ sqlstate, position });
  });
});

describe('output names', () => {
  const names = async (sql: string, duckdb: readonly string[], dialect: Dialect = 'postgres') =>
    (await run(sql, dialect)).outputNames(duckdb);

  // Each name is what PostgreSQL 15 gives.
  test.each([
    ['1', '?column?'],
    ["'a'", '?column?'],
    ['1 + 1', '?column?'],
    ['-qty', '?column?'],
    ['qty', 'qty'],
    ['trades.qty', 'qty'],
    ['count(*)', 'count'],
    ['sum(qty)', 'sum'],
    ['sum(qty) over ()', 'sum'],
    ['row_number() over ()', 'row_number'],
    ['count(*) over ()', 'count'],
    ['qty::int', 'qty'],
    ['cast(qty + 1 as int)', 'int4'],
    ['(qty + 1)::text', 'text'],
    ['cast(1 as varchar)', 'varchar'],
    ['cast(1 as character varying(5))', 'varchar'],
    ["'1'::bigint", 'int8'],
    ["'1'::double precision", 'float8'],
    ["'1'::numeric(5,1)", 'numeric'],
    ["date '2020-01-01'", 'date'],
    ["timestamp '2020-01-01'", 'timestamp'],
    ["'2020-01-01'::timestamptz", 'timestamptz'],
    ["interval '1 day'", 'interval'],
    ['true', '?column?'],
    ["'t'::bool", 'bool'],
    ['array(select 1)', 'array'],
    ['(array[1, 2])[1]', 'array'],
    ["now() at time zone 'UTC'", 'timezone'],
    ["overlay('abc' placing 'b' from 1)", 'overlay'],
    ["trim(leading 'x' from ticker)", 'ltrim'],
    ['ltrim(ticker)', 'ltrim'],
    ['not exists (select 1)', '?column?'],
    ["'a'::char(3)", 'bpchar'],
    ["'[1]'::int[]", 'int4'],
    ["date '2020-01-01' - 1", '?column?'],
    ['current_timestamp', 'current_timestamp'],
    ['upper(ticker)::text', 'upper'],
    ['case when qty > 1 then 1 end', 'case'],
    ['case when qty > 1 then 1 else 2 end', 'case'],
    ['case when qty > 1 then 1 else qty end', 'qty'],
    ['coalesce(qty, 1)', 'coalesce'],
    ['nullif(qty, 1)', 'nullif'],
    ['greatest(1, 2)', 'greatest'],
    ['exists (select 1)', 'exists'],
    ['(select 1)', '?column?'],
    ['(select max(qty) from trades)', 'max'],
    ['(select 1 as x)', 'x'],
    ['qty in (1, 2)', '?column?'],
    ['qty in (select 1)', '?column?'],
    ['qty between 1 and 2', '?column?'],
    ['qty is null', '?column?'],
    ['not true', '?column?'],
    ["ticker like 'a'", '?column?'],
    ["ticker like 'a' escape '!'", '?column?'],
    ["ticker ~ 'a'", '?column?'],
    ["ticker similar to 'a'", '?column?'],
    ["ticker || 'a'", '?column?'],
    ['array[1, 2]', 'array'],
    ['row(1, 2)', 'row'],
    ['current_date', 'current_date'],
    ['current_user', 'current_user'],
    ['now()', 'now'],
    ["extract(year from date '2020-01-01')", 'extract'],
    ["date_part('year', date '2020-01-01')", 'date_part'],
    ['substring(ticker from 1 for 2)', 'substring'],
    ['trim(ticker)', 'btrim'],
    ["position('a' in ticker)", 'position'],
    ['ticker collate "C"', 'ticker'],
    ["'a' as x", 'x'],
    ['$1::int', 'int4'],
    ['count(*) filter (where qty > 1)', 'count'],
  ])('of %s is %s', async (item, expected) => {
    expect(
      await names(`select ${item} from trades`, [
        expected === 'x' || /^(?:trades\.)?\w+$/.test(item) ? expected : 'engine',
      ]),
    ).toEqual([expected]);
  });

  test('leave stars and what stands between them to the engine', async () => {
    const all = ['ticker', 'price', 'qty'];
    expect(await names('select 1, *, count(*) from trades', ['1', ...all, 'count_star()'])).toEqual([
      '?column?',
      ...all,
      'count',
    ]);
    expect(await names('select *, 1, t.*, 2 from trades t', [...all, '1', ...all, '2'])).toEqual([
      ...all,
      '1',
      ...all,
      '?column?',
    ]);
  });

  test('are those of the first arm of a set operation, and column1, column2 of VALUES', async () => {
    expect(await names('select 1 union all select 2 as x', ['1'])).toEqual(['?column?']);
    expect(await names('values (1, 2)', ['col0', 'col1'])).toEqual(['column1', 'column2']);
    expect(await names('select * from (values (1, 2)) v(a, b)', ['a', 'b'])).toEqual(['a', 'b']);
  });

  test('in the duckdb dialect are the engine’s', async () => {
    expect(await names('select count(*), 1', ['count_star()', '1'], 'duckdb')).toEqual(['count_star()', '1']);
  });
});
