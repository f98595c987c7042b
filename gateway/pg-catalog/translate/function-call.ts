import { type FuncCall, type Node, stringsOf, type WindowDef } from '../../../planner/sql/postgres.ts';
import { elementOf, isArray, isText, namedOids, vectors } from '../pg-type-names.ts';
import { castTo, toText } from './casts.ts';
import { macroCall, quoted, quotedText, type Scope, type Translation, type Typed } from './context.ts';
import { commonType, expression, unsupported } from './expression.ts';
import { orderBy, windowBody } from './order.ts';
import { privilegeCall } from './privilege-call.ts';

/** Functions that give a list here and a set of rows in PostgreSQL, with the type of an element. */
export const setFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'generate_series',
  'generate_subscripts',
  '_pg_expandarray',
  'aclexplode',
  'pg_options_to_table',
  'pg_partition_ancestors',
  'pg_partition_tree',
  'regexp_split_to_table',
  'string_to_table',
  'json_array_elements',
  'json_array_elements_text',
  'pg_listening_channels',
  'jsonb_array_elements',
  'jsonb_array_elements_text',
]);

/** Functions whose first argument is a relation, given by name or OID. */
const ofRelations: ReadonlySet<string> = new Set([
  'pg_relation_size',
  'pg_total_relation_size',
  'pg_table_size',
  'pg_indexes_size',
  'pg_relation_filenode',
  'pg_relation_filepath',
  'pg_relation_is_updatable',
  'pg_column_is_updatable',
  'pg_partition_root',
  'pg_partition_ancestors',
  'pg_partition_tree',
  'pg_get_viewdef',
  'pg_sequence_last_value',
  'pg_relation_is_publishable',
]);

/** Other names of DuckDB's functions. */
const renamed: Readonly<Record<string, string>> = {
  every: 'bool_and',
  char_length: 'length',
  character_length: 'length',
  octet_length: 'strlen',
  cardinality: 'len',
  array_cat: 'list_concat',
  array_append: 'list_append',
  array_position: 'list_position',
  btrim: 'trim',
  json_build_array: 'json_array',
  jsonb_build_array: 'json_array',
  json_build_object: 'json_object',
  jsonb_build_object: 'json_object',
  json_agg: 'json_group_array',
  jsonb_agg: 'json_group_array',
  json_object_agg: 'json_group_object',
  jsonb_object_agg: 'json_group_object',
  row_to_json: 'to_json',
  to_jsonb: 'to_json',
  json_array_length: 'json_array_length',
  pow: 'power',
  regexp_match: 'regexp_extract_all',
  clock_timestamp: 'now',
  statement_timestamp: 'now',
  transaction_timestamp: 'now',
  position: 'strpos',
};

/** Functions that give what their first argument is. */
const sameAsArgument: ReadonlySet<string> = new Set([
  'min',
  'max',
  'any_value',
  'abs',
  'first_value',
  'last_value',
  'lag',
  'lead',
  'array_remove',
  'array_append',
  'array_cat',
]);
/** Functions that take values of any type as they are. */
const takesAnything: ReadonlySet<string> = new Set([
  'count',
  'min',
  'max',
  'array_agg',
  'first_value',
  'last_value',
  'lag',
  'lead',
  'unnest',
  'pg_typeof',
  'coalesce',
  'cardinality',
  'array_length',
  'array_upper',
  'array_lower',
  'array_position',
  'array_remove',
  'array_append',
  'array_cat',
  'generate_subscripts',
  '_pg_expandarray',
]);

const typesByName: Readonly<Record<string, string>> = {
  count: 'int8',
  string_agg: 'text',
  concat: 'text',
  concat_ws: 'text',
  lower: 'text',
  upper: 'text',
  length: 'int4',
  row_number: 'int8',
  array_position: 'int4',
  json_agg: 'json',
  json_build_object: 'json',
  substring: 'text',
  trim: 'text',
  btrim: 'text',
  date_part: 'float8',
  replace: 'text',
};

/** `format('%I.%I', a, b)` as a concatenation. */
function format(t: Translation, args: readonly Typed[]): Typed | undefined {
  const pattern = args[0]?.literal;
  if (pattern === undefined) return undefined;
  let next = 1;
  const parts = pattern.split(/(%[sIL%])/).flatMap((part) => {
    if (part === '') return [];
    if (part === '%%') return [quotedText('%')];
    if (!/^%[sIL]$/.test(part)) return [quotedText(part)];
    const argument = args[next++];
    if (argument === undefined) throw unsupported('format() with too few arguments');
    const text = toText(t, argument).sql;
    if (part === '%s') return [`COALESCE(${text}, '')`];
    return [macroCall(t, part === '%I' ? 'quote_ident' : 'quote_nullable', [text]).sql];
  });
  return { sql: parts.length === 0 ? "''" : `(${parts.join(' || ')})`, type: 'text' };
}

type Special = (t: Translation, args: readonly Typed[]) => Typed | undefined;

const vectorStart = (value: Typed | undefined) => (value?.type !== undefined && vectors.has(value.type) ? 0 : 1);

/** Functions that need more than another name. Undefined: as any other. */
const specials: Readonly<Record<string, Special>> = {
  format,
  pg_get_viewdef: (t, [view, column]) =>
    column !== undefined && /^int\d$/.test(column.type ?? '')
      ? macroCall(t, 'pg_get_wrapped_viewdef', [view!.sql, column.sql], 'text')
      : undefined,
  // A numeric without a scale (see planner/dialect).
  extract: (_t, args) => ({
    sql: `CAST(date_part(${args.map(({ sql }) => sql).join(', ')}) AS DECIMAL(38,11))`,
    type: 'numeric',
  }),
  array_upper: (_t, [list]) => ({
    sql: `nullif(len(${list!.sql}) - ${1 - vectorStart(list)}, ${vectorStart(list) - 1})`,
    type: 'int4',
  }),
  array_lower: (_t, [list]) => ({ sql: `CASE WHEN len(${list!.sql}) > 0 THEN ${vectorStart(list)} END`, type: 'int4' }),
  array_length: (_t, [list]) => ({ sql: `nullif(len(${list!.sql}), 0)`, type: 'int4' }),
  array_ndims: (_t, [list]) => ({ sql: `CASE WHEN len(${list!.sql}) > 0 THEN 1 END`, type: 'int4' }),
  generate_subscripts: (_t, [list]) => {
    const from = vectorStart(list);
    return { sql: `CAST(range(${from}, len(${list!.sql}) + ${from}) AS INTEGER[])`, type: '_int4' };
  },
  generate_series: (_t, args) => {
    const series = `generate_series(${args.map(({ sql }) => sql).join(', ')})`;
    return args.every(({ type }) => type === 'int4')
      ? { sql: `CAST(${series} AS INTEGER[])`, type: '_int4' }
      : { sql: series, type: undefined };
  },
  regexp_split_to_table: (_t, args) => ({
    sql: `regexp_split_to_array(${args.map(({ sql }) => sql).join(', ')})`,
    type: '_text',
  }),
  string_to_table: (_t, [text, separator, whenNull]) => {
    const parts = `string_to_array(${text!.sql}, ${separator!.sql})`;
    const nulls = `list_transform(${parts}, lambda item: nullif(item, ${whenNull?.sql}))`;
    return { sql: whenNull === undefined ? parts : nulls, type: '_text' };
  },
  json_array_elements: jsonElements,
  jsonb_array_elements: jsonElements,
  json_array_elements_text: jsonTexts,
  jsonb_array_elements_text: jsonTexts,
  unnest: (_t, args) => (args.length === 1 ? { sql: args[0]!.sql, type: args[0]!.type } : undefined),
  array_to_string: (t, [list, separator, whenNull]) => {
    const element = list?.type === undefined ? undefined : elementOf(list.type);
    const item = toText(t, { sql: 'item', type: element }).sql;
    const named = element !== undefined && namedOids.has(element);
    const items = named
      ? list!.sql
      : `list_transform(${list!.sql}, lambda item: ${whenNull === undefined ? item : `COALESCE(${item}, ${whenNull.sql})`})`;
    return {
      sql: `array_to_string(list_filter(${items}, lambda item: item IS NOT NULL), ${separator!.sql})`,
      type: 'text',
    };
  },
  array_remove: (_t, [list, value]) => ({
    sql: `list_filter(${list!.sql}, lambda item: item IS DISTINCT FROM ${value!.sql})`,
    type: list!.type,
  }),
  pg_typeof: (t, [value]) => ({
    sql: macroCall(t, 'regtype_in', [quotedText(value?.type ?? 'text')]).sql,
    type: 'regtype',
  }),
  quote_literal: (t, [value]) => macroCall(t, 'quote_literal', [toText(t, value!).sql], 'text'),
};

function jsonElements(_t: Translation, [value]: readonly Typed[]): Typed {
  return { sql: `json_extract(${value!.sql}, '$[*]')`, type: '_json' };
}

function jsonTexts(_t: Translation, [value]: readonly Typed[]): Typed {
  return { sql: `json_extract_string(${value!.sql}, '$[*]')`, type: '_text' };
}

function argument(t: Translation, name: string, value: Typed): Typed {
  const named = value.type !== undefined && namedOids.has(value.type);
  return named && !takesAnything.has(name) && !t.macros.has(name) ? toText(t, value) : value;
}

function over(t: Translation, window: WindowDef | undefined, scope: Scope): string {
  if (window === undefined) return '';
  return window.name === undefined ? ` OVER (${windowBody(t, window, scope)})` : ` OVER ${quoted(window.name)}`;
}

function aggregateTail(t: Translation, call: FuncCall, scope: Scope): string {
  const filter = call.agg_filter === undefined ? '' : ` FILTER (WHERE ${expression(t, call.agg_filter, scope).sql})`;
  return filter + over(t, call.over, scope);
}

function resultType(t: Translation, name: string, args: readonly Typed[]): string | undefined {
  if (name === 'array_agg')
    return args[0]?.type === undefined ? undefined : `_${args[0].type === 'unknown' ? 'text' : args[0].type}`;
  if (sameAsArgument.has(name)) return args[0]?.type;
  if (name === 'sum') return args[0]?.type === 'int4' || args[0]?.type === 'int2' ? 'int8' : undefined;
  return typesByName[name] ?? t.shape.functionTypes.get(name);
}

function relationArgument(t: Translation, name: string, args: readonly Typed[]): readonly Typed[] {
  const first = args[0];
  return ofRelations.has(name) && first !== undefined && isText(first.type)
    ? [castTo(t, first, 'regclass'), ...args.slice(1)]
    : args;
}

/** The elements of a set-returning function as a list; see `setFunctions`. */
export function listCall(t: Translation, call: FuncCall, scope: Scope): Typed {
  const name = stringsOf(call.funcname).at(-1)!;
  const args = relationArgument(
    t,
    name,
    (call.args ?? []).map((node) => expression(t, node, scope)),
  );
  if (args[0]?.literal !== undefined && (name === 'unnest' || name === 'pg_options_to_table')) {
    const list = castTo(t, args[0], '_text');
    return name === 'unnest' ? list : macroCall(t, name, [list.sql]);
  }
  const special = specials[name]?.(t, args);
  if (special !== undefined) return special;
  return macroCall(
    t,
    name,
    args.map(({ sql }) => sql),
  );
}

/** Types of the elements of sets that are not those of an argument. */
export const setTypes: Readonly<Record<string, string>> = {
  generate_subscripts: 'int4',
  pg_partition_ancestors: 'regclass',
};

/** Functions of information_schema that take a row of pg_attribute and one of pg_type, as `f(a.*, t.*)`: what they read of each. */
const ofRows: Readonly<Record<string, readonly [attribute: string, type: string]>> = {
  _pg_truetypid: ['atttypid', 'typbasetype'],
  _pg_truetypmod: ['atttypmod', 'typtypmod'],
};

function rowCall(name: string, args: readonly Node[]): Typed | undefined {
  const columns = ofRows[name];
  const [attribute, type] = args.map((arg) => ('ColumnRef' in arg ? stringsOf(arg.ColumnRef.fields)[0] : undefined));
  if (columns === undefined || attribute === undefined || type === undefined) return undefined;
  const [own, base] = [`${quoted(attribute)}.${columns[0]}`, `${quoted(type)}.${columns[1]}`];
  const kind = name === '_pg_truetypid' ? 'oid' : 'int4';
  return { sql: `CASE WHEN ${quoted(type)}.typtype = 'd' THEN ${base} ELSE ${own} END`, type: kind };
}

/** Translates a call. Set-returning functions become `unnest(list)`. */
export function functionCall(t: Translation, node: Record<string, unknown>, scope: Scope): Typed {
  const call = node as FuncCall;
  const name = stringsOf(call.funcname).at(-1)!;
  if (setFunctions.has(name)) {
    const list = listCall(t, call, scope);
    const type = setTypes[name] ?? (list.type === undefined ? undefined : elementOf(list.type));
    return { sql: `unnest(${list.sql})`, type };
  }
  const ofRow = rowCall(name, call.args ?? []);
  if (ofRow !== undefined) return ofRow;
  const given = (call.args ?? []).map((arg: Node) => argument(t, name, expression(t, arg, scope)));
  const { name: called, args } = privilegeCall(t, name, relationArgument(t, name, given));
  const special = specials[name]?.(t, args);
  if (special !== undefined) return special;
  if (t.macros.has(name))
    return macroCall(
      t,
      called,
      args.map(({ sql }) => sql),
      t.shape.functionTypes.get(name),
    );
  const inner = `${call.agg_distinct ? 'DISTINCT ' : ''}${call.agg_star ? '*' : args.map(({ sql }) => sql).join(', ')}`;
  const order = call.agg_order === undefined ? '' : ` ORDER BY ${orderBy(t, call.agg_order, scope)}`;
  const within = call.agg_within_group ? ` WITHIN GROUP (${order.trim()})` : '';
  const sql = `${renamed[name] ?? name}(${inner}${within === '' ? order : ''})${within}${aggregateTail(t, call, scope)}`;
  const known = resultType(t, name, args);
  return {
    sql: name === 'position' ? `strpos(${args.map((a) => a.sql).join(', ')})` : sql,
    type: known ?? (isArray(commonType(args)) ? undefined : known),
  };
}
