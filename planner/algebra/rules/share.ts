/** Shared trees that one place reads become part of it; those that no place reads go. */
import { columnRef } from '../../sql/build.ts';
import type { Rel, RelQuery } from '../rel.ts';
import { inputsOf, mapRel } from '../walk-rel.ts';
import { isVolatileRel } from './expressions.ts';
import { usedQueries } from './trees.ts';

export function inlineShared(query: RelQuery): RelQuery {
  if (query.shared.length === 0) return query;
  const uses = countUses(query);
  // A tree in a sub-query may be run for each row of the outer one: what is volatile stays one relation.
  const inlined = query.shared.map((rel, n) => uses[n] === 1 && !isVolatileRel(rel, query.queries));
  const numbers: number[] = [];
  let kept = 0;
  query.shared.forEach((_, n) => {
    numbers.push(uses[n]! > 0 && !inlined[n] ? kept++ : -1);
  });
  const put = (rel: Rel): Rel =>
    mapRel(rel, (part) => {
      if (part.op !== 'shared') return part;
      if (!inlined[part.shared]) return { ...part, shared: numbers[part.shared]! };
      const columns = part.columns.map(({ id, from }) => ({ id, expression: columnRef(from) }));
      return { op: 'project', input: put(query.shared[part.shared]!), columns, many: false };
    });
  return {
    ...query,
    root: put(query.root),
    // Those that nothing reads may name shared trees that are gone.
    queries: query.queries.map((subquery, n) =>
      usedQueries(query).has(n) ? { ...subquery, rel: put(subquery.rel) } : subquery,
    ),
    shared: query.shared.filter((_, n) => numbers[n]! >= 0).map(put),
  };
}

/** How many places read each shared tree; what only unread ones read does not count. */
function countUses(query: RelQuery): readonly number[] {
  const uses = query.shared.map(() => 0);
  const visit = (rel: Rel): void => {
    if (rel.op === 'shared') {
      uses[rel.shared]!++;
      if (uses[rel.shared] === 1) visit(query.shared[rel.shared]!);
    }
    for (const input of inputsOf(rel)) visit(input);
  };
  visit(query.root);
  const reached = usedQueries(query);
  for (const number of reached) visit(query.queries[number]!.rel);
  return uses;
}
