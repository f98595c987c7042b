/**
 * SQL expressions over a row number `i` that cover every type that DuckDB stores, for tests: each gives ordinary values,
 * edges and NULLs.
 */
export const typeColumns: Readonly<Record<string, string>> = {
  boolean: 'CASE WHEN i % 5 = 0 THEN NULL ELSE i % 2 = 0 END',
  tinyint: 'CASE WHEN i % 7 = 0 THEN NULL ELSE ((i * 37) % 256 - 128)::TINYINT END',
  smallint: '((i * 7919) % 65536 - 32768)::SMALLINT',
  integer: 'CASE WHEN i % 9 = 0 THEN NULL WHEN i % 9 = 1 THEN -2147483648 ELSE (hash(i) % 2147483647)::INTEGER END',
  bigint: 'CASE i % 4 WHEN 0 THEN -9223372036854775808 WHEN 1 THEN 9223372036854775807 ELSE (hash(i) // 2)::BIGINT END',
  utinyint: '(i % 256)::UTINYINT',
  usmallint: '((i * 77) % 65536)::USMALLINT',
  uinteger: '(hash(i) % 4294967296)::UINTEGER',
  ubigint: 'hash(i)',
  hugeint:
    "CASE i % 4 WHEN 0 THEN '-170141183460469231731687303715884105728'::HUGEINT WHEN 1 THEN NULL ELSE hash(i)::HUGEINT * 7777777 END",
  uhugeint: "CASE i % 3 WHEN 0 THEN '340282366920938463463374607431768211455'::UHUGEINT ELSE hash(i)::UHUGEINT END",
  float:
    "CASE i % 6 WHEN 0 THEN 'NaN'::FLOAT WHEN 1 THEN '-Infinity'::FLOAT WHEN 2 THEN NULL ELSE (i * 0.37)::FLOAT END",
  double:
    "CASE i % 6 WHEN 0 THEN 'Infinity'::DOUBLE WHEN 1 THEN -0.0::DOUBLE WHEN 2 THEN NULL ELSE sqrt(i)::DOUBLE END",
  decimal_4_1: '((i % 2000 - 1000) / 10)::DECIMAL(4,1)',
  decimal_9_2: 'CASE WHEN i % 5 = 0 THEN NULL ELSE ((i * 7919) % 1000000)::DECIMAL(9,2) END',
  decimal_18_3: '(i * 123456.789)::DECIMAL(18,3)',
  decimal_38_10:
    "CASE i % 3 WHEN 0 THEN '-9999999999999999999999999999.9999999999'::DECIMAL(38,10) ELSE (i * 1.5)::DECIMAL(38,10) END",
  date: "CASE i % 6 WHEN 0 THEN DATE '0044-03-15 (BC)' WHEN 1 THEN 'infinity'::DATE WHEN 2 THEN NULL ELSE DATE '1970-01-01' + i::INTEGER END",
  time: "CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN TIME '24:00:00' ELSE TIME '00:00:00' + to_microseconds(i * 12345677) END",
  time_ns: "('12:34:56.' || lpad((i % 1000000000)::VARCHAR, 9, '0'))::TIME_NS",
  timetz:
    "CASE WHEN i % 5 = 0 THEN NULL ELSE ('11:12:13.5' || CASE i % 3 WHEN 0 THEN '+02' WHEN 1 THEN '-03:30' ELSE '+15:59:59' END)::TIMETZ END",
  timestamp:
    "CASE i % 6 WHEN 0 THEN '-infinity'::TIMESTAMP WHEN 1 THEN NULL ELSE TIMESTAMP '1969-12-31 23:59:59.999999' + to_microseconds(i * 1234567890123) END",
  timestamp_s: "TIMESTAMP_S '1970-01-01 00:00:00' + to_seconds(i * 86399)",
  timestamp_ms: "(TIMESTAMP '1970-01-01' + to_milliseconds(i * 86399001))::TIMESTAMP_MS",
  timestamp_ns: 'make_timestamp_ns(i * 86399001002003)',
  timestamptz:
    "CASE i % 5 WHEN 0 THEN 'infinity'::TIMESTAMPTZ ELSE TIMESTAMPTZ '1900-01-01 00:00:00+00' + to_hours(i::INTEGER * 911) END",
  interval:
    'CASE WHEN i % 4 = 0 THEN NULL ELSE to_months((i % 50)::INTEGER - 25) + to_days((i % 9)::INTEGER) - to_microseconds(i * 99999) END',
  varchar_short: "CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN '' ELSE 'k' || (i % 1000) END",
  varchar_long: "CASE WHEN i % 7 = 0 THEN NULL ELSE repeat('é€😀x', (i % 40)::INTEGER) END",
  varchar_constant: "'the same long string in every row'",
  json: "json_object('i', i, 's', 'a \"quoted\" text')",
  blob: "CASE WHEN i % 5 = 0 THEN NULL ELSE ('\\x00\\xFF'::BLOB || encode(repeat('b', (i % 20)::INTEGER))) END",
  bit: "CASE WHEN i % 6 = 0 THEN NULL ELSE repeat('101', 1 + (i % 40)::INTEGER)::BIT END",
  bignum: "CASE WHEN i % 5 = 0 THEN NULL ELSE (repeat('9', 1 + (i % 60)::INTEGER))::BIGNUM END",
  uuid: 'CASE WHEN i % 5 = 0 THEN NULL ELSE md5(i::VARCHAR)::UUID END',
  enum: "CASE WHEN i % 4 = 0 THEN NULL ELSE (['sad', 'it''s ok', 'happy'])[1 + i % 3]::ENUM('sad', 'it''s ok', 'happy') END",
  list_integer: 'CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN [] ELSE [i, NULL, -i] END::INTEGER[]',
  list_varchar:
    "CASE WHEN i % 5 = 0 THEN NULL ELSE [repeat('longer than twelve ', (i % 3)::INTEGER), NULL, 'a,b', 'q\"\\'] END",
  list_constant: "['always the same list here', 'x']",
  list_list: 'CASE WHEN i % 4 = 0 THEN NULL ELSE [[i, i + 1], NULL, []] END',
  list_struct:
    "CASE WHEN i % 4 = 0 THEN NULL ELSE [{'a': i, 'b c': 'text that is not inlined ' || i}, NULL, {'a': NULL, 'b c': NULL}] END",
  list_json: "[json_object('i', i)]",
  array_integer: 'CASE WHEN i % 4 = 0 THEN NULL ELSE [i, NULL, 3] END::INTEGER[3]',
  array_varchar: "CASE WHEN i % 4 = 0 THEN NULL ELSE ['a', 'a string beyond the inline size ' || i] END::VARCHAR[2]",
  array_array: 'CASE WHEN i % 4 = 0 THEN NULL ELSE [[i, 1], [2, NULL], [3, 4]] END::BIGINT[2][3]',
  struct:
    "CASE WHEN i % 4 = 0 THEN NULL ELSE {'x': i, 'select': 'text that is not inlined', 'n': {'d': DATE '2024-02-29'}} END",
  map: "CASE WHEN i % 4 = 0 THEN NULL WHEN i % 4 = 1 THEN MAP {} ELSE MAP {'k' || i: i, 'a long key that is not inlined': NULL} END",
  union:
    "CASE i % 4 WHEN 0 THEN NULL::UNION(num INTEGER, str VARCHAR) WHEN 1 THEN union_value(num := i::INTEGER)::UNION(num INTEGER, str VARCHAR) WHEN 2 THEN union_value(str := 'text that is not inlined')::UNION(num INTEGER, str VARCHAR) ELSE union_value(num := NULL::INTEGER)::UNION(num INTEGER, str VARCHAR) END",
  geometry: "CASE WHEN i % 4 = 0 THEN NULL ELSE ('POINT(' || i || ' 2)')::GEOMETRY END",
  variant: "CASE WHEN i % 4 = 0 THEN NULL ELSE {'a': i, 's': ['x', NULL, 'longer than twelve bytes']}::VARIANT END",
};
