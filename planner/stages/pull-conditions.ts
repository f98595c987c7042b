/** Conditions that name outer columns, taken out of a sub-query's tree. */
import type { ColumnId, Rel, RelColumn, RelQuery } from '../algebra/rel.ts';
import { columnSetOf, columnsOf, freeColumns, queriesIn, referencedColumns, substitute } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';

export interface Pulled {
  /** Names no outer column any more; perhaps with columns added that the conditions need. */
  readonly rel: Rel;
  /** What must hold between its rows and the outer row. */
  readonly conditions: readonly Expression[];
}

/** What pulling needs of the query. */
export interface Pulling {
  readonly query: Pick<RelQuery, 'queries'>;
  readonly newColumn: (type: string) => ColumnId;
  readonly typeOf: (column: ColumnId) => string;
}

/**
 * `rel` without the conditions that name outer columns: for each outer row, the rows of `Pulled.rel` that fulfil `conditions` are those of
 * `rel`. Undefined where that can't be had: only filters, projections, inner joins and the left side of other joins may stand above them.
 */
export function pullConditions(rel: Rel, pulling: Pulling): Pulled | undefined {
  const { query } = pulling;
  if (freeColumns(rel, query).size === 0) return { rel, conditions: [] };
  switch (rel.op) {
    case 'filter': {
      const below = pullConditions(rel.input, pulling);
      if (below === undefined) return undefined;
      const { own, pulled } = split(rel.conditions, columnSetOf(below.rel), query);
      if (pulled.some((condition) => queriesIn(condition).length > 0)) return undefined;
      const kept: Rel = own.length === 0 ? below.rel : { op: 'filter', input: below.rel, conditions: own };
      return { rel: kept, conditions: [...below.conditions, ...pulled] };
    }
    case 'project':
      return rel.many ? undefined : throughProject(rel, pulling);
    case 'join':
      return throughJoin(rel, pulling);
    default:
      return undefined;
  }
}

function split(conditions: readonly Expression[], columns: ReadonlySet<ColumnId>, { queries }: Pulling['query']) {
  const isOwn = (condition: Expression) => [...referencedColumns(condition, queries)].every((id) => columns.has(id));
  return { own: conditions.filter(isOwn), pulled: conditions.filter((condition) => !isOwn(condition)) };
}

/** Columns that the conditions name and the projection leaves out get through under new ids. */
function throughProject(rel: Extract<Rel, { op: 'project' }>, pulling: Pulling): Pulled | undefined {
  const below = pullConditions(rel.input, pulling);
  if (below === undefined) return undefined;
  const inner = columnSetOf(below.rel);
  const { queries } = pulling.query;
  const isOwn = ({ expression }: RelColumn) => [...referencedColumns(expression, queries)].every((id) => inner.has(id));
  if (!rel.columns.every(isOwn)) return undefined;
  const named = new Set(below.conditions.flatMap((condition) => [...referencedColumns(condition, queries)]));
  const added = [...named]
    .filter((id) => inner.has(id))
    .map((id) => ({ from: id, id: pulling.newColumn(pulling.typeOf(id)), expression: columnRef(id) }));
  const names = new Map(added.map(({ from, id }) => [from, columnRef(id)]));
  const columns = [...rel.columns, ...added.map(({ id, expression }) => ({ id, expression }))];
  return {
    rel: { ...rel, input: below.rel, columns },
    conditions: below.conditions.map((condition) => substitute(condition, names)),
  };
}

function throughJoin(rel: Extract<Rel, { op: 'join' }>, pulling: Pulling): Pulled | undefined {
  const { query } = pulling;
  const left = pullConditions(rel.left, pulling);
  if (left === undefined) return undefined;
  if (rel.kind === 'inner') {
    const right = pullConditions(rel.right, pulling);
    if (right === undefined) return undefined;
    const columns = new Set([...columnsOf(left.rel), ...columnsOf(right.rel)]);
    const { own, pulled } = split(rel.conditions, columns, query);
    if (pulled.some((condition) => queriesIn(condition).length > 0)) return undefined;
    return {
      rel: { ...rel, left: left.rel, right: right.rel, conditions: own },
      conditions: [...left.conditions, ...right.conditions, ...pulled],
    };
  }
  // The left side's rows are filtered before or after: these joins look at each left row alone.
  const eachLeft = rel.kind === 'left' || rel.kind === 'semi' || rel.kind === 'anti';
  if (!eachLeft || freeColumns(rel.right, query).size > 0) return undefined;
  const columns = new Set([...columnsOf(left.rel), ...columnsOf(rel.right)]);
  if (split(rel.conditions, columns, query).pulled.length > 0) return undefined;
  return { rel: { ...rel, left: left.rel }, conditions: left.conditions };
}
