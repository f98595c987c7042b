-- Statements whose untyped parameters have types by their places.
SELECT $1 + 100
SELECT 100 + $1
SELECT 100::bigint * $1
SELECT $1 / 2.5
SELECT $1 % 7
-- differs: the same error with another SQLSTATE
SELECT $1 + $2 + 1
SELECT 1 + $1 + $2
SELECT * FROM people WHERE id = $1
SELECT * FROM people WHERE $1 < id
SELECT * FROM people WHERE id = $1 + 1 AND name = $2
SELECT * FROM people WHERE id = id + $1 AND score > $2
SELECT * FROM people WHERE id BETWEEN $1 AND $1 + 100
SELECT * FROM people WHERE id BETWEEN $1 AND $2
SELECT * FROM people WHERE id IN ($1, $2)
SELECT * FROM people WHERE id NOT IN ($1, $2) OR name IN ($3, $4)
SELECT * FROM people WHERE id = ANY ($1)
SELECT * FROM people WHERE (id, name) = ($1, $2)
SELECT * FROM people WHERE name LIKE $1 OR name ILIKE $2 OR name ~ $3
SELECT * FROM people WHERE joined > $1 AND born = $2 AND active = $3
SELECT * FROM people WHERE joined - $1 > INTERVAL '1 day'
-- differs: now() - $1 would be an interval in PostgreSQL too, which it does not compare
SELECT * FROM people WHERE joined > now() - $1
SELECT * FROM people WHERE joined + $1 > now()
SELECT * FROM people WHERE born - $1 > 3
SELECT * FROM people WHERE balance = $1 AND balance * $2 > 1
SELECT * FROM people WHERE score = $1 AND score / $2 > 1
SELECT * FROM people ORDER BY id LIMIT $1 OFFSET $2
SELECT * FROM items WHERE qty = $1 AND big > $2 AND price < $3 AND made = $4 AND code = $5
SELECT qty + $1, big - $2, price * $3 FROM items
SELECT * FROM items WHERE made > $1 AND made - $2 < INTERVAL '1 h'
SELECT i.id FROM items i JOIN people p ON p.id = i.owner WHERE p.age + $1 > i.big AND i.label || $2 = $3
SELECT s.n + $1 FROM (SELECT age * 2 AS n FROM people) s
SELECT (SELECT max(big) FROM items) + $1
WITH w AS (SELECT id, big FROM items WHERE id = $1) SELECT big * $2 FROM w
SELECT count(*) FROM people GROUP BY age + $1 HAVING count(*) > $2
SELECT sum(age) + $1, avg(score) * $2, max(big) FROM people, items
SELECT sum(big) FROM items HAVING sum(big) > $1
SELECT CASE WHEN id = $1 THEN $2 ELSE age END FROM people
SELECT coalesce(age, $1), coalesce($2, name), nullif(id, $3), greatest(big, $4) FROM people, items
SELECT $1
SELECT $1, $2::int, $3::text[]
SELECT $1::int + $2
-- differs: jsonb
SELECT $1::timestamptz, CAST($2 AS date), $3::jsonb
SELECT $1 || 'x', name || $2 FROM people
SELECT tags || $1 FROM people
SELECT upper($1), length($2), lower(name || $3) FROM people
SELECT substr(name, $1, $2), left(name, $3), repeat(name, $4), lpad(name, $5, $6) FROM people
SELECT abs($1), round($2), ceil($3), sqrt($4)
SELECT round(balance, $1), power(score, $2), mod(id, $3) FROM people
SELECT date_trunc($1, joined), extract(year FROM joined) + $2, to_char(joined, $3) FROM people
SELECT extract(year FROM joined) = $1 FROM people
SELECT split_part($1, $2, $3), strpos(name, $4), replace(name, $5, $6) FROM people
SELECT * FROM generate_series(1, $1)
SELECT -$1::int
SELECT NOT $1
SELECT id FROM people WHERE active AND ($1 OR age > $2)
-- differs: a text
SELECT id FROM people WHERE $1 IS NULL
SELECT id FROM people WHERE age IS DISTINCT FROM $1
SELECT id FROM people WHERE $1 = ANY (tags)
SELECT tags[$1] FROM people
SELECT array_length(tags, $1), array_append(tags, $2) FROM people
SELECT EXISTS (SELECT 1 FROM items WHERE owner = people.id + $1) FROM people
-- differs: a text
SELECT id FROM people UNION ALL SELECT $1
SELECT row_number() OVER (ORDER BY id + $1), lag(age, $2) OVER (ORDER BY id) FROM people
VALUES ($1, 2)
INSERT INTO people (id, name, balance, tags) VALUES ($1, $2, $3, $4)
INSERT INTO people VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
INSERT INTO people (id, name) VALUES ($1, $2), ($3, $4)
INSERT INTO people (id, name, age) VALUES ($1 + 1, upper($2), 2 * $3)
INSERT INTO people (id, name) SELECT $1, $2
INSERT INTO people (id, name, age) SELECT id + $1, name, $2 FROM people WHERE score < $3
INSERT INTO people (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = $3, age = people.age + $4
-- differs: parameters in RETURNING are not described
INSERT INTO people (id, name) VALUES ($1, $2) RETURNING id + $3
UPDATE people SET name = $1, age = $2, balance = $3 WHERE id = $4
UPDATE people SET age = age + $1 WHERE id = $2
-- differs: parameters in RETURNING are not described
UPDATE people SET age = age + $1, balance = balance - $2 WHERE id + $3 = 4 RETURNING age * $4
UPDATE people SET (name, age) = ($1, $2) WHERE id = $3
UPDATE people SET age = people.age + i.qty * $1 FROM items i WHERE i.owner = people.id AND i.big > $2
DELETE FROM people WHERE id = $1 OR age - $2 > 0
DELETE FROM people USING items i WHERE i.owner = people.id AND i.big = $1
UPDATE people SET age = age + $1, balance = balance - $2 WHERE id + $3 = 4
SELECT to_date($1, $2), to_timestamp($3, $4), to_char(score, $5) FROM people
SELECT mod(id, $1) + gcd(id, $2) FROM people
SELECT (id, age) = ($1, $2), (id, age) IN (($3, $4)) FROM people
SELECT id FROM people LIMIT $1::INTEGER
SELECT id FROM people LIMIT $1::INTEGER OFFSET $2::INTEGER
SELECT id FROM people WHERE joined > $1::TIMESTAMP WITHOUT TIME ZONE ORDER BY id LIMIT $2::INTEGER
SELECT id FROM people WHERE joined > $1::TIMESTAMP WITH TIME ZONE ORDER BY id LIMIT CAST($2 AS bigint)
