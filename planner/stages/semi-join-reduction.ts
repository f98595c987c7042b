/**
 * A large side of a join whose rows must pass an exchange before they are joined (to be grouped, to be hashed) is first reduced to the keys
 * that a small other side has: those are known early and read whole.
 */
import type { ColumnId, JoinKind, Rel, RelJoin, RelProject } from '../algebra/rel.ts';
import { columnIdOf, columnSetOf, columnsOf } from '../algebra/walk-rel.ts';
import { columnRef, comparison } from '../sql/build.ts';
import type { Closed, Exchange } from './builder.ts';
import type { Compiler, Size } from './compile.ts';
import { sidesOf } from './equalities.ts';
import { commonHashType } from './key-types.ts';
import type { Open } from './open.ts';

type Side = 'left' | 'right';

/** The sides whose rows matter only where they match the other side. */
const reducible: Readonly<Record<JoinKind, readonly Side[]>> = {
  inner: ['left', 'right'],
  semi: ['right'],
  anti: ['right'],
  left: ['right'],
  right: ['left'],
  full: [],
  asof: [],
  asof_left: [],
};

/** At most this part of the rows is left, or it is not worth a stage. */
const worthwhileShare = 0.5;
/** The small side has at most one row for so many of the large one: its keys are looked up for each of those, by every task. */
const leastRowsPerKey = 8;

/** A side of an outer, semi or anti join that is no larger is read whole rather than reduced. */
const wholeBytes = 2 * 1024 * 1024;

interface Reduction {
  /** The large side. */
  readonly side: Side;
  readonly key: ColumnId;
  readonly smallKey: ColumnId;
}

/** Both sides of a join, one of them reduced where that pays. */
export async function compileReduced(
  rel: RelJoin,
  compiler: Compiler,
): Promise<{ readonly left: Open; readonly right: Open }> {
  const reduction = reductionOf(rel, compiler);
  if (reduction === undefined) {
    const left = await compiler.compile(rel.left);
    return { left, right: await compiler.compile(rel.right) };
  }
  const { side, key, smallKey } = reduction;
  const small = await compiler.compile(side === 'left' ? rel.right : rel.left);
  const closed = compiler.builder.close(small, exchangeOf(rel, reduction, compiler));
  const whole = compiler.builder.read(closed, 'all');
  const keys: RelProject = {
    op: 'project',
    input: compiler.placed(whole),
    columns: [{ id: compiler.newColumn(compiler.typeOf(smallKey)), expression: columnRef(smallKey) }],
    many: false,
  };
  const big = await compiler.compile(restrict(rel[side], key, keys, compiler));
  const why = [...big.why, `only rows whose ${key} the other side has`];
  const reduced: Open = { ...big, ...compiler.size(rel[side]), why };
  const other =
    closed.exchange.kind === 'hash' ? compiler.builder.read(closed, 'partition') : restOf(rel, closed, whole, compiler);
  return side === 'left' ? { left: reduced, right: other } : { left: other, right: reduced };
}

/** The small side of an inner join is read whole; else both sides will be hashed, so it is by the same key that its keys are read of. */
function exchangeOf(rel: RelJoin, { key, smallKey }: Reduction, compiler: Compiler): Exchange {
  const type = commonHashType(compiler.typeOf(key), compiler.typeOf(smallKey));
  if (rel.kind === 'inner' || type === undefined || !compiler.hashable(type)) return { kind: 'plain' };
  const bytes = compiler.size(rel.left).bytes + compiler.size(rel.right).bytes;
  return { kind: 'hash', keys: [{ column: smallKey, type }], partitions: compiler.partitions(bytes) };
}

function restOf({ kind }: RelJoin, closed: Closed, whole: Open, compiler: Compiler): Open {
  return kind === 'inner' ? whole : compiler.builder.read(closed, 'share', compiler.partitions(closed.bytes));
}

function reductionOf(rel: RelJoin, compiler: Compiler): Reduction | undefined {
  for (const side of reducible[rel.kind]) {
    const big = compiler.size(rel[side]);
    const small = compiler.size(side === 'left' ? rel.right : rel.left);
    if (!compiler.broadcastable(small) || small.bytes >= big.bytes) continue;
    const found = keyOf(rel, side, big, compiler);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A key of the large side that gets below what its rows must pass. */
function keyOf(rel: RelJoin, side: Side, big: Size, compiler: Compiler): Reduction | undefined {
  const [left, right] = [columnSetOf(rel.left), columnSetOf(rel.right)];
  const smallRows = compiler.size(side === 'left' ? rel.right : rel.left).rows;
  for (const condition of rel.conditions) {
    if (condition.class !== 'COMPARISON' || condition.type !== 'COMPARE_EQUAL') continue;
    const pair = sidesOf(condition, left, right);
    if (pair === undefined) continue;
    const [a, b] = pair.map(columnIdOf);
    if (a === undefined || b === undefined) continue;
    const [key, smallKey] = side === 'left' ? [a, b] : [b, a];
    const {
      passes,
      rows,
      left: kept,
    } = reach(rel[side], key, side === 'left' ? rel.right : rel.left, smallKey, compiler);
    // A relation that could be read whole by the small side's tasks needs no reduction, unless much is computed for it.
    if (!passes && (rel.kind === 'inner' || (compiler.broadcastable(big) && big.bytes <= wholeBytes))) continue;
    if (passes && rows <= big.rows && compiler.broadcastable(big)) continue;
    const few = smallRows * leastRowsPerKey <= rows;
    if (few && kept <= rows * worthwhileShare) return { side, key, smallKey };
  }
  return undefined;
}

/** How far down a key gets, and what it would leave there. */
function reach(rel: Rel, key: ColumnId, small: Rel, smallKey: ColumnId, compiler: Compiler) {
  const step = below(rel, key);
  if (step !== undefined && step.length === 1) {
    const { input, key: next } = step[0]!;
    const deeper: ReturnType<typeof reachEnd> = reach(input, next, small, smallKey, compiler);
    return { ...deeper, passes: deeper.passes || blocks(rel) };
  }
  return reachEnd(rel, key, small, smallKey, compiler);
}

function reachEnd(rel: Rel, key: ColumnId, small: Rel, smallKey: ColumnId, compiler: Compiler) {
  const conditions = [comparison('COMPARE_EQUAL', columnRef(key), columnRef(smallKey))];
  const left = compiler.size({ op: 'join', kind: 'semi', left: rel, right: small, conditions }).rows;
  return { passes: false, rows: compiler.size(rel).rows, left };
}

/** Rows of its input are moved, or computed together, before it gives any. */
function blocks({ op }: Rel): boolean {
  return op === 'aggregate' || op === 'window' || op === 'distinct';
}

interface Step {
  readonly input: Rel;
  readonly key: ColumnId;
}

/** The inputs in which the rows that matter can be told by the same key; undefined: the operator itself is as far as it gets. */
function below(rel: Rel, key: ColumnId): readonly Step[] | undefined {
  switch (rel.op) {
    case 'filter':
      return [{ input: rel.input, key }];
    case 'project': {
      const column = rel.columns.find(({ id }) => id === key);
      const from = column === undefined ? undefined : columnIdOf(column.expression);
      return from === undefined ? undefined : [{ input: rel.input, key: from }];
    }
    case 'aggregate': {
      const column = rel.sets === null ? rel.keys.find(({ id }) => id === key) : undefined;
      const from = column === undefined ? undefined : columnIdOf(column.expression);
      return from === undefined ? undefined : [{ input: rel.input, key: from }];
    }
    case 'window': {
      const whole = rel.windows.every(({ call }) => call.partitions.some((part) => columnIdOf(part) === key));
      return whole ? [{ input: rel.input, key }] : undefined;
    }
    case 'distinct': {
      const whole = rel.on === null || rel.on.some((part) => columnIdOf(part) === key);
      return whole ? [{ input: rel.input, key }] : undefined;
    }
    case 'join': {
      const isLeft = columnsOf(rel.left).includes(key);
      const through = isLeft ? ['inner', 'left', 'semi', 'anti'] : ['inner', 'right'];
      return through.includes(rel.kind) ? [{ input: isLeft ? rel.left : rel.right, key }] : undefined;
    }
    default:
      return undefined;
  }
}

/** Leaves out rows whose key is not among `keys`, as far down as can be. */
function restrict(rel: Rel, key: ColumnId, keys: RelProject, compiler: Compiler): Rel {
  const step = below(rel, key)?.[0];
  if (step === undefined) {
    const conditions = [comparison('COMPARE_EQUAL', columnRef(key), columnRef(keys.columns[0]!.id))];
    return { op: 'join', kind: 'semi', left: rel, right: keys, conditions };
  }
  const input = restrict(step.input, step.key, keys, compiler);
  if (rel.op !== 'join') return { ...rel, input } as Rel;
  return step.input === rel.left ? { ...rel, left: input } : { ...rel, right: input };
}
