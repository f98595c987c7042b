-- data: types

-- sequence
-- text only
SELECT * FROM types

-- runs as: two_phase
SELECT c_boolean, count(*), sum(c_tinyint), sum(c_smallint), sum(c_integer), sum(c_bigint), sum(c_utinyint), sum(c_uinteger), sum(c_ubigint) FROM types GROUP BY c_boolean ORDER BY c_boolean

-- runs as: two_phase
SELECT avg(c_tinyint), avg(c_integer), avg(c_bigint), avg(c_ubigint), avg(c_decimal4), avg(c_decimal9), avg(c_decimal18) FROM types

-- runs as: two_phase
SELECT sum(c_decimal4), sum(c_decimal9), sum(c_decimal18), sum(c_decimal38) FROM types

-- runs as: two_phase
SELECT min(c_varchar), max(c_varchar), min(c_blob), max(c_date), min(c_time), max(c_timestamp), min(c_timestamp_ms), max(c_timestamp_ns), min(c_timestamptz), max(c_interval), min(c_uuid) FROM types

-- tolerance
SELECT sum(c_float), sum(c_double), avg(c_float), avg(c_double) FROM types

-- text only
SELECT c_list, c_nested, c_struct, c_map FROM types WHERE id BETWEEN 195 AND 205 ORDER BY id

SELECT max(c_list), min(c_struct) FROM types

SELECT c_uuid, c_interval, c_blob FROM types ORDER BY c_uuid LIMIT 5

SELECT count(DISTINCT c_varchar), count(DISTINCT c_uuid), count(DISTINCT c_decimal38) FROM types

SELECT c_timestamptz, c_timestamptz::DATE, date_trunc('day', c_timestamptz) FROM types WHERE id < 10 ORDER BY id
