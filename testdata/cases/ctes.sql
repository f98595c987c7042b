-- data: random

WITH x AS (SELECT k, count(*) AS n FROM facts GROUP BY k) SELECT a.k, a.n, b.n AS more FROM x a LEFT JOIN x b ON a.n < b.n AND b.k = a.k + 1 ORDER BY ALL

WITH x AS MATERIALIZED (SELECT k, m FROM facts WHERE b) SELECT (SELECT count(*) FROM x) AS n, (SELECT max(m) FROM x) AS most, count(*) FROM others WHERE k IN (SELECT k FROM x)

WITH x AS NOT MATERIALIZED (SELECT k, sum(m) AS s FROM facts GROUP BY k) SELECT count(*) FROM x a, x b WHERE a.s > b.s

WITH x AS (SELECT k, sum(m) AS total FROM facts GROUP BY k) SELECT k, total FROM x WHERE total = (SELECT max(total) FROM x) ORDER BY k

WITH x AS (SELECT id, row_number() OVER (PARTITION BY k ORDER BY m, id) AS r FROM facts), y AS (SELECT * FROM x WHERE r = 1) SELECT count(*), sum(id) FROM y

WITH a AS (SELECT k FROM facts), b AS (SELECT k FROM a WHERE k > 3), c AS (SELECT k FROM b UNION ALL SELECT k FROM a) SELECT k, count(*) FROM c GROUP BY k ORDER BY k

WITH a(x, y) AS (SELECT k, g FROM facts) SELECT x, count(y) FROM a GROUP BY x ORDER BY x

WITH small AS (SELECT 1 AS only) SELECT * FROM small

WITH facts AS (SELECT * FROM facts WHERE id < 3) SELECT id FROM facts ORDER BY id

WITH x AS (SELECT id FROM facts ORDER BY m DESC NULLS LAST, id LIMIT 10) SELECT f.id, f.m FROM facts f JOIN x USING (id) UNION ALL SELECT id, NULL FROM x ORDER BY ALL

WITH x AS (SELECT * FROM hollow) SELECT (SELECT count(*) FROM x), (SELECT max(id) FROM x), count(*) FROM facts WHERE k NOT IN (SELECT k FROM x)

WITH x AS (SELECT k, g FROM others WHERE b) SELECT count(*) FROM facts f WHERE EXISTS (SELECT 1 FROM x WHERE x.k = f.k) AND NOT EXISTS (SELECT 1 FROM x WHERE x.g = f.g)

WITH x AS (WITH y AS (SELECT k FROM facts WHERE b) SELECT k, count(*) AS n FROM y GROUP BY k) SELECT max(n), min(n) FROM x

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 8) SELECT n, count(f.id), sum(f.m) FROM r LEFT JOIN facts f ON f.k = n GROUP BY n ORDER BY n

WITH RECURSIVE walk AS (SELECT id, k, 0 AS step FROM facts WHERE id = 4 UNION SELECT f.id, f.k, w.step + 1 FROM walk w JOIN facts f ON f.id = w.k + w.id WHERE w.step < 6) SELECT * FROM walk ORDER BY ALL

WITH RECURSIVE t(n) AS (SELECT min(k) FROM facts UNION ALL SELECT n + 1 FROM t WHERE n < (SELECT max(k) FROM facts)) SELECT count(*) FROM t

-- One value for the whole query, however often it is read.
WITH x AS MATERIALIZED (SELECT id, random() AS r FROM facts) SELECT count(*) FROM x a JOIN x b USING (id) WHERE a.r <> b.r

WITH x AS (SELECT now() AS t FROM facts) SELECT count(DISTINCT t) FROM (SELECT t FROM x UNION ALL SELECT now() FROM others)

WITH x AS MATERIALIZED (SELECT uuid() AS u FROM facts) SELECT count(DISTINCT u) FROM (SELECT u FROM x UNION ALL SELECT u FROM x)

-- error: any
WITH x AS (SELECT nope FROM facts) SELECT count(*) FROM x

-- error: any
WITH x AS (SELECT k FROM facts) SELECT g FROM x

-- error: 42601
-- oracle: SELEC 1
WITH x AS (SELECT 1), x AS (SELECT 2) SELECT * FROM x

-- error: 42P01
WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT * FROM a
