-- Small data for differential cases: NULLs, skew, ties, hive keys, several formats, files that lack a column.
-- $DIR is the folder to fill; every sub-folder or file in it is a table.
CREATE TABLE events AS
SELECT
  i AS id,
  (i * 7919) % 97 AS user_id,
  CASE WHEN i % 11 = 0 THEN NULL ELSE (i * 31) % 1000 END::INTEGER AS amount,
  CASE WHEN i % 13 = 0 THEN NULL ELSE ((i * 104729) % 1000003)::DECIMAL(18, 4) / 100 END::DECIMAL(12, 2) AS price,
  CASE WHEN i % 17 = 0 THEN NULL ELSE ['red', 'green', 'blue', 'Ärger', ''][1 + i // 3 % 5] END AS color,
  (i * 461168601842738)::BIGINT AS big,
  CASE WHEN i % 5 = 0 THEN NULL ELSE i / 7.0 END::DOUBLE AS ratio,
  i % 3 = 0 AS flag,
  DATE '2024-01-01' + ((i * 37) % 400)::INTEGER AS day,
  TIMESTAMP '2024-01-01 00:00:00' + to_seconds((i * 86413) % 31536000) + to_microseconds(i % 1000000) AS seen,
  ['EU', 'US', 'ASIA'][1 + CASE WHEN i % 10 < 7 THEN 0 ELSE i % 3 END] AS region,
  2023 + (i % 2) AS year
FROM range(20000) t(i);
COPY (FROM events ORDER BY id) TO '$DIR/events' (FORMAT parquet, PARTITION_BY (region, year), FILENAME_PATTERN 'part_{i}');

-- One table in eight plain files, one of them empty, in row order.
COPY (FROM events WHERE id < 3000 ORDER BY id) TO '$DIR/flat/part-0.parquet' (FORMAT parquet);
COPY (FROM events WHERE id >= 3000 AND id < 3001 ORDER BY id) TO '$DIR/flat/part-1.parquet' (FORMAT parquet);
COPY (FROM events WHERE false) TO '$DIR/flat/part-2.parquet' (FORMAT parquet);
COPY (FROM events WHERE id >= 3001 AND id < 9000 ORDER BY id) TO '$DIR/flat/part-3.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048);
COPY (FROM events WHERE id >= 9000 ORDER BY id) TO '$DIR/flat/part-4.parquet' (FORMAT parquet);

COPY (SELECT DISTINCT user_id, 'user ' || user_id AS name, CASE WHEN user_id % 4 = 0 THEN NULL ELSE user_id % 5 END AS team FROM events ORDER BY user_id)
  TO '$DIR/users.parquet' (FORMAT parquet);
COPY (SELECT * FROM (VALUES (0, 'Alpha'), (1, 'Beta'), (2, 'Gamma'), (3, NULL), (NULL, 'Nobody')) v(team, title))
  TO '$DIR/teams.parquet' (FORMAT parquet);

-- Columns that differ between files: unified by name, integers widened.
COPY (SELECT id::INTEGER AS id, amount FROM events WHERE id < 500 ORDER BY id) TO '$DIR/drift/a.parquet' (FORMAT parquet);
COPY (SELECT id::BIGINT AS id, amount, color FROM events WHERE id >= 500 AND id < 1000 ORDER BY id) TO '$DIR/drift/b.parquet' (FORMAT parquet);

COPY (SELECT id, amount, color, price, day FROM events WHERE id < 1000 ORDER BY id) TO '$DIR/sales_csv/one.csv' (FORMAT csv, HEADER);
COPY (SELECT id, amount, color, price, day FROM events WHERE id >= 1000 AND id < 2500 ORDER BY id) TO '$DIR/sales_csv/two.csv' (FORMAT csv, HEADER);
COPY (SELECT id, user_id, color, {'x': amount, 'y': [id, id + 1]} AS nested FROM events WHERE id < 1500 ORDER BY id) TO '$DIR/logs.ndjson' (FORMAT json);
