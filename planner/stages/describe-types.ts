import { type ColumnId, queryRelation, type Rel, type RelSubquery } from '../algebra/rel.ts';
import { columnIdOf, columnSetOf, queriesIn, referencedColumns, substitute } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { baseTable, columnRef, emptyTable, select, withAlias } from '../sql/build.ts';
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
  const known = expressions.map((expression) => plainType(expression, typeOf));
  const unknown = expressions.filter((_, i) => known[i] === undefined);
  const asked = await askForTypes({ context, queries, typeOf }, rel, unknown);
  return known.map((type, i) => type ?? asked[unknown.indexOf(expressions[i]!)]!);
}

/** Types that a column surely has in an expression too, under the same name. */
const plainTypes =
  /^(?:BOOLEAN|(?:TINY|SMALL|BIG|HUGE)INT|INTEGER|FLOAT|DOUBLE|DATE|TIMESTAMP|VARCHAR|DECIMAL\(\d+,\d+\))$/;

function plainType(expression: Expression, typeOf: Typing['typeOf']): string | undefined {
  const id = columnIdOf(expression);
  const type = id === undefined ? undefined : typeOf(id);
  return type !== undefined && plainTypes.test(type) ? type : undefined;
}

async function askForTypes(
  { context, queries, typeOf }: Typing,
  rel: Rel,
  expressions: readonly Expression[],
): Promise<readonly string[]> {
  if (expressions.length === 0) return [];
  const shadow = (name: string, ids: readonly ColumnId[], rename: (id: ColumnId, place: number) => string) => ({
    name,
    columns: ids.map((id, place) => ({ name: rename(id, place), type: typeOf(id) })),
  });
  const here = columnSetOf(rel);
  const named = new Set(expressions.flatMap((expression) => [...referencedColumns(expression, queries)]));
  const columns = [...named].filter((id) => here.has(id));
  const placeholders = [...new Set(expressions.flatMap(queriesIn))];
  // By place, so that the world knows the answer when another query has asked the same of its own columns.
  const rename = (id: ColumnId, place: number) => (placeholders.length > 0 ? id : `__t${place}`);
  const names = new Map(columns.map((id, place) => [id, columnRef(rename(id, place))]));
  const node = select(
    expressions.map((expression) => withAlias(substitute(expression, names), '')),
    columns.length === 0 ? emptyTable() : baseTable(relation),
  );
  const described = await describeFragment(
    context,
    await printFragment(context, node),
    [],
    [
      ...(columns.length === 0 ? [] : [shadow(relation, columns, rename)]),
      ...placeholders.map((n) => shadow(queryRelation(n), queries[n]!.columns, (id) => id)),
    ],
  );
  return described.map(({ type }) => type);
}
