import {
  type FuncCall,
  type JoinExpr,
  type Node,
  type RangeFunction,
  type RangeSubselect,
  type RangeVar,
  type SelectStmt,
  stringsOf,
} from '../../../planner/sql/postgres.ts';
import { elementOf } from '../pg-type-names.ts';
import { relationKey } from '../relations.ts';
import {
  columnsOfRelation,
  findCte,
  nameMark,
  quoted,
  type Scope,
  type ScopeColumn,
  type ScopeRelation,
  type Translation,
} from './context.ts';
import { expression, unsupported } from './expression.ts';
import { functionCall, listCall, setFunctions, setTypes } from './function-call.ts';
import { select } from './select.ts';

interface Alias {
  readonly aliasname?: string;
  readonly colnames?: Node[];
}

function aliased(sql: string, name: string, columns: readonly string[]): string {
  return `${sql} AS ${quoted(name)}${columns.length === 0 ? '' : `(${columns.map(quoted).join(', ')})`}`;
}

function renamed(
  columns: readonly ScopeColumn[] | undefined,
  names: readonly string[],
): readonly ScopeColumn[] | undefined {
  return columns?.map((column, index) => ({ name: names[index] ?? column.name, type: column.type }));
}

function table(t: Translation, range: RangeVar, scope: Scope): string {
  const name = range.relname ?? '';
  const alias = range.alias?.aliasname ?? name;
  const names = stringsOf(range.alias?.colnames);
  const cte = range.schemaname === undefined ? findCte(scope, name) : undefined;
  if (cte !== undefined) {
    scope.relations.push({ alias, columns: renamed(cte.columns.get(name), names) });
    return aliased(quoted(name), alias, names);
  }
  const key = relationKey(range.schemaname ?? 'pg_catalog', name);
  const relation = t.shape.relations.get(key);
  if (relation === undefined) {
    scope.relations.push({ alias, columns: undefined });
    const qualified = [range.schemaname, name].flatMap((part) => (part === undefined ? [] : quoted(part)));
    return aliased(qualified.join('.'), alias, names);
  }
  t.relations.add(key);
  scope.relations.push({ alias, columns: renamed(columnsOfRelation(relation.columns), names), oid: relation.oid });
  return aliased(nameMark(key), alias, names);
}

function subselect(t: Translation, range: RangeSubselect, scope: Scope): string {
  // Without LATERAL it sees what is outside of this FROM, and the CTEs.
  const outer = range.lateral ? scope : { relations: [], ctes: scope.ctes, parent: scope.parent };
  const query = select(t, (range.subquery as { SelectStmt: SelectStmt }).SelectStmt, outer);
  const alias = range.alias?.aliasname ?? `derived_${++t.next}`;
  const names = stringsOf(range.alias?.colnames);
  scope.relations.push({ alias, columns: renamed(query.columns, names) });
  return `${range.lateral ? 'LATERAL ' : ''}${aliased(`(${query.sql})`, alias, names)}`;
}

/** Columns of sets of records. */
const recordColumns: Readonly<Record<string, readonly ScopeColumn[]>> = {
  _pg_expandarray: [
    { name: 'x', type: undefined },
    { name: 'n', type: 'int4' },
  ],
  aclexplode: [
    { name: 'grantor', type: 'oid' },
    { name: 'grantee', type: 'oid' },
    { name: 'privilege_type', type: 'text' },
    { name: 'is_grantable', type: 'bool' },
  ],
  pg_options_to_table: [
    { name: 'option_name', type: 'text' },
    { name: 'option_value', type: 'text' },
  ],
  pg_partition_tree: [
    { name: 'relid', type: 'regclass' },
    { name: 'parentrelid', type: 'regclass' },
    { name: 'isleaf', type: 'bool' },
    { name: 'level', type: 'int4' },
  ],
};

interface Item {
  /** Expressions of the columns. */
  readonly sql: readonly string[];
  readonly columns: readonly ScopeColumn[];
  /** The length of the set, for WITH ORDINALITY. */
  readonly length: string;
}

function setItem(t: Translation, call: FuncCall, scope: Scope): Item {
  const name = stringsOf(call.funcname).at(-1)!;
  if (!setFunctions.has(name)) {
    const value = functionCall(t, call as Record<string, unknown>, scope);
    return { sql: [value.sql], columns: [{ name, type: value.type }], length: '1' };
  }
  const lists =
    name === 'unnest' && (call.args?.length ?? 0) > 1
      ? call.args!.map((arg) => listCall(t, { ...call, args: [arg] }, scope))
      : [listCall(t, call, scope)];
  const record = recordColumns[name];
  if (record !== undefined) {
    const list = lists[0]!;
    const fields = record.map((column) => `struct_extract(unnest(${list.sql}), '${column.name}')`);
    return { sql: fields, columns: record, length: `len(${list.sql})` };
  }
  const columns = lists.map((list) => ({
    name,
    type: setTypes[name] ?? (list.type === undefined ? undefined : elementOf(list.type)),
  }));
  const lengths = lists.map(({ sql }) => `len(${sql})`);
  return {
    sql: lists.map(({ sql }) => `unnest(${sql})`),
    columns,
    length: lengths.length === 1 ? lengths[0]! : `greatest(${lengths.join(', ')})`,
  };
}

function namesOf(items: readonly Item[], alias: Alias | undefined): readonly ScopeColumn[] {
  const columns = items.flatMap((item) => item.columns);
  const given = stringsOf(alias?.colnames);
  // A function that gives one column of a plain type names it as the alias says.
  const only = columns.length === 1 && alias?.aliasname !== undefined ? alias.aliasname : undefined;
  return columns.map((column, index) => ({ name: given[index] ?? only ?? column.name, type: column.type }));
}

/** Functions that are relations of this room. */
const tableFunctions: Readonly<Record<string, string>> = {
  pg_get_keywords: 'pg_keywords',
  pg_show_all_settings: 'pg_settings',
  pg_timezone_abbrevs: 'pg_timezone_abbrevs',
  pg_timezone_names: 'pg_timezone_names',
  pg_stat_get_activity: 'pg_stat_get_activity',
  pg_lock_status: 'pg_locks',
  pg_cursor: 'pg_cursors',
  pg_prepared_statement: 'pg_prepared_statements',
  ts_token_type: 'ts_token_types',
};

/** Names of functions that are relations here. */
export const relationFunctions: ReadonlySet<string> = new Set(Object.keys(tableFunctions));

/** Columns of those that are no relations of PostgreSQL. */
const ownColumns: Readonly<Record<string, readonly ScopeColumn[]>> = {
  pg_keywords: [
    { name: 'word', type: 'text' },
    { name: 'catcode', type: 'char' },
    { name: 'barelabel', type: 'bool' },
    { name: 'catdesc', type: 'text' },
    { name: 'baredesc', type: 'text' },
  ],
  ts_token_types: [
    { name: 'tokid', type: 'int4' },
    { name: 'alias', type: 'text' },
    { name: 'description', type: 'text' },
  ],
};

function rangeFunction(t: Translation, range: RangeFunction, scope: Scope): string {
  const calls = (range.functions ?? []).map((node) => (node as { List: { items: Node[] } }).List.items[0]!);
  const alias: Alias | undefined = range.alias;
  const only = calls.length === 1 && 'FuncCall' in calls[0]! ? stringsOf(calls[0].FuncCall.funcname).at(-1)! : '';
  const relation = tableFunctions[only];
  if (relation !== undefined) {
    t.relations.add(relation);
    const known = t.shape.relations.get(relation);
    const columns = known === undefined ? ownColumns[relation] : columnsOfRelation(known.columns);
    const names = stringsOf(alias?.colnames);
    scope.relations.push({ alias: alias?.aliasname ?? only, columns: renamed(columns, names) });
    return aliased(nameMark(relation), alias?.aliasname ?? only, names);
  }
  const items = calls.map((call): Item => {
    if ('FuncCall' in call) return setItem(t, call.FuncCall, scope);
    const value = expression(t, call, scope);
    const name =
      'SQLValueFunction' in call ? (call.SQLValueFunction.op ?? '').replace('SVFOP_', '').toLowerCase() : 'value';
    return { sql: [value.sql], columns: [{ name, type: value.type }], length: '1' };
  });
  let columns = namesOf(items, alias);
  const parts = items.flatMap((item) => item.sql);
  if (range.ordinality) {
    const given = stringsOf(alias?.colnames);
    columns = [...columns, { name: given[columns.length] ?? 'ordinality', type: 'int8' }];
    parts.push(`unnest(range(1, 1 + ${items[0]!.length}))`);
  }
  const list = parts.map((part, index) => `${part} AS ${quoted(columns[index]!.name)}`).join(', ');
  const name = alias?.aliasname ?? (only === '' ? `derived_${++t.next}` : only);
  scope.relations.push({ alias: name, columns });
  return `LATERAL (SELECT ${list}) AS ${quoted(name)}`;
}

const joinWords: Readonly<Record<string, string>> = {
  JOIN_INNER: 'INNER JOIN',
  JOIN_LEFT: 'LEFT JOIN',
  JOIN_RIGHT: 'RIGHT JOIN',
  JOIN_FULL: 'FULL JOIN',
};

/** The relations of a join see each other in ON, and those left of it in LATERAL. */
function join(t: Translation, node: JoinExpr, scope: Scope): string {
  const word = joinWords[node.jointype ?? 'JOIN_INNER'];
  if (word === undefined) throw unsupported(String(node.jointype));
  const left = fromItem(t, node.larg!, scope);
  const before = scope.relations.length;
  const right = fromItem(t, node.rarg!, scope);
  const own = scope.relations.slice(before);
  let sql: string;
  const using = stringsOf(node.usingClause);
  if (using.length > 0) {
    sql = `${left} ${word} ${right} USING (${using.map(quoted).join(', ')})`;
  } else if (node.isNatural) {
    sql = `${left} NATURAL ${word} ${right}`;
  } else if (node.quals === undefined) {
    sql = `${left} CROSS JOIN ${right}`;
  } else {
    const earlier = t.subqueries;
    const on = expression(t, node.quals, scope).sql;
    const nested = t.subqueries > earlier;
    sql =
      nested && node.jointype === 'JOIN_LEFT'
        ? `${left} ${word} ${filtered(right, own, on)} ON true`
        : `${left} ${word} ${right} ON ${on}`;
  }
  if (node.alias === undefined) return `(${sql})`;
  throw unsupported('a join with a name');
}

/** DuckDB has no outer join on a condition with a query in it: the condition goes into the right side. */
function filtered(right: string, own: readonly ScopeRelation[], on: string): string {
  if (own.length !== 1) throw unsupported('an outer join of several tables on a condition with a query in it');
  const { alias } = own[0]!;
  return `LATERAL (SELECT ${quoted(alias)}.* FROM ${right} WHERE ${on}) AS ${quoted(alias)}`;
}

/** Translates an item of FROM, and puts what it brings into scope. */
export function fromItem(t: Translation, node: Node, scope: Scope): string {
  if ('RangeVar' in node) return table(t, node.RangeVar, scope);
  if ('RangeSubselect' in node) return subselect(t, node.RangeSubselect, scope);
  if ('RangeFunction' in node) return rangeFunction(t, node.RangeFunction, scope);
  if ('JoinExpr' in node) return join(t, node.JoinExpr, scope);
  throw unsupported(Object.keys(node)[0]!);
}
