-- data: small
-- setup: CREATE VIEW cheap AS SELECT id, region, year, amount, price FROM events WHERE price < 2000
-- setup: CREATE VIEW per_region AS SELECT region, count(*) AS n, sum(amount) AS total FROM events GROUP BY region
-- setup: CREATE TABLE notes (user_id BIGINT, note VARCHAR, "Big Name" INTEGER)
-- setup: INSERT INTO notes VALUES (1, 'one', 10), (2, 'two', 20), (2, 'zwei', 21), (96, NULL, NULL), (NULL, 'none', 0), (5000, 'far', 1)

SELECT region, year, count(*), sum(amount) FROM events GROUP BY ROLLUP (region, year) ORDER BY region, year

SELECT region, year, grouping(region, year) AS g, count(*), avg(price) FROM events GROUP BY CUBE (region, year) ORDER BY g, region, year

SELECT region, color, flag, sum(amount) FROM events GROUP BY GROUPING SETS ((region, color), (flag), (), (region)) ORDER BY ALL

SELECT color, grouping_id(color), count(*) FROM events GROUP BY ROLLUP (color) HAVING count(*) > 3000 ORDER BY 1, 2

SELECT color, region, count(DISTINCT user_id) FROM events GROUP BY GROUPING SETS ((color), (region), (color)) ORDER BY ALL

SELECT year, year % 2 AS odd, count(*) FROM events GROUP BY GROUPING SETS ((1), (2), (1, 2)) ORDER BY ALL

SELECT region, count(*) FROM events GROUP BY GROUPING SETS (()) , region ORDER BY ALL

SELECT CASE WHEN grouping(region) = 1 THEN 'all' ELSE region END AS r, median(amount) FROM events GROUP BY ROLLUP (region) ORDER BY r

SELECT count(*) FROM events HAVING sum(amount) > 5

SELECT count(*) FROM events HAVING sum(amount) < 5

SELECT sum(amount) AS s FROM events HAVING s > 0 AND count(DISTINCT region) = 3

SELECT region FROM events GROUP BY region HAVING max(amount) > 900 ORDER BY min(id)

SELECT region, count(*) FROM events GROUP BY region HAVING region > 'B' AND count(*) > 10 ORDER BY 2 DESC

SELECT DISTINCT ON (region) region, id, amount FROM events ORDER BY region, amount DESC NULLS LAST, id

SELECT DISTINCT ON (color, flag) color, flag, id FROM flat ORDER BY color, flag, id LIMIT 4

SELECT DISTINCT region, flag FROM events ORDER BY flag DESC, region LIMIT 3 OFFSET 1

SELECT DISTINCT amount % 7 AS m, color FROM flat ORDER BY m, color

SELECT DISTINCT sum(amount) FROM events GROUP BY region, year ORDER BY 1

SELECT DISTINCT count(*) > 1000 AS many FROM events GROUP BY user_id, region ORDER BY 1

SELECT count(*) FROM (SELECT DISTINCT user_id, region FROM events)

SELECT id, amount FROM flat ORDER BY amount + id DESC, id LIMIT 5

SELECT id, amount AS a FROM flat ORDER BY a DESC NULLS LAST, 1 LIMIT 5

SELECT id, amount FROM flat ORDER BY 2 DESC NULLS LAST, 1 LIMIT 5

SELECT id, amount FROM flat ORDER BY -id LIMIT 5

SELECT id FROM flat ORDER BY price DESC NULLS LAST, color, id DESC LIMIT 12

SELECT color, region FROM events ORDER BY ALL DESC LIMIT 50

SELECT id, color FROM flat ORDER BY color COLLATE NOCASE DESC, id LIMIT 20

SELECT id, color FROM flat ORDER BY lower(color) DESC NULLS FIRST, id LIMIT 20

SELECT id FROM flat ORDER BY CASE WHEN color = 'red' THEN 0 ELSE 1 END, id DESC LIMIT 4

SELECT color, count(*) FROM flat GROUP BY color ORDER BY count(*) DESC, color LIMIT 2

SELECT color, count(*) AS n FROM flat GROUP BY color ORDER BY n * -1, color

SELECT color FROM flat GROUP BY color ORDER BY sum(amount) / count(*), color

SELECT id FROM flat ORDER BY id LIMIT 0

SELECT count(*) FROM flat LIMIT 0

-- sequence
SELECT id FROM flat LIMIT ALL OFFSET 19995

-- sequence
SELECT id FROM flat OFFSET 19998

SELECT id FROM flat ORDER BY id OFFSET 30000

SELECT id FROM flat ORDER BY id LIMIT 5 OFFSET 19998

SELECT id FROM flat ORDER BY id LIMIT NULL OFFSET 19999

SELECT id FROM flat ORDER BY id LIMIT 2 + 1

SELECT id FROM flat ORDER BY id LIMIT (SELECT 3)

SELECT id FROM flat ORDER BY id LIMIT (SELECT count(*) / 10 FROM teams) OFFSET (SELECT 2)

SELECT id FROM flat WHERE id < 200 ORDER BY id LIMIT 5 PERCENT

-- sequence
SELECT id FROM flat WHERE id < 50 LIMIT 10%

-- sequence
SELECT id FROM flat WHERE amount = 31 LIMIT 3

-- error: any
SELECT id FROM flat LIMIT -1

SELECT color, count(*) AS n FROM flat GROUP BY color ORDER BY n DESC, color LIMIT 2 OFFSET 1

SELECT count(*) FROM flat LIMIT 1 OFFSET 1

-- sequence
FROM teams

FROM flat SELECT count(*)

FROM flat SELECT color, count(*) WHERE flag GROUP BY color ORDER BY color

TABLE teams

SELECT * FROM (VALUES (1, 'a'), (2, NULL)) v(x, y) ORDER BY x

VALUES (1, 'x'), (2, 'y')

SELECT v.x, count(*) FROM (VALUES ('red'), ('blue'), (NULL)) v(x) LEFT JOIN flat ON color = x GROUP BY v.x ORDER BY v.x

SELECT * EXCLUDE (price, ratio, seen, day) FROM flat WHERE id < 3 ORDER BY id

SELECT * REPLACE (amount * 2 AS amount) FROM drift WHERE id IN (1, 501) ORDER BY id

SELECT * RENAME (amount AS money) FROM drift WHERE id < 3 ORDER BY id

SELECT f.* EXCLUDE (seen), u.name FROM flat f JOIN users u USING (user_id) WHERE f.id < 4 ORDER BY f.id

SELECT COLUMNS('^(id|am.*)$') FROM flat WHERE id < 4 ORDER BY id

SELECT min(COLUMNS(* EXCLUDE (color, region, flag))) FROM flat

SELECT max(COLUMNS('id|amount')), count(*) FROM events

SELECT COLUMNS(c -> c LIKE '%d%') FROM drift WHERE id < 2

SELECT region, COUNT(COLUMNS(['id', 'amount'])) FROM events GROUP BY region ORDER BY region

SELECT * FROM drift WHERE COLUMNS(['id', 'amount']) < 100 ORDER BY id LIMIT 5

-- oracle: SELECT flat.id, flat.amount, flat.color FROM flat WHERE flat.id = 7
SELECT flat.id, "flat"."amount", public.flat.color FROM public.flat WHERE public.flat.id = 7

-- oracle: SELECT count(*), max(e.id) FROM events e
SELECT count(*), max(e.id) FROM public.events e

-- oracle: SELECT events.region, count(*) FROM events GROUP BY events.region ORDER BY events.region
SELECT public.events.region, count(*) FROM public.events GROUP BY public.events.region ORDER BY public.events.region

SELECT EVENTS."REGION", "Events".Year, count(*) FROM Events GROUP BY ALL ORDER BY ALL

SELECT e.id FROM events AS e WHERE e.id = 17

SELECT a.id, b.id AS id2 FROM flat a, flat b WHERE a.id = b.id + 10 AND a.id < 15 ORDER BY 1

SELECT t.x, count(*) FROM flat t(x, y, z) WHERE t.z > 500 GROUP BY t.x HAVING t.x < 40 ORDER BY t.x

SELECT x + 1 FROM (SELECT id AS x FROM flat) AS s(y), (SELECT 1 AS x) q WHERE y = 3

SELECT team, count(*) FROM users NATURAL JOIN (SELECT user_id, amount FROM flat WHERE amount > 900) GROUP BY team ORDER BY team

SELECT user_id, u.team, t.title FROM users u LEFT JOIN teams t USING (team) ORDER BY user_id LIMIT 8

SELECT team, title, user_id FROM users FULL JOIN teams USING (team) ORDER BY ALL

SELECT name FROM users SEMI JOIN teams ON users.team = teams.team ORDER BY name LIMIT 5

SELECT name FROM users ANTI JOIN teams USING (team) ORDER BY name

SELECT count(*) FROM users, teams

SELECT count(*) FROM users CROSS JOIN teams WHERE users.team > teams.team

SELECT a.team, b.team FROM teams a JOIN teams b ON a.team IS NOT DISTINCT FROM b.team ORDER BY ALL

SELECT u.user_id, f.user_id AS last FROM users u ASOF JOIN (SELECT DISTINCT user_id FROM flat WHERE id < 500) f ON u.user_id >= f.user_id WHERE u.user_id < 5 ORDER BY ALL

SELECT t.title, s.id FROM teams t, LATERAL (SELECT id FROM flat WHERE flat.amount = t.team ORDER BY id LIMIT 2) s ORDER BY ALL

SELECT u.name, x.m FROM users u LEFT JOIN LATERAL (SELECT max(amount) AS m FROM flat f WHERE f.user_id = u.user_id AND f.id < 300) x ON true ORDER BY u.name LIMIT 10

SELECT a.x, b.y FROM (SELECT 1 AS x) a POSITIONAL JOIN (SELECT team AS y FROM teams) b

SELECT name FROM users WHERE team IN (SELECT team FROM teams WHERE title LIKE '%a') ORDER BY name LIMIT 6

SELECT name FROM users WHERE team NOT IN (SELECT team FROM teams WHERE team IS NOT NULL) ORDER BY name

SELECT name FROM users WHERE team NOT IN (SELECT team FROM teams) ORDER BY name

SELECT count(*) FROM users WHERE (team NOT IN (SELECT team FROM teams)) IS NULL

SELECT count(*) FROM flat f WHERE EXISTS (SELECT 1 FROM users u WHERE u.user_id = f.user_id AND u.team = f.amount % 5)

SELECT count(*) FROM flat f WHERE amount > (SELECT avg(amount) FROM flat g WHERE g.user_id = f.user_id)

SELECT id FROM flat WHERE amount = (SELECT max(amount) FROM flat) ORDER BY id LIMIT 5

SELECT region, count(*) * 100.0 / (SELECT count(*) FROM events) AS share FROM events GROUP BY region ORDER BY region

SELECT region, (SELECT count(*) FROM events i WHERE i.region = o.region AND i.flag) AS flagged FROM events o GROUP BY region ORDER BY region

SELECT name, (SELECT title FROM teams t WHERE t.team = u.team) AS title FROM users u ORDER BY name LIMIT 9

SELECT count(*) FROM flat WHERE (user_id, amount) IN (SELECT user_id, amount FROM events WHERE region = 'US')

SELECT count(*) FROM flat WHERE amount >= ALL (SELECT amount FROM flat WHERE id < 100 AND amount IS NOT NULL)

-- error: any
SELECT (SELECT id FROM flat WHERE id < 3)

SELECT max(n) FROM (SELECT user_id, count(*) AS n FROM flat GROUP BY user_id)

SELECT avg(n), max(total) FROM (SELECT region, year, count(*) AS n, sum(amount) AS total FROM events GROUP BY ALL)

SELECT sum(s) FROM (SELECT DISTINCT amount AS s FROM flat WHERE amount < 50)

SELECT count(*) FROM (SELECT * FROM flat ORDER BY price DESC, id LIMIT 10) WHERE flag

SELECT x.region, count(*) FROM (SELECT region, amount FROM events WHERE amount > 500) x GROUP BY x.region ORDER BY 1

WITH a AS (SELECT user_id, amount FROM flat WHERE amount > 800) SELECT count(*), sum(amount) FROM a

WITH a AS (SELECT region AS r, sum(amount) AS s FROM events GROUP BY r) SELECT x.r, y.r FROM a x JOIN a y ON x.s < y.s ORDER BY ALL

WITH a AS MATERIALIZED (SELECT id FROM flat WHERE id < 50), b AS NOT MATERIALIZED (SELECT id FROM a WHERE id % 2 = 0) SELECT count(*) FROM b JOIN a USING (id)

WITH events AS (SELECT 1 AS id) SELECT * FROM events

WITH flat AS (SELECT id FROM flat WHERE id < 3) SELECT * FROM flat ORDER BY id

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, (SELECT count(*) FROM flat WHERE user_id = n) FROM r ORDER BY n

WITH RECURSIVE chain AS (SELECT id, amount FROM flat WHERE id = 1 UNION SELECT f.id, f.amount FROM chain c JOIN flat f ON f.id = c.id * 3 WHERE f.id < 2000) SELECT * FROM chain ORDER BY id

WITH x AS (SELECT id FROM flat WHERE id < 5) (SELECT * FROM x UNION ALL SELECT * FROM x) ORDER BY id

SELECT color FROM flat WHERE id < 100 UNION SELECT color FROM events WHERE id > 19900 ORDER BY color

SELECT 'a' AS src, count(*) FROM flat UNION ALL SELECT 'b', count(*) FROM events ORDER BY src

SELECT team FROM users INTERSECT SELECT team FROM teams ORDER BY team

SELECT team FROM users EXCEPT SELECT team FROM teams ORDER BY team

SELECT team FROM users INTERSECT ALL SELECT team FROM teams ORDER BY team

SELECT team FROM users EXCEPT ALL SELECT team FROM teams ORDER BY team

SELECT team, title FROM teams UNION BY NAME SELECT title, user_id FROM (SELECT name AS title, user_id FROM users WHERE user_id < 2) ORDER BY ALL

SELECT NULL AS x UNION SELECT NULL UNION ALL SELECT team FROM teams WHERE team IS NULL

(SELECT id FROM flat ORDER BY id LIMIT 2) UNION ALL (SELECT id FROM flat ORDER BY id DESC LIMIT 2) ORDER BY id DESC

SELECT id, 1.5 AS v FROM flat WHERE id < 3 UNION ALL SELECT user_id, team FROM users WHERE user_id = 1 ORDER BY 1, 2

SELECT id, row_number() OVER (ORDER BY amount DESC NULLS LAST, id) AS r FROM flat ORDER BY r LIMIT 6

-- sequence
SELECT id, row_number() OVER () AS r FROM flat LIMIT 6

SELECT region, id, sum(amount) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM events WHERE id < 30 ORDER BY id

SELECT id, lag(amount, 2, -1) OVER (ORDER BY id), lead(color) OVER (ORDER BY id), first_value(id) OVER w, ntile(4) OVER w, rank() OVER (ORDER BY flag) FROM flat WHERE id < 20 WINDOW w AS (ORDER BY id) ORDER BY id

SELECT region, year, sum(sum(amount)) OVER (PARTITION BY region ORDER BY year) AS running FROM events GROUP BY region, year ORDER BY region, year

SELECT color, count(*) AS n, rank() OVER (ORDER BY count(*) DESC) AS r FROM flat GROUP BY color ORDER BY r, color

SELECT color, count(*) * 1.0 / sum(count(*)) OVER () AS share FROM flat GROUP BY color ORDER BY color

SELECT id, amount FROM flat QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY amount DESC NULLS LAST, id) = 1 ORDER BY id LIMIT 10

SELECT region, year, id FROM events QUALIFY rank() OVER (PARTITION BY region, year ORDER BY id) <= 2 ORDER BY ALL

SELECT user_id, sum(amount) AS s FROM flat GROUP BY user_id QUALIFY dense_rank() OVER (ORDER BY sum(amount) DESC) <= 3 ORDER BY s DESC, user_id

SELECT count(*) OVER (PARTITION BY region), max(amount) OVER () FROM events WHERE id < 5 ORDER BY 1, 2

SELECT id, amount - avg(amount) OVER (PARTITION BY color) AS d FROM flat WHERE id < 60 ORDER BY id

SELECT DISTINCT region, count(*) OVER (PARTITION BY region) AS n FROM events ORDER BY region

PIVOT (SELECT region, year, amount FROM events) ON year USING sum(amount) GROUP BY region ORDER BY region

SELECT * FROM (SELECT region, year, amount FROM events) PIVOT (sum(amount) AS s, count(*) AS n FOR year IN (2023, 2024) GROUP BY region) ORDER BY region

PIVOT events ON flag USING count(*) GROUP BY color ORDER BY color

UNPIVOT (SELECT id, amount, user_id FROM flat WHERE id < 4) ON amount, user_id ORDER BY ALL

SELECT * FROM (SELECT id, amount, user_id FROM flat WHERE id < 4) UNPIVOT (v FOR k IN (amount, user_id)) ORDER BY ALL

SELECT count(*) BETWEEN 15000 AND 25000 FROM (SELECT * FROM flat USING SAMPLE 99 PERCENT (bernoulli, 1))

SELECT count(*) FROM (SELECT id FROM flat USING SAMPLE 50 ROWS)

SELECT count(*) FROM flat TABLESAMPLE reservoir(20 ROWS)

SELECT count(*), count(DISTINCT random()) > 1000 AS differs, min(random()) >= 0 FROM flat

SELECT count(DISTINCT uuid()) FROM flat

SELECT count(*) FROM flat WHERE random() < 2

SELECT now() = now(), current_timestamp = transaction_timestamp(), today() = current_date, count(DISTINCT now()) FROM flat

SELECT count(DISTINCT t) FROM (SELECT now() AS t FROM flat UNION ALL SELECT current_timestamp FROM events UNION ALL SELECT get_current_timestamp())

SELECT count(*) FROM flat WHERE seen < now() AND day < current_date

SELECT min(CAST(now() AS DATE) - current_date), max(age(TIMESTAMP '2000-01-01') > INTERVAL 1 YEAR) FROM flat

SELECT * FROM cheap ORDER BY id LIMIT 4

SELECT region, count(*), sum(price) FROM cheap GROUP BY region ORDER BY region

SELECT c.region, p.total, count(*) FROM cheap c JOIN per_region p USING (region) GROUP BY ALL ORDER BY ALL

SELECT max(total), sum(n) FROM per_region

SELECT n.note, count(f.id), sum(f.amount) FROM notes n LEFT JOIN flat f ON f.user_id = n.user_id GROUP BY n.note ORDER BY n.note

SELECT f.id, n."Big Name" FROM flat f JOIN notes n USING (user_id) WHERE f.id < 200 ORDER BY ALL

SELECT count(*) FROM flat WHERE user_id IN (SELECT user_id FROM notes)

SELECT count(*) FROM flat WHERE user_id NOT IN (SELECT user_id FROM notes)

SELECT note, (SELECT count(*) FROM events e WHERE e.user_id = notes.user_id) FROM notes ORDER BY note

SELECT user_id FROM notes UNION SELECT user_id FROM users WHERE user_id < 3 ORDER BY 1

/*+ strategy(two_phase) partitions(5) */ SELECT color, count(*) FROM events GROUP BY color ORDER BY color

SELECT /*+ strategy(two_phase) repartition(flat, 4, by_rows) */ color, sum(amount), avg(price) FROM flat GROUP BY color ORDER BY color

SELECT /*+ repartition(f, 7, by_rows) strategy(two_phase) */ count(*), min(id), max(id), sum(id) FROM flat f

/*+ strategy(pushdown) repartition(flat, 6, by_rows) */ SELECT id, amount FROM flat WHERE amount = 7

-- sequence
/*+ strategy(pushdown) repartition(flat, 11, by_rows) */ SELECT id FROM flat WHERE id % 97 = 3

/*+ strategy(gather) repartition(events, by => region) */ SELECT region, median(amount) FROM events GROUP BY region ORDER BY region

/*+ strategy(pushdown) repartition(events, 2, by => region) */ SELECT region, median(amount), count(DISTINCT color) FROM events GROUP BY region ORDER BY region

/*+ broadcast(users) colocate(flat, users) nonsense(1) */ SELECT count(*) FROM flat JOIN users USING (user_id)

SELECT '/*+ strategy(nope) */' AS c, count(*) /* strategy(gather) */ FROM flat -- /*+ partitions(9) */

SELECT count(*) FROM flat WHERE color <> '/*+ partitions(3) */' OR color = '--'

SELECT "a/*+ x */" FROM (SELECT count(*) AS "a/*+ x */" FROM flat)

SELECT $$it's $1$$ AS s, count(*) FROM flat

SELECT E'tab\t' || color AS c, count(*) FROM flat WHERE color = 'red' GROUP BY c

SELECT nested.x % 3 AS m, count(*), sum(nested.y[1]) FROM logs GROUP BY m ORDER BY m

SELECT nested.* FROM logs ORDER BY id LIMIT 3

SELECT count(*), count(color), min(id), max(amount) FROM drift

SELECT color, count(*) FROM drift GROUP BY color ORDER BY color

SELECT typeof(id), typeof(color), count(*) FROM drift GROUP BY ALL ORDER BY ALL

-- tolerance
SELECT color IS NULL AS c, count(*), sum(amount), avg(price) FROM sales_csv GROUP BY c ORDER BY c

SELECT day, count(*) FROM sales_csv GROUP BY day ORDER BY day LIMIT 5

SELECT date_trunc('month', seen) AS m, count(*), sum(price) FROM events GROUP BY m ORDER BY m

SELECT extract(dow FROM day) AS d, strftime(seen, '%Y-%m') AS ym, count(*) FROM events GROUP BY ALL ORDER BY ALL LIMIT 9

SELECT count(*) FROM events WHERE seen BETWEEN '2024-03-01' AND '2024-03-31 23:59:59'

SELECT count(*) FROM events WHERE day = '2024-02-29' OR day IN ('2024-03-01', '2024-03-02')

SELECT count(*) FROM events WHERE color SIMILAR TO 'red' OR regexp_matches(color, '^g')

SELECT count(*) FROM flat WHERE id BETWEEN 2999 AND 3001

SELECT count(*) FROM flat WHERE id = 3000.0

SELECT count(*) FROM flat WHERE id > 19998.5

SELECT count(*) FROM flat WHERE id = '17'

SELECT count(*) FROM flat WHERE id < 10 OR id > 19990 AND color = 'red'

SELECT count(*) FROM flat WHERE NOT (id < 19990 OR color IS NOT NULL)

SELECT count(*) FROM flat WHERE id IN (1, 3000, 25000) OR id IS NULL

SELECT count(*) FROM flat WHERE id NOT BETWEEN 5 AND 19990

SELECT count(*) FROM flat WHERE price > 9999.5 AND amount IS NOT NULL

SELECT count(*) FROM flat WHERE color > 'r' AND color < 's'

SELECT count(*) FROM flat WHERE color >= 'Ä'

SELECT count(*) FROM flat WHERE ratio > 2857 AND ratio < 2857.1

SELECT count(*) FROM flat WHERE id + 1 = 3001 AND flag IS NOT NULL

SELECT count(*) FROM flat WHERE id::VARCHAR = '3000'

SELECT count(*) FROM flat WHERE id > (SELECT max(id) - 2 FROM events)

SELECT count(*) FROM events WHERE region = 'EU' OR amount > 990

SELECT count(*) FROM events WHERE (region = 'EU' AND year = 2023) OR (region = 'US' AND year = 2024)

SELECT count(*) FROM events WHERE year::VARCHAR = '2023' AND lower(region) = 'us'

SELECT count(*) FROM events WHERE region LIKE 'A%' OR region ILIKE 'e%'

SELECT count(*) FROM events WHERE region || year = 'EU2023'

SELECT sum(CASE WHEN flag THEN amount END), sum(amount) FILTER (WHERE flag), sum(if(flag, amount, 0)) FROM events

SELECT sum(amount) FILTER (WHERE color = 'red') / count(*) FILTER (WHERE color = 'red') AS q, avg(price) FILTER (WHERE amount IS NULL) FROM events GROUP BY flag ORDER BY q

SELECT count(DISTINCT color) FILTER (WHERE flag), count(DISTINCT user_id), sum(DISTINCT amount), count(*) FROM events

SELECT region, count(DISTINCT color), count(DISTINCT user_id), sum(amount), avg(DISTINCT amount) FROM events GROUP BY region ORDER BY region

SELECT count(DISTINCT (color, flag)), count(DISTINCT amount % 10) FROM flat

SELECT string_agg(DISTINCT region, ',' ORDER BY region) FROM events

SELECT array_agg(DISTINCT year ORDER BY year DESC) FROM events

SELECT arg_max(id, price), arg_min(color, id) FROM flat WHERE price > 9990

SELECT sum(amount + 1), sum(amount) + count(amount), avg(amount * 2), max(amount) - min(amount) FROM flat

SELECT user_id % 3 AS a, user_id % 3 + 1 AS b, count(*) FROM flat GROUP BY user_id % 3 ORDER BY a

SELECT user_id % 3 + 1, count(*) FROM flat GROUP BY user_id % 3 ORDER BY 1

SELECT upper(color), count(*) FROM flat GROUP BY color ORDER BY color

SELECT color || region AS cr, count(*) FROM events GROUP BY color, region ORDER BY cr NULLS LAST, 2

SELECT flag, NOT flag AS nf, count(*) FROM flat GROUP BY flag ORDER BY nf

SELECT sum(amount) AS amount FROM flat ORDER BY amount

SELECT amount AS id, id AS amount FROM flat WHERE amount = 3 ORDER BY id, amount LIMIT 3

SELECT count(*) AS id FROM flat GROUP BY id % 2 ORDER BY id

-- error: 42803
SELECT max(id) AS m FROM flat WHERE m IS NOT NULL OR true

SELECT id % 4 AS id, count(*) FROM flat GROUP BY id % 4 ORDER BY flat.id % 4

SELECT any_value(region) FROM events WHERE region = 'US'

SELECT sum(big), avg(big), max(big) FROM events WHERE big > 9000000000000000000

SELECT count(*) FROM events e1 JOIN events e2 ON e1.id = e2.id WHERE e1.region <> e2.region

SELECT e.region, count(*), sum(f.amount) FROM events e LEFT JOIN flat f ON e.id = f.id AND f.flag GROUP BY e.region ORDER BY e.region

SELECT generate_series AS d, count(f.id) FROM generate_series(0, 4) LEFT JOIN flat f ON f.amount = generate_series GROUP BY d ORDER BY d

SELECT x, count(*) FROM flat, unnest([1, 2]) u(x) WHERE id < 10 GROUP BY x ORDER BY x

SELECT id, unnest([id, amount]) AS v FROM flat WHERE id < 3 ORDER BY id, v

SELECT current_schema() IS NULL, count(*) FROM flat

SELECT count(*) FROM flat WHERE getvariable('nope') IS NULL
