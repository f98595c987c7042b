import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../../testdata/harness/duckdb-world.ts';
import type { DataFile, DatasetTable, FileStatistics } from '../../catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import { parseExpressions } from '../../sql/parse.ts';
import type { ColumnOf } from './evaluate.ts';
import { passesByHive, pruneByHive, pruneByStatistics } from './prune-files.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

const types: Readonly<Record<string, string>> = {
  k: 'INTEGER',
  d: 'DATE',
  t: 'VARCHAR',
  p: 'DECIMAL(5,2)',
  b: 'BOOLEAN',
  ts: 'TIMESTAMP',
  f: 'DOUBLE',
};

function table(hive: boolean, files: readonly DataFile[]): DatasetTable {
  const columns = Object.entries(types).map(([name, type]) => ({ name, type, hive }));
  return { schema: '', name: 't', format: 'parquet', columns, options: {}, files };
}

const columnOf: ColumnOf = (node: Expression) => {
  if (node.class !== 'COLUMN_REF') return undefined;
  const name = node.column_names[0]!;
  return types[name] === undefined ? undefined : { name, type: types[name] };
};

const hiveFile = (hive: Record<string, string | null>): DataFile => ({
  path: JSON.stringify(hive),
  bytes: 1,
  mtimeMs: 0,
  hive,
});

async function keptByHive(predicate: string, hives: readonly Record<string, string | null>[]): Promise<string[]> {
  const files = hives.map(hiveFile);
  const filters = await parseExpressions(world, [predicate]);
  return pruneByHive(table(true, files), files, filters, columnOf).map((file) => file.path);
}

describe('hive keys', () => {
  const cases: readonly [predicate: string, kept: readonly (string | null)[]][] = [
    ['k = 2', ['2']],
    ['2 = k', ['2']],
    ['k <> 2', ['1', '3', '10']],
    ["k = '2'", ['2']],
    ["k IN ('2', '10')", ['2', '10']],
    ['k IN (1, 3)', ['1', '3']],
    ['k NOT IN (1, 3)', ['2', '10']],
    ['k NOT IN (1, NULL)', []],
    ['k > 2', ['3', '10']],
    ['NOT k > 2', ['1', '2']],
    ['k BETWEEN 2 AND 9', ['2', '3']],
    ['k NOT BETWEEN 2 AND 9', ['1', '10']],
    ['k IS NULL', [null]],
    ['k IS NOT NULL', ['1', '2', '3', '10']],
    ['NOT (k IS NULL)', ['1', '2', '3', '10']],
    ['k = 1 OR k IS NULL', ['1', null]],
    ['k = 1 AND k IS NULL', []],
    ['k IS DISTINCT FROM 1', ['2', '3', '10', null]],
    ['k IS NOT DISTINCT FROM NULL', [null]],
    ['k = NULL', []],
    ['k < 2.5', ['1', '2']],
    ['k = CAST(3 AS BIGINT)', ['3']],
    ['false', []],
    ['true', ['1', '2', '3', '10', null]],
    // Not understood: all stay.
    ['k + 1 = 3', ['1', '2', '3', '10', null]],
    ["CAST(k AS VARCHAR) LIKE '1%'", ['1', '2', '3', '10', null]],
    ['k = 1 OR length(t) > 3', ['1', '2', '3', '10', null]],
  ];
  test.each(cases)('%s', async (predicate, kept) => {
    const hives = ['1', '2', '3', '10', null].map((k) => ({ k, t: null }));
    expect(await keptByHive(predicate, hives)).toEqual(kept.map((k) => JSON.stringify({ k, t: null })));
  });
  test('other types', async () => {
    const kept = async (predicate: string, key: string, values: readonly string[]) =>
      (
        await keptByHive(
          predicate,
          values.map((value) => ({ [key]: value })),
        )
      ).map((path) => JSON.parse(path)[key]);
    expect(await kept("d >= '2024-02-01'", 'd', ['2024-01-31', '2024-02-01'])).toEqual(['2024-02-01']);
    expect(
      await kept("d < TIMESTAMP '2024-02-01 00:00:01'", 'd', ['2024-01-31', '2024-02-01', '2024-02-02']),
    ).toHaveLength(2);
    expect(await kept("t > 'B'", 't', ['A', 'B', 'a', 'é'])).toEqual(['a', 'é']);
    expect(await kept('p = 1.5', 'p', ['1.50', '1.49'])).toEqual(['1.50']);
    // Would be rounded: all stay.
    expect(await kept("p = '1.499'", 'p', ['1.50', '1.49'])).toHaveLength(2);
    expect(await kept('b', 'b', ['true', 'false'])).toEqual(['true']);
    expect(await kept('NOT b', 'b', ['true', 'false'])).toEqual(['false']);
    expect(await kept('k = 1', 'k', ['x', '1', '2'])).toEqual(['x', '1']);
    expect(await kept("k = '99999999999'", 'k', ['1', '2'])).toHaveLength(2);
  });
  test('passesByHive is sure', async () => {
    const files = [hiveFile({ k: '1' })];
    const sure = async (predicate: string) =>
      passesByHive(table(true, files), files[0]!, await parseExpressions(world, [predicate]), columnOf);
    expect(await sure('k = 1')).toBe(true);
    expect(await sure('k = 2')).toBe(false);
    expect(await sure('k = 1 AND k % 2 = 1')).toBe(false);
  });
});

describe('statistics', () => {
  const literal: Readonly<Record<string, (n: number) => string>> = {
    k: (n) => String(n),
    d: (n) => `DATE '2024-01-${String(10 + n).padStart(2, '0')}'`,
    t: (n) => `'v${String.fromCharCode(75 + n)}'`,
    p: (n) => `${n}.5`,
    b: (n) => (n > 0 ? 'true' : 'false'),
    ts: (n) => `TIMESTAMP '2024-01-10 00:00:${String(10 + n).padStart(2, '0')}.5'`,
  };
  const column = fc.constantFrom(...Object.keys(literal));
  const number = fc.integer({ min: -3, max: 3 });
  const comparison = fc
    .tuple(column, fc.constantFrom('=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'), number)
    .map(([c, op, n]) => `${c} ${op} ${literal[c]!(n)}`);
  const other = fc.oneof(
    column.map((c) => `${c} IS NULL`),
    column.map((c) => `${c} IS NOT NULL`),
    fc.tuple(column, number, number).map(([c, a, b]) => `${c} BETWEEN ${literal[c]!(a)} AND ${literal[c]!(b)}`),
    fc.tuple(column, number, number).map(([c, a, b]) => `${c} NOT IN (${literal[c]!(a)}, ${literal[c]!(b)})`),
    fc.tuple(column, number).map(([c, a]) => `${c} IN (${literal[c]!(a)}, NULL)`),
    fc.constant('b'),
  );
  const { predicate } = fc.letrec<{ predicate: string }>((tie) => ({
    predicate: fc.oneof(
      { maxDepth: 3 },
      comparison,
      other,
      tie('predicate').map((p) => `NOT (${p})`),
      fc.tuple(tie('predicate'), tie('predicate')).map(([a, b]) => `(${a}) AND (${b})`),
      fc.tuple(tie('predicate'), tie('predicate')).map(([a, b]) => `(${a}) OR (${b})`),
    ),
  }));

  test('never leaves out a file with a matching row, and often leaves out others', async () => {
    let dropped = 0;
    const row = fc.record(Object.fromEntries(Object.keys(literal).map((c) => [c, fc.option(number)])));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), predicate, async (rows, text) => {
        const values = rows.map(
          (r) =>
            `(${Object.keys(literal).map((c) => (r[c] === null ? `NULL::${types[c]}` : `(${literal[c]!(r[c] as number)})::${types[c]}`))})`,
        );
        const from = `(VALUES ${values.join()}) v(${Object.keys(literal).join()})`;
        const aggregates = Object.keys(literal).map(
          (c) => `min(${c})::VARCHAR, max(${c})::VARCHAR, count(*) - count(${c})`,
        );
        const [sql] = await world.rows(`SELECT count(*) FILTER (WHERE ${text}), ${aggregates.join()} FROM ${from}`, []);
        const columns = Object.fromEntries(
          Object.keys(literal).map((c, i) => {
            const [min, max, nulls] = sql!.slice(1 + i * 3, 4 + i * 3);
            return [c, { min: min as string | null, max: max as string | null, exact: true, nullCount: Number(nulls) }];
          }),
        );
        const statistics: FileStatistics = {
          rowCount: rows.length,
          rowGroups: [{ rowCount: rows.length, bytes: 1, columns }],
        };
        const files = [hiveFile({})];
        const filters = await parseExpressions(world, [text]);
        const kept = pruneByStatistics(table(false, files), files, [statistics], filters, columnOf).length === 1;
        if (!kept) dropped++;
        if (Number(sql![0]) > 0) expect(kept).toBe(true);
      }),
      { numRuns: 400 },
    );
    expect(dropped).toBeGreaterThan(20);
  });

  test('inexact, missing and floating statistics prove nothing; empty files hold no row', async () => {
    const kept = async (
      predicate_: string,
      column_: object | undefined,
      rowCount = 2,
      differs?: Record<string, string | null>,
    ) => {
      const file = differs === undefined ? hiveFile({}) : { ...hiveFile({}), differs };
      const name = predicate_.split(' ')[0]!;
      const columns = column_ === undefined ? {} : { [name]: column_ };
      const statistics = { rowCount, rowGroups: [{ rowCount, bytes: 1, columns }] } as FileStatistics;
      const filters = await parseExpressions(world, [predicate_]);
      return pruneByStatistics(table(false, [file]), [file], [statistics], filters, columnOf).length === 1;
    };
    const range = { min: '1', max: '2', exact: true, nullCount: 0 };
    expect(await kept('k = 5', range)).toBe(false);
    expect(await kept('k = 5', { ...range, exact: false })).toBe(true);
    expect(await kept('k = 5', undefined)).toBe(true);
    expect(await kept('k = 5', { ...range, max: null })).toBe(true);
    expect(await kept('f = 5', range)).toBe(true);
    expect(await kept('k IS NULL', range)).toBe(false);
    expect(await kept('k IS NULL', { ...range, exact: false })).toBe(false);
    expect(await kept('k IS NULL', { ...range, nullCount: null })).toBe(true);
    expect(await kept('k = 5', { ...range, nullCount: 2 })).toBe(false);
    expect(await kept('k = 5', range, 2, { k: 'BIGINT' })).toBe(false);
    expect(await kept('k = 5', range, 2, { k: 'VARCHAR' })).toBe(true);
    expect(await kept('k = 5', range, 2, { k: null })).toBe(false);
    expect(await kept('k IS NULL', range, 2, { k: null })).toBe(true);
    expect(await kept("t = 'z'", { min: 'a\\x00', max: 'b', exact: true, nullCount: 0 })).toBe(true);
  });
});
