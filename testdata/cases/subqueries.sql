-- data: random
-- setup: CREATE TABLE local_keys (k BIGINT, word VARCHAR)
-- setup: INSERT INTO local_keys VALUES (3, 'three'), (3, 'drei'), (7, 'seven'), (NULL, 'none'), (99, 'far')

-- Uncorrelated: once.
SELECT count(*), (SELECT max(m) FROM others) AS most, (SELECT count(*) FROM hollow) AS none, (SELECT max(id) FROM hollow) AS nothing FROM facts

SELECT id FROM facts WHERE m > (SELECT avg(m) FROM others) + 50 ORDER BY id

SELECT id FROM facts WHERE m = (SELECT max(m) FROM hollow)

SELECT (SELECT min(id) FROM facts WHERE k = 3) + count(*) FROM others

SELECT id FROM facts ORDER BY abs(id - (SELECT 150)), id LIMIT 5

-- IN and NOT IN, with NULLs on either side.
SELECT id FROM facts WHERE k IN (SELECT k FROM others WHERE b) ORDER BY id

SELECT count(*) FROM facts WHERE k NOT IN (SELECT k FROM others)

SELECT count(*) FROM facts WHERE k NOT IN (SELECT k FROM others WHERE k IS NOT NULL AND k < 12)

SELECT count(*) FROM facts WHERE k NOT IN (SELECT k FROM hollow)

SELECT count(*) FROM facts WHERE k IN (SELECT k FROM hollow)

SELECT count(*) FILTER (WHERE x), count(*) FILTER (WHERE NOT x), count(*) FILTER (WHERE x IS NULL) FROM (SELECT k IN (SELECT k FROM others WHERE id < 30) AS x FROM facts)

SELECT count(*) FROM facts WHERE (k NOT IN (SELECT k FROM sparse)) IS NULL

SELECT id FROM facts WHERE k NOT IN (SELECT kd FROM others WHERE kd > 5) ORDER BY id

SELECT count(*) FROM facts WHERE (k, g) IN (SELECT k, g FROM others)

SELECT count(*) FROM facts WHERE (k, g) NOT IN (SELECT k, g FROM others WHERE k IS NOT NULL AND g IS NOT NULL)

SELECT count(*) FROM facts WHERE k IN (SELECT k FROM others GROUP BY k HAVING count(*) > 3)

SELECT count(*) FROM facts f WHERE k IN (SELECT k FROM others o WHERE o.g = f.g)

SELECT count(*) FROM facts f WHERE k NOT IN (SELECT k FROM others o WHERE o.g = f.g)

SELECT count(*) FROM facts WHERE k IN (SELECT k FROM others) OR g IN (SELECT g FROM small WHERE b)

SELECT count(*) FROM facts WHERE NOT (k IN (SELECT k FROM others) AND b)

SELECT k IN (SELECT k FROM local_keys) AS x, count(*) FROM facts GROUP BY x ORDER BY x

-- EXISTS.
SELECT id FROM facts f WHERE EXISTS (SELECT 1 FROM others o WHERE o.k = f.k AND o.m > f.m) ORDER BY id

SELECT id FROM facts f WHERE NOT EXISTS (SELECT 1 FROM others o WHERE o.k = f.k) ORDER BY id

SELECT count(*) FROM facts f WHERE EXISTS (SELECT 1 FROM others o WHERE o.k = f.k) = (f.id % 2 = 0)

SELECT count(*) FROM facts WHERE EXISTS (SELECT 1 FROM hollow)

SELECT count(*) FROM facts WHERE NOT EXISTS (SELECT 1 FROM hollow) AND EXISTS (SELECT 1 FROM others WHERE id = 99)

SELECT count(*) FROM facts f WHERE EXISTS (SELECT 1 FROM others o WHERE o.id < f.id AND o.k = f.k AND EXISTS (SELECT 1 FROM small s WHERE s.g = o.g AND s.k = f.k))

SELECT id, EXISTS (SELECT 1 FROM small s WHERE s.k = f.k) AS there FROM facts f WHERE id < 40 ORDER BY id

-- Scalar aggregates; count is 0, not NULL, where nothing is.
SELECT id, (SELECT count(*) FROM others o WHERE o.k = f.k) AS n FROM facts f ORDER BY id

SELECT id, (SELECT count(o.m) + 1 FROM others o WHERE o.k = f.k AND o.b) AS n FROM facts f WHERE id < 70 ORDER BY id

SELECT id, (SELECT sum(m) FROM others o WHERE o.k = f.k) AS n FROM facts f ORDER BY id

SELECT id, (SELECT coalesce(max(m), -1) FROM others o WHERE o.k = f.k AND o.g = f.g) AS n FROM facts f ORDER BY id

SELECT id, (SELECT count(*) > 0 AND bool_or(b) FROM others o WHERE o.k = f.k) AS n FROM facts f ORDER BY id

SELECT count(*) FROM facts f WHERE m > (SELECT avg(m) FROM facts g WHERE g.k = f.k)

SELECT count(*) FROM facts f WHERE 2 <= (SELECT count(*) FROM others o WHERE o.k = f.k)

SELECT count(*) FROM facts f WHERE 0 = (SELECT count(*) FROM others o WHERE o.k = f.k)

SELECT id, (SELECT s FROM others o WHERE o.id = f.id) AS s FROM facts f ORDER BY id

SELECT id, (SELECT o.m FROM others o WHERE o.k = f.k ORDER BY o.id DESC LIMIT 1) AS last FROM facts f ORDER BY id

SELECT id, (SELECT count(*) FROM others o WHERE o.m < f.m) AS below FROM facts f WHERE id < 50 ORDER BY id

SELECT k, sum(m) AS s, (SELECT count(*) FROM others o WHERE o.k = f.k) AS n FROM facts f GROUP BY k ORDER BY k

SELECT k, count(*) AS n FROM facts f GROUP BY k HAVING count(*) > (SELECT count(*) FROM others o WHERE o.k = f.k) ORDER BY k

SELECT id, (SELECT max((SELECT count(*) FROM small s WHERE s.k = o.k)) FROM others o WHERE o.g = f.g) AS deep FROM facts f WHERE id < 30 ORDER BY id

SELECT id, CASE WHEN b THEN (SELECT max(id) FROM others o WHERE o.k = f.k) ELSE (SELECT min(id) FROM small) END AS x FROM facts f ORDER BY id

-- ANY and ALL.
SELECT count(*) FROM facts WHERE m >= ALL (SELECT m FROM others WHERE k = 4)

SELECT count(*) FROM facts WHERE m > ANY (SELECT m FROM others WHERE m IS NOT NULL)

SELECT count(*) FROM facts WHERE m < ALL (SELECT m FROM hollow)

-- LATERAL.
SELECT f.id, x.n, x.m FROM facts f, LATERAL (SELECT count(*) AS n, max(m) AS m FROM others o WHERE o.k = f.k) x ORDER BY f.id

SELECT f.id, x.id AS top FROM facts f, LATERAL (SELECT id FROM others o WHERE o.k = f.k ORDER BY m DESC, id LIMIT 2) x ORDER BY ALL

SELECT f.id, x.id AS top FROM facts f LEFT JOIN LATERAL (SELECT id FROM others o WHERE o.k = f.k AND o.b ORDER BY id LIMIT 1) x ON true ORDER BY ALL

SELECT f.id, y FROM facts f, LATERAL (SELECT f.id * 2 AS x) a, LATERAL (SELECT x + 1 AS y) b WHERE f.id < 10 ORDER BY ALL

SELECT count(*), sum(v) FROM facts f, LATERAL (SELECT unnest([f.id, f.k]) AS v) x

-- Derived tables.
SELECT a.k, a.n, b.n AS n2 FROM (SELECT k, count(*) AS n FROM facts GROUP BY k) a FULL JOIN (SELECT k, count(*) AS n FROM others GROUP BY k) b ON a.k = b.k ORDER BY ALL

SELECT max(n), min(n), count(*) FROM (SELECT k, g, count(*) AS n FROM facts GROUP BY k, g) x

SELECT x.k, count(*) FROM (SELECT DISTINCT k, s FROM facts) x JOIN (SELECT k FROM others ORDER BY id LIMIT 20) y USING (k) GROUP BY x.k ORDER BY x.k

SELECT count(*) FROM (SELECT f.k AS a, o.k AS b FROM facts f LEFT JOIN others o ON f.id = o.id) x WHERE a = b OR b IS NULL

-- error: 21000
-- oracle: SELECT error('more than one row') FROM facts
SELECT (SELECT id FROM small) FROM facts

-- error: any
SELECT id FROM facts f WHERE k = (SELECT nope FROM others o WHERE o.k = f.k)

-- error: any
SELECT id FROM facts WHERE k IN (SELECT k, g FROM others)

-- error: any
SELECT id, (SELECT sum(f.m) FROM others o WHERE o.k = x.k) FROM facts f

-- error: any
SELECT id FROM facts WHERE k IN (SELECT s::INTEGER FROM others)
