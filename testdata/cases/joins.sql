-- data: small

SELECT u.name, count(*) AS n, sum(e.amount) FROM events e JOIN users u ON e.user_id = u.user_id GROUP BY u.name ORDER BY n DESC, u.name LIMIT 10

SELECT t.title, count(*) FROM flat f JOIN users u USING (user_id) JOIN teams t ON u.team = t.team GROUP BY t.title ORDER BY t.title

SELECT t.title, count(u.user_id), count(*) FROM teams t LEFT JOIN users u ON u.team = t.team GROUP BY t.title ORDER BY t.title

SELECT f.id, u.team FROM flat f LEFT JOIN users u ON f.user_id = u.user_id AND u.team > 2 WHERE f.id < 100 ORDER BY f.id

SELECT t.team, u.user_id FROM users u RIGHT JOIN teams t ON u.team = t.team ORDER BY ALL

SELECT t.team, u.user_id FROM users u FULL JOIN teams t ON u.team = t.team AND u.user_id < 20 ORDER BY ALL

SELECT count(*) FROM flat a JOIN flat b ON a.id = b.id + 1 WHERE a.amount > b.amount

SELECT user_id FROM users WHERE user_id NOT IN (SELECT user_id FROM events WHERE amount > 990 AND region = 'US') ORDER BY user_id

SELECT user_id FROM users u WHERE NOT EXISTS (SELECT 1 FROM teams t WHERE t.team = u.team) ORDER BY user_id

SELECT team FROM teams WHERE team NOT IN (SELECT team FROM users)

SELECT name, (SELECT max(amount) FROM flat f WHERE f.user_id = u.user_id) AS most FROM users u ORDER BY name

WITH top AS (SELECT user_id, sum(price) AS total FROM flat GROUP BY user_id ORDER BY total DESC, user_id LIMIT 5)
SELECT u.name, top.total FROM top JOIN users u USING (user_id) ORDER BY top.total DESC, u.name

SELECT user_id, amount, row_number() OVER (PARTITION BY user_id ORDER BY amount DESC, id) AS place FROM flat QUALIFY place <= 2 ORDER BY user_id, place

SELECT user_id FROM users UNION SELECT team FROM teams ORDER BY 1

SELECT color FROM events EXCEPT SELECT color FROM flat WHERE id < 3

SELECT count(*) FROM events e, teams t WHERE e.id < 100 AND (t.team IS NULL OR t.team < 2)

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, count(f.id) FROM r LEFT JOIN flat f ON f.user_id = r.n GROUP BY n ORDER BY n

SELECT x.region, x.n FROM (SELECT region, count(*) AS n FROM events GROUP BY region) x WHERE x.n > 100 ORDER BY x.n

SELECT f.user_id, s.n FROM flat f, LATERAL (SELECT count(*) AS n FROM users u WHERE u.team = f.user_id % 5) s WHERE f.id < 10 ORDER BY f.id
