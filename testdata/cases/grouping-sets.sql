-- data: random

SELECT k, g, count(*), sum(m) FROM facts GROUP BY ROLLUP (k, g) ORDER BY ALL

SELECT k, g, grouping(k) AS gk, grouping(g) AS gg, count(*) FROM facts GROUP BY CUBE (k, g) ORDER BY ALL

-- A NULL of the data and a NULL of a total are two groups.
SELECT k, grouping(k) AS total, count(*) FROM facts WHERE k IS NULL OR k = 3 GROUP BY ROLLUP (k) ORDER BY ALL

SELECT k, s, b, count(*), max(m) FROM facts GROUP BY GROUPING SETS ((k, s), (b), (s), ()) ORDER BY ALL

SELECT s, count(*) FROM facts GROUP BY GROUPING SETS ((s), (s), ()) ORDER BY ALL

SELECT k, g, s, grouping(k, g, s) AS level, count(*) FROM facts GROUP BY k, ROLLUP (g, s) ORDER BY ALL

SELECT k, g, count(*) FROM facts GROUP BY ROLLUP (k), CUBE (g) ORDER BY ALL

SELECT b, count(DISTINCT k), count(DISTINCT s), sum(DISTINCT g) FROM facts GROUP BY ROLLUP (b) ORDER BY ALL

SELECT g, median(m), quantile_disc(m, 0.5), avg(m), string_agg(s, ',' ORDER BY id) FROM facts GROUP BY ROLLUP (g) ORDER BY g

SELECT g, list(id ORDER BY id), arg_max(id, id) FROM facts WHERE id < 50 GROUP BY CUBE (g) ORDER BY g

-- tolerance
SELECT g, b, stddev(m), var_pop(d), approx_count_distinct(k) FROM facts GROUP BY CUBE (g, b) ORDER BY g, b

SELECT k % 3 AS r, upper(s) AS u, count(*) FROM facts GROUP BY ROLLUP (r, u) ORDER BY ALL

SELECT k, count(*) FILTER (WHERE b) AS n, sum(m) FILTER (WHERE NOT b) AS t FROM facts GROUP BY ROLLUP (k) ORDER BY ALL

SELECT k, g, count(*) AS n FROM facts GROUP BY CUBE (k, g) HAVING count(*) > 12 ORDER BY ALL

SELECT k, g, count(*) AS n FROM facts GROUP BY CUBE (k, g) HAVING grouping(k) = 1 ORDER BY ALL

SELECT k, count(*) FROM facts GROUP BY ROLLUP (k) ORDER BY count(*) DESC, k LIMIT 4

SELECT coalesce(k::VARCHAR, 'all') AS k, count(*) FROM facts GROUP BY ROLLUP (facts.k) ORDER BY ALL

-- No rows: the sets with keys are empty, the empty set is one row.
SELECT k, count(*), sum(m) FROM hollow GROUP BY ROLLUP (k)

SELECT count(*), sum(m) FROM hollow GROUP BY ()

SELECT k, count(*) FROM facts WHERE id < 0 GROUP BY GROUPING SETS ((k))

SELECT k, count(*) FROM facts WHERE id < 0 GROUP BY GROUPING SETS ((), ()) , k

-- Over joins, sub-queries, windows.
SELECT f.k, o.g, count(*), grouping(f.k) AS t FROM facts f JOIN others o ON f.k = o.k GROUP BY ROLLUP (f.k, o.g) ORDER BY ALL

SELECT x.n, count(*) FROM (SELECT k, count(*) AS n FROM facts GROUP BY ROLLUP (k)) x GROUP BY CUBE (n) ORDER BY ALL

SELECT k, g, sum(m), rank() OVER (PARTITION BY grouping(k), grouping(g) ORDER BY sum(m) DESC NULLS LAST) AS r FROM facts GROUP BY CUBE (k, g) ORDER BY ALL

SELECT DISTINCT grouping(k, g) AS level FROM facts GROUP BY CUBE (k, g) ORDER BY level

-- Many groups, few rows each.
SELECT id, k, count(*) FROM facts GROUP BY id, k ORDER BY id LIMIT 20 OFFSET 200

SELECT count(*), sum(n) FROM (SELECT id, s, count(*) AS n FROM facts GROUP BY id, s)

-- Aggregates that need all their rows at one place.
SELECT k, mode(g % 1), median(m), quantile_cont(m, [0.25, 0.75]), histogram(g) FROM facts GROUP BY k ORDER BY k

SELECT k, count(DISTINCT s), count(DISTINCT g), sum(DISTINCT m), count(DISTINCT (s, g)) FROM facts GROUP BY k ORDER BY k

SELECT k, string_agg(s, '|' ORDER BY s DESC, id), list(m ORDER BY m NULLS FIRST, id), first(s ORDER BY id DESC), arg_min(s, id), arg_max(m, id, 2) FROM facts GROUP BY k ORDER BY k

SELECT string_agg(DISTINCT s, '|' ORDER BY s), list(DISTINCT g ORDER BY g), count(DISTINCT m) FROM facts

SELECT k, sum(m) FILTER (WHERE g IN (SELECT g FROM small)) FROM facts GROUP BY k ORDER BY k

-- error: any
SELECT grouping(m) FROM facts GROUP BY ROLLUP (k)

-- error: any
SELECT k, g, count(*) FROM facts GROUP BY ROLLUP (k)

-- error: any
SELECT k FROM facts GROUP BY GROUPING SETS ((k), (nope))
