-- data: random

SELECT id, row_number() OVER (PARTITION BY k ORDER BY m DESC, id) AS r FROM facts ORDER BY id

SELECT id, rank() OVER (PARTITION BY k, g ORDER BY m), dense_rank() OVER (PARTITION BY k, g ORDER BY m NULLS FIRST) FROM facts ORDER BY id

SELECT id, percent_rank() OVER (PARTITION BY g ORDER BY m), cume_dist() OVER (PARTITION BY g ORDER BY m), ntile(4) OVER (PARTITION BY g ORDER BY m, id) FROM facts ORDER BY id

SELECT id, lag(m) OVER w, lag(m, 2, 0) OVER w, lead(s) OVER w, lead(m, 3, -1) OVER w FROM facts WINDOW w AS (PARTITION BY k ORDER BY id) ORDER BY id

SELECT id, first_value(m) OVER w, last_value(m) OVER w, nth_value(m, 2) OVER w FROM facts WINDOW w AS (PARTITION BY k ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) ORDER BY id

SELECT id, first_value(m IGNORE NULLS) OVER w, lag(m IGNORE NULLS) OVER w FROM facts WINDOW w AS (PARTITION BY g ORDER BY id) ORDER BY id

SELECT id, sum(m) OVER (PARTITION BY k ORDER BY id), avg(m) OVER (PARTITION BY k ORDER BY id), count(m) OVER (PARTITION BY k) FROM facts ORDER BY id

-- Different keys: one exchange after the other.
SELECT id, count(*) OVER (PARTITION BY k) AS a, count(*) OVER (PARTITION BY g) AS b, count(*) OVER (PARTITION BY s, b) AS c FROM facts ORDER BY id

SELECT id, sum(m) OVER (PARTITION BY k ORDER BY id) AS a, rank() OVER (PARTITION BY k, g ORDER BY dt) AS b FROM facts ORDER BY id

SELECT id, count(*) OVER (PARTITION BY k) AS a, row_number() OVER (ORDER BY m, id) AS b, count(*) OVER () AS c FROM facts ORDER BY id

-- Without a key.
SELECT id, row_number() OVER (ORDER BY m DESC, id) AS r, sum(m) OVER (ORDER BY id) AS s FROM facts ORDER BY id

-- sequence
SELECT id, row_number() OVER () AS r FROM facts

SELECT id, sum(m) OVER () AS total, m / sum(m) OVER () AS share FROM facts ORDER BY id

SELECT id, rank() OVER (ORDER BY k NULLS FIRST), dense_rank() OVER (ORDER BY k DESC) FROM facts ORDER BY id

-- NULLs are one partition.
SELECT k, count(*) OVER (PARTITION BY k) AS n FROM facts WHERE k IS NULL ORDER BY ALL

SELECT k, g, count(*) OVER (PARTITION BY k, g) AS n FROM sparse ORDER BY ALL

-- Frames.
SELECT id, sum(m) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), sum(m) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), sum(m) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 4 FOLLOWING) FROM facts ORDER BY id

SELECT id, count(*) OVER (PARTITION BY g ORDER BY kd RANGE BETWEEN 2 PRECEDING AND 2 FOLLOWING), sum(m) OVER (PARTITION BY g ORDER BY dt RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW) FROM facts ORDER BY id

SELECT id, count(*) OVER (PARTITION BY s ORDER BY k GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM facts ORDER BY id

SELECT id, sum(m) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW), count(*) OVER (PARTITION BY g ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES), count(*) OVER (PARTITION BY g ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP) FROM facts ORDER BY id

SELECT id, sum(m) OVER (PARTITION BY k ORDER BY id ROWS k PRECEDING) FROM facts WHERE k IS NOT NULL ORDER BY id

SELECT id, count(DISTINCT s) OVER (PARTITION BY k), sum(m) FILTER (WHERE b) OVER (PARTITION BY k ORDER BY id), median(m) OVER (PARTITION BY k ORDER BY id ROWS 4 PRECEDING) FROM facts ORDER BY id

SELECT id, list(id ORDER BY id DESC) OVER (PARTITION BY k ORDER BY id ROWS 2 PRECEDING) AS l, string_agg(s, ',') OVER (PARTITION BY k ORDER BY id) AS t FROM facts ORDER BY id

SELECT id, max(s) OVER (PARTITION BY b ORDER BY ts, id), min(ts) OVER (PARTITION BY b ORDER BY id) FROM facts ORDER BY id

SELECT id, lead(lag_m) OVER (PARTITION BY g ORDER BY id) FROM (SELECT id, g, lag(m) OVER (PARTITION BY k ORDER BY id) AS lag_m FROM facts) ORDER BY id

-- QUALIFY.
SELECT id, k FROM facts QUALIFY row_number() OVER (PARTITION BY k ORDER BY m DESC NULLS LAST, id) = 1 ORDER BY id

SELECT id, k, rank() OVER (PARTITION BY k ORDER BY m) AS r FROM facts QUALIFY r <= 2 AND count(*) OVER (PARTITION BY g) > 10 ORDER BY ALL

SELECT k, sum(m) AS s FROM facts GROUP BY k QUALIFY sum(m) > avg(sum(m)) OVER () ORDER BY k

-- Over joins and groups.
SELECT f.id, o.id AS other, row_number() OVER (PARTITION BY f.k ORDER BY f.id, o.id) AS r FROM facts f JOIN others o ON f.k = o.k QUALIFY r <= 3 ORDER BY ALL

SELECT k, count(*) AS n, rank() OVER (ORDER BY count(*) DESC) AS r, sum(count(*)) OVER (ORDER BY k) AS running FROM facts GROUP BY k ORDER BY k

SELECT k, g, sum(m) AS s, sum(sum(m)) OVER (PARTITION BY k ORDER BY g) AS running, sum(m) / sum(sum(m)) OVER (PARTITION BY k) AS share FROM facts GROUP BY k, g ORDER BY k, g

SELECT DISTINCT k, max(m) OVER (PARTITION BY k) AS most FROM facts ORDER BY k

SELECT r, count(*) FROM (SELECT row_number() OVER (PARTITION BY k ORDER BY id) AS r FROM facts) GROUP BY r ORDER BY r

SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) AS r FROM facts ORDER BY r DESC, id LIMIT 7

SELECT count(*) OVER (PARTITION BY k) AS n FROM hollow

SELECT id, sum(d) OVER (PARTITION BY k ORDER BY ts NULLS FIRST, id) FROM facts ORDER BY id

SELECT id, row_number() OVER (PARTITION BY s COLLATE NOCASE ORDER BY id) AS r FROM facts ORDER BY id

-- error: any
SELECT id FROM facts WHERE row_number() OVER (PARTITION BY k ORDER BY id) = 1

-- error: any
SELECT k, row_number() OVER (ORDER BY id) FROM facts GROUP BY k

-- error: any
SELECT sum(m) OVER (PARTITION BY k ORDER BY s RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM facts

-- error: any
SELECT sum(m) OVER (PARTITION BY nope) FROM facts
