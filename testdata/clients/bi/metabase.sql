-- time zone
select current_setting('timezone') in ('UTC', 'Etc/UTC');

-- tables
SELECT n.nspname AS "schema", c.relname AS "name",
  CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type",
  d.description AS "description", NULLIF(stat.n_live_tup, 0) AS "estimated_row_count"
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
LEFT JOIN pg_catalog.pg_description AS d ON c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
LEFT JOIN pg_stat_user_tables AS stat ON n.nspname = stat.schemaname AND c.relname = stat.relname
WHERE c.relnamespace = n.oid AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'f', 'm') AND n.nspname IN ('bi')
ORDER BY "type" ASC, "schema" ASC, "name" ASC;

-- columns with their keys
SELECT c.column_name AS "name",
  CASE WHEN c.udt_schema IN ('public', 'pg_catalog') THEN FORMAT('%s', c.udt_name) ELSE FORMAT('"%s"."%s"', c.udt_schema, c.udt_name) END AS "database-type",
  c.ordinal_position - 1 AS "database-position", c.table_schema AS "table-schema", c.table_name AS "table-name", pk.column_name IS NOT NULL AS "pk?",
  COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST(c.table_schema AS TEXT), CAST(c.table_name AS TEXT)) AS REGCLASS) AS OID), c.ordinal_position) AS "field-comment",
  ((column_default IS NULL) OR (LOWER(column_default) = 'null')) AND (is_nullable = 'NO') AND NOT (((column_default IS NOT NULL) AND (column_default LIKE '%nextval(%')) OR (is_identity <> 'NO')) AS "database-required",
  ((column_default IS NOT NULL) AND (column_default LIKE '%nextval(%')) OR (is_identity <> 'NO') AS "database-is-auto-increment"
FROM information_schema.columns AS c
LEFT JOIN (
  SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints AS tc
  INNER JOIN information_schema.key_column_usage AS kc ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name
  WHERE tc.constraint_type = 'PRIMARY KEY'
) AS pk ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name
WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND c.table_schema IN ('bi')
UNION ALL
SELECT pa.attname, CASE WHEN ptn.nspname IN ('public', 'pg_catalog') THEN FORMAT('%s', pt.typname) ELSE FORMAT('"%s"."%s"', ptn.nspname, pt.typname) END,
  pa.attnum - 1, pn.nspname, pc.relname, FALSE, NULL, FALSE, FALSE
FROM pg_catalog.pg_class AS pc
INNER JOIN pg_catalog.pg_namespace AS pn ON pn.oid = pc.relnamespace
INNER JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = pc.oid
INNER JOIN pg_catalog.pg_type AS pt ON pt.oid = pa.atttypid
INNER JOIN pg_catalog.pg_namespace AS ptn ON ptn.oid = pt.typnamespace
WHERE pc.relkind = 'm' AND pa.attnum >= 1 AND pn.nspname IN ('bi')
ORDER BY "table-schema" ASC, "table-name" ASC, "database-position" ASC;

-- foreign keys
SELECT fk_ns.nspname AS "fk-table-schema", fk_table.relname AS "fk-table-name", fk_column.attname AS "fk-column-name",
  pk_ns.nspname AS "pk-table-schema", pk_table.relname AS "pk-table-name", pk_column.attname AS "pk-column-name"
FROM pg_constraint AS c
INNER JOIN pg_class AS fk_table ON c.conrelid = fk_table.oid
INNER JOIN pg_namespace AS fk_ns ON c.connamespace = fk_ns.oid
INNER JOIN pg_attribute AS fk_column ON c.conrelid = fk_column.attrelid
INNER JOIN pg_class AS pk_table ON c.confrelid = pk_table.oid
INNER JOIN pg_namespace AS pk_ns ON pk_table.relnamespace = pk_ns.oid
INNER JOIN pg_attribute AS pk_column ON c.confrelid = pk_column.attrelid
WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND c.contype = 'f'::char AND fk_column.attnum = ANY(c.conkey) AND pk_column.attnum = ANY(c.confkey) AND fk_ns.nspname IN ('bi')
ORDER BY fk_ns.nspname ASC, fk_table.relname ASC;

-- indexes
SELECT tmp.table_schema AS "table-schema", tmp.table_name AS "table-name", TRIM(BOTH '"' FROM pg_catalog.pg_get_indexdef(tmp.ci_oid, tmp.pos, FALSE)) AS "field-name"
FROM (
  SELECT n.nspname AS table_schema, ct.relname AS table_name, ci.oid AS ci_oid, (information_schema._pg_expandarray(i.indkey)).n AS pos
  FROM pg_catalog.pg_class AS ct
  INNER JOIN pg_catalog.pg_namespace AS n ON ct.relnamespace = n.oid
  INNER JOIN pg_catalog.pg_index AS i ON ct.oid = i.indrelid
  INNER JOIN pg_catalog.pg_class AS ci ON ci.oid = i.indexrelid
  WHERE pg_catalog.pg_get_expr(i.indpred, i.indrelid) IS NULL AND n.nspname !~ '^information_schema|catalog_history|pg_' AND n.nspname = 'bi'
) AS tmp WHERE tmp.pos = 1 ORDER BY 1, 2, 3;

-- enums
SELECT nspname, typname, enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE nspname = 'bi' ORDER BY 1, 2, e.enumsortorder;

-- what the user may do
with table_privileges as (
  select NULL as role, t.schemaname as schema, t.objectname as table,
    pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'update') as update,
    pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'select') as select,
    pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'insert') as insert,
    pg_catalog.has_table_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'delete') as delete
  from (
    select schemaname, tablename as objectname from pg_catalog.pg_tables
    union select schemaname, viewname as objectname from pg_catalog.pg_views
    union select schemaname, matviewname as objectname from pg_catalog.pg_matviews
  ) t
  where t.schemaname !~ '^pg_' and t.schemaname <> 'information_schema' and pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage')
)
select t.* from (select distinct * from table_privileges) t where (t.select or t.update or t.insert or t.delete) and t.schema = 'bi' order by 3;

-- a question: grouped by month and a column
-- Metabase:: userID: 1 queryType: MBQL queryHash: 0123
SELECT CAST(DATE_TRUNC('month', "bi"."orders"."placed") AS date) AS "placed", "bi"."orders"."region" AS "region", COUNT(*) AS "count", SUM("bi"."orders"."total") AS "sum"
FROM "bi"."orders" LEFT JOIN "bi"."customers" AS "Customers - Customer" ON "bi"."orders"."customer_id" = "Customers - Customer"."id"
WHERE "bi"."orders"."placed" >= timestamp '2024-01-05 00:00:00.000' AND "bi"."orders"."placed" < timestamp '2024-03-01 00:00:00.000'
GROUP BY CAST(DATE_TRUNC('month', "bi"."orders"."placed") AS date), "bi"."orders"."region"
ORDER BY CAST(DATE_TRUNC('month', "bi"."orders"."placed") AS date) ASC, "bi"."orders"."region" ASC;

-- a question: weeks begin on Sunday, hours of the day
SELECT CAST((CAST(DATE_TRUNC('week', ("source"."placed" + INTERVAL '1 day')) AS timestamp) + INTERVAL '-1 day') AS date) AS "week", CAST(extract(dow from "source"."placed") AS integer) + 1 AS "day", CAST(extract(hour from "source"."placed") AS integer) AS "hour", count(*) AS "count"
FROM (SELECT "bi"."orders"."id" AS "id", "bi"."orders"."placed" AS "placed" FROM "bi"."orders") AS "source"
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT 20;

-- a question: numbers in bins
SELECT ((FLOOR((("bi"."orders"."total" - 0.0) / 25.0)) * 25.0) + 0.0)::int AS "total", COUNT(*) AS "count" FROM "bi"."orders" GROUP BY 1 ORDER BY 1;

-- fingerprints
SELECT SUBSTRING("bi"."customers"."name" FROM 1 FOR 1234) AS "name", "bi"."customers"."id" AS "id" FROM "bi"."customers" ORDER BY id LIMIT 10000;
