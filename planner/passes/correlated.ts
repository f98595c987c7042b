/** Telling correlated sub-queries by their names, without binding. */
import type { QueryNode } from '../sql/ast.ts';
import { someExpression, walk } from '../sql/walk.ts';

/** What columns may be qualified with at or below `root`, in lower case: aliases, or names of tables without one. */
export function relationNames(root: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  walk(root, {
    tableRef: (ref) => {
      const name = ref.alias !== '' ? ref.alias : ref.type === 'BASE_TABLE' ? ref.table_name : '';
      names.add(name.toLowerCase());
      return undefined;
    },
  });
  return names;
}

/**
 * Does the query name a relation of `all` that it does not have? DuckDB takes no LIMIT but constants there, and cuts the rows of each outer
 * row by a window, so that neither top-N nor filters go wrong.
 */
export function isCorrelated(node: QueryNode, all: ReadonlySet<string>): boolean {
  const own = relationNames(node);
  return someExpression(node, (expression) => {
    if (expression.class !== 'COLUMN_REF' || expression.column_names.length < 2) return false;
    const name = expression.column_names[0]!.toLowerCase();
    return all.has(name) && !own.has(name);
  });
}
