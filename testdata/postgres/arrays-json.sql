-- differs: text: scales
SELECT ARRAY[1,2,3], ARRAY['a','b'], ARRAY[1.5,2], ARRAY[NULL, 1]
SELECT ARRAY['a b', 'c"d', 'e\f', '', 'NULL', NULL, '{x}', 'y,z']
SELECT '{1,2,3}'::int[], '{a,"b c",NULL}'::text[], '{}'::int[]
-- differs: types, text: arrays
SELECT '{{1,2},{3,4}}'::int[]
-- differs: types, text: arrays
SELECT ARRAY[[1,2],[3,4]]
SELECT ARRAY[]::int[], ARRAY[true,false], ARRAY[DATE '2024-01-01']
SELECT (ARRAY[1,2,3])[1], (ARRAY[1,2,3])[5], (ARRAY[1,2,3])[0]
SELECT (ARRAY[1,2,3,4])[2:3], (ARRAY[1,2,3])[2:], (ARRAY[1,2,3])[:2]
SELECT ARRAY[1,2] || 3, ARRAY[1,2] || ARRAY[3], 0 || ARRAY[1], ARRAY[1] || NULL
SELECT array_append(ARRAY[1], 2), array_prepend(0, ARRAY[1]), array_cat(ARRAY[1], ARRAY[2])
SELECT array_length(ARRAY[1,2,3], 1), array_length(ARRAY[]::int[], 1), array_length(ARRAY[1], 2), cardinality(ARRAY[1,2])
SELECT array_upper(ARRAY[1,2,3], 1), array_lower(ARRAY[1,2], 1), array_ndims(ARRAY[1]), array_dims(ARRAY[1,2])
SELECT array_position(ARRAY['a','b'], 'b'), array_position(ARRAY['a'], 'x'), array_positions(ARRAY[1,2,1], 1)
SELECT array_remove(ARRAY[1,2,1], 1), array_replace(ARRAY[1,2,1], 1, 9), array_fill(7, ARRAY[3])
SELECT 1 = ANY (ARRAY[1,2]), 3 = ALL (ARRAY[3,3]), 1 <> ALL (ARRAY[2,3]), 2 > ANY (ARRAY[1,5])
-- differs: text: arrays
SELECT 1 = ANY ('{1,2}'::int[]), NULL = ANY (ARRAY[1]), 1 = ANY (NULL::int[])
SELECT ARRAY[1,2] @> ARRAY[1], ARRAY[1] <@ ARRAY[1,2], ARRAY[1,2] && ARRAY[2,3]
SELECT ARRAY[1,2] = ARRAY[1,2], ARRAY[1,2] < ARRAY[1,3], ARRAY[1] <> ARRAY[2]
SELECT unnest(ARRAY[1,2]), unnest(ARRAY['a','b'])
SELECT * FROM unnest(ARRAY[1,2]) AS u
SELECT * FROM unnest(ARRAY[1,2], ARRAY['a','b']) AS t(n, s)
SELECT * FROM unnest(ARRAY['a','b']) WITH ORDINALITY AS t(v, n)
SELECT p.id, t FROM people p, unnest(p.tags) AS t ORDER BY 1, 2
SELECT array_agg(id), array_agg(name ORDER BY name) FROM people
SELECT array_agg(id) FROM people WHERE false
SELECT array_agg(age ORDER BY age NULLS FIRST) FROM people
-- differs: text: arrays
SELECT array_agg(DISTINCT age) FROM people WHERE age IS NOT NULL
SELECT ARRAY(SELECT id FROM people ORDER BY id)
SELECT tags, tags[1], array_length(tags, 1) FROM people ORDER BY id
SELECT id FROM people WHERE 'a' = ANY (tags)
SELECT id FROM people WHERE id = ANY (ARRAY[1,3]) ORDER BY id
SELECT id FROM people WHERE tags && ARRAY['c','x y'] ORDER BY id
SELECT ARRAY[1,2]::text, ARRAY[1,2]::text[], ARRAY['1','2']::int[]
-- differs: text: scales
SELECT array_to_json(ARRAY[1,2]), array_to_string(ARRAY[1.5,2], ',')
SELECT generate_subscripts(ARRAY['a','b'], 1)
SELECT generate_series(1, 3), generate_series(5, 1, -2)
SELECT * FROM generate_series(1, 3)
SELECT * FROM generate_series(1, 10, 4) AS g
SELECT g, g * 2 FROM generate_series(1, 2) g
SELECT g.n FROM generate_series(1, 2) AS g(n)
SELECT * FROM generate_series(1, 0)
SELECT generate_series(1, 2) AS n, 'x' AS x
SELECT count(*) FROM generate_series(1, 1000)
SELECT * FROM generate_series(1, 3, 0)
-- differs: types, text: records
SELECT ROW(1, 'a'), ROW(1, NULL, 'b c')
-- differs: types, text: records
SELECT (1, 'x')
SELECT ROW(1, 2) = ROW(1, 2), (1, 2) < (1, 3), (1, 'a') <> (2, 'a'), ROW(1, NULL) IS NULL
SELECT (1, 2) IN ((1, 2), (3, 4))
-- differs: types, text: records
SELECT people FROM people WHERE id = 1
-- differs: types: jsonb
SELECT '{"a": 1, "b": [1, 2]}'::json, '{"b": 1, "a":2, "a": 3}'::jsonb
-- differs: types: jsonb
SELECT '[1, 2]'::jsonb, '"x"'::jsonb, 'null'::jsonb, '1.50'::jsonb, 'true'::jsonb
-- differs: position: places of errors
SELECT '{"a"'::json
-- differs: text: json text
SELECT '{"a": {"b": 2}}'::json -> 'a', '{"a": {"b": 2}}'::json ->> 'a', '{"a": {"b": 2}}'::json -> 'a' ->> 'b'
SELECT '[10, 20]'::json -> 1, '[10, 20]'::json ->> 0, '[10,20]'::json -> 5
SELECT '{"a": {"b": [1,2]}}'::json #> '{a,b}', '{"a": {"b": [1,2]}}'::json #>> '{a,b,0}'
-- differs: types, text: jsonb
SELECT '{"a": {"b": [1,2]}}'::jsonb -> 'a', '{"a": {"b": [1,2]}}'::jsonb #>> '{a,b,1}'
SELECT ('{"a": 5}'::json ->> 'a')::int + 1
-- differs: types: jsonb
SELECT '{"a": "x"}'::jsonb ->> 'a', '{"a": null}'::jsonb ->> 'a', '{"a": null}'::jsonb -> 'a'
SELECT '{"a": 1, "b": 2}'::jsonb @> '{"a": 1}', '{"a": 1}'::jsonb <@ '{"a": 1, "b": 2}'
-- differs: error: jsonb
SELECT '{"a": 1}'::jsonb ? 'a', jsonb_exists('{"a": 1}'::jsonb, 'b')
-- differs: error: jsonb
SELECT '{"a": 1}'::jsonb || '{"b": 2}', '{"a": 1, "b": 2}'::jsonb - 'a'
SELECT '{"a": 1}'::jsonb = '{"a":1}'::jsonb
SELECT json_build_object('a', 1, 'b', 'x', 'c', NULL), json_build_array(1, 'a', NULL, true)
-- differs: types: jsonb
SELECT jsonb_build_object('a', 1, 'b', 'x'), jsonb_build_array(1, 'a', NULL)
-- differs: types: jsonb
SELECT to_json('a'::text), to_json(1), to_json(ARRAY[1,2]), to_jsonb('a"b'::text), to_jsonb(1.5)
SELECT row_to_json(t) FROM (SELECT 1 AS a, 'x' AS b) t
-- differs: types: jsonb
SELECT json_agg(id ORDER BY id), jsonb_agg(name ORDER BY id) FROM people
-- differs: text: json text
SELECT json_agg(t) FROM (SELECT id, name FROM people WHERE id < 3 ORDER BY id) t
SELECT json_object_agg(name, age ORDER BY id) FROM people WHERE id < 3
-- differs: types: jsonb
SELECT jsonb_object_agg(id, age) FROM people WHERE id < 3
SELECT json_array_length('[1,2,3]'), jsonb_array_length('[1,2]')
SELECT json_typeof('{"a":1}'), jsonb_typeof('[1]'), json_typeof('1'), jsonb_typeof('"a"'), jsonb_typeof('null')
SELECT json_extract_path('{"a": {"b": 1}}', 'a', 'b'), json_extract_path_text('{"a": {"b": "x"}}', 'a', 'b')
-- differs: types, text: jsonb
SELECT jsonb_extract_path('{"a": {"b": 1}}'::jsonb, 'a'), jsonb_extract_path_text('{"a": 1}'::jsonb, 'a')
SELECT * FROM json_array_elements('[1, "a"]')
-- differs: types, text: jsonb
SELECT * FROM jsonb_array_elements('[1, {"a": 2}]')
SELECT * FROM jsonb_array_elements_text('["a", "b"]')
SELECT json_array_elements_text('["a", "b"]')
SELECT * FROM json_each('{"a": 1, "b": "x"}')
SELECT * FROM jsonb_each_text('{"a": 1, "b": "x"}')
SELECT * FROM json_object_keys('{"a": 1, "b": 2}')
SELECT jsonb_object_keys('{"a": 1, "b": 2}')
-- differs: error: jsonb
SELECT jsonb_set('{"a": 1}', '{a}', '2'), jsonb_set('{"a": 1}', '{b}', '2')
SELECT jsonb_pretty('{"a": 1}')
-- differs: error: jsonb
SELECT json_strip_nulls('{"a": null, "b": 1}'), jsonb_strip_nulls('{"a": null}')
SELECT '{"a": 1}'::jsonb::text, '{"a":1}'::json::text, '5'::jsonb::int
-- differs: types: jsonb
SELECT '{"a": [1, 2]}'::jsonb -> 'a' -> 0, '{"a": [1, 2]}'::jsonb -> 'a' -> -1
-- differs: error: jsonb
SELECT jsonb_path_query('{"a": 1}', '$.a')
SELECT id FROM people WHERE ('{"x": 1}'::jsonb ->> 'x')::int = id
