import {
  type DuckDBConnection,
  DuckDBInstance,
  DuckDBListType,
  DuckDBVarCharType,
  INTEGER,
  SMALLINT,
} from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRowEncoder, type RowStyle } from './encode-rows.ts';
import { readChunk } from './read-chunk.ts';
import { parseType } from './types.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  connection = await instance.connect();
  await connection.run("SET SESSION TimeZone = 'UTC'");
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const usual: RowStyle = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  dialect: 'postgres',
};

/** Takes DataRow messages apart: rows of values, null for NULL. */
function parseRows(bytes: Buffer): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x44);
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const columns = bytes.readInt16BE(at + 5);
    const row: (Buffer | null)[] = [];
    at += 7;
    for (let i = 0; i < columns; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      row.push(length < 0 ? null : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    expect(at).toBe(end);
    rows.push(row);
  }
  return rows;
}

/** The answer of a query in text or binary (hex). */
async function encoded(sql: string, format: 0 | 1 = 0, style: Partial<RowStyle> = {}): Promise<(string | null)[][]> {
  const result = await connection.run(sql);
  const types = result.columnTypes();
  const encoder = makeRowEncoder(
    types,
    types.map(() => format),
    { ...usual, ...style },
  );
  const rows: (string | null)[][] = [];
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const bytes = encoder.encode(readChunk(chunk, types), 0, chunk.rowCount);
    rows.push(
      ...parseRows(bytes).map((row) => row.map((v) => (v === null ? null : v.toString(format === 1 ? 'hex' : 'utf8')))),
    );
  }
  return rows;
}

async function text(expression: string, style: Partial<RowStyle> = {}) {
  return (await encoded(`SELECT ${expression}`, 0, style))[0]![0];
}

/** [SQL, text as PostgreSQL 15 prints it, binary as its send function writes it (hex)]. */
const cases: readonly (readonly [sql: string, text: string, binary: string])[] = [
  ['true', 't', '01'],
  ['false', 'f', '00'],
  ['(-128)::TINYINT', '-128', 'ff80'],
  ['255::UTINYINT', '255', '00ff'],
  ['(-32768)::SMALLINT', '-32768', '8000'],
  ['65535::USMALLINT', '65535', '0000ffff'],
  ['(-2147483648)::INTEGER', '-2147483648', '80000000'],
  ['0::INTEGER', '0', '00000000'],
  ['4294967295::UINTEGER', '4294967295', '00000000ffffffff'],
  ['(-9223372036854775808)::BIGINT', '-9223372036854775808', '8000000000000000'],
  ['9007199254740993::BIGINT', '9007199254740993', '0020000000000001'],
  ['(-10000000000)::BIGINT', '-10000000000', 'fffffffdabf41c00'],
  ['18446744073709551615::UBIGINT', '18446744073709551615', '000500040000000007341a5802e103bb064f'],
  [
    "'-170141183460469231731687303715884105728'::HUGEINT",
    '-170141183460469231731687303715884105728',
    '000a00094000000000aa0583209a01d5090d0c601c871bf620da1660',
  ],
  ['0.00::DECIMAL(4,2)', '0.00', '0000000000000002'],
  ['(-0.05)::DECIMAL(4,2)', '-0.05', '0001ffff4000000201f4'],
  ['12345.678::DECIMAL(9,3)', '12345.678', '0003000100000003000109291a7c'],
  ['(-99999999999999.9999)::DECIMAL(18,4)', '-99999999999999.9999', '00050003400000040063270f270f270f270f'],
  ['1000000::DECIMAL(18,0)', '1000000', '00010001000000000064'],
  [
    "'0.00000000000000000000000000000000000001'::DECIMAL(38,38)",
    '0.00000000000000000000000000000000000001',
    '0001fff6000000260064',
  ],
  ['37::DOUBLE', '37', '4042800000000000'],
  ['1e20::DOUBLE', '1e+20', '4415af1d78b58c40'],
  ['1e15::DOUBLE', '1e+15', '430c6bf526340000'],
  ['123456789012345::DOUBLE', '123456789012345', '42dc12218377de40'],
  ['0.0001::DOUBLE', '0.0001', '3f1a36e2eb1c432d'],
  ['0.00001::DOUBLE', '1e-05', '3ee4f8b588e368f1'],
  ["'-0'::DOUBLE", '-0', '8000000000000000'],
  ['5e-324::DOUBLE', '5e-324', '0000000000000001'],
  ['1.7976931348623157e308::DOUBLE', '1.7976931348623157e+308', '7fefffffffffffff'],
  ['0.1::DOUBLE + 0.2::DOUBLE', '0.30000000000000004', '3fd3333333333334'],
  ["'nan'::DOUBLE", 'NaN', '7ff8000000000000'],
  ["'-inf'::DOUBLE", '-Infinity', 'fff0000000000000'],
  ['37::FLOAT', '37', '42140000'],
  ['1e6::FLOAT', '1e+06', '49742400'],
  ['0.1::FLOAT', '0.1', '3dcccccd'],
  ['16777216::FLOAT', '1.6777216e+07', '4b800000'],
  ['3058943.25::FLOAT', '3.0589432e+06', '4a3ab3fd'],
  ["'it''s é€😀'", "it's é€😀", '6974277320c3a9e282acf09f9880'],
  ["''", '', ''],
  ["'\\xDE\\xAD\\x00'::BLOB", '\\xdead00', 'dead00'],
  [
    "'00112233-4455-6677-8899-AABBCCDDEEFF'::UUID",
    '00112233-4455-6677-8899-aabbccddeeff',
    '00112233445566778899aabbccddeeff',
  ],
  ["DATE '2000-01-01'", '2000-01-01', '00000000'],
  ["DATE '1999-12-31'", '1999-12-31', 'ffffffff'],
  ["DATE '0044-03-15 (BC)'", '0044-03-15 BC', 'fff49d7b'],
  ["DATE '12345-06-07'", '12345-06-07', '0039a81f'],
  ["'infinity'::DATE", 'infinity', '7fffffff'],
  ["'-infinity'::DATE", '-infinity', '80000000'],
  ["TIME '00:00:00'", '00:00:00', '0000000000000000'],
  ["TIME '23:59:59.999999'", '23:59:59.999999', '000000141dd75fff'],
  ["TIME '24:00:00'", '24:00:00', '000000141dd76000'],
  ["TIMETZ '11:12:13.5-03:30'", '11:12:13.5-03:30', '0000000964105e6000003138'],
  ["TIMESTAMP '2000-01-01 00:00:00'", '2000-01-01 00:00:00', '0000000000000000'],
  ["TIMESTAMP '1999-12-31 23:59:59.999999'", '1999-12-31 23:59:59.999999', 'ffffffffffffffff'],
  ["TIMESTAMP '0001-12-31 (BC) 01:02:03.04'", '0001-12-31 01:02:03.04 BC', 'ff1fe2ec85ae1500'],
  ["TIMESTAMP '294246-12-31 23:59:59.999999'", '294246-12-31 23:59:59.999999', '7ffca2465aa35fff'],
  ["'infinity'::TIMESTAMP", 'infinity', '7fffffffffffffff'],
  ["'-infinity'::TIMESTAMPTZ", '-infinity', '8000000000000000'],
  ["TIMESTAMP_S '2001-02-03 04:05:06'", '2001-02-03 04:05:06', '00001f5def3a6080'],
  ["TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", '1969-12-31 23:59:59.999999', 'fffca2fec4c81fff'],
  ["TIMESTAMPTZ '2024-07-01 12:00:00+02'", '2024-07-01 10:00:00+00', '0002bf2b6dcbe800'],
  ["INTERVAL '1 year 2 months 3 days 4 hours'", '1 year 2 mons 3 days 04:00:00', '000000035a4e9000000000030000000e'],
  ['to_months(-1) + INTERVAL 2 DAY', '-1 mons +2 days', '000000000000000000000002ffffffff'],
  ["INTERVAL '-0.5 seconds'", '-00:00:00.5', 'fffffffffff85ee0' + '0000000000000000'],
  ['INTERVAL 0 DAY', '00:00:00', '00000000000000000000000000000000'],
  ["'10110'::BIT", '10110', '00000005b0'],
  [
    "'-123456789012345678901234567890'::BIGNUM",
    '-123456789012345678901234567890',
    '0008000740000000000c0d801ed204d2162e23340d801ed2',
  ],
  ['\'{"a": [1, 2]}\'::JSON', '{"a": [1, 2]}', '7b2261223a205b312c20325d7d'],
  ["'ok'::ENUM('no', 'ok')", 'ok', '6f6b'],
  [
    '[1, NULL, 3]',
    '{1,NULL,3}',
    '000000010000000100000017000000030000000100000004' + '00000001ffffffff0000000400000003',
  ],
  ['[]::INTEGER[]', '{}', '000000000000000000000017'],
  [
    "['a', 'b c', 'null', '', 'x\"y\\z', '{', NULL, 'é,', chr(11)]",
    '{a,"b c","null","","x\\"y\\\\z","{",NULL,"é,","\v"}',
    '',
  ],
  ['[[1, 2], [3, NULL]]', '[[1,2],[3,null]]', ''],
  ['[[1], [2, 3], NULL, []]::INTEGER[][]', '[[1],[2,3],null,[]]', ''],
  ["[['a\"b', NULL], ['c', 'd e']]::VARCHAR[2][]", '[["a\\"b",null],["c","d e"]]', ''],
  [
    "[TIMESTAMP '2024-01-02 03:04:05']",
    '{"2024-01-02 03:04:05"}',
    '00000001000000000000045a0000000100000001000000080002b0ec8515f340',
  ],
  ["['\\xAB'::BLOB]", '{"\\\\xab"}', '000000010000000000000011000000010000000100000001ab'],
  [
    '[1.50, 2.25]::DECIMAL(4,2)[2]',
    '{1.50,2.25}',
    '0000000100000000000006a400000002000000010000000c0002000000000002000113880000000c0002000000000002000209c4',
  ],
  [
    "{'a': 1, 'b': [true, NULL], 'c': 'x\"y', 'd': DATE '2024-02-29', 'e': NULL}",
    '{"a":1,"b":[true,null],"c":"x\\"y","d":"2024-02-29","e":null}',
    '',
  ],
  ["{'n': 'NaN'::DOUBLE, 'd': 1.50::DECIMAL(3,2), 'h': 7::HUGEINT}", '{"n":"NaN","d":1.50,"h":7}', ''],
  ["row(1, 'two')", '{"f1":1,"f2":"two"}', ''],
  ["MAP {'k': 1, 'l': NULL}", '{"k":1,"l":null}', ''],
  ['MAP {1: [2]}', '{"1":[2]}', ''],
  ['union_value(num := 2)::UNION(num INTEGER, str VARCHAR)', '{"num":2}', ''],
  ["{'j': '[1]'::JSON, 't': TIMESTAMPTZ '2024-01-01 00:00:00+00'}", '{"j":[1],"t":"2024-01-01 00:00:00+00"}', ''],
  ["[{'a': 'x y'}]", '{"{\\"a\\":\\"x y\\"}"}', ''],
  ["{'a': {'b': [1.5::DOUBLE, 'NaN'::DOUBLE]}, 's': 'x'}::VARIANT", '{"a":{"b":[1.5,"NaN"]},"s":"x"}', ''],
];

describe('text and binary as PostgreSQL writes them', () => {
  test.each(cases)('%s -> %s', async (sql, expected, binary) => {
    expect((await encoded(`SELECT ${sql}`))[0]![0]).toBe(expected);
    const hex = (await encoded(`SELECT ${sql}`, 1))[0]![0];
    if (binary !== '' || expected === '') {
      expect(hex).toBe(binary);
    }
  });

  test('vectors and "char", as catalogs have them', async () => {
    const types = [
      new DuckDBListType(SMALLINT, 'pg_catalog.int2vector'),
      new DuckDBListType(INTEGER, 'pg_catalog.oidvector'),
      new DuckDBVarCharType('pg_catalog.char'),
    ];
    const chunk = await (await connection.run("SELECT [1, 2]::SMALLINT[], [26]::INTEGER[], ''")).fetchChunk();
    const cells = (format: 0 | 1) =>
      parseRows(makeRowEncoder(types, [format, format, format], usual).encode(readChunk(chunk!, types), 0, 1))[0]!;
    expect(cells(0).map(String)).toEqual(['1 2', '26', '']);
    expect(cells(1).map((cell) => cell!.toString('hex'))).toEqual([
      '0000000100000000000000150000000200000000000000020001000000020002',
      '00000001000000000000001a0000000100000000000000040000001a',
      '00',
    ]);
  });

  test('a numeric of 38 digits in binary reads back', async () => {
    const hex = (await encoded("SELECT '-99999999999999999999999999.999999999999'::DECIMAL(38,12)", 1))[0]![0];
    expect(hex).toBe(`000a00064000000c0063${'270f'.repeat(9)}`);
  });

  test('NULLs, rows in the middle of a batch, and no columns', async () => {
    const rows = await encoded(
      "SELECT CASE WHEN i % 2 = 0 THEN i END, CASE WHEN i % 3 = 0 THEN 'x' || i END FROM range(5000) r(i)",
    );
    expect(rows.length).toBe(5000);
    expect(rows[4998]).toEqual(['4998', 'x4998']);
    expect(rows[4999]).toEqual([null, null]);
    const encoder = makeRowEncoder([parseType('INTEGER')], [0], usual);
    const chunk = await (await connection.run('SELECT i::INTEGER FROM range(10) r(i)')).fetchChunk();
    expect(parseRows(encoder.encode(readChunk(chunk!), 3, 5))).toEqual([[Buffer.from('3')], [Buffer.from('4')]]);
    expect(encoder.encode(readChunk(chunk!), 3, 3).length).toBe(0);
    expect(parseRows(makeRowEncoder([], [], usual).encode({ rowCount: 2, columns: [] }, 0, 2))).toEqual([[], []]);
  });

  test('values that are larger than the first buffer', async () => {
    const rows = await encoded("SELECT repeat('long', 100000), [repeat('x', 1000000)]");
    expect(rows[0]![0]).toBe('long'.repeat(100000));
    expect(rows[0]![1]).toBe(`{${'x'.repeat(1000000)}}`);
  });
});

describe('styles', () => {
  const moment = "TIMESTAMP '2024-02-29 13:14:15.6'";
  test.each([
    ['SQL, MDY', '02/29/2024 13:14:15.6', '02/29/2024'],
    ['SQL, DMY', '29/02/2024 13:14:15.6', '29/02/2024'],
    ['German, DMY', '29.02.2024 13:14:15.6', '29.02.2024'],
    ['Postgres, MDY', 'Thu Feb 29 13:14:15.6 2024', '02-29-2024'],
    ['Postgres, DMY', 'Thu 29 Feb 13:14:15.6 2024', '29-02-2024'],
  ])('DateStyle %s', async (dateStyle, timestamp, date) => {
    expect(await text(moment, { dateStyle })).toBe(timestamp);
    expect(await text("DATE '2024-02-29'", { dateStyle })).toBe(date);
    // JSON is ISO whatever the style.
    expect(await text(`{'t': ${moment}}`, { dateStyle })).toBe('{"t":"2024-02-29 13:14:15.6"}');
  });

  test.each([
    ['postgres', '-1 years -2 mons +3 days -04:05:06.7', '00:00:00'],
    ['postgres_verbose', '@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs ago', '@ 0'],
    ['sql_standard', '-1-2 +3 -4:05:06.7', '0'],
    ['iso_8601', 'P-1Y-2M3DT-4H-5M-6.7S', 'PT0S'],
  ])('IntervalStyle %s', async (intervalStyle, expected, zero) => {
    const interval = "to_months(-14) + to_days(3) - INTERVAL '4 hours 5 minutes 6.7 seconds'";
    expect(await text(interval, { intervalStyle })).toBe(expected);
    expect(await text('INTERVAL 0 DAY', { intervalStyle })).toBe(zero);
  });

  test('bytea_output = escape', async () => {
    expect(await text("'a\\x5C\\x00\\xFF'::BLOB", { byteaOutput: 'escape' })).toBe('a\\\\\\000\\377');
  });

  test('extra_float_digits below 1 rounds, ties to even', async () => {
    expect(await text('0.1::DOUBLE + 0.2::DOUBLE', { extraFloatDigits: 0 })).toBe('0.3');
    expect(await text('1e15::DOUBLE', { extraFloatDigits: 0 })).toBe('1e+15');
    expect(await text('2.5::DOUBLE', { extraFloatDigits: -14 })).toBe('2');
    expect(await text('614788053817110.5::DOUBLE', { extraFloatDigits: 0 })).toBe('614788053817110');
    expect(await text('0.1::FLOAT', { extraFloatDigits: -3 })).toBe('0.1');
  });
});

describe('time zones', () => {
  test.each([
    ['Europe/Berlin', '2024-03-31 00:59:59+00', '2024-03-31 01:59:59+01'],
    ['Europe/Berlin', '2024-03-31 01:00:00+00', '2024-03-31 03:00:00+02'],
    ['Europe/Berlin', '2024-10-27 00:59:59.5+00', '2024-10-27 02:59:59.5+02'],
    ['Europe/Berlin', '1890-01-01 00:00:00+00', '1890-01-01 00:53:28+00:53:28'],
    ['America/New_York', '2024-01-01 03:00:00+00', '2023-12-31 22:00:00-05'],
    ['Asia/Kathmandu', '2024-01-01 00:00:00+00', '2024-01-01 05:45:00+05:45'],
    ['Pacific/Apia', '2011-12-30 09:59:59+00', '2011-12-29 23:59:59-10'],
    ['Pacific/Apia', '2011-12-30 10:00:00+00', '2011-12-31 00:00:00+14'],
    ['Australia/Lord_Howe', '2024-07-01 00:00:00+00', '2024-07-01 10:30:00+10:30'],
    ['Europe/Berlin', '2500-07-01 00:00:00+00', '2500-07-01 02:00:00+02'],
    ['America/New_York', '0001-01-01 00:00:00+00', '0001-12-31 19:03:58-04:56:02 BC'],
  ])('%s at %s', async (timeZone, utc, expected) => {
    expect(await text(`TIMESTAMPTZ '${utc}'`, { timeZone })).toBe(expected);
  });

  test('an unknown zone', () => {
    expect(() => makeRowEncoder([], [], { ...usual, timeZone: 'Mars/Olympus' })).toThrow(
      expect.objectContaining({ sqlstate: '22023' }),
    );
  });
});

describe('numbers read back', () => {
  function doubles(values: readonly number[], style: Partial<RowStyle> = {}): string[] {
    const data = new Uint8Array(Float64Array.from(values).buffer);
    const type = parseType('DOUBLE');
    const encoder = makeRowEncoder([type], [0], { ...usual, ...style });
    const batch = {
      rowCount: values.length,
      columns: [{ kind: 'fixed', type, validity: null, width: 8, data }],
    } as const;
    return parseRows(encoder.encode(batch, 0, values.length)).map((row) => row[0]!.toString());
  }

  test('any double', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 200 }), (values) => {
        expect(doubles(values).map(Number)).toEqual(values);
      }),
    );
  });

  test('decimals of a few digits print as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (unscaled, scale) => {
        const value = unscaled / 10 ** scale;
        const [printed] = doubles([value]);
        expect(Number(printed)).toBe(value);
        expect(printed!.replace(/^-/, '').replace('.', '').replace(/^0+/, '').length).toBeLessThanOrEqual(16);
      }),
    );
  });

  // The shortest text of these lies exactly half way between two doubles: PostgreSQL gives more digits than JavaScript.
  test.each([
    [1e23, '9.999999999999999e+22'],
    [2 ** 89, '6.189700196426902e+26'],
    [9007199254740992, '9.007199254740992e+15'],
    [1e22, '1e+22'],
  ])('%d', (value, expected) => {
    expect(doubles([value, -value])).toEqual([expected, `-${expected}`]);
  });
});
