/**
 * Works round an error of DuckDB 1.5.5: a join pushes its filters below ORDER BY … LIMIT and below OFFSET, so that other rows are cut
 * (`FROM (SELECT … ORDER BY m LIMIT 1000) x JOIN o USING (k)` now and then, OFFSET without LIMIT always). A sub-query or WITH entry that
 * ends in LIMIT or OFFSET becomes a materialized WITH entry, which no filter passes, in statements that join.
 * `avoid-limit-filter.test.ts` tells when this can go.
 */
import type { CteEntry, QueryNode, Statement } from '../sql/ast.ts';
import { baseTable, select, star, statement } from '../sql/build.ts';
import { mapAst, walk } from '../sql/walk.ts';
import { isCorrelated, relationNames } from './correlated.ts';
import type { FragmentPass } from './pass.ts';

export const avoidLimitFilter: FragmentPass = {
  name: 'avoid_limit_filter',
  changes: { query: isCut },
  run: (root) => {
    if (!joins(root)) return root;
    const names = relationNames(root);
    const node = (inner: QueryNode) => (isCut(inner) && !isCorrelated(inner, names) ? materialized(inner) : inner);
    const query = (inner: Statement): Statement => ({ ...inner, node: node(inner.node) });
    return mapAst(root, {
      tableRef: (ref) => (ref.type === 'SUBQUERY' ? { ...ref, subquery: query(ref.subquery) } : undefined),
      expression: (part) => (part.class === 'SUBQUERY' ? { ...part, subquery: query(part.subquery) } : undefined),
      query: (outer) => {
        const arms = outer.type === 'SET_OPERATION_NODE';
        return withEntries(arms ? { ...outer, left: node(outer.left), right: node(outer.right) } : outer);
      },
    });
  },
};

/** Is there a join, or a sub-query in an expression, which DuckDB turns into one? */
function joins(root: unknown): boolean {
  let found = false;
  walk(root, {
    tableRef: (ref) => {
      found ||= ref.type === 'JOIN';
      return !found;
    },
    expression: (part) => {
      found ||= part.class === 'SUBQUERY';
      return !found;
    },
  });
  return found;
}

const relation = '__cut';
/** DuckDB's word in the AST for AS MATERIALIZED. */
const always = 'CTE_MATERIALIZE_ALWAYS';

function isCut({ modifiers }: QueryNode): boolean {
  return modifiers.some(({ type }) => type === 'LIMIT_MODIFIER' || type === 'LIMIT_PERCENT_MODIFIER');
}

function materialized(node: QueryNode): QueryNode {
  const value: CteEntry = { aliases: [], query: statement(node), materialized: always, key_targets: [] };
  return select([star()], baseTable(relation), { cte_map: { map: [{ key: relation, value }] } });
}

/** WITH entries that end in a cut, as materialized ones. */
function withEntries(node: QueryNode): QueryNode {
  const { map } = node.cte_map;
  if (!map.some(({ value }) => isCut(value.query.node))) return node;
  const entries = map.map(({ key, value }) =>
    isCut(value.query.node) ? { key, value: { ...value, materialized: always } } : { key, value },
  );
  return { ...node, cte_map: { map: entries } };
}
