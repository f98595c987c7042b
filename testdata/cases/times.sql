-- data: odd

-- set: TimeZone = 'America/New_York'
SELECT odd.at, odd.at::DATE, odd.at::TIMESTAMP, date_trunc('day', odd.at), extract(hour FROM odd.at) FROM odd WHERE id % 50 = 0 ORDER BY id

-- set: TimeZone = 'Asia/Kolkata'
SELECT date_trunc('day', odd.at) AS d, count(*), min(odd.at), max(odd.at) FROM odd GROUP BY d ORDER BY d

-- set: TimeZone = 'Pacific/Apia'
SELECT odd.at::DATE AS d, count(*) FROM odd GROUP BY d ORDER BY d

-- set: TimeZone = 'Europe/Berlin'
SELECT date_trunc('hour', odd.at) AS h, count(*) FROM odd WHERE odd.at >= '2024-03-31 00:00:00' AND odd.at < '2024-03-31 06:00:00' GROUP BY h ORDER BY h

-- set: TimeZone = 'Europe/Berlin'
SELECT count(*) FROM odd WHERE odd.at = TIMESTAMP '2024-03-30 21:00:00'

-- set: TimeZone = 'Europe/Berlin'
SELECT count(*) FROM odd WHERE odd.at::DATE = '2024-03-31'

-- set: TimeZone = 'Asia/Tokyo'
SELECT strftime(odd.at, '%Y-%m-%d %H %Z') AS s, count(*) FROM odd GROUP BY s ORDER BY s LIMIT 5

-- set: TimeZone = 'Asia/Tokyo'
SELECT odd.at AT TIME ZONE 'UTC' AS u, odd.at AT TIME ZONE 'America/New_York' AS n FROM odd ORDER BY odd.at DESC LIMIT 3

-- set: TimeZone = 'Pacific/Kiritimati'
SELECT current_date = now()::DATE, today() = current_date, localtimestamp = now()::TIMESTAMP, count(*) FROM odd

-- set: TimeZone = 'Pacific/Kiritimati'
SELECT count(*) FROM odd WHERE day < current_date AND odd.at < now()

-- set: TimeZone = 'America/Los_Angeles'
SELECT day::TIMESTAMPTZ::VARCHAR AS t, count(*), max(odd.at - day::TIMESTAMPTZ) FROM odd GROUP BY t ORDER BY t

-- set: TimeZone = 'America/Los_Angeles'
SELECT odd.at::VARCHAR AS s FROM odd ORDER BY s LIMIT 4

-- set: TimeZone = 'America/Los_Angeles'
SELECT max(odd.at)::VARCHAR, min(odd.at::VARCHAR) FROM odd

SELECT clock, count(*) FROM odd GROUP BY clock ORDER BY clock DESC LIMIT 3

SELECT day + span AS t, count(*) FROM odd GROUP BY t ORDER BY t LIMIT 5

SELECT max(odd.at) - min(odd.at), max(day) - min(day), max(clock), sum(extract(epoch FROM clock)) FROM odd

SELECT date_diff('hour', min(odd.at), max(odd.at)), datediff('day', min(day), max(day)), age(max(odd.at), min(odd.at)) FROM odd

SELECT time_bucket(INTERVAL 6 HOURS, odd.at) AS b, count(*) FROM odd GROUP BY b ORDER BY b

-- A task alone fails here ("perfect hash aggregate"), one DuckDB over all files does not: the query runs once more, whole.
-- set: TimeZone = 'America/Los_Angeles'
SELECT day::TIMESTAMPTZ AS t, count(*) FROM odd GROUP BY t ORDER BY t
