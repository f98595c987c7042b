import { aggregateFunctions, scalarFunctions, volatileFunctions } from '../sql/function-names.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Built-in macros that aggregate. */
const aggregateMacros = words(
  'json_group_array json_group_object json_group_structure geomean geometric_mean wavg weighted_avg',
);

/** Names that the parser or binder knows without `duckdb_functions()` listing them, and those that every DuckDB of ours has. */
const syntaxFunctions = words(
  `unnest grouping grouping_id columns alias try pg_collation_for nextval currval lambda partition_index partition_count`,
);

/** One value for the whole statement. */
const statementTime = words(
  `now today current_date current_time current_timestamp current_localtime current_localtimestamp localtime localtimestamp
   get_current_time get_current_timestamp transaction_timestamp ago`,
);

/** What only the session, or only the coordinator, can answer. */
const sessionOnly = words(
  `current_user current_role session_user user current_catalog current_database current_schema current_schemas current_setting
   current_query current_connection_id current_query_id current_transaction_id txid_current getvariable in_search_path version
   getenv stats write_log inet_client_addr inet_client_port inet_server_addr inet_server_port pg_my_temp_schema pg_conf_load_time
   pg_postmaster_start_time pg_get_viewdef pg_get_expr pg_get_constraintdef format_type obj_description col_description
   shobj_description pg_has_role get_block_size format_pg_type map_to_pg_oid which_secret`,
);
const sessionOnlyPattern = /^(?:has_\w+_privilege|pg_\w+_is_visible)$/;

/** Table functions whose answer depends on nothing but their arguments. */
const pureTableFunctions = words(
  'range generate_series unnest repeat repeat_row generate_subscripts json_each json_tree',
);

/** Names that may stand without parentheses, where no column has them. */
const bareFunctions = words(
  `current_date current_time current_timestamp localtime localtimestamp current_user current_role session_user user
   current_catalog current_schema`,
);

export type FunctionClass = 'aggregate' | 'scalar' | 'volatile' | 'statement_time' | 'session' | 'unknown';

/** What kind of function (not a window function) that is; `name` in lower case. */
export function classOfFunction(name: string, schema: string): FunctionClass {
  if (schema !== '' && schema !== 'main' && schema !== 'pg_catalog' && schema !== 'system') return 'unknown';
  if (statementTime.has(name)) return 'statement_time';
  if (sessionOnly.has(name) || sessionOnlyPattern.test(name)) return 'session';
  if (volatileFunctions.has(name)) return 'volatile';
  if (isAggregate(name)) return 'aggregate';
  if (scalarFunctions.has(name) || syntaxFunctions.has(name) || !/^[a-z_]/.test(name)) return 'scalar';
  return 'unknown';
}

/** Does a call of that name (lower case) aggregate? Built-in macros that do are among them. */
export function isAggregate(name: string): boolean {
  return aggregateFunctions.has(name) || aggregateMacros.has(name);
}

/** `current_date` and kin: functions that the AST has as column references. */
export function isBareFunction(name: string): boolean {
  return bareFunctions.has(name.toLowerCase());
}

export type TableFunctionClass =
  /** Its files may be scanned. */
  | 'file'
  /** The same rows everywhere. */
  | 'pure'
  /** Asks the engine about itself, or runs SQL given as text: the session's connection only. */
  | 'session';

export function classOfTableFunction(name: string): TableFunctionClass {
  if (/^(?:read_(?:parquet|csv|json|ndjson)(?:_auto)?|parquet_scan)$/.test(name)) return 'file';
  return pureTableFunctions.has(name) ? 'pure' : 'session';
}

const typeNames = words(
  `array bigint bignum binary bit bitstring blob bool boolean bpchar bytea char date datetime dec decimal double enum float float4
   float8 geometry guid hugeint int int1 int128 int16 int2 int32 int4 int64 int8 integer integral interval json list logical long map
   null numeric nvarchar oid real row short signed smallint string struct text time timestamp timestamp_ms timestamp_ns timestamp_s
   timestamp_us timestamptz timetz time_ns tinyint type ubigint uhugeint uint128 uint16 uint32 uint64 uint8 uinteger union usmallint
   utinyint uuid varbinary varchar variant varint`,
);

/** A type that DuckDB has by itself; `name` as written. */
export function isBuiltInType(name: string): boolean {
  return typeNames.has(name.toLowerCase()) || /^(?:time|timestamp) with(?:out)? time zone$/i.test(name);
}
