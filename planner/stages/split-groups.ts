/** A grouping taken apart: the partial grouping that each task runs, and the one that merges what they give. */
import { type CallRule, type SplitCall, splitCall } from '../aggregates/split.ts';
import type { ColumnId, Rel, RelAggregate, RelColumn } from '../algebra/rel.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { columnRef, functionCall, withAlias } from '../sql/build.ts';
import { expressionKey } from '../sql/walk.ts';
import type { Compiler } from './compile.ts';
import { grouped, PartialColumns, withTypes } from './grouping-parts.ts';

export type AggregateCall = RelAggregate['aggregates'][number];

/** A call and how it is computed. */
export interface CallWithRule extends AggregateCall {
  readonly argumentTypes: readonly string[];
  readonly rule: CallRule;
}

/** Indexes of the keys that every grouping set has: only these are never rolled up to NULL. */
export function keysOfAllSets({ keys, sets }: RelAggregate): readonly number[] {
  const all = keys.map((_, i) => i);
  return sets === null ? all : all.filter((i) => sets.every((set) => set.includes(i)));
}

/** What DISTINCT calls count apart: arguments and filter, each combination once. */
export function distinctSets(calls: readonly CallWithRule[]): readonly (readonly Expression[])[] {
  const sets = new Map<string, readonly Expression[]>();
  for (const { call, rule } of calls) {
    if (rule !== 'rows') continue;
    const parts = partsOf(call);
    sets.set(parts.map(expressionKey).sort().join('\u0000'), parts);
  }
  return [...sets.values()];
}

function partsOf(call: FunctionCall): readonly Expression[] {
  return call.filter === null ? call.children : [...call.children, call.filter];
}

/** Both halves. Ids are new, but for those that the merge gives. */
export interface SplitGroups {
  /** Grouping columns of the partial: keys, then arguments of DISTINCT calls. */
  readonly keys: readonly ColumnId[];
  readonly rows: readonly ColumnId[];
  /** The partial over a tree. */
  readonly partial: (input: Rel) => Rel;
  /** The merge over a tree that has the partial's columns. */
  readonly merge: (input: Rel) => Rel;
  /** Number of the partial's columns. */
  readonly width: number;
}

/**
 * Splits a grouping all of whose calls have a rule (`none` is not allowed). Arguments of DISTINCT calls become grouping columns; the
 * calls themselves run at the merge.
 */
export async function splitGroups(
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  compiler: Compiler,
): Promise<SplitGroups> {
  const keys = rel.keys.map(({ id, expression }) => ({ id: compiler.newColumn(compiler.typeOf(id)), expression }));
  const rows = new PartialColumns();
  const partials = new PartialColumns();
  const splits = await splitCalls(rel, calls, compiler);
  const types = await typesOfRows(rel, calls, compiler);
  const values = calls.map(({ id, call }): RelColumn => {
    const split = splits.get(id);
    if (split === undefined) {
      const column = (part: Expression) =>
        columnRef(rows.add(part, () => compiler.newColumn(types.get(expressionKey(withAlias(part, '')))!)));
      return { id, expression: overRows(call, column) };
    }
    const names = split.partials.map((partial, i) => partials.add(partial, () => compiler.newColumn(split.types[i]!)));
    return { id, expression: split.merge(names) };
  });
  const grouping = [...keys, ...rows.list];
  // A merge that reads no partial column (count of groups only) still needs a column to travel.
  if (grouping.length + partials.list.length === 0)
    partials.add(functionCall('count_star', []), () => compiler.newColumn('BIGINT'));
  const given = [...grouping, ...partials.list].map(({ id }) => id);
  const typed = await withTypes(values, given, compiler);
  return {
    keys: keys.map(({ id }) => id),
    rows: rows.list.map(({ id }) => id),
    width: given.length,
    partial: (input) =>
      grouped({ ...rel, input, keys: grouping, sets: null, groupings: [], partial: true }, partials.list, compiler),
    merge: (input) => {
      const merged = rel.keys.map(({ id }, i) => ({ id, expression: columnRef(keys[i]!.id) }));
      return grouped({ ...rel, input, keys: merged }, typed, compiler);
    },
  };
}

export interface TypedSplit extends SplitCall {
  /** Types of `partials`. */
  readonly types: readonly string[];
}

/** The calls that are merged, by their ids. */
export async function splitCalls(
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  compiler: Compiler,
): Promise<ReadonlyMap<ColumnId, TypedSplit>> {
  const splits: { readonly id: ColumnId; readonly split: SplitCall }[] = [];
  for (const { id, call, rule } of calls)
    if (rule !== 'rows' && rule.kind === 'merge')
      splits.push({ id, split: await splitCall(compiler.context.world, call, rule) });
  const all = splits.flatMap(({ split }) => split.partials);
  const types = all.length === 0 ? [] : await compiler.typesOf(rel.input, all);
  let at = 0;
  return new Map(
    splits.map(({ id, split }) => {
      at += split.partials.length;
      return [id, { ...split, types: types.slice(at - split.partials.length, at) }];
    }),
  );
}

/** The values that stand for an argument of a DISTINCT call: of `(a, b)` its fields, because no table holds a struct without names. */
function leavesOf(part: Expression): readonly Expression[] {
  return part.class === 'FUNCTION' && part.function_name === 'row' ? part.children.flatMap(leavesOf) : [part];
}

/** DuckDB's types of what DISTINCT calls group by, by `expressionKey`. */
export async function typesOfRows(
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  compiler: Compiler,
): Promise<ReadonlyMap<string, string>> {
  const parts = calls.flatMap(({ call, rule }) => (rule === 'rows' ? partsOf(call).flatMap(leavesOf) : []));
  const bare = parts.map((part) => withAlias(part, ''));
  const types = await compiler.typesOf(rel.input, bare);
  return new Map(bare.map((part, i) => [expressionKey(part), types[i]!]));
}

/** A DISTINCT call over the columns that its arguments and its filter became. */
export function overRows(call: FunctionCall, column: (part: Expression) => Expression): FunctionCall {
  const place = (part: Expression): Expression =>
    part.class === 'FUNCTION' && part.function_name === 'row'
      ? { ...part, children: part.children.map(place) }
      : withAlias(column(part), part.alias);
  return { ...call, children: call.children.map(place), filter: call.filter === null ? null : place(call.filter) };
}
