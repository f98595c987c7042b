import type { ColumnId, Rel, RelQuery } from './rel.ts';
import { columnIdOf, columnsOf, freeColumns, inputsOf, madeBy, referencedBy } from './walk-rel.ts';

/** What breaks the rules of rel.ts in a query (an id that is not there, or made twice); empty when nothing does. */
export function relProblems(query: RelQuery): readonly string[] {
  const problems: string[] = [];
  const made = new Set<ColumnId>();
  const visit = (rel: Rel, outer: ReadonlySet<ColumnId>): void => {
    const [left, right] = inputsOf(rel);
    if (rel.op === 'lateral') {
      visit(left!, outer);
      visit(right!, new Set([...outer, ...columnsOf(left!)]));
    } else for (const input of inputsOf(rel)) visit(input, outer);
    const given = inputsOf(rel).flatMap(columnsOf);
    if (rel.op !== 'set' && new Set(given).size < given.length)
      problems.push(`${rel.op}: a column comes from two sides`);
    const passed = new Set([...outer, ...given]);
    for (const id of referencedBy(rel, query.queries))
      if (!passed.has(id)) problems.push(`${rel.op} names ${id}, which is not there`);
    for (const id of newColumns(rel)) {
      if (made.has(id)) problems.push(`${id} is made twice`);
      if (!query.types.has(id)) problems.push(`${id} has no type`);
      made.add(id);
    }
  };
  visit(query.root, new Set());
  for (const rel of query.shared) visit(rel, new Set());
  for (const [n, { rel, columns, outer }] of query.queries.entries()) {
    visit(rel, new Set(outer));
    const free = [...freeColumns(rel, query)].sort().join();
    if (free !== [...outer].sort().join()) problems.push(`query ${n} takes ${free}, not ${outer.join()}`);
    for (const id of columns) if (!columnsOf(rel).includes(id)) problems.push(`query ${n} does not give ${id}`);
  }
  for (const id of query.output)
    if (!columnsOf(query.root).includes(id)) problems.push(`the output ${id} is not there`);
  if (new Set(query.output).size < query.output.length) problems.push('an output is returned twice');
  return problems;
}

/** Columns that the operator makes and does not just pass on. */
function newColumns(rel: Rel): readonly ColumnId[] {
  const passed = new Set<ColumnId>();
  if (rel.op === 'project' || rel.op === 'aggregate')
    for (const { id, expression } of rel.op === 'project' ? rel.columns : rel.keys)
      if (columnIdOf(expression) === id) passed.add(id);
  return madeBy(rel).filter((id) => !passed.has(id));
}
