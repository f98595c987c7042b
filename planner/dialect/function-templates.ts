/**
 * Functions of PostgreSQL as expressions of DuckDB, by name and number of arguments: `$1`, `$2` stand for the arguments. Used for functions
 * that DuckDB lacks or gives another type (a length is an integer, not a bigint) or another meaning.
 */

/** Templates of one name; the number of arguments tells which is meant. */
type Templates = readonly string[];

/** Reserved words of PostgreSQL 15, which quote_ident quotes. */
const reserved =
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
   constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default
   deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner
   intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or
   order outer overlaps placing primary references returning right select session_user similar some symmetric table tablesample then to
   trailing true union unique user using variadic verbose when where window with`.split(/\s+/);

const quoteIdent = `CASE WHEN regexp_full_match($1, '[a-z_][a-z0-9_$]*') AND $1 NOT IN (${reserved.map((word) => `'${word}'`).join(', ')}) THEN $1 ELSE '"' || replace($1, '"', '""') || '"' END`;
const doubled = `replace(CAST($1 AS VARCHAR), '''', '''''')`;
const quoteLiteral = `CASE WHEN contains(CAST($1 AS VARCHAR), '\\') THEN 'E''' || replace(${doubled}, '\\', '\\\\') || '''' ELSE '''' || ${doubled} || '''' END`;

const integer = (expression: string) => `CAST(${expression} AS INTEGER)`;
const length = [integer('length($1)')];
const lastIndex = ['CASE WHEN $2 = 1 THEN CAST(nullif(len($1), 0) AS INTEGER) END'];
const jsonKind = `CASE json_type(CAST($1 AS JSON)) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'
  WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE CASE WHEN $1 IS NOT NULL THEN 'number' END END`;
const jsonElements = 'CAST(CAST($1 AS JSON) AS JSON[])';
const jsonTexts = `list_transform(${jsonElements}, lambda __e: __e ->> '$')`;

export const functionTemplates: Readonly<Record<string, Templates>> = {
  length,
  char_length: length,
  character_length: length,
  octet_length: [integer('strlen($1)')],
  bit_length: [integer('bit_length($1)')],
  position: [integer('strpos($1, $2)')],
  strpos: [integer('strpos($1, $2)')],
  initcap: [
    `array_to_string(list_transform(regexp_extract_all(lower($1), '[\\pL\\pN]+|[^\\pL\\pN]+'), lambda __e: upper(__e[1]) || __e[2:]), '')`,
  ],
  lpad: [`lpad($1, $2, ' ')`],
  rpad: [`rpad($1, $2, ' ')`],
  btrim: ['trim($1)', 'trim($1, $2)'],
  overlay: [
    'left($1, $3 - 1) || $2 || substring($1, $3 + length($2))',
    'left($1, $3 - 1) || $2 || substring($1, $3 + $4)',
  ],
  sha256: ['unhex(sha256($1))'],
  quote_ident: [quoteIdent],
  quote_literal: [quoteLiteral],
  quote_nullable: [`coalesce(${quoteLiteral}, 'NULL')`],
  regexp_count: [integer('len(regexp_extract_all($1, $2))')],
  regexp_like: [`regexp_matches($1, $2, 's')`, 'regexp_matches($1, $2, $3)'],
  regexp_substr: [`CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2) END`],
  string_to_array: [
    `CASE WHEN $1 = '' THEN CAST([] AS VARCHAR[]) ELSE string_to_array($1, $2) END`,
    `CASE WHEN $1 = '' THEN CAST([] AS VARCHAR[]) ELSE list_transform(string_to_array($1, $2), lambda __e: nullif(__e, $3)) END`,
  ],
  array_to_string: [
    'array_to_string($1, $2)',
    'array_to_string(list_transform($1, lambda __e: coalesce(CAST(__e AS VARCHAR), $3)), $2)',
  ],
  to_hex: ['lower(to_hex($1))'],
  div: ['CAST($1 // $2 AS DECIMAL(38,0))'],
  sign: ['CAST(sign($1) AS DOUBLE)'],
  width_bucket: [
    integer('len(list_filter($2, lambda __e: __e <= $1))'),
    integer(
      'CASE WHEN $1 < $2 THEN 0 WHEN $1 >= $3 THEN $4 + 1 ELSE floor(CAST($1 - $2 AS DOUBLE) * $4 / ($3 - $2)) + 1 END',
    ),
  ],
  array_length: lastIndex,
  array_upper: lastIndex,
  array_lower: ['CASE WHEN $2 = 1 AND len($1) > 0 THEN 1 END'],
  array_ndims: ['CASE WHEN len($1) > 0 THEN 1 END'],
  array_dims: [`CASE WHEN len($1) > 0 THEN '[1:' || len($1) || ']' END`],
  cardinality: [integer('len($1)')],
  array_positions: [
    'list_filter(CAST(range(1, len($1) + 1) AS INTEGER[]), lambda __e: $1[__e] IS NOT DISTINCT FROM $2)',
  ],
  array_remove: ['list_filter($1, lambda __e: __e IS DISTINCT FROM $2)'],
  array_replace: ['list_transform($1, lambda __e: CASE WHEN __e IS NOT DISTINCT FROM $2 THEN $3 ELSE __e END)'],
  array_fill: ['list_transform(range($2[1]), lambda __e: CASE WHEN __e >= 0 THEN $1 END)'],
  date_bin: ['time_bucket(CAST($1 AS INTERVAL), $2, $3)'],
  clock_timestamp: ['now()'],
  statement_timestamp: ['now()'],
  justify_days: [
    "to_months(date_part('year', $1) * 12 + date_part('month', $1) + date_part('day', $1) // 30) + to_days(CAST(date_part('day', $1) % 30 AS INTEGER)) + ($1 - to_months(date_part('year', $1) * 12 + date_part('month', $1)) - to_days(CAST(date_part('day', $1) AS INTEGER)))",
  ],
  justify_hours: [
    "to_days(CAST(date_part('hour', $1) // 24 AS INTEGER)) + ($1 - to_hours(CAST(date_part('hour', $1) // 24 * 24 AS BIGINT)))",
  ],
  json_typeof: [jsonKind],
  jsonb_typeof: [jsonKind],
  json_array_length: [integer('json_array_length(CAST($1 AS JSON))')],
  jsonb_array_length: [integer('json_array_length(CAST($1 AS JSON))')],
  to_jsonb: ['to_json($1)'],
  jsonb_pretty: ['json_pretty(CAST($1 AS JSON))'],
  jsonb_exists: ["json_exists(CAST($1 AS JSON), '$.\"' || $2 || '\"')"],
  json_array_elements: [`unnest(${jsonElements})`],
  jsonb_array_elements: [`unnest(${jsonElements})`],
  json_array_elements_text: [`unnest(${jsonTexts})`],
  jsonb_array_elements_text: [`unnest(${jsonTexts})`],
  json_object_keys: ['unnest(json_keys(CAST($1 AS JSON)))'],
  jsonb_object_keys: ['unnest(json_keys(CAST($1 AS JSON)))'],
  string_to_table: [`unnest(CASE WHEN $1 = '' THEN CAST([] AS VARCHAR[]) ELSE string_to_array($1, $2) END)`],
};

/** How many arguments a template takes: its highest `$n`. */
export function arityOf(template: string): number {
  return Math.max(0, ...[...template.matchAll(/\$(\d)/g)].map((match) => Number(match[1])));
}

/** Aggregates that DuckDB has under another name. */
export const aggregateNames: Readonly<Record<string, string>> = { every: 'bool_and' };

/**
 * Aggregates as expressions over one that DuckDB has: `inner` is called with the arguments in their templates, with the DISTINCT, FILTER and
 * ORDER BY of the call, and stands for `$1` in `outer`.
 */
export const aggregateTemplates: Readonly<
  Record<string, { readonly inner: string; readonly argument: string; readonly outer: string }>
> = {
  json_agg: jsonAggregate(`coalesce(CAST(to_json($1) AS VARCHAR), 'null')`, '[', ', ', ']'),
  jsonb_agg: jsonAggregate(`coalesce(CAST(to_json($1) AS VARCHAR), 'null')`, '[', ', ', ']'),
  json_object_agg: jsonAggregate(
    `to_json(CAST($1 AS VARCHAR)) || ' : ' || coalesce(CAST(to_json($2) AS VARCHAR), 'null')`,
    '{ ',
    ', ',
    ' }',
  ),
  jsonb_object_agg: jsonAggregate(
    `to_json(CAST($1 AS VARCHAR)) || ': ' || coalesce(CAST(to_json($2) AS VARCHAR), 'null')`,
    '{',
    ', ',
    '}',
  ),
};

function jsonAggregate(argument: string, open: string, comma: string, close: string) {
  return {
    inner: 'array_agg',
    argument,
    outer: `CAST('${open}' || array_to_string($1, '${comma}') || '${close}' AS JSON)`,
  };
}
