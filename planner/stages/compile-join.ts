import type { ColumnId, JoinKind, RelJoin } from '../algebra/rel.ts';
import { columnsOf, someRel } from '../algebra/walk-rel.ts';
import type { Occurrence } from '../bind/bound-query.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import type { HashKey } from './builder.ts';
import type { Compile, Compiler, Size } from './compile.ts';
import { type Equality, findEqualities } from './equalities.ts';
import { isOrdered, orderJoins } from './join-order.ts';
import { hashType } from './key-types.ts';
import { inBuckets, toAll, together, toHash, toOne } from './moves.ts';
import type { Distribution, Open } from './open.ts';
import { besideEachOther } from './ranged-join.ts';
import { compileReduced } from './semi-join-reduction.ts';
import { withSubqueries } from './subqueries.ts';

/** Inner joins next to each other are put in a good order first; then two sides at a time. */
export const compileJoin: Compile<RelJoin> = async (rel, compiler) => {
  if (rel.kind === 'inner' && !isOrdered(rel)) return compiler.compile(orderJoins(rel, compiler));
  const { left, right } = (await besideEachOther(rel, compiler)) ?? (await compileReduced(rel, compiler));
  return joinOpens({ kind: rel.kind, conditions: rel.conditions, size: compiler.size(rel) }, left, right, compiler);
};

interface Join {
  readonly kind: JoinKind;
  readonly conditions: readonly Expression[];
  readonly size: Size;
}

/** The right side may be read whole by each task of the left one: no row of it appears on its own. */
const rightWhole: ReadonlySet<JoinKind> = new Set(['inner', 'left', 'semi', 'anti', 'asof', 'asof_left']);
/** And the other way round. */
const leftWhole: ReadonlySet<JoinKind> = new Set(['inner', 'right']);
/** Kinds where rows that match lie together when both sides are hashed. ASOF needs its equalities to be all but one condition; it is not hashed. */
const hashable: ReadonlySet<JoinKind> = new Set(['inner', 'left', 'right', 'full', 'semi', 'anti']);

/** Joins two fragments: side by side where they lie, one read whole by each task of the other, both hashed, or all in one task. */
export async function joinOpens(join: Join, leftOpen: Open, rightOpen: Open, compiler: Compiler): Promise<Open> {
  const { left, right, pairs } = await findEqualities(leftOpen, rightOpen, join.conditions, compiler);
  const laid = hashable.has(join.kind) ? sidesInBuckets(left, right, pairs, compiler) : { left, right };
  const way = chooseWay(join, laid.left, laid.right, pairs, compiler);
  const sides = way === 'hash' ? laid : { left, right };
  const joined = await withConditions(move(way, join, sides.left, sides.right, pairs, compiler), join, compiler);
  if (left === leftOpen && right === rightOpen) return joined;
  const wanted = [
    ...columnsOf(leftOpen.rel),
    ...(join.kind === 'semi' || join.kind === 'anti' ? [] : columnsOf(rightOpen.rel)),
  ];
  const columns = wanted.map((id) => ({ id, expression: columnRef(id) }));
  return { ...joined, rel: { op: 'project', input: joined.rel, columns, many: false } };
}

/** Data sets that were written by the hash of what is joined are read so. */
function sidesInBuckets(left: Open, right: Open, pairs: readonly Equality[], compiler: Compiler) {
  const side = (open: Open, name: 'left' | 'right') => {
    const laid = inBuckets(open, compiler);
    return laid !== undefined && keptPairs(laid, pairs, name) !== undefined ? laid : open;
  };
  return { left: side(left, 'left'), right: side(right, 'right') };
}

type Way = 'right whole' | 'left whole' | 'hash' | 'one task';

function chooseWay({ kind }: Join, left: Open, right: Open, pairs: readonly Equality[], compiler: Compiler): Way {
  const mayRight = rightWhole.has(kind);
  const mayLeft = leftWhole.has(kind);
  const hinted = hintedWay(mayLeft, mayRight, hashable.has(kind) && pairs.length > 0, left, right, compiler);
  if (hinted !== undefined) return hinted;
  const isAll = ({ distribution }: Open) => distribution.kind === 'all';
  const isOne = ({ distribution }: Open) => distribution.kind === 'one' || distribution.kind === 'all';
  if (mayRight && isAll(right)) return 'right whole';
  if (mayLeft && isAll(left)) return 'left whole';
  if (isOne(left) && isOne(right)) return 'one task';
  const mayHash = hashable.has(kind) && pairs.length > 0;
  if (mayHash && colocated(left, right, pairs)) return 'hash';
  const whole = cheaperWhole(mayLeft, mayRight, left, right);
  const given = whole === 'left whole' ? left : right;
  const kept = whole === 'left whole' ? right : left;
  const lies = keptPairs(kept, pairs, kept === left ? 'left' : 'right') !== undefined;
  if (whole !== undefined && compiler.broadcastable(given) && (!mayHash || worthWhole(given, kept, lies, compiler)))
    return whole;
  if (mayHash) return 'hash';
  if (whole === undefined) {
    compiler.rawGather(`both sides of a ${kind} join without an equality that can be hashed go to one task`);
    return 'one task';
  }
  if (compiler.settings.broadcastMaxBytes > 0 && !compiler.broadcastable(given))
    compiler.rawGather(
      `a ${kind} join without an equality that can be hashed: about ${Math.round(given.bytes)} bytes are read whole by each task`,
    );
  return whole;
}

/** What the hints broadcast(t) and colocate(a, b) ask for, where it is right; undefined: nothing, or it is not. */
function hintedWay(
  mayLeft: boolean,
  mayRight: boolean,
  mayHash: boolean,
  left: Open,
  right: Open,
  { context }: Compiler,
): Way | undefined {
  const { hints, occurrences } = context.bound;
  if (!hints.some(({ kind }) => kind === 'broadcast' || kind === 'colocate')) return undefined;
  const namesOf = (open: Open) => new Set(scannedBy(open).flatMap((id) => namesOfOccurrence(occurrences[id]!)));
  const [onLeft, onRight] = [namesOf(left), namesOf(right)];
  for (const hint of hints) {
    if (hint.kind === 'broadcast') {
      const name = hint.table.toLowerCase();
      if (mayRight && onRight.has(name) && onRight.size <= 2) return 'right whole';
      if (mayLeft && onLeft.has(name) && onLeft.size <= 2) return 'left whole';
    } else if (hint.kind === 'colocate' && mayHash) {
      const names = hint.tables.map((table) => table.toLowerCase());
      if (names.some((name) => onLeft.has(name)) && names.some((name) => onRight.has(name))) return 'hash';
    }
  }
  return undefined;
}

function namesOfOccurrence({ alias, table }: Occurrence): readonly string[] {
  return [alias.toLowerCase(), table.name.toLowerCase()];
}

/** Data sets that a fragment reads itself. */
function scannedBy({ rel }: Open): readonly number[] {
  const found: number[] = [];
  someRel(rel, (part) => {
    if (part.op === 'scan') found.push(part.occurrence);
    return false;
  });
  return found;
}

function cheaperWhole(mayLeft: boolean, mayRight: boolean, left: Open, right: Open): Way | undefined {
  if (mayLeft && mayRight) {
    // A single task has nothing to keep divided.
    const leftOne = left.distribution.kind === 'one';
    const rightOne = right.distribution.kind === 'one';
    if (leftOne !== rightOne) return leftOne ? 'left whole' : 'right whole';
    return left.bytes < right.bytes ? 'left whole' : 'right whole';
  }
  if (mayRight) return 'right whole';
  return mayLeft ? 'left whole' : undefined;
}

/** Relations of up to so many bytes are always given whole rather than hashed. */
const alwaysWholeBytes = 1024 * 1024;
/** What becomes of each byte: read and put into a hash table by each task that gets all of it ... */
const wholeCost = 2;
/** ... or written, read and put into the table of one task ... */
const hashedCost = 3;
/** ... or, of the side that looks up, written and read. */
const movedCost = 2;

/** Is it cheaper that each task reads `given` than that both are hashed? `lies`: the other side lies by the keys already. */
function worthWhole(given: Open, kept: Open, lies: boolean, compiler: Compiler): boolean {
  if (given.bytes <= alwaysWholeBytes) return true;
  const readers = Math.max(1, compiler.settings.slots);
  return given.bytes * readers * wholeCost <= given.bytes * hashedCost + (lies ? 0 : kept.bytes * movedCost);
}

function move(way: Way, join: Join, left: Open, right: Open, pairs: readonly Equality[], compiler: Compiler): Open {
  const rel = (a: Open, b: Open): RelJoin => ({
    op: 'join',
    kind: join.kind,
    left: a.rel,
    right: b.rel,
    conditions: join.conditions,
  });
  if (way === 'right whole') {
    const whole = toAll(right, compiler);
    const { tasks } = left;
    const distribution = extended(unordered(left.distribution), join.kind === 'inner' ? pairs : [], compiler);
    return together(rel(left, whole), [left, whole], { distribution, tasks }, join.size);
  }
  if (way === 'left whole') {
    const whole = toAll(left, compiler);
    const { tasks } = right;
    const distribution = extended(unordered(right.distribution), join.kind === 'inner' ? pairs : [], compiler);
    return together(rel(whole, right), [whole, right], { distribution, tasks }, join.size);
  }
  if (way === 'one task') {
    const [a, b] = [toOne(left, compiler), toOne(right, compiler)];
    return together(rel(a, b), [a, b], { distribution: { kind: 'one' }, tasks: { kind: 'one' } }, join.size);
  }
  const { a, b } = hashBoth(left, right, pairs, compiler);
  const distribution = hashedJoin(join.kind, a, b, pairs, compiler);
  return together(rel(a, b), [a, b], { distribution, tasks: a.tasks }, join.size);
}

/** Side by side already, by keys that the join compares? */
function colocated(left: Open, right: Open, pairs: readonly Equality[]): boolean {
  const [a, b] = [left.distribution, right.distribution];
  if (a.kind !== 'hash' || b.kind !== 'hash') return false;
  if (a.partitions !== b.partitions || a.keys.length !== b.keys.length) return false;
  return a.keys.every((equal, i) =>
    pairs.some(
      (pair) =>
        equal.includes(pair.left) &&
        b.keys[i]!.includes(pair.right) &&
        a.types[i] === pair.type &&
        b.types[i] === pair.type,
    ),
  );
}

/** For each key by which a side lies, the pair that compares it in the same type; undefined when a key is not compared. */
function keptPairs(
  { distribution }: Open,
  pairs: readonly Equality[],
  side: 'left' | 'right',
): readonly Equality[] | undefined {
  if (distribution.kind !== 'hash') return undefined;
  const kept = distribution.keys.map((equal, i) =>
    pairs.find((pair) => equal.includes(pair[side]) && pair.type === distribution.types[i]),
  );
  return kept.every((pair) => pair !== undefined) ? (kept as readonly Equality[]) : undefined;
}

/** Rows stay where they lie when there would be at most so many times as many partitions otherwise. */
const maxFewer = 2;

/** Moves as little as possible: nothing, one side to where the other lies, or both. */
function hashBoth(left: Open, right: Open, pairs: readonly Equality[], compiler: Compiler): { a: Open; b: Open } {
  if (colocated(left, right, pairs)) return { a: left, b: right };
  const byLeft = keptPairs(left, pairs, 'left');
  const byRight = keptPairs(right, pairs, 'right');
  const stay = byLeft !== undefined && (byRight === undefined || left.bytes >= right.bytes) ? left : right;
  const kept = stay === left ? byLeft : byRight;
  const lies = stay.distribution;
  const partitions = compiler.partitions(left.bytes + right.bytes);
  if (kept !== undefined && lies.kind === 'hash' && lies.partitions * maxFewer >= partitions) {
    if (stay === left) return { a: left, b: toHash(right, keysOf(kept, 'right'), compiler, lies.partitions) };
    return { a: toHash(left, keysOf(kept, 'left'), compiler, lies.partitions), b: right };
  }
  const [leftKeys, rightKeys] = [keysOf(pairs, 'left'), keysOf(pairs, 'right')];
  return { a: toHash(left, leftKeys, compiler, partitions), b: toHash(right, rightKeys, compiler, partitions) };
}

function keysOf(pairs: readonly Equality[], side: 'left' | 'right'): readonly HashKey[] {
  return pairs.map((pair) => ({ column: pair[side], type: pair.type }));
}

/** How the rows of a join of two hashed sides lie. Columns of a side that may be filled with NULLs are no keys any more. */
function hashedJoin(kind: JoinKind, a: Open, b: Open, pairs: readonly Equality[], compiler: Compiler): Distribution {
  if (kind === 'full') return { kind: 'split', ordered: false, keys: [] };
  if (kind === 'right') return b.distribution;
  return kind === 'inner' ? extended(a.distribution, pairs, compiler) : a.distribution;
}

/** After an inner join, a column that is equal to a key is one too, where it is hashed in the same way. */
function extended(distribution: Distribution, pairs: readonly Equality[], compiler: Compiler): Distribution {
  if (distribution.kind === 'split') return extendedApart(distribution, pairs, compiler);
  if (distribution.kind !== 'hash') return distribution;
  const keys = distribution.keys.map((equal, i) => {
    const more = pairs.flatMap((pair): readonly ColumnId[] => {
      if (pair.type !== distribution.types[i]) return [];
      const other = equal.includes(pair.left) ? pair.right : equal.includes(pair.right) ? pair.left : undefined;
      if (other === undefined || hashType(compiler.typeOf(other)) !== pair.type) return [];
      return [other];
    });
    return [...new Set([...equal, ...more])];
  });
  return { ...distribution, keys };
}

/** And one that is equal to a column of which no value is in two tasks is such a column too, where equal values are the same value. */
function extendedApart(
  distribution: Extract<Distribution, { kind: 'split' }>,
  pairs: readonly Equality[],
  compiler: Compiler,
): Distribution {
  const { apart = [] } = distribution;
  const type = (column: ColumnId) => hashType(compiler.typeOf(column));
  const more = pairs.flatMap(({ left, right }): readonly ColumnId[] => {
    if (type(left) !== type(right)) return [];
    if (apart.includes(left)) return [right];
    return apart.includes(right) ? [left] : [];
  });
  return more.length === 0 ? distribution : { ...distribution, apart: [...new Set([...apart, ...more])] };
}

/** A join gives its rows in no order that could be told. */
function unordered(distribution: Distribution): Distribution {
  return distribution.kind === 'split' ? { ...distribution, ordered: false } : distribution;
}

/** The conditions with what their sub-queries read. */
async function withConditions(joined: Open, join: Join, compiler: Compiler): Promise<Open> {
  const { open, root: conditions } = await withSubqueries(joined, join.conditions, compiler);
  return { ...open, rel: { ...(joined.rel as RelJoin), conditions } };
}
