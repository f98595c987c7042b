/**
 * The order of inner joins: the two relations whose join is expected to be smallest are joined first, and so on (greedy, bushy). Joins that
 * make a relation smaller where it lies, by one that each task can read whole, come before joins for which both sides have to be moved.
 */
import type { ColumnId, Rel, RelJoin } from '../algebra/rel.ts';
import { columnIdOf, columnSetOf, queriesIn, referencedColumns } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, comparison } from '../sql/build.ts';
import { hasRanges } from './column-ranges.ts';
import type { Compiler } from './compile.ts';
import { sidesOf } from './equalities.ts';

const ordered = new WeakSet<RelJoin>();

/** Was this join made by `orderJoins`? */
export function isOrdered(rel: RelJoin): boolean {
  return ordered.has(rel);
}

/** Inner joins next to each other: what is joined, and all conditions. */
interface Region {
  readonly leaves: Rel[];
  readonly conditions: Expression[];
}

/** One relation of a region, or several that are joined already. */
interface Part {
  readonly rel: Rel;
  readonly columns: ReadonlySet<ColumnId>;
  readonly bytes: number;
}

/**
 * The same rows from joins in a better order; conditions with sub-queries stand in a filter on top. Semi and anti joins of a relation that the
 * other joins make much smaller come after those.
 */
export function orderJoins(rel: RelJoin, compiler: Compiler): Rel {
  const region: Region = { leaves: [], conditions: [] };
  collect(rel, region);
  for (const [place, leaf] of region.leaves.entries()) {
    const { rel: bare, tests } = withoutTests(leaf);
    if (tests.length === 0) continue;
    const others = { ...region, leaves: region.leaves.with(place, bare) };
    const joined = orderRegion(others, compiler);
    if (compiler.size(joined).rows > compiler.size(bare).rows * muchSmaller) continue;
    return tests.reduce<Rel>((left, test) => ({ ...test, left }), joined);
  }
  return orderRegion(region, compiler);
}

/** What other joins leave of a relation, at most, for its semi and anti joins to wait for them. */
const muchSmaller = 0.25;

/** A relation, and the semi and anti joins that it has to pass, the first one first. */
function withoutTests(leaf: Rel): { readonly rel: Rel; readonly tests: readonly RelJoin[] } {
  const tests: RelJoin[] = [];
  let rel = leaf;
  while (rel.op === 'join' && (rel.kind === 'semi' || rel.kind === 'anti')) {
    tests.unshift(rel);
    rel = rel.left;
  }
  return { rel, tests };
}

function orderRegion(region: Region, compiler: Compiler): Rel {
  const { queries } = compiler.query;
  const late = region.conditions.filter((condition) => queriesIn(condition).length > 0);
  const plain = region.conditions.filter((condition) => queriesIn(condition).length === 0);
  let parts = region.leaves.map((leaf) => partOf(leaf, compiler));
  const implied = impliedEqualities(plain, parts, compiler);
  let open = [...plain, ...implied.keys()];
  /** The conditions that can be tested when these columns are there. */
  const take = (columns: ReadonlySet<ColumnId>, last: boolean): readonly Expression[] =>
    open.filter((condition) => {
      const ids = [...referencedColumns(condition, queries)];
      return last || (ids.length > 0 && ids.every((id) => columns.has(id)));
    });
  while (parts.length > 1) {
    const { a, b } = bestPair(parts, (columns) => take(columns, false), compiler);
    const columns = new Set([...a.columns, ...b.columns]);
    const conditions = take(columns, parts.length === 2);
    open = open.filter((condition) => !conditions.includes(condition));
    const joined = partOf(joinOf(a, b, withoutRepeated(conditions, implied, a.columns)), compiler);
    parts = [...parts.filter((part) => part !== a && part !== b), joined];
  }
  const { rel: root } = parts[0]!;
  return late.length === 0 ? root : { op: 'filter', input: root, conditions: late };
}

/** Relations of a region, at most, for implied equalities between all of them to be looked at. */
const maxImplied = 12;

/** Implied equalities, each with the columns that are all equal. */
type Implied = ReadonlyMap<Expression, readonly ColumnId[]>;

/** Without implied equalities of columns of which the query itself compares two across the same join. `left`: the columns of one side. */
function withoutRepeated(
  conditions: readonly Expression[],
  implied: Implied,
  left: ReadonlySet<ColumnId>,
): readonly Expression[] {
  const compared = conditions.flatMap((condition): readonly (readonly [ColumnId, ColumnId])[] => {
    if (implied.has(condition) || condition.class !== 'COMPARISON' || condition.type !== 'COMPARE_EQUAL') return [];
    const [a, b] = [columnIdOf(condition.left), columnIdOf(condition.right)];
    return a === undefined || b === undefined || left.has(a) === left.has(b) ? [] : [[a, b]];
  });
  return conditions.filter((condition) => {
    const equal = implied.get(condition);
    return equal === undefined || !compared.some((pair) => pair.every((id) => equal.includes(id)));
  });
}

/**
 * `a = c` for `a = b` and `b = c`, between relations that no equality joins yet: they may be small together where each of them alone has to wait
 * for `b`. Holds for values that are equal only when they are the same; rows with NULL in one of them are not in the answer anyway.
 */
function impliedEqualities(conditions: readonly Expression[], parts: readonly Part[], compiler: Compiler): Implied {
  const implied = new Map<Expression, readonly ColumnId[]>();
  if (parts.length > maxImplied) return implied;
  const classes = equalColumns(conditions, compiler);
  for (const [i, a] of parts.entries())
    for (const b of parts.slice(i + 1)) {
      if (conditions.some((condition) => sidesOf(condition, a.columns, b.columns) !== undefined)) continue;
      for (const equal of classes) {
        const [left, right] = [equal.find((id) => a.columns.has(id)), equal.find((id) => b.columns.has(id))];
        if (left === undefined || right === undefined) continue;
        implied.set(comparison('COMPARE_EQUAL', columnRef(left), columnRef(right)), equal);
        break;
      }
    }
  return implied;
}

/** Columns that the conditions make equal, by classes. */
function equalColumns(conditions: readonly Expression[], compiler: Compiler): readonly (readonly ColumnId[])[] {
  let classes: readonly (readonly ColumnId[])[] = [];
  for (const condition of conditions) {
    if (condition.class !== 'COMPARISON' || condition.type !== 'COMPARE_EQUAL') continue;
    const [left, right] = [columnIdOf(condition.left), columnIdOf(condition.right)];
    if (left === undefined || right === undefined) continue;
    const [a, b] = [compiler.typeOf(left), compiler.typeOf(right)];
    if (a !== b || !hasRanges(a)) continue;
    const touched = classes.filter((equal) => equal.includes(left) || equal.includes(right));
    const rest = classes.filter((equal) => !touched.includes(equal));
    classes = [...rest, [...new Set([...touched.flat(), left, right])]];
  }
  return classes;
}

function collect(rel: Rel, region: Region): void {
  if (rel.op === 'join' && rel.kind === 'inner') {
    collect(rel.left, region);
    collect(rel.right, region);
    region.conditions.push(...rel.conditions);
  } else if (rel.op === 'filter' && rel.input.op === 'join' && rel.input.kind === 'inner') {
    collect(rel.input, region);
    region.conditions.push(...rel.conditions);
  } else region.leaves.push(rel);
}

function partOf(rel: Rel, compiler: Compiler): Part {
  return { rel, columns: columnSetOf(rel), bytes: compiler.size(rel).bytes };
}

/** The larger side is the left one: it is the one that stays divided. */
function joinOf(a: Part, b: Part, conditions: readonly Expression[]): RelJoin {
  const [left, right] = a.bytes >= b.bytes ? [a, b] : [b, a];
  const join: RelJoin = { op: 'join', kind: 'inner', left: left.rel, right: right.rel, conditions };
  ordered.add(join);
  return join;
}

interface Candidate {
  readonly a: Part;
  readonly b: Part;
  /** 0: makes the larger side smaller where it lies, 1: joined by an equality, 2: by another condition, 3: not at all. */
  readonly rank: number;
  readonly rows: number;
  readonly bytes: number;
}

function bestPair(
  parts: readonly Part[],
  conditionsOver: (columns: ReadonlySet<ColumnId>) => readonly Expression[],
  compiler: Compiler,
): { readonly a: Part; readonly b: Part } {
  let best: Candidate | undefined;
  for (const [i, a] of parts.entries())
    for (const b of parts.slice(i + 1)) {
      const conditions = conditionsOver(new Set([...a.columns, ...b.columns]));
      const equal = conditions.some((condition) => sidesOf(condition, a.columns, b.columns) !== undefined);
      const least = equal ? 0 : conditions.length > 0 ? 2 : 3;
      if (best !== undefined && least > best.rank) continue;
      const { rows, bytes } = compiler.size(joinOf(a, b, conditions));
      const rank = equal && !reduces(a, b, bytes, compiler) ? 1 : least;
      const candidate = { a, b, rank, rows, bytes };
      if (best === undefined || isBetter(candidate, best)) best = candidate;
    }
  return best!;
}

function reduces(a: Part, b: Part, bytes: number, compiler: Compiler): boolean {
  const [small, large] = a.bytes < b.bytes ? [a, b] : [b, a];
  return compiler.broadcastable({ rows: 0, bytes: small.bytes }) && bytes < large.bytes;
}

function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  if (one.rows !== other.rows) return one.rows < other.rows;
  return one.bytes < other.bytes;
}
