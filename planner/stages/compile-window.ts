/** Windows: rows lie by what their partitions have in common; calls without it need all rows in one task. */
import { nameDependsOnOrder } from '../aggregates/order-sensitive.ts';
import type { ColumnId, RelWindow } from '../algebra/rel.ts';
import { columnIdOf } from '../algebra/walk-rel.ts';
import type { WindowCall } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { mapAst } from '../sql/walk.ts';
import { hasCollation } from '../strategies/order.ts';
import type { Compile, Compiler } from './compile.ts';
import { StagesDeclined } from './declined.ts';
import { onlyFirst } from './first-in-partitions.ts';
import { groupHashKeys, hasSubquery, isFew, noteRaw, rawToOne, withColumns } from './group-keys.ts';
import { keepsTogether, keptTogether } from './moves.ts';
import type { Open } from './open.ts';
import { compileParts, mapParts, type Parts, partsToHash, partsToOne, sizeOfParts } from './parts.ts';
import { inOrder } from './row-order.ts';
import { isTotal, withTotals } from './totals.ts';

type Window = RelWindow['windows'][number];

/** A call whose partition expressions are columns. */
interface Partitioned extends Window {
  readonly partitions: readonly ColumnId[];
}

export const compileWindow: Compile<RelWindow> = (query, compiler) => compileWindows(query, undefined, compiler);

/** `first`: rows beyond so many of each partition may be left out (see `firstInPartitions`). */
export async function compileWindows(query: RelWindow, first: number | undefined, compiler: Compiler): Promise<Open> {
  const { rel, windows } = await withPartitionColumns(query, compiler);
  const ordered = windows.find(({ call }) => dependsOnOrder(call));
  const parts =
    ordered === undefined ? await compileParts(rel.input, compiler) : ([await compiler.compile(rel.input)] as const);
  const [single] = parts;
  if (ordered !== undefined) requireOrder(single, ordered.call.function_name, compiler);
  let open = ordered === undefined ? startOf(parts, windows, first, compiler) : inOneTask(single, compiler);
  if (ordered === undefined) for (const { partitions } of windows) open = keptTogether(open, partitions, compiler);
  let left: readonly Partitioned[] = windows;
  while (left.length > 0) {
    const ready = left.filter(({ partitions }) => keepsTogether(open, partitions));
    if (ready.length > 0) {
      open = withWindows(open, ready);
      left = left.filter((window) => !ready.includes(window));
    } else if (left.every(({ call }) => isTotal(call)) && !isFew(open, compiler)) {
      open = await withTotals(open, left, compiler);
      left = [];
    } else {
      open = moved([open], left, first, compiler);
    }
  }
  return { ...open, ...compiler.size(query) };
}

function requireOrder(open: Open, name: string, compiler: Compiler): void {
  if (!inOrder(open, compiler))
    throw new StagesDeclined(`${name} over rows in no order of its own depends on their order`);
}

function inOneTask(open: Open, compiler: Compiler): Open {
  return rawToOne(open, 'a window that needs its rows in order', compiler);
}

/** One fragment. What every task would compute is computed by one: windows need not come out the same everywhere. */
function startOf(parts: Parts, windows: readonly Partitioned[], first: number | undefined, compiler: Compiler): Open {
  if (parts.length > 1) return moved(parts, windows, first, compiler);
  const [open] = parts;
  return open.distribution.kind === 'all' ? { ...open, distribution: { kind: 'one' } } : open;
}

/** What windows are partitioned by becomes columns of the input, and so do sub-queries in them. */
async function withPartitionColumns(
  query: RelWindow,
  compiler: Compiler,
): Promise<{ readonly rel: RelWindow; readonly windows: readonly Partitioned[] }> {
  const partitions = query.windows.flatMap(({ call }) => call.partitions);
  if (hasCollation(partitions)) throw new StagesDeclined('a collation would be lost between stages');
  const others = query.windows.flatMap(({ call }) => heldSubqueries(call));
  const { rel: input, columns } = await withColumns(query.input, [...partitions, ...others], compiler);
  const column = new Map([...partitions, ...others].map((expression, i) => [expression, columns[i]!]));
  const windows = query.windows.map(({ id, call }): Partitioned => {
    const ids = call.partitions.map((expression) => column.get(expression)!);
    const plain = mapAst(call, {
      expression: (node) => {
        const known = column.get(node);
        return known === undefined ? undefined : { ...columnRef(known), alias: node.alias };
      },
    });
    return { id, call: { ...plain, partitions: ids.map((known) => columnRef(known)) }, partitions: ids };
  });
  return { rel: { ...query, input, windows }, windows };
}

/** The parts of a call that hold a sub-query. */
function heldSubqueries(call: WindowCall) {
  const parts = [
    ...call.children,
    ...call.orders.map(({ expression }) => expression),
    ...call.arg_orders.map(({ expression }) => expression),
    call.filter_expr,
    call.start_expr,
    call.end_expr,
    call.offset_expr,
    call.default_expr,
  ];
  return parts
    .filter((part) => part !== null && columnIdOf(part) === undefined)
    .filter((part) => hasSubquery(part!)) as NonNullable<(typeof parts)[number]>[];
}

function withWindows(open: Open, windows: readonly Window[]): Open {
  const added = windows.map(({ id, call }) => ({ id, call }));
  const { distribution } = open;
  return {
    ...open,
    rel: { op: 'window', input: open.rel, windows: added },
    distribution: distribution.kind === 'split' ? { ...distribution, ordered: false } : distribution,
  };
}

/** Moves rows so that at least one of the calls can run. Calls without partitions come last. */
function moved(whole: Parts, windows: readonly Partitioned[], first: number | undefined, compiler: Compiler): Open {
  const parts = first === undefined ? whole : mapParts(whole, (part) => onlyFirst(part, windows[0]!, first, compiler));
  const keys = commonKeys(windows, compiler);
  if (keys.length === 0)
    for (const part of parts) noteRaw(part, `${windows[0]!.call.function_name} over all rows`, compiler);
  if (keys.length === 0 || isFew(sizeOfParts(parts), compiler)) return partsToOne(parts, compiler);
  const names = [...new Set(windows.map(({ call }) => call.function_name))].join(', ');
  const why = `rows by what windows are partitioned by (${names})`;
  const told = mapParts(parts, (part) => ({ ...part, why: [...part.why, why] }));
  return partsToHash(told, groupHashKeys(keys, compiler), compiler);
}

/** The keys that as many calls as possible have in common, beginning with the first one that has any that can be hashed. */
function commonKeys(windows: readonly Partitioned[], compiler: Compiler): readonly ColumnId[] {
  let common: readonly ColumnId[] = [];
  for (const { partitions } of windows) {
    const hashed = groupHashKeys(partitions, compiler).map(({ column }) => column);
    const both = common.length === 0 ? hashed : common.filter((id) => hashed.includes(id));
    if (both.length > 0) common = both;
  }
  return common;
}

/** Functions that give every row of a partition the same, or the same to rows that tie, when the window has no order. */
const sameForAll: ReadonlySet<string> = new Set(['rank', 'rank_dense', 'dense_rank', 'percent_rank', 'cume_dist']);
/** Those that are not aggregates. */
const byPlace: ReadonlySet<string> = new Set([
  'row_number',
  'ntile',
  'lag',
  'lead',
  'first_value',
  'last_value',
  'nth_value',
  'fill',
]);

/**
 * Does the value of the call depend on the order in which rows come? With an ORDER BY only among ties, which DuckDB itself leaves open. Without
 * one the frame is the whole partition unless it counts rows.
 */
export function dependsOnOrder(call: WindowCall): boolean {
  if (call.orders.length > 0 || sameForAll.has(call.function_name)) return false;
  if (call.start.endsWith('_ROWS') || call.end.endsWith('_ROWS') || call.exclude_clause !== 'NO_OTHER') return true;
  return call.arg_orders.length === 0 && (byPlace.has(call.function_name) || nameDependsOnOrder(call.function_name));
}
