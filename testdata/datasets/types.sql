-- Every type that Parquet keeps, in three files with NULLs.
CREATE TABLE types AS
SELECT
  i AS id,
  (i % 2 = 0) AS c_boolean,
  (i % 100 - 50)::TINYINT AS c_tinyint, (i * 321 % 60000 - 30000)::SMALLINT AS c_smallint, (i * 7654321 % 4000000000 - 2000000000)::INTEGER AS c_integer,
  (i * 1234567890123)::BIGINT AS c_bigint,
  (i % 200)::UTINYINT AS c_utinyint, (i * 11 % 65535)::USMALLINT AS c_usmallint, (i * 4294967 % 4294967295)::UINTEGER AS c_uinteger,
  (i * 18446744073709)::UBIGINT AS c_ubigint,
  (i / 3.0)::FLOAT AS c_float, (i / 3.0)::DOUBLE AS c_double,
  (i / 7.0)::DECIMAL(4, 1) AS c_decimal4, (i * 1.37)::DECIMAL(9, 2) AS c_decimal9, (i * 12345.6789)::DECIMAL(18, 6) AS c_decimal18, (i * 1234567.891)::DECIMAL(38, 10) AS c_decimal38,
  'text ' || i || CASE WHEN i % 3 = 0 THEN ' with "quotes", commas and ünïcödé 🦆 that is longer than twelve bytes' ELSE '' END AS c_varchar,
  ('\x00\xFF'::BLOB || ('b' || i)::BLOB) AS c_blob,
  DATE '1900-01-01' + (i * 73)::INTEGER AS c_date, TIME '00:00:00' + to_microseconds(i * 7654321 % 86400000000) AS c_time,
  TIMESTAMP '1890-06-01 12:00:00' + to_microseconds(i * 9876543210123 % 9000000000000000) AS c_timestamp,
  (TIMESTAMP '2001-01-01 00:00:00' + to_milliseconds(i * 1000003))::TIMESTAMP_MS AS c_timestamp_ms,
  (TIMESTAMP '2001-01-01 00:00:00' + to_milliseconds(i * 1000003))::TIMESTAMP_NS AS c_timestamp_ns,
  TIMESTAMPTZ '2000-01-01 00:00:00+00' + to_microseconds(i * 987654321012) AS c_timestamptz,
  to_months((i % 40)::INTEGER) + to_days((i % 31)::INTEGER) + to_milliseconds(i * 37) AS c_interval,
  md5(i::VARCHAR)::UUID AS c_uuid,
  [i, NULL, i + 1] AS c_list, [['a' || i, NULL], [], NULL] AS c_nested, {'a': i, 'b': 'x"' || i, 'c': [i]} AS c_struct, MAP {'k' || i: i, 'z': NULL} AS c_map
FROM range(600) t(i);
COPY (FROM types WHERE id < 200 ORDER BY id) TO '$DIR/types/part-0.parquet' (FORMAT parquet);
COPY (FROM types WHERE id >= 200 AND id < 450 ORDER BY id) TO '$DIR/types/part-1.parquet' (FORMAT parquet);
COPY (SELECT id, NULLIF(c_boolean, c_boolean) AS c_boolean, * EXCLUDE (id, c_boolean) FROM types WHERE id >= 450 ORDER BY id) TO '$DIR/types/part-2.parquet' (FORMAT parquet);
