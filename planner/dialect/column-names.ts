/** Columns of sub-queries and CTEs are called as PostgreSQL calls them: `(SELECT count(*) FROM t)` has a column `count`. */
import { figureName } from '../bind/figure-name.ts';
import type { CteEntry, Expression, QueryNode, SubqueryRef } from '../sql/ast.ts';
import { withAlias } from '../sql/build.ts';
import { isTableRef } from '../sql/walk.ts';

/** A sub-query in FROM or a CTE with names for its columns; anything else as it is. */
export function withColumnNames(value: object, source: string): object {
  if (isSubquery(value)) {
    const named = nameColumns(value.subquery.node, source);
    return named === value.subquery.node ? value : { ...value, subquery: { ...value.subquery, node: named } };
  }
  if (isCte(value)) {
    const named = nameColumns(value.query.node, source);
    return named === value.query.node ? value : { ...value, query: { ...value.query, node: named } };
  }
  return value;
}

function isSubquery(value: object): value is SubqueryRef {
  return isTableRef(value) && value.type === 'SUBQUERY' && value.column_name_alias.length === 0;
}

function isCte(value: object): value is CteEntry {
  return 'materialized' in value && 'aliases' in value && Array.isArray(value.aliases) && value.aliases.length === 0;
}

/** A rewritten query whose columns are called as those of the query that it was made from, the nameless ones too. */
export function namedColumns(after: QueryNode, before: QueryNode, source: string): QueryNode {
  if (after.type === 'SET_OPERATION_NODE' && before.type === 'SET_OPERATION_NODE') {
    const left = namedColumns(after.left, before.left, source);
    return left === after.left ? after : { ...after, left };
  }
  if (after.type !== 'SELECT_NODE' || before.type !== 'SELECT_NODE') return after;
  const list = after.select_list.map((item, index) => {
    const old = before.select_list[index];
    if (old === undefined || item.alias !== '' || /^(?:STAR|COLUMN_REF)$/.test(item.class)) return item;
    if (item.class === 'FUNCTION' && item.function_name === 'unnest') return item;
    return withAlias(item, figureName(old, source));
  });
  return list.every((item, index) => item === after.select_list[index]) ? after : { ...after, select_list: list };
}

/** Those of a set operation or a recursive query are the names of its first part. */
function nameColumns(node: QueryNode, source: string): QueryNode {
  if (node.type === 'SET_OPERATION_NODE' || node.type === 'RECURSIVE_CTE_NODE') {
    const left = nameColumns(node.left, source);
    return left === node.left ? node : { ...node, left };
  }
  if (node.type !== 'SELECT_NODE') return node;
  const list = node.select_list.map((item) => named(item, source));
  return list.every((item, index) => item === node.select_list[index]) ? node : { ...node, select_list: list };
}

function named(item: Expression, source: string): Expression {
  if (item.alias !== '' || !/^(?:FUNCTION|WINDOW|CASE|CAST|OPERATOR)$/.test(item.class)) return item;
  if (item.class === 'FUNCTION' && item.function_name === 'unnest') return item;
  const name = figureName(item, source);
  return name === '?column?' ? item : withAlias(item, name);
}
