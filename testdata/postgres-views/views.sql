-- Single tables
CREATE VIEW plain AS SELECT id, name FROM people WHERE age > 18
CREATE VIEW star AS SELECT * FROM people
CREATE VIEW star_of AS SELECT p.*, o.total FROM people p, orders o WHERE o.person_id = p.id
CREATE VIEW renamed (a, b) AS SELECT id, name, age FROM people
CREATE VIEW aliases AS SELECT id AS id, name AS "Name", age AS years, city "select" FROM people AS x
CREATE VIEW odd AS SELECT "Odd name", "select" AS "from", id AS "order" FROM orders
CREATE VIEW of_schema AS SELECT t.label, things.id FROM other.things, other.things t
CREATE VIEW other.in_schema AS SELECT id, label FROM other.things
CREATE VIEW no_table AS SELECT 1 AS one, 'two' AS two, 3.0 AS three, NULL AS none, true AS yes, -4 AS minus, 5000000000 AS big, 0.5 AS half, -1.5 AS less
CREATE VIEW unnamed AS SELECT 1, upper(name), (SELECT max(age) FROM people) FROM people
CREATE VIEW with_old AS SELECT old.id FROM people old
-- WHERE
CREATE VIEW conditions AS SELECT id FROM people WHERE age >= 18 AND age < 65 AND (city = 'Bern' OR city IS NULL) AND NOT active
CREATE VIEW not_or AS SELECT id FROM people WHERE NOT (age > 1 OR age < 2) OR active AND m = 'happy'
CREATE VIEW numeric_compare AS SELECT id FROM people WHERE score > 18 AND score < 18.5 AND big = 3 AND small <> 4 AND f8 > 1 AND f4 < 2.5
CREATE VIEW in_integers AS SELECT id FROM people WHERE age IN (1, 2, 3)
CREATE VIEW in_texts AS SELECT id FROM people WHERE name IN ('a', 'b') AND name NOT IN ('c', 'it''s')
CREATE VIEW in_varchars AS SELECT id FROM people WHERE city IN ('a', 'b')
CREATE VIEW in_one AS SELECT id FROM people WHERE age IN (1) AND city NOT IN ('x')
CREATE VIEW in_columns AS SELECT id FROM people WHERE age IN (id, 1, 2, small)
CREATE VIEW in_numerics AS SELECT id FROM people WHERE score IN (1, 2.5) AND big IN (1, 2)
CREATE VIEW in_dates AS SELECT id FROM people WHERE born IN ('2020-01-01', '2021-12-31') AND m IN ('sad', 'ok')
CREATE VIEW any_array AS SELECT id FROM people WHERE age = ANY (ARRAY[1, 2]) AND name <> ALL (ARRAY['a', 'b']) AND 'x' = ANY (tags)
CREATE VIEW between_numbers AS SELECT id FROM people WHERE age BETWEEN 1 AND 10 AND score NOT BETWEEN 1 AND 2.5
CREATE VIEW between_dates AS SELECT id FROM people WHERE born BETWEEN '2020-01-01' AND '2020-12-31' AND seen >= '2020-01-01' AND seen < '2021-02-03 04:05:06'
CREATE VIEW likes AS SELECT id FROM people WHERE name LIKE 'a%' AND city ILIKE '%b' AND name NOT LIKE '_c' AND name NOT ILIKE 'd' AND code LIKE 'x%'
CREATE VIEW regexes AS SELECT id FROM people WHERE name ~ '^a' AND name !~* 'b$' AND city ~ '\d+'
CREATE VIEW nulls AS SELECT id FROM people WHERE age IS NULL OR name IS NOT NULL OR age + 1 IS NULL OR active IS TRUE OR active IS NOT FALSE OR active IS UNKNOWN
CREATE VIEW distinct_from AS SELECT id FROM people WHERE age IS DISTINCT FROM 3 AND city IS NOT DISTINCT FROM 'x' AND name IS DISTINCT FROM NULL
CREATE VIEW booleans AS SELECT id FROM people WHERE active = true AND (active <> 'f' OR false)
-- Expressions
CREATE VIEW arithmetic AS SELECT age + 1 AS a, age * 2 + id - 3 AS b, (age + 1) * 2 AS c, - age AS d, age - (id - 1) AS e, age / 2 AS f, age % 3 AS g, age * (id + 1) / 2 AS h, score * 2 AS i, score + age AS j, f8 / 2 AS k FROM people
CREATE VIEW concatenation AS SELECT name || ' ' || city AS a, name || age AS b, 'x' || 'y' AS c, tags || 'z'::text AS d FROM people
CREATE VIEW functions AS SELECT lower(name) AS a, substr(name, 1, 2) AS b, length(city) AS c, round(score) AS d, round(score, 1) AS e, abs(age) AS f, replace(name, 'a', 'b') AS g, concat(name, ' ', age) AS h, "left"(name, 1) AS i, date_trunc('month', seen) AS j, to_char(seen, 'YYYY-MM') AS k FROM people
CREATE VIEW null_functions AS SELECT COALESCE(name, 'none') AS a, COALESCE(age, 0) AS b, COALESCE(city, name) AS c, NULLIF(age, 0) AS d, NULLIF(city, '') AS e, GREATEST(age, 1, big) AS f, LEAST(score, 2) AS g FROM people
CREATE VIEW casts AS SELECT age::text AS a, CAST(name AS varchar(5)) AS b, age::numeric(5,1) AS c, score::integer AS d, '5'::integer AS e, '2020-01-01'::date AS f, born::timestamp AS g, seen::date AS h, age::bigint AS i, name::char(2) AS j, score::numeric AS k, 1::numeric AS l, 'a'::varchar(3) AS m, city::text AS n, NULL::integer AS o, f8::real AS p, 1.5::double precision AS q, '1'::smallint AS r FROM people
CREATE VIEW date_casts AS SELECT DATE '2020-01-01' AS a, TIMESTAMP '2020-01-01 10:00' AS b, INTERVAL '1 day' AS c, INTERVAL '3 months 2 days' AS d, TIME '10:00' AS e, born + INTERVAL '1 month' AS f, born - 7 AS g, seen - INTERVAL '90 minutes' AS h, born + 1 AS i FROM people
CREATE VIEW cases AS SELECT CASE WHEN age < 18 THEN 'child' WHEN age < 65 THEN 'adult' ELSE 'old' END AS stage, CASE city WHEN 'Bern' THEN 1 WHEN 'Basel' THEN 2 END AS number, CASE WHEN active THEN score ELSE 0 END AS worth FROM people
CREATE VIEW case_first AS SELECT CASE age WHEN 1 THEN 'one'::text ELSE name END AS word FROM people ORDER BY CASE WHEN age IS NULL THEN 1 ELSE 0 END
CREATE VIEW extracts AS SELECT EXTRACT(year FROM born) AS y, date_part('month', born) AS m, EXTRACT(EPOCH FROM seen) AS e FROM people
CREATE VIEW sql_functions AS SELECT TRIM(name) AS a, TRIM(LEADING 'x' FROM name) AS b, SUBSTRING(name FROM 1 FOR 2) AS c, POSITION('a' IN name) AS d, seen AT TIME ZONE 'UTC' AS e, OVERLAY(name PLACING 'x' FROM 1) AS f, SUBSTRING(name, 2) AS g FROM people
CREATE VIEW moments AS SELECT CURRENT_DATE AS d, now() - seen_tz AS ago, CURRENT_TIMESTAMP AS t, CURRENT_DATE - born AS days FROM people
CREATE VIEW arrays AS SELECT ARRAY[1, 2] AS a, ARRAY['x', name] AS b, tags[1] AS c, ARRAY[age, 1.5] AS d, array_length(tags, 1) AS e, ARRAY[]::integer[] AS f FROM people
CREATE VIEW enums AS SELECT m, 'ok'::mood AS k, m::text AS t FROM people WHERE m > 'sad'
-- Aggregates
CREATE VIEW grouped AS SELECT city, count(*) AS n, sum(score) AS total, avg(age) AS mean FROM people GROUP BY city
CREATE VIEW grouped_by_place AS SELECT lower(city) AS c, age + 1 AS a, count(*) FROM people GROUP BY 1, 2
CREATE VIEW grouped_by_name AS SELECT upper(name) AS n, max(born) FROM people GROUP BY n
CREATE VIEW having_some AS SELECT city, count(*) FROM people WHERE active GROUP BY city HAVING count(*) > 1 AND sum(age) < 100 ORDER BY count(*) DESC
CREATE VIEW aggregates AS SELECT count(DISTINCT city) AS a, string_agg(name, ', ' ORDER BY name DESC) AS b, array_agg(age ORDER BY id, name) AS c, count(*) FILTER (WHERE age > 18) AS d, bool_and(active) AS e, max(city) AS f, min(seen) AS g, sum(big) AS h, array_agg(DISTINCT name) AS i, stddev(f8) AS j FROM people
CREATE VIEW ordered_sets AS SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS median, mode() WITHIN GROUP (ORDER BY city DESC) AS often FROM people
-- Windows
CREATE VIEW ranked AS SELECT id, rank() OVER (PARTITION BY city ORDER BY score DESC) AS r, row_number() OVER () AS n, sum(age) OVER (ORDER BY id) AS s FROM people
CREATE VIEW framed AS SELECT sum(score) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS a, avg(score) OVER (PARTITION BY city, m ORDER BY id NULLS FIRST ROWS UNBOUNDED PRECEDING) AS b, last_value(id) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS c FROM people
CREATE VIEW named_windows AS SELECT lag(age) OVER w AS a, lead(age, 1, 0) OVER w AS b, first_value(name) OVER (w) AS c, count(*) OVER (PARTITION BY city) AS d FROM people WINDOW w AS (PARTITION BY city ORDER BY id)
CREATE VIEW filtered_window AS SELECT count(*) FILTER (WHERE active) OVER (PARTITION BY lower(city)) AS n, ntile(4) OVER (ORDER BY age + 1) AS q FROM people
-- ORDER BY, LIMIT, DISTINCT
CREATE VIEW sorted AS SELECT id, name, age FROM people ORDER BY name, 3 DESC, city DESC NULLS LAST, score NULLS FIRST, lower(name)
CREATE VIEW limited AS SELECT id FROM people ORDER BY id LIMIT 10 OFFSET 5
CREATE VIEW limited_all AS SELECT id FROM people LIMIT ALL OFFSET 2 + 1
CREATE VIEW fetched AS SELECT id FROM people ORDER BY id FETCH FIRST 3 ROWS ONLY
CREATE VIEW distinct_rows AS SELECT DISTINCT city, age FROM people ORDER BY city
CREATE VIEW distinct_on AS SELECT DISTINCT ON (city) city, id, score FROM people ORDER BY city, score DESC
CREATE VIEW distinct_on_more AS SELECT DISTINCT ON (age, lower(city)) id, city FROM people ORDER BY lower(city), age, id
-- Joins
CREATE VIEW joined AS SELECT p.id, p.name, o.total FROM people p JOIN orders o ON o.person_id = p.id
CREATE VIEW joined_outer AS SELECT people.name, orders.total FROM people LEFT JOIN orders ON orders.person_id = people.id AND orders.total > 10 WHERE orders.id IS NULL
CREATE VIEW joined_three AS SELECT p.name, o.total, c.country FROM people p JOIN orders o ON p.id = o.person_id LEFT JOIN cities c ON c.city = p.city
CREATE VIEW joined_right AS SELECT a.id, b.id AS other FROM people a RIGHT JOIN people b ON a.id = b.age
CREATE VIEW joined_full AS SELECT a.id, b.total FROM people a FULL JOIN orders b ON a.id = b.person_id
CREATE VIEW joined_cross AS SELECT p.id, c.city FROM people p CROSS JOIN cities c
CREATE VIEW joined_using AS SELECT city, country, p.name FROM people p JOIN cities USING (city)
CREATE VIEW joined_using_left AS SELECT id, name, total FROM people LEFT JOIN orders USING (id)
CREATE VIEW joined_using_full AS SELECT id, name, total FROM people FULL JOIN orders USING (id) WHERE id > 1
-- stored: a star over USING has another order of columns in DuckDB
CREATE VIEW joined_using_star AS SELECT * FROM people p LEFT JOIN cities c USING (city)
CREATE VIEW joined_using_types AS SELECT id, label, name FROM people JOIN other.things USING (id)
CREATE VIEW joined_natural AS SELECT city, area FROM people NATURAL JOIN cities
CREATE VIEW joined_nested AS SELECT p.id FROM people p LEFT JOIN (orders o JOIN cities c ON c.country = o."Odd name") ON p.id = o.person_id
CREATE VIEW comma_join AS SELECT p.id, o.total, c.area FROM people p, orders o, cities c WHERE p.id = o.person_id AND p.city = c.city
CREATE VIEW comma_and_join AS SELECT p.id FROM cities c, people p JOIN orders o ON o.person_id = p.id WHERE c.city = p.city
CREATE VIEW self_join AS SELECT people.id, p.id AS other FROM people, people p WHERE people.age = p.age
-- Sub-queries
CREATE VIEW exists_some AS SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.person_id = p.id) AND NOT EXISTS (SELECT * FROM people WHERE people.age > p.age)
CREATE VIEW in_query AS SELECT id FROM people WHERE id IN (SELECT person_id FROM orders WHERE total > 5) AND city NOT IN (SELECT city FROM cities)
CREATE VIEW scalar_query AS SELECT id, (SELECT count(*) FROM orders WHERE person_id = people.id) AS n FROM people WHERE score > (SELECT avg(score) FROM people)
CREATE VIEW any_query AS SELECT id FROM people WHERE age > ALL (SELECT total FROM orders) OR id = ANY (SELECT person_id FROM orders) OR id < ANY (SELECT person_id FROM orders)
CREATE VIEW from_query AS SELECT t.city, t.n FROM (SELECT city, count(*) AS n FROM people GROUP BY city) t WHERE t.n > 1
CREATE VIEW from_query_renamed AS SELECT t.a, b FROM (SELECT id, name FROM people) AS t (a, b)
CREATE VIEW from_query_join AS SELECT p.id, s.total FROM people p LEFT JOIN (SELECT person_id, sum(total) AS total FROM orders GROUP BY person_id) s ON s.person_id = p.id
CREATE VIEW array_query AS SELECT ARRAY(SELECT id FROM orders ORDER BY id) AS ids FROM people
CREATE VIEW lateral_query AS SELECT p.id, l.total FROM people p, LATERAL (SELECT o.total FROM orders o WHERE o.person_id = p.id ORDER BY o.total DESC LIMIT 1) l
CREATE VIEW values_query AS SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, 'y')) AS v (a, b)
CREATE VIEW series AS SELECT g, x.n FROM generate_series(1, 3) g, generate_series(1, 10, 2) AS x (n)
-- WITH
CREATE VIEW with_one AS WITH adults AS (SELECT id, name FROM people WHERE age >= 18) SELECT a.id, a.name FROM adults a ORDER BY a.name
CREATE VIEW with_two AS WITH a (x) AS (SELECT id FROM people), b AS MATERIALIZED (SELECT x + 1 AS y FROM a) SELECT a.x, b.y FROM a JOIN b ON a.x = b.y
CREATE VIEW with_recursive AS WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT n FROM t
CREATE VIEW with_same AS WITH p AS (SELECT id FROM people) SELECT people.id FROM people JOIN p ON p.id = people.id
-- UNION and its kin
CREATE VIEW union_two AS SELECT id, name FROM people UNION SELECT id, "Odd name" FROM orders
CREATE VIEW union_all AS SELECT 'a' AS kind, id, NULL AS nothing, score FROM people UNION ALL SELECT 'b', id, 'x', 1 FROM orders ORDER BY kind, 2 DESC LIMIT 5
CREATE VIEW union_three AS SELECT id FROM people UNION ALL SELECT id FROM orders UNION ALL SELECT 3
CREATE VIEW union_mixed AS SELECT id FROM people UNION SELECT id FROM orders EXCEPT SELECT 3
CREATE VIEW union_nested AS (SELECT id FROM people EXCEPT SELECT 1) INTERSECT ALL (SELECT id FROM orders UNION ALL SELECT 4)
CREATE VIEW union_sorted AS (SELECT id FROM people ORDER BY age LIMIT 2) UNION ALL SELECT id FROM orders WHERE total > 3
CREATE VIEW union_in_query AS SELECT t.id, upper(t.name) AS upper FROM (SELECT id, name FROM people UNION SELECT id, 'none' FROM orders) t
-- Views of views
CREATE VIEW of_view AS SELECT p.id, p.name || '!' AS loud FROM plain p WHERE p.id IN (SELECT id FROM plain)
CREATE VIEW of_varchar_view AS SELECT * FROM aliases WHERE "select" = 'Bern'
CREATE VIEW deep AS SELECT id FROM people WHERE id IN (SELECT o.person_id FROM orders o WHERE EXISTS (SELECT 1 FROM (SELECT CASE WHEN c.area > 1 THEN 1 ELSE 2 END AS k FROM cities c) q WHERE q.k = o.id))
-- More of the same
CREATE VIEW more_cube AS SELECT city, age, count(*) FROM people GROUP BY ROLLUP (city, age)
CREATE VIEW more_sets AS SELECT city, age, count(*), grouping(city) FROM people GROUP BY GROUPING SETS ((city), (age), ())
CREATE VIEW more_cube2 AS SELECT city, count(*) FROM people GROUP BY city, CUBE (age, m)
CREATE VIEW more_alias_cols AS SELECT a, b FROM people AS t (a, b)
CREATE VIEW more_json AS SELECT note ->> 'a' AS a, note -> 'b' AS b, (note ->> 'c')::integer AS c, note #>> '{a,b}' AS d FROM people
CREATE VIEW more_jsonb AS SELECT note::jsonb -> 'a' AS a FROM people
CREATE VIEW more_unnest AS SELECT p.id, t.tag FROM people p, unnest(p.tags) AS t (tag)
CREATE VIEW more_cross_lateral AS SELECT p.id, t FROM people p CROSS JOIN LATERAL unnest(p.tags) t
CREATE VIEW more_left_lateral AS SELECT p.id, l.total FROM people p LEFT JOIN LATERAL (SELECT max(total) AS total FROM orders WHERE person_id = p.id) l ON true
CREATE VIEW more_nested_case AS SELECT sum(CASE WHEN active THEN 1 ELSE 0 END) AS n, count(CASE WHEN age > 1 THEN 1 END) AS m, avg(CASE WHEN active THEN score END)::numeric(10,2) AS k FROM people GROUP BY city
CREATE VIEW more_round_avg AS SELECT round(avg(age), 2) AS a, sum(total) / count(*) AS b, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share FROM people JOIN orders ON person_id = people.id GROUP BY city
CREATE VIEW more_coalesce_sum AS SELECT p.id, COALESCE(sum(o.total), 0) AS s, COALESCE(max(o.placed), p.seen) AS m FROM people p LEFT JOIN orders o ON o.person_id = p.id GROUP BY p.id, p.seen
CREATE VIEW more_split AS SELECT split_part(name, ' ', 1) AS a, initcap(city) AS b, lpad(name, 5, '0') AS c, md5(name) AS d, regexp_replace(name, 'a', 'b', 'g') AS e, char_length(name) AS f, trim(both ' ' from city) AS g, name || 1 AS h, strpos(name, 'a') AS i FROM people
CREATE VIEW more_math AS SELECT power(age, 2) AS a, sqrt(age) AS b, mod(age, 2) AS c, ceil(score) AS d, floor(f8) AS e, age ^ 2 AS f, random() AS g, trunc(score, 1) AS h, ln(f8) AS i, sign(age) AS j, round(f8) AS k, round(f8::numeric, 2) AS l, age & 1 AS m2, - score AS n, @ age AS o FROM people
CREATE VIEW more_dates AS SELECT age(born) AS a, date_trunc('year', born) AS b, to_date(name, 'YYYY') AS c, make_date(2020, 1, age) AS d, born + age AS e, seen + interval '2 hours' * age AS f, extract(dow from seen) AS g, seen - born AS h, (now())::date AS i, justify_days(seen - seen) AS j, date_part('day', seen - seen) AS k FROM people
CREATE VIEW more_bool AS SELECT active AND true AS a, NOT active AS b, age > 1 AS c, (age > 1) = active AS d, active IS NOT TRUE AS e, name = '' OR name IS NULL AS f FROM people
CREATE VIEW more_pretty AS SELECT (age + 1) * (id - 2) - (3 - id) AS a, NOT (active AND (age > 1 OR id > 2)) AS b, (age + 1)::text AS c, (age > 1)::integer AS d, - (age + 1) AS e, (name || 'a') LIKE 'x' AS f, ((age + 1) IS NULL) AS g, abs(age - 1) + 1 AS h, (tags || tags)[1] AS i, (age * 2)::numeric / 3 AS j, (CASE WHEN active THEN 1 END) + 1 AS k FROM people
CREATE VIEW more_table AS TABLE cities
CREATE VIEW more_count AS SELECT count(name) AS a, count(*) AS b, sum(DISTINCT age) AS c, count(DISTINCT (city)) AS d, avg(DISTINCT f8) AS e FROM people
CREATE VIEW more_between_sym AS SELECT id FROM people WHERE age + 1 BETWEEN id AND big
CREATE VIEW more_similar AS SELECT id FROM people WHERE name SIMILAR TO 'a|b' AND name LIKE 'a!%' ESCAPE '!'
CREATE VIEW more_order_num AS SELECT city, count(*) AS n FROM people GROUP BY city ORDER BY 2 DESC, 1
CREATE VIEW more_same_group AS SELECT city, city AS c2 FROM people GROUP BY city, 1, c2
CREATE VIEW more_group_expr AS SELECT date_trunc('month', seen) AS mon, sum(score) FROM people GROUP BY date_trunc('month', seen) ORDER BY date_trunc('month', seen)
CREATE VIEW more_group_cast AS SELECT seen::date AS d, extract(year from born) AS y, city || 'x' AS z, count(*) FROM people GROUP BY seen::date, y, z
CREATE VIEW more_interval AS SELECT id FROM people WHERE seen > now() - interval '30 days' AND born > current_date - 30 AND born >= date_trunc('month', current_date) - interval '1 year 2 mons'
CREATE VIEW more_char AS SELECT code || 'x' AS a, code = 'abc' AS b, code::text AS c, upper(code) AS d, code IN ('a', 'b') AS e, city = name AS f, city = code AS g, city LIKE name AS h, COALESCE(code, 'zzz') AS i, COALESCE(city, 'zzz') AS j FROM people
CREATE VIEW more_num AS SELECT small + 1 AS a, big + small AS b, f4 + f8 AS c, f4 * 2 AS d, score = f8 AS e, small = big AS f, 1 + 1.5 AS g, big / 2 AS h, score / 3 AS i, f4 > 1.5 AS j, COALESCE(small, 0) AS k, COALESCE(big, 0) AS l, COALESCE(f8, 0) AS m2, COALESCE(score, 0.0) AS n FROM people
CREATE VIEW more_uuid AS SELECT id FROM people WHERE ref = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' AND clock > '10:00'
CREATE VIEW more_win AS SELECT id, sum(sum(age)) OVER (ORDER BY city) AS s, dense_rank() OVER (ORDER BY count(*) DESC, city) AS d, percent_rank() OVER (w) AS p FROM people GROUP BY id, city WINDOW w AS (PARTITION BY city), w2 AS (w ORDER BY id)
CREATE VIEW more_union_types AS SELECT id, name FROM people UNION ALL SELECT big, city FROM people UNION ALL SELECT NULL, NULL
CREATE VIEW more_union_alias AS SELECT id AS a FROM people UNION SELECT total FROM orders ORDER BY a
CREATE VIEW more_cte_union AS WITH t AS (SELECT id FROM people) SELECT id FROM t UNION ALL (WITH u AS (SELECT id FROM orders) SELECT id FROM u)
CREATE VIEW more_cte_nested AS WITH a AS (WITH b AS (SELECT id FROM people) SELECT id FROM b) SELECT a.id, (SELECT count(*) FROM a a2) AS n FROM a
CREATE VIEW more_long AS SELECT id FROM people WHERE id IN (SELECT id FROM people WHERE id IN (SELECT id FROM people WHERE id IN (SELECT id FROM people WHERE id IN (SELECT id FROM people WHERE id IN (SELECT CASE WHEN id > 1 THEN 1 ELSE 2 END FROM people)))))
CREATE VIEW more_order_in_view AS SELECT * FROM (SELECT id, name FROM people ORDER BY name LIMIT 3) s ORDER BY s.id OFFSET 1
CREATE VIEW more_exists_union AS SELECT id FROM people WHERE EXISTS (SELECT 1 FROM orders UNION SELECT 2)
CREATE VIEW more_sub_limit AS SELECT (SELECT o.total FROM orders o WHERE o.person_id = p.id ORDER BY o.placed DESC LIMIT 1) AS last, (SELECT 1) + 1 AS two FROM people p
CREATE VIEW more_bit AS SELECT greatest(born, '2020-01-01') AS a, least(name, 'x', city) AS b, nullif(score, 0) AS c, nullif(name, 'x') AS d, cast(null AS text) AS e, null::date AS f FROM people
CREATE VIEW more_pgfuncs AS SELECT to_char(score, 'FM999') AS a, to_char(age, '999') AS b, to_number(name, '99') AS c, to_timestamp(age) AS d, to_timestamp(name, 'YYYY') AS e, quote_ident(name) AS f, position('a' in city) AS g, substring(name from '[0-9]+') AS h, substring(city, 1, 2) AS i, overlay(city placing 'b' from 1 for 2) AS j, reverse(name) AS k, repeat(name, 2) AS l, ascii(name) AS m2, left(city, 3) AS n, right(name, 2) AS o, translate(name, 'a', 'b') AS p, bool_or(active) OVER () AS q FROM people
CREATE VIEW more_literals AS SELECT 'it''s' AS a, E'a\nb' AS b, 'x\y' AS c, $$d$$ AS d, '' AS e, 'true'::boolean AS f, '12.50'::numeric AS g, '007'::integer AS h, 12.50 AS i, .5 AS j
CREATE VIEW more_windows AS SELECT sum(age) OVER (PARTITION BY city ORDER BY id) AS a, sum(age) OVER (w ROWS 1 PRECEDING) AS c, first_value(age) OVER (ORDER BY seen RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW) AS d, nth_value(age, 2) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS e FROM people WINDOW w AS (ORDER BY id)
CREATE VIEW more_lists AS SELECT array_to_string(array_agg(name ORDER BY name), ', ') AS b, string_agg(DISTINCT city, ',') AS a, json_agg(name) AS c FROM people
CREATE VIEW more_list_functions AS SELECT json_build_object('a', age, 'b', name) AS d, string_to_array(name, ',') AS e, format('%s-%s', name, age) AS f, concat_ws('-', name, city) AS g, cardinality(tags) AS h, tags @> ARRAY['a'] AS j, tags || ARRAY['b'] AS k, array_append(tags, 'x') AS l FROM people
-- What is shown as it was stored
-- stored: literals with a time zone are printed in that of the session
CREATE VIEW stored_zones AS SELECT id FROM people WHERE seen_tz > '2020-01-01 00:00:00+00'
-- stored: rows are not compared here
CREATE VIEW stored_rows AS SELECT id FROM people WHERE (age, id) IN (SELECT id, person_id FROM orders)
-- stored: collations
CREATE VIEW stored_collation AS SELECT name FROM people ORDER BY name COLLATE "C"
-- stored: DuckDB gives other names to the columns of VALUES
CREATE VIEW stored_values AS VALUES (1, 'a'), (2, 'b')
-- stored: it reads one of these
CREATE VIEW stored_above AS SELECT id FROM stored_zones
