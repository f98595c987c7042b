SELECT id, name, age, count(*) FROM people GROUP BY id ORDER BY id
SELECT p.id, p.name, count(i.id) AS n FROM people p LEFT JOIN items i ON i.owner = p.id GROUP BY p.id ORDER BY p.name
SELECT p.name, upper(p.name) || count(i.id) AS n FROM people p LEFT JOIN items i ON i.owner = p.id GROUP BY p.id HAVING p.age > 30 ORDER BY p.balance DESC
SELECT p.name, (SELECT max(i.qty) FROM items i WHERE i.owner = p.id AND i.qty >= p.age - 41), sum(p.score) FROM people p GROUP BY p.id ORDER BY 1
SELECT p.id, p.name FROM people p JOIN items i ON i.owner = p.id GROUP BY 1 ORDER BY 1
SELECT people.id, people.name, people.boss, count(*) OVER () FROM people GROUP BY people.id ORDER BY 1
SELECT i.id, i.qty, p.id, p.name FROM items i JOIN people p ON p.id = i.owner GROUP BY i.id, p.id ORDER BY i.id
SELECT count(*) FROM (SELECT p.id, p.name FROM people p GROUP BY p.id) x
WITH n AS (SELECT p.id, p.name, count(*) AS c FROM people p GROUP BY p.id) SELECT * FROM n ORDER BY id
SELECT i.id, p.name FROM items i JOIN people p ON p.id = i.owner GROUP BY i.id
SELECT name, age FROM people GROUP BY name
SELECT label, qty FROM items GROUP BY label
SELECT id, name FROM people GROUP BY GROUPING SETS ((id), ()) ORDER BY 1
WITH people AS (SELECT 1 AS id, 'x' AS name) SELECT id, name FROM people GROUP BY id
