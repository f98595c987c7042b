-- schemas
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\_%' ORDER BY nspname;

-- tables of a schema
SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace
WHERE pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p']) AND pg_catalog.pg_class.relpersistence != 't' AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid) = false AND pg_catalog.pg_namespace.nspname = 'bi' ORDER BY 1;

-- views of a schema
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'bi' AND c.relkind IN ('v', 'm') ORDER BY 1;

-- a virtual data set
SELECT * FROM (SELECT region, total FROM bi.orders) AS virtual_table ORDER BY total LIMIT 5;

-- types of a query
SELECT * FROM bi.customers LIMIT 0;

-- a time series
SELECT DATE_TRUNC('day', placed) AS __timestamp, region AS region, count(*) AS count, sum(total) AS "SUM(total)" FROM bi.orders
WHERE placed >= TO_TIMESTAMP('2024-01-02 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND placed < TO_TIMESTAMP('2024-01-10 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('day', placed), region ORDER BY DATE_TRUNC('day', placed), region LIMIT 10000;

-- the largest series first
SELECT DATE_TRUNC('month', placed) AS __timestamp, region AS region, sum(total) AS total FROM bi.orders
JOIN (SELECT region AS region__, sum(total) AS mme_inner__ FROM bi.orders GROUP BY region ORDER BY mme_inner__ DESC LIMIT 2) AS series_limit ON region = region__
GROUP BY DATE_TRUNC('month', placed), region ORDER BY 1, 2;

-- values of a filter
SELECT region AS region FROM bi.orders GROUP BY region ORDER BY region ASC LIMIT 1000;

-- statistics of a table
SELECT count(*) AS rowcount FROM (SELECT region AS region FROM bi.orders LIMIT 1000) AS rowcount_qry;

-- a sample
SELECT id AS id, placed AS placed, to_char(placed, 'YYYY-MM-DD') AS day, EXTRACT(year FROM placed) AS year FROM bi.orders ORDER BY id LIMIT 3 OFFSET 2;
