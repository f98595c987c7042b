-- data: hits

-- runs as: two_phase
SELECT count(*) FROM hits WHERE search_engine_id <> 0

-- runs as: two_phase
SELECT sum(search_engine_id), count(*), avg(resolution_width) FROM hits

-- runs as: two_phase
SELECT avg(user_id), sum(user_id), avg(revenue), sum(revenue) FROM hits

-- runs as: two_phase
SELECT count(DISTINCT user_id) FROM hits

-- runs as: two_phase
SELECT count(DISTINCT search_phrase), count(DISTINCT url) FROM hits

-- runs as: two_phase
SELECT min(event_date), max(event_date), min(url), max(title), min(search_phrase) FROM hits

-- runs as: two_phase
SELECT search_engine_id, count(*) AS c FROM hits WHERE search_engine_id <> 0 GROUP BY search_engine_id ORDER BY c DESC

-- runs as: two_phase
SELECT region_id, count(DISTINCT user_id) AS u FROM hits GROUP BY region_id ORDER BY u DESC, region_id LIMIT 10

-- runs as: two_phase
SELECT region_id, sum(search_engine_id), count(*) AS c, avg(resolution_width), count(DISTINCT user_id) FROM hits GROUP BY region_id ORDER BY c DESC LIMIT 10

-- runs as: two_phase
SELECT mobile_phone_model, count(DISTINCT user_id) AS u FROM hits WHERE mobile_phone_model <> '' GROUP BY mobile_phone_model ORDER BY u DESC LIMIT 10

-- runs as: two_phase
SELECT search_phrase, count(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC LIMIT 10

-- runs as: two_phase
SELECT user_id, count(*) AS c FROM hits GROUP BY user_id ORDER BY c DESC LIMIT 10

-- runs as: two_phase
SELECT user_id, extract(minute FROM event_time) AS m, search_phrase, count(*) AS c FROM hits GROUP BY user_id, m, search_phrase ORDER BY c DESC LIMIT 10

-- runs as: two_phase
SELECT count(*) FROM hits WHERE url LIKE '%google%'

-- runs as: two_phase
SELECT search_phrase, min(url), min(title), count(*) AS c, count(DISTINCT user_id) FROM hits WHERE title LIKE '%1%' AND url NOT LIKE '%.google.%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC LIMIT 10

-- runs as: two_phase
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time LIMIT 10

-- runs as: two_phase
SELECT * FROM hits WHERE url LIKE '%google%' ORDER BY event_time, watch_id LIMIT 10

-- runs as: two_phase
SELECT counter_id, avg(length(url)) AS l, count(*) AS c FROM hits WHERE url <> '' GROUP BY counter_id HAVING count(*) > 1000 ORDER BY l DESC LIMIT 25

-- runs as: two_phase
SELECT regexp_replace(referer, '^https?://([^/]+)/.*$', '\1') AS k, avg(length(referer)) AS l, count(*) AS c, min(referer) FROM hits WHERE referer <> '' GROUP BY k HAVING count(*) > 100 ORDER BY l DESC, k LIMIT 25

-- runs as: two_phase
SELECT sum(resolution_width), sum(resolution_width + 1), sum(resolution_width + 2), sum(resolution_width + 3) FROM hits

-- runs as: two_phase
SELECT counter_id, event_date, count(*) FILTER (WHERE is_refresh = 1) AS refreshed, sum(revenue) FILTER (WHERE java_enable = 1) AS java, approx_count_distinct(user_id) FROM hits GROUP BY ALL ORDER BY ALL LIMIT 50

-- tolerance
-- runs as: two_phase
SELECT region_id, stddev(resolution_width), var_pop(score), avg(score), sum(score) FROM hits GROUP BY region_id ORDER BY region_id

-- runs as: two_phase
SELECT date_trunc('minute', event_time) AS m, count(*) AS page_views FROM hits WHERE counter_id = 62 AND event_date BETWEEN '2013-07-14' AND '2013-07-15' GROUP BY m ORDER BY m LIMIT 10 OFFSET 10
