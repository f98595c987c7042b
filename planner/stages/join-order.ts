/**
 * The order of inner joins: the two relations whose join is expected to be smallest are joined first, and so on (greedy, bushy). Joins that
 * make a relation smaller where it lies, by one that each task can read whole, come before joins for which both sides have to be moved.
 */
import type { ColumnId, Rel, RelJoin } from '../algebra/rel.ts';
import { columnsOf, queriesIn, referencedColumns } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
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
  let open = region.conditions.filter((condition) => queriesIn(condition).length === 0);
  let parts = region.leaves.map((leaf) => partOf(leaf, compiler));
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
    const joined = partOf(joinOf(a, b, conditions), compiler);
    parts = [...parts.filter((part) => part !== a && part !== b), joined];
  }
  const { rel: root } = parts[0]!;
  return late.length === 0 ? root : { op: 'filter', input: root, conditions: late };
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
  return { rel, columns: new Set(columnsOf(rel)), bytes: compiler.size(rel).bytes };
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
