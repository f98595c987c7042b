/** Definitions of objects, comments, sizes, privileges, and what else is asked of catalogs. */
import { type Macro, macro, raise } from './macro.ts';

const none = (parameters: number | readonly number[], type: string) => macro(parameters, `CAST(NULL AS ${type})`);
const fixed = (parameters: number | readonly number[], value: string) => macro(parameters, value);
const text = (relation: string, column: string) => `(SELECT zr.${column} FROM {${relation}} zr WHERE zr.oid = p1)`;
const described = (catalog: string) =>
  `(SELECT any_value(zd.description) FROM {${catalog}} zd WHERE zd.objoid = p1 AND zd.classoid = (SELECT zc.oid FROM {pg_class} zc WHERE zc.relname = p2 AND zc.relnamespace = 11)`;
/** Without the schema of a table that is found without it. */
const prettyIndex = `(SELECT regexp_replace(zr.definition, ' ON [^ ]+ USING', ' ON ' || zs.name || ' USING') FROM {index_texts} zr
  JOIN {pg_index} zi ON zi.indexrelid = zr.oid JOIN {class_shown} zs ON zs.oid = zi.indrelid WHERE zr.oid = p1)`;

/** What pg_get_functiondef says of a function of PostgreSQL's own. */
const functionDefinition = `'CREATE OR REPLACE ' || CASE zp.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END
  || {fn:quote_ident}(zn.nspname) || '.' || {fn:quote_ident}(zp.proname) || '(' || {fn:pg_get_function_arguments}(p1) || ')' || chr(10)
  || CASE zp.prokind WHEN 'p' THEN '' ELSE ' RETURNS ' || {fn:pg_get_function_result}(p1) || chr(10) END
  || ' LANGUAGE ' || {fn:quote_ident}(zm.lanname) || chr(10)
  || COALESCE(nullif(concat(CASE WHEN zp.prokind = 'w' THEN ' WINDOW' END, CASE zp.provolatile WHEN 'i' THEN ' IMMUTABLE' WHEN 's' THEN ' STABLE' END,
    CASE zp.proparallel WHEN 's' THEN ' PARALLEL SAFE' WHEN 'r' THEN ' PARALLEL RESTRICTED' END, CASE WHEN zp.proisstrict THEN ' STRICT' END,
    CASE WHEN zp.prosecdef THEN ' SECURITY DEFINER' END, CASE WHEN zp.proleakproof THEN ' LEAKPROOF' END,
    CASE WHEN zp.procost <> CASE WHEN zp.prolang IN (12, 13) THEN 1 ELSE 100 END THEN ' COST ' || CAST(CAST(zp.procost AS BIGINT) AS VARCHAR) END,
    CASE WHEN zp.prorows > 0 AND zp.prorows <> 1000 THEN ' ROWS ' || CAST(CAST(zp.prorows AS BIGINT) AS VARCHAR) END,
    CASE WHEN zp.prosupport <> 0 THEN ' SUPPORT ' || {fn:regproc_out}(zp.prosupport) END), '') || chr(10), '')
  || 'AS ' || CASE WHEN zp.probin IS NULL THEN '' ELSE '''' || zp.probin || ''', ' END || '$function$' || zp.prosrc || '$function$' || chr(10)`;

const definitions: Readonly<Record<string, Macro>> = {
  pg_get_expr: macro([2, 3], 'p1'),
  pg_get_constraintdef: {
    bodies: {
      1: text('constraint_texts', 'definition'),
      2: `CASE WHEN p2 THEN regexp_replace(${text('constraint_texts', 'definition')}, '^CHECK \\(\\((.*)\\)\\)$', 'CHECK (\\1)') ELSE ${text('constraint_texts', 'definition')} END`,
    },
  },
  pg_get_indexdef: {
    bodies: {
      1: text('index_texts', 'definition'),
      3: `CASE WHEN p2 = 0 THEN CASE WHEN p3 THEN ${prettyIndex} ELSE ${text('index_texts', 'definition')} END ELSE ${text('index_texts', 'columns[p2]')} END`,
    },
  },
  pg_get_viewdef: {
    bodies: {
      1: text('view_texts', 'definition'),
      2: `(SELECT CASE WHEN p2 THEN zr.pretty ELSE zr.definition END FROM {view_texts} zr WHERE zr.oid = p1)`,
    },
  },
  // pg_get_viewdef(view, column).
  pg_get_wrapped_viewdef: macro(
    2,
    `COALESCE((SELECT max_by(zr.definition, zr.width) FROM {view_wrapped_texts} zr WHERE zr.oid = p1 AND zr.width <= p2),
      ${text('view_texts', 'pretty')})`,
  ),
  pg_get_functiondef: macro(
    1,
    `COALESCE(${text('function_texts', 'definition')}, (SELECT CASE WHEN zp.prokind = 'a' THEN ${raise('42809', `'"' || zp.proname || '" is an aggregate function'`)}
      ELSE ${functionDefinition} END FROM {pg_proc} zp JOIN {pg_namespace} zn ON zn.oid = zp.pronamespace JOIN {pg_language} zm ON zm.oid = zp.prolang WHERE zp.oid = p1))`,
  ),
  pg_get_function_arguments: macro(1, text('proc_texts', 'arguments')),
  pg_get_function_identity_arguments: macro(1, text('proc_texts', 'identity_arguments')),
  pg_get_function_result: macro(1, text('proc_texts', 'result')),
  pg_get_function_sqlbody: none(1, 'VARCHAR'),
  pg_get_function_arg_default: none(2, 'VARCHAR'),
  pg_describe_object: macro(
    3,
    `CASE p1 WHEN 1255 THEN 'function ' || {fn:regprocedure_out}(p2) WHEN 1247 THEN 'type ' || {fn:regtype_out}(p2)
      WHEN 2612 THEN (SELECT 'language ' || {fn:quote_ident}(zr.lanname) FROM {pg_language} zr WHERE zr.oid = p2)
      WHEN 2615 THEN 'schema ' || {fn:regnamespace_out}(p2)
      WHEN 3079 THEN (SELECT 'extension ' || {fn:quote_ident}(zr.extname) FROM {pg_extension} zr WHERE zr.oid = p2)
      WHEN 2606 THEN (SELECT 'constraint ' || {fn:quote_ident}(zr.conname) || ' on table ' || {fn:regclass_out}(zr.conrelid) FROM {pg_constraint} zr WHERE zr.oid = p2)
      WHEN 1259 THEN CASE WHEN p3 = 0 THEN '' ELSE (SELECT 'column ' || {fn:quote_ident}(za.attname) || ' of ' FROM {pg_attribute} za WHERE za.attrelid = p2 AND za.attnum = p3) END
        || (SELECT CASE zr.relkind WHEN 'v' THEN 'view ' WHEN 'i' THEN 'index ' WHEN 'S' THEN 'sequence ' WHEN 'f' THEN 'foreign table ' ELSE 'table ' END FROM {pg_class} zr WHERE zr.oid = p2)
        || {fn:regclass_out}(p2) END`,
  ),
  pg_get_ruledef: none([1, 2], 'VARCHAR'),
  pg_get_triggerdef: none([1, 2], 'VARCHAR'),
  pg_get_statisticsobjdef: none(1, 'VARCHAR'),
  pg_get_statisticsobjdef_columns: none(1, 'VARCHAR'),
  pg_get_statisticsobjdef_expressions: none(1, 'VARCHAR[]'),
  pg_get_partkeydef: none(1, 'VARCHAR'),
  pg_get_partition_constraintdef: none([1, 2], 'VARCHAR'),
  pg_get_serial_sequence: macro(
    2,
    `(SELECT any_value({fn:quote_ident}(zn.nspname) || '.' || {fn:quote_ident}(zc.relname)) FROM {pg_depend} zd
      JOIN {pg_class} zc ON zc.oid = zd.objid JOIN {pg_namespace} zn ON zn.oid = zc.relnamespace
      JOIN {pg_attribute} za ON za.attrelid = zd.refobjid AND za.attnum = zd.refobjsubid
      WHERE zd.classid = 1259 AND zd.refclassid = 1259 AND zd.deptype IN ('a', 'i')
        AND zd.refobjid = {fn:to_regclass}(p1) AND za.attname = p2)`,
  ),
  pg_partition_root: none(1, 'INTEGER'),
  pg_partition_ancestors: macro(1, 'CAST([] AS INTEGER[])'),
  pg_partition_tree: macro(1, "[{'relid': p1, 'parentrelid': CAST(NULL AS INTEGER), 'isleaf': true, 'level': 0}][1:0]"),
  obj_description: {
    bodies: {
      1: '(SELECT any_value(zd.description) FROM {pg_description} zd WHERE zd.objoid = p1 AND zd.objsubid = 0)',
      2: `${described('pg_description')} AND zd.objsubid = 0)`,
    },
  },
  shobj_description: macro(2, `${described('pg_shdescription')})`),
  col_description: macro(
    2,
    '(SELECT any_value(zd.description) FROM {pg_description} zd WHERE zd.objoid = p1 AND zd.classoid = 1259 AND zd.objsubid = p2)',
  ),
};

const sizes: Readonly<Record<string, Macro>> = Object.fromEntries([
  ...['pg_relation_size', 'pg_total_relation_size', 'pg_table_size'].map((name): [string, Macro] => [
    name,
    macro(name === 'pg_relation_size' ? [1, 2] : 1, `COALESCE(${text('class_sizes', 'bytes')}, 0)`),
  ]),
  ['pg_database_size', macro(1, 'COALESCE((SELECT CAST(sum(zr.bytes) AS BIGINT) FROM {class_sizes} zr), 0)')],
  ['pg_indexes_size', fixed(1, '0')],
  ['pg_tablespace_size', fixed(1, '0')],
  ['pg_tablespace_location', fixed(1, "''")],
  ['pg_relation_filenode', fixed(1, '(SELECT nullif(zr.relfilenode, 0) FROM {pg_class} zr WHERE zr.oid = p1)')],
  ['pg_relation_filepath', none(1, 'VARCHAR')],
  [
    'pg_size_pretty',
    macro(
      1,
      `CASE WHEN abs(p1) < 10240 THEN CAST(CAST(p1 AS BIGINT) AS VARCHAR) || ' bytes'
        WHEN abs(p1) < 10240 * 1024::BIGINT - 512 THEN CAST(CAST(round(p1 / 1024.0) AS BIGINT) AS VARCHAR) || ' kB'
        WHEN abs(p1) < 10240 * 1048576::BIGINT - 524288 THEN CAST(CAST(round(p1 / 1048576.0) AS BIGINT) AS VARCHAR) || ' MB'
        WHEN abs(p1) < 10240 * 1073741824::BIGINT - 536870912 THEN CAST(CAST(round(p1 / 1073741824.0) AS BIGINT) AS VARCHAR) || ' GB'
        ELSE CAST(CAST(round(p1 / 1099511627776.0) AS BIGINT) AS VARCHAR) || ' TB' END`,
    ),
  ],
]);

const arrays: Readonly<Record<string, Macro>> = {
  array_out: macro(
    1,
    `'{' || array_to_string(list_transform(p1, lambda item: CASE WHEN item IS NULL THEN 'NULL'
      WHEN item = '' OR upper(item) = 'NULL' OR regexp_matches(item, '[{},"\\\\\\s]')
      THEN '"' || replace(replace(item, '\\', '\\\\'), '"', '\\"') || '"' ELSE item END), ',') || '}'`,
  ),
  array_in: macro(
    1,
    "CASE WHEN p1 = '{}' THEN [] ELSE string_split(regexp_replace(p1, '^\\{|\\}$', '', 'g'), ',') END",
  ),
  _pg_expandarray: macro(1, "list_transform(range(1, len(p1) + 1), lambda i: {'x': p1[i], 'n': CAST(i AS INTEGER)})"),
  pg_options_to_table: macro(
    1,
    "list_transform(p1, lambda o: {'option_name': split_part(o, '=', 1), 'option_value': substr(o, strpos(o, '=') + 1)})",
  ),
  acldefault: macro(
    2,
    `[(SELECT zr.rolname || '=' FROM {pg_authid} zr WHERE zr.oid = p2) || CASE p1 WHEN 'r' THEN 'arwdDxt' WHEN 'S' THEN 'rwU' WHEN 'f' THEN 'X'
      WHEN 'n' THEN 'UC' WHEN 'd' THEN 'CTc' ELSE 'U' END || '/' || (SELECT zr.rolname FROM {pg_authid} zr WHERE zr.oid = p2)]`,
  ),
  aclexplode: macro(
    1,
    `flatten(list_transform(p1, lambda acl: list_transform(regexp_extract_all(regexp_extract(acl, '=([^/]*)', 1), '[a-zA-Z]\\*?'),
      lambda letter: {'grantor': {role_oids}[regexp_extract(acl, '/("(?:[^"]|"")*"|[^/"]*)$', 1)],
        'grantee': COALESCE({role_oids}[regexp_extract(acl, '^("(?:[^"]|"")*"|[^="]*)=', 1)], 0),
        'privilege_type': CASE letter[1] WHEN 'a' THEN 'INSERT' WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
          WHEN 'D' THEN 'TRUNCATE' WHEN 'x' THEN 'REFERENCES' WHEN 't' THEN 'TRIGGER' WHEN 'X' THEN 'EXECUTE' WHEN 'U' THEN 'USAGE'
          WHEN 'C' THEN 'CREATE' WHEN 'c' THEN 'CONNECT' WHEN 'T' THEN 'TEMPORARY' ELSE letter END,
        'is_grantable': len(letter) = 2})))`.replaceAll('{role_oids}', '{const:role_oids}'),
  ),
};

/** By PostgreSQL's numbers. */
const encodings = `string_split('SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 JOHAB SHIFT_JIS_2004', ' ')`;

const shownIn = (value: string, units: readonly (readonly [number, string])[]) =>
  `CASE ${units.map(([size, unit]) => `WHEN ${value} % ${size} = 0 THEN CAST(${value} // ${size} AS VARCHAR) || '${unit}'`).join(' ')} END`;
const inUnits = (sizes: readonly (readonly [string, number])[]) =>
  `CAST(zt.setting AS BIGINT) * CASE zt.unit ${sizes.map(([unit, size]) => `WHEN '${unit}' THEN ${size}`).join(' ')} END`;
/** A setting that is PostgreSQL's only, as SHOW prints it: in the biggest unit that divides it. */
const seedSetting = `(SELECT CASE WHEN zt.vartype <> 'integer' OR zt.unit IS NULL OR CAST(zt.setting AS BIGINT) <= 0 THEN zt.setting
  WHEN zt.unit IN ('ms', 's', 'min') THEN ${shownIn(
    inUnits([
      ['ms', 1],
      ['s', 1000],
      ['min', 60_000],
    ]),
    [
      [86_400_000, 'd'],
      [3_600_000, 'h'],
      [60_000, 'min'],
      [1000, 's'],
      [1, 'ms'],
    ],
  )} ELSE ${shownIn(
    inUnits([
      ['B', 1],
      ['kB', 1024],
      ['8kB', 8192],
      ['MB', 1_048_576],
    ]),
    [
      [1_099_511_627_776, 'TB'],
      [1_073_741_824, 'GB'],
      [1_048_576, 'MB'],
      [1024, 'kB'],
      [1, 'B'],
    ],
  )} END FROM {settings_seed} zt WHERE lower(zt.name) = lower(p1))`;

const session: Readonly<Record<string, Macro>> = {
  current_database: macro(0, '{const:database}'),
  current_catalog: macro(0, '{const:database}'),
  current_user: macro(0, '{const:user}'),
  session_user: macro(0, '{const:session_user}'),
  user: macro(0, '{const:user}'),
  current_schema: macro(0, '(SELECT zs.name FROM {search_path} zs WHERE zs.position < 0 ORDER BY zs.position LIMIT 1)'),
  current_schemas: macro(
    1,
    '(SELECT COALESCE(list(zs.name ORDER BY zs.position), []) FROM {search_path} zs WHERE CASE WHEN p1 THEN zs.position >= 0 ELSE zs.position < 0 END)',
  ),
  version: macro(0, '{const:version}'),
  pg_backend_pid: macro(0, '(SELECT zi.pid FROM {session_info} zi)'),
  current_setting: {
    bodies: {
      1: `COALESCE((SELECT zs.setting FROM {session_settings} zs WHERE lower(zs.name) = lower(p1)), ${seedSetting},
        ${raise('42704', `'unrecognized configuration parameter "' || p1 || '"'`)})`,
      2: `COALESCE((SELECT zs.setting FROM {session_settings} zs WHERE lower(zs.name) = lower(p1)), ${seedSetting})`,
    },
  },
  set_config: macro(3, 'p2'),
  pg_my_temp_schema: macro(0, "COALESCE((SELECT zn.oid FROM {pg_namespace} zn WHERE zn.nspname LIKE 'pg_temp_%'), 0)"),
  pg_is_other_temp_schema: fixed(1, 'false'),
  pg_is_in_recovery: fixed(0, 'false'),
  pg_is_wal_replay_paused: fixed(0, 'false'),
  pg_postmaster_start_time: fixed(0, 'CAST({const:started} AS TIMESTAMPTZ)'),
  pg_conf_load_time: fixed(0, 'CAST({const:started} AS TIMESTAMPTZ)'),
  txid_current: fixed(0, 'CAST(1 AS BIGINT)'),
  inet_client_addr: none(0, 'VARCHAR'),
  inet_client_port: none(0, 'INTEGER'),
  inet_server_addr: none(0, 'VARCHAR'),
  inet_server_port: none(0, 'INTEGER'),
  getdatabaseencoding: fixed(0, "'UTF8'"),
  pg_client_encoding: fixed(0, "'UTF8'"),
  pg_encoding_to_char: macro(1, `COALESCE(${encodings}[p1 + 1], '')`),
  pg_char_to_encoding: macro(1, `COALESCE(CAST(list_position(${encodings}, upper(p1)) AS INTEGER) - 1, -1)`),
  pg_encoding_max_length: macro(1, 'CASE p1 WHEN 6 THEN 4 ELSE 1 END'),
  pg_relation_is_updatable: macro(
    [1, 2],
    "CASE WHEN (SELECT zr.relkind FROM {pg_class} zr WHERE zr.oid = p1) = 'r' THEN 28 ELSE 0 END",
  ),
  pg_column_is_updatable: macro(
    [2, 3],
    "COALESCE((SELECT zr.relkind FROM {pg_class} zr WHERE zr.oid = p1) = 'r', false)",
  ),
  pg_relation_is_publishable: macro(
    1,
    "(SELECT zr.relkind = 'r' AND zr.oid >= 16384 FROM {pg_class} zr WHERE zr.oid = p1)",
  ),
  pg_sequence_last_value: none(1, 'BIGINT'),
  pg_indexam_has_property: fixed(2, 'true'),
  pg_index_has_property: fixed(2, 'true'),
  pg_index_column_has_property: fixed(3, 'true'),
  nameconcatoid: macro(2, "p1 || '_' || CAST(p2 AS VARCHAR)"),
  like_escape: macro(2, 'p1'),
  quote_literal: macro(1, "'''' || replace(p1, '''', '''''') || ''''"),
  quote_nullable: macro(1, "COALESCE('''' || replace(p1, '''', '''''') || '''', 'NULL')"),
  similar_to: macro(2, "regexp_full_match(p1, replace(replace(p2, '%', '.*'), '_', '.'))"),
  to_number: macro(2, 'CAST(p1 AS DECIMAL(38,6))'),
  age: macro([1, 2], 'CAST(1 AS INTEGER)'),
  pg_sleep: fixed(1, "''"),
  pg_advisory_unlock_all: fixed(0, "''"),
  pg_stat_get_live_tuples: macro(1, 'COALESCE((SELECT zr.live FROM {row_counts} zr WHERE zr.oid = p1), 0)'),
  pg_stat_get_db_numbackends: macro(1, '(SELECT CAST(count(*) AS INTEGER) FROM {pg_stat_activity})'),
};

/** Of information_schema, written anew from what its columns mean. */
const informationSchema: Readonly<Record<string, Macro>> = {
  _pg_char_max_length: macro(
    2,
    'CASE WHEN p2 = -1 THEN NULL WHEN p1 IN (1042, 1043) THEN p2 - 4 WHEN p1 IN (1560, 1562) THEN p2 END',
  ),
  _pg_char_octet_length: macro(
    2,
    'CASE WHEN p1 IN (25, 1042, 1043) THEN CASE WHEN p2 = -1 THEN 1073741824 ELSE CAST((p2 - 4) * 4 AS INTEGER) END END',
  ),
  _pg_numeric_precision: macro(
    2,
    'CASE p1 WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 1700 THEN CASE WHEN p2 = -1 THEN NULL ELSE ((p2 - 4) >> 16) & 65535 END WHEN 700 THEN 24 WHEN 701 THEN 53 END',
  ),
  _pg_numeric_precision_radix: macro(2, 'CASE WHEN p1 IN (21, 23, 20, 700, 701) THEN 2 WHEN p1 = 1700 THEN 10 END'),
  _pg_numeric_scale: macro(
    2,
    'CASE WHEN p1 IN (21, 23, 20) THEN 0 WHEN p1 = 1700 THEN CASE WHEN p2 = -1 THEN NULL ELSE (p2 - 4) & 65535 END END',
  ),
  _pg_datetime_precision: macro(
    2,
    'CASE WHEN p1 = 1082 THEN 0 WHEN p1 IN (1083, 1114, 1184, 1266) THEN CASE WHEN p2 < 0 THEN 6 ELSE p2 END WHEN p1 = 1186 THEN CASE WHEN p2 < 0 OR p2 & 65535 = 65535 THEN 6 ELSE p2 & 65535 END END',
  ),
  _pg_interval_type: none(2, 'VARCHAR'),
  _pg_index_position: macro(
    2,
    '(SELECT CAST(list_position(zi.indkey, p2) AS INTEGER) FROM {pg_index} zi WHERE zi.indexrelid = p1)',
  ),
};

export const definitionFunctions: Readonly<Record<string, Macro>> = {
  ...definitions,
  ...sizes,
  ...arrays,
  ...session,
  ...informationSchema,
};
