/** From drafts to the stages of a plan: columns that nothing reads are left out, SQL is printed and bound, tasks are made. */
import { type PrintedColumn, printRel } from '../algebra/print-rel.ts';
import type { ColumnId, Rel, RelSubquery } from '../algebra/rel.ts';
import { inputsOf } from '../algebra/walk-rel.ts';
import type { OutputColumn, Scan, Stage, StageExchange, Task } from '../plan/plan.ts';
import type { SelectNode } from '../sql/ast.ts';
import { walk } from '../sql/walk.ts';
import { describeFragment, printFragment, relationNames, wholeScan } from '../strategies/fragment.ts';
import { makeTasks, partition, partitionAs, taskText } from '../strategies/tasks.ts';
import type { ShadowRelation } from '../world.ts';
import type { Closed, Draft } from './builder.ts';
import type { QueryCompiler } from './compiler.ts';
import { StagesDeclined } from './declined.ts';
import { emptyWithout } from './empty-inputs.ts';
import { exchangeable } from './exchangeable.ts';
import type { Open } from './open.ts';
import { rangedScans } from './ranged-tasks.ts';
import { SameStages } from './same-stages.ts';
import { sortTaskBytes } from './sorted-ranges.ts';
import { orderlessInputs, splittableInputs } from './splittable-inputs.ts';

export interface Finished {
  readonly stages: readonly Stage[];
  /** The stage of what was closed. */
  readonly stageOf: (closed: Closed) => Stage;
}

/** A draft with its text in the making. */
interface Printed {
  readonly number: number;
  readonly draft: Draft;
  readonly columns: readonly ColumnId[];
  readonly node: SelectNode;
}

/** Stages that `roots` need, in an order in which each one comes after those that it reads. Raises UnboundFragment. */
export async function finishStages(compiler: QueryCompiler, roots: readonly Closed[]): Promise<Finished> {
  const printed = distinctDrafts(compiler, printDrafts(compiler, roots));
  const ids = new Map(printed.map(({ number }, id) => [number, id]));
  const texts = await printAll(compiler, printed);
  const stages: Stage[] = [];
  for (const [index, one] of printed.entries())
    stages.push(await finishStage(compiler, one, texts[index]!, ids, stages));
  return { stages, stageOf: ({ draft }) => stages[ids.get(draft)!]! };
}

/**
 * The texts of all stages, bound side by side with the types that their inputs should have: finishStage asks again, one after another,
 * with what they have, and where that is the same (always, but for a type that is spelled in two ways) the world knows the answer.
 */
async function printAll(compiler: QueryCompiler, printed: readonly Printed[]): Promise<readonly string[]> {
  const { context } = compiler;
  const columns = new Map(printed.map((one) => [one.number, one.columns]));
  const texts = await Promise.all(printed.map(({ node }) => printFragment(context, node)));
  const shadows = printed.map(({ draft, node }) => {
    const relations = relationNames(node);
    const inputs = draft.open.inputs.filter(({ relation }) => relations.has(relation));
    return inputs.map(({ relation, stages: [first] }): ShadowRelation => {
      const ids = columns.get(first!) ?? [];
      return { name: relation, columns: ids.map((id) => ({ name: id, type: compiler.typeOf(id) })) };
    });
  });
  // Those that do not bind are told by finishStage.
  await Promise.allSettled(texts.map((sql, index) => describeFragment(context, sql, [], shadows[index]!)));
  return texts;
}

/** From the last to the first, so that each one is asked only for columns that are read. */
function printDrafts(compiler: QueryCompiler, roots: readonly Closed[]): readonly Printed[] {
  const { drafts } = compiler.builder;
  const wanted = new Map<number, Set<ColumnId>>(roots.map(({ draft }) => [draft, new Set()]));
  const printed: Printed[] = [];
  for (let draft = drafts.length - 1; draft >= 0; draft--) {
    const needed = wanted.get(draft);
    if (needed === undefined) continue;
    const { open, columns: all, exchange } = drafts[draft]!;
    if (exchange.kind === 'hash' || exchange.kind === 'range')
      for (const { column } of exchange.keys) needed.add(column);
    if (exchange.kind === 'number') needed.add(exchange.column);
    const kept = exchange.kind === 'result' ? all : all.filter((id) => needed.has(id));
    // Rows need a column to travel.
    const columns = kept.length > 0 ? kept : all.slice(0, 1);
    const node = print(compiler, drafts[draft]!, columns);
    printed.push({ number: draft, draft: drafts[draft]!, columns, node });
    const [relations, names] = [relationNames(node), namedColumns(node)];
    for (const { relation, stages } of open.inputs) {
      if (!relations.has(relation)) continue;
      for (const stage of stages) {
        const asked = wanted.get(stage) ?? new Set();
        for (const id of drafts[stage]!.columns) if (names.has(id)) asked.add(id);
        wanted.set(stage, asked);
      }
    }
  }
  return printed.reverse();
}

/** Without those that are the same as an earlier one, which is read in their place. */
function distinctDrafts(compiler: QueryCompiler, all: readonly Printed[]): readonly Printed[] {
  const same = new SameStages(compiler.context, compiler.builder);
  return all.flatMap((one): readonly Printed[] => {
    const replaced = same.replaced(one.draft, compiler.queries);
    const draft = replaced?.draft ?? one.draft;
    const node = replaced === undefined ? one.node : print(compiler, draft, one.columns, replaced.queries);
    return same.isSame(one.number, draft, one.columns, node) ? [] : [{ ...one, draft, node }];
  });
}

function print(
  compiler: QueryCompiler,
  { open }: Draft,
  columns: readonly ColumnId[],
  queries: readonly RelSubquery[] = compiler.queries,
): SelectNode {
  const { occurrences } = compiler.context.bound;
  const list = columns.map((id): PrintedColumn => ({ id }));
  const query = { queries, shared: [] };
  return printRel(open.rel, query, list, (occurrence) => occurrences[occurrence]!.scanName);
}

/** The last part of every column reference. */
function namedColumns(node: SelectNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(node, {
    expression: (part) => {
      if (part.class === 'COLUMN_REF') names.add(part.column_names.at(-1)!);
      return undefined;
    },
  });
  return names;
}

async function finishStage(
  compiler: QueryCompiler,
  { number, draft, node }: Printed,
  sql: string,
  ids: ReadonlyMap<number, number>,
  stages: readonly Stage[],
): Promise<Stage> {
  const { open, exchange } = draft;
  const relations = relationNames(node);
  const empty = emptyWithout(open.rel);
  const splittable = splittableInputs(open.rel, node);
  const orderless = orderlessInputs(open.rel, node);
  const inputs = open.inputs
    .filter(({ relation }) => relations.has(relation))
    .map((input) => ({
      ...input,
      stages: input.stages.map((stage) => ids.get(stage)!),
      required: empty.has(input.relation),
      ...(input.mode === 'partition' && splittable.has(input.relation) ? ({ splittable: true } as const) : {}),
      ...(orderless.has(input.relation) ? ({ orderless: true } as const) : {}),
    }));
  const shadows = inputs.map(({ relation, stages: read }) => inputShadow(relation, stages[read[0]!]!));
  const columns = await describeFragment(compiler.context, sql, [], shadows);
  const { tasks, text } = await tasksOf(compiler, draft, relations);
  const base = {
    id: ids.get(number)!,
    sql,
    columns,
    tasks,
    // Inputs from other stages may come in another order the next time.
    replayable: inputs.length === 0 && isRowwise(open),
    why: [...new Set([...open.why, work(open.rel), text])].filter((part) => part !== '').join('; '),
    ...(inputs.length > 0 ? { inputs } : {}),
  };
  if (exchange.kind === 'result') return exchange.sorted ? { ...base, sorted: true } : base;
  const fixed = columns.find(({ type }) => !exchangeable(type));
  if (fixed !== undefined) throw new StagesDeclined(`values of type ${fixed.type} can't travel between stages`);
  const expected = compiler.parts.expected(open);
  return {
    ...base,
    exchange: exchangeOf(exchange, columns, open.bytes),
    ...(expected === undefined ? {} : { expected }),
  };
}

function inputShadow(name: string, { columns }: Stage): ShadowRelation {
  return { name, columns };
}

function isRowwise({ rel }: Open): boolean {
  let inner = rel;
  while (inner.op === 'filter' || inner.op === 'project') inner = inner.input;
  return inner.op === 'scan';
}

function exchangeOf(exchange: Draft['exchange'], columns: readonly OutputColumn[], bytes: number): StageExchange {
  if (exchange.kind === 'number')
    return { hashBy: [], numberBy: exchange.column, partitions: exchange.partitions, bytes: Math.round(bytes) };
  if (exchange.kind === 'range')
    return { hashBy: [], rangeBy: exchange.keys, partitions: exchange.partitions, bytes: Math.round(bytes) };
  if (exchange.kind !== 'hash') return { hashBy: [], partitions: 1, bytes: Math.round(bytes) };
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const hashBy = exchange.keys.map(({ column, type }) =>
    types.get(column) === type ? column : `CAST(${column} AS ${type})`,
  );
  return { hashBy, partitions: exchange.partitions, bytes: Math.round(bytes) };
}

async function tasksOf(
  compiler: QueryCompiler,
  { open, exchange }: Draft,
  relations: ReadonlySet<string>,
): Promise<{ readonly tasks: readonly Task[]; readonly text: string }> {
  const { context } = compiler;
  const whole = open.wholeScans.filter((id) => relations.has(context.bound.occurrences[id]!.scanName));
  const { tasks: source } = open;
  if (source.kind === 'scan') {
    const occurrence = context.bound.occurrences[source.occurrence]!;
    // A task that sorts rows as they are may have fewer of them than others.
    const taskBytes = exchange.kind === 'range' && isRowwise(open) ? sortTaskBytes(context.settings) : undefined;
    const partitioning =
      source.division === undefined
        ? await partition(context, occurrence, [], taskBytes)
        : await partitionAs(context, occurrence, source.division);
    const text = `${occurrence.table.name} in ${taskText(partitioning)}`;
    const ranged = open.rangedScans.filter(({ occurrence: id }) =>
      relations.has(context.bound.occurrences[id]!.scanName),
    );
    const tasks = makeTasks(context, occurrence, partitioning, whole);
    if (ranged.length === 0) return { tasks, text };
    const added = await rangedScans(open.rangedScans, source.occurrence, partitioning, compiler);
    return {
      tasks: tasks.map((task, i) => ({
        ...task,
        scans: [...task.scans, ...ranged.map(({ occurrence: id }) => added[i]!.get(id)!)],
      })),
      text,
    };
  }
  const count = source.kind === 'partitions' ? source.partitions : source.kind === 'shares' ? source.tasks : 1;
  const scans = whole.map((id) => wholeScan(context, id));
  const laid = (open.bucketScans ?? []).filter((id) => relations.has(context.bound.occurrences[id]!.scanName));
  const tasks = Array.from({ length: count }, (_, index) => ({
    partition: index,
    scans: [...laid.map((id) => bucketScan(context, id, index)), ...scans],
  }));
  return { tasks, text: '' };
}

/** The files of one bucket. */
function bucketScan(context: QueryCompiler['context'], id: number, bucket: number): Scan {
  const scan = wholeScan(context, id);
  return { ...scan, files: scan.files.filter((file) => file.bucket === bucket) };
}

const works: Readonly<Partial<Record<Rel['op'], string>>> = {
  join: 'joins',
  lateral: 'joins',
  aggregate: 'groups',
  window: 'windows',
  distinct: 'distinct rows',
  set: 'puts together',
};

/** What is done, in a few words. */
function work(rel: Rel): string {
  const found = new Set<string>();
  const visit = (part: Rel): void => {
    for (const input of inputsOf(part)) visit(input);
    const word = works[part.op];
    if (word !== undefined) found.add(word);
  };
  visit(rel);
  return [...found].join(', ');
}
