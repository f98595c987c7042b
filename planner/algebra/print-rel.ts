/**
 * From operators back to DuckDB's AST. Neighbouring operators share one SELECT where that means the same, so that texts stay readable and
 * are bound fast. Every relation gets a name of its own and every reference is qualified, so nothing can be captured.
 */
import type { Expression, QueryNode, SelectNode, SetOperationNode } from '../sql/ast.ts';
import { booleanConstant, columnRef, subquery, withAlias } from '../sql/build.ts';
import { rewrite } from '../sql/walk.ts';
import {
  alsoNeeded,
  atMost,
  canMerge,
  type Draft,
  derived,
  derivedName,
  draftOf,
  finish,
  freshName,
  isDelicate,
  isTrivial,
  namesAny,
  nest,
  type PrintedColumn,
  type Printing,
  place,
  resolve,
  tableDraft,
} from './print-draft.ts';
import { buildAggregate, buildWindow } from './print-group.ts';
import { buildJoin, buildLateral } from './print-join.ts';
import {
  type ColumnId,
  partialRelation,
  type Rel,
  type RelDistinct,
  type RelFilter,
  type RelOp,
  type RelOrder,
  type RelPartial,
  type RelProject,
  type RelQuery,
  type RelRows,
  type RelSet,
  type SetKind,
} from './rel.ts';
import { columnIdOf, columnSetOf, columnsOf, referencedBy } from './walk-rel.ts';

export type { PrintedColumn } from './print-draft.ts';

/** The relation that holds a shared tree in a whole query's text. */
export function sharedRelation(shared: number): string {
  return `__shared${shared}`;
}

/**
 * The SELECT that gives the columns of `rel`, in this order, under their ids or the given names. Sub-queries stand in place of their
 * placeholders; shared trees are tables `sharedRelation(n)`. Ids that the tree does not make stay unqualified names.
 */
export function printRel(
  rel: Rel,
  query: Pick<RelQuery, 'queries' | 'shared'>,
  columns: readonly PrintedColumn[],
  scanName: (occurrence: number) => string,
): SelectNode {
  return print(rel, columns, { query, scanName, subqueries: new Map(), used: new Map(), build });
}

/** A whole query; shared trees become common table expressions. `names` are those of the answer's columns. */
export function printQuery(
  query: Omit<RelQuery, 'types'>,
  scanName: (occurrence: number) => string,
  names: readonly string[] = query.output,
): SelectNode {
  const printing: Printing = { query, scanName, subqueries: new Map(), used: new Map(), build };
  const map = query.shared.map((rel, shared) => ({
    key: sharedRelation(shared),
    value: {
      aliases: [],
      query: {
        node: print(
          rel,
          columnsOf(rel).map((id) => ({ id })),
          printing,
        ),
        named_param_map: [],
      },
      materialized: 'CTE_MATERIALIZE_ALWAYS',
      key_targets: [],
    },
  }));
  const columns = query.output.map((id, i) => ({ id, name: names[i] ?? id }));
  return { ...print(query.root, columns, printing), cte_map: { map } };
}

function print(rel: Rel, columns: readonly PrintedColumn[], printing: Printing): SelectNode {
  return finish(build(rel, new Set(columns.map(({ id }) => id)), printing), columns, printing);
}

type Build<T extends Rel = Rel> = (rel: T, needed: ReadonlySet<ColumnId>, printing: Printing) => Draft;

const builders: { readonly [Op in RelOp]: Build<Extract<Rel, { readonly op: Op }>> } = {
  scan: (rel, _, printing) => tableDraft(printing, printing.scanName(rel.occurrence), rel.columns),
  input: (rel, _, printing) =>
    tableDraft(
      printing,
      rel.relation,
      rel.columns.map((id) => ({ id, name: id })),
    ),
  shared: (rel, _, printing) =>
    tableDraft(
      printing,
      sharedRelation(rel.shared),
      rel.columns.map(({ id, from }) => ({ id, name: from })),
    ),
  rows: buildRows,
  filter: buildFilter,
  project: buildProject,
  join: buildJoin,
  lateral: buildLateral,
  aggregate: buildAggregate,
  window: buildWindow,
  distinct: buildDistinct,
  set: buildSet,
  order: buildOrder,
  // How rows are divided is a matter of stages.
  repartition: (rel, needed, printing) => build(rel.input, needed, printing),
  partial: buildPartial,
};

function build(rel: Rel, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  return (builders[rel.op] as Build)(rel, needed, printing);
}

function buildRows({ node, columns }: RelRows, _: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const placed = placeAnywhere(node, printing);
  const { select_list: list, from_table: from } = placed;
  const plain = isPlain(placed);
  if (plain && from.type === 'EMPTY' && list.every(isLiteral)) {
    return draftOf(from, new Map(columns.map((id, i) => [id, withAlias(list[i]!, '')])));
  }
  const isStar = list.length === 1 && list[0]!.class === 'STAR';
  if (plain && isStar && (from.type === 'TABLE_FUNCTION' || from.type === 'SUBQUERY')) {
    const name = freshName(printing, from.alias === '' ? derivedName(printing) : from.alias);
    return draftOf({ ...from, alias: name }, new Map(columns.map((id) => [id, columnRef(name, id)])));
  }
  return derived(placed, columns, printing);
}

function placeAnywhere(node: SelectNode, printing: Printing): SelectNode {
  // `place` works on whatever it is given; the placeholder can only stand in expressions.
  return place(node as unknown as Expression, printing) as unknown as SelectNode;
}

function isPlain(node: SelectNode): boolean {
  const { modifiers, where_clause, group_sets, having, qualify, sample } = node;
  const clauses = [where_clause, having, qualify, sample];
  return modifiers.length === 0 && group_sets.length === 0 && clauses.every((clause) => clause === null);
}

function isLiteral(expression: Expression): boolean {
  return expression.class === 'CONSTANT' || (expression.class === 'CAST' && isLiteral(expression.child));
}

function buildFilter({ input, conditions }: RelFilter, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const reads = alsoNeeded(needed, conditions, printing);
  const below = build(input, reads, printing);
  const mergeable = atMost(below, 'window') && canMerge(below, conditions, printing);
  const qualifies = below.rank !== 'window' || conditions.some((part) => namesAny(part, below.windowed, printing));
  const draft = mergeable && qualifies ? below : nest(below, reads, printing);
  const resolved = conditions.map((condition) => resolve(condition, draft, printing));
  if (draft.rank === 'window') return { ...draft, qualify: [...draft.qualify, ...resolved] };
  if (draft.rank === 'group') return { ...draft, having: [...draft.having, ...resolved] };
  return { ...draft, where: [...draft.where, ...resolved] };
}

function buildProject(rel: RelProject, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const columns = rel.many ? rel.columns : rel.columns.filter(({ id }) => needed.has(id));
  const expressions = columns.map(({ expression }) => expression);
  const reads = alsoNeeded([], expressions, printing);
  const below = build(rel.input, reads, printing);
  const draft = projectable(below, rel, expressions, printing) ? below : nest(below, reads, printing);
  const values = new Map(columns.map(({ id, expression }) => [id, resolve(expression, draft, printing)]));
  const naming = (ids: ReadonlySet<ColumnId>) =>
    new Set(columns.filter(({ expression }) => namesAny(expression, ids, printing)).map(({ id }) => id));
  const projected = { ...draft, values, aggregated: naming(draft.aggregated), windowed: naming(draft.windowed) };
  return rel.many ? { ...projected, rank: 'list', list: columns.map(({ id }) => id) } : projected;
}

function projectable(below: Draft, rel: RelProject, expressions: readonly Expression[], printing: Printing): boolean {
  if (below.list !== null || !canMerge(below, expressions, printing, true)) return false;
  if (rel.many) return below.rank === 'rows';
  // Above a LIMIT only what costs nothing: the list is computed before the cut.
  if (below.rank === 'limit') return expressions.every(isTrivial);
  return below.rank !== 'order' || !expressions.some((expression) => isDelicate(expression));
}

function buildDistinct(rel: RelDistinct, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const ids = columnsOf(rel.input);
  if (rel.on !== null) return buildDistinctOn(rel, rel.on, needed, printing);
  const below = build(rel.input, new Set(ids), printing);
  const draft = atMost(below, 'window') ? below : nest(below, new Set(ids), printing);
  return {
    ...draft,
    rank: 'distinct',
    list: ids,
    distinct: { type: 'DISTINCT_MODIFIER', distinct_on_targets: [] },
  };
}

function buildDistinctOn(
  rel: RelDistinct,
  on: readonly Expression[],
  needed: ReadonlySet<ColumnId>,
  printing: Printing,
): Draft {
  const expressions = [...on, ...rel.orders.map(({ expression }) => expression)];
  const reads = alsoNeeded(needed, expressions, printing);
  const below = build(rel.input, reads, printing);
  const mergeable = atMost(below, 'rows') && canMerge(below, expressions, printing);
  const draft = mergeable ? below : nest(below, reads, printing);
  // A constant would be a place in the list.
  const targets = on
    .map((expression) => resolve(expression, draft, printing))
    .map((target) => (target.class === 'CONSTANT' ? booleanConstant(true) : target));
  return {
    ...draft,
    rank: 'limit',
    distinct: { type: 'DISTINCT_MODIFIER', distinct_on_targets: targets },
    orders: rel.orders.map((order) => ({ ...order, expression: resolve(order.expression, draft, printing) })),
  };
}

const setTypes: Readonly<Record<SetKind, Pick<SetOperationNode, 'setop_type' | 'setop_all'>>> = {
  union_all: { setop_type: 'UNION', setop_all: true },
  union: { setop_type: 'UNION', setop_all: false },
  intersect: { setop_type: 'INTERSECT', setop_all: false },
  intersect_all: { setop_type: 'INTERSECT', setop_all: true },
  except: { setop_type: 'EXCEPT', setop_all: false },
  except_all: { setop_type: 'EXCEPT', setop_all: true },
};

function buildSet(
  { kind, inputs, inputColumns, columns }: RelSet,
  _: ReadonlySet<ColumnId>,
  printing: Printing,
): Draft {
  const nodes = inputs.map(
    (input, i): QueryNode =>
      print(
        input,
        inputColumns[i]!.map((id) => ({ id })),
        printing,
      ),
  );
  const node = nodes.reduce((left, right) => ({
    type: 'SET_OPERATION_NODE',
    modifiers: [],
    cte_map: { map: [] },
    ...setTypes[kind],
    left,
    right,
  }));
  return derived(node, columns, printing, columns);
}

/** The text with its inputs in place of their tables. */
function buildPartial(
  { inputs, fields, node, columns }: RelPartial,
  _: ReadonlySet<ColumnId>,
  printing: Printing,
): Draft {
  const tables = new Map(
    inputs.map((input, i) => {
      const below = build(input, columnSetOf(input), printing);
      const named = fields[i]!.map(({ expression }, n) => ({ id: `__f${n}`, expression }));
      const draft = { ...nest(below, columnSetOf(input), printing) };
      const values = new Map(named.map(({ id, expression }) => [id, resolve(expression, draft, printing)]));
      const list = named.map(({ id }, n) => ({ id, name: fields[i]![n]!.name }));
      return [partialRelation(i), finish({ ...draft, values }, list, printing)];
    }),
  );
  const text = rewrite(node, {
    tableRef: (ref) => {
      const table = ref.type === 'BASE_TABLE' ? tables.get(ref.table_name) : undefined;
      return table === undefined ? undefined : subquery(table, ref.alias);
    },
  });
  const ids = columns.map(({ id }) => id);
  return derived(text, ids, printing, ids);
}

function buildOrder(rel: RelOrder, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const expressions = rel.orders.map(({ expression }) => expression);
  const reads = new Set([...needed, ...referencedBy(rel, printing.query.queries)]);
  const below = build(rel.input, reads, printing);
  const draft = orderable(below, expressions, printing) ? below : nest(below, reads, printing);
  const orders = rel.orders.map((order) => ({ ...order, expression: resolve(order.expression, draft, printing) }));
  const [limit, offset] = [rel.limit, rel.offset].map((part) => (part === null ? null : place(part, printing)));
  const cuts = rel.limit !== null || rel.offset !== null;
  return {
    ...draft,
    rank: cuts ? 'limit' : 'order',
    orders: orders.length > 0 ? orders : draft.orders,
    limit: cuts ? { limit: limit!, offset: offset!, percent: rel.percent } : null,
  };
}

function orderable(below: Draft, expressions: readonly Expression[], printing: Printing): boolean {
  if (expressions.length === 0) return below.rank !== 'limit';
  if (!atMost(below, 'distinct') || !canMerge(below, expressions, printing)) return false;
  if (below.rank !== 'distinct' && below.rank !== 'list') return true;
  return expressions.every((expression) => {
    const id = columnIdOf(expression);
    return id !== undefined && below.list?.includes(id) === true;
  });
}
