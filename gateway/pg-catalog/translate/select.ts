import {
  type CommonTableExpr,
  type Node,
  type ResTarget,
  type SelectStmt,
  stringsOf,
} from '../../../planner/sql/postgres.ts';
import { vectors } from '../pg-type-names.ts';
import { childScope, quoted, type Scope, type ScopeColumn, type Translation } from './context.ts';
import { checkColumn, expression, unsupported } from './expression.ts';
import { fromItem } from './from.ts';
import { orderBy, windowBody } from './order.ts';
import { outputName } from './output-name.ts';

export interface Query {
  readonly sql: string;
  /** Undefined: they are not all known, because a user's table is in it. */
  readonly columns: readonly ScopeColumn[] | undefined;
}

type Fields = SelectStmt;

function withClause(t: Translation, { withClause: clause }: Fields, scope: Scope): string {
  if (clause === undefined) return '';
  const parts = (clause.ctes ?? []).map((node) => {
    const cte = (node as { CommonTableExpr: CommonTableExpr }).CommonTableExpr;
    return commonTable(t, cte, clause.recursive ?? false, scope);
  });
  return `WITH ${clause.recursive ? 'RECURSIVE ' : ''}${parts.join(', ')} `;
}

function commonTable(t: Translation, cte: CommonTableExpr, recursive: boolean, scope: Scope): string {
  const name = cte.ctename ?? '';
  const given = stringsOf(cte.aliascolnames);
  const statement = (cte.ctequery as { SelectStmt?: Fields }).SelectStmt;
  if (statement === undefined) throw unsupported('a WITH item that is no query');
  const renamed = (columns: Query['columns']) =>
    columns?.map((column, index) => ({ name: given[index] ?? column.name, type: column.type }));
  if (recursive && statement.larg !== undefined) {
    // What it begins with says what its columns are.
    const first = select({ ...t, relations: new Set(), functions: new Set() }, statement.larg, scope);
    scope.ctes.set(name, renamed(first.columns));
  }
  const query = select(t, statement, scope);
  scope.ctes.set(name, renamed(query.columns));
  const list = given.length === 0 ? '' : ` (${given.map(quoted).join(', ')})`;
  const kept = cte.ctematerialized === 'CTEMaterializeAlways' ? 'MATERIALIZED ' : '';
  return `${quoted(name)}${list} AS ${kept}(${query.sql})`;
}

function expandStar(scope: Scope, relation: string | undefined): readonly ScopeColumn[] | undefined {
  const from = scope.relations.filter(({ alias }) => relation === undefined || alias === relation);
  return from.every(({ columns }) => columns !== undefined) ? from.flatMap(({ columns }) => columns ?? []) : undefined;
}

interface Targets {
  readonly sql: string;
  readonly columns: readonly ScopeColumn[] | undefined;
}

function targets(t: Translation, list: readonly Node[], scope: Scope): Targets {
  let columns: ScopeColumn[] | undefined = [];
  const parts = list.map((node) => {
    const { name, val } = (node as { ResTarget: ResTarget }).ResTarget;
    checkColumn(val!, scope);
    const value = expression(t, val!, scope);
    if ('ColumnRef' in val! && val.ColumnRef.fields?.at(-1) !== undefined && 'A_Star' in val.ColumnRef.fields.at(-1)!) {
      const star = expandStar(scope, stringsOf(val.ColumnRef.fields).at(-1));
      columns = star === undefined ? undefined : columns?.concat(star);
      return value.sql;
    }
    const shown = name ?? outputName(val);
    columns?.push({ name: shown, type: value.type });
    return `${value.sql} AS ${quoted(shown)}`;
  });
  // PostgreSQL lets EXISTS (SELECT FROM ...) have no columns.
  return { sql: parts.length === 0 ? '1' : parts.join(', '), columns };
}

function values(t: Translation, lists: readonly Node[], scope: Scope): Query {
  const rows = lists.map((node) => (node as { List: { items?: Node[] } }).List.items ?? []);
  const typed = rows.map((row) => row.map((item) => expression(t, item, scope)));
  const columns = (typed[0] ?? []).map(({ type }, index) => ({
    name: `column${index + 1}`,
    type: type === 'unknown' ? 'text' : type,
  }));
  const text = typed.map((row) => `(${row.map(({ sql }) => sql).join(', ')})`).join(', ');
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  t.next++;
  return { sql: `SELECT * FROM (VALUES ${text}) AS "values_${t.next}"(${names})`, columns };
}

const setWords: Readonly<Record<string, string>> = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
};

function setOperation(t: Translation, statement: Fields, scope: Scope): Query {
  const left = select(t, statement.larg!, scope);
  const right = select(t, statement.rarg!, scope);
  const word = setWords[statement.op ?? ''];
  if (word === undefined) throw unsupported(String(statement.op));
  const columns = left.columns?.map((column, index) => ({
    name: column.name,
    type: column.type === 'unknown' ? (right.columns?.[index]?.type ?? 'text') : column.type,
  }));
  return { sql: `(${left.sql}) ${word}${statement.all ? ' ALL' : ''} (${right.sql})`, columns };
}

function plain(t: Translation, statement: Fields, scope: Scope): Query {
  const from = (statement.fromClause ?? []).map((item) => fromItem(t, item, scope)).join(', ');
  const list = targets(t, statement.targetList ?? [], scope);
  const distinct = statement.distinctClause;
  const on =
    distinct?.filter((node) => Object.keys(node).length > 0).map((node) => expression(t, node, scope).sql) ?? [];
  const head = distinct === undefined ? '' : on.length === 0 ? 'DISTINCT ' : `DISTINCT ON (${on.join(', ')}) `;
  let sql = `SELECT ${head}${list.sql}`;
  if (from !== '') sql += ` FROM ${from}`;
  if (statement.whereClause !== undefined) sql += ` WHERE ${expression(t, statement.whereClause, scope).sql}`;
  if (statement.groupClause !== undefined) {
    sql += ` GROUP BY ${statement.groupClause.map((node) => groupItem(t, node, scope)).join(', ')}`;
  }
  if (statement.havingClause !== undefined) sql += ` HAVING ${expression(t, statement.havingClause, scope).sql}`;
  if (statement.windowClause !== undefined) {
    const windows = statement.windowClause.map((node) => {
      if (!('WindowDef' in node)) throw unsupported('this window');
      return `${quoted(node.WindowDef.name ?? '')} AS (${windowBody(t, node.WindowDef, scope)})`;
    });
    sql += ` WINDOW ${windows.join(', ')}`;
  }
  return { sql, columns: list.columns };
}

const groupingWords: Readonly<Record<string, string>> = {
  GROUPING_SET_ROLLUP: 'ROLLUP ',
  GROUPING_SET_CUBE: 'CUBE ',
  GROUPING_SET_SETS: 'GROUPING SETS ',
  GROUPING_SET_EMPTY: '',
};

function groupItem(t: Translation, node: Node, scope: Scope): string {
  if (!('GroupingSet' in node)) return expression(t, node, scope).sql;
  const word = groupingWords[node.GroupingSet.kind ?? ''];
  if (word === undefined) throw unsupported(String(node.GroupingSet.kind));
  return `${word}(${(node.GroupingSet.content ?? []).map((item) => groupItem(t, item, scope)).join(', ')})`;
}

/** Translates a query. Raises 0A000 for what DuckDB has no form of. */
export function select(t: Translation, statement: Fields, outer: Scope | undefined): Query {
  const scope = childScope(outer);
  const head = withClause(t, statement, scope);
  const set = statement.op !== undefined && statement.op !== 'SETOP_NONE';
  const body =
    statement.valuesLists !== undefined
      ? values(t, statement.valuesLists, scope)
      : set
        ? setOperation(t, statement, scope)
        : plain(t, statement, scope);
  let sql = head + body.sql;
  if (statement.sortClause !== undefined)
    sql += ` ORDER BY ${orderBy(t, statement.sortClause, scope, new Set(body.columns?.map(({ name }) => name)))}`;
  if (statement.limitCount !== undefined) {
    const count = expression(t, statement.limitCount, scope).sql;
    if (count !== 'NULL') sql += ` LIMIT ${count}`;
  }
  if (statement.limitOffset !== undefined) sql += ` OFFSET ${expression(t, statement.limitOffset, scope).sql}`;
  return { sql, columns: body.columns };
}

/** True for types whose values have to be changed before a client sees them. */
export function printsAsText(type: string | undefined): boolean {
  return type !== undefined && (type.startsWith('reg') || vectors.has(type) || type.startsWith('_reg'));
}
