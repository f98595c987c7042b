/** From OIDs to names and back: regclass and its kin, visibility. */
import { type Macro, macro, raise } from './macro.ts';

/** The parts of a name as it is written in SQL, each as it is meant, without the database. */
const parts = `list_transform(regexp_extract_all(p1, '"(?:[^"]|"")+"|[^".]+'),
  lambda part: CASE WHEN part LIKE '"%' THEN replace(part[2:-2], '""', '"') ELSE lower(trim(part)) END)`;
const nameKey = `array_to_string(${parts}[greatest(1, len(${parts}) - 1):], chr(31))`;

/** A lookup of one kind of object by name. */
function lookup(kind: Kind): string {
  return `(SELECT any_value(zf.oid) FROM {${kind}_keys} zf WHERE zf.key = ${nameKey})`;
}

type Kind = 'class' | 'type';

const named: Readonly<Record<Kind, readonly [relation: string, name: string, namespace: string]>> = {
  class: ['pg_class', 'relname', 'relnamespace'],
  type: ['pg_type', 'typname', 'typnamespace'],
};

/** Whether the search path finds the object by its bare name first, and the name that finds it. */
function shownQuery(kind: Kind): string {
  const [relation, name, namespace] = named[kind];
  return `SELECT c.oid, COALESCE(s.position = min(s.position) OVER (PARTITION BY c.${name}), false) AS visible,
    CASE WHEN visible THEN '' ELSE {fn:quote_ident}(n.nspname) || '.' END || {fn:quote_ident}(c.${name}) AS name
    FROM {${relation}} c JOIN {pg_namespace} n ON n.oid = c.${namespace}
      LEFT JOIN {search_path} s ON s.name = n.nspname AND s.position >= 0`;
}

/** The names by which an object is found: bare if it is visible, and with its schema. */
function keysQuery(kind: Kind): string {
  const [relation, name, namespace] = named[kind];
  return `SELECT c.oid, c.${name} AS key FROM {${relation}} c JOIN {${kind}_shown} s ON s.oid = c.oid WHERE s.visible
    UNION ALL SELECT c.oid, n.nspname || chr(31) || c.${name} FROM {${relation}} c JOIN {pg_namespace} n ON n.oid = c.${namespace}`;
}

const visible = (kind: Kind) => `(SELECT zr.visible FROM {${kind}_shown} zr WHERE zr.oid = p1)`;
/** In the search path at all: for objects that are told apart by more than their names. */
function reachable(relation: string, namespace: string): string {
  return `(SELECT zs.position IS NOT NULL FROM {${relation}} zc JOIN {pg_namespace} zn ON zn.oid = zc.${namespace}
    LEFT JOIN {search_path} zs ON zs.name = zn.nspname AND zs.position >= 0 WHERE zc.oid = p1)`;
}

function input(to: string, sqlstate: string, kind: string): Macro {
  return macro(
    1,
    `CASE WHEN p1 IS NULL THEN NULL WHEN regexp_full_match(p1, '[0-9]+') THEN TRY_CAST(p1 AS INTEGER) WHEN p1 = '-' THEN 0
      ELSE COALESCE({fn:${to}}(p1), ${raise(sqlstate, `'${kind} "' || p1 || '" does not exist'`)}) END`,
  );
}

/** SQL's names of types by PostgreSQL's own. */
const sqlTypeNames = `CASE base WHEN 'bool' THEN 'boolean' WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'integer' WHEN 'int8' THEN 'bigint'
  WHEN 'float4' THEN 'real' WHEN 'float8' THEN 'double precision' WHEN 'varchar' THEN 'character varying' WHEN 'varbit' THEN 'bit varying'
  WHEN 'time' THEN 'time without time zone' WHEN 'timetz' THEN 'time with time zone' WHEN 'timestamp' THEN 'timestamp without time zone'
  WHEN 'timestamptz' THEN 'timestamp with time zone' WHEN 'bpchar' THEN 'character' WHEN 'char' THEN '"char"' WHEN 'bit' THEN 'bit' WHEN 'interval' THEN 'interval'
  WHEN 'numeric' THEN 'numeric' END`;

/** How each type prints. */
const typeNamesQuery = `SELECT zt.oid, CASE WHEN ze.oid IS NULL THEN zt.typname ELSE ze.typname END AS base, ze.oid IS NOT NULL AS is_array,
  CASE WHEN zn.nspname = 'pg_catalog' AND ${sqlTypeNames} IS NOT NULL THEN ${sqlTypeNames}
    ELSE CASE WHEN zs.position IS NULL THEN {fn:quote_ident}(zn.nspname) || '.' ELSE '' END
      || {fn:quote_ident}(base) END AS display
  FROM {pg_type} zt LEFT JOIN {pg_type} ze ON ze.oid = zt.typelem AND zt.typcategory = 'A' AND zt.typlen = -1 AND zt.typstorage <> 'p'
    JOIN {pg_namespace} zn ON zn.oid = COALESCE(ze.typnamespace, zt.typnamespace)
    LEFT JOIN {search_path} zs ON zs.name = zn.nspname AND zs.position >= 0`;

/** Tables of this room that are made of catalogs, when they are first needed. */
export const derivedTables: Readonly<Record<string, string>> = {
  type_names: typeNamesQuery,
  class_shown: shownQuery('class'),
  class_keys: keysQuery('class'),
  type_shown: shownQuery('type'),
  type_keys: keysQuery('type'),
};

/** What is put behind or into the name for a type modifier. */
const modifier = `CASE
  WHEN base IN ('varchar', 'bpchar') THEN '(' || CAST(p2 - 4 AS VARCHAR) || ')'
  WHEN base = 'numeric' THEN '(' || CAST(((p2 - 4) >> 16) & 65535 AS VARCHAR) || ',' || CAST((p2 - 4) & 2047 AS VARCHAR) || ')'
  WHEN base IN ('bit', 'varbit', 'time', 'timetz', 'timestamp', 'timestamptz') THEN '(' || CAST(p2 AS VARCHAR) || ')' ELSE '' END`;
const withModifier = `CASE WHEN base IN ('time', 'timetz', 'timestamp', 'timestamptz')
  THEN regexp_replace(display, '^(time(?:stamp)?)', '\\1' || ${modifier}) ELSE display || ${modifier} END`;
const formatType = (named: string) =>
  `CASE WHEN p1 IS NULL THEN NULL WHEN p1 = 0 THEN '-' ELSE COALESCE((SELECT ${named} || CASE WHEN is_array THEN '[]' ELSE '' END
    FROM {type_names} zty WHERE zty.oid = p1), '???') END`;

/** A type as it may be written: without sizes, in one spacing. */
const typeKey = `trim(regexp_replace(regexp_replace(p1, '\\([^)]*\\)', '', 'g'), '\\s+', ' ', 'g'))`;
const typeSynonyms = `CASE lower(${typeKey}) WHEN 'int' THEN 'integer' WHEN 'decimal' THEN 'numeric' WHEN 'float' THEN 'double precision'
  WHEN 'char' THEN 'character' WHEN 'timestamp' THEN 'timestamp without time zone' WHEN 'time' THEN 'time without time zone'
  WHEN 'int[]' THEN 'integer[]' ELSE ${typeKey} END`;
const findType = `COALESCE((SELECT any_value(zty.oid) FROM {type_names} zty
    WHERE display || CASE WHEN is_array THEN '[]' ELSE '' END IN (${typeSynonyms}, lower(${typeSynonyms}))),
  CASE WHEN p1 LIKE '%[]' THEN (SELECT nullif(zt.typarray, 0) FROM {pg_type} zt WHERE zt.oid = {fn:find_type}(left(p1, len(p1) - 2))) ELSE {fn:find_type}(p1) END)`;

const plainNames = (relation: string, name: string) => ({
  to: macro(1, `(SELECT any_value(zr.oid) FROM {${relation}} zr WHERE zr.${name} = ${nameKey})`),
  out: macro(
    1,
    `CASE WHEN p1 = 0 THEN '-' ELSE COALESCE((SELECT {fn:quote_ident}(zr.${name}) FROM {${relation}} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR)) END`,
  ),
});
const namespaces = plainNames('pg_namespace', 'nspname');
const roles = plainNames('pg_authid', 'rolname');
const procedure = `CASE WHEN p1 = 0 THEN '-' ELSE COALESCE((SELECT CASE WHEN {fn:pg_function_is_visible}(zc.oid) THEN '' ELSE zn.nspname || '.' END
  || {fn:quote_ident}(zc.proname) FROM {pg_proc} zc JOIN {pg_namespace} zn ON zn.oid = zc.pronamespace WHERE zc.oid = p1), CAST(p1 AS VARCHAR)) END`;
/** Functions of a name: of its schema, or of those in the search path. */
const nameParts = parts.replaceAll('p1', () => "regexp_replace(p1, '\\(.*$', '')");
const namesakes = `{pg_proc} zp JOIN {pg_namespace} zn ON zn.oid = zp.pronamespace
  LEFT JOIN {search_path} zs ON zs.name = zn.nspname AND zs.position >= 0
  WHERE zp.proname = list_last(${nameParts}) AND CASE WHEN len(${nameParts}) > 1 THEN zn.nspname = ${nameParts}[-2] ELSE zs.position IS NOT NULL END`;
const onlyNamesake = (otherwise: string) =>
  `(SELECT CASE WHEN count(*) > 1 THEN ${otherwise} ELSE min(zp.oid) END FROM ${namesakes})`;
const procedureIn = `CASE WHEN p1 IS NULL THEN NULL WHEN regexp_full_match(p1, '[0-9]+') THEN TRY_CAST(p1 AS INTEGER) WHEN p1 = '-' THEN 0
  ELSE COALESCE(${onlyNamesake(raise('42725', `'more than one function named "' || p1 || '"'`))}, ${raise('42883', `'function "' || p1 || '" does not exist'`)}) END`;
/** The types of its arguments as they print, without their names. */
const argumentTypes = (oid: string) =>
  `(SELECT COALESCE(string_agg({fn:format_type}(zt.x, NULL), ','), '') FROM (SELECT unnest(zk.proargtypes) AS x FROM {pg_proc} zk WHERE zk.oid = ${oid}) zt)`;
/** The same as somebody writes them. */
const writtenTypes = `array_to_string(list_transform(string_split(regexp_extract(p1, '\\((.*)\\)', 1), ','), lambda item:
  CASE lower(trim(item)) WHEN 'int' THEN 'integer' WHEN 'int4' THEN 'integer' WHEN 'int8' THEN 'bigint' WHEN 'int2' THEN 'smallint'
    WHEN 'bool' THEN 'boolean' WHEN 'float8' THEN 'double precision' WHEN 'float4' THEN 'real' WHEN 'varchar' THEN 'character varying'
    WHEN 'decimal' THEN 'numeric' WHEN 'timestamptz' THEN 'timestamp with time zone' WHEN 'timestamp' THEN 'timestamp without time zone'
    ELSE trim(item) END), ',')`;
const signed = `(SELECT min(zp.oid) FROM ${namesakes} AND ${argumentTypes('zp.oid')} = ${writtenTypes})`;

export const nameFunctions: Readonly<Record<string, Macro>> = {
  quote_ident: macro(
    1,
    `CASE WHEN regexp_full_match(p1, '[a-z_][a-z0-9_$]*') AND p1 NOT IN (SELECT zk.word FROM {pg_keywords} zk WHERE zk.catcode <> 'U') THEN p1
      ELSE '"' || replace(p1, '"', '""') || '"' END`,
  ),
  to_regclass: macro(1, lookup('class')),
  regclass_in: input('to_regclass', '42P01', 'relation'),
  regclass_out: macro(
    1,
    `CASE WHEN p1 = 0 THEN '-' ELSE COALESCE((SELECT zr.name FROM {class_shown} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR)) END`,
  ),
  find_type: macro(1, lookup('type')),
  to_regtype: macro(1, findType),
  regtype_in: input('to_regtype', '42704', 'type'),
  regtype_out: macro(1, `COALESCE(nullif(${formatType('display')}, '???'), CAST(p1 AS VARCHAR))`),
  format_type: {
    bodies: {
      1: formatType('display'),
      2: formatType(
        `CASE WHEN base = 'bpchar' AND p2 = -1 THEN 'bpchar' WHEN p2 IS NULL OR p2 < 0 THEN display ELSE ${withModifier} END`,
      ),
    },
  },
  to_regproc: macro(1, onlyNamesake('NULL')),
  regproc_in: macro(1, procedureIn),
  // The same, for names that may be those of users' functions: see `functionReaders`.
  any_regproc_in: macro(1, procedureIn),
  regproc_out: macro(1, procedure),
  to_regprocedure: macro(1, signed),
  regprocedure_in: input('to_regprocedure', '42883', 'function'),
  regprocedure_out: macro(
    1,
    `CASE WHEN p1 = 0 THEN '-' ELSE {fn:regproc_out}(p1) || '(' || ${argumentTypes('p1')} || ')' END`,
  ),
  oidvectortypes: macro(
    1,
    `(SELECT COALESCE(string_agg({fn:format_type}(zt.x, NULL), ', '), '') FROM (SELECT unnest(p1) AS x) zt)`,
  ),
  to_regnamespace: namespaces.to,
  regnamespace_in: input('to_regnamespace', '3F000', 'schema'),
  regnamespace_out: namespaces.out,
  to_regrole: roles.to,
  regrole_in: input('to_regrole', '42704', 'role'),
  regrole_out: roles.out,
  regoper_out: macro(1, `COALESCE((SELECT zr.oprname FROM {pg_operator} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR))`),
  regoperator_out: macro(
    1,
    `COALESCE((SELECT zr.oprname || '(' || {fn:regtype_out}(zr.oprleft) || ',' || {fn:regtype_out}(zr.oprright) || ')' FROM {pg_operator} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR))`,
  ),
  regconfig_out: macro(
    1,
    `COALESCE((SELECT zr.cfgname FROM {pg_ts_config} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR))`,
  ),
  regdictionary_out: macro(
    1,
    `COALESCE((SELECT zr.dictname FROM {pg_ts_dict} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR))`,
  ),
  regcollation_out: macro(
    1,
    `COALESCE((SELECT '"' || zr.collname || '"' FROM {pg_collation} zr WHERE zr.oid = p1), CAST(p1 AS VARCHAR))`,
  ),
  pg_table_is_visible: macro(1, visible('class')),
  pg_type_is_visible: macro(1, visible('type')),
  pg_function_is_visible: macro(1, reachable('pg_proc', 'pronamespace')),
  pg_operator_is_visible: macro(1, reachable('pg_operator', 'oprnamespace')),
  pg_opclass_is_visible: macro(1, reachable('pg_opclass', 'opcnamespace')),
  pg_opfamily_is_visible: macro(1, reachable('pg_opfamily', 'opfnamespace')),
  pg_collation_is_visible: macro(1, reachable('pg_collation', 'collnamespace')),
  pg_conversion_is_visible: macro(1, reachable('pg_conversion', 'connamespace')),
  pg_statistics_obj_is_visible: macro(1, reachable('pg_statistic_ext', 'stxnamespace')),
  pg_ts_config_is_visible: macro(1, reachable('pg_ts_config', 'cfgnamespace')),
  pg_ts_dict_is_visible: macro(1, reachable('pg_ts_dict', 'dictnamespace')),
  pg_ts_parser_is_visible: macro(1, reachable('pg_ts_parser', 'prsnamespace')),
  pg_ts_template_is_visible: macro(1, reachable('pg_ts_template', 'tmplnamespace')),
  pg_get_userbyid: macro(
    1,
    `COALESCE((SELECT zr.rolname FROM {pg_authid} zr WHERE zr.oid = p1), 'unknown (OID=' || CAST(p1 AS VARCHAR) || ')')`,
  ),
};
