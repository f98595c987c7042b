/**
 * A SELECT that is being put together from operators, from FROM upwards. An operator joins it when SQL's own order of clauses
 * (FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, list, DISTINCT, ORDER BY, LIMIT) gives what the operator means; else the SELECT is
 * closed and becomes a derived table of the next one.
 */
import type {
  DistinctModifier,
  Expression,
  Modifier,
  OrderByNode,
  QueryNode,
  SelectNode,
  TableRef,
} from '../sql/ast.ts';
import {
  baseTable,
  columnRef,
  conjunction,
  functionCall,
  integerConstant,
  limit as limitModifier,
  orderBy,
  select,
  statement,
  subquery,
  withAlias,
} from '../sql/build.ts';
import { volatileFunctions } from '../sql/function-names.ts';
import { mapAst, someExpression, walk, weightOf } from '../sql/walk.ts';
import { type ColumnId, queryNumber, type Rel, type RelQuery } from './rel.ts';
import { queriesIn, referencedColumns, substitute } from './walk-rel.ts';

/** What a SELECT has already: nothing of a lower rank may be added. */
export const ranks = ['rows', 'group', 'window', 'list', 'distinct', 'order', 'limit'] as const;
export type Rank = (typeof ranks)[number];

export interface Draft {
  readonly rank: Rank;
  readonly from: TableRef;
  /** What each visible column is, in terms of FROM. */
  readonly values: ReadonlyMap<ColumnId, Expression>;
  readonly where: readonly Expression[];
  readonly group: Group | null;
  readonly having: readonly Expression[];
  /** Columns whose value holds a call of an aggregate (of this SELECT), or of a window function. */
  readonly aggregated: ReadonlySet<ColumnId>;
  readonly windowed: ReadonlySet<ColumnId>;
  readonly qualify: readonly Expression[];
  /** The list that must be printed exactly so; null: any columns. */
  readonly list: readonly ColumnId[] | null;
  readonly distinct: DistinctModifier | null;
  readonly orders: readonly OrderByNode[];
  readonly limit: {
    readonly limit: Expression | null;
    readonly offset: Expression | null;
    readonly percent: boolean;
  } | null;
}

export interface Group {
  readonly expressions: readonly Expression[];
  readonly sets: readonly (readonly number[])[];
}

/** The columns of an answer; `name` where it is not the id. */
export interface PrintedColumn {
  readonly id: ColumnId;
  readonly name?: string;
}

/** One printing: what it reads, and the relation names that it has used. */
export interface Printing {
  readonly query: Pick<RelQuery, 'queries' | 'shared'>;
  readonly scanName: (occurrence: number) => string;
  /** Printed sub-queries by number. */
  readonly subqueries: Map<number, SelectNode>;
  readonly used: Map<string, number>;
  /** The draft of a tree of which the columns in `needed` will be read. */
  readonly build: (rel: Rel, needed: ReadonlySet<ColumnId>, printing: Printing) => Draft;
}

/** Parts of an expression that one more use of it would repeat, at most. */
const maxRepeated = 200;

export function draftOf(from: TableRef, values: ReadonlyMap<ColumnId, Expression>): Draft {
  return {
    rank: 'rows',
    from,
    values,
    where: [],
    group: null,
    having: [],
    aggregated: new Set(),
    windowed: new Set(),
    qualify: [],
    list: null,
    distinct: null,
    orders: [],
    limit: null,
  };
}

export function atMost(draft: Draft, rank: Rank): boolean {
  return ranks.indexOf(draft.rank) <= ranks.indexOf(rank);
}

/** A relation name that this printing has not used: `name`, `name_2`, ... */
export function freshName(printing: Printing, name: string): string {
  const count = (printing.used.get(name) ?? 0) + 1;
  printing.used.set(name, count);
  return count === 1 ? name : `${name}_${count}`;
}

/** A table by its own name where that is free. */
export function tableDraft(
  printing: Printing,
  table: string,
  columns: readonly { readonly id: ColumnId; readonly name: string }[],
): Draft {
  const name = freshName(printing, table);
  const values = new Map(columns.map((column) => [column.id, columnRef(name, column.name)]));
  return draftOf(baseTable(table, name === table ? '' : name), values);
}

/** The draft as a derived table that gives the needed columns. */
export function nest(draft: Draft, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const ids = draft.list ?? [...draft.values.keys()].filter((id) => needed.has(id));
  return derived(
    finish(
      draft,
      ids.map((id) => ({ id })),
      printing,
    ),
    ids,
    printing,
  );
}

/** `(node) AS name`, whose columns are `ids`. */
export function derived(
  node: QueryNode,
  ids: readonly ColumnId[],
  printing: Printing,
  columnAliases: readonly string[] = [],
): Draft {
  const name = derivedName(printing);
  return draftOf(subquery(node, name, columnAliases), new Map(ids.map((id) => [id, columnRef(name, id)])));
}

/** `__d1`, `__d2`, ... */
export function derivedName(printing: Printing): string {
  const count = (printing.used.get('__d') ?? 0) + 1;
  printing.used.set('__d', count);
  return `__d${count}`;
}

/** The expression with its sub-queries put in place of their placeholders; ids stay. */
export function place<T extends Expression>(expression: T, printing: Printing): T {
  if (queriesIn(expression).length === 0) return expression;
  return mapAst(expression, {
    expression: (node) => {
      if (node.class !== 'SUBQUERY' || node.subquery.node.type !== 'SELECT_NODE') return undefined;
      const { from_table } = node.subquery.node;
      const number = from_table.type === 'BASE_TABLE' ? queryNumber(from_table.table_name) : undefined;
      if (number === undefined) return undefined;
      return { ...node, subquery: statement(subqueryNode(number, printing)) };
    },
  });
}

function subqueryNode(number: number, printing: Printing): SelectNode {
  const known = printing.subqueries.get(number);
  if (known !== undefined) return known;
  const { rel, columns } = printing.query.queries[number]!;
  const ids = new Set(columns);
  const node = finish(
    printing.build(rel, ids, printing),
    columns.map((id) => ({ id })),
    printing,
  );
  printing.subqueries.set(number, node);
  return node;
}

/**
 * May these expressions be written in terms of the draft's own FROM? Values are computed anew in each place: nothing that is large,
 * volatile or holds a sub-query may get a second one. `replaced`: the draft's columns are gone afterwards, so a first use is no second place.
 */
export function canMerge(
  draft: Draft,
  expressions: readonly Expression[],
  printing: Printing,
  replaced = false,
): boolean {
  const uses = new Map<ColumnId, number>();
  for (const expression of expressions) countUses(expression, uses);
  let repeated = 0;
  for (const [id, count] of uses) {
    const value = draft.values.get(id);
    const copies = replaced ? count - 1 : count;
    if (value === undefined || copies === 0 || isTrivial(value)) continue;
    repeated += weightOf(value) * copies;
    if (isDelicate(value)) return false;
  }
  if (repeated > maxRepeated) return false;
  return expressions.every((expression) => subqueriesSeePlainColumns(draft, expression, printing));
}

/** A column or a constant. */
export function isTrivial(expression: Expression): boolean {
  return expression.class === 'COLUMN_REF' || expression.class === 'CONSTANT';
}

/**
 * Inside a sub-query an aggregate or window of the outer SELECT would become the sub-query's own, and beside GROUP BY only keys may be seen:
 * there sub-queries see plain columns of a derived table.
 */
function subqueriesSeePlainColumns(draft: Draft, expression: Expression, printing: Printing): boolean {
  for (const number of queriesIn(expression)) {
    for (const id of printing.query.queries[number]?.outer ?? []) {
      const value = draft.values.get(id);
      if (value === undefined) continue;
      if (value.class !== 'COLUMN_REF' || draft.group !== null || draft.rank === 'window') return false;
    }
  }
  return true;
}

function countUses(root: Expression, uses: Map<ColumnId, number>): void {
  walk(root, {
    expression: (node) => {
      if (node.class === 'COLUMN_REF' && node.column_names.length === 1) {
        const id = node.column_names[0]!;
        uses.set(id, (uses.get(id) ?? 0) + 1);
      }
      return undefined;
    },
  });
}

const knownDelicate = new WeakMap<object, boolean>();

/** Volatile, or with a sub-query: to be computed in one place only. */
export function isDelicate(expression: Expression): boolean {
  const known = knownDelicate.get(expression);
  if (known !== undefined) return known;
  const found = someExpression(
    expression,
    (node) => node.class === 'SUBQUERY' || (node.class === 'FUNCTION' && isVolatileCall(node.function_name)),
  );
  knownDelicate.set(expression, found);
  return found;
}

function isVolatileCall(name: string): boolean {
  return volatileFunctions.has(name.toLowerCase());
}

/** An expression over ids in terms of the draft's FROM. */
export function resolve<T extends Expression>(expression: T, draft: Draft, printing: Printing): T {
  return substitute(place(expression, printing), draft.values);
}

/** Ids of `expressions` (those that their sub-queries take included) on top of `needed`. */
export function alsoNeeded(
  needed: Iterable<ColumnId>,
  expressions: readonly Expression[],
  printing: Printing,
): ReadonlySet<ColumnId> {
  const all = new Set(needed);
  for (const expression of expressions)
    for (const id of referencedColumns(expression, printing.query.queries)) all.add(id);
  return all;
}

export function namesAny(expression: Expression, ids: ReadonlySet<ColumnId>, printing: Printing): boolean {
  if (ids.size === 0) return false;
  for (const id of referencedColumns(expression, printing.query.queries)) if (ids.has(id)) return true;
  return false;
}

/** The SELECT with the given list. */
export function finish(draft: Draft, columns: readonly PrintedColumn[], printing: Printing): SelectNode {
  if (draft.list !== null && !sameList(draft.list, columns)) {
    return finish(nest(draft, new Set(draft.list), printing), columns, printing);
  }
  if (losesGroup(draft, columns)) return finish(oneRow(draft, printing), columns, printing);
  const list = columns.map(({ id, name }) => listed(draft.values.get(id) ?? columnRef(id), name ?? id));
  const printed = list.length > 0 ? list : [integerConstant(1)];
  return select(printed, draft.from, {
    where_clause: conjunction(draft.where),
    group_expressions: draft.group?.expressions ?? [],
    group_sets: draft.group?.sets ?? [],
    having: conjunction(draft.having),
    qualify: conjunction(draft.qualify),
    modifiers: modifiersOf(draft, list),
  });
}

function sameList(list: readonly ColumnId[], columns: readonly PrintedColumn[]): boolean {
  return list.length === columns.length && list.every((id, i) => id === columns[i]!.id);
}

/** Without keys only a call of an aggregate tells that there is one row. */
function losesGroup(draft: Draft, columns: readonly PrintedColumn[]): boolean {
  if (draft.group === null || draft.group.expressions.length > 0 || draft.group.sets.length > 0) return false;
  return !columns.some(({ id }) => draft.aggregated.has(id));
}

/** A group without keys of which no aggregate is read. What is read are constants, or names of outer operators. */
function oneRow(draft: Draft, printing: Printing): Draft {
  const node = select([withAlias(functionCall('count_star', []), '__rows')], draft.from, {
    where_clause: conjunction(draft.where),
    having: conjunction(draft.having),
  });
  const { from } = derived(node, [], printing);
  return { ...draftOf(from, draft.values), rank: draft.rank, qualify: draft.qualify, limit: draft.limit };
}

function listed(value: Expression, name: string): Expression {
  const own = value.class === 'COLUMN_REF' ? value.column_names.at(-1) : undefined;
  return withAlias(value, own === name ? '' : name);
}

function modifiersOf(draft: Draft, list: readonly Expression[]): readonly Modifier[] {
  const modifiers: Modifier[] = [];
  if (draft.distinct !== null) modifiers.push(draft.distinct);
  const orders = draft.orders.flatMap((order) => {
    const { expression } = order;
    // A constant would be a place in the list; as a value it orders nothing.
    if (expression.class === 'CONSTANT') return [];
    return [{ ...order, expression: aliasOf(expression, list) ?? expression }];
  });
  if (orders.length > 0) modifiers.push(orderBy(orders));
  if (draft.limit !== null) {
    const { limit, offset, percent } = draft.limit;
    modifiers.push({ ...limitModifier(limit, offset), type: percent ? 'LIMIT_PERCENT_MODIFIER' : 'LIMIT_MODIFIER' });
  }
  return modifiers;
}

/** The name in the list of what a computed ORDER BY key is: computed once, and shorter. */
function aliasOf(expression: Expression, list: readonly Expression[]): Expression | undefined {
  if (expression.class === 'COLUMN_REF') return undefined;
  const same = list.find((item) => item.alias !== '' && sameValue(item, expression));
  if (same === undefined || !/^[a-z_][a-z0-9_]*$/i.test(same.alias) || same.alias.toLowerCase() === 'all')
    return undefined;
  const twins = list.filter((item) => item.alias.toLowerCase() === same.alias.toLowerCase());
  return twins.length === 1 ? columnRef(same.alias) : undefined;
}

function sameValue(item: Expression, expression: Expression): boolean {
  if (item.class !== expression.class || item.type !== expression.type) return false;
  const [a, b] = [item, expression] as unknown as readonly Readonly<Record<string, unknown>>[];
  return Object.keys(a!).every((key) => key === 'alias' || a![key] === b![key]);
}
