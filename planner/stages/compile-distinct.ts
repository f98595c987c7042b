/** DISTINCT and DISTINCT ON: each task drops its own doubles, then rows that are alike meet. */
import type { ColumnId, RelDistinct } from '../algebra/rel.ts';
import { columnsOf } from '../algebra/walk-rel.ts';
import type { OrderByNode } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { hasCollation } from '../strategies/order.ts';
import type { Compile, Compiler, Size } from './compile.ts';
import { StagesDeclined } from './declined.ts';
import { groupHashKeys, hasSubquery, isFew, only, withColumns } from './group-keys.ts';
import { keepsTogether, keptTogether, toHash, toOne } from './moves.ts';
import type { Open } from './open.ts';
import { compileParts, mapParts, type Parts, partsToHash, partsToOne, sizeOfParts } from './parts.ts';
import { inOrder } from './row-order.ts';

/** With more rows than this, a partial DISTINCT must leave some out to be worth its while. */
const manyRows = 100_000;
const worthlessShare = 0.5;

export const compileDistinct: Compile<RelDistinct> = async (query, compiler) =>
  query.on === null ? distinctRows(query, compiler) : distinctOn(query, query.on, compiler);

async function distinctRows(query: RelDistinct, compiler: Compiler): Promise<Open> {
  const columns = columnsOf(query.input);
  const parts = mapParts(await compileParts(query.input, compiler), (part) => only(part, columns));
  return withoutDoubles(parts, columns, compiler.size(query), compiler);
}

/** Whole rows, each once. `columns`: all of the fragments. */
export function withoutDoubles(parts: Parts, columns: readonly ColumnId[], size: Size, compiler: Compiler): Open {
  const single = keptTogether(parts[0], columns, compiler);
  // Computed by each task, it is the same everywhere.
  const whole = single.distribution.kind === 'all' || keepsTogether(single, columns);
  if (parts.length === 1 && whole) return distinctOf(single, size);
  const share = size.rows / Math.max(1, sizeOfParts(parts).rows);
  const partial = mapParts(parts, (part) => withoutOwnDoubles(part, share));
  const hashed = groupHashKeys(columns, compiler);
  const one = hashed.length === 0 || isFew(sizeOfParts(partial), compiler);
  return distinctOf(one ? partsToOne(partial, compiler) : partsToHash(partial, hashed, compiler), size);
}

/** A fragment whose tasks drop doubles of their own where that is worth its while. `share`: rows that are left of all, about. */
export function withoutOwnDoubles(open: Open, share: number): Open {
  if (open.distribution.kind === 'all' || (open.rows > manyRows && share > worthlessShare))
    return { ...open, why: [...open.why, 'rows by all columns'] };
  const left = Math.min(1, 2 * share);
  const size = { rows: open.rows * left, bytes: open.bytes * left };
  const own = distinctOf({ ...open, why: [...open.why, 'rows without doubles'] }, size);
  return { ...own, rel: { op: 'distinct', input: open.rel, on: null, orders: [], partial: true } };
}

/** The fragment without doubles within each task. */
export function distinctOf(open: Open, size: Size): Open {
  const { distribution } = open;
  return {
    ...open,
    rel: { op: 'distinct', input: open.rel, on: null, orders: [] },
    distribution: distribution.kind === 'split' ? { ...distribution, ordered: false } : distribution,
    rows: size.rows,
    bytes: size.bytes,
  };
}

async function distinctOn(query: RelDistinct, on: NonNullable<RelDistinct['on']>, compiler: Compiler): Promise<Open> {
  if (hasCollation(on)) throw new StagesDeclined('a collation would be lost between stages');
  const orders = query.orders.map(({ expression }) => expression);
  const held = [...on, ...orders.filter(hasSubquery)];
  const { rel: input, columns } = await withColumns(query.input, held, compiler);
  const keys = columns.slice(0, on.length);
  const placed = query.orders.map((order): OrderByNode => {
    const at = held.indexOf(order.expression, on.length);
    return at < 0 ? order : { ...order, expression: columnRef(columns[at]!) };
  });
  const whole = await compiler.compile(input);
  const open: Open = whole.distribution.kind === 'all' ? { ...whole, distribution: { kind: 'one' } } : whole;
  if (placed.length === 0 && !inOrder(open, compiler))
    throw new StagesDeclined('DISTINCT ON without ORDER BY takes the first row, and rows are in no order here');
  const first = (from: Open): Open => ({
    ...from,
    rel: { op: 'distinct', input: from.rel, on: keys.map((key) => columnRef(key)), orders: placed },
    distribution: from.distribution.kind === 'split' ? { ...from.distribution, ordered: false } : from.distribution,
    ...compiler.size(query),
  });
  const together = placed.length === 0 ? open : keptTogether(open, keys, compiler);
  if (keepsTogether(together, keys)) return first(together);
  const partial = first(open);
  const hashed = groupHashKeys(keys, compiler);
  const why = [...partial.why, 'the first rows of each task'];
  // In order of the tasks the first row of the first task that has one comes first.
  const inTaskOrder = placed.length === 0;
  const one = hashed.length === 0 || inTaskOrder || isFew(partial, compiler);
  return first(one ? toOne({ ...partial, why }, compiler) : toHash({ ...partial, why }, hashed, compiler));
}
