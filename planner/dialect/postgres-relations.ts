/** Functions in FROM: their columns are called and typed as in PostgreSQL. */
import type { Expression, FunctionCall, TableFunctionRef, TableRef } from '../sql/ast.ts';
import { cast, columnRef, emptyTable, functionCall, select, subquery, withAlias } from '../sql/build.ts';
import { functionTemplates } from './function-templates.ts';
import type { Site } from './postgres-functions.ts';
import { isInteger, staticType } from './static-type.ts';

/** Functions whose one column is called `value`, whatever the alias is. */
const ofValues: ReadonlySet<string> = new Set([
  'json_array_elements',
  'jsonb_array_elements',
  'json_array_elements_text',
  'jsonb_array_elements_text',
]);
/** Set-returning functions that a template makes a call of `unnest`. */
const unnested: ReadonlySet<string> = new Set([
  ...ofValues,
  'json_object_keys',
  'jsonb_object_keys',
  'string_to_table',
]);
const pairs: Readonly<Record<string, string>> = {
  json_each: 'value',
  jsonb_each: 'value',
  json_each_text: "value ->> '$'",
  jsonb_each_text: "value ->> '$'",
};

export function rewriteTableFunction(ref: TableRef, site: Site): TableRef | undefined {
  if (ref.type !== 'TABLE_FUNCTION' || ref.with_ordinality === 'WITH_ORDINALITY') return undefined;
  const call = ref.function;
  const name = call.function_name.toLowerCase();
  if (name === 'generate_series') return series(ref, site);
  if (name === 'unnest') return unnest(ref);
  if (unnested.has(name)) {
    const filled = site.fill(functionTemplates[name]![0]!, call.children);
    return filled === undefined ? undefined : asColumn(ref, filled, ofValues.has(name) ? 'value' : nameOf(ref));
  }
  return Object.hasOwn(pairs, name) ? keysAndValues(ref, pairs[name]!, site) : undefined;
}

/** Both the table and its only column are called as the function, or as the alias says. */
function nameOf(ref: TableFunctionRef): string {
  return ref.column_name_alias[0] ?? (ref.alias === '' ? ref.function.function_name.toLowerCase() : ref.alias);
}

function asColumn(ref: TableFunctionRef, item: Expression, column: string, from: TableRef = emptyTable()): TableRef {
  const table = ref.alias === '' ? ref.function.function_name.toLowerCase() : ref.alias;
  const name = ref.column_name_alias[0] ?? column;
  return { ...subquery(select([withAlias(item, name)], from), table), query_location: ref.query_location };
}

/** Of integers unless an argument is wider; of timestamps with time zone for dates. */
function series(ref: TableFunctionRef, { columns }: Site): TableRef | undefined {
  const args = ref.function.children;
  if (args.length < 2) return undefined;
  const types = args.map((arg) => staticType(arg, columns));
  const ofDates = types[0] === 'DATE' && types[1] === 'DATE';
  const ofTimes = /^TIMESTAMP/.test(types[0] ?? '') || ofDates;
  const converted = args.map((arg, index) => {
    if (index === 2) return ofTimes && types[2] === null ? cast(arg, 'INTERVAL') : arg;
    if (ofDates) return cast(arg, 'TIMESTAMP WITH TIME ZONE');
    return ofTimes && types[index] === null ? cast(arg, types[0]!) : arg;
  });
  const inner: TableFunctionRef = {
    ...ref,
    alias: '',
    column_name_alias: [],
    function: { ...ref.function, children: converted },
  };
  const column = columnRef('generate_series');
  const narrow = types.every((type) => isInteger(type) && type !== 'BIGINT');
  return asColumn(ref, narrow ? cast(column, 'INTEGER') : column, nameOf(ref), inner);
}

/** Several arrays side by side; the column of one is called as the table. */
function unnest(ref: TableFunctionRef): TableRef | undefined {
  const { children } = ref.function;
  if (children.length === 1)
    return ref.alias !== '' && ref.column_name_alias.length === 0
      ? { ...ref, column_name_alias: [ref.alias] }
      : undefined;
  const items = children.map((child, index) =>
    withAlias(functionCall('unnest', [child]) as FunctionCall, ref.column_name_alias[index] ?? 'unnest'),
  );
  return {
    ...subquery(select(items, emptyTable()), ref.alias === '' ? 'unnest' : ref.alias),
    query_location: ref.query_location,
  };
}

function keysAndValues(ref: TableFunctionRef, value: string, { fill }: Site): TableRef | undefined {
  const item = fill(value, []);
  const json = fill('CAST($1 AS JSON)', ref.function.children);
  if (item === undefined || json === undefined) return undefined;
  const inner: TableFunctionRef = {
    ...ref,
    alias: '',
    column_name_alias: [],
    function: functionCall('json_each', [json]),
  };
  const [key = 'key', name = 'value'] = ref.column_name_alias;
  const list = [withAlias(columnRef('key'), key), withAlias(item, name)];
  const table = ref.alias === '' ? ref.function.function_name.toLowerCase() : ref.alias;
  return { ...subquery(select(list, inner), table), query_location: ref.query_location };
}
