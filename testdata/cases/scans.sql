-- data: small

-- sequence
SELECT * FROM events LIMIT 20

-- sequence
SELECT id, color FROM flat WHERE amount > 990

-- sequence
SELECT id, amount FROM flat LIMIT 7 OFFSET 2998

-- runs as: two_phase
SELECT DISTINCT color FROM events ORDER BY color

-- runs as: two_phase
SELECT DISTINCT region, year FROM events ORDER BY region, year

-- runs as: two_phase
SELECT id, price FROM flat ORDER BY price DESC, id LIMIT 15

-- runs as: two_phase
SELECT id, price FROM flat ORDER BY price DESC LIMIT 15

-- runs as: two_phase
SELECT id, price FROM flat ORDER BY price NULLS FIRST, id DESC LIMIT 10 OFFSET 5

SELECT id, color, amount FROM flat WHERE id % 100 = 0 ORDER BY color DESC, amount, id

SELECT count(*) FROM events WHERE region = 'EU' AND year = 2023

SELECT count(*), min(id), max(id) FROM events

SELECT * FROM events WHERE region = 'nowhere'

SELECT id FROM events WHERE region IN ('EU', 'US') AND year <> 2023 AND NOT (amount > 10) ORDER BY id

SELECT region, year, id FROM events WHERE region IS NULL OR year BETWEEN 2024 AND 2030 ORDER BY id LIMIT 5

-- sequence
SELECT * FROM drift

SELECT count(color), sum(id) FROM drift

-- tolerance
SELECT color, count(*), sum(price) FROM sales_csv GROUP BY color ORDER BY color

-- sequence
SELECT * FROM sales_csv WHERE amount = 31

SELECT nested.x, nested.y[2] AS y, count(*) OVER () AS n FROM logs WHERE id < 20 ORDER BY id

SELECT sum(nested.x), count(DISTINCT color) FROM logs

SELECT id + 0.5 AS half, -id AS negative, color || '!' AS loud, upper(color) AS up, id::VARCHAR AS text FROM flat WHERE id < 40 ORDER BY id

SELECT 1 AS one, 'x' AS x, NULL AS nothing FROM flat WHERE id < 3

VALUES (1, 'a'), (2, NULL)
