SELECT name, age FROM people ORDER BY age
SELECT name, age FROM people ORDER BY age DESC
SELECT name, age FROM people ORDER BY age DESC NULLS LAST, name
SELECT DISTINCT age FROM people ORDER BY age
SELECT DISTINCT ON (age) age, name FROM people ORDER BY age, name
SELECT age, count(*) FROM people GROUP BY age ORDER BY age
SELECT age, count(*) AS n FROM people GROUP BY age HAVING count(*) > 1
SELECT active, avg(score) FROM people GROUP BY active ORDER BY active
-- differs: types: text types
SELECT p.name, i.label FROM people p JOIN items i ON i.owner = p.id ORDER BY 1, 2
-- differs: types: text types
SELECT p.name, i.label FROM people p LEFT JOIN items i ON i.owner = p.id ORDER BY 1, 2
SELECT * FROM people ORDER BY id
-- differs: types: text types
SELECT * FROM items ORDER BY id
-- differs: types: text types
SELECT p.*, i.label FROM people p JOIN items i ON i.owner = p.id WHERE p.id = 2
SELECT name FROM people WHERE id IN (SELECT owner FROM items) ORDER BY name
SELECT name FROM people WHERE id NOT IN (SELECT boss FROM people WHERE boss IS NOT NULL) ORDER BY name
SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM items i WHERE i.owner = p.id) ORDER BY name
SELECT name FROM people WHERE age IS NULL
SELECT name FROM people WHERE active ORDER BY name
SELECT name FROM people WHERE NOT active
SELECT name FROM people WHERE joined > '2021-01-01' ORDER BY name
SELECT name FROM people WHERE born BETWEEN '1990-01-01' AND '1992-01-01' ORDER BY name
SELECT name FROM people WHERE id = '2'
SELECT id, CASE age WHEN 33 THEN 'x' WHEN 41 THEN 'y' ELSE 'z' END AS k FROM people ORDER BY id
SELECT id, sum(age) OVER (ORDER BY id), rank() OVER (ORDER BY age), lag(name) OVER (ORDER BY id) FROM people ORDER BY id
SELECT id, row_number() OVER w, count(*) OVER (PARTITION BY age), ntile(2) OVER w FROM people WINDOW w AS (ORDER BY id) ORDER BY id
SELECT first_value(name) OVER (ORDER BY id), percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM people ORDER BY id
SELECT id FROM people UNION SELECT id FROM items ORDER BY id
SELECT id FROM people EXCEPT SELECT id FROM items
SELECT id FROM people INTERSECT ALL SELECT owner FROM items ORDER BY 1
-- differs: text: scales
SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a
SELECT 'a' UNION SELECT NULL ORDER BY 1
WITH t AS (SELECT 1 AS x) SELECT x FROM t
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT * FROM r
WITH RECURSIVE c AS (SELECT id, boss, name, 1 AS depth FROM people WHERE boss IS NULL UNION ALL SELECT p.id, p.boss, p.name, depth + 1 FROM people p JOIN c ON p.boss = c.id) SELECT * FROM c ORDER BY id
SELECT id FROM people ORDER BY id LIMIT 2 OFFSET 1
SELECT id FROM people ORDER BY id FETCH FIRST 2 ROWS ONLY
SELECT id FROM people ORDER BY id OFFSET 2 ROWS
SELECT count(*) FROM people LIMIT ALL
SELECT age, active, count(*) FROM people GROUP BY ROLLUP (age, active) ORDER BY 1, 2, 3
SELECT age, grouping(age) FROM people GROUP BY GROUPING SETS ((age), ()) ORDER BY 1, 2
SELECT age, active, count(*) FROM people GROUP BY CUBE (age, active) ORDER BY 1, 2, 3
-- differs: types: text types
SELECT p.name, l.label FROM people p CROSS JOIN LATERAL (SELECT label FROM items i WHERE i.owner = p.id ORDER BY id LIMIT 1) l ORDER BY 1
SELECT count(*) FROM people, items
SELECT name FROM people NATURAL JOIN (SELECT 1 AS id) x
SELECT id, name FROM people JOIN items USING (id) ORDER BY id
SELECT max(balance) FILTER (WHERE active), count(*) FILTER (WHERE NOT active) FROM people
SELECT (SELECT name FROM people WHERE id = i.owner) FROM items i ORDER BY id
SELECT (SELECT id FROM people)
SELECT string_agg(name, ', ' ORDER BY id) FROM people
SELECT current_user = session_user, current_schema, current_schema()
SELECT current_setting('server_encoding'), current_setting('nope', true)
SELECT current_setting('nope')
SELECT set_config('application_name', 'x', false)
SELECT set_config('application_name', 'y', false), current_setting('application_name')
SELECT pg_backend_pid() > 0, version() LIKE 'PostgreSQL 15%'
SELECT length(gen_random_uuid()::text)
SELECT coalesce(sum(age), 0) FROM people WHERE false
SELECT sum(age), count(age), max(age) FROM people WHERE false
SELECT least(age, 35), greatest(age, 35) FROM people ORDER BY id
SELECT id % 2 = 0, id & 1 FROM people ORDER BY id
SELECT round(score * 100) / 100 FROM people WHERE id = 1
SELECT round((100.0 * count(*) FILTER (WHERE active) / count(*))::numeric, 1) FROM people
SELECT count(*)::float / 3 FROM people
SELECT sum(CASE WHEN active THEN 1 ELSE 0 END) FROM people
SELECT sum(CASE WHEN active THEN 1 ELSE 0 END)::float / count(*) FROM people
SELECT date_trunc('year', joined)::date AS y, count(*) FROM people GROUP BY 1 ORDER BY 1 NULLS LAST
SELECT extract(year FROM joined) AS y, sum(balance) FROM people GROUP BY extract(year FROM joined) ORDER BY y
SELECT to_char(joined, 'YYYY') AS y, count(*) FROM people GROUP BY to_char(joined, 'YYYY') ORDER BY y
SELECT name FROM people ORDER BY lower(name)
SELECT name AS n FROM people ORDER BY n DESC LIMIT 1
SELECT * FROM (SELECT id, name FROM people) AS t(a, b) WHERE a = 1
SELECT t.a FROM (VALUES (1), (2)) AS t(a) ORDER BY a DESC
SELECT id FROM people WHERE name ILIKE '%A%' ORDER BY id
SELECT id FROM people WHERE (id, age) IN ((1, 41), (2, 0))
SELECT id FROM people WHERE row(id, name) = row(1, 'Ann')
-- differs: error: syntax
SELECT id FROM people TABLESAMPLE BERNOULLI (100) ORDER BY id
SELECT id FROM ONLY people WHERE id = 1
SELECT id FROM people FOR UPDATE
SELECT id FROM public.people WHERE id = 1
SELECT "people"."id" FROM "public"."people" WHERE "people"."id" = 1 LIMIT 21
SELECT "id" AS "T0", COUNT(*) AS "Count" FROM people GROUP BY "id" ORDER BY 1 LIMIT 1000001
SELECT CAST("id" AS text), CAST(CAST("joined" AS date) AS timestamp) FROM people ORDER BY id
SELECT date_trunc('month', "joined") AS "joined", SUM("balance") AS "sum" FROM "public"."people" GROUP BY date_trunc('month', "joined") ORDER BY date_trunc('month', "joined") ASC
SELECT (CAST(date_trunc('week', (CAST(joined AS timestamp) + (INTERVAL '1 day'))) AS timestamp) + (INTERVAL '-1 day')) AS w FROM people ORDER BY id
SELECT EXTRACT('dow' FROM joined) + 1 FROM people ORDER BY id
SELECT COUNT(*) AS "__count" FROM "people" WHERE UPPER("people"."name"::text) LIKE UPPER('%nn%')
SELECT (1) AS "a" FROM "people" WHERE "people"."id" = 1 LIMIT 1
SELECT count(*) AS count_1 FROM (SELECT people.id AS people_id FROM people) AS anon_1
SELECT people.id AS people_id, CAST(people.balance AS NUMERIC(10, 2)) AS b FROM people WHERE people.balance > 1.0 ORDER BY people.id
SELECT ((joined AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Berlin')::date FROM people ORDER BY id
