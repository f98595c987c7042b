import type { Dialect } from '../index.ts';
import type { Expression, QueryNode, SelectNode, Statement } from '../sql/ast.ts';
import { someExpression } from '../sql/walk.ts';
import { figureName } from './figure-name.ts';

/**
 * Output names in the dialect, given those that DuckDB itself uses for the same query (stars expanded). `duckdb` keeps them;
 * `postgres` names columns without alias as Postgres does: `count`, `?column?`, `case`.
 *
 * `statement` is the parsed query before any rewrite, `source` its text.
 */
export function makeOutputNames(
  statement: Statement,
  source: string,
  dialect: Dialect,
): (duckdbNames: readonly string[]) => readonly string[] {
  if (dialect === 'duckdb') return (names) => names;
  const node = leftmost(statement.node);
  if (node === undefined) return (names) => names;
  if (isValues(node)) return (names) => names.map((_, index) => `column${index + 1}`);
  const items = node.select_list;
  const first = items.findIndex(isMany);
  const fixed = items.map((item) => (isMany(item) ? null : nameOf(item, source)));
  const single = items.map((item) => (item.class === 'STAR' ? null : nameOf(item, source)));
  if (first < 0) return (names) => names.map((name, index) => fixed[index] ?? name);
  const last = items.findLastIndex(isMany);
  return (names) => {
    // Only an `unnest` of structs gives several columns.
    if (names.length === items.length && !items.some(hasStar)) return names.map((name, index) => single[index] ?? name);
    const shift = names.length - items.length;
    return names.map((name, index) => {
      if (index < first) return fixed[index] ?? name;
      return index > last + shift ? (fixed[index - shift] ?? name) : name;
    });
  };
}

/** Names of a set operation are those of its first arm. */
function leftmost(node: QueryNode): SelectNode | undefined {
  if (node.type === 'SELECT_NODE') return node;
  return node.type === 'SET_OPERATION_NODE' ? leftmost(node.left) : undefined;
}

/** `VALUES (1)` at the top. */
function isValues({ select_list: [item], from_table }: SelectNode): boolean {
  return (
    item?.class === 'STAR' &&
    item.query_location < 0 &&
    from_table.type === 'EXPRESSION_LIST' &&
    from_table.alias === 'valueslist'
  );
}

/** Does an item stand for any number of columns? Everything between two of these keeps DuckDB's names. */
function isMany(item: Expression): boolean {
  if (item.class === 'STAR') return true;
  if (item.class === 'FUNCTION' && item.function_name === 'unnest') return true;
  const parts: readonly Expression[] =
    'children' in item ? item.children : 'child' in item && item.child ? [item.child] : [];
  return parts.some(isMany);
}

function hasStar(item: Expression): boolean {
  return someExpression(item, ({ class: kind }) => kind === 'STAR');
}

/** Null: DuckDB's own name is right. */
function nameOf(item: Expression, source: string): string | null {
  if (item.alias !== '' || item.class === 'COLUMN_REF') return null;
  return figureName(item, source);
}
