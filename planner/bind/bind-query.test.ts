import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOf } from '../../testdata/harness/bind-request.ts';
import { catalogOf, DuckdbWorld, fakeTable } from '../../testdata/harness/duckdb-world.ts';
import type { PlannerSettings } from '../index.ts';
import { printExpression, printStatement } from '../sql/print.ts';
import { bindQuery } from './bind-query.ts';
import type { BoundQuery } from './bound-query.ts';

const trades = fakeTable(
  'trades',
  {
    day: 'DATE',
    ticker: 'VARCHAR',
    price: 'DECIMAL(12,2)',
    qty: 'BIGINT',
    info: 'STRUCT(a INTEGER, b VARCHAR)',
    tags: 'VARCHAR[]',
  },
  3,
  ['day'],
);
const tickers = fakeTable('tickers', { ticker: 'VARCHAR', name: 'VARCHAR', qty: 'INTEGER' });
const catalog = catalogOf(trades, tickers);

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

const bind = (sql: string, settings: Partial<PlannerSettings> = {}, parameters: readonly string[] | null = []) =>
  bindQuery(requestOf(sql, catalog, settings, parameters), world);
const printed = async (sql: string) => printStatement(world, (await bind(sql)).statement);
const filters = async ({ occurrences }: BoundQuery) =>
  Promise.all(occurrences.map(({ filters: list }) => Promise.all(list.map((item) => printExpression(world, item)))));

describe('the normalised SQL', () => {
  test.each([
    ['select price from trades', 'SELECT trades.price FROM __scan0 AS trades'],
    ['select T.Price from public.trades t', 'SELECT T.price FROM __scan0 AS t'],
    ['select public.trades.price from trades', 'SELECT trades.price FROM __scan0 AS trades'],
    ['select info.a, trades.info.b from trades', 'SELECT trades.info.a, trades.info.b FROM __scan0 AS trades'],
    ['select x from trades t(x)', 'SELECT t.x FROM __scan0 AS t(x)'],
    ['select * from trades, tickers', 'SELECT * FROM __scan0 AS trades , __scan1 AS tickers'],
    [
      'select price from trades tablesample 10%',
      'SELECT trades.price FROM __scan0 AS trades TABLESAMPLE System(10.0 PERCENT)',
    ],
    ['with trades as (select 1 as x) select x from trades', 'WITH trades AS (SELECT 1 AS x)SELECT x FROM trades'],
  ])('%s', async (sql, expected) => {
    const normal = (text: string) => text.toLowerCase().replace(/\s*,\s*/g, ', ');
    expect(normal(await printed(sql))).toContain(normal(expected));
  });

  test('of a column that the engine names by its text stays in a sub-query', async () => {
    const sql = await printed('select s."(price + 1)" from (select price + 1 from trades) s');
    await expect(world.describe(sql, [{ name: '__scan0', columns: trades.columns }])).resolves.toMatchObject({
      columns: [{ name: '(price + 1)' }],
    });
  });

  test('groups by an expression in a sub-query whose item stays unqualified', async () => {
    const sql = await printed('select * from (select price + 1, count(*) from trades group by price + 1) s');
    await expect(world.describe(sql, [{ name: '__scan0', columns: trades.columns }])).resolves.toBeDefined();
  });

  test('has parameter values as typed constants', async () => {
    const bound = await bind('select $1 + qty from trades where day = $2 limit $3', {}, [
      "CAST('7' AS INTEGER)",
      "CAST('2024-01-01' AS DATE)",
      "CAST('5' AS BIGINT)",
    ]);
    expect(bound.parameters).toBe(false);
    expect(bound.blocks[0]!.limit).toEqual({ limit: 5, offset: null });
    expect(await filters(bound)).toEqual([['(trades."day" = CAST(\'2024-01-01\' AS DATE))']]);
    expect(bound.describeSql).toContain("where day = CAST('2024-01-01' AS DATE)");
  });

  test('keeps parameters whose values are not known', async () => {
    const bound = await bind('select * from trades where qty = $1', {}, null);
    expect(bound.parameters).toBe(true);
  });
});

describe('resolution', () => {
  const kinds = async (sql: string) => {
    const { resolutions, opaque } = await bind(sql);
    expect(opaque).toBeNull();
    return [...resolutions].map(([node, { kind }]) => `${node.column_names.at(-1)}:${kind}`);
  };

  test.each<[string, readonly string[]]>([
    // Measured with DuckDB 1.5.5: bare ORDER BY and HAVING prefer the alias, everything else the column.
    ['select -qty as qty from trades order by qty', ['qty:column', 'qty:alias']],
    ['select -qty as qty from trades order by qty + 0', ['qty:column', 'qty:column']],
    ['select -qty as qty from trades where qty < 0', ['qty:column', 'qty:column']],
    ['select -qty as qty from trades group by qty', ['qty:column', 'qty:column']],
    ['select -sum(qty) as qty from trades having qty < 0', ['qty:column', 'qty:alias']],
    ['select max(price) as qty from trades having sum(qty) = 3', ['price:column', 'qty:column']],
    ['select -qty as x from trades where x < 0', ['qty:column', 'x:alias']],
    ['select qty as x, x + 1 as y from trades', ['qty:column', 'x:alias']],
    ['select ticker, t.name from trades join tickers t using (ticker)', ['ticker:merged', 'name:column']],
    [
      'select current_date, list_transform(tags, lambda x: x || ticker) from trades',
      ['current_date:other', 'tags:column', 'x:other', 'x:other', 'ticker:column'],
    ],
    ['select x from (select qty as x from trades) s', ['qty:column', 'x:derived']],
    ['select t from trades t', ['t:other']],
  ])('%s', async (sql, expected) => {
    expect(await kinds(sql)).toEqual(expected);
  });

  test('finds columns of outer queries', async () => {
    const { blocks, resolutions, facts, occurrences } = await bind(
      'select ticker from trades t where qty > (select avg(k.qty) from tickers k where k.ticker = t.ticker and price > 0)',
    );
    expect(facts.correlated).toBe(true);
    expect(blocks.map(({ correlated }) => correlated)).toEqual([false, true]);
    expect([...resolutions.values()].filter((found) => found.kind === 'column' && found.depth === 1)).toHaveLength(2);
    expect(occurrences.map(({ repeated }) => repeated)).toEqual([false, true]);
  });

  test.each([
    'select prize from trades',
    'select 1 from trades join tickers on true where trades.nome = 1',
    'select x from (select qty as y from trades) s',
    'with c as (select qty from trades) select price from c',
  ])('refuses %s', async (sql) => {
    await expect(bind(sql)).rejects.toMatchObject({ sqlstate: '42703' });
  });

  test('a qualifier that no relation has is a missing FROM-clause entry', async () => {
    await expect(bind('select trade.qty from trades')).rejects.toMatchObject({
      sqlstate: '42P01',
      message: 'missing FROM-clause entry for table "trade"',
      hint: 'Did you mean "trades"?',
      position: 8,
    });
  });

  test('says which column was meant, and where, in characters of the text', async () => {
    await expect(bind(`/* é */ select 'é😀', prise from trades`)).rejects.toMatchObject({
      sqlstate: '42703',
      message: 'column "prise" does not exist',
      hint: 'Did you mean "price"?',
      position: 22,
    });
  });

  test.each([
    'select whatever from some_local_table, trades',
    'select ticker from trades, tickers',
    'select rowid from trades, local_table',
    'select qty + 1 as x, (select x) from trades',
  ])('leaves to the engine what it can not tell: %s', async (sql) => {
    await expect(bind(sql)).resolves.toBeDefined();
  });

  test('of an ambiguous column makes the query opaque', async () => {
    expect((await bind('select ticker from trades, tickers')).opaque).toContain('ticker');
  });
});

describe('columns that are read', () => {
  test.each<[string, readonly (readonly string[])[]]>([
    ['select price from trades where qty > 1 order by day', [['day', 'price', 'qty']]],
    ['select count(*) from trades', [[]]],
    ['select #2 from tickers', [['ticker', 'name', 'qty']]],
    ['select array(select name from tickers)', [['name']]],
    // The relation must have what EXCLUDE names.
    ['select * exclude (price) from trades', [['day', 'ticker', 'price', 'qty', 'info', 'tags']]],
    ['select t.* from trades t, tickers k', [['day', 'ticker', 'price', 'qty', 'info', 'tags'], []]],
    ['select info.a from trades', [['info']]],
    ['select t from trades t', [['day', 'ticker', 'price', 'qty', 'info', 'tags']]],
    ["select columns(c -> c like 'p%') from trades", [['day', 'ticker', 'price', 'qty', 'info', 'tags']]],
    [
      'select name from trades natural join tickers',
      [
        ['ticker', 'qty'],
        ['ticker', 'name', 'qty'],
      ],
    ],
    ['select name from trades join tickers using (ticker)', [['ticker'], ['ticker', 'name']]],
  ])('%s', async (sql, expected) => {
    expect((await bind(sql)).occurrences.map(({ columns }) => columns)).toEqual(expected);
  });
});

describe('filters of an occurrence', () => {
  test.each<[string, readonly (readonly string[])[]]>([
    [
      'from trades t where qty > 1 and price < 2 and (qty = 3 or price = 4)',
      [['(t.qty > 1)', '(t.price < 2)', '((t.qty = 3) OR (t.price = 4))']],
    ],
    ['from trades t, tickers k where t.qty = k.qty and t.qty > 1 and k.qty < 9', [['(t.qty > 1)'], ['(k.qty < 9)']]],
    [
      'from trades t join tickers k on t.ticker = k.ticker and t.qty > 1 and k.qty < 9',
      [['(t.qty > 1)'], ['(k.qty < 9)']],
    ],
    [
      'from trades t left join tickers k on t.qty > 1 and k.qty < 9 where t.price = 1 and k.qty = 2',
      [['(t.price = 1)'], ['(k.qty < 9)']],
    ],
    [
      'from trades t right join tickers k on t.qty > 1 and k.qty < 9 where t.price = 1 and k.qty = 2',
      [['(t.qty > 1)'], ['(k.qty = 2)']],
    ],
    ['from trades t full join tickers k on t.qty > 1 and k.qty < 9 where t.price = 1 and k.qty = 2', [[], []]],
    [
      'from trades t semi join tickers k on t.qty > 1 and k.qty < 9 where t.price = 1',
      [['(t.price = 1)', '(t.qty > 1)'], ['(k.qty < 9)']],
    ],
    [
      'from trades t anti join tickers k on t.qty > 1 and k.qty < 9 where t.price = 1',
      [['(t.price = 1)'], ['(k.qty < 9)']],
    ],
    ['from trades t asof join tickers k on t.qty >= k.qty where t.price = 1 and k.qty = 2', [['(t.price = 1)'], []]],
    ['from trades t positional join tickers k where t.price = 1 and k.qty = 2', [[], []]],
    ['from trades t tablesample 10% where qty = 1', [[]]],
    ['from trades t where random() < qty and qty in (select 1) and qty = $1', [['(t.qty = $1)']]],
    ['from (select * from trades where qty > 5) s where s.qty < 9', [['(trades.qty > 5)']]],
    [
      "from trades t where day >= current_date and ticker like 'A%'",
      [['(t."day" >= current_date)', "(t.ticker ~~ 'A%')"]],
    ],
    ['from trades t group by all having max(qty) > 1', [[]]],
  ])('%s', async (from, expected) => {
    expect(await filters(await bind(`select 1 ${from}`, {}, null))).toEqual(expected);
  });
});

describe('shape and facts', () => {
  test.each([
    ['select sum(qty) from trades', 'single'],
    ['select 1 from trades a join trades b using (ticker)', 'join'],
    ['select 1', 'local'],
    ['select qty from trades union all select qty from tickers', 'other'],
    ['select qty from (select qty from trades) s', 'other'],
    ['select qty from trades, range(3)', 'other'],
    ['select (select max(qty) from tickers) from trades', 'other'],
    ["select * from trades pivot (sum(qty) for ticker in ('a'))", 'other'],
  ])('%s is %s', async (sql, kind) => {
    expect((await bind(sql)).shape.kind).toBe(kind);
  });

  test('tells what a SELECT contains', async () => {
    const { blocks } = await bind(
      `select distinct ticker, sum(distinct qty) filter (where qty > 1), list(price order by qty), rank() over (), unnest(tags)
       from trades group by rollup (ticker) having count(*) > 1 qualify rank() over () = 1 order by 1 limit 3 offset 2`,
    );
    expect(blocks).toHaveLength(1);
    expect(blocks[0]).toMatchObject({
      role: 'top',
      grouped: true,
      windows: true,
      distinct: 'all',
      groupingSets: true,
      having: true,
      qualify: true,
      orderBy: true,
      unnest: true,
      limit: { limit: 3, offset: 2 },
      aggregates: [
        { name: 'sum', distinct: true, ordered: false, filtered: true },
        { name: 'list', distinct: false, ordered: true, filtered: false },
        { name: 'count_star', distinct: false, ordered: false, filtered: false },
      ],
    });
  });

  test('sorts functions by what they depend on', async () => {
    const { facts } = await bind(
      'select random(), now(), current_user, version(), today(), my_macro(1), qty::mytype, 1::json, uuid() from trades, local_t',
    );
    expect(facts).toMatchObject({
      volatileFunctions: ['random', 'uuid'],
      statementTimeFunctions: ['now', 'today'],
      sessionFunctions: ['current_user', 'version'],
      unknownFunctions: ['my_macro'],
      userTypes: ['mytype'],
      localTables: ['local_t'],
    });
  });

  test('sees lateral, ASOF and positional joins, CTEs and set operations', async () => {
    const { facts } = await bind(
      `with recursive r(n) as (select 1 union all select n + 1 from r)
       select * from trades t, lateral (select t.qty + 1 as q) l asof join tickers k on l.q >= k.qty positional join r`,
    );
    expect(facts).toMatchObject({
      lateralJoin: true,
      asofJoin: true,
      positionalJoin: true,
      ctes: true,
      recursive: true,
    });
  });
});

describe('files in FROM', () => {
  test('are scans when the world knows them', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'sluice-')), 'numbers.parquet');
    await world.rows(`COPY (SELECT 1 AS a, 2 AS b) TO '${file}' (FORMAT parquet)`, []);
    const bound = await bind(`select a, f.b from '${file}' f, read_parquet('${file}') where b = 2`);
    expect(bound.occurrences.map(({ alias }) => alias)).toEqual(['f', 'read_parquet']);
    const virtual = await bind(`select filename from read_parquet('${file}')`);
    expect([virtual.occurrences, virtual.opaque]).toEqual([[], expect.any(String)]);
  });

  test.each([["select * from read_csv('/x/*.csv', header = true)"]])('stay as they are otherwise: %s', async (sql) => {
    const bound = await bind(sql);
    expect(bound.occurrences).toEqual([]);
    expect(bound.opaque).not.toBeNull();
  });
});

test('what has no AST is 0A000', async () => {
  await expect(bind('pivot trades on ticker using sum(qty)')).rejects.toMatchObject({ sqlstate: '0A000' });
});

test('hints and their notices come with the query', async () => {
  const bound = await bind('/*+ strategy(gather) */ select 1 /*+ seqscan(t) partitions(3) */');
  expect(bound.hints).toEqual([
    { kind: 'strategy', strategy: 'gather', at: 4 },
    { kind: 'partitions', partitions: 3, at: 48 },
  ]);
  expect(bound.notices).toMatchObject([{ severity: 'WARNING', hint: expect.stringContaining('Hints are:') }]);
});

test('ORDER BY of a name that a star replaces or renames means the output column: it runs as it was written', async () => {
  for (const sql of [
    'select * replace (-qty as qty) from tickers order by qty',
    'select * rename (qty as amount) from tickers order by amount',
  ]) {
    const { opaque, statement } = await bind(sql);
    expect(opaque).toContain('star');
    expect(await printStatement(world, statement)).not.toContain('ORDER BY tickers');
  }
  expect((await bind('select * replace (-qty as qty) from tickers order by ticker')).opaque).toBeNull();
});

test('columns of a sub-query that come twice are numbered', async () => {
  const { opaque } = await bind('select s.qty_1, s.qty from (select qty, qty from tickers) s');
  expect(opaque).toBeNull();
});
