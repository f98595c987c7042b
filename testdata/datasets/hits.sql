-- Web analytics data, shaped as such logs are: wide-ish, skewed, many empty strings, large integers. 300,000 rows in six files.
CREATE TABLE hits AS
SELECT
  (hash(i, 1) >> 1)::BIGINT AS watch_id,
  (hash(i, 2) % 100 < 30)::SMALLINT AS java_enable,
  CASE WHEN hash(i, 3) % 100 < 80 THEN '' ELSE 'Title ' || (hash(i, 4) % 5000) END AS title,
  TIMESTAMP '2013-07-01 00:00:00' + to_seconds((hash(i, 5) % 2592000)::BIGINT) AS event_time,
  DATE '2013-07-01' + (hash(i, 5) % 2592000 / 86400)::INTEGER AS event_date,
  (hash(i, 6) % 40 * (hash(i, 7) % 30))::INTEGER AS counter_id,
  (hash(hash(i, 8) % 40000) >> 1)::BIGINT AS user_id,
  (hash(i, 9) % 230)::INTEGER AS region_id,
  'http://site' || (hash(i, 10) % 300) || '.example/' || CASE WHEN hash(i, 11) % 50 = 0 THEN 'google' ELSE 'path' END || '/' || (hash(i, 12) % 20000) AS url,
  CASE WHEN hash(i, 13) % 100 < 60 THEN '' ELSE 'http://ref' || (hash(i, 14) % 500) || '.example/' END AS referer,
  (ARRAY[0, 0, 1366, 1920, 1024, 768])[1 + (hash(i, 15) % 6)::INTEGER]::SMALLINT AS resolution_width,
  CASE WHEN hash(i, 16) % 100 < 87 THEN '' ELSE 'phrase ' || (hash(i, 17) % (1 + hash(i, 18) % 3000)) END AS search_phrase,
  CASE WHEN hash(i, 19) % 100 < 87 THEN 0 ELSE hash(i, 20) % 5 END::SMALLINT AS search_engine_id,
  CASE WHEN hash(i, 21) % 100 < 90 THEN '' ELSE 'Phone ' || (hash(i, 22) % 60) END AS mobile_phone_model,
  (hash(i, 23) % 2)::SMALLINT AS is_refresh,
  ((hash(i, 24) % 100000000) / 10000)::DECIMAL(18, 4) AS revenue,
  CASE WHEN hash(i, 25) % 4 = 0 THEN NULL ELSE hash(i, 26) % 1000 / 8.0 END::DOUBLE AS score,
  CASE WHEN hash(i, 27) % 100 < 95 THEN 0 ELSE hash(i, 28) % 20 END::SMALLINT AS ad_engine_id,
  (hash(i, 21) % 100 >= 90)::SMALLINT AS mobile_phone,
  ((hash(hash(i, 8) % 30000, 29) % 4294967296)::BIGINT - 2147483648)::INTEGER AS client_ip,
  ((hash(i, 30) % 5)::SMALLINT - 1)::SMALLINT AS traffic_source_id,
  (hash(i, 31) % 8 = 0)::SMALLINT AS is_link, (hash(i, 32) % 50 = 0)::SMALLINT AS is_download, (hash(i, 33) % 10 = 0)::SMALLINT AS uncounted,
  (hash(i, 12) % 200 >> 1)::BIGINT AS url_hash, (hash(hash(i, 14) % 500) >> 1)::BIGINT AS referer_hash,
  (hash(i, 34) % 40 * 48)::SMALLINT AS window_width, (hash(i, 35) % 30 * 36)::SMALLINT AS window_height
FROM range(300000) t(i);
COPY (FROM hits LIMIT 50000) TO '$DIR/hits/part-0.parquet' (FORMAT parquet);
COPY (FROM hits LIMIT 50000 OFFSET 50000) TO '$DIR/hits/part-1.parquet' (FORMAT parquet);
COPY (FROM hits LIMIT 50000 OFFSET 100000) TO '$DIR/hits/part-2.parquet' (FORMAT parquet);
COPY (FROM hits LIMIT 50000 OFFSET 150000) TO '$DIR/hits/part-3.parquet' (FORMAT parquet);
COPY (FROM hits LIMIT 50000 OFFSET 200000) TO '$DIR/hits/part-4.parquet' (FORMAT parquet);
COPY (FROM hits LIMIT 50000 OFFSET 250000) TO '$DIR/hits/part-5.parquet' (FORMAT parquet);
