/** Partial aggregates in each task, moved by their groups' keys, and merged. */
import type { ColumnId, Rel, RelAggregate } from '../algebra/rel.ts';
import { type CombinedGroups, combineGroups } from './combine-groups.ts';
import type { Compiler, Size } from './compile.ts';
import { groupHashKeys, isFew, sizeOf } from './group-keys.ts';
import type { Distribution, Open } from './open.ts';
import { mapParts, type Parts, partsToHash, partsToOne, sizeOfParts } from './parts.ts';
import { type CallWithRule, distinctSets, keysOfAllSets, splitGroups } from './split-groups.ts';

/** Groups for each partition, at least, for partitions to be even. */
const groupsPerPartition = 8;

/** `groups`: of the finest grouping. */
export interface GroupsSize extends Size {
  readonly groups: number;
}

/** Are there so many groups that partitions by their keys are even? */
export function isSpread(groups: number, { bytes }: Size, compiler: Compiler): boolean {
  return groups >= groupsPerPartition * compiler.partitions(bytes);
}

export async function mergedGroups(
  parts: Parts,
  rel: RelAggregate,
  calls: readonly CallWithRule[],
  size: GroupsSize,
  compiler: Compiler,
): Promise<Open> {
  const input = sizeOfParts(parts);
  const distinct = distinctSets(calls).length > 0;
  const spread = keysOfAllSets(rel).length > 0 && isSpread(size.groups, input, compiler);
  if (distinct && !spread && !isFew(input, compiler)) {
    const combined = await combineGroups(rel, calls, compiler);
    if (combined !== undefined) return inThreeSteps(parts, rel, combined, size, compiler);
  }
  const split = await splitGroups(rel, calls, compiler);
  const most = distinct ? Number.POSITIVE_INFINITY : partialRows(size, compiler);
  const why = distinct ? 'partial groups with the arguments of DISTINCT' : 'partial aggregates';
  const partial = mapParts(parts, (part) => step(part, split.partial(part.rel), most, split.width, why));
  const shared = keysOfAllSets(rel).map((i) => split.keys[i]!);
  const read = moved(partial, shared, compiler);
  return merged(read, split.merge(read.rel), rel, split.keys, size);
}

/** Rows that are alike in keys and arguments of DISTINCT meet first, then what is left of each group. */
function inThreeSteps(
  parts: Parts,
  rel: RelAggregate,
  combined: CombinedGroups,
  size: GroupsSize,
  compiler: Compiler,
): Open {
  const { first, second, merge, firstKeys, firstWidth, secondKeys } = combined;
  const unique = mapParts(parts, (part) =>
    step(part, first(part.rel), Number.POSITIVE_INFINITY, firstWidth, 'groups with the arguments of DISTINCT'),
  );
  const values = moved(unique, firstKeys, compiler);
  const rows = partialRows(size, compiler);
  const counted = step(values, second(values.rel), rows, firstWidth, 'counts what is distinct');
  const read = moved([counted], secondKeys, compiler);
  return merged(read, merge(read.rel), rel, secondKeys, size);
}

/** Each task may have a row of each group. */
function partialRows({ groups }: GroupsSize, { settings }: Compiler): number {
  return groups * (settings.partitions ?? settings.slots);
}

/** A fragment that gives at most so many rows, with so many columns. */
function step(open: Open, rel: Rel, most: number, width: number, why: string): Open {
  const rows = Math.min(open.rows, most);
  return {
    ...open,
    rel,
    distribution: { kind: 'split', ordered: false, keys: [] },
    rows,
    bytes: sizeOf(rows, width),
    why: [...open.why, why],
  };
}

/** Rows that are alike in all of `keys` together; all in one task when there are few, or none of the keys can be hashed. */
function moved(parts: Parts, keys: readonly ColumnId[], compiler: Compiler): Open {
  const hashed = groupHashKeys(keys, compiler);
  const one = hashed.length === 0 || isFew(sizeOfParts(parts), compiler);
  return one ? partsToOne(parts, compiler) : partsToHash(parts, hashed, compiler);
}

function merged(read: Open, tree: Rel, rel: RelAggregate, keys: readonly ColumnId[], size: Size): Open {
  return {
    ...read,
    rel: tree,
    distribution: named(read.distribution, rel, keys),
    rows: size.rows,
    bytes: size.bytes,
    why: [...read.why, 'merges them'],
  };
}

/** Keys by the names that the merge gives them. */
function named(distribution: Distribution, rel: RelAggregate, keys: readonly ColumnId[]): Distribution {
  if (distribution.kind !== 'hash') return distribution;
  const names = (equal: readonly ColumnId[]) =>
    equal.flatMap((column) => keys.flatMap((key, i) => (key === column ? [rel.keys[i]!.id] : [])));
  return { ...distribution, keys: distribution.keys.map(names) };
}
