-- session
SELECT current_schema(), session_user;

-- search path
SHOW search_path;

-- setting
select * from pg_catalog.pg_settings where name = 'standard_conforming_strings';

-- keywords
select string_agg(word, ',') from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,absolute,action,all,select,from,where,table,order,group,by}'::text[]) and catcode = 'R';

-- databases
SELECT db.datname, db.datistemplate, db.datallowconn, db.datconnlimit, pg_encoding_to_char(db.encoding) FROM pg_catalog.pg_database db WHERE datallowconn AND NOT datistemplate AND db.datname = 'sluice' ORDER BY db.datname;

-- schemas
SELECT n.oid, n.nspname, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass WHERE nspname IN ('bi', 'information_schema', 'pg_catalog', 'pg_toast') ORDER BY nspname;

-- types with their classes and categories
SELECT t.oid, t.*, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid = t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid = d.objoid
WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C') AND t.oid < 10000 ORDER BY t.oid;

-- relations of a schema
SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relnatts, c.relchecks, c.relhasindex, c.relispartition, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key
FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind not in ('i', 'I', 'c') ORDER BY c.relname;

-- sizes
select c.relname, pg_catalog.pg_total_relation_size(c.oid) >= 0 as total_rel_size, pg_catalog.pg_relation_size(c.oid) >= 0 as rel_size FROM pg_class c WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'r' ORDER BY c.relname;

-- columns
SELECT c.relname, a.attname, a.attnum, a.attlen, a.atttypmod, a.attndims, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.attisdropped, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value, dsc.description, dep.objid
FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND a.attnum > 0 AND c.relname IN ('customers', 'orders') AND c.relnamespace = 'bi'::regnamespace ORDER BY c.relname, a.attnum;

-- constraints
SELECT c.conname, c.contype, c.condeferrable, c.convalidated, c.conkey, c.confkey, c.confupdtype, c.confdeltype, c.confmatchtype, t.relname as tabrelname, rt.relname as refname, d.description
FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass WHERE c.connamespace = 'bi'::regnamespace ORDER BY t.relname, c.conname;

-- text of check constraints
SELECT c.conname, replace(replace("substring"(pg_catalog.pg_get_constraintdef(c.oid), 7), '::numeric', ''), '(0)', '0') AS consrc FROM pg_catalog.pg_constraint c WHERE c.contype = 'c' AND c.connamespace = 'bi'::regnamespace;

-- indexes
SELECT i.indisunique, i.indisprimary, i.indisvalid, i.indkey as keys, i.indnatts, i.indnkeyatts, c.relname, tc.relname as tabrelname, dsc.description, pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr, pg_catalog.pg_relation_size(i.indexrelid) >= 0 as index_rel_size, pg_catalog.pg_stat_get_numscans(i.indexrelid) >= 0 as index_num_scans
FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid
WHERE tc.relnamespace = 'bi'::regnamespace ORDER BY tabrelname, c.relname;

-- index columns
SELECT pg_catalog.pg_get_indexdef(i.indexrelid, 1, true), pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname IN ('orders_customer', 'order_lines_pkey') ORDER BY 2;

-- text of a view
SELECT regexp_replace(lower(pg_catalog.pg_get_viewdef(c.oid, true)), '\s+|orders\.|bi\.|;|\(|\)|::numeric', '', 'g') as definition FROM pg_catalog.pg_class c WHERE c.oid = 'bi.big_orders'::regclass;

-- sequences
SELECT schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle FROM pg_catalog.pg_sequences WHERE schemaname = 'bi';

-- functions
SELECT p.proname, p.prokind, p.pronargs, pg_catalog.pg_get_function_result(p.oid) FROM pg_catalog.pg_proc p LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = p.oid WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('lower', 'array_length', 'now') ORDER BY p.proname, p.oid;

-- triggers, rules, policies
SELECT x.oid, x.*, p.pronamespace as func_schema_id, d.description FROM pg_catalog.pg_trigger x LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = x.tgfoid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = x.oid AND d.objsubid = 0 WHERE NOT x.tgisinternal;

-- rules
SELECT r.rulename, pg_catalog.pg_get_ruledef(r.oid) IS NULL FROM pg_catalog.pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relname = 'orders';

-- policies
SELECT pol.polname FROM pg_policy pol JOIN pg_class c ON c.oid = pol.polrelid;

-- inheritance and partitions
SELECT i.*, c.relnamespace FROM pg_catalog.pg_inherits i, pg_catalog.pg_class c WHERE i.inhrelid = 'bi.orders'::regclass AND c.oid = i.inhparent ORDER BY i.inhseqno;

-- collations
SELECT c.collname FROM pg_catalog.pg_collation c WHERE c.collname IN ('default', 'C', 'POSIX') ORDER BY c.collname;

-- access methods
SELECT am.oid, am.* FROM pg_catalog.pg_am am ORDER BY am.oid;

-- languages
SELECT l.oid, l.lanname FROM pg_catalog.pg_language l ORDER BY l.oid;

-- extensions
SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1;

-- tablespaces
SELECT t.oid, t.spcname FROM pg_catalog.pg_tablespace t ORDER BY t.oid;

-- foreign data
SELECT f.fdwname FROM pg_catalog.pg_foreign_data_wrapper f LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = f.fdwhandler WHERE f.fdwname = 'nothing';

-- event triggers
select * from pg_catalog.pg_event_trigger;

-- members of roles
SELECT roleid, member FROM pg_catalog.pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname = 'nobody';

-- sessions
SELECT sa.datname, sa.usename, sa.state, sa.backend_type FROM pg_catalog.pg_stat_activity sa WHERE sa.pid = pg_backend_pid();

-- locks
SELECT count(*) >= 0 AS some FROM pg_catalog.pg_locks;

-- conversions
SELECT count(*) > 100 AS many FROM pg_catalog.pg_conversion;

-- dependent objects
SELECT DISTINCT dep.deptype, cl.relname FROM pg_depend dep JOIN pg_class cl ON dep.objid = cl.oid WHERE dep.refobjid = 'bi.order_lines'::regclass AND cl.relkind IN ('r', 'v', 'S') ORDER BY 1, 2;

-- a page of data
SELECT x.* FROM bi.customers x ORDER BY x.id LIMIT 200 OFFSET 0;

-- number of rows
SELECT count(*) FROM (SELECT * FROM bi.orders WHERE total > 10) dbvrcnt;
