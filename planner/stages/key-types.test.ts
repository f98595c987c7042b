import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalExecutor } from '../../testdata/harness/local-executor.ts';
import { commonHashType, hashType } from './key-types.ts';

let executor: LocalExecutor;
beforeAll(async () => {
  executor = await LocalExecutor.open();
});
afterAll(() => executor.close());

const numbers = ['0', '-1', '1', '7', '100', '127', "CAST('-0.0' AS DOUBLE)", '1.5', '-2.25', 'NULL'];
const times = ["DATE '2024-02-29'", "TIMESTAMP '2024-02-29 00:00:00'", "TIMESTAMP '1969-12-31 23:59:59.5'", 'NULL'];

/** Values of both types that DuckDB calls equal, and whether their hashes are the same in the common type. */
async function hashesAgree(left: string, right: string, values: readonly string[]): Promise<readonly boolean[]> {
  const common = commonHashType(left, right)!;
  const list = values.map((value) => `(TRY_CAST(${value} AS ${left}), TRY_CAST(${value} AS ${right}))`).join(', ');
  const reader = await executor.connection.runAndReadAll(
    `WITH v(a, b) AS (VALUES ${list})
     SELECT hash(CAST(l.a AS ${common})) = hash(CAST(r.b AS ${common})) FROM v l JOIN v r ON l.a = r.b`,
  );
  return reader.getRows().map(([same]) => same === true);
}

const integers = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'UINTEGER', 'UBIGINT', 'HUGEINT'];
const decimals = ['DECIMAL(4,1)', 'DECIMAL(9,2)', 'DECIMAL(18,6)', 'DECIMAL(30,3)'];
const floats = ['FLOAT', 'DOUBLE'];

describe('values that are equal have one hash in the common type', () => {
  const all = [...integers, ...decimals, ...floats];
  test.each(all)('%s with every other number', async (left) => {
    let pairs = 0;
    for (const right of all) {
      if (commonHashType(left, right) === undefined) continue;
      const agree = await hashesAgree(left, right, numbers);
      expect(agree.length, `${left} = ${right}`).toBeGreaterThan(2);
      expect(agree.every(Boolean), `${left} = ${right}`).toBe(true);
      pairs++;
    }
    expect(pairs).toBeGreaterThan(1);
  });

  test('DATE with TIMESTAMP', async () => {
    expect(await hashesAgree('DATE', 'TIMESTAMP', times)).toContain(true);
    expect(await hashesAgree('DATE', 'TIMESTAMP', times)).not.toContain(false);
    expect(await hashesAgree('TIMESTAMP', 'DATE', times)).not.toContain(false);
  });

  test('INTERVALs of equal length, NaN and zeroes', async () => {
    const reader = await executor.connection.runAndReadAll(
      `SELECT hash(INTERVAL '1 month') = hash(INTERVAL '30 days'), hash('nan'::DOUBLE) = hash(-'nan'::DOUBLE),
              hash(0.0::DOUBLE) = hash(CAST('-0.0' AS DOUBLE)), hash(0.0::FLOAT) = hash(CAST('-0.0' AS FLOAT))`,
    );
    expect(reader.getRows()[0]).toEqual([true, true, true, true]);
  });
});

test('without a common type there is no hash', () => {
  for (const [left, right] of [
    ['VARCHAR', 'INTEGER'],
    ['FLOAT', 'INTEGER'],
    ['FLOAT', 'DECIMAL(9,2)'],
    ['HUGEINT', 'DECIMAL(9,2)'],
    ['DECIMAL(38,0)', 'DECIMAL(38,10)'],
    ['DATE', 'TIMESTAMP WITH TIME ZONE'],
    ['TIMESTAMP_NS', 'TIMESTAMP'],
    ['TIME', 'TIME WITH TIME ZONE'],
    ['INTEGER[]', 'INTEGER[]'],
    ["ENUM('a')", 'VARCHAR'],
  ] as const)
    expect(commonHashType(left, right), `${left} ${right}`).toBeUndefined();
  expect(hashType('STRUCT(a INTEGER)')).toBeUndefined();
});

test('equal types are hashed as they are, integers as one type', () => {
  expect(commonHashType('VARCHAR', 'VARCHAR')).toBe('VARCHAR');
  expect(commonHashType('INTEGER', 'SMALLINT')).toBe('BIGINT');
  expect(commonHashType('INTEGER', 'INTEGER')).toBe('BIGINT');
  expect(commonHashType('BIGINT', 'UBIGINT')).toBe('HUGEINT');
  expect(commonHashType('INTEGER', 'DECIMAL(9,2)')).toBe('DECIMAL(12,2)');
  expect(commonHashType('DECIMAL(9,2)', 'DECIMAL(18,6)')).toBe('DECIMAL(18,6)');
});
