/**
 * Works round an error of DuckDB 1.5.5: ORDER BY … LIMIT over an outer join gives wrong rows, because the top-N operator
 * pushes its dynamic filter below the join. A LIMIT that is a sub-query is not a constant to the optimizer, which then sorts
 * and cuts. (The setting `disabled_optimizers` would do too, but it is global to an engine.) `avoid-top-n.test.ts` tells when this can go.
 */
import type { Expression, Modifier, QueryNode } from '../sql/ast.ts';
import { emptyTable, select, statement } from '../sql/build.ts';
import { mapAst, walk } from '../sql/walk.ts';
import { isCorrelated, relationNames } from './correlated.ts';
import type { FragmentPass } from './pass.ts';

export const avoidTopN: FragmentPass = {
  name: 'avoid_top_n',
  changes: { query: isTopN },
  run: (root) => {
    const names = relationNames(root);
    return mapAst(root, {
      query: (node) => (isTopN(node) && joinsOuter(node) && !isCorrelated(node, names) ? withoutTopN(node) : undefined),
    });
  },
};

function isTopN(node: QueryNode): boolean {
  const has = (type: Modifier['type']) => node.modifiers.some((modifier) => modifier.type === type);
  return has('ORDER_MODIFIER') && has('LIMIT_MODIFIER');
}

const outerJoins: ReadonlySet<string> = new Set(['LEFT', 'RIGHT', 'OUTER', 'FULL', 'SINGLE', 'MARK']);

/** An outer join anywhere below, or a sub-query in an expression, which DuckDB turns into one. */
function joinsOuter(node: QueryNode): boolean {
  let found = false;
  walk(node, {
    tableRef: (ref) => {
      if (ref.type === 'JOIN' && outerJoins.has(ref.join_type)) found = true;
      return !found;
    },
    expression: (expression) => {
      if (expression.class === 'SUBQUERY') found = true;
      return !found;
    },
  });
  return found;
}

function withoutTopN(node: QueryNode): QueryNode {
  const modifiers = node.modifiers.map((modifier) =>
    modifier.type === 'LIMIT_MODIFIER' && modifier.limit?.class === 'CONSTANT'
      ? { ...modifier, limit: asSubquery(modifier.limit) }
      : modifier,
  );
  return { ...node, modifiers };
}

function asSubquery(limit: Expression): Expression {
  return {
    class: 'SUBQUERY',
    type: 'SUBQUERY',
    alias: '',
    query_location: -1,
    subquery_type: 'SCALAR',
    subquery: statement(select([limit], emptyTable())),
    child: null,
    comparison_type: 'INVALID',
  };
}
