/** ORDER BY of everything in many tasks: rows go to ranges of the order, each task sorts its own, and one after another they are the answer. */
import type { ColumnId, Rel, RelOrder } from '../algebra/rel.ts';
import { columnIdOf } from '../algebra/walk-rel.ts';
import type { PlannerSettings } from '../index.ts';
import { maxTasks } from '../partitioning.ts';
import type { RangeKey } from '../plan/plan.ts';
import type { OrderByNode } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { hasCollation } from '../strategies/order.ts';
import type { Compiler } from './compile.ts';
import { exchangeable } from './exchangeable.ts';
import { newColumns, only } from './group-keys.ts';
import type { Open } from './open.ts';
import { type Parts, sizeOfParts } from './parts.ts';

/** What a slot has where nobody says. */
const usualTaskMemoryBytes = 1024 ** 3;
/** Rows are sorted in memory: what is read takes a multiple of its size in files. */
const memoryPerSortedByte = 6;
/** Less than this is sorted by one task. */
export const oneTaskBytes = 64 * 1024 * 1024;

/** Bytes of files that one task can sort without spilling. */
export function sortTaskBytes({ taskMemoryBytes = usualTaskMemoryBytes }: PlannerSettings): number {
  return Math.max(1, Math.floor(taskMemoryBytes / memoryPerSortedByte));
}

/**
 * May rows go to ranges of values of this type? DuckDB (1.5.5) sorts `33 days` behind `1 month 1 day`, and the other way round by the keys that
 * `create_sort_key` makes of them. Collations (which no type tells) are not in these keys either.
 */
export function hasRanges(type: string): boolean {
  return !/\bINTERVAL\b/.test(type);
}

/** In how many ranges so many bytes are sorted: as asked for, or so that each fits a task's memory. */
function rangesFor(bytes: number, settings: PlannerSettings): number {
  const asked = settings.sortPartitions ?? settings.partitions;
  if (asked !== null) return Math.min(Math.max(1, asked), maxTasks);
  if (bytes <= oneTaskBytes) return 1;
  const round = Math.max(1, settings.slots);
  const wanted = Math.max(round, Math.ceil(bytes / sortTaskBytes(settings)));
  return Math.min(maxTasks, Math.ceil(wanted / round) * round);
}

/** A fragment whose tasks one after another give all rows in order, with the columns `needed`; undefined: one task is to sort. */
export async function sortedInRanges(
  parts: Parts,
  order: RelOrder,
  needed: readonly ColumnId[],
  compiler: Compiler,
): Promise<Open | undefined> {
  const { settings, context } = compiler;
  const lying = parts.length === 1 ? sortedWhereItLies(parts[0], order, compiler) : undefined;
  if (lying !== undefined) return lying;
  const bytes = Math.max(sizeOfParts(parts).bytes, ...parts.map((part) => storedBytes(part, compiler)));
  const partitions = rangesFor(bytes, settings);
  const inOneTask =
    parts.length === 1 && (parts[0].distribution.kind === 'one' || parts[0].distribution.kind === 'all');
  if (order.orders.length === 0 || partitions === 1 || inOneTask || hasCollation(context.bound.statement))
    return undefined;
  const added = await newColumns(
    parts[0].rel,
    order.orders.map(({ expression }) => expression),
    compiler,
  );
  const columns = [...new Set([...needed, ...added.columns])];
  if (!columns.every((id) => exchangeable(compiler.typeOf(id)))) return undefined;
  if (!added.columns.every((id) => hasRanges(compiler.typeOf(id)))) return undefined;
  const orders = order.orders.map((item, i): OrderByNode => ({ ...item, expression: columnRef(added.columns[i]!) }));
  const keys = order.orders.map((item, i): RangeKey => rangeKey(item, added.columns[i]!, compiler));
  const closed = parts.map((part) =>
    compiler.builder.close(only({ ...part, rel: added.add(part.rel) }, columns), { kind: 'range', keys, partitions }),
  );
  const read = compiler.builder.read(closed, 'partition');
  const sorted: RelOrder = { ...order, input: read.rel, orders, limit: null, offset: null };
  return {
    ...read,
    rel: sorted,
    distribution: { kind: 'split', ordered: true, keys: [] },
    why: [...read.why, `sorts ${partitions} ranges`],
  };
}

/**
 * Files that were written in this order, or one that begins with it, have nothing to exchange: each task sorts its own, which lie in order already. Where a
 * number of partitions is asked for, rows are exchanged as for any other table.
 */
function sortedWhereItLies(open: Open, order: RelOrder, compiler: Compiler): Open | undefined {
  const { settings, context } = compiler;
  const { distribution, tasks, rel, inputs } = open;
  if (tasks.kind !== 'scan' || distribution.kind !== 'split' || !distribution.ordered || inputs.length > 0)
    return undefined;
  if (settings.sortPartitions != null || settings.partitions !== null || hasCollation(context.bound.statement))
    return undefined;
  const { layout } = context.bound.occurrences[tasks.occurrence]!.table;
  if (layout?.kind !== 'range' || order.orders.length === 0 || order.orders.length > layout.by.length) return undefined;
  const same = order.orders.every((item, i) => {
    const id = columnIdOf(item.expression);
    const column = id === undefined ? undefined : sourceColumn(rel, id);
    const known = column !== undefined && hasRanges(compiler.typeOf(id!));
    const key = known ? rangeKey(item, column, compiler) : undefined;
    const by = layout.by[i]!;
    return key?.column === by.column && key.descending === by.descending && key.nullsFirst === by.nullsFirst;
  });
  if (!same) return undefined;
  return {
    ...open,
    rel: { ...order, input: rel, limit: null, offset: null },
    why: [...open.why, 'files lie in this order'],
  };
}

/** The column of a file that a column is, below filters and projections. */
function sourceColumn(rel: Rel, id: ColumnId): string | undefined {
  if (rel.op === 'scan') return rel.columns.find((column) => column.id === id)?.name;
  if (rel.op === 'filter') return sourceColumn(rel.input, id);
  if (rel.op !== 'project' || rel.many) return undefined;
  const from = rel.columns.find((column) => column.id === id);
  const below = from === undefined ? undefined : columnIdOf(from.expression);
  return below === undefined ? undefined : sourceColumn(rel.input, below);
}

/** Bytes of the files that rows are read from as they are: values may be far larger than is thought of their types. */
function storedBytes({ rel, rows }: Open, compiler: Compiler): number {
  let inner = rel;
  while (inner.op === 'filter' || inner.op === 'project') inner = inner.input;
  if (inner.op !== 'scan') return 0;
  const bytes = compiler.context.files[inner.occurrence]!.reduce((sum, file) => sum + file.bytes, 0);
  return bytes * Math.min(1, rows / Math.max(1, compiler.size(inner).rows));
}

function rangeKey({ type, null_order: nulls }: OrderByNode, column: ColumnId, { context }: Compiler): RangeKey {
  const descending = type === 'DESCENDING';
  const first = descending && context.request.session.nullOrder === 'nulls_last_on_asc_first_on_desc';
  return { column, descending, nullsFirst: nulls === 'ORDER_DEFAULT' ? first : nulls === 'NULLS FIRST' };
}
