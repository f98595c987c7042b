/** The top of a query: which stages give rows to the coordinator, and what it does with them. */
import { printRel } from '../algebra/print-rel.ts';
import type { ColumnId, Rel, RelInput, RelOrder } from '../algebra/rel.ts';
import { columnsOf, referencedBy, someRel } from '../algebra/walk-rel.ts';
import type { ResultStep, Stage } from '../plan/plan.ts';
import { stageRelation } from '../plan/plan.ts';
import type { QueryNode, SelectNode } from '../sql/ast.ts';
import { baseTable, integerConstant, limit, select, star, subquery } from '../sql/build.ts';
import { rewrite, walk } from '../sql/walk.ts';
import { printWithTypes } from '../strategies/fragment.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import type { CompileFinal, Compiler, Finale } from './compile.ts';
import { constantCut, firstRows, requireOrder, withOrderColumns } from './compile-order.ts';
import { StagesDeclined } from './declined.ts';
import { only } from './group-keys.ts';
import type { Open } from './open.ts';
import { compileParts } from './parts.ts';
import { sortedInRanges } from './sorted-ranges.ts';

/** The coordinator itself merges what is left when it is no more than this. */
const maxMergeBytes = 32 * 1024 * 1024;
/** An answer of no more rows than this is little. */
const fewAnswerRows = 100_000;

export const compileFinal: CompileFinal = async (compiler) => {
  const { query, context } = compiler;
  if (context.columns.length !== query.output.length) throw new StagesDeclined('the answer has other columns');
  if (context.columns.some(({ name }) => /^__(c|in)\d+$/i.test(name)))
    throw new StagesDeclined('an output column has a name that stages use');
  if (query.root.op !== 'order') return unordered(query.root, compiler);
  const order = await withOrderColumns(query.root, compiler);
  const cut = constantCut(order);
  if (cut === undefined) return unordered(query.root, compiler);
  const parts = await compileParts(order.input, compiler);
  if (cut.limit !== null || cut.offset > 0) for (const part of parts) requireOrder(part, order, compiler);
  const [single] = parts;
  if (parts.length === 1 && mergesHere(single, compiler))
    return here({ ...single, rel: { ...order, input: single.rel } }, compiler);
  const needed = neededColumns(order, compiler);
  if (cut.limit === null) {
    const sorted = await sortedInRanges(parts, order, compiler.query.output, compiler);
    if (sorted !== undefined) return handedOn(sorted, cut, compiler, true);
  }
  const first = parts.map((part) => only(firstRows(part, order), needed));
  if (order.orders.length === 0 && first.length === 1) return handedOn(first[0]!, cut, compiler);
  return collected(first, (input) => ({ ...order, input }), compiler);
};

/** Without ORDER BY, or with one that a stage of one task has carried out. */
async function unordered(rel: Rel, compiler: Compiler): Promise<Finale> {
  const parts = await compileParts(rel, compiler);
  const [single] = parts;
  if (parts.length > 1) {
    const outputs = parts.map((part) => only(part, compiler.query.output));
    return collected(outputs, (input) => input, compiler);
  }
  if (mergesHere(single, compiler)) return here(single, compiler);
  return handedOn(only(single, compiler.query.output), { limit: null, offset: 0 }, compiler);
}

/** Columns of the input that the answer and its order need. */
function neededColumns(order: RelOrder, compiler: Compiler): readonly ColumnId[] {
  const named = referencedBy(order, compiler.query.queries);
  const { output } = compiler.query;
  return [...output, ...columnsOf(order.input).filter((id) => named.has(id) && !output.includes(id))];
}

/** Is what is left to do little, and over stages that nothing else reads? Then the coordinator does it. */
function mergesHere(open: Open, { builder }: Compiler): boolean {
  const { distribution, tasks, inputs, wholeScans } = open;
  const alone = distribution.kind === 'one' && tasks.kind === 'one' && inputs.length > 0 && wholeScans.length === 0;
  if (!alone || someRel(open.rel, ({ op }) => op === 'scan')) return false;
  const read = inputs.flatMap(({ stages }) => stages);
  const shared = builder.drafts.some((draft) =>
    draft.open.inputs.some(({ stages }) => stages.some((stage) => read.includes(stage))),
  );
  const bytes = read.reduce((sum, stage) => sum + builder.drafts[stage]!.open.bytes, 0);
  const plain = read.every((stage) => builder.drafts[stage]!.exchange.kind === 'plain');
  return plain && !shared && inputs.every(({ mode }) => mode === 'all') && bytes <= maxMergeBytes;
}

/** The coordinator runs the fragment itself: the stages that it reads give their rows to the result step instead of to each other. */
function here(open: Open, compiler: Compiler): Finale {
  const { builder } = compiler;
  const node = printAnswer(open.rel, compiler);
  const names = namedColumns(node);
  const read = [...new Set(open.inputs.flatMap(({ stages }) => stages))];
  const closed = read.map((draft) => {
    const { open: made, columns } = builder.drafts[draft]!;
    const needed = columns.filter((id) => names.has(id));
    return builder.close(made, { kind: 'result' }, needed.length > 0 ? needed : columns.slice(0, 1));
  });
  return {
    closed,
    result: (stages) => {
      const stageOf = new Map(read.map((draft, i) => [draft, stages[i]!]));
      const sources = open.inputs.map(
        ({ relation, stages: drafts }): Source => [relation, drafts.map((draft) => stageOf.get(draft)!)],
      );
      return sqlStep(compiler.context, node, stages, sources);
    },
    reduces: read.reduce((sum, draft) => sum + builder.drafts[draft]!.open.rows, 0) <= fewAnswerRows,
  };
}

const answerRelation = '__in';

/** Rows of one or more fragments with the same columns come to the coordinator, which runs `tree` over them. */
function collected(opens: readonly Open[], tree: (input: RelInput) => Rel, compiler: Compiler): Finale {
  const columns = columnsOf(opens[0]!.rel);
  const closed = opens.map((open) => compiler.builder.close(open, { kind: 'result' }, columns));
  const node = printAnswer(tree({ op: 'input', relation: answerRelation, columns }), compiler);
  return {
    closed,
    result: (stages) => sqlStep(compiler.context, node, stages, [[answerRelation, stages]]),
    reduces: opens.reduce((sum, { rows }) => sum + rows, 0) <= fewAnswerRows,
  };
}

/** The rows of one stage are the answer, its tasks one after another. */
function handedOn(
  open: Open,
  cut: { readonly limit: number | null; readonly offset: number },
  compiler: Compiler,
  sorted = false,
): Finale {
  const { context, query, builder } = compiler;
  const output = only(open, query.output);
  return {
    closed: [builder.close(output, { kind: 'result', ...(sorted ? { sorted } : {}) }, query.output)],
    result: async ([stage]) => {
      const { id, columns } = stage!;
      const same = columns.every(({ type }, i) => type === context.columns[i]!.type);
      if (same) return { kind: 'concat', stage: id, ...cut };
      const tree: RelInput = { op: 'input', relation: answerRelation, columns: query.output };
      const node = withCut(printAnswer(tree, compiler), cut);
      return sqlStep(context, node, [stage!], [[answerRelation, [stage!]]]);
    },
    reduces: open.rows <= fewAnswerRows,
  };
}

function withCut(node: SelectNode, { limit: most, offset }: { limit: number | null; offset: number }): SelectNode {
  if (most === null && offset === 0) return node;
  return { ...node, modifiers: [limit(most === null ? null : integerConstant(most), integerConstant(offset))] };
}

/** The SELECT that gives the answer, its columns under their names. */
function printAnswer(rel: Rel, { context, query, queries }: Compiler): SelectNode {
  const columns = query.output.map((id, i) => ({ id, name: context.columns[i]!.name }));
  return printRel(rel, { queries, shared: [] }, columns, () => {
    throw new StagesDeclined('the coordinator would read a data set');
  });
}

/** A relation of the text and the stages whose rows it has. */
type Source = readonly [relation: string, stages: readonly Stage[]];

async function sqlStep(
  context: PlanContext,
  node: SelectNode,
  stages: readonly Stage[],
  sources: readonly Source[],
): Promise<ResultStep> {
  const named = sources.reduce(overStages, node);
  const sql = await printWithTypes(context, named, stages);
  return { kind: 'sql', sql, scans: [], stages: stages.map(({ id }) => id), where: 'own' };
}

/** The text with the relation of one stage under the stage's name, that of several as their UNION ALL. */
function overStages(node: SelectNode, [relation, stages]: Source): SelectNode {
  const [first] = stages;
  const name = stages.length === 1 ? stageRelation(first!.id) : relation;
  return rewrite<SelectNode>(node, {
    tableRef: (ref) => {
      if (ref.type !== 'BASE_TABLE' || ref.table_name !== relation) return undefined;
      if (stages.length === 1) return { ...ref, table_name: name };
      return subquery(unionOf(stages), ref.alias === '' ? name : ref.alias);
    },
    expression: (expression) =>
      expression.class === 'COLUMN_REF' &&
      expression.column_names.length === 2 &&
      expression.column_names[0] === relation
        ? { ...expression, column_names: [name, expression.column_names[1]!] }
        : undefined,
  });
}

function unionOf(stages: readonly Stage[]): QueryNode {
  const all = stages.map(({ id }): QueryNode => select([star()], baseTable(stageRelation(id))));
  return all.reduce((left, right) => ({
    type: 'SET_OPERATION_NODE',
    setop_type: 'UNION',
    setop_all: true,
    modifiers: [],
    cte_map: { map: [] },
    left,
    right,
  }));
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
