-- Statements that write: expressions mean the same in them.
INSERT INTO items (id, qty, big) VALUES (10, 7/2, 7 % 4) RETURNING id, qty, big
INSERT INTO items (id, qty, big) SELECT 10 + id, 7/2, length(name) FROM people RETURNING id, qty, big
INSERT INTO items (id, label) VALUES (10, initcap('hello you')), (11, to_char(DATE '2024-03-01', 'Mon')) RETURNING length(label)
INSERT INTO items (id, qty) VALUES (10, 5) RETURNING qty / 2, qty + 1, qty / 2 AS half, upper(label), count
-- differs: types: text types
INSERT INTO items (id, qty) VALUES (10, 5) RETURNING qty / 2::smallint, upper(label), *
INSERT INTO items (id, qty) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET qty = (items.qty + excluded.qty) / 3, label = quote_literal(excluded.id) RETURNING id, qty, label || ''
INSERT INTO items (id, qty) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET qty = 9 WHERE items.label ~ '^t' RETURNING id
INSERT INTO items (id, qty) VALUES (1, 5) ON CONFLICT DO NOTHING RETURNING id
WITH some AS (SELECT id, count(*), 9/2 AS q FROM people GROUP BY id) INSERT INTO items (id, qty, big) SELECT id + 20, q, count FROM some WHERE id < 3 RETURNING id, qty, big
INSERT INTO items (id, qty) VALUES (10, NULL), (11, DEFAULT) RETURNING qty
INSERT INTO items (id, qty) SELECT 10, NULL RETURNING qty
INSERT INTO items (id, qty) VALUES (10, 1/0)
INSERT INTO items (id, qty) VALUES (10, 1 / (SELECT 2))
UPDATE items SET qty = qty / 2 WHERE label ~ 'o' RETURNING id, qty
-- differs: types: text types
UPDATE items SET qty = qty / 2, big = big / 3 WHERE label ~* '^T' RETURNING *
UPDATE items SET (qty, big) = (qty / 2, 7 / 2) WHERE label LIKE 't\_%' OR id = 1 RETURNING id, qty, big
UPDATE items SET (qty, big) = (SELECT age / 2, length(name) FROM people WHERE people.id = items.owner) WHERE id = 1 RETURNING qty, big
-- differs: error: syntax
UPDATE items AS i SET qty = p.age / 4 FROM people p WHERE p.id = i.owner AND p.name ~ '^[A-Z]' RETURNING i.id, i.qty, p.name || '!'
UPDATE items SET label = to_char(made, 'YYYY') WHERE made IS NOT NULL RETURNING label
UPDATE items SET qty = CASE WHEN id = 1 THEN qty / 2 ELSE 7 / 2 END RETURNING id, qty
UPDATE items SET qty = 5 / (qty - qty) WHERE id = 1
UPDATE items SET qty = NULL WHERE label IS DISTINCT FROM 'one' RETURNING id, qty
UPDATE people SET tags = '{x,"y z"}'::text[] || 'w'::text WHERE id = 4 RETURNING tags, tags[1], array_length(tags, 1)
UPDATE people SET born = born + 1, joined = date_trunc('hour', joined) WHERE id = 4 RETURNING born, joined
UPDATE people SET balance = round(balance / 3, 2) WHERE id = 4 RETURNING balance
DELETE FROM items WHERE label ~ 'e$' RETURNING id, 7/2
DELETE FROM items WHERE qty / 2 = 2 RETURNING label || '.'
DELETE FROM items i USING people p WHERE p.id = i.owner AND p.name !~ '^A' RETURNING i.id
WITH old AS (SELECT id FROM people WHERE name ~ 'n$') DELETE FROM items WHERE owner IN (SELECT id FROM old) RETURNING id
MERGE INTO items i USING people p ON p.id = i.id AND p.name ~ 'n' WHEN MATCHED THEN UPDATE SET qty = p.age / 2; SELECT id, qty FROM items ORDER BY id
MERGE INTO items i USING (SELECT id + 2 AS id, age / 2 AS half FROM people WHERE age IS NOT NULL) p ON p.id = i.id WHEN MATCHED AND i.label ~ 'h' THEN DELETE WHEN NOT MATCHED THEN INSERT (id, qty) VALUES (p.id, p.half / 2); SELECT id, qty FROM items ORDER BY id
CREATE VIEW v AS SELECT count(*), sum(qty), 7/2 FROM items; SELECT * FROM v
CREATE VIEW v (a, b) AS SELECT count(*), max(label) FILTER (WHERE label ~ 'w') FROM items; SELECT a / 2, b FROM v
CREATE VIEW v AS SELECT id FROM items WHERE label ~ 'o' UNION SELECT 7/2; SELECT * FROM v ORDER BY 1
CREATE TABLE c AS SELECT count(*), avg(qty) > 1, 7/2 AS a, 'x'::text FROM items; SELECT * FROM c
CREATE TABLE c AS SELECT id, label ~ 'o' AS o FROM items WITH NO DATA; SELECT * FROM c
CREATE TABLE c (a integer DEFAULT 7/2, b text DEFAULT repeat('a', 7/2) || quote_literal('x') NOT NULL, d text CHECK (d ~ 'x')); INSERT INTO c DEFAULT VALUES; INSERT INTO c (d) VALUES ('axa'); SELECT * FROM c
CREATE TABLE c (d text CHECK (d ~ 'x')); INSERT INTO c VALUES ('abc')
CREATE TABLE c (a integer, b integer GENERATED ALWAYS AS (a / 2) STORED); INSERT INTO c VALUES (7); SELECT * FROM c
CREATE TABLE c (a integer); ALTER TABLE c ADD COLUMN b integer DEFAULT 7/2; INSERT INTO c VALUES (1, DEFAULT); SELECT * FROM c
CREATE TABLE c (a integer); ALTER TABLE c ALTER COLUMN a SET DEFAULT 7/2; INSERT INTO c DEFAULT VALUES; SELECT * FROM c
CREATE TABLE c (a text); INSERT INTO c VALUES ('7'); ALTER TABLE c ALTER COLUMN a TYPE integer USING a::integer / 2; SELECT * FROM c
-- differs: types: jsonb
CREATE TABLE c (j jsonb, n name); INSERT INTO c VALUES ('{"b": 1, "a": 2}', 'x'); SELECT j -> 'a', n FROM c
INSERT INTO items (id, qty) VALUES (10, length(nothing))
UPDATE items SET qty = nothing / 2 WHERE label ~ 'x'
-- differs: position: places of errors
UPDATE items SET nothing = qty / 2
DELETE FROM items WHERE nothing ~ 'x'
UPDATE items SET qty = qty / / 2
-- Divisors as parameters.
PREPARE z1 (integer) AS SELECT 10 / $1; EXECUTE z1(0)
PREPARE z2 (integer) AS SELECT 10 % ($1 - 1); EXECUTE z2(1)
PREPARE z3 (double precision) AS SELECT score / $1 FROM people WHERE id = 1; EXECUTE z3(0)
PREPARE z4 (integer) AS UPDATE items SET qty = qty / $1 WHERE id = 1; EXECUTE z4(0)
-- Values of the session.
INSERT INTO items (id, label) VALUES (10, left(current_schema(), 10)) RETURNING length(label)
UPDATE items SET label = left(current_schema(), 6) || (SELECT relkind::text FROM pg_class WHERE relname = 'pg_am') WHERE id = 1 RETURNING length(label)
INSERT INTO items (id, made) VALUES (9, '2024-03-01 12:00:00 +02:00') RETURNING made
UPDATE items SET made = '2024-03-01 12:00:00 +02:00' WHERE made < '2024-03-05 00:00:00 Z' RETURNING id, made
UPDATE people SET joined = '2024-03-01 12:00:00 +02:00' WHERE id = 4 RETURNING joined
INSERT INTO measures (id, reading) VALUES (3, 9.87654321) RETURNING reading
UPDATE measures SET reading = reading * 3 WHERE id = 1 RETURNING reading, readings
DELETE FROM measures WHERE reading < 1.2345679 RETURNING id, reading + 1
