-- Values that go wrong easily: NaN, infinities, negative zero, empty and strange text, numbers at the ends of their types, all-NULL columns,
-- nested values, columns called like keywords; hive keys of several types, url-encoded and NULL ones; files without rows.
CREATE TABLE odd AS
SELECT
  i AS id,
  i % 6 AS g,
  CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN '🦆' WHEN 3 THEN 'A' WHEN 4 THEN 'a' WHEN 5 THEN ' a' WHEN 6 THEN 'ä' WHEN 7 THEN '%_\' ELSE 'NULL' END AS word,
  CASE i % 8 WHEN 0 THEN 'NaN'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE WHEN 3 THEN '-0.0'::DOUBLE WHEN 4 THEN 0.0 WHEN 5 THEN NULL WHEN 6 THEN 1e308 ELSE -1.5 END AS f8,
  CASE i % 7 WHEN 0 THEN 'NaN'::FLOAT WHEN 1 THEN 0.1 WHEN 2 THEN '-0.0'::FLOAT WHEN 3 THEN 0.0 WHEN 4 THEN NULL ELSE 16777216 + i END::FLOAT AS f4,
  CASE WHEN i % 4 = 0 THEN 9223372036854775807 WHEN i % 4 = 1 THEN -9223372036854775808 ELSE i END::BIGINT AS big,
  CASE WHEN i % 5 = 0 THEN NULL ELSE (i * 7 % 23 - 11) END::INTEGER AS n,
  CASE WHEN i % 3 = 0 THEN (i - 100)::VARCHAR WHEN i = 217 THEN 'twelve' ELSE i || '.5' END AS number_text,
  NULL::INTEGER AS nothing, NULL::VARCHAR AS no_text, CASE WHEN i % 6 = 3 THEN NULL ELSE i END::INTEGER AS by_group,
  (CASE WHEN i % 2 = 0 THEN 1 ELSE -1 END * 99999999999999999.999)::DECIMAL(20, 3) AS wide,
  (i * 0.7 - 100)::DECIMAL(5, 1) AS narrow, (i / 3.0)::DECIMAL(30, 20) AS fine,
  {'a': {'b': {'c': i % 4, 'd': 'x' || i % 3}}, 'l': [i % 2, NULL]} AS deep,
  CASE WHEN i % 11 = 0 THEN NULL WHEN i % 11 = 1 THEN [] ELSE [i % 3, i % 5] END AS list,
  i % 3 AS "select", 'o' || i % 4 AS "Order", i % 2 AS "Mixed Case", i % 5 AS "quo""te", i AS "ünï",
  TIMESTAMPTZ '2024-03-30 20:00:00+00' + to_minutes(i * 17) AS at, DATE '2024-02-27' + (i % 5)::INTEGER AS day,
  TIME '23:59:59' - to_seconds(i * 11) AS clock, to_days((i % 3)::INTEGER) + to_hours(i % 30) AS span,
  i % 13 = 0 AS rare, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS maybe,
  ('\xAB'::BLOB || (i % 4)::VARCHAR::BLOB) AS bytes, md5((i % 10)::VARCHAR)::UUID AS uid
FROM range(300) t(i);
COPY (FROM odd WHERE id < 90 ORDER BY id) TO '$DIR/odd/part-0.parquet' (FORMAT parquet);
COPY (FROM odd WHERE id >= 90 AND id < 91) TO '$DIR/odd/part-1.parquet' (FORMAT parquet);
COPY (FROM odd WHERE false) TO '$DIR/odd/part-2.parquet' (FORMAT parquet);
COPY (FROM odd WHERE id >= 91 AND id < 200 ORDER BY id) TO '$DIR/odd/part-3.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048);
COPY (FROM odd WHERE id >= 200 ORDER BY id) TO '$DIR/odd/part-4.parquet' (FORMAT parquet);

COPY (FROM odd WHERE false) TO '$DIR/hollow/part-0.parquet' (FORMAT parquet);
COPY (FROM odd WHERE false) TO '$DIR/hollow/part-1.parquet' (FORMAT parquet);

COPY (SELECT id, n, word FROM odd WHERE id < 20 ORDER BY id) TO '$DIR/keys/num=1/text=x%20y/date=2024-01-01/flag=true/p.parquet' (FORMAT parquet);
COPY (SELECT id, n, word FROM odd WHERE id >= 20 AND id < 50 ORDER BY id) TO '$DIR/keys/num=2/text=a%2Fb/date=2024-01-02/flag=false/p.parquet' (FORMAT parquet);
COPY (SELECT id, n, word FROM odd WHERE id >= 50 AND id < 55 ORDER BY id) TO '$DIR/keys/num=10/text=%C3%A4%F0%9F%A6%86/date=2023-12-31/flag=true/p.parquet' (FORMAT parquet);
COPY (SELECT id, n, word FROM odd WHERE id >= 55 AND id < 99 ORDER BY id) TO '$DIR/keys/num=__HIVE_DEFAULT_PARTITION__/text=__HIVE_DEFAULT_PARTITION__/date=__HIVE_DEFAULT_PARTITION__/flag=false/p.parquet' (FORMAT parquet);
COPY (SELECT id, n, word FROM odd WHERE id >= 99 AND id < 120 ORDER BY id) TO '$DIR/keys/num=-3/text=NULL/date=2024-01-02/flag=true/p.parquet' (FORMAT parquet);
COPY (SELECT id, n, word FROM odd WHERE false) TO '$DIR/keys/num=0/text=A/date=2024-02-29/flag=false/p.parquet' (FORMAT parquet);
