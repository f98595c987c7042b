/**
 * Two data sets that lie in the same order, joined by what they are ordered by: the tasks of the one read, of the other, just the files
 * that can match, and nothing is exchanged.
 *
 * Why the answer is the same: let `k = v` be a condition of the join, `k` a column of the divided side and `v` one of the other side. A row
 * of the divided side is in one task; its `k`, unless NULL, lies within the range that the footers tell for the task's files. A row of the
 * other side that it matches has the same value, so it comes from a file whose range of `v` meets that one, and the task reads this file.
 * Between the scan and the join, the other side is only filtered, projected, joined row by row and grouped by `v` (see `originOf`), so each of
 * its rows with that value is made of rows with that value alone, all of which the task has. What else a task reads of the other side matches
 * nothing in it, and no row of the other side appears on its own (`divisible`).
 */
import type { ColumnId, JoinKind, Rel, RelJoin } from '../algebra/rel.ts';
import { columnIdOf, columnSetOf, columnsOf } from '../algebra/walk-rel.ts';
import { totalBytes } from '../partitioning.ts';
import { isIntegerType } from '../passes/pruning/values.ts';
import { partition } from '../strategies/tasks.ts';
import type { Compiler } from './compile.ts';
import { sidesOf } from './equalities.ts';
import type { Open, RangedScan } from './open.ts';
import { filesInRange } from './ranged-tasks.ts';

type Side = 'left' | 'right';

/** The sides that may stay divided while the other one is read in part: no row of the other side appears on its own. */
const divisible: Readonly<Record<JoinKind, readonly Side[]>> = {
  inner: ['left', 'right'],
  left: ['left'],
  semi: ['left'],
  anti: ['left'],
  right: ['right'],
  full: [],
  asof: [],
  asof_left: [],
};

/** All tasks together may read so many times as much of the other side as it has, and one of them as much more than its share. */
const maxReread = 1.5;

/** A column of a data set. */
interface Origin {
  readonly occurrence: number;
  readonly name: string;
}

/** Both sides of a join, the one as it lies, the other as each task of that one needs it; undefined: they don't lie so, or it is not allowed. */
export async function besideEachOther(
  rel: RelJoin,
  compiler: Compiler,
): Promise<{ readonly left: Open; readonly right: Open } | undefined> {
  const { partitions, broadcastMaxBytes } = compiler.settings;
  // Who asks for a number of partitions, or for no broadcast, wants exchanges.
  if (partitions !== null || broadcastMaxBytes === 0) return undefined;
  for (const side of sidesBySize(rel, compiler)) {
    for (const scan of candidates(rel, side, compiler)) {
      if (!(await isWorthwhile(scan, compiler))) continue;
      const [left, right] = [await compiler.compile(rel.left), await compiler.compile(rel.right)];
      const [kept, other] = side === 'left' ? [left, right] : [right, left];
      if (!isDividedBy(kept, scan.along.occurrence) || !isDividedBy(other, scan.occurrence)) continue;
      const own = new Set(scansOf(kept));
      if (scansOf(other).some((occurrence) => own.has(occurrence))) continue;
      const ranged = readInRange(other, scan, compiler);
      return side === 'left' ? { left, right: ranged } : { left: ranged, right };
    }
  }
  return undefined;
}

/** The larger side is the better one to be divided. */
function sidesBySize(rel: RelJoin, compiler: Compiler): readonly Side[] {
  const sides = divisible[rel.kind];
  return [...sides].sort((a, b) => compiler.size(rel[b]).bytes - compiler.size(rel[a]).bytes);
}

function candidates(rel: RelJoin, side: Side, compiler: Compiler): readonly RangedScan[] {
  const [left, right] = [columnSetOf(rel.left), columnSetOf(rel.right)];
  return rel.conditions.flatMap((condition): readonly RangedScan[] => {
    if (condition.class !== 'COMPARISON' || condition.type !== 'COMPARE_EQUAL') return [];
    const ids = sidesOf(condition, left, right)?.map(columnIdOf);
    if (ids?.[0] === undefined || ids[1] === undefined) return [];
    const [a, b] = [ids[0], ids[1]];
    if (!areComparable(compiler.typeOf(a), compiler.typeOf(b))) return [];
    const [ofLeft, ofRight] = [originOf(rel.left, a), originOf(rel.right, b)];
    if (ofLeft === undefined || ofRight === undefined) return [];
    const [along, other] = side === 'left' ? [ofLeft, ofRight] : [ofRight, ofLeft];
    return [
      { occurrence: other.occurrence, column: other.name, along: { occurrence: along.occurrence, column: along.name } },
    ];
  });
}

/** Are values equal for DuckDB when they are the same point, and only then? A cast to a type that rounds would join others too. */
function areComparable(a: string, b: string): boolean {
  const narrow = (type: string) => isIntegerType(type) && type !== 'UHUGEINT';
  return a === b || (narrow(a) && narrow(b));
}

/** The column of a scan that the column is, where rows with one value of it are made of the scan's rows with that value alone. */
function originOf(rel: Rel, column: ColumnId): Origin | undefined {
  switch (rel.op) {
    case 'scan': {
      const name = rel.columns.find(({ id }) => id === column)?.name;
      return name === undefined ? undefined : { occurrence: rel.occurrence, name };
    }
    case 'filter':
      return originOf(rel.input, column);
    case 'project': {
      const made = rel.columns.find(({ id }) => id === column);
      const from = made === undefined ? undefined : columnIdOf(made.expression);
      return from === undefined ? undefined : originOf(rel.input, from);
    }
    case 'aggregate': {
      const key = rel.sets === null ? rel.keys.find(({ id }) => id === column) : undefined;
      const from = key === undefined ? undefined : columnIdOf(key.expression);
      return from === undefined ? undefined : originOf(rel.input, from);
    }
    case 'join': {
      const isLeft = columnsOf(rel.left).includes(column);
      if (!divisible[rel.kind].includes(isLeft ? 'left' : 'right')) return undefined;
      return originOf(isLeft ? rel.left : rel.right, column);
    }
    default:
      return undefined;
  }
}

/** Is about as much read as if each side were divided on its own? */
async function isWorthwhile(scan: RangedScan, compiler: Compiler): Promise<boolean> {
  const { context, ranges } = compiler;
  const { along, occurrence } = scan;
  if (along.occurrence === occurrence) return false;
  const [own, others] = [await ranges.of(along.occurrence, along.column), await ranges.of(occurrence, scan.column)];
  if (own === undefined || others === undefined) return false;
  const { tasks } = await partition(context, context.bound.occurrences[along.occurrence]!);
  const alone = await partition(context, context.bound.occurrences[occurrence]!);
  const files = context.files[occurrence]!;
  const read = tasks.map((task) => totalBytes(filesInRange(files, others, task, own)));
  const total = totalBytes(files);
  const share = total / Math.max(1, alone.tasks.length);
  return read.reduce((sum, bytes) => sum + bytes, 0) <= total * maxReread && Math.max(...read) <= share * maxReread;
}

function isDividedBy({ tasks, distribution }: Open, occurrence: number): boolean {
  return distribution.kind === 'split' && tasks.kind === 'scan' && tasks.occurrence === occurrence;
}

function scansOf({ tasks, wholeScans, rangedScans }: Open): readonly number[] {
  const divided = tasks.kind === 'scan' ? [tasks.occurrence] : [];
  return [...divided, ...wholeScans, ...rangedScans.map(({ occurrence }) => occurrence)];
}

/** To each task of the other side it looks as if everything were there. */
function readInRange(open: Open, scan: RangedScan, { context }: Compiler): Open {
  const { table } = context.bound.occurrences[scan.occurrence]!;
  return {
    ...open,
    distribution: { kind: 'all' },
    tasks: { kind: 'one' },
    rangedScans: [...open.rangedScans, scan],
    why: [...open.why, `of ${table.name} the files in each task's range of ${scan.column}`],
  };
}
