import { reference } from './lower-expression.ts';
import type { ColumnId, Rel, RelColumn, RelProject, RelQuery, RelSet } from './rel.ts';
import { columnIdOf, mapRel } from './walk-rel.ts';

/** Arms of set operations are cast to the types of the whole; where a column has its type already, it stays what it was. */
export function withoutIdleCasts(query: RelQuery): RelQuery {
  const clean = (rel: Rel) => mapRel(rel, (part) => (part.op === 'set' ? cleanSet(part, query.types) : part));
  return {
    ...query,
    root: clean(query.root),
    shared: query.shared.map(clean),
    queries: query.queries.map((sub) => ({ ...sub, rel: clean(sub.rel) })),
  };
}

function cleanSet(set: RelSet, types: RelQuery['types']): RelSet {
  const arms = set.inputs.map((input, i) => cleanArm(input, set.inputColumns[i]!, types));
  return { ...set, inputs: arms.map(({ rel }) => rel), inputColumns: arms.map(({ columns }) => columns) };
}

interface Arm {
  readonly rel: Rel;
  readonly columns: readonly ColumnId[];
}

function cleanArm(rel: Rel, columns: readonly ColumnId[], types: RelQuery['types']): Arm {
  if (rel.op !== 'project' || rel.many) return { rel, columns };
  const ids = new Map<ColumnId, ColumnId>();
  const kept = rel.columns.map((column): RelColumn => {
    const same = sameColumn(column, types);
    if (same === undefined) return column;
    const twice = [...ids.values()].includes(same);
    ids.set(column.id, twice ? column.id : same);
    return { id: twice ? column.id : same, expression: reference(same) };
  });
  const project: RelProject = { ...rel, columns: kept };
  const plain = kept.every(({ id, expression }) => columnIdOf(expression) === id);
  return { rel: plain ? rel.input : project, columns: columns.map((id) => ids.get(id) ?? id) };
}

/** The column that a cast leaves as it is. */
function sameColumn({ id, expression }: RelColumn, types: RelQuery['types']): ColumnId | undefined {
  if (expression.class !== 'CAST' || expression.try_cast) return undefined;
  const child = columnIdOf(expression.child);
  return child !== undefined && types.get(child) === types.get(id) && types.has(id) ? child : undefined;
}
