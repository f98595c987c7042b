/** Projections over projections become one, and those that only rename columns go. */
import type { Expression } from '../../sql/ast.ts';
import { walk } from '../../sql/walk.ts';
import type { ColumnId, Rel, RelProject, RelQuery, RelSubquery } from '../rel.ts';
import { columnIdOf, columnSetOf, inputsOf, mapExpressions, mapRel, substitute, withInputs } from '../walk-rel.ts';
import { isLarge } from './expressions.ts';
import { asColumns, replaceColumns, withOuter } from './trees.ts';

export function mergeProjects(query: RelQuery): RelQuery {
  const queries = [...query.queries];
  const merge = (rel: Rel): Rel =>
    mapRel(rel, (part) =>
      part.op === 'project' && part.input.op === 'project' ? mergeTwo(part, part.input, queries) : part,
    );
  for (let n = 0; n < query.queries.length; n++) queries[n] = { ...queries[n]!, rel: merge(queries[n]!.rel) };
  const shared = query.shared.map(merge);
  const root = merge(query.root);
  return { ...query, root, shared, queries: withOuter(queries) };
}

function mergeTwo(outer: RelProject, inner: RelProject, queries: RelSubquery[]): Rel {
  if (inner.many) return outer;
  const uses = new Map<ColumnId, number>();
  for (const { expression } of outer.columns) countUses(expression, uses);
  const isOnce = inner.columns.every(({ id, expression }) => {
    if (columnIdOf(expression) !== undefined || expression.class === 'CONSTANT') return true;
    if ((uses.get(id) ?? 0) < 2) return !outer.many;
    return false;
  });
  if (!isOnce) return outer;
  const values = new Map(inner.columns.map(({ id, expression }) => [id, expression]));
  const columns: { readonly id: ColumnId; readonly expression: Expression }[] = [];
  for (const { id, expression } of outer.columns) {
    const merged = replaceColumns(expression, values, queries);
    if (merged === undefined || isLarge(merged)) return outer;
    columns.push({ id, expression: merged });
  }
  return { ...outer, input: inner.input, columns };
}

function countUses(root: Expression, uses: Map<ColumnId, number>): void {
  walk(root, {
    expression: (node) => {
      const id = columnIdOf(node);
      if (id !== undefined) uses.set(id, (uses.get(id) ?? 0) + 1);
      return undefined;
    },
  });
}

/**
 * Takes out projections that only rename columns, none of them twice, and names the originals everywhere instead. Where whole rows count
 * (DISTINCT) one that leaves columns out stays.
 */
export function dropRenames(query: RelQuery): RelQuery {
  const renames = new Map<ColumnId, ColumnId>();
  const drop = (rel: Rel, wholeRows: boolean): Rel => {
    const below = rel.op === 'distinct' && rel.on === null ? true : keepsRows(rel) && wholeRows;
    const dropped = withInputs(
      rel,
      inputsOf(rel).map((input) => drop(input, below)),
    );
    if (dropped.op !== 'project') return dropped;
    const pairs = renamesOf(dropped, wholeRows, renames);
    if (pairs === undefined) return dropped;
    for (const [id, from] of pairs) if (id !== from) renames.set(id, from);
    return dropped.input;
  };
  const root = drop(query.root, false);
  const shared = query.shared.map((rel) => drop(rel, false));
  const queries = query.queries.map((subquery) => ({ ...subquery, rel: drop(subquery.rel, false) }));
  if (renames.size === 0) return { ...query, root, shared, queries };
  return renameAll({ ...query, root, shared, queries }, renames);
}

/** Do the columns of the input go on through the operator? */
function keepsRows(rel: Rel): boolean {
  return ['filter', 'join', 'lateral', 'window', 'distinct', 'order', 'repartition'].includes(rel.op);
}

/** What each column is, when all are plain and no two the same; `renames` are those found so far. */
function renamesOf(
  rel: RelProject,
  wholeRows: boolean,
  renames: ReadonlyMap<ColumnId, ColumnId>,
): readonly (readonly [ColumnId, ColumnId])[] | undefined {
  if (rel.many) return undefined;
  const input = columnSetOf(rel.input);
  const pairs: (readonly [ColumnId, ColumnId])[] = [];
  for (const { id, expression } of rel.columns) {
    const named = columnIdOf(expression);
    const from = named === undefined ? undefined : finalName(named, renames);
    if (from === undefined || !input.has(from)) return undefined;
    pairs.push([id, from]);
  }
  const sources = new Set(pairs.map(([, from]) => from));
  return sources.size < pairs.length || (wholeRows && sources.size < input.size) ? undefined : pairs;
}

/** The name at the end of a chain of renames. */
function finalName(id: ColumnId, renames: ReadonlyMap<ColumnId, ColumnId>): ColumnId {
  let current = id;
  for (let next = renames.get(current); next !== undefined; next = renames.get(current)) current = next;
  return current;
}

function renameAll(query: RelQuery, renames: ReadonlyMap<ColumnId, ColumnId>): RelQuery {
  const final = (id: ColumnId) => finalName(id, renames);
  const values = asColumns([...renames.keys()].map((id) => [id, final(id)] as const));
  const rename = (rel: Rel): Rel =>
    mapRel(rel, (part) => {
      switch (part.op) {
        case 'rows':
          return { ...part, node: substitute(part.node, values) };
        case 'set':
          return { ...part, inputColumns: part.inputColumns.map((ids) => ids.map(final)) };
        case 'shared':
          return { ...part, columns: part.columns.map(({ id, from }) => ({ id, from: final(from) })) };
        default:
          return mapExpressions(part, (expression) => substitute(expression, values));
      }
    });
  return {
    ...query,
    root: rename(query.root),
    output: query.output.map(final),
    shared: query.shared.map(rename),
    queries: withOuter(
      query.queries.map(({ rel, columns, outer }) => ({
        rel: rename(rel),
        columns: columns.map(final),
        outer: outer.map(final),
      })),
    ),
  };
}
