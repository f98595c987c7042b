import { join } from 'node:path';
import { DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ShadowRelation } from '../../planner/world.ts';
import { errorOf, TestCatalog } from '../catalog/test-catalog.ts';
import { DuckdbPlannerWorld } from './planner-world.ts';

let files: TestCatalog;
let world: DuckdbPlannerWorld;
beforeAll(async () => {
  files = await TestCatalog.make();
  const catalog = await files.open();
  world = await DuckdbPlannerWorld.open({
    catalog,
    allowedDirectories: catalog.roots,
    tempDirectory: join(files.folder, 'temp'),
    memoryBytes: 256 * 1024 * 1024,
  });
});
afterAll(async () => {
  await world.close();
  await files.close();
});

const trades: ShadowRelation = {
  name: 'trades',
  columns: [
    { name: 'id', type: 'BIGINT' },
    { name: 'Price', type: 'DECIMAL(12,2)' },
    { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
    { name: 's', type: 'STRUCT(a INTEGER, b VARCHAR[])' },
    { name: 'mood', type: "ENUM('a', 'b')" },
    { name: 'nothing', type: '"NULL"' },
  ],
};

test('serialize and deserialize go there and back, again from the cache', async () => {
  for (let run = 0; run < 2; run++) {
    const json = await world.serialize(`SELECT 'é''', 9007199254740993 FROM t WHERE a = $1`);
    expect(json.startsWith('{"error":false')).toBe(true);
    expect(await world.deserialize(json)).toBe(`SELECT 'é''', 9007199254740993 FROM t WHERE (a = $1)`);
  }
});

test('syntax errors have a position in characters; what has no tree is told', async () => {
  expect(await errorOf(() => world.serialize(`SELECT 'é€😀' frm x y z`))).toMatchObject({
    sqlstate: '42601',
    position: 18,
    message: 'syntax error at or near "x"',
  });
  expect(await errorOf(() => world.serialize('INSERT INTO t VALUES (1)'))).toMatchObject({ sqlstate: '0A000' });
  expect(await errorOf(() => world.deserialize('{"error":false}'))).toMatchObject({ sqlstate: 'XX000' });
  expect(await errorOf(() => world.deserialize('not json'))).toMatchObject({ sqlstate: 'XX000' });
  expect(await world.deserialize(await world.serialize('SELECT 1'))).toBe('SELECT 1');
});

test('describe gives names, types and parameter types without running anything', async () => {
  const described = await world.describe(
    'SELECT *, sum(id) OVER () AS total, avg(price) OVER () AS mean FROM trades WHERE id = $1 AND "at" > $3 LIMIT $2',
    [trades],
  );
  expect(described.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'id BIGINT',
    'Price DECIMAL(12,2)',
    'at TIMESTAMP WITH TIME ZONE',
    's STRUCT(a INTEGER, b VARCHAR[])',
    "mood ENUM('a', 'b')",
    'nothing INTEGER',
    'total HUGEINT',
    'mean DOUBLE',
  ]);
  expect(described.parameters).toEqual(['BIGINT', 'BIGINT', 'TIMESTAMP WITH TIME ZONE']);
  const columns = async (sql: string) => (await world.describe(sql, [])).columns;
  expect(await columns(`SELECT error('not run') AS e, CAST('x' AS INTEGER) AS i`)).toEqual([
    { name: 'e', type: 'INTEGER' },
    { name: 'i', type: 'INTEGER' },
  ]);
  expect(await columns('SELECT NULL AS n')).toEqual([{ name: 'n', type: 'INTEGER' }]);
});

test('parameters that DuckDB can not type are text, or what fits; what fits nothing is told', async () => {
  const guesses: readonly (readonly [string, string, readonly (string | null)[]])[] = [
    ['SELECT $1', 'VARCHAR', [null]],
    ['SELECT ?, ?', 'VARCHAR', [null, null]],
    ['SELECT coalesce($1, $2)', 'VARCHAR', [null, null]],
    ['SELECT $1 + 1', 'INTEGER', ['INTEGER']],
    ['SELECT $1::BIGINT + 1, $2', 'BIGINT', ['BIGINT', null]],
    [`SELECT '$1', "$2", $1 FROM (SELECT 1 AS "$2") -- $3`, 'VARCHAR', [null]],
    ['SELECT id FROM trades WHERE id = ANY($1)', 'BIGINT', ['BIGINT[]']],
  ];
  for (const [sql, type, parameters] of guesses) {
    const described = await world.describe(sql, [trades]);
    expect(described.columns[0]?.type, sql).toBe(type);
    expect(described.parameters, sql).toEqual(parameters);
  }
  expect(await errorOf(() => world.describe('SELECT ($1).x.y', []))).toMatchObject({ sqlstate: '42P18' });
});

test('errors have SQLSTATE and position; relations not named are not visible', async () => {
  expect(await errorOf(() => world.describe(`SELECT 'é', prise FROM trades`, [trades]))).toMatchObject({
    sqlstate: '42703',
    position: 13,
    hint: 'Did you mean "Price"?',
  });
  expect(await errorOf(() => world.describe('SELECT * FROM trades', []))).toMatchObject({ sqlstate: '42P01' });
  expect(await errorOf(() => world.describe('SELECT nosuch(1)', []))).toMatchObject({ sqlstate: '42883' });
  expect(await errorOf(() => world.describe(`FROM read_text('/etc/passwd')`, []))).toMatchObject({ sqlstate: '42501' });
  const other: ShadowRelation = { name: 'trades', columns: [{ name: 'only', type: 'DATE' }] };
  expect((await world.describe('FROM trades', [other])).columns).toEqual([{ name: 'only', type: 'DATE' }]);
  expect(
    await errorOf(() => world.describe('FROM x', [{ name: 'x', columns: [{ name: 'a', type: 'NOSUCH' }] }])),
  ).toMatchObject({ errorClass: 'user' });
  expect(
    (await world.describe('FROM x', [{ name: 'x', columns: [{ name: 'a', type: 'INTEGER' }] }])).columns,
  ).toHaveLength(1);
});

test('integer division is that of the session', async () => {
  const sql = 'SELECT 5 / 2 AS q';
  expect((await world.describe(sql, [])).columns[0]?.type).toBe('DOUBLE');
  expect((await world.forSession({ integerDivision: true }).describe(sql, [])).columns[0]?.type).toBe('INTEGER');
  expect((await world.forSession({ integerDivision: false }).describe(sql, [])).columns[0]?.type).toBe('DOUBLE');
});

test('hundreds of relation sets at once', async () => {
  const one = (index: number): ShadowRelation => ({
    name: `r${index}`,
    columns: [{ name: `c${index}`, type: 'INTEGER' }],
  });
  const all = Array.from({ length: 300 }, (_, index) => world.describe(`FROM r${index}`, [one(index)]));
  expect((await Promise.all(all)).map(({ columns }) => columns[0]?.name)).toEqual(
    Array.from({ length: 300 }, (_, index) => `c${index}`),
  );
});

test('times', async () => {
  const relation = (index: number): ShadowRelation => ({
    name: `r${index}`,
    columns: Array.from({ length: 8 }, (_, column) => ({ name: `c${column}`, type: 'BIGINT' })),
  });
  const eight = Array.from({ length: 8 }, (_, index) => relation(index));
  const join8 = (run: number) =>
    `SELECT count(*) AS n${run} FROM ${eight.map(({ name }) => name).join(' NATURAL JOIN ')}`;
  const tree = await world.serialize('SELECT c0, sum(c1) FROM r0 WHERE c2 = 5 GROUP BY c0 ORDER BY 2 LIMIT 10');
  const works: Readonly<Record<string, (run: number) => Promise<unknown>>> = {
    serialize: (run) => world.serialize(`SELECT c0, sum(c1) FROM r0 WHERE c2 = ${run} GROUP BY c0 ORDER BY 2 LIMIT 10`),
    deserialize: (run) => world.deserialize(tree.replace('"value":5', `"value":${run}`)),
    'describe, 1 relation': (run) => world.describe(`SELECT c0, sum(c1) AS s${run} FROM r0 GROUP BY c0`, [relation(0)]),
    'describe, 8 relations': (run) => world.describe(join8(run), eight),
    'describe, 1 new relation': (run) =>
      world.describe('FROM r', [{ name: 'r', columns: [{ name: `n${run}`, type: 'BIGINT' }] }]),
    'describe, 8 new relations': (run) =>
      world.describe(join8(run), [...eight, { name: `x${run}`, columns: [{ name: 'a', type: 'INTEGER' }] }]),
  };
  const lines: string[] = [];
  for (const [name, work] of Object.entries(works)) {
    const times: number[] = [];
    for (let run = 0; run < 60; run++) {
      const start = performance.now();
      await work(run);
      times.push((performance.now() - start) * 1000);
    }
    times.sort((left, right) => left - right);
    lines.push(`${name} ${times[30]?.toFixed(0)} µs`);
  }
  console.log(lines.join('; '));
  expect(lines).toHaveLength(6);
});

test('describe survives an ASOF join whose left side is a join', async () => {
  const side: ShadowRelation = {
    name: 'side',
    columns: [
      { name: 'k', type: 'SMALLINT' },
      { name: 'ts', type: 'TIMESTAMP' },
    ],
  };
  const ticks: ShadowRelation = {
    name: 'ticks',
    columns: [
      { name: 'k', type: 'INTEGER' },
      { name: 'ts', type: 'TIMESTAMP' },
    ],
  };
  const sql =
    'SELECT count(*) AS n FROM side a JOIN side b ON a.k = b.k ASOF JOIN ticks c ON a.k = c.k AND a.ts > c.ts';
  expect((await world.describe(sql, [side, ticks])).columns).toEqual([{ name: 'n', type: 'BIGINT' }]);
});

test('a call that meets a fatal error of DuckDB is made again on a fresh instance, once', async () => {
  const fatal = new Error('{"exception_type":"INTERNAL","exception_message":"Attempted to access index 0"}');
  const create = vi.spyOn(DuckDBInstance, 'create');
  const run = vi.spyOn(DuckDBPreparedStatement.prototype, 'run');
  try {
    run.mockRejectedValueOnce(fatal);
    expect(await world.serialize('SELECT 1 AS once')).toContain('once');
    expect(create).toHaveBeenCalledTimes(1);
    run.mockRejectedValueOnce(fatal).mockRejectedValueOnce(fatal);
    expect(await errorOf(() => world.serialize('SELECT 1 AS twice'))).toMatchObject({
      sqlstate: 'XX000',
      errorClass: 'infra',
    });
    expect(await world.serialize('SELECT 1 AS twice')).toContain('twice');
    expect(create).toHaveBeenCalledTimes(3);
  } finally {
    vi.restoreAllMocks();
  }
});
