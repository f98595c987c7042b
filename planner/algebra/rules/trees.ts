/** The trees of a query, and sub-queries that have to follow when columns are renamed. */
import type { Expression } from '../../sql/ast.ts';
import { baseTable, columnRef, emptyTable, integerConstant, select } from '../../sql/build.ts';
import { mapAst } from '../../sql/walk.ts';
import { type ColumnId, queryNumber, queryRelation, type Rel, type RelQuery, type RelSubquery } from '../rel.ts';
import { freeColumns, mapExpressions, mapRel, queriesIn, substitute } from '../walk-rel.ts';

/** Runs `map` over every tree: sub-queries, shared trees, the root. What each sub-query takes from outside is found again. */
export function mapTrees(query: RelQuery, map: (rel: Rel) => Rel): RelQuery {
  const queries = mapKept(query.queries, (subquery) => {
    const rel = map(subquery.rel);
    return rel === subquery.rel ? subquery : { ...subquery, rel };
  });
  const outer = queries === query.queries ? queries : withOuter(queries);
  return { ...query, queries: outer, shared: mapKept(query.shared, map), root: map(query.root) };
}

/** The list with every element mapped; itself when all stay the same. */
function mapKept<T>(list: readonly T[], map: (element: T) => T): readonly T[] {
  const mapped = list.map((element) => map(element));
  return mapped.every((element, i) => element === list[i]) ? list : mapped;
}

/** Sub-queries with `outer` as their trees have it now. */
export function withOuter(queries: readonly RelSubquery[]): readonly RelSubquery[] {
  const done: RelSubquery[] = [...queries];
  const visited = new Set<number>();
  const visit = (number: number): void => {
    if (visited.has(number)) return;
    visited.add(number);
    const { rel } = queries[number]!;
    for (const inner of queriesOfRel(rel)) visit(inner);
    const outer = [...freeColumns(rel, { queries: done })];
    done[number] = { ...queries[number]!, outer };
  };
  queries.forEach((_, number) => {
    visit(number);
  });
  return done;
}

/** Numbers of the sub-queries that the tree's own expressions hold. */
export function queriesOfRel(rel: Rel): ReadonlySet<number> {
  const numbers = new Set<number>();
  mapRel(rel, (part) => {
    const roots = part.op === 'rows' ? [part.node as unknown as Expression] : [];
    for (const root of roots) for (const number of queriesIn(root)) numbers.add(number);
    mapExpressions(part, (expression) => {
      for (const number of queriesIn(expression)) numbers.add(number);
      return expression;
    });
    return part;
  });
  return numbers;
}

/**
 * The expression with columns replaced, in its sub-queries too: those that take a replaced column become new ones, appended to `queries`.
 * Undefined where a sub-query would need more than another column.
 */
export function replaceColumns(
  expression: Expression,
  values: ReadonlyMap<ColumnId, Expression>,
  queries: RelSubquery[],
): Expression | undefined {
  const moved = new Map<number, number>();
  for (const number of queriesIn(expression)) {
    const { outer } = queries[number]!;
    const taken = outer.filter((id) => values.has(id));
    if (taken.length === 0) continue;
    if (taken.some((id) => values.get(id)!.class !== 'COLUMN_REF')) return undefined;
    moved.set(number, renamedQuery(number, values, queries));
  }
  return substitute(withNumbers(expression, moved), values);
}

function renamedQuery(number: number, values: ReadonlyMap<ColumnId, Expression>, queries: RelSubquery[]): number {
  const { rel, columns } = queries[number]!;
  const renamed = renameRel(rel, values, queries);
  queries.push({ rel: renamed, columns, outer: [...freeColumns(renamed, { queries })] });
  return queries.length - 1;
}

/** A tree with outer columns renamed to other columns. */
export function renameRel(rel: Rel, values: ReadonlyMap<ColumnId, Expression>, queries: RelSubquery[]): Rel {
  const rename = <T extends Expression>(expression: T): T =>
    (replaceColumns(expression, values, queries) ?? expression) as T;
  return mapRel(rel, (part) =>
    part.op === 'rows' ? { ...part, node: substitute(part.node, values) } : mapExpressions(part, rename),
  );
}

function withNumbers<T>(root: T, numbers: ReadonlyMap<number, number>): T {
  if (numbers.size === 0) return root;
  return mapAst(root, {
    tableRef: (ref) => {
      const number = ref.type === 'BASE_TABLE' ? queryNumber(ref.table_name) : undefined;
      const moved = number === undefined ? undefined : numbers.get(number);
      return moved === undefined ? undefined : baseTable(queryRelation(moved));
    },
  });
}

/** Plain columns by id: `new Map([['__c5', '__c3']])` as expressions. */
export function asColumns(ids: Iterable<readonly [ColumnId, ColumnId]>): ReadonlyMap<ColumnId, Expression> {
  return new Map([...ids].map(([from, to]) => [from, columnRef(to)]));
}

/** Sub-queries that stand in one of the trees, or in a sub-query that does. */
export function usedQueries(query: RelQuery): ReadonlySet<number> {
  const used = new Set<number>();
  const visit = (rel: Rel): void => {
    for (const number of queriesOfRel(rel)) {
      if (used.has(number)) continue;
      used.add(number);
      visit(query.queries[number]!.rel);
    }
  };
  visit(query.root);
  for (const rel of query.shared) visit(rel);
  return used;
}

/** Sub-queries that stand nowhere any more lose their trees, whose columns may go on under the same ids in a copy. Numbers stay. */
export function forgetUnused(query: RelQuery): RelQuery {
  const used = usedQueries(query);
  if (used.size === query.queries.length) return query;
  const nothing: RelSubquery = {
    rel: { op: 'rows', node: select([integerConstant(1)], emptyTable()), columns: [] },
    columns: [],
    outer: [],
  };
  return { ...query, queries: query.queries.map((subquery, n) => (used.has(n) ? subquery : nothing)) };
}
