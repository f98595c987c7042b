-- what it is connected to
SELECT CURRENT_DATABASE(), CURRENT_SCHEMA();

-- a server-side cursor in one message
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT "orders"."id" AS "id", "orders"."region" AS "region" FROM "bi"."orders" "orders" ORDER BY 1;fetch 5 in "SQL_CUR0x1";

-- the rest of it
fetch 3 in "SQL_CUR0x1";

-- its end
close "SQL_CUR0x1";COMMIT;

-- can it make temporary tables
CREATE LOCAL TEMPORARY TABLE "#Tableau_1_Connect" ("COL" INTEGER) ON COMMIT PRESERVE ROWS;

-- and write them
INSERT INTO "#Tableau_1_Connect" VALUES (1), (2);

-- and read them
SELECT SUM(CAST("COL" AS BIGINT)) AS "COL" FROM "#Tableau_1_Connect" "#Tableau_1_Connect" HAVING COUNT(1) > 0;

-- and drop them
DROP TABLE "#Tableau_1_Connect";

-- a sheet
SELECT "orders"."region" AS "region", CAST(TRUNC(EXTRACT(YEAR FROM "orders"."placed")) AS INTEGER) AS "yr:placed:ok", SUM("orders"."total") AS "sum:total:ok" FROM "bi"."orders" "orders" GROUP BY 1, 2 ORDER BY 1 ASC NULLS FIRST, 2;

-- months and quarters
SELECT DATE_TRUNC('MONTH', CAST("orders"."placed" AS TIMESTAMP)) AS "tmn:placed:ok", CAST(TRUNC(EXTRACT(QUARTER FROM "orders"."placed")) AS INTEGER) AS "qr:placed:ok", COUNT(DISTINCT "orders"."customer_id") AS "ctd:customer_id:ok"
FROM "bi"."orders" "orders" INNER JOIN "bi"."customers" "customers" ON ("orders"."customer_id" = "customers"."id")
WHERE ((CAST("orders"."placed" AS DATE) >= (DATE '2024-01-03')) AND (NOT ("orders"."region" IS NULL))) GROUP BY 1, 2 ORDER BY 1, 2;

-- the top ones
SELECT "orders"."customer_id" AS "customer_id" FROM "bi"."orders" "orders" INNER JOIN (SELECT "orders"."region" AS "region", SUM("orders"."total") AS "$__alias__0" FROM "bi"."orders" "orders" GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 ASC LIMIT 1) "t0" ON ("orders"."region" IS NOT DISTINCT FROM "t0"."region") GROUP BY 1 ORDER BY 1;

-- the domain of a filter
SELECT MIN("orders"."placed") AS "TEMP(attr)", MAX("orders"."placed") AS "TEMP(attr1)", COUNT(1) AS "n" FROM "bi"."orders" "orders" HAVING (COUNT(1) > 0);

-- primary keys
select ta.attname, ia.attnum, ic.relname, n.nspname, tc.relname from pg_catalog.pg_attribute ta, pg_catalog.pg_attribute ia, pg_catalog.pg_class tc, pg_catalog.pg_index i, pg_catalog.pg_namespace n, pg_catalog.pg_class ic
where tc.relname = 'order_lines' AND n.nspname = 'bi' AND tc.oid = i.indrelid AND n.oid = tc.relnamespace AND i.indisprimary = 't' AND ia.attrelid = i.indexrelid AND ta.attrelid = i.indrelid AND ta.attnum = i.indkey[ia.attnum - 1] AND (NOT ta.attisdropped) AND (NOT ia.attisdropped) AND ic.oid = i.indexrelid order by ia.attnum;

-- foreign keys
select 'sluice'::name as "PKTABLE_CAT", n2.nspname as "PKTABLE_SCHEM", c2.relname as "PKTABLE_NAME", a2.attname as "PKCOLUMN_NAME", n1.nspname as "FKTABLE_SCHEM", c1.relname as "FKTABLE_NAME", a1.attname as "FKCOLUMN_NAME", i::int2 as "KEY_SEQ",
  case ref.confupdtype when 'c' then 0::int2 when 'n' then 2::int2 when 'd' then 4::int2 when 'r' then 1::int2 else 3::int2 end as "UPDATE_RULE", ref.conname as "FK_NAME", cn.conname as "PK_NAME", case when ref.condeferrable then case when ref.condeferred then 5::int2 else 6::int2 end else 7::int2 end as "DEFERRABLITY"
from ((((((( (select cn.oid, conrelid, conkey, confrelid, confkey, generate_series(array_lower(conkey, 1), array_upper(conkey, 1)) as i, confupdtype, confdeltype, conname, condeferrable, condeferred
  from pg_catalog.pg_constraint cn, pg_catalog.pg_class c, pg_catalog.pg_namespace n where contype = 'f' and conrelid = c.oid and relname = 'orders' and n.oid = c.relnamespace and n.nspname = 'bi') ref
  inner join pg_catalog.pg_class c1 on c1.oid = ref.conrelid) inner join pg_catalog.pg_namespace n1 on n1.oid = c1.relnamespace) inner join pg_catalog.pg_attribute a1 on a1.attrelid = c1.oid and a1.attnum = conkey[i])
  inner join pg_catalog.pg_class c2 on c2.oid = ref.confrelid) inner join pg_catalog.pg_namespace n2 on n2.oid = c2.relnamespace) inner join pg_catalog.pg_attribute a2 on a2.attrelid = c2.oid and a2.attnum = confkey[i])
  left outer join pg_catalog.pg_constraint cn on cn.conrelid = ref.confrelid and cn.contype = 'p') order by ref.oid, ref.i;
