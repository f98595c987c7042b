-- data: random
-- setup: CREATE TABLE local_keys (k BIGINT, word VARCHAR)
-- setup: INSERT INTO local_keys VALUES (3, 'three'), (3, 'drei'), (7, 'seven'), (NULL, 'none'), (99, 'far')

SELECT f.id, o.id AS other FROM facts f JOIN others o ON f.k = o.k ORDER BY ALL LIMIT 40

SELECT count(*), count(f.k), count(o.k), sum(f.m), sum(o.m) FROM facts f JOIN others o ON f.k = o.k

SELECT count(*), count(f.id), count(o.id) FROM facts f LEFT JOIN others o ON f.k = o.k

SELECT count(*), count(f.id), count(o.id) FROM facts f RIGHT JOIN others o ON f.k = o.k

SELECT count(*), count(f.id), count(o.id), count(f.k), count(o.k) FROM facts f FULL JOIN others o ON f.k = o.k

SELECT f.id, s.id AS sid FROM facts f FULL JOIN small s ON f.k = s.k AND f.g = s.g ORDER BY ALL

-- NULL keys of a preserved side come once, in whatever partition.
SELECT count(*) FROM facts f LEFT JOIN sparse s ON f.k = s.k WHERE f.k IS NULL

SELECT count(*) FROM sparse s FULL JOIN sparse t ON s.k = t.k AND s.g = t.g

SELECT count(*) FROM facts f JOIN others o ON f.k IS NOT DISTINCT FROM o.k

SELECT count(*), count(o.id) FROM facts f LEFT JOIN others o ON f.k IS NOT DISTINCT FROM o.k AND f.g IS NOT DISTINCT FROM o.g

-- Keys of different types.
SELECT count(*), sum(f.id) FROM facts f JOIN others o ON f.k = o.kd

SELECT count(*), sum(f.id) FROM facts f JOIN sparse s ON f.k = s.kd

SELECT count(*), sum(f.id) FROM facts f JOIN others o ON f.k::VARCHAR = o.kt

SELECT count(*), sum(f.id) FROM facts f LEFT JOIN others o ON f.k = TRY_CAST(o.kt AS DECIMAL(10, 3))

SELECT count(*), sum(t.id) FROM ticks t JOIN facts f ON t.ts = f.dt

SELECT count(*) FROM facts f JOIN others o ON f.dt = o.ts

SELECT count(*) FROM facts f JOIN others o ON f.kd = o.kd AND f.k = o.k

SELECT count(*) FROM facts f JOIN others o ON f.k + 1 = o.k % 7 AND f.g * 2 = o.g

-- Conditions beside the keys.
SELECT f.id, o.id AS other FROM facts f LEFT JOIN others o ON f.k = o.k AND f.m < o.m ORDER BY ALL

SELECT f.id, o.id AS other FROM facts f LEFT JOIN others o ON f.k = o.k AND f.b ORDER BY ALL LIMIT 100

SELECT f.id, o.id AS other FROM facts f LEFT JOIN others o ON f.k = o.k AND o.b WHERE o.id IS NULL ORDER BY f.id

SELECT count(*), count(o.id) FROM facts f LEFT JOIN others o ON f.k = o.k AND f.id < 10 AND o.g IS NULL

SELECT count(*) FROM facts f RIGHT JOIN others o ON f.k = o.k AND f.m > 100 WHERE f.id IS NULL OR o.b

SELECT count(*), count(f.id), count(o.id) FROM facts f FULL JOIN others o ON f.k = o.k AND f.s = o.s

-- Without an equality.
SELECT count(*), sum(f.id - o.id) FROM facts f JOIN others o ON f.id < o.id

SELECT count(*), count(s.id) FROM facts f LEFT JOIN small s ON f.m < s.m AND f.id > s.id * 30

SELECT count(*) FROM facts f JOIN others o ON f.k = o.k OR f.g = o.g

SELECT count(*) FROM small a CROSS JOIN small b CROSS JOIN ticks t

SELECT count(*), min(a.m), max(b.d) FROM small a, others b WHERE a.k <> b.k AND a.b

SELECT t0.m AS c0, t2.id FROM small t0 CROSS JOIN others t1 RIGHT JOIN small t2 ON t1.id::VARCHAR = t2.kt ORDER BY ALL

SELECT t0.id FROM small t0 CROSS JOIN LATERAL (SELECT count(*) AS x0 FROM small t1 WHERE t1.id = t0.id) t2 SEMI JOIN small t3 ON t0.k = t3.k ORDER BY ALL

-- Semi and anti joins.
SELECT f.id FROM facts f SEMI JOIN others o ON f.k = o.k AND f.g = o.g ORDER BY f.id

SELECT f.id FROM facts f ANTI JOIN others o ON f.k = o.k ORDER BY f.id

SELECT count(*) FROM facts f ANTI JOIN sparse s ON f.k = s.k

SELECT count(*) FROM facts f ANTI JOIN hollow h ON f.k = h.k

SELECT count(*) FROM facts SEMI JOIN small USING (k, g)

-- USING, NATURAL, self.
SELECT k, count(*), count(f.k), count(o.k) FROM facts f FULL JOIN others o USING (k) GROUP BY k ORDER BY k

SELECT k, g, f.id, o.id AS other FROM facts f RIGHT JOIN others o USING (k, g) ORDER BY ALL LIMIT 60

SELECT k, count(*) FROM facts NATURAL JOIN (SELECT k, s, id AS other FROM others) GROUP BY k ORDER BY k

SELECT k, n, count(*) FROM facts NATURAL LEFT JOIN (SELECT DISTINCT k, 1 AS n FROM small) GROUP BY ALL ORDER BY ALL

SELECT a.id, b.id AS next FROM facts a LEFT JOIN facts b ON b.id = a.id + 1 ORDER BY a.id

SELECT count(*), sum(a.m - b.m) FROM facts a JOIN facts b ON a.k = b.k AND a.id < b.id

-- Many tables, in one chain and as a star; one of them empty.
SELECT count(*), sum(f.m), max(t.d) FROM facts f JOIN others o ON f.k = o.k JOIN ticks t ON o.g = t.g JOIN small s ON s.k = f.k

SELECT f.id, o.id AS o, s.id AS s, t.id AS t FROM facts f LEFT JOIN others o ON f.id = o.id LEFT JOIN small s ON o.k = s.k LEFT JOIN ticks t ON f.k = t.k AND t.d < 0.5 ORDER BY ALL LIMIT 80

SELECT count(*), count(h.id) FROM facts f LEFT JOIN hollow h ON f.k = h.k JOIN others o ON f.k = o.k

SELECT count(*) FROM hollow h RIGHT JOIN facts f USING (k) FULL JOIN small s USING (k)

SELECT count(*) FROM (facts f JOIN others o ON f.k = o.k) LEFT JOIN (small s JOIN ticks t ON s.k = t.k) ON f.g = t.g

-- ASOF.
SELECT f.id, t.id AS tick FROM facts f ASOF JOIN ticks t ON f.k = t.k AND f.ts >= t.ts WHERE f.ts IS NOT NULL ORDER BY ALL

SELECT f.id, t.id AS tick FROM facts f ASOF LEFT JOIN ticks t ON f.k = t.k AND f.ts < t.ts WHERE f.ts IS NOT NULL ORDER BY ALL

SELECT count(*), sum(t.d) FROM facts f ASOF JOIN ticks t USING (k, ts) WHERE f.ts IS NOT NULL

SELECT count(*) AS c0 FROM small t0 JOIN small t1 ON t0.k = t1.k ASOF JOIN ticks t2 ON t0.k = t2.k AND t0.ts > t2.ts WHERE t0.ts IS NOT NULL

SELECT o.id, t.ts FROM others o ASOF JOIN (SELECT ts FROM ticks WHERE k = 4) t ON o.ts > t.ts WHERE o.ts IS NOT NULL ORDER BY ALL

-- Local tables with data sets.
SELECT l.word, count(f.id), sum(f.m) FROM local_keys l LEFT JOIN facts f ON f.k = l.k GROUP BY l.word ORDER BY l.word

SELECT f.id, l.word FROM facts f JOIN local_keys l USING (k) WHERE f.id < 60 ORDER BY ALL

SELECT count(*) FROM facts f FULL JOIN local_keys l ON f.k = l.k AND f.g = 1

-- Positional joins have an order of their own.
SELECT count(*), sum(f.id * 1000 + o.id) FROM (SELECT id FROM facts) f POSITIONAL JOIN (SELECT id FROM others) o

-- error: any
SELECT count(*) FROM facts f JOIN others o ON f.k = o.k AND f.dt = 'never'

-- error: any
SELECT id FROM facts f JOIN others o ON f.k = o.k

-- error: any
SELECT count(*) FROM facts JOIN others USING (nope)

-- error: any
SELECT count(*) FROM facts f JOIN others o ON f.k = (SELECT id FROM small)

-- error: any
SELECT count(*) FROM facts f SEMI JOIN others o ON f.k = o.k WHERE o.id > 1
