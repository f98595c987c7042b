/**
 * DISTINCT aggregates in three steps, for few groups of many values: tasks drop their own doubles, values that are alike meet and are counted
 * once, and what each partition counted is merged. Several DISTINCT arguments are grouping sets of the first step.
 */
import { type AggregateUse, mergeRule } from '../aggregates/index.ts';
import { type SplitCall, splitCall } from '../aggregates/split.ts';
import type { ColumnId, Rel, RelAggregate, RelColumn } from '../algebra/rel.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { columnRef, comparison, conjunction, functionCall, integerConstant, withAlias } from '../sql/build.ts';
import { expressionKey } from '../sql/walk.ts';
import type { Compiler } from './compile.ts';
import { grouped, PartialColumns, withTypes } from './grouping-parts.ts';
import { type CallWithRule, overRows, splitCalls, type TypedSplit, typesOfRows } from './split-groups.ts';

/** Arguments of DISTINCT calls, at most: GROUPING() has a bit for each. */
const maxRows = 30;

/** How partial values of several tasks become partial values of a partition. */
const regroups: Readonly<Record<string, string>> = {
  count: 'sum',
  count_star: 'sum',
  sum: 'sum',
  min: 'min',
  max: 'max',
  bit_and: 'bit_and',
  bit_or: 'bit_or',
  bit_xor: 'bit_xor',
  bool_and: 'bool_and',
  bool_or: 'bool_or',
};

export interface CombinedGroups {
  /** What tasks do with their rows; rows that are alike in `firstKeys` have to meet. */
  readonly first: (input: Rel) => Rel;
  readonly firstKeys: readonly ColumnId[];
  readonly firstWidth: number;
  /** What partitions do with those; rows of a group have to meet by `secondKeys`, one for each key of the grouping. */
  readonly second: (input: Rel) => Rel;
  readonly secondKeys: readonly ColumnId[];
  readonly merge: (input: Rel) => Rel;
}

/** A DISTINCT call over the columns that its arguments became, and how it is merged when no value is in two partitions. */
interface Apart {
  readonly id: ColumnId;
  readonly call: FunctionCall;
  readonly rows: readonly ColumnId[];
  readonly split: SplitCall;
}

/** undefined: an aggregate among them has no partial values that can be put together. */
export async function combineGroups(
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  compiler: Compiler,
): Promise<CombinedGroups | undefined> {
  const others = await splitCalls(rel, calls, compiler);
  const rows = new PartialColumns();
  const apart = await apartCalls(rel, calls, rows, compiler);
  const plain = [...others.values()].every(({ partials }) => partials.every((partial) => regroupOf(partial)));
  if (apart === undefined || !plain || rows.list.length > maxRows || rel.sets !== null) return undefined;
  const partials = new PartialColumns();
  const names = new Map<ColumnId, readonly ColumnId[]>();
  for (const [id, split] of others) names.set(id, namesOf(split, partials, compiler));
  const tags = tagsOf(apart, rows.list, partials.list.length > 0, compiler);
  const keys = rel.keys.map(({ id, expression }) => ({ id: compiler.newColumn(compiler.typeOf(id)), expression }));
  const second = await secondStep(partials.list, rows.list, apart, tags, compiler);
  const secondKeys = keys.map(({ id }) => ({ id: compiler.newColumn(compiler.typeOf(id)), expression: columnRef(id) }));
  const values = calls.map(({ id }): RelColumn => {
    const one = apart.find((call) => call.id === id);
    if (one !== undefined) return { id, expression: one.split.merge(second.apart.get(id)!) };
    return { id, expression: others.get(id)!.merge(names.get(id)!.map((name) => second.others.get(name)!)) };
  });
  const given = [...secondKeys, ...second.columns].map(({ id }) => id);
  const typed = await withTypes(values, given, compiler);
  const bare = { ...rel, sets: null, groupings: [] };
  return {
    first: (input) => grouped(firstStep(bare, input, keys, rows.list, tags), partials.list, compiler),
    firstKeys: [...keys, ...rows.list].map(({ id }) => id),
    firstWidth: keys.length + rows.list.length + partials.list.length,
    second: (input) => grouped({ ...bare, input, keys: secondKeys }, second.columns, compiler),
    secondKeys: secondKeys.map(({ id }) => id),
    merge: (input) => {
      const merged = rel.keys.map(({ id }, i) => ({ id, expression: columnRef(secondKeys[i]!.id) }));
      return grouped({ ...rel, input, keys: merged }, typed, compiler);
    },
  };
}

function namesOf(split: TypedSplit, partials: PartialColumns, compiler: Compiler): readonly ColumnId[] {
  return split.partials.map((partial, i) => partials.add(partial, () => compiler.newColumn(split.types[i]!)));
}

function regroupOf(partial: Expression): string | undefined {
  if (partial.class !== 'FUNCTION' || partial.export_state) return undefined;
  return regroups[partial.function_name];
}

/** DISTINCT calls with the rule of the same call without DISTINCT; undefined when one has none that will do. */
async function apartCalls(
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  rows: PartialColumns,
  compiler: Compiler,
): Promise<readonly Apart[] | undefined> {
  const types = await typesOfRows(rel, calls, compiler);
  const apart: Apart[] = [];
  for (const { id, call, rule, argumentTypes } of calls) {
    if (rule !== 'rows') continue;
    const used = new Set<ColumnId>();
    const over = overRows(call, (part) => {
      const column = rows.add(part, () => compiler.newColumn(types.get(expressionKey(withAlias(part, '')))!));
      used.add(column);
      return columnRef(column);
    });
    const use: AggregateUse = { name: call.function_name, argumentTypes, resultType: compiler.typeOf(id) };
    const merging = mergeRule(use, compiler.settings.disabled);
    if (merging.kind === 'none') return undefined;
    const split = await splitCall(compiler.context.world, over, merging);
    if (split.partials.some((partial) => regroupOf(partial) === undefined)) return undefined;
    apart.push({ id, call: over, rows: [...used], split });
  }
  return apart;
}

/** Which rows of the first step are for whom, when there are several sets of DISTINCT arguments. */
interface Tags {
  /** GROUPING() over all arguments. */
  readonly column: ColumnId;
  /** For each grouping set the places of its arguments. */
  readonly sets: readonly (readonly number[])[];
}

function tagsOf(apart: readonly Apart[], rows: readonly RelColumn[], others: boolean, compiler: Compiler): Tags | null {
  const uses = [...apart.map(({ rows: used }) => used), ...(others ? [[]] : [])];
  const sets = new Map(uses.map((used) => [tagOf(used, rows), placesOf(used, rows)]));
  if (new Set(apart.map(({ rows: used }) => tagOf(used, rows))).size < 2) return null;
  return { column: compiler.newColumn('BIGINT'), sets: [...sets.values()] };
}

/** The value of GROUPING() over all arguments in rows that are grouped by `used`: a bit for each that is not. */
function tagOf(used: readonly ColumnId[], rows: readonly RelColumn[]): number {
  return rows.reduce((bits, { id }) => bits * 2 + (used.includes(id) ? 0 : 1), 0);
}

function placesOf(used: readonly ColumnId[], rows: readonly RelColumn[]): readonly number[] {
  return rows.flatMap(({ id }, place) => (used.includes(id) ? [place] : []));
}

/** Each combination of keys and arguments once, beside partial aggregates of all other calls. */
function firstStep(
  rel: RelAggregate,
  input: Rel,
  keys: readonly RelColumn[],
  rows: readonly RelColumn[],
  tags: Tags | null,
): RelAggregate {
  const whole = { ...rel, input, keys: [...keys, ...rows], partial: true } as const;
  if (tags === null) return whole;
  const every = keys.map((_, i) => i);
  return {
    ...whole,
    sets: tags.sets.map((places) => [...every, ...places.map((place) => keys.length + place)]),
    groupings: [{ id: tags.column, keys: rows.map((_, place) => keys.length + place) }],
  };
}

/** The columns of the second step, and which of them stand for what. */
interface SecondStep {
  readonly columns: readonly RelColumn[];
  /** By column of the first step. */
  readonly others: ReadonlyMap<ColumnId, ColumnId>;
  /** By id of the call: one for each of its partials. */
  readonly apart: ReadonlyMap<ColumnId, readonly ColumnId[]>;
}

async function secondStep(
  partials: readonly RelColumn[],
  rows: readonly RelColumn[],
  apart: readonly Apart[],
  tags: Tags | null,
  compiler: Compiler,
): Promise<SecondStep> {
  const only = (used: readonly ColumnId[]): readonly Expression[] =>
    tags === null ? [] : [comparison('COMPARE_EQUAL', columnRef(tags.column), integerConstant(tagOf(used, rows)))];
  const others = partials.map(({ id, expression }) => ({
    from: id,
    id: compiler.newColumn(compiler.typeOf(id)),
    expression: functionCall(regroupOf(expression)!, [columnRef(id)], { filter: conjunction(only([])) }),
  }));
  const counted = apart.flatMap(({ id, rows: used, split }) =>
    split.partials.map((partial) => {
      const filters = partial.class === 'FUNCTION' && partial.filter !== null ? [partial.filter] : [];
      return { of: id, expression: { ...partial, distinct: true, filter: conjunction([...only(used), ...filters]) } };
    }),
  );
  const given = [...partials, ...rows].map(({ id }) => id).concat(tags === null ? [] : [tags.column]);
  const input: Rel = { op: 'input', relation: '__first', columns: given };
  const types = await compiler.typesOf(
    input,
    counted.map(({ expression }) => expression),
  );
  const typed = counted.map(({ of, expression }, i) => ({ of, id: compiler.newColumn(types[i]!), expression }));
  return {
    columns: [
      ...(await withTypes(others, given, compiler)),
      ...typed.map(({ id, expression }) => ({ id, expression })),
    ],
    others: new Map(others.map(({ from, id }) => [from, id])),
    apart: new Map(apart.map(({ id }) => [id, typed.flatMap((one) => (one.of === id ? [one.id] : []))])),
  };
}
