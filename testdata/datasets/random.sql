-- Small tables for random distributed queries: the same columns in each, of types that differ; few key values, many NULLs, skew, files without
-- rows, a table without rows. Values of DOUBLE are multiples of 1/4, so that their sums do not depend on any order.
CREATE MACRO draw(i, seed, n) AS (hash(i, seed) % n)::BIGINT;
CREATE MACRO key_of(i, seed) AS CASE WHEN draw(i, seed, 100) < 15 THEN NULL WHEN draw(i, seed, 100) < 40 THEN 3 ELSE draw(i, seed + 1, 25) END;
CREATE MACRO text_of(i, seed) AS ['a', 'b', 'B', '', 'ä', 'x y', 'a longer text than twelve bytes', NULL][1 + draw(i, seed, 8)];
CREATE TABLE facts AS
SELECT i AS id, key_of(i, 1)::INTEGER AS k, (draw(i, 3, 50) / 2)::DECIMAL(9, 2) AS kd,
  CASE WHEN draw(i, 4, 9) = 0 THEN 'x' ELSE key_of(i, 5)::VARCHAR END AS kt, NULLIF(draw(i, 7, 6), 5)::SMALLINT AS g, text_of(i, 8) AS s,
  CASE WHEN draw(i, 9, 5) > 0 THEN (draw(i, 10, 400) - 100) / 4.0 END::DOUBLE AS d,
  CASE WHEN draw(i, 11, 8) > 0 THEN (draw(i, 12, 20000) - 5000) / 100 END::DECIMAL(10, 2) AS m,
  CASE WHEN draw(i, 13, 10) > 0 THEN DATE '2024-01-01' + draw(i, 14, 60)::INTEGER END AS dt,
  CASE WHEN draw(i, 15, 10) > 0 THEN TIMESTAMP '2024-01-01 00:00:00' + to_minutes(draw(i, 16, 60 * 24 * 10) * 6) END AS ts,
  CASE WHEN draw(i, 17, 4) > 0 THEN draw(i, 18, 2) = 0 END AS b
FROM range(300) t(i);
COPY (FROM facts WHERE id < 120 ORDER BY id) TO '$DIR/facts/part-0.parquet' (FORMAT parquet);
COPY (FROM facts WHERE id = 120) TO '$DIR/facts/part-1.parquet' (FORMAT parquet);
COPY (FROM facts WHERE false) TO '$DIR/facts/part-2.parquet' (FORMAT parquet);
COPY (FROM facts WHERE id > 120 AND id < 200 ORDER BY id) TO '$DIR/facts/part-3.parquet' (FORMAT parquet);
COPY (FROM facts WHERE id >= 200 ORDER BY id) TO '$DIR/facts/part-4.parquet' (FORMAT parquet);

CREATE TABLE others AS
SELECT i::INTEGER AS id, key_of(i, 21)::BIGINT AS k, draw(i, 23, 25)::DECIMAL(4, 0) AS kd, CASE WHEN draw(i, 24, 4) > 0 THEN key_of(i, 25)::VARCHAR END AS kt,
  NULLIF(draw(i, 27, 6), 5)::INTEGER AS g, text_of(i, 28) AS s, (draw(i, 30, 100) - 30) / 4.0::DOUBLE AS d,
  ((draw(i, 32, 2000) - 500) / 10)::DECIMAL(8, 1) AS m,
  DATE '2024-01-15' + draw(i, 34, 60)::INTEGER AS dt,
  CASE WHEN draw(i, 35, 3) > 0 THEN TIMESTAMP '2024-01-03 00:00:00' + to_minutes(draw(i, 36, 60 * 24 * 10) * 6) END AS ts,
  draw(i, 38, 3) = 0 AS b
FROM range(100) t(i);
COPY (FROM others WHERE id < 30 ORDER BY id) TO '$DIR/others/part-0.parquet' (FORMAT parquet);
COPY (FROM others WHERE false) TO '$DIR/others/part-1.parquet' (FORMAT parquet);
COPY (FROM others WHERE id >= 30 ORDER BY id) TO '$DIR/others/part-2.parquet' (FORMAT parquet);

-- Nearly everything NULL, in two files throughout.
CREATE TABLE sparse AS
SELECT i AS id, CASE WHEN i BETWEEN 20 AND 39 AND i % 3 = 0 THEN draw(i, 41, 8) END::DECIMAL(18, 0) AS k, CASE WHEN i % 4 = 0 THEN draw(i, 42, 9) END::DOUBLE AS kd,
  CASE WHEN i BETWEEN 20 AND 39 AND i % 2 = 0 THEN draw(i, 43, 8)::VARCHAR END AS kt, CASE WHEN i % 7 = 0 THEN 1 END::TINYINT AS g,
  CASE WHEN i < 40 AND i % 5 = 0 THEN 'a' END AS s, CASE WHEN i % 6 = 0 THEN i / 4.0 END::DOUBLE AS d, CASE WHEN i BETWEEN 30 AND 50 THEN i END::DECIMAL(20, 4) AS m,
  CASE WHEN i % 9 = 0 THEN DATE '2024-02-01' END AS dt, CASE WHEN i % 9 = 1 THEN TIMESTAMP '2024-01-05 12:00:00' END AS ts, CASE WHEN i % 10 = 0 THEN true END AS b
FROM range(60) t(i);
COPY (FROM sparse WHERE id < 20 ORDER BY id) TO '$DIR/sparse/part-0.parquet' (FORMAT parquet);
COPY (FROM sparse WHERE id >= 20 AND id < 40 ORDER BY id) TO '$DIR/sparse/part-1.parquet' (FORMAT parquet);
COPY (FROM sparse WHERE id >= 40 ORDER BY id) TO '$DIR/sparse/part-2.parquet' (FORMAT parquet);

COPY (SELECT id::SMALLINT AS id, key_of(i, 51)::SMALLINT AS k, key_of(i, 53)::INTEGER AS kd, key_of(i, 55)::VARCHAR AS kt, draw(i, 57, 5)::BIGINT AS g, text_of(i, 58) AS s,
    i / 2.0::FLOAT AS d, i::DECIMAL(5, 2) AS m, DATE '2024-01-01' + (i * 3)::INTEGER AS dt, TIMESTAMP '2024-01-01 00:00:00' + to_hours(i * 7) AS ts, i % 2 = 0 AS b
  FROM range(9) t(i), LATERAL (SELECT i AS id) ORDER BY i)
  TO '$DIR/small.parquet' (FORMAT parquet);

COPY (FROM facts WHERE false) TO '$DIR/hollow/part-0.parquet' (FORMAT parquet);
COPY (FROM facts WHERE false) TO '$DIR/hollow/part-1.parquet' (FORMAT parquet);

-- At most one row per key and time, as ASOF joins need it.
CREATE TABLE ticks AS
SELECT row_number() OVER (ORDER BY k, ts) AS id, k::INTEGER AS k, k::DECIMAL(9, 1) AS kd, k::VARCHAR AS kt, (k % 5)::INTEGER AS g, text_of(k * 100 + n, 61) AS s,
  n / 4.0::DOUBLE AS d, (k * n / 10)::DECIMAL(9, 3) AS m, DATE '2024-01-01' + n::INTEGER AS dt, ts, n % 3 = 0 AS b
FROM (SELECT k, n, TIMESTAMP '2024-01-01 00:00:00' + to_hours(n * 11 + k) AS ts FROM range(0, 25, 2) a(k), range(6) b(n));
COPY (FROM ticks WHERE id % 2 = 0 ORDER BY id) TO '$DIR/ticks/part-0.parquet' (FORMAT parquet);
COPY (FROM ticks WHERE id % 2 = 1 ORDER BY id) TO '$DIR/ticks/part-1.parquet' (FORMAT parquet);
