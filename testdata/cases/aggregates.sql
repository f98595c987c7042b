-- data: small

-- runs as: two_phase
SELECT count(*), count(amount), count(DISTINCT color), sum(amount), min(day), max(color) FROM events

-- runs as: two_phase
SELECT avg(amount), avg(price), avg(big), sum(price), sum(big), sum(amount * price) FROM events

-- runs as: two_phase
SELECT user_id, count(*), sum(amount), avg(price), min(color), max(seen) FROM flat GROUP BY user_id ORDER BY user_id

-- runs as: two_phase
-- tolerance
SELECT region, stddev(amount), stddev_pop(price), variance(ratio), corr(amount, price), covar_pop(amount, ratio) FROM events GROUP BY region ORDER BY region

-- runs as: two_phase
-- tolerance
SELECT sum(ratio), avg(ratio), stddev_samp(ratio), skewness(ratio * ratio * ratio), kurtosis(ratio), regr_slope(ratio, id) FROM flat

-- runs as: two_phase
SELECT approx_count_distinct(user_id), approx_count_distinct(color), approx_count_distinct(big) FROM flat

-- runs as: two_phase
SELECT color, count(*) AS n FROM events GROUP BY color ORDER BY n DESC, color NULLS FIRST LIMIT 3

-- runs as: two_phase
SELECT color, count(*) FILTER (WHERE flag) AS flagged, sum(amount) FILTER (amount > 500) AS large FROM events GROUP BY color ORDER BY color

-- runs as: two_phase
SELECT user_id % 10 AS bucket, count(*) AS n FROM flat GROUP BY bucket HAVING sum(amount) > 900000 ORDER BY bucket

-- runs as: two_phase
SELECT bool_and(flag), bool_or(flag), bit_and(amount), bit_or(amount), bit_xor(user_id) FROM flat

-- runs as: two_phase
SELECT min(color), max(color), min(price), max(ratio), min(seen), max(flag) FROM flat WHERE color <> ''

-- runs as: two_phase
SELECT year, region, count(*) AS n, count(DISTINCT user_id) AS users FROM events GROUP BY ALL ORDER BY ALL

-- runs as: two_phase
SELECT day, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10

-- runs as: two_phase
SELECT count(*), sum(amount), avg(price), min(color), count(DISTINCT user_id) FROM events WHERE id < 0

SELECT user_id, count(*) FROM events WHERE id < 0 GROUP BY user_id

-- runs as: two_phase
SELECT region, year, count(*), sum(price), grouping(region), grouping(year) FROM events GROUP BY ROLLUP (region, year) ORDER BY ALL

-- runs as: two_phase
SELECT region, flag, count(*), avg(amount) FROM events GROUP BY CUBE (region, flag) ORDER BY ALL

-- runs as: two_phase
SELECT sum(DISTINCT amount), avg(DISTINCT amount), count(DISTINCT price) FROM flat

-- runs as: two_phase
SELECT sum(amount) / count(*) AS mean, 100.0 * count(*) FILTER (flag) / count(*) AS share, max(amount) - min(amount) FROM flat

SELECT median(amount), quantile_cont(price, 0.9), mode(region) FROM flat

SELECT user_id, median(price) FROM flat GROUP BY user_id ORDER BY user_id

SELECT string_agg(color, ',' ORDER BY id) FROM flat WHERE id < 50

SELECT user_id, list(id ORDER BY id) FROM flat WHERE user_id < 5 GROUP BY user_id ORDER BY user_id

SELECT arg_max(id, amount * 100000 + id), arg_min(color, id) FROM flat

-- runs as: two_phase
SELECT CASE WHEN amount > 500 THEN 'high' WHEN amount IS NULL THEN 'none' ELSE 'low' END AS class, count(*) FROM events GROUP BY 1 ORDER BY 1

-- runs as: two_phase
SELECT date_trunc('month', seen) AS month, sum(price) FROM events GROUP BY month ORDER BY month

SELECT any_value(region) FROM events WHERE region = 'EU'
