import { marked } from './catalog-text.ts';
import { storedType } from './pg-type-names.ts';
import type { CatalogRelation, CatalogShape } from './relations.ts';

/** Views that are written for this room, since PostgreSQL's read what is not here. In the SQL of this room; see `marked`. */
const written: Readonly<Record<string, string>> = {
  pg_settings: `SELECT s.name, COALESCE(v.setting, s.setting) AS setting, s.unit, s.category, s.short_desc, s.extra_desc, s.context, s.vartype,
    CASE WHEN v.setting IS DISTINCT FROM s.setting AND v.setting IS NOT NULL THEN 'session' ELSE 'default' END AS source, s.min_val, s.max_val,
    s.enumvals, s.boot_val, s.reset_val, s.sourcefile, s.sourceline, s.pending_restart
    FROM {settings_seed} s LEFT JOIN {session_settings} v ON lower(v.name) = lower(s.name) AND v.setting NOT SIMILAR TO '[0-9.]+ *[a-zA-Z]+'`,
  pg_timezone_names: 'SELECT name, abbrev, utc_offset, is_dst FROM pg_timezone_names()',
  pg_stat_activity: `SELECT d.oid AS datid, a.datname, a.pid, CAST(NULL AS INTEGER) AS leader_pid, r.oid AS usesysid, a.usename,
    a.application_name, a.client_addr, CAST(NULL AS VARCHAR) AS client_hostname, a.client_port, a.backend_start, a.xact_start, a.query_start,
    a.state_change, CASE WHEN a.state = 'active' THEN NULL ELSE 'Client' END AS wait_event_type,
    CASE WHEN a.state = 'active' THEN NULL ELSE 'ClientRead' END AS wait_event, a.state, CAST(NULL AS BIGINT) AS backend_xid,
    CAST(NULL AS BIGINT) AS backend_xmin, CAST(NULL AS BIGINT) AS query_id, a.query, 'client backend' AS backend_type
    FROM {session_activity} a LEFT JOIN {pg_database} d ON d.datname = a.datname LEFT JOIN {pg_authid} r ON r.rolname = a.usename`,
  pg_stat_progress_copy: `SELECT c.pid, d.oid AS datid, c.datname, COALESCE(k.oid, 0) AS relid, c.command, 'PIPE' AS type, c.bytes_processed,
    CAST(0 AS BIGINT) AS bytes_total, c.tuples_processed, c.tuples_excluded FROM {session_copies} c LEFT JOIN {pg_database} d ON d.datname = c.datname
    LEFT JOIN (SELECT k.oid, k.relname, n.nspname FROM {pg_class} k JOIN {pg_namespace} n ON n.oid = k.relnamespace) k
      ON k.relname = c.table_name AND k.nspname = c.table_schema`,
  pg_available_extensions: `SELECT 'plpgsql' AS name, '1.0' AS default_version, '1.0' AS installed_version, 'PL/pgSQL procedural language' AS comment WHERE false`,
};

/** Views over what this server does not have: they have no rows. */
const empty: ReadonlySet<string> = new Set([
  'pg_available_extension_versions',
  'pg_backend_memory_contexts',
  'pg_config',
  'pg_file_settings',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_prepared_xacts',
  'pg_publication_tables',
  'pg_replication_origin_status',
  'pg_replication_slots',
  'pg_rules',
  'pg_seclabels',
  'pg_shmem_allocations',
  'pg_stat_archiver',
  'pg_stat_gssapi',
  'pg_stat_progress_analyze',
  'pg_stat_progress_basebackup',
  'pg_stat_progress_cluster',
  'pg_stat_progress_create_index',
  'pg_stat_progress_vacuum',
  'pg_stat_recovery_prefetch',
  'pg_stat_replication',
  'pg_stat_replication_slots',
  'pg_stat_slru',
  'pg_stat_ssl',
  'pg_stat_subscription',
  'pg_stat_subscription_stats',
  'pg_stat_wal',
  'pg_stat_wal_receiver',
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
]);

function emptyView({ columns }: CatalogRelation): string {
  const list = columns.map(({ name, type }) => `CAST(NULL AS ${storedType(type)}) AS "${name}"`);
  return `SELECT ${list.join(', ')} WHERE false`;
}

/** Views that list the keys of tables: data sets have some too. */
const ofKeys: ReadonlySet<string> = new Set([
  'information_schema.constraint_column_usage',
  'information_schema.constraint_table_usage',
  'information_schema.key_column_usage',
  'information_schema.table_constraints',
]);
const tablesAlone = `ARRAY['r'::"char", 'p'::"char"]`;
const tablesAndDataSets = `ARRAY['r'::"char", 'p'::"char", 'f'::"char"]`;

/** Views whose rows are in the seed. */
const kept: ReadonlySet<string> = new Set(['pg_timezone_abbrevs']);

/** How a view is made: by SQL of this room with marks, or by a query of PostgreSQL's that has to be translated. */
export type ViewSource =
  | { readonly kind: 'marked'; readonly sql: string }
  | { readonly kind: 'postgres'; readonly sql: string };

/** Undefined: it is a table. */
export function viewSource(shape: CatalogShape, key: string): ViewSource | undefined {
  const own = written[key];
  if (own !== undefined) return { kind: 'marked', sql: marked(own) };
  const relation = shape.relations.get(key);
  if (relation?.definition === undefined || kept.has(key)) return undefined;
  if (empty.has(key)) return { kind: 'marked', sql: emptyView(relation) };
  const sql = ofKeys.has(key) ? relation.definition.replaceAll(tablesAlone, tablesAndDataSets) : relation.definition;
  return { kind: 'postgres', sql };
}
