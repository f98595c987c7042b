/** Set operations. UNION ALL puts tasks one after another; the others need rows that are alike in one task. */
import type { ColumnId, Rel, RelSet } from '../algebra/rel.ts';
import { columnRef } from '../sql/build.ts';
import type { Exchange, HashKey } from './builder.ts';
import type { Compile, Compiler, Size } from './compile.ts';
import { withoutDoubles, withoutOwnDoubles } from './compile-distinct.ts';
import { groupHashKeys, isFew, only } from './group-keys.ts';
import { together, toHash, toOne } from './moves.ts';
import type { Distribution, Open } from './open.ts';
import { inOrder } from './row-order.ts';

type Opens = readonly [Open, ...Open[]];

export const compileSet: Compile<RelSet> = async (query, compiler) => {
  const rel = withoutRepeats(query, compiler);
  const branches: Open[] = [];
  for (const [i, input] of rel.inputs.entries())
    branches.push(only(await compiler.compile(input), rel.inputColumns[i]!));
  const opens = branches as unknown as Opens;
  const size = compiler.size(query);
  if (rel.kind === 'union_all') return unionAll(rel, opens, size, compiler);
  if (rel.kind === 'union') return union(rel, opens, size, compiler);
  return byRows(rel, opens, size, compiler);
};

/** A branch that gives one column twice gets a name for each place. */
function withoutRepeats(rel: RelSet, compiler: Compiler): RelSet {
  const repeats = (columns: readonly ColumnId[]) => new Set(columns).size < columns.length;
  if (!rel.inputColumns.some(repeats)) return rel;
  const ids = rel.inputColumns.map((columns) =>
    repeats(columns) ? columns.map((id) => compiler.newColumn(compiler.typeOf(id))) : columns,
  );
  const inputs = rel.inputs.map((input, i) =>
    ids[i] === rel.inputColumns[i] ? input : asColumns(input, rel.inputColumns[i]!, ids[i]!),
  );
  return { ...rel, inputs, inputColumns: ids };
}

/** `from`, place by place, under the names `to`. */
function asColumns(input: Rel, from: readonly ColumnId[], to: readonly ColumnId[]): Rel {
  const columns = to.map((id, i) => ({ id, expression: columnRef(from[i]!) }));
  return { op: 'project', input, columns, many: false };
}

/** A branch under the names of the set operation. */
export function branchOf(rel: RelSet, i: number, open: Open): Open {
  return { ...open, rel: asColumns(open.rel, rel.inputColumns[i]!, rel.columns) };
}

/** One fragment where the branches lie alike, else each branch is a stage and their rows follow each other. */
function unionAll(rel: RelSet, opens: Opens, size: Size, compiler: Compiler): Open {
  const lies = liesInPlace(rel, opens);
  if (lies !== undefined) return inOneFragment(rel, opens, lies, size);
  const plain: Exchange = { kind: 'plain' };
  const closed = opens.map((open, i) => compiler.builder.close(branchOf(rel, i, open), plain, rel.columns));
  const read = compiler.builder.read(closed, 'share', compiler.partitions(size.bytes));
  const ordered = opens.every((open) => inOrder(open, compiler));
  return { ...read, distribution: { kind: 'split', ordered, keys: [] } };
}

function inOneFragment(rel: RelSet, opens: Opens, distribution: Distribution, size: Size): Open {
  const tree: RelSet = { ...rel, inputs: opens.map((open) => open.rel) };
  return together(tree, opens, { distribution, tasks: opens[0].tasks }, size);
}

/** How the answer lies when the branches can be one fragment as they are: rows of any branch that are alike are in one task. */
function liesInPlace(rel: RelSet, opens: Opens): Distribution | undefined {
  const kinds = opens.map(({ distribution }) => distribution.kind);
  if (kinds.every((kind) => kind === 'all')) return { kind: 'all' };
  if (kinds.every((kind) => kind === 'one' || kind === 'all'))
    return opens.every(({ tasks }) => tasks.kind === 'one') ? { kind: 'one' } : undefined;
  const [first, ...others] = opens.map(({ distribution }, i) => places(distribution, rel.inputColumns[i]!));
  if (first === undefined) return undefined;
  const keys = first.keys.map((at, i) =>
    at.filter((place) => others.every((other) => other?.keys[i]?.includes(place))),
  );
  const alike = others.every((other) => other?.types === first.types && other.partitions === first.partitions);
  if (!alike || keys.some((at) => at.length === 0)) return undefined;
  const { distribution } = opens[0];
  if (distribution.kind !== 'hash') return undefined;
  return { ...distribution, keys: keys.map((at) => at.map((place) => rel.columns[place]!)) };
}

/** Hash keys as places in the branch's columns. */
function places(distribution: Distribution, columns: readonly ColumnId[]) {
  if (distribution.kind !== 'hash') return undefined;
  return {
    keys: distribution.keys.map((equal) => columns.flatMap((id, place) => (equal.includes(id) ? [place] : []))),
    types: distribution.types.join('\u0000'),
    partitions: distribution.partitions,
  };
}

/** UNION: branches without doubles of their own meet by the whole row. */
function union(rel: RelSet, opens: Opens, size: Size, compiler: Compiler): Open {
  const lies = liesInPlace(rel, opens);
  if (lies !== undefined) return inOneFragment(rel, opens, lies, size);
  const [first, ...rest] = opens.map((open, i) => branchOf(rel, i, open));
  return withoutDoubles([first!, ...rest], rel.columns, size, compiler);
}

/** Rows that a DISTINCT within a branch leaves, where nothing is known. */
const expectedShare = 0.3;

/** INTERSECT and EXCEPT: both sides lie by the whole row, so that each partition is an answer of its own. */
function byRows(rel: RelSet, opens: Opens, size: Size, compiler: Compiler): Open {
  const lies = liesInPlace(rel, opens);
  if (lies !== undefined && lies.kind !== 'all') return inOneFragment(rel, opens, lies, size);
  const all = rel.kind === 'intersect_all' || rel.kind === 'except_all';
  const partial: readonly Open[] = all ? opens : opens.map((open) => withoutOwnDoubles(open, expectedShare));
  const keys = partial.map((_, i) => rowKeys(rel, rel.inputColumns[i]!, compiler));
  const bytes = Math.max(...partial.map((open) => open.bytes));
  const rows = partial.reduce((sum, open) => sum + open.rows, 0);
  if (keys[0]!.length === 0 || isFew({ rows, bytes }, compiler)) {
    const whole = partial.map((open) => toOne(open, compiler)) as unknown as Opens;
    const one = whole.map((open) => ({ ...open, tasks: { kind: 'one' } as const })) as unknown as Opens;
    return inOneFragment(rel, one, { kind: 'one' }, size);
  }
  const partitions = compiler.partitions(bytes);
  const why = 'rows of both sides by all columns';
  const hashed = partial.map((open, i) => toHash({ ...open, why: [...open.why, why] }, keys[i]!, compiler, partitions));
  const distribution: Distribution = {
    kind: 'hash',
    keys: rowKeys(rel, rel.columns, compiler).map(({ column }) => [column]),
    types: keys[0]!.map(({ type }) => type),
    partitions,
  };
  return inOneFragment(rel, hashed as unknown as Opens, distribution, size);
}

/** The columns that can be hashed, under the names of one branch: the same places and types for every branch. */
function rowKeys(rel: RelSet, columns: readonly ColumnId[], compiler: Compiler): readonly HashKey[] {
  return groupHashKeys(rel.columns, compiler).map(({ column, type }) => ({
    column: columns[rel.columns.indexOf(column)]!,
    type,
  }));
}
