/** ORDER BY with LIMIT and OFFSET below the top of a query: each task gives its first rows, one task the first of all. */

import type { RelOrder } from '../algebra/rel.ts';
import { limitFacts } from '../bind/limit-facts.ts';
import type { OrderByNode } from '../sql/ast.ts';
import { columnRef, integerConstant } from '../sql/build.ts';
import type { Compile, Compiler } from './compile.ts';
import { StagesDeclined } from './declined.ts';
import { hasSubquery, rawToOne, withColumns } from './group-keys.ts';
import { toOne } from './moves.ts';
import type { Open } from './open.ts';
import { hasOneRow, inNoOrder, inOrder } from './row-order.ts';

export const compileOrder: Compile<RelOrder> = async (query, compiler) => {
  const rel = await withOrderColumns(query, compiler);
  const open = await compiler.compile(rel.input);
  // Without a cut the order of a sub-query means nothing to what is above it.
  if (rel.limit === null && rel.offset === null) return rel.orders.length === 0 ? open : unordered(open);
  return { ...cut(open, rel, compiler), ...compiler.size(query) };
};

/** What rows are ordered by becomes a column when it holds a sub-query. */
export async function withOrderColumns(query: RelOrder, compiler: Compiler): Promise<RelOrder> {
  const held = query.orders.map(({ expression }) => expression).filter(hasSubquery);
  if (held.length === 0) return query;
  const { rel: input, columns } = await withColumns(query.input, held, compiler);
  const orders = query.orders.map((order): OrderByNode => {
    const at = held.indexOf(order.expression);
    return at < 0 ? order : { ...order, expression: columnRef(columns[at]!) };
  });
  return { ...query, input, orders };
}

function unordered(open: Open): Open {
  const { distribution } = open;
  return distribution.kind === 'split' ? { ...open, distribution: { ...distribution, ordered: false } } : open;
}

/** The rows that the whole is cut to, in one task. */
function cut(open: Open, rel: RelOrder, compiler: Compiler): Open {
  requireOrder(open, rel, compiler);
  const first = firstRows(open, rel);
  const few = first === open ? rawToOne(open, 'a LIMIT that is not a constant', compiler) : toOne(first, compiler);
  return { ...few, rel: { ...rel, input: few.rel } };
}

/** LIMIT without ORDER BY takes the rows that DuckDB would take: those that come first, or any where DuckDB itself leaves it open. */
export function requireOrder(open: Open, rel: RelOrder, compiler: Compiler): void {
  if (rel.orders.length > 0 || inOrder(open, compiler) || inNoOrder(open, compiler) || hasOneRow(open, compiler))
    return;
  throw new StagesDeclined('LIMIT without ORDER BY depends on the order of rows');
}

/** Each task's first rows, as many as may be needed of it; the fragment itself when that can't be said. */
export function firstRows(open: Open, rel: RelOrder): Open {
  const { distribution } = open;
  const rows = neededRows(rel);
  if (rows === undefined || distribution.kind === 'one' || distribution.kind === 'all') return open;
  const limit = integerConstant(rows);
  return {
    ...open,
    rel: { ...rel, input: open.rel, limit, offset: null, partial: true },
    rows: Math.min(open.rows, rows),
    bytes: open.rows > rows ? (open.bytes * rows) / open.rows : open.bytes,
    why: [...open.why, `the first ${rows} rows of each task`],
  };
}

/** LIMIT and OFFSET as numbers, `limit` null for none; undefined when one of them is not a constant. */
export function constantCut(rel: RelOrder): { readonly limit: number | null; readonly offset: number } | undefined {
  const type = rel.percent ? 'LIMIT_PERCENT_MODIFIER' : 'LIMIT_MODIFIER';
  const { limit, offset } = limitFacts({ type, limit: rel.limit, offset: rel.offset });
  if (limit === 'expression' || offset === 'expression') return undefined;
  return { limit, offset: offset ?? 0 };
}

/** LIMIT plus OFFSET; undefined when there is no LIMIT or one of them is not a constant. */
function neededRows(rel: RelOrder): number | undefined {
  const cut = constantCut(rel);
  if (cut === undefined || cut.limit === null) return undefined;
  const rows = cut.limit + cut.offset;
  return Number.isSafeInteger(rows) ? rows : undefined;
}
