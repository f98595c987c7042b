/**
 * Moves conditions towards the scans: through projections, keys of aggregates, partition keys of windows and set operations, into the sides
 * of joins, and from above a join into its ON. Never volatile ones, never onto the side that an outer join fills with NULLs, never past a
 * LIMIT. A condition above that no NULL passes makes an outer join an inner one.
 */
import type { Expression } from '../../sql/ast.ts';
import { columnRef } from '../../sql/build.ts';
import type {
  ColumnId,
  JoinKind,
  Rel,
  RelAggregate,
  RelDistinct,
  RelFilter,
  RelJoin,
  RelLateral,
  RelProject,
  RelQuery,
  RelSet,
  RelSubquery,
  RelWindow,
} from '../rel.ts';
import { columnIdOf, columnSetOf, inputsOf, referencedColumns, withInputs } from '../walk-rel.ts';
import { distinctConjuncts, hasQueries, isLarge, isVolatile, sideOf } from './expressions.ts';
import { impliedFor } from './factor-or.ts';
import { rejectsNull } from './null-rejecting.ts';
import { replaceColumns, withOuter } from './trees.ts';

/** Sub-queries; renamed ones are appended. */
type Queries = RelSubquery[];
type Conditions = readonly Expression[];

export function pushFilters(query: RelQuery): RelQuery {
  const queries: Queries = [...query.queries];
  for (let n = 0; n < query.queries.length; n++)
    queries[n] = { ...queries[n]!, rel: push(queries[n]!.rel, [], queries) };
  const shared = query.shared.map((rel) => push(rel, [], queries));
  const root = push(query.root, [], queries);
  return { ...query, root, shared, queries: withOuter(queries) };
}

/** The tree with `conditions`, none of them volatile, at work in it or above it. */
function push(rel: Rel, conditions: Conditions, queries: Queries): Rel {
  switch (rel.op) {
    case 'filter':
      return pushFilter(rel, conditions, queries);
    case 'project':
      return pushProject(rel, conditions, queries);
    case 'join':
      return pushJoin(rel, conditions, queries);
    case 'lateral':
      return pushLateral(rel, conditions, queries);
    case 'aggregate':
      return pushAggregate(rel, conditions, queries);
    case 'window':
      return pushColumns(rel, partitionColumns(rel), conditions, queries);
    case 'distinct':
      return pushDistinct(rel, conditions, queries);
    case 'set':
      return pushSet(rel, conditions, queries);
    case 'order':
      if (rel.limit !== null || rel.offset !== null) return above(inside(rel, queries), conditions, queries);
      return { ...rel, input: push(rel.input, conditions, queries) };
    default:
      return above(inside(rel, queries), conditions, queries);
  }
}

/** The operator with conditions moved only within its inputs. */
function inside(rel: Rel, queries: Queries): Rel {
  return withInputs(
    rel,
    inputsOf(rel).map((input) => push(input, [], queries)),
  );
}

function above(rel: Rel, conditions: Conditions, queries: Queries): Rel {
  if (conditions.length === 0) return rel;
  if (rel.op === 'filter')
    return { ...rel, conditions: distinctConjuncts([...rel.conditions, ...conditions], queries) };
  return { op: 'filter', input: rel, conditions: distinctConjuncts(conditions, queries) };
}

/** Conditions by whether `test` holds. */
function split(conditions: Conditions, test: (condition: Expression) => boolean): readonly [Conditions, Conditions] {
  return [conditions.filter(test), conditions.filter((condition) => !test(condition))];
}

function pushFilter(rel: RelFilter, conditions: Conditions, queries: Queries): Rel {
  const all = distinctConjuncts([...rel.conditions, ...conditions], queries);
  const [fixed, free] = split(all, (condition) => isVolatile(condition, queries));
  return above(push(rel.input, free, queries), fixed, queries);
}

function pushProject(rel: RelProject, conditions: Conditions, queries: Queries): Rel {
  const values = new Map(rel.columns.map(({ id, expression }) => [id, expression]));
  const below: Expression[] = [];
  const kept: Expression[] = [];
  for (const condition of conditions) {
    const moved =
      rel.many && !passesMany(condition, values, queries) ? undefined : replaced(condition, values, queries);
    if (moved === undefined) kept.push(condition);
    else below.push(moved);
  }
  return above({ ...rel, input: push(rel.input, below, queries) }, kept, queries);
}

/** With unnest(...) among the columns only conditions over plain ones say the same of the row before. */
function passesMany(condition: Expression, values: ReadonlyMap<ColumnId, Expression>, queries: Queries): boolean {
  const reads = [...referencedColumns(condition, queries)].map((id) => values.get(id));
  return reads.some((value) => value !== undefined) && reads.every((value) => value === undefined || columnIdOf(value));
}

/** The condition in terms of what a projection reads; undefined when it must stay above. */
function replaced(
  condition: Expression,
  values: ReadonlyMap<ColumnId, Expression>,
  queries: Queries,
): Expression | undefined {
  for (const id of referencedColumns(condition, queries)) {
    const value = values.get(id);
    if (value === undefined) continue;
    if (isVolatile(value, queries) || hasQueries(value)) return undefined;
  }
  const moved = replaceColumns(condition, values, queries);
  return moved === undefined || isLarge(moved) ? undefined : moved;
}

const mirrored: Readonly<Partial<Record<JoinKind, JoinKind>>> = { left: 'inner', asof_left: 'asof' };

/** The kind that the join has when `conditions` filter its answer. */
function simplified(rel: RelJoin, conditions: Conditions): JoinKind {
  const rejects = (side: Rel) => {
    const ids = columnSetOf(side);
    return conditions.some((condition) => rejectsNull(condition, ids));
  };
  const { kind, left, right } = rel;
  if (kind === 'left' || kind === 'asof_left') return rejects(right) ? mirrored[kind]! : kind;
  if (kind === 'right') return rejects(left) ? 'inner' : kind;
  if (kind !== 'full') return kind;
  const [noLeft, noRight] = [rejects(left), rejects(right)];
  if (noLeft) return noRight ? 'inner' : 'left';
  return noRight ? 'right' : 'full';
}

/** Where conditions may go: those above the join, and those of its ON. */
interface Doors {
  readonly above: readonly ('left' | 'right')[];
  readonly on: readonly ('left' | 'right')[];
}

const doors: Readonly<Record<JoinKind, Doors>> = {
  inner: { above: ['left', 'right'], on: ['left', 'right'] },
  left: { above: ['left'], on: ['right'] },
  right: { above: ['right'], on: ['left'] },
  full: { above: [], on: [] },
  semi: { above: ['left'], on: ['left', 'right'] },
  anti: { above: ['left'], on: ['right'] },
  asof: { above: ['left'], on: [] },
  asof_left: { above: ['left'], on: [] },
};

function pushJoin(rel: RelJoin, conditions: Conditions, queries: Queries): Rel {
  const kind = simplified(rel, conditions);
  const open = doors[kind];
  const [leftIds, rightIds] = [columnSetOf(rel.left), columnSetOf(rel.right)];
  const sides: Record<'left' | 'right', Expression[]> = { left: [], right: [] };
  const kept: Record<'above' | 'on', Expression[]> = { above: [], on: [] };
  const place = (condition: Expression, from: 'above' | 'on') => {
    const side = sideOf(condition, leftIds, rightIds, queries);
    if ((side === 'left' || side === 'right') && open[from].includes(side) && !isVolatile(condition, queries)) {
      sides[side].push(condition);
      return;
    }
    for (const part of open[from]) {
      const implied = side === 'both' ? impliedFor(condition, rel[part], queries) : undefined;
      if (implied !== undefined) sides[part].push(implied);
    }
    // Over an inner join WHERE and ON are one; sub-queries stay in WHERE.
    const joins = kind === 'inner' && from === 'above' && side === 'both' && !hasQueries(condition);
    kept[joins ? 'on' : from].push(condition);
  };
  const asof = kind === 'asof' || kind === 'asof_left';
  for (const condition of asof ? rel.conditions : distinctConjuncts(rel.conditions, queries)) place(condition, 'on');
  for (const condition of conditions) place(condition, 'above');
  const left = push(rel.left, sides.left, queries);
  const right = push(rel.right, sides.right, queries);
  const on = asof ? kept.on : distinctConjuncts(kept.on, queries);
  return above({ ...rel, kind, left, right, conditions: on }, kept.above, queries);
}

function pushLateral(rel: RelLateral, conditions: Conditions, queries: Queries): Rel {
  const rightIds = columnSetOf(rel.right);
  const kind = conditions.some((condition) => rejectsNull(condition, rightIds)) ? 'inner' : rel.kind;
  const leftIds = columnSetOf(rel.left);
  const isLeft = (condition: Expression) => sideOf(condition, leftIds, rightIds, queries) === 'left';
  const [down, kept] = split(conditions, isLeft);
  const left = push(rel.left, down, queries);
  return above({ ...rel, kind, left, right: push(rel.right, [], queries) }, kept, queries);
}

function pushAggregate(rel: RelAggregate, conditions: Conditions, queries: Queries): Rel {
  const { keys, sets } = rel;
  // With grouping sets a key is NULL in the rows of sets that lack it.
  const everywhere = keys.filter((_, i) => sets === null || sets.every((set) => set.includes(i)));
  const values = new Map(everywhere.map(({ id, expression }) => [id, expression]));
  const made = columnSetOf(rel);
  const below: Expression[] = [];
  const kept: Expression[] = [];
  for (const condition of conditions) {
    const reads = [...referencedColumns(condition, queries)].filter((id) => made.has(id));
    const onKeys = reads.length > 0 && reads.every((id) => values.has(id));
    const moved = onKeys ? replaced(condition, values, queries) : undefined;
    if (moved === undefined) kept.push(condition);
    else below.push(moved);
  }
  return above({ ...rel, input: push(rel.input, below, queries) }, kept, queries);
}

/** Columns by which every window of the operator is partitioned. */
function partitionColumns({ windows }: RelWindow): ReadonlySet<ColumnId> {
  const sets = windows.map(({ call }) => new Set(call.partitions.map(columnIdOf)));
  const common = new Set<ColumnId>();
  for (const id of sets[0] ?? []) if (id !== undefined && sets.every((set) => set.has(id))) common.add(id);
  return common;
}

/** Through an operator that treats rows with other values of `columns` apart. */
function pushColumns(
  rel: RelWindow | RelDistinct,
  columns: ReadonlySet<ColumnId>,
  conditions: Conditions,
  queries: Queries,
): Rel {
  const made = columnSetOf(rel);
  const [below, kept] = split(conditions, (condition) => {
    const reads = [...referencedColumns(condition, queries)].filter((id) => made.has(id));
    return reads.length > 0 && reads.every((id) => columns.has(id));
  });
  return above({ ...rel, input: push(rel.input, below, queries) }, kept, queries);
}

function pushDistinct(rel: RelDistinct, conditions: Conditions, queries: Queries): Rel {
  if (rel.on === null) return pushColumns(rel, columnSetOf(rel), conditions, queries);
  const on = rel.on.map(columnIdOf).filter((id) => id !== undefined);
  return pushColumns(rel, new Set(on), conditions, queries);
}

function pushSet(rel: RelSet, conditions: Conditions, queries: Queries): Rel {
  // A sub-query that takes a column would have to be another one in each input.
  const [below, kept] = split(conditions, (condition) => !hasQueries(condition));
  const inputs = rel.inputs.map((input, n) => {
    const values = new Map(rel.columns.map((id, i) => [id, columnRef(rel.inputColumns[n]![i]!)]));
    return push(
      input,
      below.map((condition) => replaceColumns(condition, values, queries)!),
      queries,
    );
  });
  return above({ ...rel, inputs }, kept, queries);
}
