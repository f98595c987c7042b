-- data: small

-- error: 42703
SELECT nope FROM flat

-- error: 42703
SELECT count(nope) FROM flat

-- error: 42703
SELECT f.nope FROM flat f

-- error: 42703
SELECT id FROM flat ORDER BY nope

-- error: 42703
SELECT id FROM flat WHERE nope = 1

-- error: 42703
SELECT amount, count(*) FROM flat GROUP BY nope

-- error: any
SELECT x.id FROM flat

-- error: any
SELECT flat.id FROM flat f

-- error: 42P01
SELECT * FROM nowhere

-- error: 42P01
SELECT count(*) FROM flat JOIN nowhere USING (id)

-- error: any
SELECT * FROM flat JOIN users USING (id)

-- error: any
SELECT user_id FROM flat JOIN users ON flat.user_id = users.user_id

-- error: 42803
SELECT color, sum(amount) FROM flat

-- error: 42803
SELECT color, id FROM flat GROUP BY color

-- error: 42803
SELECT sum(sum(amount)) FROM flat

-- error: 42803
SELECT id FROM flat WHERE sum(amount) > 1

-- error: any
SELECT row_number() OVER () FROM flat WHERE row_number() OVER () < 3

-- error: 42883
SELECT nofunction(id) FROM flat

-- error: 42883
SELECT sum(color) FROM flat

-- error: any
SELECT id + color FROM flat

-- error: any
SELECT * FROM flat ORDER BY 99

-- error: any
SELECT id FROM flat GROUP BY 99

-- error: any
SELECT id FROM flat UNION SELECT id, color FROM flat

-- error: any
SELECT id FROM flat WHERE id IN (SELECT id, color FROM flat)

-- error: 22P02
SELECT color::INTEGER FROM flat WHERE color IS NOT NULL

-- error: 22P02
SELECT count(*) FROM events WHERE color::INTEGER > 3 AND region = 'EU'

-- error: 22P02
SELECT count(*) FROM flat WHERE id = 'seven'

-- error: any
SELECT count(*) FROM flat WHERE day = 'yesterday-ish'

-- error: any
SELECT sum(amount::TINYINT) FROM flat

-- error: any
SELECT error('stop') FROM flat

-- error: any
SELECT count(*) FROM flat WHERE CASE WHEN id = 19999 THEN error('stop') ELSE 1 END = 1

-- error: any
SELECT max(id::UTINYINT) FROM events GROUP BY region ORDER BY 1

-- error: any
SELECT 9223372036854775807 + id FROM flat ORDER BY id LIMIT 3

-- error: any
SELECT repeat('x', -1 - id::INTEGER)::INTEGER FROM flat

-- error: any
SELECT sqrt(-1 - id) FROM flat

-- error: any
SELECT ln(id) FROM flat

-- error: 42703
SELECT id, count(*) FROM flat GROUP BY ROLLUP (id) HAVING nope > 1

-- error: any
SELECT unnest(id) FROM flat
