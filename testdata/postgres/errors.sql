SELECT * FROM nothing
SELECT nope FROM people
SELECT people.nope FROM people
SELECT x.id FROM people
SELECT nofunc(1)
SELECT upper(1, 2)
SELECT lower()
-- differs: error: types of literals
SELECT abs('x')
SELECT length(1)
SELECT id FROM people p JOIN items i ON i.owner = p.id
-- differs: error: errors
SELECT name FROM people, people
SELECT * FROM people a JOIN items a ON true
SELECT name, count(*) FROM people
SELECT name, count(*) FROM people GROUP BY age
SELECT id FROM people WHERE count(*) > 1
SELECT sum(sum(id)) FROM people
SELECT id FROM people WHERE row_number() OVER () = 1
-- differs: position: places of errors
SELECT id FROM people HAVING id > 1
SELECT 1 FROM
SELEC 1
SELECT (1
SELECT 1 1
SELECT 'abc
SELECT * FROM people WHERE
SELECT * FROM people ORDER
SELECT FROM WHERE
SELECT 1 +
SELECT "abc
SELECT 'ä' || nope FROM people
SELECT 'äöü', nofunc(1)
SELECT id FROM people ORDER BY 5
-- differs: position: places of errors
SELECT id FROM people GROUP BY 9
-- differs: position: places of errors
SELECT 1 UNION SELECT 1, 2
-- differs: error: types of literals
SELECT 1 UNION SELECT 'a'
-- differs: error: types of literals
SELECT 1 + 'a'
SELECT 1 = 'a'
SELECT true + 1
SELECT 'a' + 'b'
SELECT DATE '2024-01-01' + DATE '2024-01-01'
SELECT -'a'::text
-- differs: error: types of literals
SELECT NOT 1
-- differs: error: types of literals
SELECT 1 AND 2
-- differs: error: types of literals
SELECT id FROM people WHERE name
-- differs: error: types of literals
SELECT id FROM people WHERE id
-- differs: error: types of literals
SELECT CASE WHEN 1 THEN 2 END
-- differs: error: types of literals
SELECT name = 1 FROM people
-- differs: error: types of literals
SELECT age = '1' || 'x' FROM people
SELECT '1' < 2, 'x' > 2
SELECT 1::nosuchtype
-- differs: position: places of errors
SELECT CAST(1 AS date)
-- differs: position: places of errors
SELECT true::date
SELECT 'abc'::boolean
SELECT 'abc'::uuid
SELECT '{1,2'::int[]
-- differs: position: places of errors
SELECT '[1'::json
-- differs: position: places of errors
SELECT 'zz'::bytea, '\xzz'::bytea
SELECT 5::smallint * 100000::smallint
SELECT ARRAY[1,'a']
-- differs: error: arrays
SELECT ARRAY[1] || 'a'
SELECT (SELECT 1, 2)
SELECT 1 IN (SELECT 1, 2)
SELECT (SELECT generate_series(1, 2))
-- differs: position: places of errors
SELECT id FROM people LIMIT -1
SELECT id FROM people LIMIT 'a'
-- differs: error: errors
SELECT id FROM people OFFSET -1
-- differs: position: places of errors
SELECT nope.* FROM people
-- differs: error: errors
SELECT schema_x.f(1)
SELECT * FROM schema_x.people
SELECT * FROM people AS t(a,b,c,d,e,f,g,h,i,j,k,l)
-- differs: error: errors
WITH t AS (SELECT 1), t AS (SELECT 2) SELECT * FROM t
-- differs: error: errors
SELECT * FROM generate_series(1)
SELECT regexp_replace('a', '(', 'b')
SELECT 'a' ~ '['
SELECT 'a' LIKE 'a' ESCAPE 'xx'
SELECT 'ab' LIKE 'a\'
SELECT chr(-1)
SELECT to_timestamp('x', 'YYYY')
SELECT substring('abc', 1, -5)
-- differs: error: errors
SELECT decode('abc', 'nope'), encode('abc', 'hex')
SELECT decode('zz', 'hex')
-- differs: position: places of errors
SELECT $1
-- differs: position: syntax
SELECT ?
INSERT INTO people (id, name) VALUES (1, 'dup')
INSERT INTO people (id) VALUES (50)
-- differs: position: places of errors
INSERT INTO people (id, name, nope) VALUES (50, 'x', 1)
-- differs: position: places of errors
INSERT INTO people (id, name) VALUES (50)
-- differs: position: places of errors
INSERT INTO people (id, name) VALUES (50, 'x', 2)
INSERT INTO people (id, name) VALUES ('x', 'y')
INSERT INTO people (id, name) VALUES (99999999999, 'y')
INSERT INTO people (id, name, balance) VALUES (51, 'y', 123456789012)
INSERT INTO people (id, name, born) VALUES (52, 'y', 'nodate')
-- differs: position: places of errors
INSERT INTO nothing VALUES (1)
INSERT INTO items (id, owner) VALUES (90, 999)
INSERT INTO items (id, qty) VALUES (91, -5)
INSERT INTO items (id, label) VALUES (92, 'one')
-- differs: error: text types
INSERT INTO items (id, label) VALUES (93, 'this label is too long')
-- differs: position: places of errors
UPDATE people SET nope = 1
UPDATE people SET name = NULL WHERE id = 1
UPDATE people SET id = 2 WHERE id = 1
UPDATE nothing SET a = 1
UPDATE items SET qty = -1 WHERE id = 1
DELETE FROM nothing
DELETE FROM people WHERE nope = 1
DELETE FROM people WHERE id = 1
CREATE TABLE people (id int)
CREATE TABLE t2 (a int, a int)
CREATE TABLE t3 (a nosuchtype)
CREATE VIEW people AS SELECT 1
DROP TABLE nothing
DROP VIEW people
ALTER TABLE people ADD COLUMN name text
ALTER TABLE people DROP COLUMN nope
ALTER TABLE nothing ADD COLUMN a int
SET nosuchsetting = 1
SHOW nosuchsetting
SET DateStyle = 'foo'
SET TimeZone = 'Nowhere/City'
EXECUTE nope
FETCH 1 FROM nope
ROLLBACK TO SAVEPOINT nope
RELEASE SAVEPOINT nope
COPY nothing TO STDOUT
DEALLOCATE nope
EXPLAIN (nope) SELECT id FROM people
EXPLAIN (costs maybe) SELECT id FROM people
EXPLAIN (format nope) SELECT id FROM people
EXPLAIN (format) SELECT id FROM people
EXPLAIN (wal) SELECT id FROM people
EXPLAIN (timing) SELECT id FROM people
