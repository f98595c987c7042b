/** Rows that go to ranges of an order come out as one DuckDB would sort them: every row once, whatever the values and however they travel. */
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RangeKey, Stage } from '../../planner/plan/plan.ts';
import { bigints, makeFiles, makeTestBed, readBigints } from '../../testdata/harness/coordinator-bed.ts';
import { consumer, input, producer, stagesPlan } from '../../testdata/harness/stages-plan.ts';
import { orderSql } from '../../worker/engine/range-keys.ts';

const fileCount = 3;
const rowsPerFile = 7000;
let files: Awaited<ReturnType<typeof makeFiles>>;
let duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;
beforeAll(async () => {
  files = await makeFiles(fileCount, rowsPerFile);
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});
afterAll(async () => {
  duckdb.closeSync();
  await files.remove();
});

const up = (column: string): RangeKey => ({ column, descending: false, nullsFirst: false });
const down = (column: string, nullsFirst = false): RangeKey => ({ column, descending: true, nullsFirst });

/** What rows are ordered by: the type, the value by the row's number `a`, and how. `a` is the last key, so that there are no ties. */
const keys: readonly (readonly [type: string, value: string, by: readonly RangeKey[]])[] = [
  ['BIGINT', '(hash(a) % 5000)::BIGINT', [up('k')]],
  ['BIGINT', 'CASE WHEN a % 3 > 0 THEN a // 5000 END', [down('k', true)]],
  ['INTEGER', '7', [up('k')]],
  [
    'DOUBLE',
    "CASE a % 6 WHEN 0 THEN NULL WHEN 1 THEN 'nan' WHEN 2 THEN -0.0 WHEN 3 THEN 0.0 WHEN 4 THEN '-inf' ELSE sin(a) END",
    [down('k')],
  ],
  ['VARCHAR', "CASE WHEN a % 5 > 0 THEN repeat('long prefix ', 9) || hash(a) % 900 ELSE '' END", [down('k')]],
  ['STRUCT(x TINYINT, y INTEGER[])', '{x: (a % 7 - 3)::TINYINT, y: [a % 11, NULL]}', [up('k')]],
  ['HUGEINT', '(hash(a) % 1000000007)::HUGEINT * -4611686018427387904', [up('k')]],
  ['BLOB', "unhex(printf('%02X%04X', a % 4, hash(a) % 65536))", [up('k')]],
  ['TIMESTAMPTZ', 'to_timestamp(hash(a) % 1000000)', [down('k')]],
];

function sorted(type: string, value: string, by: readonly RangeKey[], partitions: number): readonly [Stage, Stage] {
  const columns = [
    { name: 'a', type: 'BIGINT' },
    { name: 'k', type },
  ];
  const rangeBy = [...by, up('a')];
  const left = producer(0, files.scans, {
    sql: `SELECT a, CAST(${value} AS ${type}) AS k FROM __scan0`,
    columns,
    exchange: { hashBy: [], rangeBy, partitions, bytes: 1 },
  });
  const read = input('__in0', 0, { required: false });
  const sql = `SELECT a FROM __in0 ORDER BY ${orderSql(rangeBy)}`;
  return [left, consumer(1, partitions, sql, [read], { columns: columns.slice(0, 1) })];
}

async function expected(type: string, value: string, by: readonly RangeKey[]): Promise<readonly bigint[]> {
  const rows = `SELECT a, CAST(${value} AS ${type}) AS k FROM read_parquet('${files.folder}/*.parquet')`;
  const read = await duckdb.runAndReadAll(`SELECT a FROM (${rows}) ORDER BY ${orderSql([...by, up('a')])}`);
  return read.getRows().map(([a]) => a as bigint);
}

describe.each(['frames', 'files'] as const)('by %s', (via) => {
  it('sorts as one DuckDB does', async () => {
    const bed = await makeTestBed({ allowedDirectories: [files.folder] });
    try {
      for (const [index, [type, value, by]] of keys.entries()) {
        const partitions = [4, 7, 1, 13][index % 4]!;
        const plan = stagesPlan(sorted(type, value, by, partitions), { via, adaptive: index % 2 === 1 });
        const rows = await readBigints(await bed.coordinator.run(plan, await bed.context()));
        expect(rows.length, type).toBe(fileCount * rowsPerFile);
        expect(rows.join() === (await expected(type, value, by)).join(), `${type} by ${value}`).toBe(true);
      }
    } finally {
      await bed.close();
    }
  });

  it('has about as many rows in every range', async () => {
    const bed = await makeTestBed({ allowedDirectories: [files.folder] });
    try {
      const plan = stagesPlan(sorted('BIGINT', '(hash(a) % 1000000007)::BIGINT', [up('k')], 4), { via });
      const answer = await bed.coordinator.run(plan, await bed.context());
      const starts: bigint[] = [];
      for await (const batch of answer) starts.push(...bigints(batch));
      const ranges = answer.report().taskRuns.filter(({ stage }) => stage === 1);
      expect(ranges.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(fileCount * rowsPerFile);
      for (const { rows } of ranges) expect(Math.abs(rows - (fileCount * rowsPerFile) / 4)).toBeLessThan(200);
    } finally {
      await bed.close();
    }
  });

  it('sorts several stages as one relation, some of them without rows', async () => {
    const bed = await makeTestBed({ allowedDirectories: [files.folder] });
    try {
      const [left, last] = sorted('BIGINT', 'a % 1000', [down('k')], 5);
      const none = { ...left, id: 1, sql: 'SELECT a, a AS k FROM __scan0 WHERE a < 0' };
      const again = {
        ...left,
        id: 2,
        tasks: [left.tasks[0]!],
        sql: left.sql.replace('SELECT a,', 'SELECT a + 1000000 AS a,'),
      };
      const inputs = [{ ...last.inputs![0]!, stages: [0, 1, 2] }];
      const plan = stagesPlan([left, none, again, { ...last, id: 3, inputs }], { via });
      const rows = await readBigints(await bed.coordinator.run(plan, await bed.context()));
      const by = (a: bigint) => [-(a % 1000n), a] as const;
      const all = Array.from({ length: fileCount * rowsPerFile }, (_, a) => BigInt(a));
      all.push(...Array.from({ length: rowsPerFile }, (_, a) => BigInt(a) + 1_000_000n));
      all.sort((x, y) => Number(by(x)[0] - by(y)[0]) || Number(x - y));
      expect(rows.join() === all.join()).toBe(true);
    } finally {
      await bed.close();
    }
  });
});

it('without any rows', async () => {
  const bed = await makeTestBed({ allowedDirectories: [files.folder] });
  try {
    const [left, last] = sorted('BIGINT', 'a', [up('k')], 3);
    const plan = stagesPlan([{ ...left, sql: 'SELECT a, a AS k FROM __scan0 WHERE a < 0' }, last], { via: 'files' });
    expect(await readBigints(await bed.coordinator.run(plan, await bed.context()))).toEqual([]);
  } finally {
    await bed.close();
  }
});
