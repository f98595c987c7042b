-- version
SELECT current_setting('server_version_num')::int/100 as version;

-- extension
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- tables on the search path
SELECT CASE WHEN quote_ident(table_schema) IN (
    SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
    FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i,
      string_to_array(current_setting('search_path'), ',') s
  ) THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table"
FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog') AND table_schema = 'bi' ORDER BY 1;

-- columns of a table
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
WHERE CASE array_length(string_to_array('bi.orders', '.'), 1)
  WHEN 1 THEN quote_ident(table_name) = 'bi.orders'
  ELSE quote_ident(table_schema) = (string_to_array('bi.orders', '.'))[1] AND quote_ident(table_name) = (string_to_array('bi.orders', '.'))[2] END
ORDER BY ordinal_position;

-- a time series
SELECT floor(extract(epoch from placed) / 86400) * 86400 AS "time", region AS metric, avg(total)::float8 AS "value" FROM bi.orders
WHERE placed BETWEEN '2024-01-02T00:00:00Z' AND '2024-01-10T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2;

-- a time series by time stamps
SELECT to_timestamp(floor(extract(epoch from placed) / 604800) * 604800) AS "time", count(*) AS "orders" FROM bi.orders WHERE extract(epoch from placed) >= 1704067200 AND extract(epoch from placed) <= 1706745600 GROUP BY 1 ORDER BY 1;

-- a variable
SELECT DISTINCT region AS __text, region AS __value FROM bi.orders WHERE region IS NOT NULL ORDER BY 1;

-- an annotation
SELECT extract(epoch from placed)::bigint AS time, 'order ' || id AS text, array_to_string(ARRAY[region, 'sale'], ',') AS tags FROM bi.orders ORDER BY placed LIMIT 3;
