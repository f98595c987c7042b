/** Fragments whose rows one after another are one relation: the branches of a UNION ALL, each divided in its own way. */
import type { Rel, RelSet } from '../algebra/rel.ts';
import { expressionsOf } from '../algebra/walk-rel.ts';
import { columnRef } from '../sql/build.ts';
import type { Exchange, HashKey } from './builder.ts';
import type { Compiler, Size } from './compile.ts';
import { hasSubquery } from './group-keys.ts';
import { toHash, toOne } from './moves.ts';
import type { Open } from './open.ts';

/** One fragment, or several with the same columns. */
export type Parts = readonly [Open, ...Open[]];

/** The fragments of an operator: the branches where it is a UNION ALL under projections, unless these are one fragment anyway. */
export async function compileParts(rel: Rel, compiler: Compiler): Promise<Parts> {
  const branches = unionBranches(rel);
  if (branches === undefined) return [await compiler.compile(rel)];
  const parts: Open[] = [];
  for (const branch of branches) parts.push(await compiler.compile(branch));
  const [first, ...rest] = parts;
  const whole = parts.every(({ distribution: { kind } }) => kind === 'one' || kind === 'all' || kind === 'hash');
  return whole || first === undefined ? [await compiler.compile(rel)] : [first, ...rest];
}

/** The branches, each with the projections above them; undefined for everything but a UNION ALL. */
function unionBranches(rel: Rel): readonly Rel[] | undefined {
  if (rel.op === 'set' && rel.kind === 'union_all') return branchesOf(rel);
  if (rel.op !== 'project' || rel.many || expressionsOf(rel).some(hasSubquery)) return undefined;
  return unionBranches(rel.input)?.map((input) => ({ ...rel, input }));
}

function branchesOf({ inputs, inputColumns, columns }: RelSet): readonly Rel[] {
  return inputs.flatMap((input, branch): readonly Rel[] => {
    const asColumns = (below: Rel): Rel => ({
      op: 'project',
      input: below,
      columns: columns.map((id, i) => ({ id, expression: columnRef(inputColumns[branch]![i]!) })),
      many: false,
    });
    return (unionBranches(input) ?? [input]).map(asColumns);
  });
}

export function sizeOfParts(parts: readonly Open[]): Size {
  const sum = (of: (part: Open) => number) => parts.reduce((total, part) => total + of(part), 0);
  return { rows: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes) };
}

/** All rows of the parts in one task, part after part. */
export function partsToOne(parts: Parts, compiler: Compiler): Open {
  if (parts.length === 1) return toOne(parts[0], compiler);
  const closed = parts.map((part) => compiler.builder.close(part, { kind: 'plain' }));
  return { ...compiler.builder.read(closed, 'all'), distribution: { kind: 'one' } };
}

/** Rows of all parts that are equal in all keys in one task. */
export function partsToHash(parts: Parts, keys: readonly HashKey[], compiler: Compiler): Open {
  if (parts.length === 1) return toHash(parts[0], keys, compiler);
  const partitions = compiler.partitions(sizeOfParts(parts).bytes);
  if (partitions === 1 && compiler.settings.partitions === null) return partsToOne(parts, compiler);
  const exchange: Exchange = { kind: 'hash', keys, partitions };
  return compiler.builder.read(
    parts.map((part) => compiler.builder.close(part, exchange)),
    'partition',
  );
}

export function mapParts(parts: Parts, map: (part: Open) => Open): Parts {
  const [first, ...rest] = parts;
  return [map(first), ...rest.map(map)];
}
