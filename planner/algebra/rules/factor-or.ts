/** `(a AND b) OR (a AND c)` is `a AND (b OR c)`, in three-valued logic too; and what an OR says of one input alone. */
import type { Expression } from '../../sql/ast.ts';
import { conjunction } from '../../sql/build.ts';
import { conjunctsOf, expressionKey } from '../../sql/walk.ts';
import type { ColumnId, Rel, RelQuery, RelSubquery } from '../rel.ts';
import { columnSetOf, inputsOf, referencedColumns, withInputs } from '../walk-rel.ts';
import { anyOf, branchesOf, distinctConjuncts, hasQueries, isLarge, isVolatile } from './expressions.ts';
import { mapTrees } from './trees.ts';

type Queries = readonly RelSubquery[];

/** Takes the conjuncts that all branches of an OR share out of it, in filters and joins. */
export function factorOr(query: RelQuery): RelQuery {
  return mapTrees(query, (rel) => factorRel(rel, query.queries));
}

function factorRel(rel: Rel, queries: Queries): Rel {
  const below = withInputs(
    rel,
    inputsOf(rel).map((input) => factorRel(input, queries)),
  );
  if (below.op !== 'filter' && below.op !== 'join' && below.op !== 'lateral') return below;
  // ASOF takes exactly one comparison that is no equality.
  if (below.op === 'join' && below.kind.startsWith('asof')) return below;
  const conditions = factored(below.conditions, queries);
  return conditions === below.conditions ? below : { ...below, conditions };
}

/** The same list when nothing is to be factored. */
function factored(conditions: readonly Expression[], queries: Queries): readonly Expression[] {
  const flat = distinctConjuncts(conditions, queries).flatMap((condition) => factorCondition(condition, queries));
  const same = flat.length === conditions.length && flat.every((condition, i) => condition === conditions[i]);
  return same ? conditions : distinctConjuncts(flat, queries);
}

/** The conjuncts of one condition after factoring. */
export function factorCondition(condition: Expression, queries: Queries): readonly Expression[] {
  const branches = branchesOf(condition);
  if (branches.length < 2 || isVolatile(condition, queries)) return [condition];
  const parts = branches.map((branch) => new Map(conjunctsOf(branch).map((part) => [expressionKey(part), part])));
  const common = [...parts[0]!].filter(([key]) => parts.every((part) => part.has(key)));
  if (common.length === 0) return [condition];
  const keys = new Set(common.map(([key]) => key));
  const rests = parts.map((part) => [...part].filter(([key]) => !keys.has(key)).map(([, rest]) => rest));
  const shared = common.map(([, part]) => part);
  // A branch that is nothing but the common part makes the OR true.
  if (rests.some((rest) => rest.length === 0)) return shared;
  return [...shared, anyOf(rests.map((rest) => conjunction(rest)!))!];
}

/**
 * What an OR over several inputs says of one of them: the OR of the parts of each branch that read nothing else. Undefined when a branch says
 * nothing of it. True for every row for which the whole condition is.
 */
export function impliedFor(condition: Expression, side: Rel, queries: Queries): Expression | undefined {
  const branches = branchesOf(condition);
  if (branches.length < 2 || isLarge(condition) || hasQueries(condition) || isVolatile(condition, queries))
    return undefined;
  const ids = columnSetOf(side);
  const parts = branches.map((branch) => conjunctsOf(branch).filter((part) => readsOnly(part, ids, queries)));
  if (parts.some((part) => part.length === 0)) return undefined;
  return anyOf(parts.map((part) => conjunction(part)!));
}

function readsOnly(part: Expression, ids: ReadonlySet<ColumnId>, queries: Queries): boolean {
  const reads = referencedColumns(part, queries);
  if (reads.size === 0) return false;
  for (const id of reads) if (!ids.has(id)) return false;
  return true;
}
