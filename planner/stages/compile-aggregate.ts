/** Grouping: in place where groups are whole, else partial aggregates that are merged, else rows hashed by their keys. */

import { mayMerge } from '../aggregates/index.ts';
import { dependsOnOrder } from '../aggregates/order-sensitive.ts';
import { callRuleWithPicks } from '../aggregates/split.ts';
import type { ColumnId, Rel, RelAggregate } from '../algebra/rel.ts';
import { columnIdOf, columnsOf, referencedBy } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import type { Compile, Compiler, Size } from './compile.ts';
import { renamed } from './compile-project.ts';
import { StagesDeclined } from './declined.ts';
import { groupHashKeys, hasSubquery, newColumns, noteRaw, only, rawToOne, withColumns } from './group-keys.ts';
import { type GroupsSize, isSpread, mergedGroups } from './merge-groups.ts';
import { keepsTogether, keptTogether } from './moves.ts';
import type { Open } from './open.ts';
import { compileParts, mapParts, type Parts, partsToHash, partsToOne, sizeOfParts } from './parts.ts';
import { inOrder } from './row-order.ts';
import { type AggregateCall, type CallWithRule, distinctSets, keysOfAllSets } from './split-groups.ts';

/** With more rows than this, partial aggregates must leave some out to be worth their while. */
const manyRows = 100_000;
/** A partial aggregate that leaves more than this part of the rows is not worth its while. */
const worthlessShare = 0.5;

export const compileAggregate: Compile<RelAggregate> = async (query, compiler) => {
  const rel = await withoutSubqueries(query, compiler);
  const size = compiler.size(query);
  const ordered = rel.aggregates.find(({ call }) => dependsOnOrder(call));
  if (ordered !== undefined) return inOrderOnly(rel, ordered.call.function_name, size, compiler);
  const parts = mapParts(await compileParts(rel.input, compiler), computedOnce);
  return groupParts(parts, rel, { ...size, groups: groupsOf(query, size.rows, compiler) }, compiler);
};

/** The grouping of the rows of all parts, whatever their order; `rel.input` has their columns. */
export async function groupParts(parts: Parts, rel: RelAggregate, size: GroupsSize, compiler: Compiler): Promise<Open> {
  const single = parts.length === 1 ? keptTogether(parts[0], keyColumns(rel), compiler) : undefined;
  if (single !== undefined && isTogether(single, rel)) return inPlace(single, rel, size);
  const calls = await withRules(rel, compiler);
  const direct = directReason(sizeOfParts(parts), rel, calls, size.groups, compiler);
  if (direct === undefined) return mergedGroups(parts, rel, calls, size, compiler);
  return rowsByKeys(parts, rel, direct, size, compiler);
}

/** What every task would compute is computed by one: an aggregate need not come out the same everywhere. */
function computedOnce(open: Open): Open {
  return open.distribution.kind === 'all' ? { ...open, distribution: { kind: 'one' } } : open;
}

/** A call whose value depends on the order of rows: in one task, over rows in DuckDB's own order. */
async function inOrderOnly(rel: RelAggregate, name: string, size: Size, compiler: Compiler): Promise<Open> {
  const open = computedOnce(await compiler.compile(rel.input));
  if (!inOrder(open, compiler)) throw new StagesDeclined(`${name} depends on the order of its rows`);
  const needed = only(open, columnsNeeded(rel, open.rel, compiler));
  return inPlace(rawToOne(needed, `${name} needs its rows in order`, compiler), rel, size);
}

/** Sub-queries in keys and arguments become columns of the input. */
async function withoutSubqueries(rel: RelAggregate, compiler: Compiler): Promise<RelAggregate> {
  const parts: readonly Expression[] = [
    ...rel.keys.map(({ expression }) => expression),
    ...rel.aggregates.flatMap(({ call }) => [
      ...call.children,
      ...(call.filter === null ? [] : [call.filter]),
      ...call.order_bys.orders.map(({ expression }) => expression),
    ]),
  ];
  const held = parts.filter(hasSubquery);
  if (held.length === 0) return rel;
  const { rel: input, columns } = await withColumns(rel.input, held, compiler);
  const place = (expression: Expression): Expression => {
    const at = held.indexOf(expression);
    return at < 0 ? expression : { ...columnRef(columns[at]!), alias: expression.alias };
  };
  return {
    ...rel,
    input,
    keys: rel.keys.map(({ id, expression }) => ({ id, expression: place(expression) })),
    aggregates: rel.aggregates.map(({ id, call }) => ({
      id,
      call: {
        ...call,
        children: call.children.map(place),
        filter: call.filter === null ? null : place(call.filter),
        order_bys: {
          ...call.order_bys,
          orders: call.order_bys.orders.map((order) => ({ ...order, expression: place(order.expression) })),
        },
      },
    })),
  };
}

/** Is every group, of every grouping set, within one task? */
function isTogether(open: Open, rel: RelAggregate): boolean {
  return open.distribution.kind === 'one' || keepsTogether(open, keyColumns(rel));
}

/** Keys of all grouping sets that are columns. */
function keyColumns(rel: RelAggregate): readonly ColumnId[] {
  return keysOfAllSets(rel).flatMap((i) => columnIdOf(rel.keys[i]!.expression) ?? []);
}

/** The grouping as it is written, over a fragment in which groups are whole. */
function inPlace(open: Open, rel: RelAggregate, size: Size): Open {
  const shared = new Set(keysOfAllSets(rel));
  const kept = rel.keys.filter((_, i) => shared.has(i));
  const lies = renamed(open.distribution, kept);
  return {
    ...open,
    rel: { ...rel, input: open.rel },
    distribution: lies.kind === 'split' ? { ...lies, ordered: false } : lies,
    rows: size.rows,
    bytes: size.bytes,
  };
}

async function withRules(rel: RelAggregate, compiler: Compiler): Promise<readonly CallWithRule[]> {
  const children = rel.aggregates.flatMap(({ call }) => call.children);
  const types = children.length === 0 ? [] : await compiler.typesOf(rel.input, children);
  let at = 0;
  return rel.aggregates.map((aggregate): CallWithRule => {
    const count = aggregate.call.children.length;
    const argumentTypes = types.slice(at, at + count);
    at += count;
    const call = withoutUselessOrder(aggregate);
    const rule = callRuleWithPicks(
      call.call,
      { arguments: argumentTypes, result: compiler.typeOf(call.id) },
      compiler.settings.disabled,
    );
    return { ...call, argumentTypes, rule };
  });
}

/** `sum(x ORDER BY y)`: where the order makes no difference, and rows that are alike are not told apart by it. */
function withoutUselessOrder(aggregate: AggregateCall): AggregateCall {
  const { call } = aggregate;
  const orders = call.order_bys.orders;
  const plain = { ...call, order_bys: { ...call.order_bys, orders: [] } };
  const use = { name: call.function_name, distinct: call.distinct, ordered: false };
  return orders.length === 0 || dependsOnOrder(plain) || !mayMerge(use) ? aggregate : { ...aggregate, call: plain };
}

/** Groups of the finest grouping. */
function groupsOf(query: RelAggregate, rows: number, compiler: Compiler): number {
  if (query.keys.length === 0) return 1;
  return query.sets === null ? rows : compiler.size({ ...query, sets: null }).rows;
}

/** Why rows are hashed by their keys as they are; undefined: partial aggregates first. */
function directReason(
  input: Size,
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  groups: number,
  compiler: Compiler,
): string | undefined {
  const problem = calls.find(({ rule }) => rule !== 'rows' && rule.kind === 'none');
  if (problem !== undefined && problem.rule !== 'rows' && problem.rule.kind === 'none')
    return `${problem.call.function_name}: ${problem.rule.reason}`;
  if (keysOfAllSets(rel).length === 0) return undefined;
  if (distinctSets(calls).length > 1 && isSpread(groups, input, compiler)) return 'DISTINCT of several arguments';
  if (input.rows > manyRows && groups > input.rows * worthlessShare)
    return `about ${Math.round(groups)} groups of ${Math.round(input.rows)} rows`;
  return undefined;
}

/** Columns of the input that keys and calls read. */
function columnsNeeded(rel: RelAggregate, input: Rel, compiler: Compiler): readonly ColumnId[] {
  const needed = referencedBy(rel, compiler.query.queries);
  return columnsOf(input).filter((id) => needed.has(id));
}

/** Rows lie by their keys, or all in one task: there the original grouping runs. */
async function rowsByKeys(
  parts: Parts,
  rel: RelAggregate,
  reason: string,
  size: Size,
  compiler: Compiler,
): Promise<Open> {
  const shared = keysOfAllSets(rel);
  const expressions = shared.map((i) => rel.keys[i]!.expression);
  const { columns, add } = await newColumns(parts[0].rel, expressions, compiler);
  const keys = rel.keys.map((key, i) => {
    const place = shared.indexOf(i);
    return place < 0 ? key : { id: key.id, expression: columnRef(columns[place]!) };
  });
  const keyed: RelAggregate = { ...rel, keys };
  const needed = mapParts(parts, (part) => {
    const input = add(part.rel);
    const why = [...part.why, `rows by their groups' keys: ${reason}`];
    return only({ ...part, rel: input, why }, columnsNeeded(keyed, input, compiler));
  });
  const hashed = groupHashKeys(columns, compiler);
  if (hashed.length > 0) return inPlace(partsToHash(needed, hashed, compiler), keyed, size);
  for (const part of needed) noteRaw(part, reason, compiler);
  return inPlace(partsToOne(needed, compiler), keyed, size);
}
