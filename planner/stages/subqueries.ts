/** Sub-queries that stay in expressions: their trees read stages, the expression stays as it is written. */
import { queryNumber, queryRelation, type Rel } from '../algebra/rel.ts';
import { freeColumns, inputsOf, withInputs } from '../algebra/walk-rel.ts';
import { rewrite, walk } from '../sql/walk.ts';
import { mergeInputs } from './builder.ts';
import type { Compiler } from './compile.ts';
import { toAll } from './moves.ts';
import type { Open } from './open.ts';

/** An expression (or anything that holds expressions) over a fragment that has what its sub-queries read. */
export interface Prepared<T> {
  readonly open: Open;
  readonly root: T;
}

/** What trees that were put in place read. */
interface Reads {
  readonly opens: Open[];
}

/**
 * Compiles the sub-queries in `root` (placeholders `queryRelation(n)` of the query) and gives `root` with the placeholders of what they
 * became, over `open` with their inputs. To be called by every operator for every expression, before it is put on top of `open`.
 */
export async function withSubqueries<T>(open: Open, root: T, compiler: Compiler): Promise<Prepared<T>> {
  const reads: Reads = { opens: [] };
  const replaced = await replaceQueries(root, compiler, reads);
  return { open: reading(open, reads.opens), root: replaced };
}

/**
 * A tree that names columns of outer operators, put in place as it is; what in it names none is computed by stages and read whole.
 * Gives the tree, and `open` with what it reads.
 */
export async function putInPlace(
  open: Open,
  rel: Rel,
  compiler: Compiler,
): Promise<{ readonly open: Open; readonly rel: Rel }> {
  const reads: Reads = { opens: [] };
  const placed = await place(rel, compiler, reads);
  return { open: reading(open, reads.opens), rel: placed };
}

function reading(open: Open, opens: readonly Open[]): Open {
  if (opens.length === 0) return open;
  return {
    ...open,
    inputs: mergeInputs(open.inputs, ...opens.map(({ inputs }) => inputs)),
    wholeScans: [...new Set([...open.wholeScans, ...opens.flatMap(({ wholeScans }) => wholeScans)])],
    why: [...open.why, ...opens.flatMap(({ why }) => why)],
  };
}

async function replaceQueries<T>(root: T, compiler: Compiler, reads: Reads): Promise<T> {
  const numbers = new Map<number, number>();
  for (const number of placeholders(root)) {
    const { rel, columns, outer } = compiler.query.queries[number]!;
    const placed = await place(rel, compiler, reads);
    numbers.set(number, compiler.addQuery({ rel: placed, columns, outer }));
  }
  if (numbers.size === 0) return root;
  return rewrite(root, {
    tableRef: (ref) => {
      const number = ref.type === 'BASE_TABLE' ? queryNumber(ref.table_name) : undefined;
      const other = number === undefined ? undefined : numbers.get(number);
      if (ref.type !== 'BASE_TABLE' || other === undefined) return undefined;
      return { ...ref, table_name: queryRelation(other), alias: renamedAlias(ref.alias, number!, other) };
    },
  });
}

/** An alias that is the placeholder's own name goes with it. */
function renamedAlias(alias: string, from: number, to: number): string {
  return alias === queryRelation(from) ? queryRelation(to) : alias;
}

function placeholders(root: unknown): readonly number[] {
  const numbers = new Set<number>();
  walk(root, {
    tableRef: (ref) => {
      const number = ref.type === 'BASE_TABLE' ? queryNumber(ref.table_name) : undefined;
      if (number !== undefined) numbers.add(number);
      return undefined;
    },
  });
  return [...numbers];
}

async function place(rel: Rel, compiler: Compiler, reads: Reads): Promise<Rel> {
  if (freeColumns(rel, compiler.query).size === 0) {
    const open = await compiler.compile(rel);
    const whole = toAll(open, compiler);
    if (open.distribution.kind !== 'all' && !compiler.broadcastable(open) && compiler.settings.broadcastMaxBytes > 0)
      compiler.rawGather(`a sub-query of about ${Math.round(open.bytes)} bytes is read whole by each task`);
    reads.opens.push(whole);
    return whole.rel;
  }
  const inputs: Rel[] = [];
  for (const input of inputsOf(rel)) inputs.push(await place(input, compiler, reads));
  // Own expressions only: what the inputs hold is done.
  const own = await replaceQueries(withoutInputs(rel), compiler, reads);
  return withInputs(own, inputs);
}

const nothing: Rel = { op: 'input', relation: '', columns: [] };

function withoutInputs(rel: Rel): Rel {
  return withInputs(
    rel,
    inputsOf(rel).map(() => nothing),
  );
}
