/**
 * Partitions that hints ask for: just so many, each a task of what follows.
 *
 * The first step moves rows by an exchange of its kind; a data set that is divided by files or rows is just read so. Each further step divides what a
 * task has by numbers that the task computes, and the number of the partition is then that of the task and this one together.
 */
import type { ColumnId, Division, Rel, RelColumn, RelRepartition } from '../algebra/rel.ts';
import { columnIdOf, columnsOf } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, orderByNode } from '../sql/build.ts';
import { parseExpressions } from '../sql/parse.ts';
import type { HashKey } from './builder.ts';
import type { Compile, Compiler } from './compile.ts';
import { only, passed, withColumns } from './group-keys.ts';
import { hashType } from './key-types.ts';
import { toHash } from './moves.ts';
import type { Open } from './open.ts';

export const compileRepartition: Compile<RelRepartition> = async ({ input, steps }, compiler) => {
  const open = await compiler.compile(input);
  const columns = columnsOf(open.rel);
  const [first, ...rest] = steps;
  let divided = await firstStep(open, first!, compiler);
  let partitions = first!.partitions;
  for (const [depth, step] of rest.entries()) {
    divided = await nextStep(divided, step, depth + 1, partitions, compiler);
    partitions *= step.partitions;
  }
  const done = only(divided, columns);
  return { ...done, why: [...done.why, steps.map(told).join(', then ')] };
};

function told(step: Division): string {
  const how: Readonly<Record<Division['kind'], string>> = {
    files: 'by files',
    rows: 'evenly by rows',
    hash: 'by hash',
    range: 'by range',
    shuffle: `at random${step.kind === 'shuffle' ? ` with seed ${step.seed}` : ''}`,
    number: `by number${step.kind === 'number' ? ` in ${step.name}` : ''}`,
  };
  return `${step.partitions} partitions ${how[step.kind]}`;
}

async function firstStep(open: Open, step: Division, compiler: Compiler): Promise<Open> {
  const { partitions } = step;
  const { builder } = compiler;
  switch (step.kind) {
    case 'files':
    case 'rows': {
      const scanned = asScanned(open, step.kind, partitions, compiler);
      return scanned ?? evenly(open, partitions, compiler);
    }
    case 'hash': {
      const { rel, columns } = await withColumns(open.rel, step.keys, compiler);
      const keys = columns.map((column): HashKey => ({ column, type: typeToHash(column, compiler) }));
      return toHash({ ...open, rel }, keys, compiler, partitions);
    }
    case 'range': {
      const { rel, columns } = await withColumns(open.rel, [step.key], compiler);
      const keys = columns.map((column) => ({ column, descending: false, nullsFirst: false }));
      return builder.read(builder.close({ ...open, rel }, { kind: 'range', keys, partitions }), 'partition');
    }
    case 'number': {
      const numbered = await withNumber(open, await checkedNumber(step, open.rel, compiler), compiler);
      return byNumber(numbered.open, numbered.column, partitions, compiler);
    }
    case 'shuffle':
      return shuffled(open, partitions, step.seed, compiler);
  }
}

/** The files of a data set that nothing was done with, without moving any row; undefined where rows have to be moved. */
function asScanned(open: Open, way: 'files' | 'rows', partitions: number, { context }: Compiler): Open | undefined {
  const { rel, tasks } = open;
  if (rel.op !== 'scan' || tasks.kind !== 'scan') return undefined;
  const { format } = context.bound.occurrences[rel.occurrence]!.table;
  if (way === 'rows' && format !== 'parquet') return undefined;
  return {
    ...open,
    distribution: { kind: 'split', ordered: true, keys: [] },
    tasks: { ...tasks, division: { way, partitions } },
  };
}

/** Runs of equally many rows, in their order. */
function evenly(open: Open, partitions: number, { builder }: Compiler): Open {
  const read = builder.read(builder.close(open, { kind: 'plain' }), 'share', partitions);
  return { ...read, inputs: read.inputs.map((input) => ({ ...input, even: true })) };
}

function typeToHash(column: ColumnId, compiler: Compiler): string {
  const type = compiler.typeOf(column);
  return hashType(type) ?? type;
}

/**
 * Each row gets a number that is made of what it holds, of how many rows of the same content come before it, and of the seed: where it stands is then
 * a matter of the rows and the seed alone, however they were divided before. Rows in the order of these numbers are cut evenly.
 */
async function shuffled(open: Open, partitions: number, seed: number, compiler: Compiler): Promise<Open> {
  const { builder } = compiler;
  const content = await withText(open, contentText(open.rel, seed, compiler), 'UBIGINT', compiler);
  const met = builder.read(
    builder.close(content.open, { kind: 'hash', keys: [{ column: content.column, type: 'UBIGINT' }], partitions }),
    'partition',
  );
  const placed = await withPlace(met, content.column, seed, compiler);
  const dealt = builder.read(
    builder.close(placed.open, { kind: 'hash', keys: [{ column: placed.column, type: 'UBIGINT' }], partitions }),
    'partition',
  );
  return evenly(ordered(dealt, [placed.column, content.column]), partitions, compiler);
}

/** Rows in the order of columns; nothing is left to settings. */
function ordered(open: Open, columns: readonly ColumnId[]): Open {
  const orders = columns.map((id) => orderByNode(columnRef(id), 'ASCENDING', 'NULLS LAST'));
  return { ...open, rel: { op: 'order', input: open.rel, orders, limit: null, offset: null, percent: false } };
}

function contentText(rel: Rel, seed: number, compiler: Compiler): string {
  const columns = columnsOf(rel);
  // One with seed and types: equal texts of other columns are other rows.
  return `hash(${[seed, ...columns.map((id) => (compiler.typeOf(id) === 'VARIANT' ? `CAST(${id} AS VARCHAR)` : id))].join(', ')})`;
}

/** With the place of each row in the random order. */
async function withPlace(open: Open, content: ColumnId, seed: number, compiler: Compiler): Promise<Numbered> {
  const twin = await withWindow(open, `row_number() OVER (PARTITION BY ${content})`, 'BIGINT', compiler);
  return withText(twin.open, `hash(${seed}, ${content}, ${twin.column})`, 'UBIGINT', compiler);
}

interface Numbered {
  readonly open: Open;
  readonly column: ColumnId;
}

async function nextStep(open: Open, step: Division, depth: number, before: number, compiler: Compiler): Promise<Open> {
  const { partitions } = step;
  const inner = await innerNumber(open, step, depth, compiler);
  const text = `partition_index() * ${partitions} + ${inner.column}`;
  const numbered = await withText(inner.open, text, 'INTEGER', compiler);
  const read = byNumber(numbered.open, numbered.column, before * partitions, compiler);
  return inner.order === undefined ? read : ordered(read, inner.order);
}

/** The number of each row's partition within its task, as an INTEGER. `order`: rows of a partition are to be in the order of these columns. */
async function innerNumber(
  open: Open,
  step: Division,
  depth: number,
  compiler: Compiler,
): Promise<Numbered & { readonly order?: readonly ColumnId[] }> {
  const share = (place: string) => `CAST(((${place} - 1) * ${step.partitions}) // count(*) OVER () AS INTEGER)`;
  const counted = async (from: Open, order: string, rank = 'row_number') => {
    const place = await withWindow(from, `${rank}() OVER (${order})`, 'BIGINT', compiler);
    const all = await withWindow(place.open, 'count(*) OVER ()', 'BIGINT', compiler);
    const text = share(place.column).replace('count(*) OVER ()', all.column);
    return withText(all.open, text, 'INTEGER', compiler);
  };
  switch (step.kind) {
    case 'files':
    case 'rows':
      return counted(open, '');
    case 'hash': {
      const { rel, columns } = await withColumns(open.rel, step.keys, compiler);
      const keys = columns.map((column) => `CAST(${column} AS ${typeToHash(column, compiler)})`);
      // Another hash than that of the step before, which has put equal ones together.
      const text = `CAST((hash(${depth}, ${keys.join(', ')}) >> 32) % CAST(${step.partitions} AS UBIGINT) AS INTEGER)`;
      return withText({ ...open, rel }, text, 'INTEGER', compiler);
    }
    case 'range': {
      const { rel, columns } = await withColumns(open.rel, [step.key], compiler);
      return counted({ ...open, rel }, `ORDER BY ${columns[0]!} ASC NULLS LAST`, 'rank');
    }
    case 'number':
      return withNumber(open, await checkedNumber(step, open.rel, compiler), compiler);
    case 'shuffle': {
      const content = await withText(open, contentText(open.rel, step.seed, compiler), 'UBIGINT', compiler);
      const placed = await withPlace(content.open, content.column, step.seed, compiler);
      const order = [placed.column, content.column];
      const numbered = await counted(placed.open, `ORDER BY ${order.join(', ')}`);
      return { ...numbered, order };
    }
  }
}

function byNumber(open: Open, column: ColumnId, partitions: number, { builder }: Compiler): Open {
  return builder.read(builder.close(open, { kind: 'number', column, partitions }), 'partition');
}

/** The value as an INTEGER; a task that meets one that is no partition fails, as does one that is NULL. */
async function checkedNumber(
  { value, partitions, name }: Extract<Division, { kind: 'number' }>,
  rel: Rel,
  compiler: Compiler,
): Promise<Expression> {
  const { columns } = await withColumns(rel, [value], compiler);
  const id = columnIdOf(value) ?? columns[0]!;
  const shown = name.replaceAll("'", "''");
  const problem = `'partition ' || coalesce(CAST(${id} AS VARCHAR), 'NULL') || ' is out of range 0 to ${partitions - 1} (column ${shown} of hint repartition)'`;
  const [expression] = await parseExpressions(compiler.context.world, [
    `CASE WHEN ${id} >= 0 AND ${id} < ${partitions} THEN CAST(${id} AS INTEGER) ELSE CAST(error(${problem}) AS INTEGER) END`,
  ]);
  return expression!;
}

async function withNumber(open: Open, expression: Expression, compiler: Compiler): Promise<Numbered> {
  const column = compiler.newColumn('INTEGER');
  return { open: withColumn(open, { id: column, expression }), column };
}

async function withText(open: Open, text: string, type: string, compiler: Compiler): Promise<Numbered> {
  const [expression] = await parseExpressions(compiler.context.world, [`CAST(${text} AS ${type})`]);
  const column = compiler.newColumn(type);
  return { open: withColumn(open, { id: column, expression: expression! }), column };
}

function withColumn(open: Open, column: RelColumn): Open {
  const columns = [...passed(columnsOf(open.rel)), column];
  return { ...open, rel: { op: 'project', input: open.rel, columns, many: false } };
}

async function withWindow(open: Open, text: string, type: string, compiler: Compiler): Promise<Numbered> {
  const [call] = await parseExpressions(compiler.context.world, [text]);
  if (call?.class !== 'WINDOW') throw new Error(`${text} is no window`);
  const column = compiler.newColumn(type);
  return { open: { ...open, rel: { op: 'window', input: open.rel, windows: [{ id: column, call }] } }, column };
}
