SELECT 7 / 2, -7 / 2, 7 % 3, -7 % 3
-- differs: types, text: numeric
SELECT 7 / 2.0, 7.0 / 2
SELECT 7::float8 / 2
SELECT 1 / 0
SELECT 1 % 0
SELECT 1.0 / 0
SELECT 1::float8 / 0
SELECT age / 0 FROM people WHERE id = 1
SELECT age / (id - 1) FROM people WHERE id = 1
SELECT NULL::int / 0
SELECT id / nullif(id - 1, 0) FROM people ORDER BY id
SELECT sum(age) / count(*) FROM people
SELECT mod(7, 3), mod(-7, 3)
SELECT div(7, 2), div(-7, 2)
SELECT mod(7, 0)
-- differs: types, text: numeric
SELECT 2 ^ 10, 2 ^ 0.5
-- differs: error: syntax
SELECT 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 16 >> 2
SELECT |/ 16, ||/ 27, @ -5
SELECT abs(-5), abs(-5.5), abs(-5::float8)
SELECT round(2.5), round(3.5), round(-2.5)
SELECT round(2.5::float8), round(3.5::float8)
-- differs: types: numeric
SELECT round(1.2345, 2), round(1.5, 0), round(155, -1)
SELECT round(avg(score)::numeric, 2) FROM people
SELECT round(balance) FROM people WHERE id = 1
SELECT ceil(1.2), ceiling(-1.2), floor(1.8), floor(-1.8)
SELECT ceil(1.2::float8), floor(1.8::float8)
SELECT trunc(1.99), trunc(-1.99), trunc(1.999, 2)
-- differs: types, text: numeric
SELECT sqrt(2), sqrt(2::numeric)
SELECT sqrt(-1::float8)
SELECT ln(0)
SELECT ln(-1)
SELECT exp(1::float8), ln(2::float8), log(100::float8)
SELECT power(2, 3), power(2::float8, 0.5)
SELECT pi(), degrees(pi()), radians(180::float8)
SELECT sin(0), cos(0), tan(0), atan2(1, 1)
-- differs: types: numeric
SELECT sign(-5), sign(5.5), sign(0::float8)
SELECT gcd(12, 18), lcm(4, 6)
SELECT factorial(5)
SELECT 1.10 + 2.20, 1.5 * 2.25, 10.00 - 0.1
SELECT 1::numeric, 1.50::numeric, '1.23456'::numeric
SELECT 1.23456::numeric(5,2), '12.5'::numeric(10,3)
SELECT 12345.678::numeric(4,2)
SELECT id::numeric FROM people WHERE id = 1
SELECT score::numeric FROM people WHERE id = 2
SELECT 0.1::float8 + 0.2::float8
SELECT 0.1::real, 1e10::real, 16777217::real
SELECT 1e20::float8, 1e15::float8, 1e16::float8, 123456789012345678::float8
SELECT 1e-4::float8, 1e-5::float8, 1.0::float8, -0.0::float8
SELECT 'NaN'::float8, 'Infinity'::float8, '-Infinity'::float8, 'inf'::float8
SELECT 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 1
-- differs: error: numeric
SELECT 'NaN'::numeric
SELECT 3.7::int, 2.5::int, 3.5::int, -2.5::int
SELECT 2.5::float8::int, 3.5::float8::int
SELECT '42'::int, ' 42 '::int, '-1'::smallint
SELECT 'abc'::int
SELECT ''::int
-- differs: error: types of literals
SELECT '1.5'::int
SELECT '99999999999'::int
SELECT 99999999999::int
SELECT 40000::smallint
SELECT 2147483647 + 1
SELECT 9223372036854775807 + 1
SELECT 32767::smallint + 1::smallint
SELECT 2000000000 * 2
SELECT 'x'::float8
-- differs: error: float range
SELECT 1e400::float8
-- differs: error: float range
SELECT '1e400'::float8
SELECT 'abc'::numeric
SELECT sum(age), sum(qty), sum(big), sum(price), sum(score), sum(balance) FROM people LEFT JOIN items ON owner = people.id
SELECT sum(id) FROM people
SELECT sum(big) FROM items
-- differs: types, text: numeric
SELECT avg(age) FROM people
SELECT avg(score) FROM people
-- differs: types, text: numeric
SELECT avg(balance) FROM people
SELECT sum(balance), max(balance) FROM people
SELECT sum(price) FROM items
-- differs: types, text: numeric
SELECT stddev(age), variance(age), stddev_pop(score) FROM people
-- differs: text: last digits
SELECT var_pop(score), var_samp(score), stddev_samp(score) FROM people
-- differs: text: last digits
SELECT corr(score, age), covar_pop(score, age), regr_slope(score, age) FROM people
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age), percentile_disc(0.5) WITHIN GROUP (ORDER BY age) FROM people
SELECT mode() WITHIN GROUP (ORDER BY age) FROM people
SELECT count(*), count(age), count(DISTINCT age) FROM people
SELECT bool_and(active), bool_or(active), every(active) FROM people
SELECT bit_and(qty), bit_or(qty) FROM items
SELECT width_bucket(5.35, 0.024, 10.06, 5), width_bucket(35, ARRAY[10,20,30])
SELECT width_bucket(5::float8, 0, 10, 5), width_bucket(-1::float8, 0, 10, 5), width_bucket(11::float8, 0, 10, 5)
SELECT num_nonnulls(1, NULL, 'a'), num_nulls(1, NULL)
SELECT greatest(1, NULL, 3), least(NULL, 2, 1), greatest(NULL::int, NULL)
-- differs: text: scales
SELECT coalesce(NULL, 1, 2.5), coalesce(NULL::int, 5)
SELECT to_hex(255), to_hex(2147483647)
-- differs: error: functions
SELECT scale(1.50), numeric_inc(1)
-- differs: error: functions
SELECT min_scale(1.500), trim_scale(1.500)
-- differs: types, text: text types
SELECT 1::bit(3), 5::bit(8)
-- differs: error: syntax
SELECT 0x10
-- differs: error: syntax
SELECT 1_000
SELECT 5 = 5.0, 5 <> 4, 5 != 4, 1 < 2
-- differs: error: syntax
SELECT 10 NOT BETWEEN 1 AND 5, 3 BETWEEN SYMMETRIC 5 AND 1
SELECT 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL
SELECT true IS TRUE, NULL::boolean IS UNKNOWN, false IS NOT TRUE
SELECT 1::boolean, 0::boolean, true::int
-- differs: error: types of literals
SELECT 1.5::boolean
SELECT random() BETWEEN 0 AND 1
-- differs: types, text: pg_typeof
SELECT pg_typeof(1), pg_typeof('a'::text), pg_typeof(1.5), pg_typeof(now())
SELECT CAST(age AS text) FROM people ORDER BY id
SELECT cbrt(27::float8)
SELECT price, price::float8 FROM items ORDER BY id
SELECT score::text, 1.0::float8::text, 1e20::float8::text FROM people WHERE id = 1
SELECT (1/3.0)::numeric(10,4)
SELECT 100 * 1.0 / 3 > 33
SELECT 5.0 % 3, 5.5 % 2
SELECT id * 1.5, id + 0.5 FROM people WHERE id = 3
SELECT sum(age * 1.0) / 2 > 1 FROM people
