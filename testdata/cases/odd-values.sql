-- data: odd

-- sequence
-- text only
SELECT * FROM odd

-- runs as: two_phase
SELECT f8, count(*), min(id) FROM odd GROUP BY f8 ORDER BY f8

-- runs as: two_phase
SELECT f4, count(*), min(id) FROM odd GROUP BY f4 ORDER BY f4 NULLS FIRST

-- runs as: two_phase
SELECT f8, f4, count(*) FROM odd GROUP BY f8, f4 HAVING count(*) > 5 ORDER BY 1, 2

-- runs as: two_phase
SELECT min(f8), max(f8), min(f4), max(f4) FROM odd

-- runs as: two_phase
SELECT g, min(f8), max(f8), min(f4 + 1), max(f4), count(f8), count(DISTINCT f8) FROM odd GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT min(f8), max(f8), count(DISTINCT f8) FROM odd WHERE NOT isnan(f8)

-- runs as: two_phase
SELECT sum(f8), avg(f8) FROM odd

SELECT g, sum(f8), avg(f8) FROM odd WHERE isfinite(f8) AND f8 < 1e300 GROUP BY g ORDER BY g

SELECT sum(f8) FROM odd WHERE f8 > 0 AND f8 < 'inf'::DOUBLE

SELECT sum(f8), avg(f8) FROM odd WHERE isinf(f8)

-- error: 22003
SELECT stddev(f8), variance(f8) FROM odd WHERE id % 8 > 2

-- error: 22003
SELECT stddev(f8) FROM odd WHERE isinf(f8)

-- tolerance
SELECT sum(f4), avg(f4), stddev(f4) FROM odd WHERE NOT isnan(f4)

-- runs as: two_phase
SELECT DISTINCT f8 FROM odd ORDER BY f8

-- runs as: two_phase
SELECT id, f8 FROM odd ORDER BY f8 DESC, id LIMIT 7

-- runs as: two_phase
SELECT id, f8 FROM odd ORDER BY f8 DESC NULLS LAST, id LIMIT 60 OFFSET 50

SELECT id FROM odd WHERE f8 = 'NaN'::DOUBLE ORDER BY id

SELECT id FROM odd WHERE f8 > 1e300 ORDER BY id

SELECT id FROM odd WHERE f8 = 0 ORDER BY id LIMIT 5

-- runs as: two_phase
SELECT word, count(*), count(word) FROM odd GROUP BY word ORDER BY word

-- runs as: two_phase
SELECT min(word), max(word), count(DISTINCT word) FROM odd

-- runs as: two_phase
SELECT lower(word) AS w, count(*), min(word), max(word) FROM odd GROUP BY w ORDER BY w NULLS FIRST

-- runs as: two_phase
SELECT id, word FROM odd ORDER BY word DESC, id LIMIT 40

SELECT id, word FROM odd ORDER BY word COLLATE NOCASE, id LIMIT 120

SELECT word COLLATE NOCASE AS w, count(*) FROM odd GROUP BY 1 ORDER BY 2, lower(w)

SELECT count(*) FROM odd WHERE word COLLATE NOCASE = 'A'

SELECT DISTINCT lower(word COLLATE NOCASE) FROM odd ORDER BY 1

SELECT id FROM odd WHERE word = '' ORDER BY id

SELECT id FROM odd WHERE word LIKE '%\_%' ESCAPE '\' ORDER BY id

SELECT id, word || '!' FROM odd WHERE word = '🦆' OR word IS NULL ORDER BY id

SELECT length(word), bit_length(word), count(*) FROM odd GROUP BY ALL ORDER BY ALL

-- runs as: two_phase
SELECT count(nothing), sum(nothing), min(nothing), max(nothing), avg(nothing), min(no_text), count(DISTINCT nothing), bool_and(nothing > 1), stddev(nothing), approx_count_distinct(nothing), bit_or(nothing) FROM odd

-- runs as: two_phase
-- tolerance
SELECT g, count(by_group), sum(by_group), min(by_group), avg(by_group), stddev(by_group), approx_count_distinct(by_group), corr(by_group, id) FROM odd GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT nothing, no_text, count(*) FROM odd GROUP BY nothing, no_text

-- runs as: two_phase
SELECT sum(big), min(big), max(big), count(DISTINCT big) FROM odd

SELECT avg(big) FROM odd

SELECT g, sum(big), avg(big) FROM odd GROUP BY g ORDER BY g

-- error: 22003
SELECT sum(big)::BIGINT FROM odd WHERE big > 1000

-- error: 22003
SELECT g, sum(big)::BIGINT FROM odd WHERE big > 1000 GROUP BY g ORDER BY g

-- error: 22003
SELECT sum(big + id) FROM odd

-- error: 22003
SELECT big * 2 FROM odd

-- error: 22003
SELECT -big FROM odd

-- error: 22003
SELECT max(big * 10) FROM odd WHERE id > 250

-- error: any
SELECT sum(big::HUGEINT * 170141183460469231731) FROM odd

-- error: any
SELECT sum(wide::DECIMAL(38, 3) * 1000000000000000000.0) FROM odd

-- error: any
SELECT g, sum(9999999999999999999999999999999999.9999::DECIMAL(38, 4)) FROM odd GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT sum(wide), min(wide), max(wide), sum(narrow), avg(narrow), min(narrow), max(narrow), sum(fine) FROM odd

SELECT avg(wide), avg(fine) FROM odd

SELECT g, avg(wide), avg(narrow), sum(fine), avg(fine) FROM odd GROUP BY g ORDER BY g

-- error: 22P02
SELECT number_text::DOUBLE FROM odd

-- error: 22P02
SELECT sum(number_text::DOUBLE) FROM odd

-- error: 22P02
SELECT g, max(number_text::DOUBLE) FROM odd GROUP BY g ORDER BY g LIMIT 2

-- error: 22P02
SELECT id FROM odd WHERE number_text::DOUBLE > 5 ORDER BY id

SELECT sum(number_text::DECIMAL(9, 1)) FROM odd WHERE id <> 217 AND id < 200

SELECT sum(TRY_CAST(number_text AS DECIMAL(9, 1))), count(TRY_CAST(number_text AS INTEGER)) FROM odd

SELECT id, number_text::DOUBLE FROM odd LIMIT 10

SELECT CASE WHEN number_text = 'twelve' THEN -1 ELSE number_text::DOUBLE END AS v FROM odd ORDER BY v LIMIT 4

SELECT TRY(number_text::DOUBLE) FROM odd WHERE id > 210 AND id < 220 ORDER BY id

-- error: 22007
SELECT count(*) FROM odd WHERE day > number_text::INTEGER::VARCHAR::DATE

SELECT n / 2, n // 2, n % 2, 7 / n, n / 0, n % 0 FROM odd WHERE id < 30 ORDER BY id

SELECT sum(n / 2), avg(n // 3), sum(n) / 7, count(*) / 7, sum(n) // 4 FROM odd

SELECT g, sum(n) / count(n) AS q, count(*) / 4, -7 / 2, 7 / -2 FROM odd GROUP BY g ORDER BY g

SELECT id, n FROM odd WHERE n / 3 = 2 ORDER BY id

-- runs as: two_phase
SELECT n / 4 AS q, count(*) FROM odd GROUP BY n / 4 ORDER BY q

SELECT deep.a.b.c, deep.a.b.d, deep.a, deep FROM odd WHERE id < 8 ORDER BY id

-- runs as: two_phase
SELECT deep.a.b.c AS c, deep.a.b.d AS d, count(*), min(deep.l[1]) FROM odd GROUP BY 1, 2 ORDER BY 1, 2

SELECT odd.deep.a.b.c, count(*) FROM odd WHERE odd.deep.a.b.d = 'x1' GROUP BY odd.deep.a.b.c ORDER BY 1

SELECT o.deep['a']['b'].c + 1 AS c1 FROM odd o WHERE (o.deep).a.b.c = 3 ORDER BY id LIMIT 3

SELECT unnest(deep.a.b) FROM odd ORDER BY id LIMIT 3

SELECT unnest(deep) FROM odd ORDER BY id LIMIT 2

SELECT list, count(*), list_sum(list) FROM odd GROUP BY list ORDER BY list NULLS FIRST

SELECT DISTINCT list FROM odd ORDER BY list DESC LIMIT 4

SELECT id, list_transform(list, lambda x: x * n) FROM odd WHERE id < 12 ORDER BY id

SELECT id, list_filter(list, lambda n: n > 1) AS kept, list_reduce([1, 2, 3], lambda a, b: a + b) FROM odd WHERE id < 12 ORDER BY id

SELECT sum(list_sum(list_transform(list, lambda e, i: e * i + id))) FROM odd

SELECT [x * 2 FOR x IN list IF x > 0] AS doubled FROM odd WHERE id < 6 ORDER BY id

SELECT max(deep), min(list), count(DISTINCT deep), count(DISTINCT list) FROM odd

SELECT "select", count(*) FROM odd GROUP BY "select" ORDER BY "select"

-- runs as: two_phase
SELECT "Order", "Mixed Case", "quo""te", sum("ünï") AS "süm" FROM odd GROUP BY "Order", "Mixed Case", "quo""te" ORDER BY "Order", "Mixed Case", "quo""te"

SELECT "order", "MIXED CASE", "ünï" IS NULL FROM odd ORDER BY "mixed case", "ORDER", id LIMIT 3

SELECT "select" AS "from", id AS "select" FROM odd WHERE "select" = 1 ORDER BY "select" LIMIT 4

SELECT id AS n, n AS id FROM odd ORDER BY id, n LIMIT 5

SELECT n AS id FROM odd WHERE id < 10 ORDER BY id

SELECT -n AS n FROM odd WHERE n > 5 ORDER BY n, id LIMIT 6

SELECT -n AS n, id FROM odd WHERE n > 5 ORDER BY n + 1, id LIMIT 6

SELECT -n AS n, count(*) FROM odd GROUP BY n ORDER BY n

SELECT g AS n, sum(n) FROM odd GROUP BY g ORDER BY n

SELECT n AS g, count(*) FROM odd GROUP BY ALL ORDER BY g

SELECT g % 2 AS g, count(*) FROM odd GROUP BY g ORDER BY 1, 2

SELECT g % 2 AS h, count(*) AS n FROM odd GROUP BY h HAVING n > 3 ORDER BY h

SELECT id + 1 AS x, x * 2 AS y, y - x AS z FROM odd WHERE x < 5 ORDER BY z

SELECT n AS x, sum(id) AS s, s / 2 AS half FROM odd GROUP BY x ORDER BY half, x

SELECT max(id) AS id FROM odd

SELECT max(id) AS id, g FROM odd GROUP BY g ORDER BY id

SELECT count(*) AS count, g AS "group" FROM odd GROUP BY "group" ORDER BY "group"

SELECT maybe, count(*), bool_and(maybe), bool_or(rare), sum(maybe::INTEGER) FROM odd GROUP BY maybe ORDER BY maybe

SELECT count(*) FROM odd WHERE maybe

SELECT count(*) FROM odd WHERE NOT maybe

SELECT count(*) FROM odd WHERE maybe IS NOT TRUE

SELECT count(*) FROM odd WHERE maybe IS DISTINCT FROM false AND rare

SELECT bytes, count(*), min(bytes), max(uid) FROM odd GROUP BY bytes ORDER BY bytes

SELECT uid, count(*), min(clock), max(span), max(odd.at), min(day) FROM odd GROUP BY uid ORDER BY uid

SELECT span, count(*) FROM odd GROUP BY span ORDER BY span LIMIT 10

SELECT count(*), sum(n), min(word), max(f8), avg(narrow), count(DISTINCT g), stddev(n), approx_count_distinct(n), bool_and(maybe) FROM hollow

SELECT g, count(*), sum(n) FROM hollow GROUP BY g

SELECT * FROM hollow

SELECT id, n FROM hollow ORDER BY n LIMIT 3

SELECT DISTINCT g FROM hollow

SELECT count(*), sum(n) FROM hollow HAVING count(*) > 0

SELECT count(*) FROM hollow HAVING count(*) = 0

SELECT g, count(*) FROM hollow GROUP BY ROLLUP (g)

SELECT count(*) FROM hollow GROUP BY ()

SELECT median(n), list(n), string_agg(word, ','), first(id), mode(n) FROM hollow

SELECT o.id, h.id FROM odd o LEFT JOIN hollow h ON o.id = h.id WHERE o.id < 3 ORDER BY o.id

SELECT count(*) FROM odd o JOIN hollow h ON o.id = h.id

SELECT count(*) FROM odd WHERE id NOT IN (SELECT id FROM hollow)

SELECT count(*) FROM odd WHERE NULL NOT IN (SELECT id FROM hollow)

SELECT count(*) FROM odd WHERE id > ALL (SELECT id FROM hollow)

SELECT count(*) FROM odd WHERE id = ANY (SELECT id FROM hollow)

SELECT (SELECT max(id) FROM hollow) IS NULL, EXISTS (FROM hollow), (SELECT count(*) FROM hollow)

SELECT id FROM odd WHERE false

SELECT count(*), sum(n) FROM odd WHERE false

SELECT count(*), sum(n) FROM odd WHERE NULL

SELECT g, count(*) FROM odd WHERE 1 = 0 GROUP BY g

SELECT sum(n) FILTER (WHERE false), count(*) FILTER (WHERE n > 100), count(*) FILTER (WHERE NULL), avg(n) FILTER (WHERE n IS NULL) FROM odd

SELECT 'x' AS c, 1 AS one, NULL AS nil, count(*) FROM odd

SELECT 'x' AS c, count(*) FROM odd GROUP BY c

SELECT 'x', 42, g, count(*) FROM odd GROUP BY ALL ORDER BY g

SELECT 1 FROM odd GROUP BY g ORDER BY g

SELECT 1 FROM odd HAVING count(*) > 5

SELECT 1 FROM odd HAVING count(*) < 5

SELECT 'all' WHERE (SELECT count(*) FROM odd) = 300

SELECT id FROM odd WHERE id = 5 AND word IS NOT DISTINCT FROM word AND nothing IS NULL

SELECT count(*) FROM odd WHERE nothing = 1 OR nothing <> 1 OR nothing IS NULL

SELECT count(*) FROM odd WHERE (nothing = 1) IS NULL

SELECT count(*) FROM odd WHERE nothing IN (1, NULL) OR n IN (1, NULL)

SELECT count(*) FROM odd WHERE n NOT IN (1, NULL)

SELECT count(*) FROM odd WHERE n NOT IN (1, 2)

SELECT count(*) FROM odd WHERE n BETWEEN 5 AND 2 OR n BETWEEN -3 AND -1

SELECT count(*) FROM odd WHERE (n, g) = (1, 2) OR (g, n) IN ((0, 3), (1, -4))

SELECT greatest(n, g), least(n, g), coalesce(n, g, -1), nullif(g, 3), ifnull(n, 0) FROM odd WHERE id < 12 ORDER BY id

-- oracle: SELECT count(*) FROM odd WHERE no_text IS NULL OR no_text > 'x'
SELECT count(*) FROM odd WHERE no_text IS DISTINCT FROM 'x' OR no_text > 'x'
