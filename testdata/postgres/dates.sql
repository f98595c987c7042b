SELECT DATE '2024-01-31' + 1, DATE '2024-01-31' - 1, 1 + DATE '2024-01-31'
SELECT DATE '2024-03-01' - DATE '2024-02-01'
SELECT born - DATE '1980-01-01' FROM people ORDER BY id
SELECT DATE '2024-01-31' + interval '1 month', DATE '2024-01-31' - interval '1 day'
SELECT TIMESTAMP '2024-01-31 10:00:00' + interval '1 month', TIMESTAMP '2024-03-31' - interval '1 month'
SELECT TIMESTAMP '2024-01-02 03:04:05' - TIMESTAMP '2023-12-31 00:00:00'
SELECT TIMESTAMP '2024-01-02' - DATE '2023-12-31'
SELECT timestamptz '2024-01-02 00:00:00+00' - timestamptz '2024-01-01 12:00:00+00'
SELECT DATE '2024-01-31' + TIME '10:00'
-- differs: error: intervals
SELECT TIME '10:00' + interval '90 minutes', TIME '01:00' - TIME '02:30'
SELECT interval '1 day' + interval '2 hours', interval '1 day' * 3, interval '1 hour' / 2, - interval '1 day'
SELECT interval '1 month' * 1.5, 2 * interval '1 day', 1.5 * interval '1 hour'
SELECT interval '1 day' = interval '24 hours', interval '1 month' > interval '29 days'
SELECT interval '1 year', interval '1 month', interval '1 day', interval '1 second', interval '0'
-- differs: error: intervals
SELECT interval '-1 day', interval '1 year -1 day', interval '-1 month +5 days -03:04:05'
SELECT interval '14 months', interval '40 days', interval '100 hours', interval '1.5 seconds', interval '90 minutes'
-- differs: error: intervals
SELECT interval 'P1Y2M3DT4H5M6S', interval '1-2', interval '3 4:05:06'
SELECT interval '1.5 days', interval '1.5 months', interval '2 weeks', interval '1 decade'
-- differs: error: intervals
SELECT interval '1' YEAR, interval '2' MONTH, interval '3' HOUR, interval '1-2' YEAR TO MONTH
SELECT interval '1 day ago', interval '@ 1 hour'
SELECT make_interval(1, 2, 0, 3), make_interval(days => 10)
SELECT make_date(2024, 2, 29), make_time(10, 20, 30.5), make_timestamp(2024, 2, 29, 10, 20, 30.5)
SELECT make_date(2023, 2, 29)
SELECT extract(year FROM DATE '2024-05-06'), extract(month FROM DATE '2024-05-06'), extract(day FROM DATE '2024-05-06')
SELECT extract(hour FROM TIMESTAMP '2024-05-06 07:08:09.5'), extract(minute FROM TIMESTAMP '2024-05-06 07:08:09.5'), extract(second FROM TIMESTAMP '2024-05-06 07:08:09.5')
SELECT extract(dow FROM DATE '2024-05-05'), extract(isodow FROM DATE '2024-05-05'), extract(doy FROM DATE '2024-05-05'), extract(week FROM DATE '2024-12-30'), extract(isoyear FROM DATE '2024-12-30')
SELECT extract(quarter FROM DATE '2024-05-05'), extract(century FROM DATE '2024-05-05'), extract(decade FROM DATE '2024-05-05'), extract(millennium FROM DATE '2024-05-05')
SELECT extract(epoch FROM TIMESTAMP '2024-01-01 00:00:00.5'), extract(epoch FROM interval '1 day 1 second'), extract(epoch FROM DATE '2024-01-01')
SELECT extract(milliseconds FROM TIMESTAMP '2024-01-01 00:00:01.5'), extract(microseconds FROM TIME '00:00:01.5')
SELECT extract(day FROM interval '40 days 1 hour'), extract(hour FROM interval '1 day 25 hours'), extract(month FROM interval '14 months')
SELECT extract(julian FROM DATE '2024-01-01')
SELECT extract(timezone FROM timestamptz '2024-01-01 00:00:00+00')
SELECT extract(foo FROM DATE '2024-01-01')
SELECT date_part('year', joined), date_part('second', joined) FROM people ORDER BY id
SELECT date_part('dow', DATE '2024-05-05'), date_part('epoch', TIMESTAMP '2024-01-01')
SELECT date_trunc('month', TIMESTAMP '2024-05-06 07:08:09'), date_trunc('week', TIMESTAMP '2024-05-06 07:08:09'), date_trunc('hour', TIMESTAMP '2024-05-06 07:08:09')
SELECT date_trunc('month', DATE '2024-05-06')
SELECT date_trunc('day', timestamptz '2024-05-06 07:08:09+00')
SELECT date_trunc('hour', interval '1 day 02:03:04')
SELECT date_trunc('month', born) FROM people ORDER BY id
SELECT date_trunc('month', joined), count(*) FROM people GROUP BY 1 ORDER BY 1
SELECT date_trunc('quarter', TIMESTAMP '2024-05-06'), date_trunc('year', TIMESTAMP '2024-05-06'), date_trunc('decade', TIMESTAMP '2024-05-06')
SELECT date_trunc('foo', TIMESTAMP '2024-05-06')
SELECT date_bin('15 minutes', TIMESTAMP '2024-01-01 10:22:00', TIMESTAMP '2024-01-01')
SELECT age(TIMESTAMP '2024-04-10', TIMESTAMP '1957-06-13'), age(DATE '2024-03-31', DATE '2024-02-29')
SELECT age(TIMESTAMP '2024-01-01 10:00', TIMESTAMP '2024-01-02 12:00')
-- differs: error: intervals
SELECT justify_days(interval '35 days'), justify_hours(interval '27 hours'), justify_interval(interval '1 mon -1 hour')
SELECT isfinite(DATE '2024-01-01'), isfinite(TIMESTAMP 'infinity')
SELECT DATE 'infinity', TIMESTAMP '-infinity', timestamptz 'infinity'
-- differs: error: dates
SELECT DATE '0044-03-15 BC', TIMESTAMP '0001-01-01 00:00:00 BC'
SELECT DATE '10000-01-01', DATE '0001-01-01', TIMESTAMP '12345-06-07 08:09:10'
-- differs: error: dates
SELECT DATE '2024-1-5', DATE '20240105', DATE 'Jan 5, 2024', DATE '5-Jan-2024', DATE '1/5/2024'
SELECT DATE '2024-02-30'
SELECT DATE 'foo'
SELECT '2024-13-01'::date
SELECT '2024-01-01 25:00:00'::timestamp
SELECT 'x'::timestamp
SELECT 'x'::interval
SELECT '25:00'::time
-- differs: text: dates
SELECT TIMESTAMP '2024-01-01 10:00:00.123456789', TIMESTAMP '2024-01-01 10:00', TIMESTAMP '2024-01-01T10:00:00'
SELECT TIMESTAMP '2024-01-01 10:00:00'::date, DATE '2024-01-01'::timestamp, TIMESTAMP '2024-01-01 10:20:30'::time
-- differs: error: dates
SELECT TIMESTAMP '2024-01-01 10:00:00.6'::timestamp(0), TIME '10:00:00.6'::time(0)
SELECT timestamptz '2024-01-01 12:00:00+05', timestamptz '2024-01-01 12:00:00 UTC', timestamptz '2024-07-01 12:00:00 America/New_York'
SELECT TIMESTAMP '2024-01-01 12:00' AT TIME ZONE 'America/New_York', timestamptz '2024-01-01 12:00+00' AT TIME ZONE 'America/New_York'
SELECT made, made::date, made::timestamp, made::time FROM items ORDER BY id
-- with: TimeZone = 'America/New_York'
SELECT timestamptz '2024-01-01 12:00:00+00', timestamptz '2024-07-01 12:00:00', TIMESTAMP '2024-01-01 12:00'::timestamptz
SELECT made, made::date, date_trunc('day', made), extract(hour FROM made) FROM items ORDER BY id
SELECT date_trunc('month', DATE '2024-05-06')
SELECT DATE '2024-01-01'::timestamptz, timestamptz '2024-03-10 12:00' + interval '1 day'
-- differs: error: dates
SELECT to_timestamp(0), to_char(timestamptz '2024-01-01 12:00:00+00', 'YYYY-MM-DD HH24:MI:SS'), to_char(timestamptz '2024-01-01 12:00:00+00', 'HH24 TZ')
SELECT current_setting('TimeZone'), extract(timezone FROM timestamptz '2024-01-01 00:00:00+00')
-- differs: error: dates
SELECT timestamptz '0001-01-01 00:00:00+00 BC', timestamptz '1883-11-18 12:00:00'
SELECT TIMETZ '10:00:00', TIMETZ '10:00:00+05:30'
-- with: TimeZone = 'Asia/Kolkata'
SELECT timestamptz '2024-01-01 12:00:00+00', TIMESTAMP '2024-01-01'::timestamptz
-- with: DateStyle = 'SQL, DMY'
-- differs: text: dates
SELECT DATE '2024-12-31', TIMESTAMP '2024-12-31 10:20:30.5', timestamptz '2024-12-31 10:20:30+00'
-- with: DateStyle = 'SQL, MDY'
-- differs: text: dates
SELECT DATE '2024-12-31', TIMESTAMP '2024-12-31 10:20:30.5', timestamptz '2024-12-31 10:20:30+00'
-- with: DateStyle = 'German'
-- differs: text: dates
SELECT DATE '2024-12-31', TIMESTAMP '2024-12-31 10:20:30.5', timestamptz '2024-12-31 10:20:30+00'
-- with: DateStyle = 'Postgres, MDY'
-- differs: text: dates
SELECT DATE '2024-12-31', TIMESTAMP '2024-12-31 10:20:30.5', timestamptz '2024-12-31 10:20:30+00', DATE '0044-03-15 BC'
-- with: DateStyle = 'ISO, DMY'
-- differs: error: dates
SELECT DATE '2024-12-31', '01/02/2024'::date
-- with: IntervalStyle = 'postgres_verbose'
SELECT interval '1 year 2 months 3 days 04:05:06.789', interval '-1 day', interval '0'
-- with: IntervalStyle = 'sql_standard'
SELECT interval '1 year 2 months', interval '3 days 04:05:06.789', interval '1 year 2 months 3 days 04:05:06', interval '-1 day', interval '0'
-- with: IntervalStyle = 'iso_8601'
SELECT interval '1 year 2 months 3 days 04:05:06.789', interval '-1 day', interval '0'
-- with: extra_float_digits = 0
SELECT 0.1::float8 + 0.2::float8, 1.1::real, 1e20::float8, 1.0::float8/3
-- with: extra_float_digits = -3
SELECT 1.0::float8/3, 0.1::real
-- with: bytea_output = 'escape'
SELECT '\x00616263ff5c'::bytea
-- with:
SELECT current_date = now()::date, current_timestamp = now(), localtime IS NOT NULL
SELECT now() - now(), now() > timestamptz '2020-01-01', current_date - 1 < current_date
SELECT now() - interval '1 day' < now(), age(now()) IS NULL
SELECT clock_timestamp() >= now(), statement_timestamp() <= clock_timestamp()
-- differs: types, text: pg_typeof
SELECT pg_typeof(now()), pg_typeof(current_date), pg_typeof(localtimestamp), pg_typeof(current_time)
-- differs: types, text: pg_typeof
SELECT pg_typeof(DATE '2024-01-01' - DATE '2023-01-01'), pg_typeof(extract(year FROM now())), pg_typeof(now() - now())
SELECT to_char(born, 'YYYY"-Q"Q') FROM people ORDER BY id
SELECT born::text, joined::text FROM people ORDER BY id
SELECT interval '1 month'::text, TIMESTAMP '2024-01-01'::text
-- differs: error: intervals
SELECT (DATE '2024-01-01', DATE '2024-02-01') OVERLAPS (DATE '2024-01-15', DATE '2024-03-01')
SELECT min(born), max(joined), max(born) - min(born) FROM people
-- differs: error: intervals
SELECT avg(joined - TIMESTAMP '2020-01-01') IS NOT NULL, sum(interval '1 day') FROM people
SELECT generate_series(DATE '2024-01-01', DATE '2024-01-03', interval '1 day')
SELECT d::date FROM generate_series(TIMESTAMP '2024-01-01', '2024-01-03', '1 day') AS d
SELECT generate_series::date FROM generate_series(DATE '2024-01-01', DATE '2024-01-02', '1 day')
SELECT * FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-01 02:00', interval '1 hour') AS t(h)
SELECT '2024-01-01 00:00:00 +00:00'::timestamptz, TIMESTAMPTZ '2024-01-01 10:30 +0530', '2024-01-01 10:00:00 Z'::timestamptz
SELECT '2024-01-01 10:30:00+05:00'::timestamp, TIMESTAMP '2024-01-01 10:30:00 -03'
SELECT id FROM items WHERE made > '2024-03-01 12:00:00 +02:00' ORDER BY id
SELECT id FROM items WHERE made BETWEEN '2024-03-01 13:00:00 +01' AND '2024-04-01 00:00 -05:00' ORDER BY id
SELECT id FROM items WHERE made IN ('2024-03-01 13:00:00 +01:00', '2024-03-31 23:30:00 Z') ORDER BY id
