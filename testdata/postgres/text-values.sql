-- Text that becomes arrays, bytea and booleans: in VALUES, from columns, in rows that are shorter than the table.
SELECT p::text[], q::int[] FROM (VALUES ('{a,"b c",NULL,"x\"y\\z","",{}}'::text, '{1, NULL ,3}'::text)) AS v(p, q) WHERE false
SELECT p::text[], q::int[] FROM (VALUES ('{a,"b c",NULL,"x\"y\\z",""}', '{1, NULL ,3}'), ('{}', '{}'), (NULL, NULL)) AS v(p, q)
SELECT p::bytea FROM (VALUES ('\x00ff'), ('plain'), (NULL)) AS v(p)
SELECT tags::text[] FROM people ORDER BY id
CREATE TABLE c (a text[], b int[], r bytea, o boolean, s text); INSERT INTO c VALUES ('{a,"b c",NULL}', '{1,2}', '\x00ff', 'off', '{x}'); SELECT * FROM c
CREATE TABLE c (a text[], b int[], r bytea, o boolean, s text); INSERT INTO c (s, r, a) VALUES ('\x00', '\x00', '{}'), ('on', 'a\\b', '{"it''s"}'); SELECT * FROM c ORDER BY s
CREATE TABLE c (a text[], o boolean, n int DEFAULT 7); INSERT INTO c VALUES ('{a}'), ('{b}'); UPDATE c SET o = 'yes', a = '{x,y}' WHERE a = '{a}'::text[]; SELECT * FROM c ORDER BY 1
CREATE TABLE c (a text[], r bytea); INSERT INTO c (a, r) SELECT p::text[], q::bytea FROM (VALUES ('{z,"y x"}', '\x01', 0)) AS v(p, q, n) ORDER BY n RETURNING a, r
INSERT INTO items VALUES (10, 5) RETURNING id, qty, label
CREATE TABLE c (f float, g float[], h float DEFAULT 1.1); INSERT INTO c VALUES (0.1); ALTER TABLE c ADD COLUMN i float DEFAULT 0.3; SELECT f, h, i FROM c
