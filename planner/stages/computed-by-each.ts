/**
 * Small fragments that need no stage of their own: each task that wants their rows computes them for itself, from the same files and inputs.
 * That is right where it gives the same rows in every task, whatever the order in which rows come and however they are divided: see
 * `isReproducible`.
 */
import type { Rel, RelAggregate, RelOp } from '../algebra/rel.ts';
import { columnIdOf, expressionsOf, inputsOf, queriesIn } from '../algebra/walk-rel.ts';
import { totalBytes } from '../partitioning.ts';
import { readConstant } from '../passes/pruning/values.ts';
import type { Expression } from '../sql/ast.ts';
import { hasRanges } from './column-ranges.ts';
import type { Compiler } from './compile.ts';
import type { Open } from './open.ts';

/** What each task may read, of files and of inputs, rather than wait for a stage (about 10 ms). */
const maxFileBytes = 1024 * 1024;
const maxInputBytes = 1024 * 1024;
/** Each file costs some time to be opened, however small it is. */
const maxFiles = 16;

/** The fragment as every task can run it whole; undefined when that is too much, or may not come out the same everywhere. */
export function computedByEach(open: Open, compiler: Compiler): Open | undefined {
  const { distribution, tasks, inputs } = open;
  const divided = distribution.kind === 'split' && tasks.kind === 'scan';
  const alone = distribution.kind === 'one' && tasks.kind === 'one';
  if (compiler.settings.partitions !== null || !(divided || alone)) return undefined;
  if (inputs.some(({ mode }) => mode !== 'all') || !isReproducible(open.rel, alone, compiler)) return undefined;
  const scans = scansOf(open);
  const files = scans.flatMap((id) => compiler.context.files[id]!);
  const drafts = [...new Set(inputs.flatMap(({ stages }) => stages))];
  const inputBytes = drafts.reduce((sum, draft) => sum + compiler.builder.drafts[draft]!.open.bytes, 0);
  if (files.length > maxFiles || totalBytes(files) > maxFileBytes) return undefined;
  if (inputBytes > maxInputBytes || open.bytes > maxInputBytes) return undefined;
  return { ...open, distribution: { kind: 'all' }, tasks: { kind: 'one' }, wholeScans: scans, rangedScans: [] };
}

function scansOf({ tasks, wholeScans, rangedScans }: Open): readonly number[] {
  const divided = tasks.kind === 'scan' ? [tasks.occurrence] : [];
  return [...new Set([...divided, ...wholeScans, ...rangedScans.map(({ occurrence }) => occurrence)])];
}

/** Row by row, so that it makes no difference whether it runs over parts or over everything. */
const rowwise: ReadonlySet<RelOp> = new Set(['scan', 'rows', 'input', 'filter', 'project']);
/** Aggregates that come out the same in any order of rows, of values that are exact (`isExact`). */
const anyOrder: ReadonlySet<string> = new Set(['count', 'count_star', 'sum', 'min', 'max', 'bool_and', 'bool_or']);

/**
 * Rows that are read as a whole are the same in every task, but for their order. Filters and projections look at one row (what is volatile
 * never gets here), joins but ASOF at pairs. Groups are taken only in fragments that are one task already: over a part of the rows they would be
 * partial ones.
 */
function isReproducible(rel: Rel, groups: boolean, compiler: Compiler): boolean {
  if (!inputsOf(rel).every((input) => isReproducible(input, groups, compiler))) return false;
  // Sub-queries have all of their rows in any task.
  const queries = expressionsOf(rel).flatMap(queriesIn);
  if (!queries.every((number) => isReproducible(compiler.queries[number]!.rel, true, compiler))) return false;
  if (rel.op === 'join') return rel.kind !== 'asof' && rel.kind !== 'asof_left';
  if (rel.op === 'aggregate') return groups && isExact(rel, compiler);
  return rowwise.has(rel.op);
}

/** Floating point adds up differently in another order, and text under a collation may be one or another of equal values. */
function isExact({ keys, aggregates }: RelAggregate, compiler: Compiler): boolean {
  const plain = (part: Expression) => {
    const id = columnIdOf(part);
    return id !== undefined && isExactType(compiler.typeOf(id));
  };
  // What states are put together with: an aggregate of nothing.
  const empty = (part: Expression) => readConstant(part)?.kind === 'null';
  return (
    compiler.hashable('VARCHAR') &&
    keys.every(({ expression }) => plain(expression)) &&
    aggregates.every(
      ({ call: { function_name, children } }) =>
        (anyOrder.has(function_name) && children.every(plain)) || (children.length > 0 && children.every(empty)),
    )
  );
}

function isExactType(type: string): boolean {
  return type === 'VARCHAR' || type === 'BOOLEAN' || hasRanges(type);
}
