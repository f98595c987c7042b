SELECT 1
SELECT 1, 'a', true, NULL
SELECT -1, +2, - 3
-- differs: types: smallest integer
SELECT 2147483647, 2147483648, -2147483648
SELECT 9223372036854775807
SELECT 9223372036854775808
SELECT 1.5, 0.1, 100.00, .5
-- differs: types, text: numeric
SELECT 1e3, 1.5e-5
SELECT 1::smallint, 2::bigint, 3::int2, 4::int8
-- differs: types: text types
SELECT 'a'::text AS t, 'b'::varchar AS v
SELECT 'it''s', E'a\nb', E'\x41'
SELECT $$dollar$$, $tag$quoted $$ text$tag$
-- differs: error: syntax
SELECT U&'\0061'
SELECT true, false, TRUE::boolean
SELECT 't'::boolean, 'f'::boolean, 'yes'::bool, 'off'::bool, '1'::bool
SELECT NULL::int, NULL::text, NULL::timestamp
SELECT 1 AS one, 2 two, 3 AS "Three"
SELECT 1 AS "select", 'x' AS "a b"
-- differs: types, text: text types
SELECT B'101'
SELECT '\xdeadBEEF'::bytea
SELECT 'abc'::bytea
SELECT 'a\\b'::bytea
SELECT ''::bytea
SELECT '6ECD8C99-4036-403d-bf84-cf8400f67836'::uuid
SELECT '{6ecd8c994036403dbf84cf8400f67836}'::uuid
SELECT DATE '2024-02-29', TIME '10:20:30', TIMESTAMP '2024-02-29 10:20:30.5'
SELECT timestamptz '2024-02-29 10:20:30+02'
SELECT interval '1 year 2 months 3 days 04:05:06.789'
SELECT CAST(1 AS text), CAST('5' AS integer)
SELECT 'x' 'y'
VALUES (1, 'a'), (2, 'b')
-- differs: text: scales
VALUES (1), (2.5)
SELECT * FROM (VALUES (1, 'a')) AS t (n, s)
-- differs: error: syntax
SELECT
TABLE people LIMIT 0
