\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
SELECT count(*), count(DISTINCT region) FROM events;
CREATE TABLE psql_t (id INTEGER, s TEXT);
INSERT INTO psql_t VALUES (1, 'one'), (2, NULL) RETURNING id;
BEGIN;
DELETE FROM psql_t;
ROLLBACK;
SELECT * FROM psql_t ORDER BY id;
SELECT count(*) FROM (SELECT 1) t \gset
\echo :count
SELECT 'DROP TABLE psql_t' \gexec
SET TimeZone = 'Asia/Tokyo';
SELECT TIMESTAMPTZ '2024-05-01 00:00:00+00';
