-- data: types

-- runs as: two_phase
SELECT min(c_tinyint), min(c_smallint), min(c_integer), min(c_bigint), min(c_utinyint), min(c_usmallint), min(c_uinteger), min(c_ubigint), min(c_decimal4), min(c_decimal9), min(c_decimal18), min(c_decimal38), min(c_float), min(c_double), min(c_date), min(c_time), min(c_timestamp), min(c_timestamp_ms), min(c_timestamp_ns), min(c_timestamptz), min(c_interval), min(c_boolean), min(c_varchar), min(c_blob), min(c_uuid) FROM types

-- runs as: two_phase
SELECT id % 7 AS g, min(c_tinyint), min(c_smallint), min(c_integer), min(c_bigint), min(c_utinyint), min(c_usmallint), min(c_uinteger), min(c_ubigint), min(c_decimal4), min(c_decimal9), min(c_decimal18), min(c_decimal38), min(c_float), min(c_double), min(c_date), min(c_time), min(c_timestamp), min(c_timestamp_ms), min(c_timestamp_ns), min(c_timestamptz), min(c_interval), min(c_boolean), min(c_varchar), min(c_blob), min(c_uuid) FROM types GROUP BY g ORDER BY g

-- text only
SELECT id % 7 AS g, min(c_list), min(c_struct), min(c_nested) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT max(c_tinyint), max(c_smallint), max(c_integer), max(c_bigint), max(c_utinyint), max(c_usmallint), max(c_uinteger), max(c_ubigint), max(c_decimal4), max(c_decimal9), max(c_decimal18), max(c_decimal38), max(c_float), max(c_double), max(c_date), max(c_time), max(c_timestamp), max(c_timestamp_ms), max(c_timestamp_ns), max(c_timestamptz), max(c_interval), max(c_boolean), max(c_varchar), max(c_blob), max(c_uuid) FROM types

-- runs as: two_phase
SELECT id % 7 AS g, max(c_tinyint), max(c_smallint), max(c_integer), max(c_bigint), max(c_utinyint), max(c_usmallint), max(c_uinteger), max(c_ubigint), max(c_decimal4), max(c_decimal9), max(c_decimal18), max(c_decimal38), max(c_float), max(c_double), max(c_date), max(c_time), max(c_timestamp), max(c_timestamp_ms), max(c_timestamp_ns), max(c_timestamptz), max(c_interval), max(c_boolean), max(c_varchar), max(c_blob), max(c_uuid) FROM types GROUP BY g ORDER BY g

-- text only
SELECT id % 7 AS g, max(c_list), max(c_struct), max(c_nested) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT count(c_tinyint), count(c_smallint), count(c_integer), count(c_bigint), count(c_utinyint), count(c_usmallint), count(c_uinteger), count(c_ubigint), count(c_decimal4), count(c_decimal9), count(c_decimal18), count(c_decimal38), count(c_float), count(c_double), count(c_date), count(c_time), count(c_timestamp), count(c_timestamp_ms), count(c_timestamp_ns), count(c_timestamptz), count(c_interval), count(c_boolean), count(c_varchar), count(c_blob), count(c_uuid), count(c_list), count(c_nested), count(c_struct), count(c_map) FROM types

-- runs as: two_phase
SELECT id % 5 AS g, count(c_tinyint), count(c_smallint), count(c_integer), count(c_bigint), count(c_utinyint), count(c_usmallint), count(c_uinteger), count(c_ubigint), count(c_decimal4), count(c_decimal9), count(c_decimal18), count(c_decimal38), count(c_float), count(c_double), count(c_date), count(c_time), count(c_timestamp), count(c_timestamp_ms), count(c_timestamp_ns), count(c_timestamptz), count(c_interval), count(c_boolean), count(c_varchar), count(c_blob), count(c_uuid), count(c_list), count(c_nested), count(c_struct), count(c_map) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT count(DISTINCT c_tinyint), count(DISTINCT c_boolean), count(DISTINCT c_decimal4) FROM types

SELECT count(DISTINCT c_tinyint), count(c_tinyint) FROM types

SELECT count(DISTINCT c_smallint), count(c_smallint) FROM types

SELECT count(DISTINCT c_integer), count(c_integer) FROM types

SELECT count(DISTINCT c_bigint), count(c_bigint) FROM types

SELECT count(DISTINCT c_utinyint), count(c_utinyint) FROM types

SELECT count(DISTINCT c_usmallint), count(c_usmallint) FROM types

SELECT count(DISTINCT c_uinteger), count(c_uinteger) FROM types

SELECT count(DISTINCT c_ubigint), count(c_ubigint) FROM types

SELECT count(DISTINCT c_decimal4), count(c_decimal4) FROM types

SELECT count(DISTINCT c_decimal9), count(c_decimal9) FROM types

SELECT count(DISTINCT c_decimal18), count(c_decimal18) FROM types

SELECT count(DISTINCT c_decimal38), count(c_decimal38) FROM types

SELECT count(DISTINCT c_float), count(c_float) FROM types

SELECT count(DISTINCT c_double), count(c_double) FROM types

SELECT count(DISTINCT c_date), count(c_date) FROM types

SELECT count(DISTINCT c_time), count(c_time) FROM types

SELECT count(DISTINCT c_timestamp), count(c_timestamp) FROM types

SELECT count(DISTINCT c_timestamp_ms), count(c_timestamp_ms) FROM types

SELECT count(DISTINCT c_timestamp_ns), count(c_timestamp_ns) FROM types

SELECT count(DISTINCT c_timestamptz), count(c_timestamptz) FROM types

SELECT count(DISTINCT c_interval), count(c_interval) FROM types

SELECT count(DISTINCT c_boolean), count(c_boolean) FROM types

SELECT count(DISTINCT c_varchar), count(c_varchar) FROM types

SELECT count(DISTINCT c_blob), count(c_blob) FROM types

SELECT count(DISTINCT c_uuid), count(c_uuid) FROM types

SELECT count(DISTINCT c_list), count(c_list) FROM types

SELECT count(DISTINCT c_nested), count(c_nested) FROM types

SELECT count(DISTINCT c_struct), count(c_struct) FROM types

SELECT count(DISTINCT c_map), count(c_map) FROM types

SELECT id % 3 AS g, count(DISTINCT c_tinyint), min(DISTINCT c_tinyint), count(*) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, count(DISTINCT c_float), min(DISTINCT c_float), count(*) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, count(DISTINCT c_decimal9), min(DISTINCT c_decimal9), count(*) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, count(DISTINCT c_date), min(DISTINCT c_date), count(*) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, count(DISTINCT c_varchar), min(DISTINCT c_varchar), count(*) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, count(DISTINCT c_boolean), min(DISTINCT c_boolean), count(*) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, count(DISTINCT c_interval), min(DISTINCT c_interval), count(*) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT sum(c_tinyint), sum(c_smallint), sum(c_integer), sum(c_bigint), sum(c_utinyint), sum(c_usmallint), sum(c_uinteger), sum(c_ubigint), sum(c_decimal4), sum(c_decimal9), sum(c_decimal18), sum(c_decimal38), sum(c_boolean) FROM types

-- runs as: two_phase
SELECT c_tinyint % 5 AS g, sum(c_tinyint), sum(c_smallint), sum(c_integer), sum(c_bigint), sum(c_utinyint), sum(c_usmallint), sum(c_uinteger), sum(c_ubigint), sum(c_decimal4), sum(c_decimal9), sum(c_decimal18), sum(c_decimal38) FROM types GROUP BY g ORDER BY g

SELECT sum(DISTINCT c_tinyint), sum(DISTINCT c_decimal4), sum(DISTINCT c_utinyint), sum(DISTINCT c_usmallint) FROM types

SELECT avg(c_tinyint), avg(c_smallint), avg(c_integer), avg(c_bigint), avg(c_utinyint), avg(c_usmallint), avg(c_uinteger), avg(c_ubigint), avg(c_decimal4), avg(c_decimal9), avg(c_decimal18), avg(c_decimal38) FROM types

-- runs as: two_phase
SELECT id % 11 AS g, avg(c_tinyint), avg(c_smallint), avg(c_integer), avg(c_bigint), avg(c_utinyint), avg(c_usmallint), avg(c_uinteger), avg(c_ubigint), avg(c_decimal4), avg(c_decimal9), avg(c_decimal18) FROM types GROUP BY g ORDER BY g

SELECT id % 11 AS g, avg(c_decimal38), avg(c_ubigint) FROM types GROUP BY g ORDER BY g

-- tolerance
SELECT id % 11 AS g, avg(c_float), sum(c_float), avg(c_double), sum(c_double) FROM types GROUP BY g ORDER BY g

SELECT avg(c_date) FROM types

SELECT avg(c_time) FROM types

SELECT avg(c_timestamp) FROM types

SELECT avg(c_timestamptz) FROM types

-- error: 42883
SELECT sum(c_interval), avg(c_interval) FROM types

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, stddev(c_integer), stddev(c_decimal9), stddev(c_double), stddev(c_float), stddev(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, stddev_pop(c_integer), stddev_pop(c_decimal9), stddev_pop(c_double), stddev_pop(c_float), stddev_pop(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, stddev_samp(c_integer), stddev_samp(c_decimal9), stddev_samp(c_double), stddev_samp(c_float), stddev_samp(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, variance(c_integer), variance(c_decimal9), variance(c_double), variance(c_float), variance(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, var_pop(c_integer), var_pop(c_decimal9), var_pop(c_double), var_pop(c_float), var_pop(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, var_samp(c_integer), var_samp(c_decimal9), var_samp(c_double), var_samp(c_float), var_samp(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, sem(c_integer), sem(c_decimal9), sem(c_double), sem(c_float), sem(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, favg(c_integer), favg(c_decimal9), favg(c_double), favg(c_float), favg(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, fsum(c_integer), fsum(c_decimal9), fsum(c_double), fsum(c_float), fsum(c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 4 AS g, kurtosis(c_tinyint), kurtosis_pop(c_tinyint), skewness(c_utinyint::DOUBLE * c_utinyint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT product(1 + c_tinyint / 1000.0), kahan_sum(c_double), sumkahan(c_float) FROM types

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, corr(c_double, c_tinyint), corr(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, covar_pop(c_double, c_tinyint), covar_pop(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, covar_samp(c_double, c_tinyint), covar_samp(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_avgx(c_double, c_tinyint), regr_avgx(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_avgy(c_double, c_tinyint), regr_avgy(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_count(c_double, c_tinyint), regr_count(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_intercept(c_double, c_tinyint), regr_intercept(c_utinyint + 3, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_r2(c_double, c_tinyint), regr_r2(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_slope(c_double, c_tinyint), regr_slope(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_sxx(c_double, c_tinyint), regr_sxx(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_sxy(c_double, c_tinyint), regr_sxy(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
-- tolerance
SELECT id % 3 AS g, regr_syy(c_double, c_tinyint), regr_syy(c_usmallint, c_decimal9) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT approx_count_distinct(c_tinyint), approx_count_distinct(c_varchar), approx_count_distinct(c_uuid), approx_count_distinct(c_date), approx_count_distinct(c_double), approx_count_distinct(c_decimal18), approx_count_distinct(c_boolean), approx_count_distinct(c_blob) FROM types

SELECT id % 4 AS g, approx_count_distinct(c_tinyint), approx_count_distinct(c_varchar), approx_count_distinct(c_list) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT id % 5 AS g, bit_and(c_tinyint), bit_and(c_smallint), bit_and(c_integer), bit_and(c_bigint), bit_and(c_utinyint), bit_and(c_usmallint), bit_and(c_uinteger), bit_and(c_ubigint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT id % 5 AS g, bit_or(c_tinyint), bit_or(c_smallint), bit_or(c_integer), bit_or(c_bigint), bit_or(c_utinyint), bit_or(c_usmallint), bit_or(c_uinteger), bit_or(c_ubigint) FROM types GROUP BY g ORDER BY g

-- runs as: two_phase
SELECT id % 5 AS g, bit_xor(c_tinyint), bit_xor(c_smallint), bit_xor(c_integer), bit_xor(c_bigint), bit_xor(c_utinyint), bit_xor(c_usmallint), bit_xor(c_uinteger), bit_xor(c_ubigint) FROM types GROUP BY g ORDER BY g

SELECT bit_or(c_boolean::INTEGER), bit_and(c_tinyint::BIT), bit_xor(DISTINCT c_tinyint) FROM types

-- runs as: two_phase
SELECT id % 5 AS g, bool_and(c_boolean), bool_or(c_boolean), count_if(c_boolean), countif(c_tinyint > 0) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, median(c_integer), median(c_decimal9), median(c_double) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, quantile_cont(c_integer, 0.3), quantile_cont(c_decimal9, 0.3), quantile_cont(c_double, 0.3) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, quantile_disc(c_integer, [0.1, 0.9]), quantile_disc(c_decimal9, [0.1, 0.9]), quantile_disc(c_double, [0.1, 0.9]) FROM types GROUP BY g ORDER BY g

SELECT id % 3 AS g, mad(c_integer), mad(c_decimal9), mad(c_double) FROM types GROUP BY g ORDER BY g

SELECT median(c_date), median(c_timestamp), quantile_disc(c_varchar, 0.5), quantile_cont(c_timestamptz, 0.25) FROM types

SELECT mode(c_boolean), entropy(c_tinyint % 3), approx_quantile(c_tinyint, 0.5) IS NULL FROM types

SELECT arg_max(c_varchar, id), arg_min(c_varchar, id), max_by(c_date, id), min_by(c_uuid, id), arg_max(id, c_double, 3), max(c_integer, 3), min(c_varchar, 2) FROM types

SELECT id % 3 AS g, first(c_varchar ORDER BY id), last(id ORDER BY c_varchar), any_value(g), string_agg(c_tinyint::VARCHAR, ',' ORDER BY id) FROM (SELECT *, id % 3 AS g FROM types) GROUP BY ALL ORDER BY g

SELECT id % 3 AS g, list(id ORDER BY id DESC), array_agg(c_boolean ORDER BY id)[1:3], histogram(c_tinyint % 3) FROM types GROUP BY g ORDER BY g

SELECT list_sort(list(id)), length(string_agg(id::VARCHAR, '-')), first(id) IS NULL FROM types WHERE id % 100 = 3

SELECT list_sort(list(DISTINCT c_tinyint % 4)), map_keys(histogram(c_boolean)) FROM types

SELECT geomean(c_utinyint + 1) > 0, weighted_avg(c_tinyint, c_utinyint) IS NULL, bitstring_agg(c_utinyint, 0, 199) IS NULL FROM types

-- runs as: two_phase
SELECT c_tinyint AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_tinyint IS NULL GROUP BY c_tinyint ORDER BY 3

-- runs as: two_phase
SELECT c_smallint AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_smallint IS NULL GROUP BY c_smallint ORDER BY 3

-- runs as: two_phase
SELECT c_integer AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_integer IS NULL GROUP BY c_integer ORDER BY 3

-- runs as: two_phase
SELECT c_bigint AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_bigint IS NULL GROUP BY c_bigint ORDER BY 3

-- runs as: two_phase
SELECT c_utinyint AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_utinyint IS NULL GROUP BY c_utinyint ORDER BY 3

-- runs as: two_phase
SELECT c_usmallint AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_usmallint IS NULL GROUP BY c_usmallint ORDER BY 3

-- runs as: two_phase
SELECT c_uinteger AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_uinteger IS NULL GROUP BY c_uinteger ORDER BY 3

-- runs as: two_phase
SELECT c_ubigint AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_ubigint IS NULL GROUP BY c_ubigint ORDER BY 3

-- runs as: two_phase
SELECT c_decimal4 AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_decimal4 IS NULL GROUP BY c_decimal4 ORDER BY 3

-- runs as: two_phase
SELECT c_decimal9 AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_decimal9 IS NULL GROUP BY c_decimal9 ORDER BY 3

-- runs as: two_phase
SELECT c_decimal18 AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_decimal18 IS NULL GROUP BY c_decimal18 ORDER BY 3

-- runs as: two_phase
SELECT c_decimal38 AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_decimal38 IS NULL GROUP BY c_decimal38 ORDER BY 3

-- runs as: two_phase
SELECT c_float AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_float IS NULL GROUP BY c_float ORDER BY 3

-- runs as: two_phase
SELECT c_double AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_double IS NULL GROUP BY c_double ORDER BY 3

-- runs as: two_phase
SELECT c_date AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_date IS NULL GROUP BY c_date ORDER BY 3

-- runs as: two_phase
SELECT c_time AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_time IS NULL GROUP BY c_time ORDER BY 3

-- runs as: two_phase
SELECT c_timestamp AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_timestamp IS NULL GROUP BY c_timestamp ORDER BY 3

-- runs as: two_phase
SELECT c_timestamp_ms AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_timestamp_ms IS NULL GROUP BY c_timestamp_ms ORDER BY 3

-- runs as: two_phase
SELECT c_timestamp_ns AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_timestamp_ns IS NULL GROUP BY c_timestamp_ns ORDER BY 3

-- runs as: two_phase
SELECT c_timestamptz AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_timestamptz IS NULL GROUP BY c_timestamptz ORDER BY 3

-- runs as: two_phase
SELECT c_interval AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_interval IS NULL GROUP BY c_interval ORDER BY 3

-- runs as: two_phase
SELECT c_boolean AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_boolean IS NULL GROUP BY c_boolean ORDER BY 3

-- runs as: two_phase
SELECT c_varchar AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_varchar IS NULL GROUP BY c_varchar ORDER BY 3

-- runs as: two_phase
SELECT c_blob AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_blob IS NULL GROUP BY c_blob ORDER BY 3

-- runs as: two_phase
SELECT c_uuid AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 OR c_uuid IS NULL GROUP BY c_uuid ORDER BY 3

-- text only
SELECT c_list AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 GROUP BY c_list ORDER BY 3

-- text only
SELECT c_nested AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 GROUP BY c_nested ORDER BY 3

-- text only
SELECT c_struct AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 GROUP BY c_struct ORDER BY 3

-- text only
SELECT c_map AS k, count(*) AS n, min(id) FROM types WHERE id % 150 < 4 GROUP BY c_map ORDER BY 3

-- runs as: two_phase
SELECT DISTINCT c_date FROM types WHERE id < 400 ORDER BY c_date DESC LIMIT 9

SELECT c_date, id FROM types ORDER BY c_date DESC, id LIMIT 6

-- runs as: two_phase
SELECT DISTINCT c_timestamptz FROM types WHERE id < 400 ORDER BY c_timestamptz DESC LIMIT 9

SELECT c_timestamptz, id FROM types ORDER BY c_timestamptz DESC, id LIMIT 6

-- runs as: two_phase
SELECT DISTINCT c_decimal38 FROM types WHERE id < 400 ORDER BY c_decimal38 DESC LIMIT 9

SELECT c_decimal38, id FROM types ORDER BY c_decimal38 DESC, id LIMIT 6

-- runs as: two_phase
SELECT DISTINCT c_uuid FROM types WHERE id < 400 ORDER BY c_uuid DESC LIMIT 9

SELECT c_uuid, id FROM types ORDER BY c_uuid DESC, id LIMIT 6

-- runs as: two_phase
SELECT DISTINCT c_blob FROM types WHERE id < 400 ORDER BY c_blob DESC LIMIT 9

SELECT c_blob, id FROM types ORDER BY c_blob DESC, id LIMIT 6

-- runs as: two_phase
SELECT DISTINCT c_interval FROM types WHERE id < 400 ORDER BY c_interval DESC LIMIT 9

SELECT c_interval, id FROM types ORDER BY c_interval DESC, id LIMIT 6

-- runs as: two_phase
SELECT DISTINCT c_time FROM types WHERE id < 400 ORDER BY c_time DESC LIMIT 9

SELECT c_time, id FROM types ORDER BY c_time DESC, id LIMIT 6

SELECT c_struct.a, c_struct.c[1], c_map['z'], c_nested[1][1] FROM types WHERE c_struct.a % 97 = 5 ORDER BY 1

SELECT c_struct.a % 3 AS k, sum(c_struct.a), max(c_struct.b), count(c_list[2]) FROM types GROUP BY 1 ORDER BY 1

SELECT unnest(c_list) AS u, id FROM types WHERE id < 5 ORDER BY id, u NULLS LAST

SELECT count(*), sum(u) FROM (SELECT unnest(c_list) AS u FROM types)

SELECT typeof(sum(c_tinyint)), typeof(avg(c_tinyint)), typeof(sum(c_decimal9)), typeof(max(c_timestamp_ns)), typeof(count(*)) FROM types

SELECT sum(c_tinyint)::INTEGER AS s, sum(c_bigint) / count(*) AS q, -sum(c_decimal9) AS m, sum(c_integer) % 7 AS r, coalesce(sum(c_smallint), 0) FROM types
