import type { Expression } from '../sql/ast.ts';
import { select, withAlias } from '../sql/build.ts';
import { expressionKey } from '../sql/walk.ts';
import { hasCollation, hasOwn, reference } from './lower-expression.ts';
import type { Output } from './lower-items.ts';
import { type Lowering, newId, refuse } from './lower-state.ts';
import type { ColumnId, Rel, RelColumn } from './rel.ts';
import { columnIdOf, columnsOf } from './walk-rel.ts';

/** A SELECT list as an operator. */
export interface Projected {
  readonly rel: Rel;
  /** The column of each output. */
  readonly outputs: readonly ColumnId[];
  /** The column of a value that is not returned. */
  readonly hidden: (expression: Expression) => ColumnId;
}

/**
 * Gives every output and every hidden value a column. Plain columns keep their ids; when there is nothing else, no operator is needed, unless
 * the result has to have exactly these columns.
 */
export function project(
  lowering: Lowering,
  input: Rel,
  outputs: readonly Output[],
  hidden: readonly Expression[],
  { many, exact }: { readonly many: boolean; readonly exact: boolean },
): Projected {
  const columns: RelColumn[] = [];
  const ids = new Map<string, ColumnId>();
  let computed = exact || many;
  const add = (expression: Expression): ColumnId => {
    const own = columnIdOf(expression);
    if (own === undefined) computed = true;
    const id = own !== undefined && !columns.some((column) => column.id === own) ? own : newId(lowering);
    columns.push({ id, expression: withAlias(expression, '') });
    if (!ids.has(expressionKey(expression))) ids.set(expressionKey(expression), id);
    return id;
  };
  const given = outputs.map(({ expression }) => {
    if (hasCollation(expression)) refuse('a column has a collation of its own');
    const same = exact || columnIdOf(expression) === undefined ? undefined : ids.get(expressionKey(expression));
    return same ?? add(expression);
  });
  for (const expression of hidden) {
    if (hasCollation(expression)) refuse('a sort key has a collation within');
    if (!ids.has(expressionKey(expression))) add(expression);
  }
  const rel = computed ? asOperator(lowering, input, columns, many) : input;
  return {
    rel,
    outputs: given,
    hidden: (expression) => ids.get(expressionKey(expression)) ?? refuse('a sort key is lost'),
  };
}

/** A list over FROM nothing is rows that need nothing else. */
function asOperator(lowering: Lowering, input: Rel, columns: readonly RelColumn[], many: boolean): Rel {
  const isSubquery = ({ class: kind }: Expression) => kind === 'SUBQUERY';
  if (
    input.op !== 'rows' ||
    !lowering.single.has(input) ||
    columns.some(({ expression }) => hasOwn(expression, isSubquery) || expression.class === 'COLUMN_REF')
  )
    return { op: 'project', input, columns, many };
  const list = columns.map(({ id, expression }) => withAlias(expression, id));
  return { op: 'rows', node: select(list, input.node.from_table), columns: columns.map(({ id }) => id) };
}

/** A column that is returned twice gets a second id. */
export function exactly(
  lowering: Lowering,
  rel: Rel,
  ids: readonly ColumnId[],
): { readonly rel: Rel; readonly output: readonly ColumnId[] } {
  if (new Set(ids).size === ids.length) return { rel, output: ids };
  const output: ColumnId[] = [];
  const columns: RelColumn[] = columnsOf(rel).map((id) => ({ id, expression: reference(id) }));
  for (const id of ids) {
    const own = output.includes(id) ? newId(lowering) : id;
    if (own !== id) columns.push({ id: own, expression: reference(id) });
    output.push(own);
  }
  return { rel: under(rel, columns), output };
}

/** The projection below ORDER BY and LIMIT, so that these stay on top. */
function under(rel: Rel, columns: readonly RelColumn[]): Rel {
  if (rel.op === 'order') return { ...rel, input: under(rel.input, columns) };
  return { op: 'project', input: rel, columns, many: false };
}
