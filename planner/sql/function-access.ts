/**
 * Who may call DuckDB's functions. What only computes is open to everybody; what reaches files, settings or other queries is not. It
 * is a list of what is allowed: a function that is in none of these lists is for administrators.
 */
import { aggregateFunctions, scalarFunctions, tableFunctions, windowOnlyFunctions } from './function-names.ts';

/** `files`: for those who may read the server's files; `admin`: for superusers. */
export type FunctionAccess = 'open' | 'files' | 'admin';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Read files whose paths they are given. */
const fileFunctions = words(
  `glob parquet_bloom_probe parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan parquet_schema
   read_blob read_csv read_csv_auto read_duckdb read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson
   read_ndjson_auto read_ndjson_objects read_parquet read_text sniff_csv`,
);

/** Scalar functions that tell of the engine, write its log, plan SQL that they are given, or take the engine's own inner values. */
const closedScalars = words(
  `write_log json_serialize_plan current_setting parse_duckdb_log_message finalize combine get_block_size`,
);

/** Table functions that only compute, or list what PostgreSQL's catalogs show to everybody. */
const openTableFunctions = words(
  `range generate_series unnest repeat repeat_row json_each json_tree duckdb_columns duckdb_constraints duckdb_coordinate_systems
   duckdb_functions duckdb_indexes duckdb_keywords duckdb_schemas duckdb_sequences duckdb_tables duckdb_types duckdb_views
   icu_calendar_names pg_timezone_names pragma_collations pragma_platform pragma_show pragma_table_info pragma_version summary`,
);

/** Names that the parser makes, and table functions of it. */
const syntaxFunctions = words(
  'unnest grouping grouping_id columns alias try nextval currval lambda generate_subscripts',
);

/** Undefined: not DuckDB's own. `name` in lower case. */
export function functionAccess(name: string): FunctionAccess | undefined {
  if (closedScalars.has(name) || name.startsWith('__internal_')) return 'admin';
  if (aggregateFunctions.has(name) || windowOnlyFunctions.has(name)) return 'open';
  if (scalarFunctions.has(name) || syntaxFunctions.has(name) || !/^[a-z_]/.test(name)) return 'open';
  return undefined;
}

/** The same for functions in FROM. */
export function tableFunctionAccess(name: string): FunctionAccess | undefined {
  if (fileFunctions.has(name)) return 'files';
  if (openTableFunctions.has(name)) return 'open';
  return tableFunctions.has(name) ? 'admin' : undefined;
}

/** Relations of the engine that show more than PostgreSQL's catalogs do: paths, settings. */
const closedRelations = words(
  `duckdb_databases duckdb_logs duckdb_log_contexts duckdb_settings duckdb_secrets duckdb_extensions duckdb_memory duckdb_variables
   pragma_database_list pg_settings`,
);
/** Relations of the engine by their bare names. */
const openRelations = words(
  `sqlite_master sqlite_schema sqlite_temp_master sqlite_temp_schema duckdb_columns duckdb_constraints duckdb_indexes duckdb_schemas
   duckdb_tables duckdb_types duckdb_views`,
);
const catalogSchemas = words('information_schema pg_catalog');

/** May everybody read this view of the engine? Undefined: it is none. All in lower case. */
export function systemRelationAccess(schema: string, name: string): FunctionAccess | undefined {
  if (closedRelations.has(name)) return 'admin';
  const known = catalogSchemas.has(schema) || openRelations.has(name) || (schema === '' && name.startsWith('pg_'));
  return known ? 'open' : undefined;
}
