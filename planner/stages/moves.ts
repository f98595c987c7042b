/** Moves of rows between fragments: each closes what must be closed and gives the fragment that goes on. */
import type { ColumnId, Rel } from '../algebra/rel.ts';
import type { HashKey } from './builder.ts';
import { mergeInputs } from './builder.ts';
import type { Compiler } from './compile.ts';
import { computedByEach } from './computed-by-each.ts';
import type { Distribution, Open, TaskSource } from './open.ts';

/** Scans of up to so many bytes are read whole by each task rather than given by a stage of their own. */
const maxWholeScanBytes = 256 * 1024;

/** All rows in one task, in DuckDB's own order where there is one. `why` is said when the rows were divided before. */
export function toOne(open: Open, compiler: Compiler): Open {
  const { distribution } = open;
  if (distribution.kind === 'one') return open;
  if (distribution.kind === 'all') return { ...open, distribution: { kind: 'one' } };
  const read = compiler.builder.read(compiler.builder.close(open, { kind: 'plain' }), 'all');
  return { ...read, distribution: { kind: 'one' } };
}

/** Every task of another fragment gets every row. */
export function toAll(open: Open, compiler: Compiler): Open {
  if (open.distribution.kind === 'all') return open;
  const whole = compiler.builder.readWhole(open);
  if (whole !== undefined) return whole;
  const byEach = computedByEach(open, compiler);
  if (byEach !== undefined) return byEach;
  if (isSmallScan(open.rel) && open.bytes <= maxWholeScanBytes && open.inputs.length === 0) {
    const { context } = compiler;
    if (open.tasks.kind === 'scan') {
      const { occurrence } = open.tasks;
      const bytes = context.files[occurrence]!.reduce((sum, file) => sum + file.bytes, 0);
      if (bytes <= maxWholeScanBytes)
        return {
          ...open,
          distribution: { kind: 'all' },
          tasks: { kind: 'one' },
          wholeScans: [...open.wholeScans, occurrence],
        };
    }
  }
  return compiler.builder.read(compiler.builder.close(open, { kind: 'plain' }), 'all');
}

function isSmallScan(rel: Rel): boolean {
  return rel.op === 'scan' || ((rel.op === 'project' || rel.op === 'filter') && isSmallScan(rel.input));
}

/**
 * The fragment with a task for each bucket of the files that it reads: it lies by hash then. Undefined when its files are not known to lie so, when more is
 * done than filtering and projecting them, or when there are fewer buckets than there should be tasks.
 */
export function inBuckets(open: Open, compiler: Compiler): Open | undefined {
  const { distribution, tasks, inputs, rangedScans, rel } = open;
  if (distribution.kind !== 'split' || distribution.buckets === undefined) return undefined;
  if (tasks.kind !== 'scan' || tasks.division !== undefined || rangedScans.length > 0 || !isSmallScan(rel))
    return undefined;
  const { buckets } = distribution;
  const fewest = Math.min(compiler.settings.slots, compiler.partitions(open.bytes));
  const named = buckets.keys.every((equal) => equal.length > 0);
  if (!named || buckets.partitions < fewest || inputs.some(({ mode }) => mode !== 'all')) return undefined;
  return {
    ...open,
    distribution: { kind: 'hash', ...buckets },
    tasks: { kind: 'partitions', partitions: buckets.partitions },
    bucketScans: [tasks.occurrence],
    why: [...open.why, `${compiler.context.bound.occurrences[tasks.occurrence]!.table.name} lies by hash`],
  };
}

/** The fragment, divided by buckets when only that keeps rows together that are equal in all of `columns`. */
export function keptTogether(open: Open, columns: readonly ColumnId[], compiler: Compiler): Open {
  if (keepsTogether(open, columns)) return open;
  const laid = inBuckets(open, compiler);
  return laid !== undefined && keepsTogether(laid, columns) ? laid : open;
}

/** Do the rows already lie by these keys (in any order of them), over so many partitions (any number: undefined)? */
export function liesByHash(open: Open, keys: readonly HashKey[], partitions?: number): boolean {
  const { distribution } = open;
  if (distribution.kind !== 'hash' || distribution.keys.length !== keys.length) return false;
  if (partitions !== undefined && distribution.partitions !== partitions) return false;
  return keys.every(({ column, type }, i) => distribution.keys[i]!.includes(column) && distribution.types[i] === type);
}

/** Rows equal in all keys in one task. Not moved when they already lie so. */
export function toHash(open: Open, keys: readonly HashKey[], compiler: Compiler, partitions?: number): Open {
  if (liesByHash(open, keys, partitions)) return open;
  const laid = inBuckets(open, compiler);
  if (laid !== undefined && liesByHash(laid, keys, partitions)) return laid;
  const count = partitions ?? compiler.partitions(open.bytes);
  // One task has everything: then the coordinator may be that task.
  if (count === 1 && partitions === undefined && compiler.settings.partitions === null) return toOne(open, compiler);
  return compiler.builder.read(compiler.builder.close(open, { kind: 'hash', keys, partitions: count }), 'partition');
}

/**
 * Do rows that are equal in all of `columns` lie in one task? True when what they lie by is among them. NULLs count as equal.
 */
export function keepsTogether({ distribution }: Open, columns: readonly ColumnId[]): boolean {
  if (distribution.kind === 'one') return true;
  if (distribution.kind === 'hash')
    return distribution.keys.every((equal) => equal.some((column) => columns.includes(column)));
  if (distribution.kind !== 'split') return false;
  if (distribution.apart?.some((column) => columns.includes(column))) return true;
  return distribution.keys.length > 0 && distribution.keys.every((column) => columns.includes(column));
}

/** Another tree over what the fragments read: the first one's tasks, everything of the others is there whole or by the same partitions. */
export function together(
  rel: Rel,
  opens: readonly [Open, ...Open[]],
  lies: { readonly distribution: Distribution; readonly tasks: TaskSource },
  size: { readonly rows: number; readonly bytes: number },
): Open {
  return {
    rel,
    ...lies,
    inputs: mergeInputs(...opens.map(({ inputs }) => inputs)),
    wholeScans: [...new Set(opens.flatMap(({ wholeScans }) => wholeScans))],
    rangedScans: opens.flatMap(({ rangedScans }) => rangedScans),
    bucketScans: opens.flatMap(({ bucketScans = [] }) => bucketScans),
    rows: size.rows,
    bytes: size.bytes,
    why: opens.flatMap(({ why }) => why),
  };
}
