-- data: hits
-- 43 queries as web analytics asks them: each must run distributed.

-- distributed
SELECT count(*) FROM hits

-- distributed
SELECT count(*) FROM hits WHERE ad_engine_id <> 0

-- distributed
SELECT sum(ad_engine_id) AS s, count(*) AS n, avg(resolution_width) AS w FROM hits

-- distributed
SELECT avg(user_id) AS mean FROM hits

-- distributed
SELECT count(DISTINCT user_id) AS users FROM hits

-- distributed
SELECT count(DISTINCT search_phrase) AS phrases FROM hits

-- distributed
SELECT min(event_date) AS first, max(event_date) AS last FROM hits

-- distributed
SELECT ad_engine_id, count(*) AS n FROM hits WHERE ad_engine_id <> 0 GROUP BY ad_engine_id ORDER BY n DESC

-- distributed
SELECT region_id, count(DISTINCT user_id) AS users FROM hits GROUP BY region_id ORDER BY users DESC LIMIT 10

-- distributed
SELECT region_id, sum(ad_engine_id) AS ads, count(*) AS n, avg(resolution_width) AS w, count(DISTINCT user_id) AS users FROM hits GROUP BY region_id ORDER BY n DESC LIMIT 10

-- distributed
SELECT mobile_phone_model, count(DISTINCT user_id) AS users FROM hits WHERE mobile_phone_model <> '' GROUP BY mobile_phone_model ORDER BY users DESC LIMIT 10

-- distributed
SELECT mobile_phone, mobile_phone_model, count(DISTINCT user_id) AS users FROM hits WHERE mobile_phone_model <> '' GROUP BY mobile_phone, mobile_phone_model ORDER BY users DESC LIMIT 10

-- distributed
SELECT search_phrase, count(*) AS n FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY n DESC LIMIT 10

-- distributed
SELECT search_phrase, count(DISTINCT user_id) AS users FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY users DESC, search_phrase LIMIT 10

-- distributed
SELECT search_engine_id, search_phrase, count(*) AS n FROM hits WHERE search_phrase <> '' GROUP BY search_engine_id, search_phrase ORDER BY n DESC, search_phrase, search_engine_id LIMIT 10

-- distributed
SELECT user_id, count(*) AS n FROM hits GROUP BY user_id ORDER BY n DESC, user_id LIMIT 10

-- distributed
SELECT user_id, search_phrase, count(*) AS n FROM hits GROUP BY user_id, search_phrase ORDER BY n DESC, user_id, search_phrase LIMIT 10

-- distributed
SELECT user_id, search_phrase, count(*) AS n FROM hits GROUP BY user_id, search_phrase LIMIT 10

-- distributed
SELECT user_id, extract(minute FROM event_time) AS minute, search_phrase, count(*) AS n FROM hits GROUP BY user_id, minute, search_phrase ORDER BY n DESC, user_id, minute, search_phrase LIMIT 10

-- distributed
SELECT user_id FROM hits WHERE user_id = (hash(17) >> 1)::BIGINT

-- distributed
SELECT count(*) FROM hits WHERE url LIKE '%google%'

-- distributed
SELECT search_phrase, min(url) AS url, count(*) AS n FROM hits WHERE url LIKE '%google%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY n DESC LIMIT 10

-- distributed
SELECT search_phrase, min(url) AS url, min(title) AS title, count(*) AS n, count(DISTINCT user_id) AS users FROM hits WHERE title LIKE '%Title 1%' AND url NOT LIKE '%.google.%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY n DESC LIMIT 10

-- distributed
SELECT * FROM hits WHERE url LIKE '%google%' ORDER BY event_time, watch_id LIMIT 10

-- distributed
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time LIMIT 10

-- distributed
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY search_phrase LIMIT 10

-- distributed
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time, search_phrase LIMIT 10

-- distributed
SELECT counter_id, avg(length(url)) AS mean, count(*) AS n FROM hits WHERE url <> '' GROUP BY counter_id HAVING count(*) > 1000 ORDER BY mean DESC LIMIT 25

-- distributed
SELECT regexp_replace(referer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') AS site, avg(length(referer)) AS mean, count(*) AS n, min(referer) AS least FROM hits WHERE referer <> '' GROUP BY site HAVING count(*) > 100 ORDER BY mean DESC LIMIT 25

-- distributed
SELECT sum(resolution_width), sum(resolution_width + 1), sum(resolution_width + 2), sum(resolution_width + 3), sum(resolution_width + 4), sum(resolution_width + 5), sum(resolution_width + 6), sum(resolution_width + 7), sum(resolution_width + 8), sum(resolution_width + 9), sum(resolution_width + 10), sum(resolution_width + 11), sum(resolution_width + 12), sum(resolution_width + 13), sum(resolution_width + 14), sum(resolution_width + 15), sum(resolution_width + 16), sum(resolution_width + 17), sum(resolution_width + 18), sum(resolution_width + 19), sum(resolution_width + 20), sum(resolution_width + 21), sum(resolution_width + 22), sum(resolution_width + 23), sum(resolution_width + 24), sum(resolution_width + 25), sum(resolution_width + 26), sum(resolution_width + 27), sum(resolution_width + 28), sum(resolution_width + 29), sum(resolution_width + 30), sum(resolution_width + 31), sum(resolution_width + 32), sum(resolution_width + 33), sum(resolution_width + 34), sum(resolution_width + 35), sum(resolution_width + 36), sum(resolution_width + 37), sum(resolution_width + 38), sum(resolution_width + 39), sum(resolution_width + 40), sum(resolution_width + 41), sum(resolution_width + 42), sum(resolution_width + 43), sum(resolution_width + 44), sum(resolution_width + 45), sum(resolution_width + 46), sum(resolution_width + 47), sum(resolution_width + 48), sum(resolution_width + 49), sum(resolution_width + 50), sum(resolution_width + 51), sum(resolution_width + 52), sum(resolution_width + 53), sum(resolution_width + 54), sum(resolution_width + 55), sum(resolution_width + 56), sum(resolution_width + 57), sum(resolution_width + 58), sum(resolution_width + 59), sum(resolution_width + 60), sum(resolution_width + 61), sum(resolution_width + 62), sum(resolution_width + 63), sum(resolution_width + 64), sum(resolution_width + 65), sum(resolution_width + 66), sum(resolution_width + 67), sum(resolution_width + 68), sum(resolution_width + 69), sum(resolution_width + 70), sum(resolution_width + 71), sum(resolution_width + 72), sum(resolution_width + 73), sum(resolution_width + 74), sum(resolution_width + 75), sum(resolution_width + 76), sum(resolution_width + 77), sum(resolution_width + 78), sum(resolution_width + 79), sum(resolution_width + 80), sum(resolution_width + 81), sum(resolution_width + 82), sum(resolution_width + 83), sum(resolution_width + 84), sum(resolution_width + 85), sum(resolution_width + 86), sum(resolution_width + 87), sum(resolution_width + 88), sum(resolution_width + 89) FROM hits

-- distributed
SELECT search_engine_id, client_ip, count(*) AS n, sum(is_refresh) AS r, avg(resolution_width) AS w FROM hits WHERE search_phrase <> '' GROUP BY search_engine_id, client_ip ORDER BY n DESC LIMIT 10

-- distributed
SELECT watch_id, client_ip, count(*) AS n, sum(is_refresh) AS r, avg(resolution_width) AS w FROM hits WHERE search_phrase <> '' GROUP BY watch_id, client_ip ORDER BY n DESC, watch_id LIMIT 10

-- distributed
SELECT watch_id, client_ip, count(*) AS n, sum(is_refresh) AS r, avg(resolution_width) AS w FROM hits GROUP BY watch_id, client_ip ORDER BY n DESC, watch_id LIMIT 10

-- distributed
SELECT url, count(*) AS n FROM hits GROUP BY url ORDER BY n DESC, url LIMIT 10

-- distributed
SELECT 1 AS one, url, count(*) AS n FROM hits GROUP BY one, url ORDER BY n DESC, url LIMIT 10

-- distributed
SELECT client_ip, client_ip - 1 AS a, client_ip - 2 AS b, client_ip - 3 AS c, count(*) AS n FROM hits WHERE client_ip > -2147483640 GROUP BY client_ip, a, b, c ORDER BY n DESC, client_ip LIMIT 10

-- distributed
SELECT url, count(*) AS views FROM hits WHERE counter_id = 62 AND event_date >= '2013-07-01' AND event_date <= '2013-07-31' AND uncounted = 0 AND is_refresh = 0 AND url <> '' GROUP BY url ORDER BY views DESC LIMIT 10

-- distributed
SELECT title, count(*) AS views FROM hits WHERE counter_id = 62 AND event_date >= '2013-07-01' AND event_date <= '2013-07-31' AND uncounted = 0 AND is_refresh = 0 AND title <> '' GROUP BY title ORDER BY views DESC LIMIT 10

-- distributed
SELECT url, count(*) AS views FROM hits WHERE counter_id = 0 AND event_date >= '2013-07-01' AND event_date <= '2013-07-31' AND is_refresh = 0 AND is_link <> 0 AND is_download = 0 GROUP BY url ORDER BY views DESC LIMIT 10 OFFSET 1000

-- distributed
SELECT traffic_source_id, search_engine_id, ad_engine_id, CASE WHEN search_engine_id = 0 AND ad_engine_id = 0 THEN referer ELSE '' END AS source, url AS target, count(*) AS views FROM hits WHERE counter_id = 0 AND event_date >= '2013-07-01' AND event_date <= '2013-07-31' AND is_refresh = 0 GROUP BY ALL ORDER BY views DESC LIMIT 10 OFFSET 1000

-- distributed
SELECT url_hash, event_date, count(*) AS views FROM hits WHERE counter_id = 0 AND event_date >= '2013-07-01' AND event_date <= '2013-07-31' AND is_refresh = 0 AND traffic_source_id IN (-1, 6) AND referer_hash <> 0 GROUP BY url_hash, event_date ORDER BY views DESC LIMIT 10 OFFSET 100

-- distributed
SELECT window_width, window_height, count(*) AS views FROM hits WHERE counter_id = 0 AND event_date >= '2013-07-01' AND event_date <= '2013-07-31' AND is_refresh = 0 AND uncounted = 0 AND url_hash >= 0 GROUP BY window_width, window_height ORDER BY views DESC LIMIT 10 OFFSET 1000

-- distributed
SELECT date_trunc('minute', event_time) AS minute, count(*) AS views FROM hits WHERE counter_id = 0 AND event_date >= '2013-07-14' AND event_date <= '2013-07-15' AND is_refresh = 0 AND uncounted = 0 GROUP BY minute ORDER BY minute LIMIT 10 OFFSET 100
