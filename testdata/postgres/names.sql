SELECT count(*) FROM people
SELECT sum(age), max(name), min(age) FROM people
SELECT 1 + 1
SELECT name || 'x' FROM people WHERE id = 1
SELECT upper(name) FROM people WHERE id = 1
SELECT CASE WHEN true THEN 1 END
SELECT CASE WHEN true THEN 1 ELSE id END FROM people WHERE id = 1
SELECT coalesce(NULL, 1)
SELECT nullif(1, 2)
SELECT greatest(1, 2), least(1, 2)
SELECT id::text FROM people WHERE id = 1
SELECT '1'::int
SELECT CAST(id AS bigint) FROM people WHERE id = 1
SELECT (SELECT 1)
SELECT (SELECT max(id) FROM people)
SELECT EXISTS (SELECT 1)
SELECT NOT true
SELECT 1 IN (1, 2)
SELECT 1 = ANY (ARRAY[1,2])
SELECT 1 BETWEEN 0 AND 2
SELECT 1 IS NULL
SELECT ARRAY[1,2]
SELECT ARRAY(SELECT 1)
-- differs: types, text: records
SELECT ROW(1, 2)
SELECT (ARRAY[1,2])[1]
SELECT tags[1] FROM people WHERE id = 1
SELECT extract(year FROM DATE '2024-01-01')
SELECT date_part('year', DATE '2024-01-01')
SELECT current_date IS NOT NULL
SELECT position('b' IN 'abc')
SELECT substring('abc' FROM 2 FOR 1)
SELECT trim(' a ')
SELECT trim(both 'x' FROM 'xax')
SELECT trim(leading 'x' FROM 'xax')
SELECT trim(trailing 'x' FROM 'xax')
SELECT overlay('abc' PLACING 'X' FROM 2)
SELECT row_number() OVER () FROM people WHERE id = 1
SELECT 'a' LIKE 'b'
SELECT 'a' ~ 'b'
SELECT -id FROM people WHERE id = 1
SELECT people.name FROM people WHERE id = 1
SELECT p.* FROM people p WHERE id < 0
SELECT interval '1 day'
SELECT true AND false
SELECT INTERVAL '1' DAY
SELECT now() IS NULL, localtimestamp IS NULL
SELECT current_user IS NULL
SELECT count(DISTINCT age), count(age) FILTER (WHERE age > 40) FROM people
SELECT id AT TIME ZONE 'UTC' FROM (SELECT timestamp '2024-01-01' AS id) t
SELECT timezone('UTC', timestamp '2024-01-01')
SELECT "name" FROM people WHERE id = 1
SELECT NAME, Age FROM people WHERE id = 1
SELECT (1, 2) = (1, 2)
SELECT generate_series(1, 2)
SELECT unnest(ARRAY[1, 2])
SELECT grouping(age) FROM people GROUP BY age LIMIT 1
SELECT 1 UNION SELECT 2 ORDER BY 1
SELECT coalesce(name, 'x') || 'y' FROM people WHERE id = 1
SELECT CAST(CASE WHEN true THEN 1 END AS text)
SELECT json_build_object('a', 1)
SELECT random() < 1
SELECT t.count FROM (SELECT count(*) FROM people) t
SELECT * FROM (SELECT count(*), max(age), name::text FROM people GROUP BY name ORDER BY name LIMIT 1) t
WITH c AS (SELECT lower(name), age + 1 FROM people) SELECT lower FROM c ORDER BY lower
