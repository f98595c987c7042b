import { type ColumnId, queryRelation, type Rel, type RelSubquery } from '../algebra/rel.ts';
import { columnsOf, queriesIn, referencedColumns } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { baseTable, emptyTable, select, withAlias } from '../sql/build.ts';
import { describeFragment, printFragment } from '../strategies/fragment.ts';
import type { PlanContext } from '../strategies/strategy.ts';

/** What the types of expressions depend on. */
export interface Typing {
  readonly context: PlanContext;
  readonly queries: readonly RelSubquery[];
  readonly typeOf: (column: ColumnId) => string;
}

const relation = '__types';

/** DuckDB's types of expressions over the columns of `rel`: bound over a table that has just these columns. */
export async function describeTypes(
  { context, queries, typeOf }: Typing,
  rel: Rel,
  expressions: readonly Expression[],
): Promise<readonly string[]> {
  if (expressions.length === 0) return [];
  const shadow = (name: string, ids: readonly ColumnId[]) => ({
    name,
    columns: ids.map((id) => ({ name: id, type: typeOf(id) })),
  });
  const named = new Set(expressions.flatMap((expression) => [...referencedColumns(expression, queries)]));
  const columns = columnsOf(rel).filter((id) => named.has(id));
  const placeholders = [...new Set(expressions.flatMap(queriesIn))];
  const node = select(
    expressions.map((expression) => withAlias(expression, '')),
    columns.length === 0 ? emptyTable() : baseTable(relation),
  );
  const described = await describeFragment(
    context,
    await printFragment(context, node),
    [],
    [
      ...(columns.length === 0 ? [] : [shadow(relation, columns)]),
      ...placeholders.map((n) => shadow(queryRelation(n), queries[n]!.columns)),
    ],
  );
  return described.map(({ type }) => type);
}
