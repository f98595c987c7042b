import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { typeColumns } from '../../testdata/rows/type-columns.ts';
import { parameterLiteral } from './decode-parameter.ts';
import { makeRowEncoder } from './encode-rows.ts';
import { pgType } from './pg-types.ts';
import { readChunk } from './read-chunk.ts';
import { typeText } from './types.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  connection = await instance.connect();
  await connection.run("SET SESSION TimeZone = 'Europe/Berlin'");
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const literal = (text: string | null, oid: number, type: string | null = null) =>
  parameterLiteral(text === null ? null : Buffer.from(text), 0, oid, type);

/** What DuckDB makes of a literal: type and text. */
async function value(sql: string): Promise<string> {
  const rows = (await connection.runAndReadAll(`SELECT typeof(${sql}) || ' ' || (${sql})::VARCHAR`)).getRows();
  return rows[0]![0] as string;
}

describe('text', () => {
  test.each([
    ['t', 16, null, 'BOOLEAN true'],
    [' OFF ', 16, null, 'BOOLEAN false'],
    [' +7 ', 23, null, 'INTEGER 7'],
    ['-32768', 21, null, 'SMALLINT -32768'],
    ['9223372036854775807', 20, null, 'BIGINT 9223372036854775807'],
    ['4294967295', 26, null, 'BIGINT 4294967295'],
    ['1.5', 701, null, 'DOUBLE 1.5'],
    ['nan', 701, null, 'DOUBLE nan'],
    ['-inf', 700, null, 'FLOAT -inf'],
    ['1.50', 1700, null, 'DECIMAL(3,2) 1.50'],
    ['-1e3', 1700, null, 'DECIMAL(4,0) -1000'],
    ['12.5e-2', 1700, null, 'DECIMAL(3,3) .125'],
    ['NaN', 1700, null, 'DOUBLE nan'],
    ["it's; --", 25, null, "VARCHAR it's; --"],
    ['x', 1043, null, 'VARCHAR x'],
    ['\\xDEad', 17, null, 'BLOB \\xDE\\xAD'],
    ['abc\\000\\\\', 17, null, 'BLOB abc\\x00\\x5C'],
    ['2024-02-29', 1082, null, 'DATE 2024-02-29'],
    ['0044-03-15 BC', 1082, null, 'DATE 0044-03-15 (BC)'],
    ['-infinity', 1082, null, 'DATE -infinity'],
    ['13:14:15.678', 1083, null, 'TIME 13:14:15.678'],
    ['13:14+0230', 1266, null, 'TIME WITH TIME ZONE 13:14:00+02:30'],
    ['2024-01-02T03:04:05.6', 1114, null, 'TIMESTAMP 2024-01-02 03:04:05.6'],
    ['0044-03-15 01:02:03 BC', 1114, null, 'TIMESTAMP 0044-03-15 (BC) 01:02:03'],
    ['2024-01-02 03:04:05Z', 1184, null, 'TIMESTAMP WITH TIME ZONE 2024-01-02 04:04:05+01'],
    ['2024-01-02 03:04:05', 1184, null, 'TIMESTAMP WITH TIME ZONE 2024-01-02 03:04:05+01'],
    ['2024-07-02 03:04:05 America/New_York', 1184, null, 'TIMESTAMP WITH TIME ZONE 2024-07-02 09:04:05+02'],
    ['1 year 2 mons -3 days +04:05:06.7', 1186, null, 'INTERVAL 1 year 2 months -3 days 04:05:06.7'],
    ['P1Y2M3DT4H5M6.7S', 1186, null, 'INTERVAL 1 year 2 months 3 days 04:05:06.7'],
    ['@ 1 hour 2 mins ago', 1186, null, 'INTERVAL -01:02:00'],
    ['1-2 3 4:05:06', 1186, null, 'INTERVAL 1 year 2 months 3 days 04:05:06'],
    ['1.5 months', 1186, null, 'INTERVAL 1 month 15 days'],
    ['{"a": 1}', 114, null, 'JSON {"a": 1}'],
    ['[1]', 3802, null, 'JSON [1]'],
    ['{00112233445566778899AABBCCDDEEFF}', 2950, null, 'UUID 00112233-4455-6677-8899-aabbccddeeff'],
    ['X1f', 1562, null, 'BIT 00011111'],
    ['{1,2,NULL}', 1007, null, 'INTEGER[] [1, 2, NULL]'],
    ['{}', 1007, null, 'INTEGER[] []'],
    ['[0:1]={1,2}', 1016, null, 'BIGINT[] [1, 2]'],
    ['{{1,2},{3,4}}', 1007, null, 'INTEGER[][] [[1, 2], [3, 4]]'],
    ['{a,"b c",NULL,"NULL","it\'s"}', 1009, null, "VARCHAR[] [a, b c, NULL, 'NULL', 'it\\'s']"],
    ['{1.5,22.25}', 1231, null, 'DECIMAL(4,2)[] [1.50, 22.25]'],
    ['7', 0, 'UBIGINT', 'UBIGINT 7'],
    ['1.239', 705, 'DECIMAL(10,2)', 'DECIMAL(10,2) 1.24'],
    ['{1,2}', 0, 'HUGEINT[]', 'HUGEINT[] [1, 2]'],
    ['{{1,2},{3,4}}', 0, 'INTEGER[][]', 'INTEGER[][] [[1, 2], [3, 4]]'],
    ['[[1],[2,3],null]', 0, 'INTEGER[][]', 'INTEGER[][] [[1], [2, 3], NULL]'],
    ["{'a': 1}", 0, 'STRUCT(a INTEGER)', "STRUCT(a INTEGER) {'a': 1}"],
    ['x', 0, null, 'VARCHAR x'],
    ['x', 99999, null, 'VARCHAR x'],
  ])('%s as %d %s', async (text, oid, type, expected) => {
    expect(await value(literal(text, oid, type))).toBe(expected);
  });

  test('NULL has the type of its parameter', async () => {
    expect(literal(null, 23)).toBe('CAST(NULL AS INTEGER)');
    expect(literal(null, 0, 'DATE')).toBe('CAST(NULL AS DATE)');
    expect(literal(null, 0)).toBe('CAST(NULL AS VARCHAR)');
  });

  test.each([
    ['o', 16, '22P02'],
    ['', 23, '22P02'],
    ['7x', 23, '22P02'],
    ['1); DROP TABLE t; --', 23, '22P02'],
    ['32768', 21, '22003'],
    ['1e400', 701, '22003'],
    ['1e99999999', 1700, '22003'],
    ['1..5', 1700, '22P02'],
    ['\\xABC', 17, '22P02'],
    ['a\\9', 17, '22P02'],
    ['2023-02-29', 1082, '22008'],
    ['tomorrowish', 1082, '22007'],
    ['25:00', 1083, '22008'],
    ['2024-01-01 10:00:00 not a zone', 1184, '22007'],
    ['nope', 1186, '22007'],
    ['1 parsec', 1186, '22007'],
    ['{a}', 114, '22P02'],
    ['x', 2950, '22P02'],
    ['102', 1560, '22P02'],
    ['{1', 1007, '22P02'],
    ['1,2', 1007, '22P02'],
    ['{1,}', 1007, '22P02'],
    ['{1,x}', 1007, '22P02'],
    ['{{1},{2,3}}', 1007, '22P02'],
    ['{1}{2}', 1007, '22P02'],
    ['{{{{{{{1}}}}}}}', 1007, '22P02'],
    ['a\0b', 25, '22021'],
  ])('%s as %d: %s', (text, oid, sqlstate) => {
    expect(() => literal(text, oid)).toThrow(expect.objectContaining({ sqlstate }));
  });

  test('text that is not UTF-8', () => {
    expect(() => parameterLiteral(Uint8Array.of(0xc3, 0x28), 0, 25, null)).toThrow(
      expect.objectContaining({ sqlstate: '22021' }),
    );
  });
});

describe('binary', () => {
  /** All types but those that go out as JSON or lose nanoseconds. DuckDB has no cast from DECIMAL to BIGNUM: there it infers the type. */
  const names = Object.keys(typeColumns).filter(
    (name) => !/union|map|struct|variant|geometry|list_list|_ns$/.test(name),
  );

  test.each(names)('%s: what the encoder writes reads back as the same value', async (name) => {
    const result = await connection.run(`SELECT ${typeColumns[name]} AS v FROM range(1, 60) r(i)`);
    const chunk = await result.fetchChunk();
    const [type] = result.columnTypes();
    const { oid } = pgType(type!);
    const batch = readChunk(chunk!);
    const style = {
      timeZone: 'UTC',
      dateStyle: 'ISO, MDY',
      intervalStyle: 'postgres',
      byteaOutput: 'hex',
      extraFloatDigits: 1,
    };
    for (const format of [0, 1] as const) {
      const encoder = makeRowEncoder([type!], [format], { ...style, dialect: 'postgres' });
      const literals: string[] = [];
      for (let row = 0; row < batch.rowCount; row++) {
        const message = encoder.encode(batch, row, row + 1);
        const bytes = message.readInt32BE(7) < 0 ? null : message.subarray(11);
        literals.push(
          `(${row + 1}, CAST(${parameterLiteral(bytes, format, name === 'bignum' ? 0 : oid, 'BIGNUM')} AS ${typeText(type!)}))`,
        );
      }
      const sql = `SELECT count(*) FROM (VALUES ${literals.join(', ')}) p(i, v) JOIN (SELECT i, ${typeColumns[name]} AS w FROM range(1, 60) r(i)) USING (i) WHERE v IS DISTINCT FROM w`;
      expect(Number((await connection.runAndReadAll(sql)).getRows()[0]![0])).toBe(0);
    }
  });

  test('NaN and the infinities of numeric', async () => {
    const special = (sign: string) => parameterLiteral(Buffer.from(`00000000${sign}0000`, 'hex'), 1, 1700, null);
    expect(await value(special('c000'))).toBe('DOUBLE nan');
    expect(await value(special('f000'))).toBe('DOUBLE -inf');
  });

  test('jsonb has a version', async () => {
    expect(await value(parameterLiteral(Buffer.from('\x01{"a":1}'), 1, 3802, null))).toBe('JSON {"a":1}');
  });

  test('an open type is what DuckDB inferred', async () => {
    expect(await value(parameterLiteral(Buffer.from('00000007', 'hex'), 1, 0, 'INTEGER'))).toBe('INTEGER 7');
    expect(await value(parameterLiteral(Buffer.from('abc'), 1, 0, null))).toBe('VARCHAR abc');
  });

  test.each([
    ['000000', 23],
    ['0000000000', 23],
    ['', 16],
    ['00', 701],
    ['00010000', 1700],
    ['0001000000000000270f00', 1700],
    ['00010000000000002710', 1700],
    ['00010000123400000001', 1700],
    ['00', 1082],
    ['ffffffffffffffff', 1083],
    ['0000000000000000000f0000', 1266],
    ['00', 1186],
    ['00', 2950],
    ['00000009ff', 1560],
    ['0000000100000000', 1007],
    ['000000010000000000000019000000010000000100000001', 1007],
    ['00000001000000000000001700000001000000010000000400000001ff', 1007],
    ['0000000100000000000000177fffffff00000001', 1007],
    ['00000007000000000000001700000001', 1007],
    ['027b7d', 3802],
  ])('%s as %d is refused', (hex, oid) => {
    expect(() => parameterLiteral(Buffer.from(hex, 'hex'), 1, oid, null)).toThrow(
      expect.objectContaining({ sqlstate: '22P03' }),
    );
  });
});
