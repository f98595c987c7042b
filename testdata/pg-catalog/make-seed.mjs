/**
 * Makes gateway/pg-catalog/seed from an empty database of a PostgreSQL 15 server:
 *
 *   node testdata/pg-catalog/make-seed.mjs 'postgresql://user@host:port/database'
 *
 * relations.json: every relation of pg_catalog and information_schema with its columns, one relation per line; views with their definition.
 * NAME.csv: the rows of a catalog that every database of this version has; NULL is an empty field, '' is "", arrays and vectors are JSON.
 * functions.json: the names of functions by the type that they give, where all of a name give the same.
 * Expression trees are written as the text that pg_get_expr gives of them.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

const folder = join(import.meta.dirname, '../../gateway/pg-catalog/seed');
/** Rows of these tell of one database, not of the version; or nobody asks for them. */
const withoutRows = new Set([
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_depend',
  'pg_shdepend',
  'pg_init_privs',
  'pg_database',
  'pg_largeobject',
  'pg_largeobject_metadata',
  'pg_db_role_setting',
  'pg_seclabel',
  'pg_shseclabel',
  'pg_replication_origin',
  'pg_trigger',
]);
/** What set-returning functions give that is the same everywhere. */
const extras = {
  settings_seed: 'SELECT * FROM pg_settings ORDER BY name',
  pg_keywords: 'SELECT * FROM pg_get_keywords() ORDER BY 1',
  // What belongs to extensions; the rest is asked of no version.
  pg_depend: `SELECT classid::oid, objid, objsubid, refclassid::oid, refobjid, refobjsubid, deptype FROM pg_depend WHERE deptype = 'e'
    ORDER BY classid, objid`,
  ts_token_types: "SELECT * FROM ts_token_type('default') ORDER BY 1",
  pg_timezone_abbrevs: 'SELECT * FROM pg_timezone_abbrevs ORDER BY 1',
  proc_texts: `SELECT oid, pg_get_function_arguments(oid) AS arguments, pg_get_function_identity_arguments(oid) AS identity_arguments,
    pg_get_function_result(oid) AS result FROM pg_proc ORDER BY oid`,
  index_texts: `SELECT indexrelid AS oid, pg_get_indexdef(indexrelid) AS definition,
    (SELECT json_agg(pg_get_indexdef(indexrelid, n, false) ORDER BY n) FROM generate_series(1, indnatts) n) AS columns FROM pg_index
    WHERE indrelid < 16384 AND indrelid NOT IN (SELECT oid FROM pg_class WHERE relkind = 't') ORDER BY 1`,
  constraint_texts:
    'SELECT oid, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE oid < 16384 ORDER BY oid',
};
/** Settings that tell of the server that the seed was made on. */
const ownSettings =
  /(_file|_directory|_directories|_command|^cluster_name|^port|^listen_addresses|^config_file|^log_timezone)$/;

const client = new pg.Client(process.argv[2]);
const query = async (sql) => (await client.query(sql)).rows;

function field(value) {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' && !(value instanceof Date) ? JSON.stringify(value) : String(value);
  return text === '' || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function write(name, columns, rows) {
  const lines = [columns.join(','), ...rows.map((row) => columns.map((column) => field(row[column])).join(','))];
  writeFileSync(join(folder, `${name}.csv`), `${lines.join('\n')}\n`);
}

function exported({ name, type }, relation) {
  const quoted = `t."${name}"`;
  if (relation === 'pg_authid' && name === 'rolpassword') return `NULL AS "${name}"`;
  if (name === 'prosqlbody') return `NULL AS "${name}"`;
  if (relation === 'pg_rewrite' && type === 'pg_node_tree') return `'' AS "${name}"`;
  if (type === 'pg_node_tree')
    return `pg_get_expr(${quoted}, ${relation === 'pg_index' ? 't.indrelid' : '0'}) AS "${name}"`;
  if (type === 'int2vector' || type === 'oidvector')
    return `to_json(string_to_array(${quoted}::text, ' ')::int8[]) AS "${name}"`;
  if (type === '_oid' || type === '_regtype') return `to_json(${quoted}::oid[]::int8[]) AS "${name}"`;
  if (type === '_aclitem' || type === '_char') return `to_json(${quoted}::text[]) AS "${name}"`;
  if (type.startsWith('_')) return `to_json(${quoted}) AS "${name}"`;
  if (type === 'regproc') return `${quoted}::oid AS "${name}"`;
  return `${quoted}::text AS "${name}"`;
}

await client.connect();
if (client.user !== 'sluice')
  throw new Error('the owner of everything has to be "sluice": initdb -U sluice --locale=C.UTF-8');
pg.types.setTypeParser(1184, (text) => text);
pg.types.setTypeParser(1186, (text) => text);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const relations = await query(`
  SELECT c.oid::int4, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
    CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', coalesce(b.typname, t.typname)) ORDER BY a.attnum)
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
     WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') ORDER BY 2 DESC, 3`);
const lines = relations.map(({ columns, ...rest }) => {
  const shown = { ...rest, columns: columns.map(({ name, type }) => [name, type]) };
  if (shown.definition === null) delete shown.definition;
  return JSON.stringify(shown);
});
writeFileSync(join(folder, 'relations.json'), `[\n${lines.join(',\n')}\n]\n`);
for (const { schema, name, kind, columns } of relations) {
  if (kind !== 'r' || withoutRows.has(name)) continue;
  const list = columns.map((column) => exported(column, name)).join(', ');
  const own = columns.some((column) => column.name === 'oid') ? 'WHERE t.oid < 16384' : '';
  const rows = await query(`SELECT ${list} FROM ${schema}."${name}" t ${own} ORDER BY 1, 2`);
  if (rows.length > 0)
    write(
      name,
      columns.map((column) => column.name),
      rows,
    );
}
for (const [name, sql] of Object.entries(extras)) {
  const result = await client.query(sql);
  const rows = name === 'settings_seed' ? result.rows.filter((row) => !ownSettings.test(row.name)) : result.rows;
  write(
    name,
    result.fields.map((f) => f.name),
    rows,
  );
}
const functions = await query(`
  SELECT type, json_agg(name ORDER BY name) AS names FROM (
    SELECT p.proname AS name, min(coalesce(b.typname, t.typname)) AS type FROM pg_proc p
    JOIN pg_type t ON t.oid = p.prorettype LEFT JOIN pg_type b ON b.oid = t.typbasetype
    GROUP BY 1 HAVING count(DISTINCT p.prorettype) = 1) f
  WHERE type !~ '^(any|internal|trigger|event_trigger|record|void|.*_handler)' GROUP BY 1 ORDER BY 1`);
const typeLines = functions.map(({ type, names }) => `${JSON.stringify(type)}: ${JSON.stringify(names)}`);
writeFileSync(join(folder, 'functions.json'), `{\n${typeLines.join(',\n')}\n}\n`);
await client.end();
process.stdout.write(`${readdirSync(folder).length} files\n`);
