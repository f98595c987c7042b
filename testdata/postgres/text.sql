-- differs: types: types of literals
SELECT 'a' || 'b', 'a' || 1, 1 || 'a', 'a' || NULL
-- differs: text: types of literals
SELECT concat('a', NULL, 1, true), concat_ws(',', 'a', NULL, 'b')
SELECT length('abc'), char_length('äb'), octet_length('äb'), bit_length('a')
SELECT length(''), length(NULL::text)
SELECT upper('äb'), lower('ÄB'), initcap('hello wORLD foo-bar')
SELECT substring('abcdef', 2, 3), substring('abcdef' FROM 3), substr('abcdef', 2)
SELECT substring('abcdef', 0, 3), substring('abcdef', -1, 4), substr('abc', 2, 0)
SELECT substring('abc', 2, -1)
SELECT substring('foobar' FROM 'o.b'), substring('foobar' FROM 'o(.)b')
-- differs: error: syntax
SELECT substring('foobar' SIMILAR '%#"o_b#"%' ESCAPE '#')
SELECT left('abcde', 2), right('abcde', 2), left('abcde', -2), right('abcde', -2)
SELECT position('c' IN 'abc'), strpos('abc', 'z'), position('' IN 'abc')
SELECT replace('abcabc', 'b', 'X'), translate('12345', '143', 'ax')
SELECT repeat('ab', 3), repeat('a', 0), repeat('a', -1), reverse('abc')
SELECT lpad('hi', 5), lpad('hi', 5, 'xy'), lpad('hello', 2), rpad('hi', 5, 'x'), rpad('hi', 4)
SELECT trim('  a '), ltrim('xxa', 'x'), rtrim('axx', 'x'), btrim('xxaxx', 'x'), ltrim('  a')
SELECT trim(both 'xy' FROM 'xyaxy')
SELECT split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), split_part('a,b', ',', 5)
-- differs: error: functions
SELECT split_part('a,b', ',', 0)
SELECT overlay('abcdef' PLACING 'XX' FROM 3 FOR 2), overlay('abcdef' PLACING 'X' FROM 2)
SELECT ascii('a'), chr(65), ascii('ä'), chr(8364)
SELECT md5('abc'), md5('')
-- differs: error: functions
SELECT encode('abc'::bytea, 'hex'), encode('abc'::bytea, 'base64'), encode('a\001'::bytea, 'escape')
SELECT decode('616263', 'hex'), decode('YWJj', 'base64')
SELECT convert_from('abc'::bytea, 'UTF8'), convert_to('abc', 'UTF8')
SELECT sha256('abc'::bytea)
SELECT quote_ident('abc'), quote_ident('A b'), quote_ident('select'), quote_literal('it''s'), quote_literal(5), quote_nullable(NULL)
-- differs: types: types of literals
SELECT quote_literal(NULL), quote_literal(E'a\\b')
SELECT format('Hello %s, %s', 'World', 1), format('%I = %L', 'a b', 'it''s'), format('%%'), format('%2$s %1$s', 'a', 'b')
SELECT format('|%10s|', 'foo'), format('|%-10s|', 'foo'), format('%s', NULL), format('%L', NULL)
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' NOT LIKE 'x%', 'ABC' ILIKE 'a%'
SELECT 'a%b' LIKE 'a\%b', 'a%b' LIKE 'a!%b' ESCAPE '!', 'axb' LIKE 'a\%b'
SELECT 'abc' ~ 'b', 'abc' ~* 'B', 'abc' !~ 'b', 'abc' !~* 'x', 'abc' ~ '^b'
SELECT 'abc' SIMILAR TO '%(b|d)%', 'abc' SIMILAR TO '(b|c)%', 'abc' NOT SIMILAR TO 'a'
SELECT 'abc' ~~ 'a%', 'abc' !~~ 'b', 'ABC' ~~* 'abc'
SELECT regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b..', 'X', 'g'), regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g')
SELECT regexp_replace('Hello', 'h', 'J', 'i'), regexp_replace('abc', '(b)', '[\&]')
SELECT regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('abc', 'x'), regexp_match('abc', 'b')
-- differs: error: regexp_matches
SELECT regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g')
-- differs: types, text: regexp_matches
SELECT regexp_matches('foobar', 'o')
-- differs: text: functions
SELECT regexp_split_to_array('a b  c', '\s+'), string_to_array('a,b,,c', ','), string_to_array('a,b', NULL)
SELECT regexp_split_to_table('a b c', ' ')
-- differs: text: functions
SELECT string_to_array('1,2,NULL', ',', 'NULL'), string_to_array('', ','), string_to_array('abc', '')
SELECT string_to_table('a,b', ',')
SELECT array_to_string(ARRAY['a', NULL, 'b'], ','), array_to_string(ARRAY['a', NULL], ',', '*'), array_to_string(ARRAY[1,2], '-')
-- differs: error: functions
SELECT regexp_count('abcabc', 'b'), regexp_like('abc', 'B', 'i'), regexp_substr('abcabc', 'b.'), regexp_instr('abc', 'c')
SELECT starts_with('abc', 'ab'), 'abc' ^@ 'ab'
SELECT to_char(DATE '2024-02-03', 'YYYY-MM-DD'), to_char(TIMESTAMP '2024-02-03 14:05:06.789', 'HH24:MI:SS.MS')
SELECT to_char(TIMESTAMP '2024-02-03 14:05:06.789', 'HH12:MI AM'), to_char(TIMESTAMP '2024-02-03 04:05:06', 'HH:MI:SS pm')
SELECT to_char(DATE '2024-02-03', 'Mon DD, YYYY'), to_char(DATE '2024-02-03', 'Month'), to_char(DATE '2024-02-03', 'FMMonth FMDD')
SELECT to_char(DATE '2024-02-03', 'Day'), to_char(DATE '2024-02-03', 'Dy'), to_char(DATE '2024-02-03', 'D'), to_char(DATE '2024-02-03', 'DDD'), to_char(DATE '2024-02-03', 'IYYY-IW')
SELECT to_char(DATE '2024-02-03', 'Q'), to_char(DATE '2024-02-03', 'YY'), to_char(DATE '2024-02-03', 'WW'), to_char(DATE '2024-02-03', 'MON'), to_char(DATE '2024-02-03', 'month'), to_char(DATE '2024-02-03', '"Year" YYYY')
SELECT to_char(joined, 'YYYY-MM') FROM people ORDER BY id
SELECT to_char(125, '999'), to_char(125.8, '999D9'), to_char(-125.8, '999.99'), to_char(1234567, '9,999,999'), to_char(5, '009')
-- differs: error: functions
SELECT to_char(1234.5, 'FM9999.00'), to_char(0.5, '0.99'), to_char(12, 'FM999'), to_char(485, 'RN'), to_char(1234.5678, 'FM999,999.00')
SELECT to_char(interval '15h 2m 12s', 'HH24:MI:SS')
SELECT to_number('1,234.5', '9,999.9'), to_number('-12', '99')
SELECT to_date('05 Dec 2000', 'DD Mon YYYY'), to_date('20240131', 'YYYYMMDD'), to_date('2024-01-31', 'YYYY-MM-DD')
SELECT to_timestamp('2024-01-31 10:20:30', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp(0), to_timestamp(1284352323.5)
SELECT to_timestamp('31/01/2024', 'DD/MM/YYYY')
-- differs: error: functions
SELECT to_date('2024-13-01', 'YYYY-MM-DD')
SELECT to_date('abc', 'YYYY-MM-DD')
SELECT 'a' < 'B', 'a' = 'a ', 'abc' > 'abd'
SELECT name FROM people ORDER BY name
SELECT name FROM people WHERE name > 'a' ORDER BY 1
SELECT name FROM people WHERE upper(name) = 'BOB'
SELECT string_agg(name, ',' ORDER BY name DESC) FROM people
SELECT string_agg(DISTINCT age::text, '-' ORDER BY age::text) FROM people
-- differs: types, text: text types
SELECT 'abc'::char(5), 'abc'::varchar(2), 'abcdef'::char(3) || '|'
SELECT label::char(5) || '|' FROM items WHERE id = 1
-- differs: names, types: text types
SELECT 'a'::"char"
-- differs: types: text types
SELECT 'abc'::name
SELECT 'abc' COLLATE "C"
-- differs: error: functions
SELECT normalize('a'), unistr('\0061')
-- differs: error: functions
SELECT parse_ident('a.b')
-- differs: error: functions
SELECT to_ascii('abc')
SELECT 'a' IN ('a', 'b'), 'c' NOT IN ('a'), NULL IN (1)
SELECT 'abc' = ANY ('{abc,def}'), 'abc' = ANY (ARRAY['abc'])
-- differs: error: syntax
SELECT name LIKE ANY (ARRAY['A%', 'b%']) FROM people ORDER BY id
SELECT strpos(name, 'o') FROM people ORDER BY id
SELECT length(name), octet_length(name) FROM people ORDER BY id
SELECT lower(name) AS l, count(*) FROM people GROUP BY 1 ORDER BY 1
-- differs: error: functions
SELECT pg_column_size(1)
SELECT max(name), min(name) FROM people
SELECT left(name, 1) || '.' FROM people ORDER BY id
SELECT concat(name, ' ', age) FROM people ORDER BY id
SELECT true::text, 1.50::text, DATE '2024-01-01'::text, 1::text
