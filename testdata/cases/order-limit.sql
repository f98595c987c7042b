-- data: random

SELECT f.id, o.id AS other FROM facts f JOIN others o ON f.k = o.k ORDER BY f.m DESC NULLS LAST, f.id, o.id LIMIT 10

SELECT f.id, o.id AS other FROM facts f JOIN others o ON f.k = o.k ORDER BY f.m NULLS FIRST, f.id, o.id LIMIT 10 OFFSET 300

SELECT f.id, f.m FROM facts f LEFT JOIN others o ON f.id = o.id AND o.b ORDER BY o.m, f.id LIMIT 25

SELECT f.id, o.id AS other FROM facts f LEFT JOIN others o ON o.k = f.k AND o.m > 100 ORDER BY other NULLS FIRST, f.id LIMIT 12

SELECT k, g FROM facts ORDER BY k DESC, g NULLS FIRST LIMIT 15

SELECT k, g FROM facts ORDER BY ALL DESC LIMIT 15

SELECT s FROM facts ORDER BY s COLLATE NOCASE, id LIMIT 50

SELECT s, id FROM facts ORDER BY s COLLATE NOACCENT DESC, id LIMIT 50

SELECT id FROM facts ORDER BY length(s), m % 10, id DESC LIMIT 30

SELECT id FROM facts ORDER BY (SELECT count(*) FROM others o WHERE o.k = facts.k) DESC, id LIMIT 10

SELECT id FROM facts ORDER BY id LIMIT (SELECT count(*) FROM small)

SELECT id FROM facts ORDER BY id LIMIT 10 PERCENT

SELECT id FROM facts ORDER BY id OFFSET 295

SELECT id FROM facts ORDER BY id LIMIT 0

SELECT id FROM facts ORDER BY id LIMIT 5 OFFSET 1000

-- sequence
SELECT id FROM facts LIMIT 12 OFFSET 115

-- sequence
SELECT id, k FROM facts WHERE k = 3 LIMIT 5

-- sequence
SELECT f.id FROM facts f SEMI JOIN small s ON f.k = s.k ORDER BY f.id

SELECT DISTINCT ON (k) k, id, m FROM facts ORDER BY k, m DESC NULLS LAST, id

SELECT DISTINCT ON (k, g) k, g, id FROM facts ORDER BY k, g, id DESC LIMIT 20

SELECT DISTINCT ON (f.k) f.k, o.id AS other FROM facts f JOIN others o ON f.g = o.g ORDER BY f.k, o.id DESC

SELECT DISTINCT k, s FROM facts ORDER BY k NULLS FIRST, s DESC LIMIT 11

SELECT DISTINCT f.k, o.s FROM facts f JOIN others o ON f.k = o.k ORDER BY ALL

SELECT count(*) FROM (SELECT DISTINCT k, g, s FROM facts)

SELECT k, count(*) AS n FROM facts GROUP BY k ORDER BY n DESC, k LIMIT 3

SELECT k FROM facts GROUP BY k ORDER BY sum(m) DESC NULLS LAST, k LIMIT 5

SELECT x.id, x.m FROM (SELECT id, m, k FROM facts ORDER BY m DESC NULLS LAST, id LIMIT 40) x JOIN others o ON x.k = o.k AND o.id < 50 ORDER BY ALL

SELECT max(id), count(*) FROM (SELECT id FROM facts ORDER BY m, id LIMIT 17 OFFSET 4)

SELECT x.k, count(*) FROM (SELECT k FROM facts ORDER BY id LIMIT 150) x GROUP BY x.k ORDER BY x.k

VALUES (3, 'c'), (1, 'a'), (NULL, 'n') ORDER BY 1 LIMIT 2

SELECT v.x, count(f.id) FROM (VALUES (3), (7), (NULL), (50)) v(x) LEFT JOIN facts f ON f.k = v.x GROUP BY v.x ORDER BY v.x

PIVOT (SELECT k, g, m FROM facts WHERE k < 6) ON g USING sum(m), count(*) AS n GROUP BY k ORDER BY k

SELECT * FROM (SELECT k, g, m FROM facts) PIVOT (max(m) FOR g IN (0, 1, 2) GROUP BY k) ORDER BY k

UNPIVOT (SELECT id, k::INTEGER AS k, g::INTEGER AS g FROM facts WHERE id < 20) ON k, g ORDER BY ALL

SELECT count(*) BETWEEN 1 AND 300 FROM (SELECT * FROM facts USING SAMPLE 50 PERCENT (bernoulli, 3))

SELECT id, list_transform([k, g], lambda x: x * 2) AS l, list_filter([id, k], lambda x: x > 3) AS f FROM facts ORDER BY id LIMIT 30

SELECT min(COLUMNS(* EXCLUDE (s, kt, b))) FROM facts

SELECT COLUMNS('^(id|k)$') FROM facts f ORDER BY id LIMIT 5

SELECT #1, #2 FROM facts ORDER BY 1 LIMIT 3

-- error: any
SELECT id FROM facts ORDER BY id LIMIT -1

-- error: any
SELECT id FROM facts ORDER BY id LIMIT 'many'

-- error: any
SELECT DISTINCT ON (nope) id FROM facts

-- error: any
SELECT id FROM facts ORDER BY 7

-- error: any
SELECT id FROM facts ORDER BY k + s
